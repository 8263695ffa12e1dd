/* SPDX-License-Identifier: Apache-2.0 */
/*
 * hidden - packages that do not count, and why.
 *
 * A recipe excludes packages and pins versions; modules hide what belongs to
 * streams that do not count. The solver sees the packages all the same, so that
 * it can say which of them would have helped; here that becomes a sentence.
 */
#include <string.h>

#include <solv/selection.h>

#include "resolve/internal.h"

bool ib_resolve_select_hidden(Pool *pool, const char *words, int flags, Queue *packages)
{
	Queue found;

	queue_init(&found);
	queue_empty(packages);
	selection_make(pool, &found, words, IB_RESOLVE_BY_NAME | SELECTION_WITH_DISABLED | flags);
	if (found.count)
		selection_solvables(pool, &found, packages);
	queue_free(&found);
	return packages->count > 0;
}

void ib_resolve_apply_excludes(struct ib_resolver *resolver)
{
	const struct ib_resolve_wishes *exclude = &resolver->request->exclude;
	Queue packages;
	size_t i = 0;
	int j = 0;

	queue_init(&packages);
	for (i = 0; i < exclude->count; i++) {
		if (!ib_resolve_select_hidden(resolver->pool, exclude->items[i], SELECTION_GLOB,
					      &packages))
			ib_warn(resolver->request->log, "exclude '%s' concerns no package",
				exclude->items[i]);
		for (j = 0; j < packages.count; j++) {
			map_clr(&resolver->considered, packages.elements[j]);
			map_set(&resolver->excluded, packages.elements[j]);
		}
	}
	queue_free(&packages);
}

/* The exclude of the recipe that hides the package; NULL: none. */
static const char *exclude_of(const struct ib_resolver *resolver, Id package)
{
	const struct ib_resolve_wishes *exclude = &resolver->request->exclude;
	const char *words = NULL;
	Queue packages;
	size_t i = 0;

	queue_init(&packages);
	for (i = 0; i < exclude->count && !words; i++)
		if (ib_resolve_select_hidden(resolver->pool, exclude->items[i], SELECTION_GLOB,
					     &packages) &&
		    ib_resolve_is_in(&packages, package))
			words = exclude->items[i];
	queue_free(&packages);
	return words;
}

static void tell_excluded(const struct ib_resolver *resolver, Id package, const char *who,
			  struct ib_resolve_words *words)
{
	const char *exclude = exclude_of(resolver, package);

	words->why = IB_ABSENT_EXCLUDED;
	words->text = ib_strf("%s is excluded by '%s' of the recipe", who, exclude ? exclude : "?");
	words->hint = ib_strf("Take the exclude '%s' out of the recipe, or what needs '%s'.",
			      exclude ? exclude : "?",
			      pool_id2str(resolver->pool, resolver->pool->solvables[package].name));
}

static void tell_pinned(const struct ib_resolver *resolver, Id package, const char *who,
			struct ib_resolve_words *words)
{
	const struct ib_resolve_pin *pin = ib_resolve_pin_of(resolver, package);

	words->why = IB_ABSENT_PINNED;
	if (!pin) {
		words->text = ib_strf("%s lies in a repository from which only what a pin names "
				      "is taken",
				      who);
		words->hint = ib_strdup("Pin or fast-track the package from there, or take "
					"'not-automatic' out of the repository.");
		return;
	}
	words->text = ib_strf("%s is not what the pin '%s' lets through%s%s%s", who, pin->what,
			      pin->reason ? " (" : "", pin->reason ? pin->reason : "",
			      pin->reason ? ")" : "");
	words->hint = ib_strf("Loosen the pin '%s', or do without what needs another version.",
			      pin->what);
}

/* Whether a machine of that architecture runs what is built for the other one too. */
static bool is_multilib(const char *architecture, const char *other)
{
	static const char *const x86[] = { "i386", "i486", "i586", "i686", "athlon" };
	size_t i = 0;

	for (i = 0; ib_str_equal(architecture, "x86_64") && i < IB_COUNT(x86); i++)
		if (ib_str_equal(other, x86[i]))
			return true;
	return false;
}

static void tell_architecture(const struct ib_resolver *resolver, Id package, const char *who,
			      struct ib_resolve_words *words)
{
	Pool *pool = resolver->pool;
	const char *arch = pool_id2str(pool, pool->solvables[package].arch);
	bool multilib = is_multilib(resolver->request->architecture, arch);

	words->why = IB_ABSENT_ARCHITECTURE;
	words->text = ib_strf("%s is built for %s, not for %s", who, arch,
			      resolver->request->architecture);
	if (multilib && !resolver->request->multilib)
		words->hint = ib_strf("Say 'multilib: true' in the recipe to let packages for %s "
				      "in, or ask for one for %s.",
				      arch, resolver->request->architecture);
	else
		words->hint = ib_strf("Ask for a package that is built for %s.",
				      resolver->request->architecture);
}

void ib_resolve_words_done(struct ib_resolve_words *words)
{
	ib_free(words->text);
	ib_free(words->hint);
	*words = (struct ib_resolve_words){ .text = NULL };
}

bool ib_resolve_tell_hidden(const struct ib_resolver *resolver, Id package,
			    struct ib_resolve_words *words)
{
	Pool *pool = resolver->pool;
	ib_autofree char *who = ib_resolve_describe(pool, package);

	if (MAPTST(&resolver->modular, package)) {
		ib_resolve_tell_modular(resolver, package, who, words);
	} else if (MAPTST(&resolver->excluded, package)) {
		tell_excluded(resolver, package, who, words);
	} else if (MAPTST(&resolver->pinned, package)) {
		tell_pinned(resolver, package, who, words);
	} else if (resolver->held && !MAPTST(resolver->held, package)) {
		words->why = IB_ABSENT_ROOT_VERSION;
		words->text = ib_strf("%s is not the version that the root file system has", who);
		words->hint = ib_strdup("The initrd takes its packages in the root's versions: "
					"loosen the wishes of one of them.");
	} else if (pool_badarch_solvable(pool, pool_id2solvable(pool, package))) {
		tell_architecture(resolver, package, who, words);
	} else {
		return false;
	}
	return true;
}
