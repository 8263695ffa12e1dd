/* SPDX-License-Identifier: Apache-2.0 */
/* resolve - the way from a request to a resolution. */
#include <stdlib.h>
#include <string.h>

#include <solv/poolarch.h>
#include <solv/solverdebug.h>

#include "resolve/internal.h"

static int compare_ids(const void *a, const void *b)
{
	const struct ib_resolve_source *x = a;
	const struct ib_resolve_source *y = b;

	return strcmp(x->given->id, y->given->id);
}

/* Sorted by id, so that the order in the recipe does not matter. */
static int order_sources(struct ib_resolver *resolver, struct ib_error *err)
{
	const struct ib_resolve_request *request = resolver->request;
	size_t i = 0;

	resolver->source_count = request->repository_count;
	resolver->sources =
		ib_alloc_array(request->repository_count + 1, sizeof(*resolver->sources));
	for (i = 0; i < request->repository_count; i++) {
		resolver->sources[i].given = &request->repositories[i];
		resolver->sources[i].index = i;
	}
	qsort(resolver->sources, resolver->source_count, sizeof(*resolver->sources), compare_ids);
	for (i = 1; i < resolver->source_count; i++)
		if (!compare_ids(&resolver->sources[i - 1], &resolver->sources[i]))
			return ib_fail(err, IB_INPUT, "two repositories have the id '%s'",
				       resolver->sources[i].given->id);
	return 0;
}

static int load(struct ib_resolver *resolver, struct ib_error *err)
{
	const struct ib_resolve_request *request = resolver->request;
	Pool *pool = resolver->pool;

	pool_setdisttype(pool, DISTTYPE_RPM);
	if (request->multilib)
		pool_setarch(pool, request->architecture);
	else
		pool_setarchpolicy(pool, request->architecture);
	/* Excluded packages stay visible to the solver, which can then say that they are. */
	pool_set_flag(pool, POOL_FLAG_WHATPROVIDESWITHDISABLED, 1);
	/* One name for two architectures is no conflict, as in rpm. */
	pool_set_flag(pool, POOL_FLAG_OBSOLETEUSESCOLORS, 1);
	pool_set_flag(pool, POOL_FLAG_IMPLICITOBSOLETEUSESCOLORS, 1);
	IB_TRY(order_sources(resolver, err));
	IB_TRY(ib_resolve_load_primary(resolver, resolver->sources, resolver->source_count, err));
	ib_resolve_load_kept(resolver);
	pool_addfileprovides(pool);
	pool_createwhatprovides(pool);
	map_init(&resolver->considered, pool->nsolvables);
	map_setall(&resolver->considered);
	map_init(&resolver->modular, pool->nsolvables);
	map_init(&resolver->excluded, pool->nsolvables);
	map_init(&resolver->pinned, pool->nsolvables);
	IB_TRY(ib_resolve_apply_modules(resolver, err));
	ib_resolve_apply_excludes(resolver);
	IB_TRY(ib_resolve_apply_pins(resolver, err));
	pool->considered = &resolver->considered;
	return 0;
}

static bool names_rare_path(const struct ib_resolve_wishes *wishes)
{
	size_t i = 0;

	for (i = 0; i < wishes->count; i++)
		if (*wishes->items[i] == '/' && !ib_resolve_path_is_primary(wishes->items[i]))
			return true;
	return false;
}

/* Turns wishes into jobs; reads file lists first when they could change the answer. */
static int prepare(struct ib_resolver *resolver, const struct ib_resolve_wishes *wishes,
		   struct ib_resolve_run *run, struct ib_error *err)
{
	if (names_rare_path(wishes))
		IB_TRY(ib_resolve_read_filelists(resolver, err));
	IB_TRY(ib_resolve_add_wishes(resolver, wishes, &run->jobs, err));
	if (resolver->filelists_read || !ib_resolve_needs_filelists(resolver, &run->jobs))
		return 0;
	IB_TRY(ib_resolve_read_filelists(resolver, err));
	ib_resolve_jobs_done(&run->jobs);
	queue_init(&run->jobs.queue);
	return ib_resolve_add_wishes(resolver, wishes, &run->jobs, err);
}

void ib_resolve_take_chosen(Pool *pool, Solver *solver, Queue *chosen)
{
	Queue decided;
	int i = 0;

	queue_init(&decided);
	solver_get_decisionqueue(solver, &decided);
	for (i = 0; i < decided.count; i++)
		if (decided.elements[i] > 0 && decided.elements[i] != SYSTEMSOLVABLE)
			queue_push(chosen, decided.elements[i]);
	queue_free(&decided);
	qsort_r(chosen->elements, (size_t)chosen->count, sizeof(Id), ib_resolve_compare, pool);
}

