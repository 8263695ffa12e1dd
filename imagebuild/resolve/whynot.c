/* SPDX-License-Identifier: Apache-2.0 */
/*
 * whynot - why a package is not in a set.
 *
 * What hides it comes first (hidden.c); then what the set has in its stead;
 * then whether it could be there at all, which the solver is asked with one
 * more wish; and if it could, that nobody wants it.
 */
#include <stdlib.h>
#include <string.h>

#include <solv/evr.h>

#include "resolve/internal.h"

#define MAX_ANSWERS 10

struct asker {
	struct ib_resolver *resolver;
	const struct ib_resolve_run *run; /* of the set that is asked about */
	const struct ib_resolve_run *root;
	bool initrd;
	const char *set; /* in words */
	struct ib_why_nots *answer;
	struct ib_why_not *items;
};

static void say(struct asker *asker, Id package, struct ib_resolve_words *words)
{
	struct ib_arena *arena = asker->answer->arena;
	const char *nevra = package ? ib_resolve_nevra(asker->resolver->pool, package) : NULL;

	asker->items[asker->answer->count++] = (struct ib_why_not){
		words->why,
		ib_arena_strdup(arena, nevra),
		ib_arena_strdup(arena, words->text),
		ib_arena_strdup(arena, words->hint ? words->hint : ""),
	};
	ib_resolve_words_done(words);
}

/* A package of the set that obsoletes this one; 0: none. */
static Id obsoleter_of(const struct asker *asker, Id package)
{
	Pool *pool = asker->resolver->pool;
	Id found = 0;
	Queue list;
	int i = 0;
	int k = 0;

	queue_init(&list);
	for (i = 0; i < asker->run->chosen.count && !found; i++) {
		Id other = asker->run->chosen.elements[i];

		solvable_lookup_deparray(pool_id2solvable(pool, other), SOLVABLE_OBSOLETES, &list,
					 -1);
		for (k = 0; k < list.count && !found; k++)
			if (pool_match_nevr(pool, pool_id2solvable(pool, package),
					    list.elements[k]))
				found = other;
	}
	queue_free(&list);
	return found;
}

/* The package in chosen that this one could not stand beside: of its name and word size. */
static Id namesake_of(const struct asker *asker, const Queue *chosen, Id package)
{
	Pool *pool = asker->resolver->pool;
	Solvable *s = pool_id2solvable(pool, package);
	Id found = 0;
	int i = 0;

	for (i = 0; i < chosen->count && !found; i++) {
		Solvable *other = pool_id2solvable(pool, chosen->elements[i]);

		if (other->name == s->name && pool_colormatch(pool, s, other))
			found = chosen->elements[i];
	}
	return found;
}

static void tell_namesake(const struct asker *asker, Id package, Id other,
			  struct ib_resolve_words *words)
{
	Pool *pool = asker->resolver->pool;
	const Solvable *s = pool_id2solvable(pool, package);
	const Solvable *t = pool_id2solvable(pool, other);
	ib_autofree char *who = ib_resolve_describe(pool, package);
	ib_autofree char *whom = ib_resolve_describe(pool, other);
	int order = pool_evrcmp(pool, s->evr, t->evr, EVRCMP_COMPARE);

	if (s->repo->priority < t->repo->priority) {
		words->why = IB_ABSENT_PRIORITY;
		words->text = ib_strf("%s stands back behind %s, whose repository has a smaller "
				      "priority number",
				      who, whom);
		words->hint = ib_strf("Give repository '%s' a priority that is not larger, or "
				      "exclude the other package.",
				      s->repo->name);
		return;
	}
	words->why = IB_ABSENT_VERSION;
	words->text =
		ib_strf("%s is not there because the %s has %s, which is %s", who, asker->set, whom,
			order < 0   ? "newer"
			: order > 0 ? "wanted older"
				    : "of the same version");
	words->hint = ib_strf("Ask for it as '%s'.", ib_resolve_nevra(pool, package));
}

/* A package of the set that recommends this one; 0: none. */
static Id recommender_of(const struct asker *asker, Id package)
{
	Pool *pool = asker->resolver->pool;
	Id found = 0;
	Queue list;
	int i = 0;
	int k = 0;

	queue_init(&list);
	for (i = 0; i < asker->run->chosen.count && !found; i++) {
		Id other = asker->run->chosen.elements[i];

		solvable_lookup_deparray(pool_id2solvable(pool, other), SOLVABLE_RECOMMENDS, &list,
					 -1);
		for (k = 0; k < list.count && !found; k++)
			if (solvable_matchesdep(pool_id2solvable(pool, package), SOLVABLE_PROVIDES,
						list.elements[k], -1))
				found = other;
	}
	queue_free(&list);
	return found;
}

