/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/needs.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#define NOBODY SIZE_MAX

/* Packages that provide one name. */
struct providers {
	size_t *numbers; /* in the arena */
	size_t count;
};

struct ib_needs {
	const struct ib_policy_subject *subject;
	struct ib_arena *arena;
	struct ib_map *owners;    /* inode → its package's number, plus one */
	struct ib_map *provides;  /* name → struct providers */
	struct ib_map *libraries; /* name of a file → struct ib_inode */
};

/* Which evidence is gathered just now, and by whom. */
struct gathering {
	struct ib_needs *needs;
	struct ib_size_package *packages;
	size_t *last;   /* by package: who needed it last, so that each counts once */
	size_t counter; /* offset of the count in struct ib_size_package */
};

static void key_of(const struct ib_inode *inode, char key[24])
{
	snprintf(key, 24, "%p", (const void *)inode);
}

/* ---- whose a file is --------------------------------------------------------- */

static void own(struct ib_needs *needs, size_t number)
{
	const struct ib_package *package = needs->subject->packages[number];
	size_t *value = ib_arena_alloc(needs->arena, sizeof(*value));
	size_t i = 0;

	*value = number;
	for (i = 0; i < package->file_count; i++) {
		const struct ib_node *node =
			ib_tree_find(needs->subject->tree, package->files[i].path);
		const struct ib_origin *origin = node ? &node->inode->origin : NULL;
		char key[24];

		/* an overlay or a generator may have taken the place */
		if (!node || (origin->kind != IB_ORIGIN_NONE && origin->kind != IB_ORIGIN_PACKAGE))
			continue;
		key_of(node->inode, key);
		if (!ib_map_has(needs->owners, key))
			ib_map_set(needs->owners, key, value);
	}
}

bool ib_needs_owner(const struct ib_needs *needs, const struct ib_inode *inode, size_t *ret_number)
{
	const size_t *number = NULL;
	char key[24];

	key_of(inode, key);
	number = ib_map_get(needs->owners, key);
	if (number)
		*ret_number = *number;
	return number != NULL;
}

/* ---- who provides what ---------------------------------------------------------- */

static void provide(struct ib_needs *needs, const char *name, size_t number)
{
	struct providers *providers = ib_map_get(needs->provides, name);
	size_t *numbers = NULL;

	if (!providers) {
		providers = ib_arena_alloc(needs->arena, sizeof(*providers));
		ib_map_set(needs->provides, name, providers);
	}
	numbers = ib_arena_alloc(needs->arena, (providers->count + 1) * sizeof(*numbers));
	if (providers->count)
		memcpy(numbers, providers->numbers, providers->count * sizeof(*numbers));
	numbers[providers->count] = number;
	providers->numbers = numbers;
	providers->count++;
}

static int note_library(void *context, struct ib_node *node, struct ib_error *err)
{
	struct ib_needs *needs = context;

	(void)err;
	if (!S_ISDIR(node->inode->mode) && strstr(node->name, ".so") &&
	    !ib_map_has(needs->libraries, node->name)) {
		ib_autofree char *path = ib_node_path(node);
		const struct ib_node *target = ib_tree_find_target(needs->subject->tree, path);

		if (target)
			ib_map_set(needs->libraries, node->name, target->inode);
	}
	return 0;
}

struct ib_needs *ib_needs_new(const struct ib_policy_subject *subject)
{
	struct ib_needs *needs = ib_alloc(sizeof(*needs));
	size_t i = 0;
	size_t j = 0;

	*needs = (struct ib_needs){ .subject = subject,
				    .arena = ib_arena_new(),
				    .owners = ib_map_new(),
				    .provides = ib_map_new(),
				    .libraries = ib_map_new() };
	for (i = 0; i < subject->package_count; i++) {
		const struct ib_package *package = subject->packages[i];

		own(needs, i);
		for (j = 0; j < package->provides.count; j++)
			provide(needs, package->provides.items[j].name, i);
	}
	return needs;
}

void ib_needs_free(struct ib_needs *needs)
{
	if (!needs)
		return;
	ib_map_free(needs->owners);
	ib_map_free(needs->provides);
	ib_map_free(needs->libraries);
	ib_arena_free(needs->arena);
	ib_free(needs);
}

/* ---- evidence --------------------------------------------------------------------- */

static void need(struct gathering *gathering, size_t who, size_t whom)
{
	struct ib_size_package *package = &gathering->packages[whom];
	size_t *count = NULL;

	if (who == whom || gathering->last[whom] == who)
		return;
	gathering->last[whom] = who;
	count = (size_t *)(void *)((char *)package + gathering->counter);
	++*count;
	if (!package->needed_by)
		package->needed_by = gathering->needs->subject->packages[who]->name;
}

static void need_path(struct gathering *gathering, size_t who, const char *path)
{
	const struct ib_node *node = ib_tree_find_target(gathering->needs->subject->tree, path);
	size_t whom = 0;

	if (node && ib_needs_owner(gathering->needs, node->inode, &whom))
		need(gathering, who, whom);
}

