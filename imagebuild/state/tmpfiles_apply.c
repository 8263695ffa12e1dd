/* SPDX-License-Identifier: Apache-2.0 */
#include <fnmatch.h>
#include <string.h>
#include <sys/stat.h>

#include "state/tmpfiles.h"

#define FACTORY "/usr/share/factory"

/* Names go in as names: they are resolved with all others. */
static void set_owner(const char *text, const char **ret_name, uint32_t *ret_id)
{
	uint64_t id = 0;

	if (text && ib_str_to_u64(text, UINT32_MAX - 1, &id))
		*ret_id = (uint32_t)id;
	else
		*ret_name = text && strcmp(text, "root") != 0 ? text : NULL;
}

static int put(struct ib_state *state, const struct ib_tmpfiles_line *line, const char *path,
	       struct ib_tree_entry *entry, struct ib_error *err)
{
	entry->path = path;
	entry->origin = (struct ib_origin){ IB_ORIGIN_GENERATOR, state->generator };
	set_owner(line->user, &entry->user, &entry->uid);
	set_owner(line->group, &entry->group, &entry->gid);
	return ib_tree_put(state->tree, entry, NULL, err);
}

/* x stays away where nobody has it, and so on. */
static uint32_t masked(uint32_t mode, uint32_t present)
{
	if (!(present & 0111))
		mode &= ~0111U;
	if (!(present & 0222))
		mode &= ~0222U;
	if (!(present & 0444))
		mode &= ~0444U;
	return S_ISDIR(present) ? mode : mode & ~07000U;
}

/* Changes mode and owner of what is there; it stays whose it is. */
static void adjust(struct ib_state *state, const struct ib_tmpfiles_line *line,
		   struct ib_inode *inode)
{
	if (S_ISLNK(inode->mode))
		return;
	if (line->has_mode && !line->on_create)
		inode->mode = (inode->mode & S_IFMT) |
			      (line->masked ? masked(line->mode, inode->mode) : line->mode);
	if (line->user && !line->user_on_create) {
		inode->user = NULL;
		inode->uid = 0;
		set_owner(line->user, &inode->user, &inode->uid);
		inode->user = ib_arena_strdup(ib_tree_arena(state->tree), inode->user);
	}
	if (line->group && !line->group_on_create) {
		inode->group = NULL;
		inode->gid = 0;
		set_owner(line->group, &inode->group, &inode->gid);
		inode->group = ib_arena_strdup(ib_tree_arena(state->tree), inode->group);
	}
}

static int make_directory(struct ib_state *state, const struct ib_tmpfiles_line *line,
			  struct ib_error *err)
{
	struct ib_node *there = ib_tree_find_target(state->tree, line->path);
	struct ib_tree_entry entry = { .mode = S_IFDIR | (line->has_mode ? line->mode : 0755) };

	if (there && there->inode->origin.kind != IB_ORIGIN_NONE) {
		if (S_ISDIR(there->inode->mode))
			adjust(state, line, there->inode);
		return 0;
	}
	return put(state, line, line->path, &entry, err);
}

/* The argument of a file, with its C escapes. */
static const char *unescaped(struct ib_arena *arena, const char *text)
{
	ib_autofree char *quoted = NULL;
	IB_AUTO_BUFFER(out, strlen(text) * 2 + 4);
	const char *at = NULL;

	ib_buffer_put_u8(&out, '"');
	for (; *text; text++) {
		if (*text == '"')
			ib_buffer_put_u8(&out, '\\');
		ib_buffer_put_u8(&out, (uint8_t)*text);
	}
	ib_buffer_put_u8(&out, '"');
	quoted = ib_buffer_take_text(&out);
	at = quoted;
	at = ib_state_word(arena, &at);
	return at ? at : "";
}

static int make_file(struct ib_state *state, const struct ib_tmpfiles_line *line,
		     struct ib_error *err)
{
	struct ib_node *there = ib_tree_find_target(state->tree, line->path);
	const char *data = line->argument ? unescaped(state->arena, line->argument) : "";
	struct ib_tree_entry entry = { .mode = S_IFREG | (line->has_mode ? line->mode : 0644),
				       .data = data,
				       .size = strlen(data) };

	if (there && !line->force) {
		adjust(state, line, there->inode);
		return 0;
	}
	return put(state, line, line->path, &entry, err);
}

static bool target_is_there(struct ib_state *state, const char *path, const char *link)
{
	ib_autofree char *folder = ib_path_directory(path);
	ib_autofree char *target = *link == '/' ? ib_strdup(link) : ib_path_join(folder, link);

	return ib_tree_find_target(state->tree, target) != NULL;
}

static int make_link(struct ib_state *state, const struct ib_tmpfiles_line *line,
		     struct ib_error *err)
{
	const struct ib_node *there = ib_tree_find(state->tree, line->path);
	ib_autofree char *factory = ib_strf(FACTORY "%s", line->path);
	struct ib_tree_entry entry = { .mode = S_IFLNK | 0777,
				       .link = line->argument ? line->argument : factory };

