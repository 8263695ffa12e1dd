/* SPDX-License-Identifier: Apache-2.0 */
#include "verify/trust.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { MAX_FILES = 1024 };

struct entry {
	struct ib_trusted seen;
	char *path;
	struct ib_public_key *key;
	struct ib_certificate *certificate;
};

struct ib_trust {
	struct entry *entries;
	size_t count;
};

/* cli/cmd_keys.c makes files of these names. */
static const struct {
	const char *prefix;
	unsigned roles;
} roles_by_name[] = {
	{ "secure-boot", IB_TRUST_SECURE_BOOT },
	{ "root-hash", IB_TRUST_ROOT_HASH },
	{ "statements", IB_TRUST_STATEMENTS },
	{ "platform-key", 0 },
	{ "exchange-key", 0 },
};

static unsigned roles_of(const char *path, bool is_certificate)
{
	const char *name = ib_path_name(path);
	size_t i = 0;

	for (i = 0; i < IB_COUNT(roles_by_name); i++)
		if (ib_str_starts(name, roles_by_name[i].prefix))
			return roles_by_name[i].roles;
	return is_certificate ? IB_TRUST_SECURE_BOOT | IB_TRUST_ROOT_HASH : IB_TRUST_STATEMENTS;
}

struct ib_trust *ib_trust_new(void)
{
	return ib_alloc(sizeof(struct ib_trust));
}

void ib_trust_free(struct ib_trust *trust)
{
	size_t i = 0;

	if (!trust)
		return;
	for (i = 0; i < trust->count; i++) {
		ib_free(trust->entries[i].path);
		ib_public_key_free(trust->entries[i].key);
		ib_certificate_free(trust->entries[i].certificate);
	}
	ib_free(trust->entries);
	ib_free(trust);
}

/* A certificate if it is one, else a bare public key; the error is that of the latter. */
static int add_file(struct ib_trust *trust, const char *path, struct ib_error *err)
{
	IB_AUTO(ib_certificate) certificate = NULL;
	IB_AUTO(ib_public_key) key = NULL;
	struct ib_error problem = IB_ERROR_INIT;
	struct entry *entry = NULL;

	if (ib_certificate_read(path, &certificate, &problem) < 0)
		ib_error_clear(&problem);
	IB_TRY(ib_public_key_read(path, &key, err));
	ib_grow(trust->entries, trust->count);
	entry = &trust->entries[trust->count++];
	*entry = (struct entry){ .path = ib_strdup(path) };
	entry->seen.roles = roles_of(path, certificate != NULL);
	entry->key = ib_take(key);
	entry->certificate = ib_take(certificate);
	entry->seen.path = entry->path;
	entry->seen.key = entry->key;
	entry->seen.certificate = entry->certificate;
	return 0;
}

static int list_folder(const char *path, struct ib_strings *names, struct ib_error *err)
{
	DIR *folder = opendir(path);
	const struct dirent *entry = NULL;

	if (!folder)
		return ib_fail_errno(err, errno, "could not open folder '%s'", path);
	while ((entry = readdir(folder)) && names->count < MAX_FILES)
		if (entry->d_name[0] != '.' &&
		    (ib_str_ends(entry->d_name, ".crt") || ib_str_ends(entry->d_name, ".pub")))
			ib_strings_add(names, entry->d_name);
	closedir(folder);
	ib_strings_sort_unique(names);
	return 0;
}

static int add_folder(struct ib_trust *trust, const char *path, struct ib_error *err)
{
	IB_AUTO_STRINGS(names);
	size_t i = 0;

	IB_TRY(list_folder(path, &names, err));
	if (!names.count) {
		(void)ib_fail(err, IB_INPUT, "folder '%s' holds no *.crt and no *.pub", path);
		ib_error_hint(err, "Put the public keys and certificates there that you believe.");
		return -IB_INPUT;
	}
	for (i = 0; i < names.count; i++) {
		ib_autofree char *file = ib_path_join(path, names.items[i]);

		IB_TRY(add_file(trust, file, err));
	}
	return 0;
}

int ib_trust_add(struct ib_trust *trust, const char *path, struct ib_error *err)
{
	struct stat st;

	if (stat(path, &st))
		return ib_fail_errno(err, errno, "could not examine what to trust, '%s'", path);
	return S_ISDIR(st.st_mode) ? add_folder(trust, path, err) : add_file(trust, path, err);
}

size_t ib_trust_count(const struct ib_trust *trust)
{
	return trust->count;
}

const struct ib_trusted *ib_trust_get(const struct ib_trust *trust, size_t i)
{
	return &trust->entries[i].seen;
}

int ib_trust_check_outside(const struct ib_trust *trust, const char *folder, struct ib_error *err)
{
	char inside[PATH_MAX];
	char real[PATH_MAX];
	size_t length = 0;
	size_t i = 0;

	if (!realpath(folder, inside))
		return ib_fail_errno(err, errno, "could not examine folder '%s'", folder);
	length = strlen(inside);
	for (i = 0; i < trust->count; i++) {
		const char *path = trust->entries[i].path;

		if (!realpath(path, real))
			return ib_fail_errno(err, errno, "could not examine '%s'", path);
		if (strncmp(real, inside, length) != 0 || (real[length] != '/' && length > 1))
			continue;
		(void)ib_fail(err, IB_TRUST, "'%s' lies in the folder that is to be verified",
			      path);
		ib_error_hint(err, "Trust must come from somewhere else: a key that came with an "
				   "image says nothing about it.");
		return -IB_TRUST;
	}
	return 0;
}
