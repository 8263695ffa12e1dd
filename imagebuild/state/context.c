/* SPDX-License-Identifier: Apache-2.0 */
#include "state/context.h"

#include <string.h>
#include <sys/stat.h>

const struct ib_fact *ib_state_fact(const struct ib_state *state, const struct ib_node *node)
{
	const struct ib_inode *inode = node->inode;

	if (inode->content == IB_CONTENT_BUFFER) {
		ib_autofree char *path = ib_node_path(node);

		return ib_fact_of(state->arena, path, inode->data, inode->size);
	}
	if (inode->content != IB_CONTENT_PAYLOAD || inode->package >= state->plan->fact_count ||
	    !state->plan->facts[inode->package])
		return NULL;
	return ib_facts_find(state->plan->facts[inode->package], inode->file);
}

int ib_state_read_node(const struct ib_state *state, const struct ib_node *node,
		       const char **ret_text, size_t *ret_size, struct ib_error *err)
{
	const struct ib_inode *inode = node->inode;
	const struct ib_fact *fact = NULL;

	if (inode->content == IB_CONTENT_BUFFER) {
		char *copy = ib_arena_alloc(state->arena, inode->size + 1);

		memcpy(copy, inode->data, inode->size);
		*ret_text = copy;
		*ret_size = inode->size;
		return 0;
	}
	if (inode->content == IB_CONTENT_EMPTY || !inode->size) {
		*ret_text = "";
		*ret_size = 0;
		return 0;
	}
	fact = ib_state_fact(state, node);
	if (!fact || !fact->data) {
		ib_autofree char *path = ib_node_path(node);

		return ib_fail(err, IB_LIMIT,
			       "the content of '%s' (%s) is needed and was not kept: it is larger "
			       "than such a file can be",
			       path, inode->origin.name ? inode->origin.name : "?");
	}
	*ret_text = fact->data;
	*ret_size = fact->size;
	return 0;
}

int ib_state_read(const struct ib_state *state, const char *path, const char **ret_text,
		  size_t *ret_size, struct ib_error *err)
{
	const struct ib_node *node = ib_tree_find_target(state->tree, path);
	size_t size = 0;

	*ret_text = NULL;
	if (!node || !S_ISREG(node->inode->mode))
		return 0;
	return ib_state_read_node(state, node, ret_text, ret_size ? ret_size : &size, err);
}

static int put(struct ib_state *state, struct ib_tree_entry *entry, struct ib_error *err)
{
	int r = 0;

	entry->origin = (struct ib_origin){ IB_ORIGIN_GENERATOR, state->generator };
	r = ib_tree_put(state->tree, entry, NULL, err);
	if (r < 0)
		return ib_error_prefix(err, "%s", state->generator);
	return 0;
}

/* A file that is there keeps its owner. */
static int put_file(struct ib_state *state, struct ib_tree_entry *entry, struct ib_error *err)
{
	const struct ib_node *there = ib_tree_find(state->tree, entry->path);

	if (there && S_ISREG(there->inode->mode)) {
		entry->user = there->inode->user;
		entry->group = there->inode->group;
		entry->uid = there->inode->uid;
		entry->gid = there->inode->gid;
	}
	return put(state, entry, err);
}

int ib_state_put_file(struct ib_state *state, const char *path, uint32_t mode, const void *data,
		      size_t size, struct ib_error *err)
{
	struct ib_tree_entry entry = {
		.path = path, .mode = S_IFREG | mode, .data = data, .size = size
	};

	return put_file(state, &entry, err);
}

int ib_state_take_file(struct ib_state *state, const char *path, uint32_t mode,
		       struct ib_buffer *content, struct ib_error *err)
{
	struct ib_tree_entry entry = { .path = path, .mode = S_IFREG | mode, .content = content };

	return put_file(state, &entry, err);
}

int ib_state_put_text(struct ib_state *state, const char *path, uint32_t mode, const char *text,
		      struct ib_error *err)
{
	return ib_state_put_file(state, path, mode, text, strlen(text), err);
}

int ib_state_put_link(struct ib_state *state, const char *path, const char *target,
		      struct ib_error *err)
{
	struct ib_tree_entry entry = { .path = path, .mode = S_IFLNK | 0777, .link = target };

	return put(state, &entry, err);
}

int ib_state_put_directory(struct ib_state *state, const char *path, uint32_t mode,
			   struct ib_error *err)
{
	struct ib_tree_entry entry = { .path = path, .mode = S_IFDIR | mode };

	if (ib_tree_find_target(state->tree, path))
		return 0;
	return put(state, &entry, err);
}

/* Whether a configuration file hides what others of its name say and says nothing itself. */
static bool is_mask(const struct ib_node *node)
{
	if (S_ISLNK(node->inode->mode))
		return ib_str_equal(node->inode->link, "/dev/null");
	return S_ISREG(node->inode->mode) && !node->inode->size;
}

void ib_state_config_files(const struct ib_state *state, const char *name, const char *suffix,
			   struct ib_strings *ret_paths)
{
	static const char *const tops[] = { "/etc", "/run", "/usr/local/lib", "/usr/lib", "/lib" };
	IB_AUTO(ib_map) seen = ib_map_new();
	IB_AUTO_STRINGS(found); /* "NAME/TOP", so that sorting sorts by name */
	size_t i = 0;