static void tell_possible(const struct asker *asker, Id package, int more,
			  struct ib_resolve_words *words)
{
	Pool *pool = asker->resolver->pool;
	const char *name = pool_id2str(pool, pool->solvables[package].name);
	ib_autofree char *who = ib_resolve_describe(pool, package);
	Id other = recommender_of(asker, package);

	if (other) {
		words->why = IB_ABSENT_WEAK;
		words->text = ib_strf("%s is only recommended, by package '%s'", who,
				      ib_resolve_nevra(pool, other));
		words->hint = ib_strf("Wish for '%s', or say 'weak-dependencies: true'.", name);
		return;
	}
	words->why = IB_ABSENT_UNWANTED;
	words->text = ib_strf("%s is not wanted: no wish for the %s names it, and nothing there "
			      "requires it",
			      who, asker->set);
	words->hint = ib_strf("Wish for '%s': that would bring %d package%s.", name, more,
			      more == 1 ? "" : "s");
}

/* Asks the solver with one wish more. */
static void try_it(struct asker *asker, Id package, struct ib_resolve_words *words)
{
	struct ib_resolver *resolver = asker->resolver;
	struct ib_resolve_jobs jobs = { .count = 0 };
	Solver *solver = ib_resolve_new_solver(resolver);
	Pool *pool = resolver->pool;
	Queue chosen;
	size_t i = 0;

	queue_init(&jobs.queue);
	queue_init(&chosen);
	for (i = 0; i < asker->run->jobs.count; i++)
		ib_resolve_jobs_add(&jobs, asker->run->jobs.queue.elements[2 * i],
				    asker->run->jobs.queue.elements[2 * i + 1],
				    asker->run->jobs.wishes[i]);
	ib_resolve_jobs_add(&jobs, SOLVER_INSTALL | SOLVER_SOLVABLE, package,
			    pool_id2str(pool, pool->solvables[package].name));
	if (solver_solve(solver, &jobs.queue)) {
		ib_autofree char *why = NULL;

		words->why = IB_ABSENT_CONFLICT;
		why = ib_resolve_first_problem(resolver, solver, &jobs, &words->hint);
		words->text = ib_strf("package '%s' cannot be there together with what is wished "
				      "for the %s: %s",
				      ib_resolve_nevra(pool, package), asker->set, why);
	} else {
		ib_resolve_take_chosen(pool, solver, &chosen);
		tell_possible(asker, package, chosen.count - asker->run->chosen.count, words);
	}
	queue_free(&chosen);
	ib_resolve_jobs_done(&jobs);
	solver_free(solver);
}

static void tell(struct asker *asker, Id package)
{
	Pool *pool = asker->resolver->pool;
	struct ib_resolve_words words = { .text = NULL };
	Id other = namesake_of(asker, &asker->run->chosen, package);
	Id of_root = asker->initrd ? namesake_of(asker, &asker->root->chosen, package) : 0;
	ib_autofree char *who = ib_resolve_describe(pool, package);
	Id obsoleter = 0;

	if (ib_resolve_is_in(&asker->run->chosen, package)) {
		words.why = IB_ABSENT_NOT;
		words.text = ib_strf("%s is in the %s", who, asker->set);
	} else if (ib_resolve_tell_hidden(asker->resolver, package, &words)) {
		/* told */
	} else if ((obsoleter = obsoleter_of(asker, package))) {
		words.why = IB_ABSENT_OBSOLETED;
		words.text = ib_strf("%s is obsoleted by package '%s', which the %s has", who,
				     ib_resolve_nevra(pool, obsoleter), asker->set);
		words.hint =
			ib_strf("Do without '%s' to have it.", ib_resolve_nevra(pool, obsoleter));
	} else if (other) {
		tell_namesake(asker, package, other, &words);
	} else if (of_root && of_root != package) {
		words.why = IB_ABSENT_ROOT_VERSION;
		words.text = ib_strf("%s is not the version that the root file system has, '%s'",
				     who, ib_resolve_nevra(pool, of_root));
	} else {
		try_it(asker, package, &words);
	}
	say(asker, package, &words);
}

