/* SPDX-License-Identifier: Apache-2.0 */
/* SHA256SUMS: its signature, the files that it lists, their digests. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "verify/chain.h"

enum { MAX_SUMS = 1 << 20, MAX_STATEMENTS = IB_DSSE_MAX_SIZE };

#define SUMS      "SHA256SUMS"
#define SIGNATURE "SHA256SUMS.sig"

/*
 * A raw signature does not say whose it is; the envelope beside it names the
 * key. That is good enough for telling people, and for nothing else.
 */
static const char *claimed_signer(const struct ib_chain *chain, const char *sums)
{
	const char *end = strstr(sums, ".intoto.jsonl\n");
	const char *start = end;
	struct ib_error problem = IB_ERROR_INIT;
	IB_AUTO_BUFFER(text, MAX_STATEMENTS);
	IB_AUTO(ib_dsse) envelope = NULL;
	const uint8_t *newline = NULL;
	ib_autofree char *name = NULL;

	while (start && start > sums && start[-1] != ' ' && start[-1] != '/')
		start--;
	name = end ? ib_strf("%.*s.intoto.jsonl", (int)(end - start), start) : ib_strdup("");
	if (!*name || ib_chain_read_name(chain, name, &text, &problem) < 0) {
		ib_error_clear(&problem);
		return NULL;
	}
	newline = text.size ? memchr(text.data, '\n', text.size) : NULL;
	if (!newline ||
	    ib_dsse_read(text.data, (size_t)(newline - text.data), name, &envelope, &problem) < 0) {
		ib_error_clear(&problem);
		return NULL;
	}
	return *envelope->signatures[0].key_id
		       ? ib_arena_strdup(chain->arena, envelope->signatures[0].key_id)
		       : NULL;
}

static const char *stem_of(const struct ib_chain *chain, const char *suffix)
{
	size_t i = 0;

	for (i = 0; i < chain->sum_count; i++) {
		const char *name = chain->sums[i].name;

		if (ib_str_ends(name, suffix))
			return ib_arena_strf(chain->arena, "%.*s",
					     (int)(strlen(name) - strlen(suffix)), name);
	}
	return NULL;
}

/* The names of an image's files share what comes before these. */
static const char *find_stem(const struct ib_chain *chain)
{
	static const char *const suffixes[] = { ".manifest.json", ".intoto.jsonl", ".lock" };
	const char *stem = NULL;
	size_t i = 0;

	for (i = 0; i < IB_COUNT(suffixes) && !stem; i++)
		stem = stem_of(chain, suffixes[i]);
	return stem;
}

int ib_prove_sums_signature(struct ib_chain *chain, struct ib_error *err)
{
	const struct ib_trusted **trusted = NULL;
	size_t count = ib_chain_trusted(chain, IB_TRUST_STATEMENTS, &trusted);
	IB_AUTO_BUFFER(signature, IB_SIGNATURE_MAX_SIZE);
	IB_AUTO_BUFFER(text, MAX_SUMS + 1);
	const char *sums = NULL;
	size_t i = 0;

	text.max_size--;
	IB_TRY(ib_chain_read_name(chain, SUMS, &text, err));
	text.max_size++;
	if (text.size && memchr(text.data, '\0', text.size))
		return ib_fail(err, IB_INPUT, "'" SUMS "' is not a text: it holds a NUL byte");
	sums = ib_buffer_text(&text);
	IB_TRY(ib_chain_read_name(chain, SIGNATURE, &signature, err));
	for (i = 0; i < count; i++) {
		struct ib_error problem = IB_ERROR_INIT;

		/* Another of the trusted keys may have made it. */
		if (ib_public_key_verify(trusted[i]->key, sums, strlen(sums), signature.data,
					 signature.size, &problem) == 0)
			break;
		ib_error_clear(&problem);
	}
	if (i == count)
		return ib_chain_nobody(chain, IB_TRUST_STATEMENTS, SUMS,
				       claimed_signer(chain, sums), err);
	IB_TRY(ib_sums_parse(sums, SUMS, chain->arena, &chain->sums, &chain->sum_count, err));
	chain->stem = find_stem(chain);
	ib_chain_says(chain, "by '%s'", trusted[i]->path);
	return 0;
}

/* ---- the folder ---------------------------------------------------------- */

static int check_entry(int folder, const char *name, const struct ib_strings *listed,
		       struct ib_error *err)
{
	struct stat st;

