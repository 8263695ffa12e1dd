/* SPDX-License-Identifier: Apache-2.0 */
/* index - repomd.xml: fetched, judged, and only then parsed. */
#include <string.h>

#include <glib.h>
#include <librepo/repomd.h>

#include "fetch/internal.h"

#define MAX_RECORDS  1000
#define MAX_REVISION 128
#define REPOMD       "repodata/repomd.xml"

void ib_fetch_index_free(struct ib_fetch_index *index)
{
	if (!index)
		return;
	ib_arena_free(index->arena);
	ib_free(index);
}

static int check_record(const char *id, const LrYumRepoMdRecord *record, struct ib_error *err)
{
	const char *type = record->type ? record->type : "?";

	if (!record->type || !record->location_href || !record->checksum ||
	    !record->checksum_type || record->size <= 0)
		return ib_fail(err, IB_INPUT,
			       "repomd.xml of repository '%s' does not fully describe '%s'", id,
			       type);
	if (record->location_base)
		return ib_fail(err, IB_INPUT,
			       "repomd.xml of repository '%s' keeps '%s' elsewhere, at '%s': this "
			       "is not supported",
			       id, type, record->location_base);
	if (!ib_path_is_inside(record->location_href)) {
		ib_fail(err, IB_TRUST,
			"the location '%s' in repomd.xml of repository '%s' leaves it",
			record->location_href, id);
		ib_error_hint(err, "The repository's metadata is wrong or hostile: do not use it.");
		return -IB_TRUST;
	}
	if ((uint64_t)record->size > IB_FETCH_MAX_METADATA ||
	    (record->size_open > 0 && (uint64_t)record->size_open > IB_FETCH_MAX_OPEN))
		return ib_fail(err, IB_LIMIT,
			       "'%s' of repository '%s' says that it has %lld bytes, %lld "
			       "decompressed: more than is taken",
			       type, id, (long long)record->size, (long long)record->size_open);
	return 0;
}

static void take_record(struct ib_arena *arena, const LrYumRepoMdRecord *from,
			struct ib_fetch_record *to)
{
	to->type = ib_arena_strdup(arena, from->type);
	to->location = ib_arena_strdup(arena, from->location_href);
	to->checksum_kind = ib_arena_strdup(arena, from->checksum_type);
	to->checksum = ib_arena_strdup(arena, from->checksum);
	to->size = (uint64_t)from->size;
	to->open_size = from->size_open > 0 ? (uint64_t)from->size_open : 0;
	to->timestamp = from->timestamp;
}

/* What a snapshot calls itself: free text, which goes into locks as one line. */
static const char *clean_revision(struct ib_arena *arena, const char *text)
{
	ib_autofree char *line = ib_strndup(text ? text : "", MAX_REVISION);
	size_t kept = 0;
	size_t i = 0;

	for (i = 0; line[i]; i++)
		if ((uint8_t)line[i] >= ' ' && (uint8_t)line[i] < 0x7f)
			line[kept++] = line[i];
	line[kept] = '\0';
	return ib_arena_strdup(arena, line);
}

static int take_records(const char *id, const LrYumRepoMd *parsed, struct ib_fetch_index *index,
			struct ib_error *err)
{
	size_t count = g_slist_length(parsed->records);
	struct ib_fetch_record *records = NULL;
	const GSList *item = NULL;

	if (count > MAX_RECORDS)
		return ib_fail(err, IB_LIMIT, "repomd.xml of repository '%s' names %zu files", id,
			       count);
	records = ib_arena_alloc(index->arena, (count + 1) * sizeof(*records));
	for (item = parsed->records; item; item = item->next) {
		struct ib_fetch_record *record = &records[index->record_count];

		IB_TRY(check_record(id, item->data, err));
		take_record(index->arena, item->data, record);
		index->revision_time = IB_MAX(index->revision_time, record->timestamp);
		index->record_count++;
	}
	index->records = records;
	return 0;
}

static int parse(const char *id, const struct ib_buffer *repomd, struct ib_fetch_index *index,
		 struct ib_error *err)
{
	ib_autoclose int fd = -1;
	LrYumRepoMd *parsed = NULL;
	GError *why = NULL;
	int r = 0;

