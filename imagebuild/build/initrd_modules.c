/* SPDX-License-Identifier: Apache-2.0 */
#include "build/initrd_modules.h"

#include <string.h>

struct choice {
	struct ib_work *work;
	struct ib_map *by_name; /* name with underscores → struct ib_fact */
	struct ib_map *builtin; /* names of what the kernel has in itself */
	struct ib_map *paths;
	struct ib_strings names; /* of all modules, for suggestions */
};

bool ib_is_module_path(const char *path)
{
	return ib_str_starts(path, "/usr/lib/modules/") || ib_str_starts(path, "/lib/modules/");
}

/* "…/virtio-blk.ko.xz" → "virtio_blk"; the caller owns it. */
static char *module_name(const char *path)
{
	const char *name = ib_path_name(path);
	const char *end = strstr(name, ".ko");
	char *copy = ib_strndup(name, end ? (size_t)(end - name) : strlen(name));
	char *at = NULL;

	for (at = copy; *at; at++)
		if (*at == '-')
			*at = '_';
	return copy;
}

static void index_builtin(struct choice *choice, const char *text)
{
	IB_AUTO_STRINGS(lines);
	size_t i = 0;

	ib_strings_split(&lines, text, "\n");
	for (i = 0; i < lines.count; i++) {
		ib_autofree char *name = module_name(lines.items[i]);

		ib_map_set(choice->builtin, name, choice);
	}
}

static void index_facts(struct choice *choice, struct ib_facts *facts)
{
	size_t i = 0;

	for (i = 0; i < ib_facts_count(facts); i++) {
		const struct ib_fact *fact = ib_facts_get(facts, i);

		if (fact->module) {
			ib_autofree char *name = module_name(fact->path);

			ib_map_set(choice->by_name, name,
				   ib_arena_memdup(choice->work->arena, fact, sizeof(*fact)));
			ib_strings_add(&choice->names, name);
		} else if (fact->data && ib_str_ends(fact->path, "/modules.builtin")) {
			index_builtin(choice, fact->data);
		}
	}
}

static int add_module(struct choice *choice, const char *written, const char *for_whom,
		      struct ib_error *err);

/* "depends=a,b" and "softdep=pre: x y post: z" of .modinfo. */
static int add_needs(struct choice *choice, const char *name, const struct ib_elf_module *module,
		     struct ib_error *err)
{
	size_t i = 0;
	size_t j = 0;

	for (i = 0; i < module->info_count; i++) {
		const char *info = module->info[i];
		bool is_soft = ib_str_starts(info, "softdep=");
		IB_AUTO_STRINGS(needs);

		if (ib_str_starts(info, "depends="))
			ib_strings_split(&needs, info + strlen("depends="), ",");
		else if (is_soft)
			ib_strings_split(&needs, info + strlen("softdep="), " \t");
		for (j = 0; j < needs.count; j++) {
			ib_autofree char *need = module_name(needs.items[j]);

			if (ib_str_ends(need, ":"))
				continue;
			/* a soft dependency need not exist: crc32c may be any of several */
			if (is_soft && !ib_map_has(choice->by_name, need))
				continue;
			IB_TRY(add_module(choice, need, name, err));
		}
	}
	return 0;
}

static int add_module(struct choice *choice, const char *written, const char *for_whom,
		      struct ib_error *err)
{
	ib_autofree char *name = module_name(written);
	const struct ib_fact *fact = ib_map_get(choice->by_name, name);
	const char *near = NULL;

	if (!fact && ib_map_has(choice->builtin, name))
		return 0;
	if (!fact) {
		near = ib_str_nearest(name, (const char *const *)choice->names.items,
				      choice->names.count);
		(void)ib_fail(
			err, IB_INPUT,
			"kernel module '%s', wanted in the initrd by %s, is in no package of the initrd",
			written, for_whom);
		if (near)
			ib_error_hint(err, "Did you mean '%s'?", near);
		return -IB_INPUT;
	}
	if (ib_map_has(choice->paths, fact->path))
		return 0;
	ib_map_set(choice->paths, fact->path, choice);
	return add_needs(choice, name, fact->module, err);
}

static int choose(struct choice *choice, struct ib_error *err)
{
	const struct ib_recipe_list *wanted = &choice->work->recipe->initrd_modules;
	size_t i = 0;

	for (i = 0; i < choice->work->initrd.count; i++)
		index_facts(choice, choice->work->initrd.members[i]->facts);
	for (i = 0; i < wanted->count; i++)
		IB_TRY(add_module(choice, wanted->items[i], "the recipe", err));
	/* the kernel calls the module as the file system is called */
	if (choice->names.count)
		IB_TRY(add_module(choice, choice->work->recipe->root_format, "'root: format'",
				  err));
	return 0;
}

int ib_work_choose_modules(struct ib_work *work, struct ib_map *ret_paths, struct ib_error *err)
{
	IB_AUTO(ib_map) by_name = ib_map_new();
	IB_AUTO(ib_map) builtin = ib_map_new();
	struct choice choice = {
		.work = work, .by_name = by_name, .builtin = builtin, .paths = ret_paths
	};
	int r = choose(&choice, err);

	ib_strings_done(&choice.names);
	return r;
}