	if (!ib_strings_has(listed, name))
		return ib_fail(err, IB_TRUST, "'%s' is in the folder, but not in " SUMS, name);
	if (fstatat(folder, name, &st, AT_SYMLINK_NOFOLLOW))
		return ib_fail_errno(err, errno, "could not examine '%s'", name);
	if (!S_ISREG(st.st_mode))
		return ib_fail(err, IB_TRUST, "'%s' is not a regular file", name);
	return 0;
}

/* By name, so that the first complaint is the same each time. */
static int list_entries(DIR *folder, struct ib_strings *names, struct ib_error *err)
{
	const struct dirent *entry = NULL;

	while ((entry = readdir(folder))) {
		if (!strcmp(entry->d_name, ".") || !strcmp(entry->d_name, ".."))
			continue;
		if (names->count == MAX_SUMS / 64)
			return ib_fail(err, IB_LIMIT, "too many files in the folder");
		ib_strings_add(names, entry->d_name);
	}
	ib_strings_sort_unique(names);
	return 0;
}

static int check_entries(DIR *folder, const struct ib_strings *listed, struct ib_error *err)
{
	IB_AUTO_STRINGS(names);
	size_t i = 0;

	IB_TRY(list_entries(folder, &names, err));
	for (i = 0; i < names.count; i++)
		IB_TRY(check_entry(dirfd(folder), names.items[i], listed, err));
	for (i = 0; i < listed->count; i++)
		if (!ib_strings_has(&names, listed->items[i]))
			return ib_fail(err, IB_TRUST, "'%s' is in " SUMS ", but not in the folder",
				       listed->items[i]);
	return 0;
}

/* One folder is one image: nothing lies in it that only the sums speak of. */
static int check_names(const struct ib_chain *chain, struct ib_error *err)
{
	size_t length = chain->stem ? strlen(chain->stem) : 0;
	size_t i = 0;

	if (!chain->stem)
		return ib_fail(err, IB_TRUST, "there is no manifest among the files");
	for (i = 0; i < chain->sum_count; i++) {
		const char *name = chain->sums[i].name;

		if (!ib_str_starts(name, chain->stem) || name[length] != '.')
			return ib_fail(err, IB_TRUST, "'%s' is no file of image '%s'", name,
				       chain->stem);
	}
	return 0;
}

int ib_prove_files(struct ib_chain *chain, struct ib_error *err)
{
	IB_AUTO_STRINGS(listed);
	DIR *folder = opendir(chain->folder);
	size_t i = 0;
	int r = 0;

	if (!folder)
		return ib_fail_errno(err, errno, "could not open folder '%s'", chain->folder);
	for (i = 0; i < chain->sum_count; i++)
		ib_strings_add(&listed, chain->sums[i].name);
	ib_strings_add(&listed, SUMS);
	ib_strings_add(&listed, SIGNATURE);
	r = check_entries(folder, &listed, err);
	closedir(folder);
	IB_TRY(r);
	IB_TRY(check_names(chain, err));
	ib_chain_says(chain, "%zu file%s", chain->sum_count, ib_str_plural(chain->sum_count));
	return 0;
}

static int hash_file(const struct ib_chain *chain, const struct ib_sum *sum, char hex[65],
		     uint64_t *ret_size, struct ib_error *err)
{
	ib_autoclose int fd = -1;

	IB_TRY(ib_chain_open(chain, sum, &fd, err));
	return ib_sha256_fd(fd, sum->name, hex, ret_size, err);
}

int ib_prove_digests(struct ib_chain *chain, struct ib_error *err)
{
	uint64_t total = 0;
	size_t i = 0;

	ib_step(chain->log, "reading %zu files of '%s'", chain->sum_count, chain->folder);
	for (i = 0; i < chain->sum_count; i++) {
		const struct ib_sum *sum = &chain->sums[i];
		uint64_t size = 0;
		char hex[65];

		ib_progress(chain->log, "reading files", i, chain->sum_count, "files");
		IB_TRY(hash_file(chain, sum, hex, &size, err));
		if (strcmp(hex, sum->sha256) != 0)
			return ib_fail(err, IB_TRUST, "'%s' has SHA-256 %s, not %s", sum->name, hex,
				       sum->sha256);
		total += size;
	}
	ib_chain_says(chain, "%llu MB", (unsigned long long)(total / 1000000));
	return 0;
}