	IB_TRY(ib_fetch_memory_file(repomd->data, repomd->size, &fd, err));
	parsed = lr_yum_repomd_init();
	if (lr_yum_repomd_parse_file(parsed, fd, NULL, NULL, &why)) {
		index->revision = clean_revision(index->arena, parsed->revision);
		r = take_records(id, parsed, index, err);
	} else {
		r = ib_fail(err, IB_INPUT, "cannot read repomd.xml of repository '%s': %s", id,
			    why ? why->message : "no reason");
		g_clear_error(&why);
	}
	lr_yum_repomd_free(parsed);
	return r;
}

int ib_fetch_parse_repomd(const char *id, const struct ib_buffer *repomd,
			  const struct ib_buffer *signature, struct ib_fetch_index **ret_index,
			  struct ib_error *err)
{
	IB_AUTO(ib_fetch_index) index = ib_alloc(sizeof(*index));

	index->arena = ib_arena_new();
	ib_sha256_hex(repomd->data, repomd->size, index->repomd_sha256);
	IB_TRY(parse(id, repomd, index, err));
	if (!ib_fetch_index_find(index, "primary")) {
		ib_fail(err, IB_INPUT, "repomd.xml of repository '%s' names no primary metadata",
			id);
		ib_error_hint(err, "The URL must be that of the folder that holds 'repodata'.");
		return -IB_INPUT;
	}
	index->repomd = ib_arena_memdup(index->arena, repomd->data, repomd->size);
	index->repomd_size = repomd->size;
	if (signature) {
		index->signature = ib_arena_memdup(index->arena, signature->data, signature->size);
		index->signature_size = signature->size;
	}
	*ret_index = ib_take(index);
	return 0;
}

/* Before anything is parsed: are these bytes believed? */
static int judge(const struct ib_fetch_repository *repository, const struct ib_buffer *repomd,
		 const struct ib_buffer *signature, const struct ib_metalink *metalink,
		 struct ib_error *err)
{
	if (metalink)
		IB_TRY(ib_fetch_check_metalink(metalink, repository->id, repomd->data, repomd->size,
					       err));
	if (repository->is_signed && !repository->verify)
		return ib_fail(err, IB_TRUST,
			       "repository '%s' is to be believed by its signature, and nobody "
			       "judges it",
			       repository->id);
	if (!repository->verify)
		return 0;
	return repository->verify(repository->verify_context, repomd->data, repomd->size,
				  signature ? signature->data : NULL,
				  signature ? signature->size : 0, err);
}

/* The signature's absence is a matter of trust, not of the network. */
static int fetch_signature(const struct ib_fetch_repository *repository, const char *url,
			   const struct ib_fetch_options *options, struct ib_buffer *signature,
			   struct ib_error *err)
{
	ib_autofree char *name = ib_strf("the signature of repository '%s'", repository->id);
	int r = ib_fetch_small(name, url, REPOMD ".asc", options, signature, err);

	if (r == -IB_MISSING) {
		err->kind = IB_TRUST;
		ib_error_prefix(err, "repository '%s' must be signed", repository->id);
	}
	return r == -IB_MISSING ? -IB_TRUST : r;
}

/* repomd.xml and its signature from one mirror, so that they belong together. */
static int try_mirror(const struct ib_fetch_repository *repository, const char *url,
		      const struct ib_metalink *metalink, const struct ib_fetch_options *options,
		      struct ib_fetch_index **ret_index, struct ib_error *err)
{
	ib_autofree char *name = ib_strf("the metadata of repository '%s'", repository->id);
	IB_AUTO_BUFFER(repomd, IB_FETCH_MAX_REPOMD);
	IB_AUTO_BUFFER(signature, IB_FETCH_MAX_SIGNATURE);
	const struct ib_buffer *given = repository->is_signed ? &signature : NULL;
	int r = 0;

	IB_TRY(ib_fetch_small(name, url, REPOMD, options, &repomd, err));
	if (repository->is_signed)
		IB_TRY(fetch_signature(repository, url, options, &signature, err));
	r = judge(repository, &repomd, given, metalink, err);
	if (r < 0) {
		ib_error_prefix(err, "'%s/%s'", url, REPOMD);
		return r;
	}
	return ib_fetch_parse_repomd(repository->id, &repomd, given, ret_index, err);
}

