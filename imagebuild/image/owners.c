/* SPDX-License-Identifier: Apache-2.0 */
#include "image/owners.h"

#include <string.h>
#include <sys/stat.h>

#define MAX_ACCOUNTS ((size_t)16 << 20)

struct ib_owners {
	struct ib_map *names; /* "u0" and "g0" → a name */
	struct ib_arena *arena;
};

/* "NAME:x:NUMBER:…": the first name of a number counts, as for everybody who asks. */
static void add_accounts(struct ib_owners *owners, const char *text, char kind)
{
	IB_AUTO_STRINGS(lines);
	size_t i = 0;

	ib_strings_split(&lines, text, "\n");
	for (i = 0; i < lines.count; i++) {
		IB_AUTO_STRINGS(fields);
		ib_autofree char *key = NULL;

		ib_strings_split(&fields, lines.items[i], ":");
		if (fields.count < 3)
			continue;
		key = ib_strf("%c%s", kind, fields.items[2]);
		if (!ib_map_has(owners->names, key))
			ib_map_set(owners->names, key,
				   ib_arena_memdup(owners->arena, fields.items[0],
						   strlen(fields.items[0]) + 1));
	}
}

int ib_owners_read(struct ib_image *image, const struct ib_tree *tree,
		   struct ib_owners **ret_owners, struct ib_error *err)
{
	static const struct {
		const char *path;
		char kind;
	} files[] = { { "/etc/passwd", 'u' }, { "/etc/group", 'g' } };
	IB_AUTO(ib_owners) owners = ib_alloc(sizeof(*owners));
	size_t i = 0;

	owners->names = ib_map_new();
	owners->arena = ib_arena_new();
	for (i = 0; i < IB_COUNT(files); i++) {
		const struct ib_node *node = ib_tree_find_target(tree, files[i].path);
		IB_AUTO_BUFFER(text, MAX_ACCOUNTS);

		if (!node || !S_ISREG(node->inode->mode) || !node->inode->size)
			continue;
		IB_TRY(ib_image_read_content(image, node->inode, &text, err));
		add_accounts(owners, ib_buffer_text(&text), files[i].kind);
	}
	*ret_owners = ib_take(owners);
	return 0;
}

void ib_owners_free(struct ib_owners *owners)
{
	if (!owners)
		return;
	ib_map_free(owners->names);
	ib_arena_free(owners->arena);
	ib_free(owners);
}

static const char *name_of(const struct ib_owners *owners, char kind, uint32_t number)
{
	ib_autofree char *key = ib_strf("%c%u", kind, number);

	return ib_map_get(owners->names, key);
}

const char *ib_owners_user(const struct ib_owners *owners, uint32_t number)
{
	return name_of(owners, 'u', number);
}

const char *ib_owners_group(const struct ib_owners *owners, uint32_t number)
{
	return name_of(owners, 'g', number);
}