	for (i = 0; i < IB_COUNT(tops); i++) {
		ib_autofree char *folder = ib_path_join(tops[i], name);
		const struct ib_node *node = ib_tree_find_target(state->tree, folder);
		size_t n = 0;

		for (n = 0; node && S_ISDIR(node->inode->mode) && n < node->child_count; n++) {
			const struct ib_node *child = node->children[n];

			if (!ib_str_ends(child->name, suffix) || ib_map_has(seen, child->name))
				continue;
			ib_map_set(seen, child->name, seen);
			if (!is_mask(child))
				ib_strings_addf(&found, "%s\001%s/%s", child->name, folder,
						child->name);
		}
	}
	ib_strings_sort_unique(&found);
	for (i = 0; i < found.count; i++)
		ib_strings_add(ret_paths, strchr(found.items[i], '\001') + 1);
}

const char *ib_state_line(struct ib_arena *arena, const char **text)
{
	const char *start = *text;
	size_t length = strcspn(start, "\n");
	char *line = NULL;

	if (!*start)
		return NULL;
	line = ib_arena_alloc(arena, length + 1);
	memcpy(line, start, length);
	if (length && line[length - 1] == '\r')
		line[length - 1] = '\0';
	*text = start + length + (start[length] == '\n');
	return line;
}

/* One escaped character behind a backslash; returns how many bytes of text it took. */
static size_t unescape(const char *text, char *ret_c)
{
	static const char from[] = "abfnrtvs";
	static const char to[] = "\a\b\f\n\r\t\v ";
	const char *known = *text ? strchr(from, *text) : NULL;
	uint8_t byte = 0;

	if (*text == 'x' && text[1] && text[2]) {
		char digits[3] = { text[1], text[2], '\0' };

		if (ib_hex_read(digits, &byte, 1)) {
			*ret_c = (char)byte;
			return 3;
		}
	}
	*ret_c = *text;
	if (known)
		*ret_c = to[known - from];
	return *text ? 1 : 0;
}

const char *ib_state_word(struct ib_arena *arena, const char **text)
{
	const char *at = *text + strspn(*text, " \t");
	char *word = NULL;
	char *out = NULL;
	char quote = '\0';

	if (!*at)
		return NULL;
	out = word = ib_arena_alloc(arena, strlen(at) + 1);
	for (; *at && (quote || (*at != ' ' && *at != '\t')); at++) {
		if (*at == '\\' && at[1]) {
			at += unescape(at + 1, out++);
		} else if (quote ? *at == quote : *at == '"' || *at == '\'') {
			quote = (char)(quote ? '\0' : *at);
		} else {
			*out++ = *at;
		}
	}
	if (quote)
		return NULL;
	*text = at + strspn(at, " \t");
	return word;
}

const char *ib_state_os_release(const struct ib_state *state, const char *key)
{
	static const char *const paths[] = { "/etc/os-release", "/usr/lib/os-release" };
	struct ib_error ignored = IB_ERROR_INIT;
	const char *text = NULL;
	const char *line = NULL;
	size_t i = 0;

	for (i = 0; i < IB_COUNT(paths) && !text; i++)
		if (ib_state_read(state, paths[i], &text, NULL, &ignored) < 0)
			ib_error_clear(&ignored); /* then nothing is known of the key */
	while (text && (line = ib_state_line(state->arena, &text))) {
		size_t length = strlen(key);

		if (ib_str_starts(line, key) && line[length] == '=') {
			line += length + 1;
			return *line ? ib_state_word(state->arena, &line) : "";
		}
	}
	return NULL;
}

/* Specifiers with a value that is the same on every machine that boots the image. */
static const char *specifier(const struct ib_state *state, char c)
{
	static const struct {
		char c;
		const char *value;
	} fixed[] = {
		{ '%', "%" },        { 't', "/run" },  { 'S', "/var/lib" }, { 'C', "/var/cache" },
		{ 'L', "/var/log" }, { 'T', "/tmp" },  { 'V', "/var/tmp" }, { 'U', "0" },
		{ 'u', "root" },     { 'h', "/root" }, { 'g', "root" },     { 'G', "0" },
	};
	static const struct {
		char c;
		const char *key;
	} release[] = {
		{ 'o', "ID" },         { 'w', "VERSION_ID" }, { 'B', "BUILD_ID" },
		{ 'W', "VARIANT_ID" }, { 'M', "IMAGE_ID" },   { 'A', "IMAGE_VERSION" },
	};
	size_t i = 0;

	for (i = 0; i < IB_COUNT(fixed); i++)
		if (fixed[i].c == c)
			return fixed[i].value;
	for (i = 0; i < IB_COUNT(release); i++)
		if (release[i].c == c) {
			const char *value = ib_state_os_release(state, release[i].key);

			return value ? value : "";
		}
	return NULL;
}

int ib_state_specifiers(struct ib_state *state, const char *text, const char **ret_text,
			struct ib_error *err)
{
	IB_AUTO_BUFFER(out, 1 << 16);

	if (!strchr(text, '%')) {
		*ret_text = text;
		return 0;
	}
	for (; *text; text++) {
		const char *value = *text == '%' && text[1] ? specifier(state, text[1]) : NULL;

		if (*text == '%' && !value) {
			*ret_text = NULL; /* depends on the running machine */
			return 0;
		}
		if (ib_buffer_room(&out) < 2 + (value ? strlen(value) : 0))
			return ib_fail(err, IB_LIMIT, "a text with specifiers is too long");
		if (value) {
			ib_buffer_puts(&out, value);
			text++;
		} else {
			ib_buffer_put_u8(&out, (uint8_t)*text);
		}
	}
	*ret_text = ib_arena_strdup(state->arena, ib_buffer_text(&out));
	return 0;
}
