/* SPDX-License-Identifier: Apache-2.0 */
/* ldconfig - which libraries the loader finds, and the links by which it finds them (ldconfig.8). */
#include "state/loader_cache.h"

#include <fnmatch.h>
#include <string.h>
#include <sys/stat.h>

#define INCLUDE_DEPTH 8

/* The kind of a library as the cache names it: FLAG_* of glibc's ldconfig.h, with 3 for libc6. */
static bool flags_of(const struct ib_elf *elf, uint32_t *ret_flags)
{
	static const struct {
		uint16_t machine;
		uint16_t bits;
		uint32_t mask, value; /* of e_flags */
		uint32_t flags;
	} kinds[] = {
		{ IB_ELF_X86_64, 64, 0, 0, 0x0303 },      { IB_ELF_386, 32, 0, 0, 0x0003 },
		{ IB_ELF_X86_64, 32, 0, 0, 0x0803 },      { IB_ELF_AARCH64, 64, 0, 0, 0x0a03 },
		{ IB_ELF_ARM, 32, 0x400, 0x400, 0x0903 }, { IB_ELF_ARM, 32, 0x400, 0, 0x0b03 },
		{ IB_ELF_PPC64, 64, 0, 0, 0x0503 },       { IB_ELF_S390, 64, 0, 0, 0x0403 },
		{ IB_ELF_RISCV, 64, 6, 4, 0x1003 },       { IB_ELF_RISCV, 64, 6, 0, 0x0f03 },
	};
	size_t i = 0;

	for (i = 0; i < IB_COUNT(kinds); i++) {
		if (elf->machine != kinds[i].machine || elf->bits != kinds[i].bits ||
		    (elf->flags & kinds[i].mask) != kinds[i].value)
			continue;
		*ret_flags = kinds[i].flags;
		return true;
	}
	return false;
}

/* A folder to look into. */
struct folder {
	const char *path;
	const struct ib_node *node;
	const char *hwcaps;
};

/* One soname of a folder: which of its names stands for it. */
struct candidate {
	const char *soname;
	const struct ib_node *node;
	bool is_link;
	uint32_t flags;
};

struct scan {
	struct ib_state *state;
	struct folder *folders;
	size_t folder_count;
	struct candidate *candidates; /* of the folder at hand */
	size_t candidate_count;
	struct ib_library *libraries;
	size_t library_count;
	bool big_endian;
};

/* Folders are known by what they are: a second name of one is left out. */
static void add_folder(struct scan *scan, const char *path, const char *hwcaps)
{
	const struct ib_node *node = ib_tree_find_target(scan->state->tree, path);
	size_t i = 0;

	if (!node || !S_ISDIR(node->inode->mode))
		return;
	for (i = 0; i < scan->folder_count; i++)
		if (scan->folders[i].node == node)
			return;
	ib_grow(scan->folders, scan->folder_count);
	scan->folders[scan->folder_count++] =
		(struct folder){ ib_arena_strdup(scan->state->arena, path), node, hwcaps };
}

static void add_folder_and_hwcaps(struct scan *scan, const char *path)
{
	ib_autofree char *inside = ib_path_join(path, "glibc-hwcaps");
	const struct ib_node *node = NULL;
	size_t i = 0;

	add_folder(scan, path, NULL);
	node = ib_tree_find_target(scan->state->tree, inside);
	for (i = 0; node && S_ISDIR(node->inode->mode) && i < node->child_count; i++) {
		ib_autofree char *folder = ib_path_join(inside, node->children[i]->name);

		add_folder(scan, folder, node->children[i]->name);
	}
}

static int read_conf(struct scan *scan, const char *path, unsigned depth, struct ib_error *err);

/* "include PATTERN": only the last component may be a pattern. */
static int include(struct scan *scan, const char *from, const char *pattern, unsigned depth,
		   struct ib_error *err)
{
	ib_autofree char *here = ib_path_directory(from);
	ib_autofree char *whole = ib_path_join(here, pattern);
	ib_autofree char *folder = ib_path_directory(whole);
	const struct ib_node *node = ib_tree_find_target(scan->state->tree, folder);
	size_t i = 0;

