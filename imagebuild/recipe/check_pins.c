/* SPDX-License-Identifier: Apache-2.0 */
/* What must be true of holds, pins and fast-tracks together. */
#include <string.h>

#include "recipe/check.h"
#include "recipe/fields.h"

/* One of the three, whichever it is. */
struct entry {
	const char *what;
	const char *package;
	const char *repository; /* or NULL */
	struct ib_mark mark;
};

static struct entry *collect(const struct ib_recipe *recipe, size_t *ret_count)
{
	size_t count = recipe->hold_count + recipe->pin_count + recipe->fast_track_count;
	struct entry *entries = ib_arena_alloc(recipe->arena, (count + 1) * sizeof(*entries));
	struct entry *entry = entries;
	size_t i = 0;

	for (i = 0; i < recipe->hold_count; i++)
		*entry++ = (struct entry){ "hold", recipe->holds[i].package, NULL,
					   recipe->holds[i].mark };
	for (i = 0; i < recipe->pin_count; i++)
		*entry++ = (struct entry){ "pin", recipe->pins[i].package,
					   recipe->pins[i].repository, recipe->pins[i].mark };
	for (i = 0; i < recipe->fast_track_count; i++)
		*entry++ = (struct entry){ "fast-track", recipe->fast_tracks[i].package,
					   recipe->fast_tracks[i].repository,
					   recipe->fast_tracks[i].mark };
	*ret_count = count;
	return entries;
}

static int check_repository(const struct ib_recipe *recipe, const struct entry *entry,
			    struct ib_error *err)
{
	IB_AUTO_STRINGS(ids);
	const char *near = NULL;
	size_t i = 0;

	for (i = 0; i < recipe->repository_count; i++)
		ib_strings_add(&ids, recipe->repositories[i].id);
	if (!entry->repository || ib_strings_has(&ids, entry->repository))
		return 0;
	(void)ib_recipe_fail(entry->mark, err,
			     "the %s of package '%s' names repository '%s', which the recipe lacks",
			     entry->what, entry->package, entry->repository);
	near = ib_str_nearest(entry->repository, (const char *const *)ids.items, ids.count);
	if (near)
		ib_error_hint(err, "Did you mean '%s'?", near);
	else
		ib_error_hint(err, "Add it to 'repositories', or leave 'repository' out.");
	return -IB_INPUT;
}

static int check_alone(struct entry *entries, size_t i, struct ib_map *seen, struct ib_error *err)
{
	const struct entry *first = ib_map_get(seen, entries[i].package);

	if (!first) {
		ib_map_set(seen, entries[i].package, &entries[i]);
		return 0;
	}
	(void)ib_recipe_fail(entries[i].mark, err,
			     "package '%s' has a %s here and a %s at %s:%u:%u: only one can count",
			     entries[i].package, entries[i].what, first->what, first->mark.file,
			     first->mark.line, first->mark.column);
	ib_error_hint(err, "A hold keeps what the lock has, a pin names the version, a fast-track "
			   "names it until the repositories have caught up.");
	return -IB_INPUT;
}

int ib_recipe_check_pins(const struct ib_recipe *recipe, struct ib_error *err)
{
	IB_AUTO(ib_map) seen = ib_map_new();
	size_t count = 0;
	struct entry *entries = collect(recipe, &count);
	size_t i = 0;

	for (i = 0; i < count; i++) {
		IB_TRY(check_alone(entries, i, seen, err));
		IB_TRY(check_repository(recipe, &entries[i], err));
	}
	return 0;
}
