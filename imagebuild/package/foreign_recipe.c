/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A recipe from what others wrote: from what they ask for as far as a recipe can
 * ask for it, from what they locked all of its packages, by name.
 */
#include <string.h>

#include "package/foreign_draft.h"

/* ---- from a lock ----------------------------------------------------------------- */

/* The architecture that a package was built for, as its file's name has it; NULL: it says none. */
static const char *built_for(struct ib_arena *arena, const struct ib_foreign_item *item)
{
	const char *path = item->url ? item->url : item->location;
	const char *name = path ? ib_path_name(path) : "";
	size_t size = strlen(name);
	const char *dot = NULL;

	if (!ib_str_ends(name, ".rpm"))
		return NULL;
	name = ib_arena_strf(arena, "%.*s", (int)(size - strlen(".rpm")), name);
	dot = strrchr(name, '.');
	return dot ? dot + 1 : NULL;
}

static unsigned mask_of(struct ib_draft *draft, const struct ib_foreign_part *part,
			const struct ib_foreign_item *item)
{
	unsigned mask = 0;
	size_t i = 0;

	for (i = 0; i < item->parent_count; i++)
		mask |= ib_draft_bit(draft, item->parents[i]);
	if (item->parent_count)
		return mask;
	if (ib_str_equal(part->architecture, "noarch"))
		return ib_draft_all(draft);
	if (ib_str_equal(part->architecture, "i686"))
		return ib_draft_bit(draft, "x86_64");
	return ib_draft_bit(draft, part->architecture);
}

static void add_package(struct ib_draft *draft, const struct ib_foreign_part *part,
			const struct ib_foreign_item *item)
{
	const struct ib_yaml_node place = { .line = item->line, .column = item->column };
	const char *arch = built_for(draft->arena, item);
	unsigned mask = mask_of(draft, part, item);
	const char *name = item->name;

	if (!name) {
		ib_draft_leave_out(draft, &place, "a package without a name: '%s'", item->url);
		return;
	}
	if (ib_str_equal(arch, "i686") || ib_str_equal(part->architecture, "i686")) {
		draft->multilib = true;
		name = ib_arena_strf(draft->arena, "%s.i686", name);
	}
	if (mask)
		ib_draft_add(draft, IB_DRAFT_PACKAGES, name, mask);
}

/* Where the repository is that has the file: what stands before its packages' folder. */
static const char *base_of(struct ib_arena *arena, const char *url)
{
	const char *end = strstr(url, "/Packages/");

	if (!end)
		end = strrchr(url, '/');
	return ib_arena_strf(arena, "%.*s", (int)(end ? end - url : 0), url);
}

static void add_base(struct ib_draft *draft, const struct ib_foreign_part *part,
		     const struct ib_foreign_item *item)
{
	struct ib_draft_repository new = { .id = item->repository,
					   .kind = "url",
					   .note = "taken from where its packages are",
					   .mask = ib_draft_bit(draft, part->architecture) };
	const struct ib_yaml_node place = { .line = item->line, .column = item->column };
	const char *written = NULL;
	size_t i = 0;

	if (!item->repository || !item->url || !new.mask)
		return;
	written = base_of(draft->arena, item->url);
	new.url = ib_foreign_without_users(draft->arena, written);
	for (i = 0; i < draft->repository_count; i++) {
		struct ib_draft_repository *old = &draft->repositories[i];

		if (!ib_str_equal(old->id, new.id))
			continue;
		if (old->mask & new.mask)
			return;
		if (ib_str_equal(old->url, new.url)) {
			old->mask |= new.mask;
			return;
		}
	}
	new.url = written;
	ib_draft_add_repository(draft, &place, &new);
}

static void add_repositories(struct ib_draft *draft, const struct ib_foreign *foreign)
{
	size_t i = 0;

	for (i = 0; i < foreign->repository_count; i++) {
		const struct ib_foreign_repository *theirs = &foreign->repositories[i];
		struct ib_draft_repository new = { .id = theirs->id, .mask = ib_draft_all(draft) };

		new.kind = theirs->baseurl ? "url" : theirs->metalink ? "metalink" : "mirrorlist";
		new.url = theirs->baseurl    ? theirs->baseurl
			  : theirs->metalink ? theirs->metalink
					     : theirs->mirrorlist;
		ib_draft_add_repository(draft, NULL, &new);
	}
}

