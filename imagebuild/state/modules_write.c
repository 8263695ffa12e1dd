/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The files of depmod (modules.dep.5): texts for people, tries for modprobe.
 * modules.symbols is sorted by name; depmod's own order is that of a hash table.
 */
#include <stdlib.h>
#include <string.h>

#include "state/modules.h"

#define TEXT_MAX  (64U << 20)
#define INDEX_MAX (512U << 20)

struct writer {
	struct ib_state *state;
	const char *folder;
	const struct ib_module_set *set;
	struct ib_buffer *text; /* the text at hand; it is cleared for each */
	bool is_full;
};

static void put_text(struct writer *writer, const char *words)
{
	if (strlen(words) + 2 > ib_buffer_room(writer->text))
		writer->is_full = true;
	else
		ib_buffer_puts(writer->text, words);
}

static int put_text_file(struct writer *writer, const char *name, struct ib_error *err)
{
	ib_autofree char *path = ib_path_join(writer->folder, name);

	if (writer->is_full)
		return ib_fail(err, IB_LIMIT, "'%s' would be larger than %u bytes", path, TEXT_MAX);
	IB_TRY(ib_state_put_file(writer->state, path, 0644, writer->text->data, writer->text->size,
				 err));
	ib_buffer_clear(writer->text);
	return 0;
}

static int put_index_file(struct writer *writer, const char *name, struct ib_module_index *index,
			  struct ib_error *err)
{
	ib_autofree char *path = ib_path_join(writer->folder, name);
	IB_AUTO_BUFFER(out, INDEX_MAX);

	IB_TRY(ib_module_index_write(index, &out, err));
	return ib_state_put_file(writer->state, path, 0644, out.data, out.size, err);
}

/* Names match whether written with - or _; inside [] a - is a range. NULL: a bracket is open. */
static const char *underscores(struct ib_arena *arena, const char *text)
{
	char *out = ib_arena_alloc(arena, strlen(text) + 1);
	bool inside = false;
	size_t i = 0;

	for (i = 0; text[i]; i++) {
		if (text[i] == ']' && !inside)
			return NULL;
		if (text[i] == '[')
			inside = true;
		else if (text[i] == ']')
			inside = false;
		out[i] = (char)(text[i] == '-' && !inside ? '_' : text[i]);
	}
	return inside ? NULL : out;
}

static int compare_ranks(const void *a, const void *b)
{
	const struct ib_module *x = *(struct ib_module *const *)a;
	const struct ib_module *y = *(struct ib_module *const *)b;

	if (x->in_cycle != y->in_cycle)
		return x->in_cycle ? 1 : -1;
	return x->rank < y->rank ? -1 : x->rank > y->rank;
}

/* All that a module needs, directly or not, each once, sorted by rank; returns how many. */
static size_t all_needs(const struct ib_module *module, struct ib_module **all, bool *seen)
{
	size_t count = 0;
	size_t next = 0;
	size_t i = 0;

	for (i = 0; i < module->need_count; i++) {
		seen[module->needs[i]->index] = true;
		all[count++] = module->needs[i];
	}
	for (; next < count; next++) {
		for (i = 0; i < all[next]->need_count; i++) {
			struct ib_module *needed = all[next]->needs[i];

			if (seen[needed->index])
				continue;
			seen[needed->index] = true;
			all[count++] = needed;
		}
	}
	for (i = 0; i < count; i++)
		seen[all[i]->index] = false;
	if (count)
		qsort(all, count, sizeof(struct ib_module *), compare_ranks);
	return count;
}

