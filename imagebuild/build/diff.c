/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a diff of two locks needs of the store: the texts of scriptlets, and the
 * advisories that the repositories had. Both are bound by digests that the locks
 * carry, so that neither a recipe nor a key is asked; what the store lacks is
 * told, and the diff is made without it.
 */
#include <string.h>

#include "build/build.h"
#include "fetch/fetch.h"
#include "resolve/resolve.h"
#include "rpmfile/rpmfile.h"
#include "store/store.h"

/* No header of a package comes near: rpm.h. */
#define MAX_REPOMD (32U << 20)

struct differ {
	struct ib_store *store; /* NULL: there is none */
	struct ib_lock_diff *diff;
};

/* ---- scriptlets ---------------------------------------------------------- */

/* The package as its header has it; NULL when the store cannot show it. */
static const struct ib_package *look_up(struct differ *differ, const struct ib_lock_package *line)
{
	ib_autofree char *path = ib_store_path(differ->store, IB_STORE_RPM, line->sha256);
	struct ib_rpm_request request = { .path = path,
					  .name = line->nevra,
					  .header_sha256 = line->header_sha256,
					  .depth = IB_RPM_HEADER,
					  .arena = differ->diff->arena };
	struct ib_error unread = IB_ERROR_INIT;
	IB_AUTO(ib_rpm) rpm = NULL;

	if (ib_rpm_open(&request, &rpm, &unread) < 0) {
		/* whatever is the matter with it: its text cannot be shown */
		ib_error_clear(&unread);
		return NULL;
	}
	return ib_rpm_package(rpm);
}

static const struct ib_scriptlet *find_scriptlet(struct differ *differ,
						 const struct ib_lock_package *line,
						 const struct ib_lock_scriptlet *locked)
{
	const struct ib_package *package = NULL;
	size_t i = 0;

	if (!differ->store)
		return NULL;
	package = look_up(differ, line);
	for (i = 0; package && i < package->scriptlet_count; i++)
		if (ib_str_equal(package->scriptlets[i].digest, locked->digest) &&
		    ib_str_equal(ib_scriptlet_kind_name(package->scriptlets[i].kind), locked->kind))
			return &package->scriptlets[i];
	return NULL;
}

/* As rpm shows it: who runs it, what for, and the text. */
static char *text_of(const struct ib_scriptlet *scriptlet)
{
	IB_AUTO_BUFFER(b, SIZE_MAX / 2);
	size_t i = 0;

	ib_buffer_putf(&b, "#!%s\n", scriptlet->interpreter);
	for (i = 0; i < scriptlet->on.count; i++) {
		const struct ib_dependency *on = &scriptlet->on.items[i];

		ib_buffer_putf(&b, "# on %s%s%s (%u)\n", on->name, *on->evr ? " " : "", on->evr,
			       on->flags);
	}
	ib_buffer_puts(&b, scriptlet->text);
	if (*scriptlet->text && !ib_str_ends(scriptlet->text, "\n"))
		ib_buffer_puts(&b, "\n");
	return ib_buffer_take_text(&b);
}

/* The text of one side; NULL where that side is none, or the store lacks it (then in *lacking). */
static char *side_text(struct differ *differ, const struct ib_lock_package *line,
		       const struct ib_lock_scriptlet *locked, struct ib_strings *lacking)
{
	const struct ib_scriptlet *scriptlet = NULL;

	if (!locked)
		return NULL;
	scriptlet = find_scriptlet(differ, line, locked);
	if (scriptlet)
		return text_of(scriptlet);
	ib_strings_addf(lacking, "'%s'", line->nevra);
	return NULL;
}

static void fill_scriptlet(struct differ *differ, const struct ib_lock_change *change,
			   struct ib_lock_scriptlet_change *scriptlet)
{
	struct ib_arena *arena = differ->diff->arena;
	IB_AUTO_STRINGS(lacking);
	ib_autofree char *before = NULL;
	ib_autofree char *after = NULL;
	ib_autofree char *names = NULL;
	ib_autofree char *text = NULL;

	if (scriptlet->before && scriptlet->after &&
	    ib_str_equal(scriptlet->before->digest, scriptlet->after->digest))
		return; /* the text is the same: decided otherwise, that is all */
	before = side_text(differ, change->before, scriptlet->before, &lacking);
	after = side_text(differ, change->after, scriptlet->after, &lacking);
	if (lacking.count) {
		names = ib_strings_join(&lacking, " and ");
		scriptlet->lacking = ib_arena_strf(
			arena, "its text cannot be shown: the store lacks package %s", names);
		return;
	}
	text = ib_line_diff(before, after);
	scriptlet->text_diff = ib_arena_strdup(arena, text);
}

static void fill_scriptlets(struct differ *differ)
{
	size_t i = 0;
	size_t j = 0;

	for (i = 0; i < differ->diff->change_count; i++)
		for (j = 0; j < differ->diff->changes[i].scriptlet_count; j++)
			fill_scriptlet(differ, &differ->diff->changes[i],
				       &differ->diff->changes[i].scriptlets[j]);
}

/* ---- advisories ---------------------------------------------------------- */

static int open_index(const struct differ *differ, const struct ib_lock_repository *locked,
		      struct ib_fetch_index **ret_index, struct ib_error *err)
{
	const struct ib_fetch_repository repository = { .id = locked->id };
	ib_autofree char *path =
		ib_store_path(differ->store, IB_STORE_METADATA, locked->repomd_sha256);
	IB_AUTO_BUFFER(repomd, MAX_REPOMD);
	struct ib_fetch_kept kept = { 0 };