Solver *ib_resolve_new_solver(const struct ib_resolver *resolver)
{
	Solver *solver = solver_create(resolver->pool);

	/* The rules by which dnf asks libsolv, so that the answers are the same. */
	solver_set_flag(solver, SOLVER_FLAG_ALLOW_VENDORCHANGE, 1);
	solver_set_flag(solver, SOLVER_FLAG_BEST_OBEY_POLICY, 1);
	solver_set_flag(solver, SOLVER_FLAG_YUM_OBSOLETES, 1);
	solver_set_flag(solver, SOLVER_FLAG_URPM_REORDER, 1);
	solver_set_flag(solver, SOLVER_FLAG_IGNORE_RECOMMENDED,
			!resolver->request->weak_dependencies);
	return solver;
}

/* set: "root file system" or "initrd", for words. */
static int solve_once(struct ib_resolver *resolver, const struct ib_resolve_jobs *jobs,
		      const char *set, Queue *chosen, struct ib_error *err)
{
	Solver *solver = ib_resolve_new_solver(resolver);
	Queue queue;
	int r = 0;

	queue_init_clone(&queue, &jobs->queue);
	if (solver_solve(solver, &queue))
		r = ib_resolve_tell_problems(resolver, solver, jobs, set, err);
	else
		ib_resolve_take_chosen(resolver->pool, solver, chosen);
	queue_free(&queue);
	solver_free(solver);
	return r;
}

/* The wishes, what shall move, and, as far as nothing speaks against it, all that shall stay. */
static int jobs_with_kept(struct ib_resolver *resolver, const struct ib_resolve_run *run,
			  struct ib_resolve_jobs *jobs, struct ib_error *err)
{
	const Queue *kept = run->jobs.kept;
	size_t i = 0;
	int k = 0;

	for (i = 0; i < run->jobs.count; i++)
		ib_resolve_jobs_add(jobs, run->jobs.queue.elements[2 * i],
				    run->jobs.queue.elements[2 * i + 1], run->jobs.wishes[i]);
	IB_TRY(ib_resolve_add_wishes(resolver, &resolver->request->move, jobs, err));
	for (k = 0; k < kept->count; k++)
		ib_resolve_jobs_add(jobs, SOLVER_INSTALL | SOLVER_SOLVABLE | SOLVER_WEAK,
				    kept->elements[k], NULL);
	return 0;
}

static int solve_with_kept(struct ib_resolver *resolver, const struct ib_resolve_run *run,
			   const char *set, Queue *chosen, struct ib_error *err)
{
	struct ib_resolve_jobs jobs = { .count = 0 };
	int r = 0;

	queue_init(&jobs.queue);
	r = jobs_with_kept(resolver, run, &jobs, err);
	if (!r)
		r = solve_once(resolver, &jobs, set, chosen, err);
	ib_resolve_jobs_done(&jobs);
	return r;
}

/* First with all that shall stay, then for the wishes alone among what came of it. */
static int solve(struct ib_resolver *resolver, struct ib_resolve_run *run, const char *set,
		 struct ib_error *err)
{
	Pool *pool = resolver->pool;
	Map *before = pool->considered;
	Queue settled;
	Map only;
	int i = 0;
	int r = 0;

	if (!run->jobs.kept->count)
		return solve_once(resolver, &run->jobs, set, &run->chosen, err);
	queue_init(&settled);
	map_init(&only, pool->nsolvables);
	r = solve_with_kept(resolver, run, set, &settled, err);
	for (i = 0; i < settled.count; i++)
		map_set(&only, settled.elements[i]);
	pool->considered = &only;
	if (!r)
		r = solve_once(resolver, &run->jobs, set, &run->chosen, err);
	pool->considered = before;
	map_free(&only);
	queue_free(&settled);
	return r;
}

/* Hides every package that has a root package's name and is not that package. */
static void hold_to_root(const struct ib_resolver *resolver, const struct ib_resolve_run *root,
			 Map *considered, struct ib_resolve_jobs *jobs)
{
	Pool *pool = resolver->pool;
	int i = 0;

	for (i = 0; i < root->chosen.count; i++) {
		Id chosen = root->chosen.elements[i];
		const Solvable *s = pool_id2solvable(pool, chosen);
		Id p = 0;
		Id pp = 0;

		FOR_PROVIDES (p, pp, s->name) {
			const Solvable *other = pool_id2solvable(pool, p);

			if (other->name == s->name &&
			    (other->evr != s->evr || other->arch == s->arch) && p != chosen)
				map_clr(considered, p);
		}
		ib_resolve_jobs_add(jobs, SOLVER_FAVOR | SOLVER_SOLVABLE, chosen, NULL);
	}
	/* A name may be there twice, for two architectures: neither hides the other. */
	for (i = 0; i < root->chosen.count; i++)
		map_set(considered, root->chosen.elements[i]);
}