static int write_dependencies(struct writer *writer, struct ib_error *err)
{
	const struct ib_module_set *set = writer->set;
	IB_AUTO(ib_module_index) index = ib_module_index_new();
	ib_autofree struct ib_module **all =
		ib_alloc_array(set->count + 1, sizeof(struct ib_module *));
	ib_autofree bool *seen = ib_alloc_array(set->count + 1, sizeof(*seen));
	size_t i = 0;
	size_t n = 0;

	for (i = 0; i < set->count; i++) {
		const struct ib_module *module = set->items[i];
		size_t count = all_needs(module, all, seen);
		IB_AUTO_BUFFER(line, TEXT_MAX);

		if (module->in_cycle)
			continue;
		ib_buffer_putf(&line, "%s:", module->path);
		for (n = 0; n < count; n++)
			if (!all[n]->in_cycle && strlen(all[n]->path) + 3 < ib_buffer_room(&line))
				ib_buffer_putf(&line, " %s", all[n]->path);
		ib_module_index_add(index, module->name, ib_buffer_text(&line), module->index);
		put_text(writer, ib_buffer_text(&line));
		put_text(writer, "\n");
	}
	IB_TRY(put_text_file(writer, "modules.dep", err));
	return put_index_file(writer, "modules.dep.bin", index, err);
}

/* Calls visit for the value of each "key=…" of each module, in order. */
typedef void (*info_fn)(struct writer *writer, const struct ib_module *module, const char *value,
			struct ib_module_index *index);

static void walk_info(struct writer *writer, const char *key, info_fn visit,
		      struct ib_module_index *index)
{
	size_t length = strlen(key);
	size_t i = 0;
	size_t n = 0;

	for (i = 0; i < writer->set->count; i++) {
		const struct ib_module *module = writer->set->items[i];

		for (n = 0; n < module->facts->info_count; n++) {
			const char *info = module->facts->info[n];

			if (ib_str_starts(info, key) && info[length] == '=')
				visit(writer, module, info + length + 1, index);
		}
	}
}

static void put_alias(struct writer *writer, const struct ib_module *module, const char *value,
		      struct ib_module_index *index)
{
	const char *key = underscores(writer->state->arena, value);

	put_text(writer, "alias ");
	put_text(writer, value);
	put_text(writer, " ");
	put_text(writer, module->name);
	put_text(writer, "\n");
	if (key)
		ib_module_index_add(index, key, module->name, module->index);
}

static int write_aliases(struct writer *writer, struct ib_error *err)
{
	IB_AUTO(ib_module_index) index = ib_module_index_new();

	put_text(writer, "# Aliases extracted from modules themselves.\n");
	walk_info(writer, "alias", put_alias, index);
	IB_TRY(put_text_file(writer, "modules.alias", err));
	return put_index_file(writer, "modules.alias.bin", index, err);
}

static void put_soft(struct writer *writer, const struct ib_module *module, const char *value,
		     struct ib_module_index *index)
{
	(void)index;
	put_text(writer, "softdep ");
	put_text(writer, module->name);
	put_text(writer, " ");
	put_text(writer, value);
	put_text(writer, "\n");
}

static int write_soft_dependencies(struct writer *writer, struct ib_error *err)
{
	put_text(writer, "# Soft dependencies extracted from modules themselves.\n");
	walk_info(writer, "softdep", put_soft, NULL);
	return put_text_file(writer, "modules.softdep", err);
}

static int write_symbols(struct writer *writer, struct ib_error *err)
{
	IB_AUTO(ib_module_index) index = ib_module_index_new();
	size_t i = 0;

	put_text(writer, "# Aliases for symbols, used by symbol_request().\n");
	for (i = 0; i < writer->set->names.count; i++) {
		const char *name = writer->set->names.items[i];
		const struct ib_module *owner = ib_map_get(writer->set->symbols, name);
		ib_autofree char *key = ib_strf("symbol:%s", name);

		put_text(writer, "alias ");
		put_text(writer, key);
		put_text(writer, " ");
		put_text(writer, owner->name);
		put_text(writer, "\n");
		ib_module_index_add(index, key, owner->name, owner->index);
	}
	IB_TRY(put_text_file(writer, "modules.symbols", err));
	return put_index_file(writer, "modules.symbols.bin", index, err);
}

/* "char-major-10-200" and the like. */
static bool read_device(const char *alias, char *ret_type, unsigned *ret_major, unsigned *ret_minor)
{
	bool is_char = ib_str_starts(alias, "char-major-");
	const char *at = alias;
	char *end = NULL;

	if (!is_char && !ib_str_starts(alias, "block-major-"))
		return false;
	at += strlen(is_char ? "char-major-" : "block-major-");
	*ret_major = (unsigned)strtoul(at, &end, 10);
	if (end == at || *end != '-' || end[1] < '0' || end[1] > '9')
		return false;
	*ret_minor = (unsigned)strtoul(end + 1, NULL, 10);
	*ret_type = is_char ? 'c' : 'b';
	return true;
}