	if (!line->argument && !ib_tree_find(state->tree, factory))
		return 0;
	if (line->if_target && !target_is_there(state, line->path, entry.link))
		return 0;
	if (there && (!line->force || ib_str_equal(there->inode->link, entry.link)))
		return 0;
	if (there && S_ISDIR(there->inode->mode))
		ib_tree_remove(state->tree, line->path);
	return put(state, line, line->path, &entry, err);
}

static int make_node(struct ib_state *state, const struct ib_tmpfiles_line *line,
		     struct ib_error *err)
{
	struct ib_tree_entry entry = { .mode = S_IFIFO | (line->has_mode ? line->mode : 0644) };

	if (line->type != 'p' || ib_tree_find(state->tree, line->path))
		return 0; /* device nodes belong below /dev */
	return put(state, line, line->path, &entry, err);
}

static bool lies_below(const struct ib_node *node, const struct ib_node *folder)
{
	while (node && node != folder)
		node = node->parent;
	return node != NULL;
}

/* Copies a file or folder with its modes; names and owners of the source stay out. */
static int copy(struct ib_state *state, const struct ib_tmpfiles_line *line,
		const struct ib_node *from, const char *to, struct ib_error *err)
{
	const struct ib_inode *inode = from->inode;
	struct ib_tree_entry entry = { .mode = inode->mode, .link = inode->link };
	const char *text = NULL;
	size_t i = 0;

	if (S_ISREG(inode->mode)) {
		IB_TRY(ib_state_read_node(state, from, &text, &entry.size, err));
		entry.data = text;
	}
	if (line->has_mode && !S_ISLNK(inode->mode))
		entry.mode = (inode->mode & S_IFMT) | line->mode;
	if (!ib_tree_find(state->tree, to) || !S_ISDIR(inode->mode))
		IB_TRY(put(state, line, to, &entry, err));
	if (S_ISDIR(inode->mode) && lies_below(ib_tree_find_target(state->tree, to), from))
		return ib_fail(err, IB_INPUT, "cannot copy a directory into itself, to '%s'", to);
	for (i = 0; S_ISDIR(inode->mode) && i < from->child_count; i++) {
		ib_autofree char *path = ib_path_join(to, from->children[i]->name);

		if (!ib_tree_find(state->tree, path))
			IB_TRY(copy(state, line, from->children[i], path, err));
	}
	return 0;
}

static int make_copy(struct ib_state *state, const struct ib_tmpfiles_line *line,
		     struct ib_error *err)
{
	const struct ib_node *there = ib_tree_find_target(state->tree, line->path);
	ib_autofree char *factory = ib_strf(FACTORY "%s", line->path);
	const struct ib_node *from =
		ib_tree_find_target(state->tree, line->argument ? line->argument : factory);

	if (!from ||
	    (there && !line->force && !(S_ISDIR(there->inode->mode) && !there->child_count)))
		return 0;
	return copy(state, line, from, line->path, err);
}

static void adjust_below(struct ib_state *state, const struct ib_tmpfiles_line *line,
			 struct ib_node *node)
{
	size_t i = 0;

	adjust(state, line, node->inode);
	for (i = 0; line->type == 'Z' && i < node->child_count; i++)
		adjust_below(state, line, node->children[i]);
}

/* Adjusts every path that a pattern names, component by component. */
static void adjust_matching(struct ib_state *state, const struct ib_tmpfiles_line *line,
			    struct ib_node *folder, const char *pattern)
{
	ib_autofree char *component = NULL;
	const char *rest = NULL;
	size_t i = 0;

	pattern += strspn(pattern, "/");
	rest = pattern + strcspn(pattern, "/");
	component = ib_strndup(pattern, (size_t)(rest - pattern));
	for (i = 0; i < folder->child_count; i++) {
		struct ib_node *child = folder->children[i];

		if (fnmatch(component, child->name, FNM_PERIOD))
			continue;
		if (!*rest) {
			adjust_below(state, line, child);
			continue;
		}
		if (S_ISLNK(child->inode->mode)) {
			ib_autofree char *path = ib_node_path(child);

			child = ib_tree_find_target(state->tree, path);
		}
		if (child)
			adjust_matching(state, line, child, rest);
	}
}

int ib_tmpfiles_apply(struct ib_state *state, const struct ib_tmpfiles_line *line,
		      struct ib_error *err)
{
	switch (line->type) {
	case 'd':
	case 'D':
	case 'v':
	case 'q':
	case 'Q':
		return make_directory(state, line, err);
	case 'f':
		return make_file(state, line, err);
	case 'L':
		return make_link(state, line, err);
	case 'C':
		return make_copy(state, line, err);
	case 'p':
	case 'c':
	case 'b':
		return make_node(state, line, err);
	case 'e':
	case 'z':
	case 'Z':
		adjust_matching(state, line, ib_tree_root(state->tree), line->path);
		return 0;
	default:
		return 0;
	}
}
