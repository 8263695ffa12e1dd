/* SPDX-License-Identifier: Apache-2.0 */
/* What scriptlets do to single paths, in the order in which they would have done it. */
#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "state/families.h"
#include "state/shell.h"
#include "state/tmpfiles.h"

#define FILE_MAX (16U << 20)

static int put_missing(struct ib_state *state, const struct ib_effect *effect, struct ib_error *err)
{
	const char *text = effect->text;
	const char *path = ib_state_word(state->arena, &text);
	const char *value = ib_state_word(state->arena, &text);

	if (!path || !value || ib_tree_find(state->tree, path))
		return 0;
	if (effect->kind == IB_EFFECT_LINK)
		return ib_state_put_link(state, path, value, err);
	return ib_state_put_directory(state, path, (uint32_t)strtoul(value, NULL, 8) & 07777, err);
}

/* "PATH\nCONTENT": writing keeps mode and owner of a file that is there. */
static int write_file(struct ib_state *state, const struct ib_effect *effect, struct ib_error *err)
{
	IB_AUTO_BUFFER(out, FILE_MAX);
	size_t length = strcspn(effect->text, "\n");
	const char *path = ib_arena_strf(state->arena, "%.*s", (int)length, effect->text);
	const char *content = effect->text + length + (effect->text[length] == '\n');
	const struct ib_node *there = ib_tree_find_target(state->tree, path);
	struct ib_tree_entry entry = { .path = path, .mode = S_IFREG | 0644 };

	if (there && !S_ISREG(there->inode->mode))
		return ib_fail(err, IB_INPUT, "a scriptlet writes to '%s', which is no file", path);
	if (there && effect->kind == IB_EFFECT_APPEND) {
		const char *present = NULL;
		size_t size = 0;

		IB_TRY(ib_state_read_node(state, there, &present, &size, err));
		if (size + strlen(content) > ib_buffer_room(&out))
			return ib_fail(err, IB_LIMIT, "'%s' is too large to be appended to", path);
		ib_buffer_put(&out, present, size);
	}
	ib_buffer_puts(&out, content);
	if (there) {
		entry.mode = there->inode->mode;
		entry.user = there->inode->user;
		entry.group = there->inode->group;
		entry.uid = there->inode->uid;
		entry.gid = there->inode->gid;
	}
	entry.data = out.data;
	entry.size = out.size;
	entry.origin = (struct ib_origin){ IB_ORIGIN_GENERATOR, state->generator };
	return ib_tree_put(state->tree, &entry, NULL, err);
}

/* What a scriptlet removes is its own package's, or nobody's; else the order would decide. */
static int remove_path(struct ib_state *state, const struct ib_effect *effect, struct ib_error *err)
{
	const char *text = effect->text;
	const char *path = ib_state_word(state->arena, &text);
	const char *package = ib_state_word(state->arena, &text);
	const struct ib_node *there = path ? ib_tree_find(state->tree, path) : NULL;
	const struct ib_origin *origin = there ? &there->inode->origin : NULL;

	if (!there || !package)
		return 0;
	if (origin->kind != IB_ORIGIN_PACKAGE)
		return 0; /* made by a generator or the recipe, which know better */
	if (ib_str_equal(origin->name, package) && !there->child_count) {
		ib_tree_remove(state->tree, path);
		return 0;
	}
	(void)ib_fail(err, IB_INPUT,
		      "a scriptlet of package '%s' removes '%s', which package '%s' lays down",
		      package, path, origin->name ? origin->name : "?");
	ib_error_hint(err, "Decide in the recipe on that scriptlet: skip it with a reason, or run "
			   "it.");
	return -IB_INPUT;
}

static int set_capability(struct ib_state *state, const struct ib_effect *effect,
			  struct ib_error *err)
{
	const char *text = effect->text;
	const char *path = ib_state_word(state->arena, &text);
	const char *words = ib_state_word(state->arena, &text);
	struct ib_node *there = path ? ib_tree_find_target(state->tree, path) : NULL;
	uint8_t value[IB_CAPABILITIES_XATTR_SIZE];

	if (!there || !words || !S_ISREG(there->inode->mode))
		return 0;
	IB_TRY(ib_capabilities_to_xattr(words, value, err));
	ib_inode_set_xattr(state->tree, there->inode, "security.capability", value, sizeof(value));
	return 0;
}