static void put_device(struct writer *writer, const struct ib_module *module)
{
	const char *name = NULL;
	char type = '\0';
	unsigned major = 0;
	unsigned minor = 0;
	size_t i = 0;

	for (i = 0; i < module->facts->info_count && !(name && type); i++) {
		const char *info = module->facts->info[i];

		if (!ib_str_starts(info, "alias="))
			continue;
		info += strlen("alias=");
		if (ib_str_starts(info, "devname:"))
			name = info + strlen("devname:");
		else
			read_device(info, &type, &major, &minor);
	}
	if (name && type) {
		ib_autofree char *line =
			ib_strf("%s %s %c%u:%u\n", module->name, name, type, major, minor);

		put_text(writer, line);
	}
}

static int write_devices(struct writer *writer, struct ib_error *err)
{
	size_t i = 0;

	put_text(writer, "# Device nodes to trigger on-demand module loading.\n");
	for (i = 0; i < writer->set->count; i++)
		put_device(writer, writer->set->items[i]);
	return put_text_file(writer, "modules.devname", err);
}

/* "kernel/fs/ext4/ext4.ko" → "ext4" */
static int write_builtin(struct writer *writer, struct ib_error *err)
{
	IB_AUTO(ib_module_index) index = ib_module_index_new();
	ib_autofree char *path = ib_path_join(writer->folder, "modules.builtin");
	const char *text = NULL;
	const char *line = NULL;

	IB_TRY(ib_state_read(writer->state, path, &text, NULL, err));
	if (!text)
		return 0;
	while ((line = ib_state_line(writer->state->arena, &text))) {
		const char *base = ib_path_name(line);
		ib_autofree char *plain = ib_strf("%.*s", (int)strcspn(base, "."), base);
		const char *name = underscores(writer->state->arena, plain);

		if (name && *name)
			ib_module_index_add(index, name, "", 0);
	}
	return put_index_file(writer, "modules.builtin.bin", index, err);
}

/* Aliases of what is built in: modules.builtin.modinfo holds "NAME.KEY=VALUE", NUL behind each. */
static int write_builtin_aliases(struct writer *writer, struct ib_error *err)
{
	IB_AUTO(ib_module_index) index = ib_module_index_new();
	ib_autofree char *path = ib_path_join(writer->folder, "modules.builtin.modinfo");
	const char *text = NULL;
	size_t size = 0;
	size_t at = 0;

	IB_TRY(ib_state_read(writer->state, path, &text, &size, err));
	if (!text)
		return 0;
	for (at = 0; at < size; at += strlen(text + at) + 1) {
		const char *info = text + at;
		const char *dot = strchr(info, '.');
		ib_autofree char *plain = NULL;
		const char *alias = NULL;
		const char *name = NULL;

		if (!dot || !ib_str_starts(dot, ".alias="))
			continue;
		plain = ib_strf("%.*s", (int)(dot - info), info);
		name = underscores(writer->state->arena, plain);
		alias = underscores(writer->state->arena, dot + strlen(".alias="));
		if (name && alias)
			ib_module_index_add(index, alias, name, 0);
	}
	return put_index_file(writer, "modules.builtin.alias.bin", index, err);
}

int ib_modules_write(struct ib_state *state, const char *folder, const struct ib_module_set *set,
		     struct ib_error *err)
{
	static int (*const files[])(struct writer * writer, struct ib_error * err) = {
		write_dependencies, write_aliases,         write_soft_dependencies, write_symbols,
		write_builtin,      write_builtin_aliases, write_devices,
	};
	IB_AUTO_BUFFER(text, TEXT_MAX);
	struct writer writer = { state, folder, set, &text, false };
	size_t i = 0;

	for (i = 0; i < IB_COUNT(files); i++)
		IB_TRY(files[i](&writer, err));
	return 0;
}
