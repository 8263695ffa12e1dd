/* SPDX-License-Identifier: Apache-2.0 */
/* Names and lookup: systemd.unit.5; the file format: systemd.syntax.7. */
#include "state/units.h"

#include <string.h>
#include <sys/stat.h>

void ib_unit_install_done(struct ib_unit_install *install)
{
	ib_strings_done(&install->alias);
	ib_strings_done(&install->wanted_by);
	ib_strings_done(&install->required_by);
	ib_strings_done(&install->upheld_by);
	ib_strings_done(&install->also);
	ib_free(ib_take(install->default_instance));
}

bool ib_unit_is_name(const char *name)
{
	static const char *const types[] = { "service",   "socket", "device", "mount",
					     "automount", "swap",   "target", "path",
					     "timer",     "slice",  "scope" };
	static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				    "0123456789:-_.\\@";
	const char *dot = strrchr(name, '.');
	size_t i = 0;

	if (!dot || dot == name || *name == '@' || strspn(name, plain) != strlen(name))
		return false;
	for (i = 0; i < IB_COUNT(types); i++)
		if (!strcmp(dot + 1, types[i]))
			return true;
	return false;
}

bool ib_unit_is_template(const char *name)
{
	const char *at = strchr(name, '@');

	return at && at[1] == '.' && !strchr(at + 2, '.');
}

char *ib_unit_template_of(const char *name)
{
	const char *at = strchr(name, '@');
	const char *dot = strrchr(name, '.');

	if (!at || !dot || dot < at || dot == at + 1)
		return NULL;
	return ib_strf("%.*s@%s", (int)(at - name), name, dot);
}

char *ib_unit_instance(const char *template_name, const char *instance)
{
	const char *at = strchr(template_name, '@');

	return ib_strf("%.*s%s%s", (int)(at + 1 - template_name), template_name, instance, at + 1);
}

static const char *find_file(const struct ib_state *state, const struct ib_unit_world *world,
			     const char *name, bool *ret_stop)
{
	size_t i = 0;

	for (i = 0; world->folders[i]; i++) {
		const char *path = ib_arena_strf(state->arena, "%s/%s", world->folders[i], name);
		const struct ib_node *node = ib_tree_find(state->tree, path);

		if (!node)
			continue;
		*ret_stop = true;
		if (S_ISLNK(node->inode->mode) && ib_str_equal(node->inode->link, "/dev/null"))
			return NULL;
		node = ib_tree_find_target(state->tree, path);
		return node && S_ISREG(node->inode->mode) && node->inode->size ? path : NULL;
	}
	return NULL;
}

const char *ib_unit_find(const struct ib_state *state, const struct ib_unit_world *world,
			 const char *name)
{
	ib_autofree char *template_name = ib_unit_template_of(name);
	bool stop = false;
	const char *path = find_file(state, world, name, &stop);

	if (path || stop || !template_name)
		return path;
	return find_file(state, world, template_name, &stop);
}

/* The specifiers that make sense in [Install]. */
static char *expand(const char *name, const char *word)
{
	const char *at = strchr(name, '@');
	const char *dot = strrchr(name, '.');
	IB_AUTO_BUFFER(out, 1 << 16);

	for (; *word; word++) {
		if (ib_buffer_room(&out) < strlen(name) + 2)
			break;
		if (*word != '%' || !word[1]) {
			ib_buffer_put_u8(&out, (uint8_t)*word);
			continue;
		}
		word++;
		if (*word == 'n')
			ib_buffer_puts(&out, name);
		else if (*word == 'N')
			ib_buffer_put(&out, name, (size_t)(dot - name));
		else if (*word == 'p')
			ib_buffer_put(&out, name, (size_t)((at ? at : dot) - name));
		else if ((*word == 'i' || *word == 'I') && at && at + 1 < dot)
			ib_buffer_put(&out, at + 1, (size_t)(dot - at - 1));
		else if (*word == '%')
			ib_buffer_put_u8(&out, '%');
	}
	return ib_buffer_take_text(&out);
}

static void add_words(const struct ib_state *state, const char *name, const char *value,
		      struct ib_strings *list)
{
	const char *word = NULL;

	if (!*value)
		ib_strings_done(list);
	while ((word = ib_state_word(state->arena, &value)))
		ib_strings_adopt(list, expand(name, word));
}

static void take_assignment(const struct ib_state *state, const char *name, const char *line,
			    struct ib_unit_install *install)
{
	const struct {
		const char *key;
		struct ib_strings *list;
	} keys[] = {
		{ "Alias=", &install->alias },
		{ "WantedBy=", &install->wanted_by },
		{ "RequiredBy=", &install->required_by },
		{ "UpheldBy=", &install->upheld_by },
		{ "Also=", &install->also },
	};
	ib_autofree char *key = ib_strf("%.*s=", (int)strcspn(line, " \t="), line);
	const char *value = strchr(line, '=');
	size_t i = 0;

	if (!value)
		return;
	value++;
	value += strspn(value, " \t");
	for (i = 0; i < IB_COUNT(keys); i++)
		if (!strcmp(key, keys[i].key))
			add_words(state, name, value, keys[i].list);
	if (!strcmp(key, "DefaultInstance=")) {
		ib_free(ib_take(install->default_instance));
		install->default_instance = *value ? expand(name, value) : NULL;
	}
}

/* A line with what follows a backslash at its end. */
static const char *logical_line(struct ib_arena *arena, const char **text)
{
	const char *line = ib_state_line(arena, text);

	while (line && ib_str_ends(line, "\\") && **text) {
		const char *more = ib_state_line(arena, text);

		line = ib_arena_strf(arena, "%.*s %s", (int)strlen(line) - 1, line, more);
	}
	return line;
}

static int read_file(const struct ib_state *state, const char *path, const char *name,
		     struct ib_unit_install *install, struct ib_error *err)
{
	const char *text = NULL;
	const char *line = NULL;
	bool is_install = false;

	IB_TRY(ib_state_read(state, path, &text, NULL, err));
	while (text && (line = logical_line(state->arena, &text))) {
		line += strspn(line, " \t");
		if (!*line || *line == '#' || *line == ';')
			continue;
		if (*line == '[')
			is_install = ib_str_starts(line, "[Install]");
		else if (is_install)
			take_assignment(state, name, line, install);
	}
	return 0;
}

static int read_drop_ins(const struct ib_state *state, const struct ib_unit_world *world,
			 const char *file, const char *name, struct ib_unit_install *install,
			 struct ib_error *err)
{
	size_t i = 0;
	size_t n = 0;

	for (i = 0; world->folders[i]; i++) {
		ib_autofree char *folder = ib_strf("%s/%s.d", world->folders[i], file);
		const struct ib_node *node = ib_tree_find_target(state->tree, folder);

		for (n = 0; node && S_ISDIR(node->inode->mode) && n < node->child_count; n++) {
			ib_autofree char *path = ib_path_join(folder, node->children[n]->name);

			if (ib_str_ends(path, ".conf"))
				IB_TRY(read_file(state, path, name, install, err));
		}
	}
	return 0;
}

int ib_unit_read_install(const struct ib_state *state, const struct ib_unit_world *world,
			 const char *name, struct ib_unit_install *ret_install,
			 struct ib_error *err)
{
	const char *path = ib_unit_find(state, world, name);

	if (!path)
		return 0;
	IB_TRY(read_file(state, path, name, ret_install, err));
	return read_drop_ins(state, world, ib_path_name(path), name, ret_install, err);
}
