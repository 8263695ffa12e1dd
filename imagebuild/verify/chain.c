/* SPDX-License-Identifier: Apache-2.0 */
#include "verify/chain.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <string.h>
#include <sys/stat.h>

#include "image/image.h"

void ib_chain_says(struct ib_chain *chain, const char *fmt, ...)
{
	ib_autofree char *text = NULL;
	va_list ap;

	va_start(ap, fmt);
	text = ib_vstrf(fmt, ap);
	va_end(ap);
	chain->detail = ib_arena_strdup(chain->arena, text);
}

int ib_chain_absent(struct ib_chain *chain, const char *fmt, ...)
{
	ib_autofree char *text = NULL;
	va_list ap;

	va_start(ap, fmt);
	text = ib_vstrf(fmt, ap);
	va_end(ap);
	chain->detail = ib_arena_strdup(chain->arena, text);
	chain->absent = true;
	return 0;
}

const struct ib_sum *ib_chain_find(const struct ib_chain *chain, const char *suffix)
{
	size_t i = 0;
	ib_autofree char *name = ib_strf("%s%s", chain->stem ? chain->stem : "", suffix);

	for (i = 0; chain->stem && i < chain->sum_count; i++)
		if (!strcmp(chain->sums[i].name, name))
			return &chain->sums[i];
	return NULL;
}

const struct ib_sum *ib_chain_find_root(const struct ib_chain *chain)
{
	const struct ib_sum *found = NULL;
	size_t i = 0;

	for (i = 0; !found && ib_format_at(i); i++)
		found = ib_chain_find(chain, ib_format_at(i)->suffix);
	return found;
}

const char *const ib_chain_tars[] = { ".root.tar", ".root.tar.zst", NULL };

const char *ib_chain_path(const struct ib_chain *chain, const char *name)
{
	return ib_arena_strf(chain->arena, "%s/%s", chain->folder, name);
}

int ib_chain_open_name(const struct ib_chain *chain, const char *name, int *ret_fd,
		       struct ib_error *err)
{
	const char *path = ib_chain_path(chain, name);
	/* a FIFO would wait for somebody who writes to it */
	ib_autoclose int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	struct stat st;

	if (fd < 0 && (errno == ELOOP || errno == ENXIO)) /* a link, a socket */
		return ib_fail(err, IB_TRUST, "'%s' is not a regular file", name);
	if (fd < 0)
		return ib_fail_errno(err, errno, "could not open '%s'", path);
	if (fstat(fd, &st))
		return ib_fail_errno(err, errno, "could not examine '%s'", path);
	if (!S_ISREG(st.st_mode))
		return ib_fail(err, IB_TRUST, "'%s' is not a regular file", name);
	*ret_fd = ib_take_fd(&fd);
	return 0;
}

int ib_chain_read_name(const struct ib_chain *chain, const char *name, struct ib_buffer *out,
		       struct ib_error *err)
{
	ib_autoclose int fd = -1;
	uint64_t size = 0;

	IB_TRY(ib_chain_open_name(chain, name, &fd, err));
	IB_TRY(ib_fd_size(fd, name, &size, err));
	if (size > ib_buffer_room(out))
		return ib_fail(err, IB_LIMIT, "'%s' is larger than %zu bytes", name, out->max_size);
	if (!size)
		return 0;
	IB_TRY(ib_fd_read_at(fd, ib_buffer_reserve(out, (size_t)size), (size_t)size, 0, name, err));
	out->size += (size_t)size;
	return 0;
}

int ib_chain_open(const struct ib_chain *chain, const struct ib_sum *sum, int *ret_fd,
		  struct ib_error *err)
{
	return ib_chain_open_name(chain, sum->name, ret_fd, err);
}

int ib_chain_read(const struct ib_chain *chain, const struct ib_sum *sum, struct ib_buffer *out,
		  struct ib_error *err)
{
	size_t before = out->size;
	char hex[65];

	IB_TRY(ib_chain_read_name(chain, sum->name, out, err));
	ib_sha256_hex(out->data ? out->data + before : NULL, out->size - before, hex);
	if (strcmp(hex, sum->sha256) != 0)
		return ib_fail(err, IB_TRUST, "'%s' changed while it was being verified",
			       sum->name);
	return 0;
}

size_t ib_chain_trusted(const struct ib_chain *chain, enum ib_trust_role role,
			const struct ib_trusted ***ret_trusted)
{
	size_t all = ib_trust_count(chain->trust);
	const struct ib_trusted **trusted =
		ib_arena_alloc(chain->arena, (all + 1) * sizeof(void *));
	size_t count = 0;
	size_t i = 0;

	for (i = 0; i < all; i++)
		if (ib_trust_get(chain->trust, i)->roles & (unsigned)role)
			trusted[count++] = ib_trust_get(chain->trust, i);
	*ret_trusted = trusted;
	return count;
}

static const char *file_for(enum ib_trust_role role)
{
	switch (role) {
	case IB_TRUST_SECURE_BOOT:
		return "secure-boot.crt";
	case IB_TRUST_ROOT_HASH:
		return "root-hash.crt";
	case IB_TRUST_STATEMENTS:
		return "statements.pub";
	}
	return NULL;
}

/* Whether the one who says to have signed is one of these; nothing but words follows from it. */
static bool is_named(const char *signer, const struct ib_trusted *const *trusted, size_t count)
{
	uint8_t sha256[IB_SHA256_SIZE];
	char hex[65];
	size_t i = 0;

	for (i = 0; signer && i < count; i++) {
		if (trusted[i]->certificate)
			ib_certificate_fingerprint(trusted[i]->certificate, sha256);
		else
			ib_public_key_fingerprint(trusted[i]->key, sha256);
		ib_hex_write(sha256, sizeof(sha256), hex);
		if (strstr(signer, hex))
			return true;
	}
	return false;
}

/* That a signature does not fit says no more than that: which of the two was changed, or who else signed, it does not. */
int ib_chain_nobody(const struct ib_chain *chain, enum ib_trust_role role, const char *what,
		    const char *signer, struct ib_error *err)
{
	const struct ib_trusted **trusted = NULL;
	const char *file = file_for(role);
	size_t count = ib_chain_trusted(chain, role, &trusted);

	if (!count)
		(void)ib_fail(err, IB_TRUST, "nobody is trusted to sign %s%s%s", what,
			      signer ? "; it names as its signer " : "", signer ? signer : "");
	else
		(void)ib_fail(
			err, IB_TRUST,
			"%s carries no signature that fits it and '%s'%s: it was changed after it "
			"was signed, or it was signed with another key%s%s",
			what, trusted[0]->path, count > 1 ? " or another one trusted" : "",
			signer ? "; it names as its signer " : "", signer ? signer : "");
	if (is_named(signer, trusted, count))
		ib_error_hint(err, "It names a key that you trust, so it was probably damaged or "
				   "changed: get the folder anew from where it came.");
	else
		ib_error_hint(
			err,
			"Get the folder anew if it may have changed on the way. If whoever made "
			"the image says that they have another key, get their %s from them and "
			"run: imagebuild verify --trust %s '%s'; or put it into "
			"/etc/imagebuild/trust.d for good.",
			file, file, chain->folder);
	return -IB_TRUST;
}