static int copy_file(struct ib_state *state, const struct ib_effect *effect, struct ib_error *err)
{
	const char *text = effect->text;
	const char *from = ib_state_word(state->arena, &text);
	const char *path = ib_state_word(state->arena, &text);
	const struct ib_node *source = from ? ib_tree_find_target(state->tree, from) : NULL;
	const struct ib_node *there = path ? ib_tree_find_target(state->tree, path) : NULL;
	struct ib_tree_entry entry = { 0 };
	const char *data = NULL;
	size_t size = 0;

	if (!source || !path || !S_ISREG(source->inode->mode))
		return 0; /* cp says so, and makes nothing */
	if (there && S_ISDIR(there->inode->mode)) {
		path = ib_arena_strf(state->arena, "%s/%s", path, ib_path_name(from));
		there = ib_tree_find_target(state->tree, path);
	}
	IB_TRY(ib_state_read_node(state, source, &data, &size, err));
	if (size != source->inode->size)
		return ib_fail(err, IB_INPUT, "a scriptlet copies '%s', which is not kept whole",
			       from);
	entry.path = path;
	entry.mode = there ? there->inode->mode : S_IFREG | (source->inode->mode & 0755);
	if (there) {
		entry.user = there->inode->user;
		entry.group = there->inode->group;
		entry.uid = there->inode->uid;
		entry.gid = there->inode->gid;
	}
	entry.data = ib_arena_memdup(state->arena, data, size);
	entry.size = size;
	entry.origin = (struct ib_origin){ IB_ORIGIN_GENERATOR, state->generator };
	return ib_tree_put(state->tree, &entry, NULL, err);
}

/* A scriptlet deals with what an older installation left; here it would be somebody's. */
static int see_vacant(struct ib_state *state, const struct ib_effect *effect, struct ib_error *err)
{
	if (!ib_tree_find(state->tree, effect->text))
		return 0;
	(void)ib_fail(err, IB_INPUT, "a scriptlet moves or replaces '%s', which is in this image",
		      effect->text);
	ib_error_hint(err, "Decide in the recipe on that scriptlet: skip it with a reason, or run "
			   "it.");
	return -IB_INPUT;
}

static bool test_holds(const struct ib_state *state, const char *test)
{
	const struct ib_node *node = strchr("hL", test[1])
					     ? ib_tree_find(state->tree, test + 3)
					     : ib_tree_find_target(state->tree, test + 3);
	mode_t mode = node ? node->inode->mode : 0;
	bool answer = node != NULL;

	if (test[1] == 'f')
		answer = node && S_ISREG(mode);
	else if (test[1] == 'd')
		answer = node && S_ISDIR(mode);
	else if (strchr("hL", test[1]))
		answer = node && S_ISLNK(mode);
	else if (test[1] == 'x')
		answer = node && (S_ISDIR(mode) || (mode & 0111));
	return answer == (*test == '+');
}

bool ib_state_guard_holds(struct ib_state *state, const struct ib_guard *guard)
{
	const char *text = guard ? guard->tests : NULL;
	const char *line = NULL;
	bool holds = true;

	if (!guard)
		return true;
	holds = ib_state_guard_holds(state, guard->outer);
	if (*guard->answer)
		return *guard->answer == 1;
	while (holds && (line = ib_state_line(state->arena, &text)))
		holds = test_holds(state, line);
	*guard->answer = holds ? 1 : 2; /* what the branch itself makes changes nothing of it */
	return holds;
}

/* Where a path ends in the tree, links followed; the caller owns it. */
static char *resolved(const struct ib_tree *tree, const char *path)
{
	ib_autofree char *folder = NULL;
	ib_autofree char *above = NULL;
	const struct ib_node *node = ib_tree_find_target(tree, path);

	if (node || !strcmp(path, "/"))
		return node ? ib_node_path(node) : ib_strdup(path);
	folder = ib_path_directory(path);
	above = resolved(tree, *folder ? folder : "/");
	return ib_path_join(above, ib_path_name(path));
}