/* Of each name and architecture the newest that is there, or else the newest of all. */
static bool is_superseded(const struct asker *asker, const Queue *packages, int at)
{
	Pool *pool = asker->resolver->pool;
	const Solvable *s = pool_id2solvable(pool, packages->elements[at]);
	bool here = ib_resolve_is_in(&asker->run->chosen, packages->elements[at]);
	int i = 0;

	for (i = 0; i < packages->count; i++) {
		const Solvable *other = pool_id2solvable(pool, packages->elements[i]);
		bool there = ib_resolve_is_in(&asker->run->chosen, packages->elements[i]);

		if (i != at && other->name == s->name && other->arch == s->arch &&
		    (there > here || (there == here && i > at)))
			return true;
	}
	return false;
}

static void tell_all(struct asker *asker, const char *words)
{
	Pool *pool = asker->resolver->pool;
	Queue packages;
	int i = 0;

	queue_init(&packages);
	ib_resolve_select_all(pool, words, &packages);
	if (packages.count)
		qsort_r(packages.elements, (size_t)packages.count, sizeof(Id), ib_resolve_compare,
			pool);
	asker->items = ib_arena_alloc(asker->answer->arena, MAX_ANSWERS * sizeof(*asker->items));
	for (i = 0; i < packages.count && asker->answer->count < MAX_ANSWERS; i++)
		if (!is_superseded(asker, &packages, i))
			tell(asker, packages.elements[i]);
	if (!packages.count) {
		const char *near = ib_resolve_nearest(pool, words);
		struct ib_resolve_words unknown = {
			IB_ABSENT_UNKNOWN,
			ib_strf("no package in any repository is, holds or provides '%s'", words),
			near ? ib_strf("Did you mean '%s'?", near)
			     : ib_strdup("Add the repository that has it."),
		};

		say(asker, 0, &unknown);
	}
	queue_free(&packages);
	asker->answer->items = asker->items;
}

static int ask(struct asker *asker, struct ib_resolve_run *root, struct ib_resolve_run *initrd,
	       const char *words, struct ib_error *err)
{
	IB_TRY(ib_resolve_solve(asker->resolver, root, initrd, err));
	if (*words == '/' && !ib_resolve_path_is_primary(words))
		IB_TRY(ib_resolve_read_filelists(asker->resolver, err));
	tell_all(asker, words);
	return 0;
}

int ib_resolve_why_not(const struct ib_resolve_request *request, const char *words, bool initrd,
		       struct ib_why_nots **ret_answer, struct ib_error *err)
{
	struct ib_resolver resolver = { .request = request };
	struct ib_resolve_run root = { .jobs.count = 0 };
	struct ib_resolve_run other = { .jobs.count = 0 };
	IB_AUTO(ib_why_nots) answer = ib_alloc(sizeof(*answer));
	struct asker asker = { .resolver = &resolver,
			       .run = initrd ? &other : &root,
			       .root = &root,
			       .initrd = initrd,
			       .set = initrd ? "initrd" : "root file system",
			       .answer = answer };
	int r = 0;

	answer->arena = ib_arena_new();
	ib_resolve_begin(&resolver, &root, &other);
	r = ask(&asker, &root, &other, words, err);
	ib_resolve_end(&resolver, &root, &other);
	if (!r)
		*ret_answer = ib_take(answer);
	return r;
}

void ib_why_nots_free(struct ib_why_nots *answer)
{
	if (!answer)
		return;
	ib_arena_free(answer->arena);
	ib_free(answer);
}

const char *ib_absent_name(enum ib_absent why)
{
	static const char *const names[] = {
		[IB_ABSENT_UNKNOWN] = "unknown",
		[IB_ABSENT_EXCLUDED] = "excluded",
		[IB_ABSENT_MODULE] = "module",
		[IB_ABSENT_PINNED] = "pinned",
		[IB_ABSENT_ROOT_VERSION] = "root-version",
		[IB_ABSENT_ARCHITECTURE] = "architecture",
		[IB_ABSENT_OBSOLETED] = "obsoleted",
		[IB_ABSENT_PRIORITY] = "priority",
		[IB_ABSENT_VERSION] = "version",
		[IB_ABSENT_CONFLICT] = "conflict",
		[IB_ABSENT_WEAK] = "weak",
		[IB_ABSENT_UNWANTED] = "unwanted",
		[IB_ABSENT_NOT] = "present",
	};

	return names[why];
}