	for (i = 0; node && S_ISDIR(node->inode->mode) && i < node->child_count; i++) {
		ib_autofree char *path = ib_path_join(folder, node->children[i]->name);

		if (!fnmatch(whole, path, FNM_PATHNAME | FNM_PERIOD))
			IB_TRY(read_conf(scan, path, depth + 1, err));
	}
	return 0;
}

static int read_conf(struct scan *scan, const char *path, unsigned depth, struct ib_error *err)
{
	struct ib_arena *arena = scan->state->arena;
	const char *text = NULL;
	const char *line = NULL;

	if (depth > INCLUDE_DEPTH)
		return ib_fail(err, IB_LIMIT, "%s: includes are nested too deeply", path);
	IB_TRY(ib_state_read(scan->state, path, &text, NULL, err));
	while (text && (line = ib_state_line(arena, &text))) {
		IB_AUTO_STRINGS(words);
		ib_autofree char *plain = ib_strf("%.*s", (int)strcspn(line, "#"), line);
		size_t i = 0;

		ib_strings_split(&words, plain, " \t:,=");
		if (words.count && !strcmp(words.items[0], "include")) {
			for (i = 1; i < words.count; i++)
				IB_TRY(include(scan, path, words.items[i], depth, err));
			continue;
		}
		if (words.count && !strcmp(words.items[0], "hwcap"))
			continue;
		for (i = 0; i < words.count; i++)
			if (*words.items[i] == '/')
				add_folder_and_hwcaps(scan, words.items[i]);
	}
	return 0;
}

static bool is_library_name(const char *name)
{
	return (ib_str_starts(name, "lib") || ib_str_starts(name, "ld-") ||
		ib_str_starts(name, "ld.so") || ib_str_starts(name, "ld64.so")) &&
	       strstr(name, ".so") && !strstr(name, ".#prelink#") && !strchr(name, ';') &&
	       !ib_str_ends(name, ".dpkg-new") && !ib_str_ends(name, ".dpkg-tmp");
}

/*
 * Whether a link is one to what bears its soname, or the name that the linker
 * uses: then a file of the same soname is preferred to it.
 */
static bool is_plain_link(const struct ib_node *link, const struct ib_node *target,
			  const char *soname)
{
	size_t length = strlen(target->name);

	return S_ISLNK(link->inode->mode) &&
	       (!strcmp(target->name, soname) ||
		(ib_str_ends(target->name, ".so") && !strncmp(target->name, soname, length)));
}

static void consider(struct scan *scan, const struct candidate *found)
{
	size_t i = 0;

	for (i = 0; i < scan->candidate_count; i++) {
		struct candidate *known = &scan->candidates[i];

		if (!ib_str_equal(known->soname, found->soname))
			continue;
		if ((!found->is_link && known->is_link) ||
		    (found->is_link == known->is_link &&
		     ib_library_name_compare(known->node->name, found->node->name) < 0))
			*known = *found;
		return;
	}
	ib_grow(scan->candidates, scan->candidate_count);
	scan->candidates[scan->candidate_count++] = *found;
}

static void look_at(struct scan *scan, const struct ib_node *node)
{
	struct candidate found = { .node = node };
	const struct ib_node *target = node;
	const struct ib_fact *fact = NULL;

	if (!is_library_name(node->name))
		return;
	if (S_ISLNK(node->inode->mode)) {
		ib_autofree char *path = ib_node_path(node);

		target = ib_tree_find_target(scan->state->tree, path);
	}
	if (!target || !S_ISREG(target->inode->mode))
		return;
	fact = ib_state_fact(scan->state, target);
	if (!fact || !fact->elf || !fact->elf->is_dynamic || fact->elf->type != IB_ELF_SHARED ||
	    !flags_of(fact->elf, &found.flags))
		return;
	scan->big_endian = fact->elf->big_endian;
	found.soname = fact->elf->soname ? fact->elf->soname : node->name;
	found.is_link = is_plain_link(node, target, found.soname);
	consider(scan, &found);
}