	IB_TRY(ib_store_verify(differ->store, IB_STORE_METADATA, locked->repomd_sha256, NULL, err));
	IB_TRY(ib_file_read(path, &repomd, err));
	kept.repomd = repomd.data;
	kept.repomd_size = repomd.size;
	return ib_fetch_index_read(&repository, &kept, ret_index, err);
}

/* Where its updateinfo lies in the store; a repository without one leaves it NULL. */
static int open_repository(const struct differ *differ, const struct ib_lock_repository *locked,
			   struct ib_resolve_repository *repository, struct ib_error *err)
{
	IB_AUTO(ib_fetch_index) index = NULL;
	const struct ib_fetch_record *record = NULL;
	ib_autofree char *path = NULL;

	repository->id = locked->id;
	IB_TRY(open_index(differ, locked, &index, err));
	record = ib_fetch_index_find(index, "updateinfo");
	if (!record)
		return 0;
	if (!ib_str_equal(record->checksum_kind, "sha256"))
		return ib_fail(err, IB_MISSING, "it is not kept by SHA-256");
	IB_TRY(ib_store_verify(differ->store, IB_STORE_METADATA, record->checksum, NULL, err));
	path = ib_store_path(differ->store, IB_STORE_METADATA, record->checksum);
	repository->updateinfo = ib_arena_strdup(differ->diff->arena, path);
	repository->updateinfo_size = record->open_size;
	return 0;
}

static void lack_advisories(struct differ *differ, const char *id)
{
	if (!differ->diff->advisories_lacking)
		differ->diff->advisories_lacking = ib_arena_strf(
			differ->diff->arena,
			"the store lacks what repository '%s' knew when the lock was made", id);
}

/* The repositories of up to two parts, as the store has them; false, and the diff says so, if not. */
static bool open_repositories(struct differ *differ, const struct ib_lock *const parts[2],
			      struct ib_resolve_repository **ret_repositories, size_t *ret_count)
{
	size_t most = (parts[0] ? parts[0]->repository_count : 0) +
		      (parts[1] ? parts[1]->repository_count : 0);
	struct ib_resolve_repository *repositories =
		ib_arena_alloc(differ->diff->arena, (most + 1) * sizeof(*repositories));
	size_t count = 0;
	size_t i = 0;
	size_t p = 0;

	for (p = 0; p < 2; p++)
		for (i = 0; parts[p] && i < parts[p]->repository_count; i++) {
			struct ib_error unread = IB_ERROR_INIT;

			if (differ->store && open_repository(differ, &parts[p]->repositories[i],
							     &repositories[count], &unread) == 0) {
				count++;
				continue;
			}
			ib_error_clear(&unread);
			lack_advisories(differ, parts[p]->repositories[i].id);
			return false;
		}
	*ret_repositories = repositories;
	*ret_count = count;
	return true;
}

/* What is known by either lock judges the moves; what the earlier knew, whether anything is new. */
static int advise_part(struct differ *differ, const struct ib_lock *before,
		       const struct ib_lock *after, struct ib_error *err)
{
	const struct ib_lock *const both[] = { before, after };
	const struct ib_lock *const first[] = { before, NULL };
	struct ib_resolve_repository *repositories = NULL;
	IB_AUTO(ib_advisories) earlier = NULL;
	IB_AUTO(ib_advisories) known = NULL;
	size_t count = 0;

	if (!open_repositories(differ, both, &repositories, &count))
		return 0;
	IB_TRY(ib_resolve_advisories(repositories, count, &known, err));
	if (before && after && open_repositories(differ, first, &repositories, &count))
		IB_TRY(ib_resolve_advisories(repositories, count, &earlier, err));
	ib_lock_diff_advise(differ->diff, (after ? after : before)->architecture, earlier,
			    ib_take(known));
	return 0;
}

/* ---- the whole ----------------------------------------------------------- */

static int compare_part(struct differ *differ, const struct ib_lock *before,
			const struct ib_lock *after, struct ib_error *err)
{
	ib_lock_diff_add(differ->diff, before, after);
	return advise_part(differ, before, after, err);
}

static int compare_all(struct differ *differ, const struct ib_locks *before,
		       const struct ib_locks *after, struct ib_error *err)
{
	size_t i = 0;

	for (i = 0; i < before->count; i++)
		IB_TRY(compare_part(differ, before->parts[i],
				    ib_locks_find(after, before->parts[i]->architecture), err));
	for (i = 0; i < after->count; i++)
		if (!ib_locks_find(before, after->parts[i]->architecture))
			IB_TRY(compare_part(differ, NULL, after->parts[i], err));
	return 0;
}

int ib_build_diff(const struct ib_session *session, const struct ib_locks *before,
		  const struct ib_locks *after, struct ib_lock_diff **ret_diff,
		  struct ib_error *err)
{
	IB_AUTO(ib_lock_diff) diff = ib_lock_diff_new();
	IB_AUTO(ib_store) store = NULL;
	struct differ differ = { .diff = diff };

	if (ib_file_exists(session->store))
		IB_TRY(ib_store_open(session->store, IB_STORE_READ_ONLY, &store, err));
	differ.store = store;
	IB_TRY(compare_all(&differ, before, after, err));
	fill_scriptlets(&differ);
	ib_lock_diff_finish(diff);
	*ret_diff = ib_take(diff);
	return 0;
}
