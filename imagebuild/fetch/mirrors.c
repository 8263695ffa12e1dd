/* SPDX-License-Identifier: Apache-2.0 */
/* mirrors - base URLs from a mirror list or a metalink, and what a metalink says of repomd.xml. */
#include <string.h>

#include <glib.h>
#include <librepo/metalink.h>

#include "fetch/internal.h"

#define MAX_LIST ((size_t)4 << 20)
#define REPOMD   "repodata/repomd.xml"

/* Only what can be fetched here; a list also names ftp and rsync. */
static void add_url(struct ib_strings *urls, char *url)
{
	struct ib_error ignored = IB_ERROR_INIT; /* such a mirror is passed over */
	ib_autofree char *owned = url;

	if (urls->count >= IB_FETCH_MAX_MIRRORS || !strstr(owned, "://"))
		return;
	if (ib_fetch_check_url(owned, &ignored))
		ib_error_clear(&ignored);
	else
		ib_strings_adopt(urls, ib_take(owned));
}

int ib_fetch_read_mirrorlist(const struct ib_fetch_repository *repository,
			     const struct ib_fetch_options *options, struct ib_strings *urls,
			     struct ib_error *err)
{
	ib_autofree char *name = ib_strf("the mirror list of repository '%s'", repository->id);
	IB_AUTO_BUFFER(b, MAX_LIST);
	IB_AUTO_STRINGS(lines);
	ib_autofree char *text = NULL;
	size_t before = urls->count;
	size_t i = 0;

	IB_TRY(ib_fetch_small(name, repository->mirrorlist, "", options, &b, err));
	if (!ib_str_is_utf8((const char *)b.data, b.size))
		return ib_fail(err, IB_INPUT, "%s is not text", name);
	text = ib_strndup((const char *)b.data, b.size);
	ib_strings_split(&lines, text, "\r\n\t ");
	for (i = 0; i < lines.count; i++)
		add_url(urls, ib_strdup(lines.items[i]));
	if (urls->count == before)
		return ib_fail(err, IB_MISSING, "%s names no URL that can be fetched", name);
	return 0;
}

static void add_digest(struct ib_metalink *metalink, const GSList *hashes)
{
	struct ib_metalink_digest digest = { .sha256 = "" };
	const GSList *item = NULL;

	for (item = hashes; item; item = item->next) {
		const LrMetalinkHash *hash = item->data;

		if (ib_str_equal(hash->type, "sha256") && ib_hex_is(hash->value, 64))
			memcpy(digest.sha256, hash->value, 65);
		if (ib_str_equal(hash->type, "sha512") && ib_hex_is(hash->value, 128))
			memcpy(digest.sha512, hash->value, 129);
	}
	if ((*digest.sha256 || *digest.sha512) && metalink->count < IB_COUNT(metalink->digests))
		metalink->digests[metalink->count++] = digest;
}

static int compare_preference(const void *a, const void *b)
{
	const LrMetalinkUrl *x = a;
	const LrMetalinkUrl *y = b;

	return (x->preference < y->preference) - (x->preference > y->preference);
}

static void add_metalink_url(struct ib_strings *urls, const char *url)
{
	size_t length = strlen(url);

	if (ib_str_ends(url, REPOMD))
		add_url(urls, ib_strndup(url, length - strlen(REPOMD)));
}

static void take_metalink(LrMetalink *parsed, struct ib_strings *urls, struct ib_metalink *metalink)
{
	const GSList *item = NULL;

	add_digest(metalink, parsed->hashes);
	for (item = parsed->alternates; item; item = item->next)
		add_digest(metalink, ((const LrMetalinkAlternate *)item->data)->hashes);
	/* g_slist_sort is stable: equals keep their order. */
	parsed->urls = g_slist_sort(parsed->urls, compare_preference);
	for (item = parsed->urls; item; item = item->next)
		add_metalink_url(urls, ((const LrMetalinkUrl *)item->data)->url);
}

static int parse_metalink(const char *name, const struct ib_buffer *b, struct ib_strings *urls,
			  struct ib_metalink *metalink, struct ib_error *err)
{
	ib_autoclose int fd = -1;
	LrMetalink *parsed = NULL;
	GError *why = NULL;

	IB_TRY(ib_fetch_memory_file(b->data, b->size, &fd, err));
	parsed = lr_metalink_init();
	if (!lr_metalink_parse_file(parsed, fd, "repomd.xml", NULL, NULL, &why)) {
		ib_fail(err, IB_INPUT, "cannot read %s: %s", name,
			why ? why->message : "no reason");
		g_clear_error(&why);
		lr_metalink_free(parsed);
		return -IB_INPUT;
	}
	take_metalink(parsed, urls, metalink);
	lr_metalink_free(parsed);
	return 0;
}

int ib_fetch_read_metalink(const struct ib_fetch_repository *repository,
			   const struct ib_fetch_options *options, struct ib_strings *urls,
			   struct ib_metalink *ret_metalink, struct ib_error *err)
{
	ib_autofree char *name = ib_strf("the metalink of repository '%s'", repository->id);
	struct ib_metalink metalink = { .count = 0 };
	IB_AUTO_BUFFER(b, MAX_LIST);

	if (ib_str_starts(repository->metalink, "http://")) {
		ib_fail(err, IB_TRUST, "cannot believe %s: it comes over http", name);
		ib_error_hint(err, "Name it with https://.");
		return -IB_TRUST;
	}
	IB_TRY(ib_fetch_small(name, repository->metalink, "", options, &b, err));
	IB_TRY(parse_metalink(name, &b, urls, &metalink, err));
	if (!metalink.count)
		return ib_fail(err, IB_TRUST, "%s has no SHA-256 or SHA-512 of repomd.xml", name);
	*ret_metalink = metalink;
	return 0;
}

static void hash_hex(const char *kind, const void *data, size_t size, char *hex)
{
	IB_AUTO(ib_digest) digest = ib_digest_new(kind);
	uint8_t value[IB_DIGEST_MAX_SIZE];

	ib_digest_update(digest, data, size);
	ib_hex_write(value, ib_digest_final(digest, value), hex);
}

/* Every strong digest that an entry gives has to agree. */
int ib_fetch_check_metalink(const struct ib_metalink *metalink, const char *id, const void *repomd,
			    size_t size, struct ib_error *err)
{
	char sha256[2 * IB_DIGEST_MAX_SIZE + 1];
	char sha512[2 * IB_DIGEST_MAX_SIZE + 1];
	size_t i = 0;

	hash_hex("sha256", repomd, size, sha256);
	hash_hex("sha512", repomd, size, sha512);
	for (i = 0; i < metalink->count; i++) {
		const struct ib_metalink_digest *digest = &metalink->digests[i];

		if ((!*digest->sha256 || ib_str_equal(digest->sha256, sha256)) &&
		    (!*digest->sha512 || ib_str_equal(digest->sha512, sha512)))
			return 0;
	}
	ib_fail(err, IB_TRUST,
		"repomd.xml of repository '%s' has the SHA-256 %s, which its metalink does not name",
		id, sha256);
	ib_error_hint(err, "The mirror is behind or was tampered with: try again later, or name "
			   "another mirror.");
	return -IB_TRUST;
}