/* The link from the soname to the file, where it is missing or leads elsewhere. */
static int put_link(struct scan *scan, const struct folder *folder, const struct candidate *found,
		    struct ib_error *err)
{
	ib_autofree char *link = ib_path_join(folder->path, found->soname);
	ib_autofree char *file = ib_path_join(folder->path, found->node->name);
	const struct ib_node *there = ib_tree_find(scan->state->tree, link);
	const struct ib_node *wanted = ib_tree_find_target(scan->state->tree, file);
	const struct ib_node *target = ib_tree_find_target(scan->state->tree, link);

	if (!strcmp(found->soname, found->node->name) || strchr(found->soname, '/') ||
	    (there && !S_ISLNK(there->inode->mode)) ||
	    (target && wanted && target->inode == wanted->inode))
		return 0;
	return ib_state_put_link(scan->state, link, found->node->name, err);
}

static int search_folder(struct scan *scan, const struct folder *folder, struct ib_error *err)
{
	size_t i = 0;

	scan->candidate_count = 0;
	ib_free(ib_take(scan->candidates));
	for (i = 0; i < folder->node->child_count; i++)
		look_at(scan, folder->node->children[i]);
	for (i = 0; i < scan->candidate_count; i++) {
		const struct candidate *found = &scan->candidates[i];
		const char *name = folder->hwcaps ? found->node->name : found->soname;
		struct ib_library library = { .soname = found->soname,
					      .hwcaps = folder->hwcaps,
					      .flags = found->flags,
					      .order = scan->library_count };

		if (!folder->hwcaps && !found->is_link)
			IB_TRY(put_link(scan, folder, found, err));
		library.path = ib_arena_strf(scan->state->arena, "%s/%s", folder->path, name);
		ib_grow(scan->libraries, scan->library_count);
		scan->libraries[scan->library_count++] = library;
	}
	return 0;
}

/*
 * The folders that ldconfig knows by itself: /lib and /usr/lib, and beside
 * them those with another end where this distribution keeps its libc.
 */
static void add_usual(struct scan *scan)
{
	static const char *const tops[] = { "/lib", "/usr/lib" };
	static const char *const ends[] = { "32", "64", "x32" };
	size_t i = 0;
	size_t n = 0;

	for (i = 0; i < IB_COUNT(tops); i++) {
		add_folder_and_hwcaps(scan, tops[i]);
		for (n = 0; n < IB_COUNT(ends); n++) {
			ib_autofree char *path = ib_strf("%s%s", tops[i], ends[n]);
			ib_autofree char *libc = ib_path_join(path, "libc.so.6");

			if (ib_tree_find_target(scan->state->tree, libc))
				add_folder_and_hwcaps(scan, path);
		}
	}
}

static int scan_all(struct scan *scan, struct ib_error *err)
{
	size_t i = 0;

	IB_TRY(read_conf(scan, "/etc/ld.so.conf", 0, err));
	add_usual(scan);
	for (i = 0; i < scan->folder_count; i++)
		IB_TRY(search_folder(scan, &scan->folders[i], err));
	return 0;
}

int ib_state_loader_cache(struct ib_state *state, struct ib_error *err)
{
	IB_AUTO_BUFFER(out, 64 << 20);
	struct scan scan = { .state = state };
	int r = scan_all(&scan, err);

	if (r == 0 && scan.library_count)
		r = ib_loader_cache_write(scan.libraries, scan.library_count, scan.big_endian, &out,
					  err);
	if (r == 0 && scan.library_count)
		r = ib_state_put_file(state, "/etc/ld.so.cache", 0644, out.data, out.size, err);
	ib_free(scan.folders);
	ib_free(scan.candidates);
	ib_free(scan.libraries);
	return r;
}