/* A package that provides it itself needs nobody for it. */
static void need_name(struct gathering *gathering, size_t who, const char *name)
{
	const struct providers *providers = ib_map_get(gathering->needs->provides, name);
	size_t i = 0;

	if (*name == '/')
		need_path(gathering, who, name);
	if (!providers)
		return;
	for (i = 0; i < providers->count; i++)
		if (providers->numbers[i] == who)
			return;
	for (i = 0; i < providers->count; i++)
		need(gathering, who, providers->numbers[i]);
}

/* "(a if b)": every name in it may be what is needed. */
static void need_rich(struct gathering *gathering, size_t who, const char *text)
{
	IB_AUTO_STRINGS(words);
	size_t i = 0;

	ib_strings_split(&words, text, " ");
	for (i = 0; i < words.count; i++) {
		char *word = words.items[i] + strspn(words.items[i], "(");
		size_t length = strlen(word);

		/* the bracket of "libc.so.6()(64bit)" belongs to the name */
		while (length && word[length - 1] == ')' && !strchr(word, '('))
			word[--length] = '\0';
		need_name(gathering, who, word);
	}
}

static void gather_requirements(struct gathering *gathering)
{
	const struct ib_policy_subject *subject = gathering->needs->subject;
	size_t i = 0;
	size_t j = 0;

	gathering->counter = offsetof(struct ib_size_package, required_by);
	for (i = 0; i < subject->package_count; i++) {
		const struct ib_dependencies *requires = &subject->packages[i]->requires;

		for (j = 0; j < requires->count; j++) {
			const char *name = requires->items[j].name;

			if (*name == '(')
				need_rich(gathering, i, name);
			else
				need_name(gathering, i, name);
		}
	}
}

static int gather_links(void *context, struct ib_node *node, struct ib_error *err)
{
	struct gathering *gathering = context;
	const struct ib_policy_subject *subject = gathering->needs->subject;
	const struct ib_fact *fact = NULL;
	size_t who = 0;
	size_t i = 0;

	(void)err;
	if (!S_ISREG(node->inode->mode) || !ib_needs_owner(gathering->needs, node->inode, &who))
		return 0;
	fact = subject->fact(subject->context, node);
	if (!fact || !fact->elf)
		return 0;
	if (fact->elf->interpreter)
		need_path(gathering, who, fact->elf->interpreter);
	for (i = 0; i < fact->elf->needed_count; i++) {
		const struct ib_inode *inode =
			ib_map_get(gathering->needs->libraries, ib_path_name(fact->elf->needed[i]));
		size_t whom = 0;

		if (inode && ib_needs_owner(gathering->needs, inode, &whom))
			need(gathering, who, whom);
	}
	return 0;
}

static int gather_scripts(void *context, struct ib_node *node, struct ib_error *err)
{
	struct gathering *gathering = context;
	const struct ib_policy_subject *subject = gathering->needs->subject;
	const struct ib_fact *fact = NULL;
	IB_AUTO_STRINGS(words);
	size_t who = 0;

	(void)err;
	if (!S_ISREG(node->inode->mode) || !(node->inode->mode & 0111) ||
	    !ib_needs_owner(gathering->needs, node->inode, &who))
		return 0;
	fact = subject->fact(subject->context, node);
	if (!fact || !fact->data || !ib_str_starts(fact->data, "#!"))
		return 0;
	{
		ib_autofree char *line =
			ib_strf("%.*s", (int)strcspn(fact->data + 2, "\n"), fact->data + 2);

		ib_strings_split(&words, line, " \t\r");
	}
	if (words.count)
		need_path(gathering, who, words.items[0]);
	if (words.count > 1 && ib_str_ends(words.items[0], "/env")) {
		ib_autofree char *path = ib_path_join("/usr/bin", words.items[1]);

		need_path(gathering, who, path);
	}
	return 0;
}

int ib_needs_find(struct ib_needs *needs, struct ib_size_package *packages, struct ib_error *err)
{
	size_t count = needs->subject->package_count;
	ib_autofree size_t *last = ib_alloc_array(count + 1, sizeof(*last));
	struct gathering gathering = { .needs = needs, .packages = packages, .last = last };
	size_t i = 0;

	for (i = 0; i < count; i++)
		last[i] = NOBODY;
	gather_requirements(&gathering);
	if (!needs->subject->fact)
		return 0;
	IB_TRY(ib_tree_walk(needs->subject->tree, note_library, needs, err));
	for (i = 0; i < count; i++)
		last[i] = NOBODY;
	gathering.counter = offsetof(struct ib_size_package, linked_by);
	IB_TRY(ib_tree_walk(needs->subject->tree, gather_links, &gathering, err));
	for (i = 0; i < count; i++)
		last[i] = NOBODY;
	gathering.counter = offsetof(struct ib_size_package, interprets_for);
	return ib_tree_walk(needs->subject->tree, gather_scripts, &gathering, err);
}