/* The mirror that answered comes first; the others serve when it fails later. */
static void keep_urls(struct ib_fetch_index *index, const struct ib_strings *urls, size_t first)
{
	const char **kept = ib_arena_alloc(index->arena, (urls->count + 1) * sizeof(*kept));
	size_t i = 0;

	kept[index->url_count++] = ib_arena_strdup(index->arena, urls->items[first]);
	for (i = 0; i < urls->count; i++)
		if (i != first)
			kept[index->url_count++] = ib_arena_strdup(index->arena, urls->items[i]);
	index->urls = kept;
}

static int try_mirrors(const struct ib_fetch_repository *repository, const struct ib_strings *urls,
		       const struct ib_metalink *metalink, const struct ib_fetch_options *options,
		       struct ib_fetch_index **ret_index, struct ib_error *err)
{
	size_t i = 0;
	int r = 0;

	if (!urls->count)
		return ib_fail(err, IB_INPUT, "repository '%s' has no URL", repository->id);
	for (i = 0; i < urls->count; i++) {
		struct ib_error failed = IB_ERROR_INIT;
		struct ib_fetch_index *index = NULL;

		r = try_mirror(repository, urls->items[i], metalink, options, &index, &failed);
		if (r == 0) {
			keep_urls(index, urls, i);
			ib_error_clear(err); /* of the mirrors before it */
			*ret_index = index;
			return 0;
		}
		/* The first failure is told, unless a later one is graver. */
		if (err->kind == IB_OK || (failed.kind == IB_TRUST && err->kind != IB_TRUST)) {
			ib_error_clear(err);
			*err = failed;
		} else {
			ib_error_clear(&failed);
		}
	}
	return -(int)err->kind;
}

int ib_fetch_repomd(const struct ib_fetch_repository *repository,
		    const struct ib_fetch_options *options, struct ib_fetch_index **ret_index,
		    struct ib_error *err)
{
	struct ib_metalink metalink = { .count = 0 };
	IB_AUTO_STRINGS(urls);
	size_t i = 0;

	for (i = 0; i < repository->url_count; i++) {
		IB_TRY(ib_fetch_check_url(repository->urls[i], err));
		ib_strings_add(&urls, repository->urls[i]);
	}
	if (repository->mirrorlist)
		IB_TRY(ib_fetch_read_mirrorlist(repository, options, &urls, err));
	if (repository->metalink)
		IB_TRY(ib_fetch_read_metalink(repository, options, &urls, &metalink, err));
	return try_mirrors(repository, &urls, repository->metalink ? &metalink : NULL, options,
			   ret_index, err);
}

int ib_fetch_index_read(const struct ib_fetch_repository *repository,
			const struct ib_fetch_kept *kept, struct ib_fetch_index **ret_index,
			struct ib_error *err)
{
	IB_AUTO_BUFFER(repomd, IB_FETCH_MAX_REPOMD);
	IB_AUTO_BUFFER(signature, IB_FETCH_MAX_SIGNATURE);
	const struct ib_buffer *given = kept->signature ? &signature : NULL;

	if (kept->repomd_size > IB_FETCH_MAX_REPOMD ||
	    kept->signature_size > IB_FETCH_MAX_SIGNATURE)
		return ib_fail(err, IB_LIMIT, "the metadata of repository '%s' is too large",
			       repository->id);
	if (repository->is_signed && !given)
		return ib_fail(err, IB_TRUST,
			       "repository '%s' must be signed, and no signature of its metadata "
			       "is there",
			       repository->id);
	ib_buffer_put(&repomd, kept->repomd, kept->repomd_size);
	if (given)
		ib_buffer_put(&signature, kept->signature, kept->signature_size);
	IB_TRY(judge(repository, &repomd, given, NULL, err));
	return ib_fetch_parse_repomd(repository->id, &repomd, given, ret_index, err);
}

const struct ib_fetch_record *ib_fetch_index_find(const struct ib_fetch_index *index,
						  const char *type)
{
	size_t i = 0;

	for (i = 0; i < index->record_count; i++)
		if (ib_str_equal(index->records[i].type, type))
			return &index->records[i];
	return NULL;
}

struct ib_fetch_file ib_fetch_index_file(const struct ib_fetch_index *index,
					 const struct ib_fetch_record *record)
{
	return (struct ib_fetch_file){ .name = record->location,
				       .urls = index->urls,
				       .url_count = index->url_count,
				       .location = record->location,
				       .size = record->size,
				       .checksum_kind = record->checksum_kind,
				       .checksum = record->checksum };
}