/* Whether a pattern of paths comes to one that is guarded, by whatever links. */
static bool reaches_guarded(const struct ib_tree *tree, const struct ib_node *folder,
			    const char *pattern, bool with_below)
{
	ib_autofree char *component = NULL;
	const char *rest = NULL;
	size_t i = 0;

	pattern += strspn(pattern, "/");
	rest = pattern + strcspn(pattern, "/");
	component = ib_strndup(pattern, (size_t)(rest - pattern));
	for (i = 0; i < folder->child_count; i++) {
		ib_autofree char *path = NULL;
		const struct ib_node *child = folder->children[i];

		if (fnmatch(component, child->name, FNM_PERIOD))
			continue;
		path = ib_node_path(child);
		child = ib_tree_find_target(tree, path);
		if (!child)
			continue;
		if (rest[strspn(rest, "/")]) {
			if (reaches_guarded(tree, child, rest, with_below))
				return true;
			continue;
		}
		ib_free(ib_take(path));
		path = ib_node_path(child);
		if (with_below ? ib_path_holds_guarded(path) : ib_path_is_guarded(path))
			return true;
	}
	return false;
}

/* The path that an effect lays something down at; NULL: none of its own. */
static const char *path_of(struct ib_state *state, const struct ib_effect *effect)
{
	const char *text = effect->text;
	const char *first = NULL;

	if (effect->kind == IB_EFFECT_FILE || effect->kind == IB_EFFECT_APPEND)
		return ib_state_line(state->arena, &text);
	first = ib_state_word(state->arena, &text);
	if (effect->kind == IB_EFFECT_TMPFILES || effect->kind == IB_EFFECT_COPY)
		return ib_state_word(state->arena, &text);
	return effect->kind == IB_EFFECT_VACANT ? NULL : first;
}

/* A link of a package must not lead a scriptlet to what its words would not have been allowed. */
static int see_unguarded(struct ib_state *state, const struct ib_effect *effect,
			 struct ib_error *err)
{
	const char *path = path_of(state, effect);
	bool adjusts = effect->kind == IB_EFFECT_TMPFILES && strchr("zZ", *effect->text);
	ib_autofree char *real = NULL;
	ib_autofree char *folder = NULL;
	ib_autofree char *inside = NULL;

	if (!path || ib_path_is_guarded(path))
		return 0; /* its words were allowed for themselves */
	real = resolved(state->tree, path);
	folder = ib_path_directory(path);
	inside = resolved(state->tree, *folder ? folder : "/");
	if (!ib_path_is_guarded(real) && !ib_path_is_guarded(inside) &&
	    !(adjusts &&
	      reaches_guarded(state->tree, ib_tree_root(state->tree), path, *effect->text == 'Z')))
		return 0;
	(void)ib_fail(err, IB_INPUT, "a scriptlet reaches '%s' by way of '%s'", real, path);
	ib_error_hint(err, "Decide in the recipe on that scriptlet: skip it with a reason, or run "
			   "it.");
	return -IB_INPUT;
}

int ib_state_scriptlet_path(struct ib_state *state, const struct ib_effect *effect,
			    struct ib_error *err)
{
	if (!ib_state_guard_holds(state, effect->guard))
		return 0;
	IB_TRY(see_unguarded(state, effect, err));
	switch (effect->kind) {
	case IB_EFFECT_LINK:
	case IB_EFFECT_DIRECTORY:
		return put_missing(state, effect, err);
	case IB_EFFECT_TMPFILES:
		return ib_tmpfiles_apply_text(state, effect->text, err);
	case IB_EFFECT_FILE:
	case IB_EFFECT_APPEND:
		return write_file(state, effect, err);
	case IB_EFFECT_ABSENT:
		return remove_path(state, effect, err);
	case IB_EFFECT_CAPABILITY:
		return set_capability(state, effect, err);
	case IB_EFFECT_COPY:
		return copy_file(state, effect, err);
	case IB_EFFECT_VACANT:
		return see_vacant(state, effect, err);
	case IB_EFFECT_ACCOUNT:
	case IB_EFFECT_ALTERNATIVE:
	case IB_EFFECT_ENABLE:
	case IB_EFFECT_DISABLE:
	case IB_EFFECT_SHELL:
	case IB_EFFECT_INFO:
		return 0;
	}
	return 0;
}

int ib_state_scriptlet_paths(struct ib_state *state, struct ib_error *err)
{
	size_t i = 0;

	for (i = 0; i < state->plan->effect_count; i++)
		IB_TRY(ib_state_scriptlet_path(state, &state->plan->effects[i], err));
	return 0;
}