static void add_architectures(struct ib_draft *draft, const struct ib_foreign *foreign)
{
	static const char *const no_machines[] = { "noarch", "i686", "src", "nosrc" };
	size_t i = 0;
	size_t j = 0;

	for (i = 0; i < foreign->part_count; i++) {
		for (j = 0; j < IB_COUNT(no_machines); j++)
			if (ib_str_equal(foreign->parts[i].architecture, no_machines[j]))
				break;
		if (j == IB_COUNT(no_machines))
			(void)ib_draft_add_architecture(draft, NULL,
							foreign->parts[i].architecture);
	}
	if (!draft->architecture_count)
		(void)ib_draft_add_architecture(draft, NULL, "x86_64");
}

static void leave_out_sources(struct ib_draft *draft, const struct ib_foreign *foreign)
{
	size_t sources = 0;
	size_t modules = 0;
	size_t i = 0;

	for (i = 0; i < foreign->part_count; i++) {
		const struct ib_foreign_items *lists = foreign->parts[i].lists;

		sources += lists[IB_FOREIGN_SOURCES].count;
		modules += lists[IB_FOREIGN_MODULES].count;
		if (ib_str_equal(foreign->parts[i].architecture, "src"))
			sources += lists[IB_FOREIGN_PACKAGES].count;
	}
	if (sources)
		ib_draft_leave_out(draft, NULL, "source packages: %zu", sources);
	if (modules)
		ib_draft_leave_out(draft, NULL, "files of module metadata: %zu", modules);
	ib_draft_leave_out(draft, NULL,
			   "versions and digests: 'imagebuild lock RECIPE --import %s' holds "
			   "the packages against them",
			   ib_path_name(foreign->path));
}

static void ask_for_all(struct ib_draft *draft, const struct ib_foreign *foreign)
{
	size_t i = 0;
	size_t j = 0;

	add_architectures(draft, foreign);
	add_repositories(draft, foreign);
	for (i = 0; i < foreign->part_count; i++) {
		const struct ib_foreign_part *part = &foreign->parts[i];
		const struct ib_foreign_items *packages = &part->lists[IB_FOREIGN_PACKAGES];

		for (j = 0; j < packages->count; j++) {
			add_package(draft, part, &packages->items[j]);
			add_base(draft, part, &packages->items[j]);
		}
	}
	leave_out_sources(draft, foreign);
}

/* ---- whichever it is --------------------------------------------------------------- */

/* What the draft borrows while it is made and written. */
struct sources {
	struct ib_yaml *yaml;
	struct ib_foreign *lock;
};

static void done_sources(struct sources *sources)
{
	ib_yaml_free(sources->yaml);
	ib_foreign_free(sources->lock);
}

static int fill(struct ib_draft *draft, struct sources *sources)
{
	const struct ib_yaml_node *root = sources->yaml->root;

	if (ib_draft_is_rpms_in(root))
		return ib_draft_read_rpms_in(draft, root);
	if (ib_draft_is_input(root))
		return ib_draft_read_input(draft, root);
	IB_TRY(ib_foreign_read(draft->path, &sources->lock, draft->err));
	ask_for_all(draft, sources->lock);
	return 0;
}

static int check_spent(const struct ib_draft *draft)
{
	if (!draft->is_over)
		return 0;
	(void)ib_fail(draft->err, IB_LIMIT, "%s: more than %u MiB of text would come of it",
		      draft->path, IB_FOREIGN_MAX_BYTES >> 20);
	ib_error_hint(draft->err, "Its variables or its names are too long, and used too often.");
	return -IB_LIMIT;
}

int ib_foreign_recipe(const char *path, struct ib_buffer *b, struct ib_strings *ret_left_out,
		      struct ib_error *err)
{
	__attribute__((cleanup(done_sources))) struct sources sources = { NULL, NULL };
	__attribute__((cleanup(ib_draft_done))) struct ib_draft draft = { .path = path };
	IB_AUTO(ib_arena) arena = ib_arena_new();
	size_t at = 0;

	draft.arena = arena;
	draft.left_out = ret_left_out;
	draft.err = err;
	IB_TRY(ib_yaml_read(path, IB_FOREIGN_MAX_BYTES, &sources.yaml, err));
	IB_TRY(fill(&draft, &sources));
	IB_TRY(check_spent(&draft));
	if (!draft.lists[IB_DRAFT_PACKAGES].count)
		ib_draft_leave_out(&draft, NULL, "no package is named, and a recipe needs one");
	at = b->size;
	ib_draft_put(&draft, b);
	return ib_draft_check(&draft, (const char *)b->data + at, b->size - at, err);
}