static int solve_initrd(struct ib_resolver *resolver, const struct ib_resolve_run *root,
			struct ib_resolve_run *initrd, struct ib_error *err)
{
	Map held;
	int r = 0;

	map_init_clone(&held, &resolver->considered);
	hold_to_root(resolver, root, &held, &initrd->jobs);
	resolver->pool->considered = &held;
	resolver->held = &held;
	r = solve(resolver, initrd, "initrd", err);
	resolver->held = NULL;
	resolver->pool->considered = &resolver->considered;
	map_free(&held);
	return r;
}

static int prepare_both(struct ib_resolver *resolver, struct ib_resolve_run *root,
			struct ib_resolve_run *initrd, struct ib_error *err)
{
	const struct ib_resolve_request *request = resolver->request;
	bool lists = false;

	IB_TRY(prepare(resolver, &request->root, root, err));
	lists = resolver->filelists_read;
	IB_TRY(prepare(resolver, &request->initrd, initrd, err));
	if (lists || !resolver->filelists_read)
		return 0;
	/* The initrd needed the lists: ask for the root again, one answer for one question. */
	ib_resolve_jobs_done(&root->jobs);
	queue_init(&root->jobs.queue);
	return prepare(resolver, &request->root, root, err);
}

int ib_resolve_solve(struct ib_resolver *resolver, struct ib_resolve_run *root,
		     struct ib_resolve_run *initrd, struct ib_error *err)
{
	IB_TRY(load(resolver, err));
	IB_TRY(prepare_both(resolver, root, initrd, err));
	IB_TRY(solve(resolver, root, "root file system", err));
	return resolver->request->initrd.count ? solve_initrd(resolver, root, initrd, err) : 0;
}

void ib_resolve_begin(struct ib_resolver *resolver, struct ib_resolve_run *root,
		      struct ib_resolve_run *initrd)
{
	resolver->pool = pool_create();
	queue_init(&resolver->kept_root);
	queue_init(&resolver->kept_initrd);
	queue_init(&resolver->ended);
	queue_init(&root->chosen);
	queue_init(&root->jobs.queue);
	root->jobs.kept = &resolver->kept_root;
	queue_init(&initrd->chosen);
	queue_init(&initrd->jobs.queue);
	initrd->jobs.kept = &resolver->kept_initrd;
}

/* Packages as the repositories have them, before anything is hidden. */
int ib_resolve_load_plain(struct ib_resolver *resolver, struct ib_error *err)
{
	pool_setdisttype(resolver->pool, DISTTYPE_RPM);
	IB_TRY(order_sources(resolver, err));
	return ib_resolve_load_primary(resolver, resolver->sources, resolver->source_count, err);
}

void ib_resolve_end(struct ib_resolver *resolver, struct ib_resolve_run *root,
		    struct ib_resolve_run *initrd)
{
	ib_resolve_run_done(root);
	ib_resolve_run_done(initrd);
	queue_free(&resolver->kept_root);
	queue_free(&resolver->kept_initrd);
	queue_free(&resolver->ended);
	ib_resolve_modules_free(resolver->modules);
	resolver->pool->considered = NULL;
	map_free(&resolver->considered);
	map_free(&resolver->modular);
	map_free(&resolver->excluded);
	map_free(&resolver->pinned);
	pool_free(resolver->pool);
	ib_free(resolver->sources);
}

int ib_resolve(const struct ib_resolve_request *request, struct ib_strings *problems,
	       struct ib_resolution **ret_resolution, struct ib_error *err)
{
	struct ib_resolver resolver = { .request = request, .problems = problems };
	struct ib_resolve_run root = { .jobs.count = 0 };
	struct ib_resolve_run initrd = { .jobs.count = 0 };
	int r = 0;

	ib_resolve_begin(&resolver, &root, &initrd);
	r = ib_resolve_solve(&resolver, &root, &initrd, err);
	if (!r)
		r = ib_resolve_collect(&resolver, &root, &initrd, ret_resolution, err);
	ib_resolve_end(&resolver, &root, &initrd);
	return r;
}
