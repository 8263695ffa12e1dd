/* SPDX-License-Identifier: Apache-2.0 */
/* problems - why the solver gave up, in sentences that name packages, repositories and wishes. */
#include <string.h>

#include "resolve/internal.h"

struct fact {
	SolverRuleinfo type;
	Id rule;
	Id from;
	Id to;
	Id dependency;
};

struct teller {
	struct ib_resolver *resolver;
	Solver *solver;
	const struct ib_resolve_jobs *jobs;
	struct ib_strings sentences; /* of the problem being told */
	char *hint;                  /* of the first problem; owned */
};

static const char *wish_of(const struct teller *teller, Id rule)
{
	int job = solver_rule2jobidx(teller->solver, rule);

	return job > 0 ? teller->jobs->wishes[(job - 1) / 2] : NULL;
}

/* A rule about the best packages names them, not the wish: the first wish that could mean one. */
static const char *wish_of_best(const struct teller *teller, Id rule)
{
	Pool *pool = teller->resolver->pool;
	const char *wish = NULL;
	Queue best;
	size_t i = 0;

	queue_init(&best);
	solver_ruleliterals(teller->solver, rule, &best);
	for (i = 0; i < teller->jobs->count && !wish; i++) {
		Id select = teller->jobs->queue.elements[2 * i] & SOLVER_SELECTMASK;
		Id what = teller->jobs->queue.elements[2 * i + 1];
		Id p = 0;
		Id pp = 0;

		FOR_JOB_SELECT(p, pp, select, what)
		if (ib_resolve_is_in(&best, p))
			wish = teller->jobs->wishes[i];
	}
	queue_free(&best);
	return wish;
}

static void set_hint(struct teller *teller, char *hint)
{
	if (teller->hint)
		ib_free(hint);
	else
		teller->hint = hint;
}

static void tell_nothing_provides(struct teller *teller, const struct fact *fact)
{
	Pool *pool = teller->resolver->pool;
	ib_autofree char *who = ib_resolve_describe(pool, fact->from);
	const char *what = pool_dep2str(pool, fact->dependency);

	ib_strings_addf(&teller->sentences, "nothing provides '%s', which %s requires", what, who);
	set_hint(teller, ib_strf("Add a repository that provides '%s', or do without what needs "
				 "package '%s'.",
				 what, ib_resolve_nevra(pool, fact->from)));
}

static void tell_conflict(struct teller *teller, const struct fact *fact)
{
	Pool *pool = teller->resolver->pool;
	ib_autofree char *who = ib_resolve_describe(pool, fact->from);
	ib_autofree char *whom = ib_resolve_describe(pool, fact->to);

	if (fact->type == SOLVER_RULE_PKG_SAME_NAME)
		ib_strings_addf(&teller->sentences, "%s and %s cannot both be installed", who,
				whom);
	else
		ib_strings_addf(&teller->sentences, "%s %s '%s', which is %s", who,
				fact->type == SOLVER_RULE_PKG_CONFLICTS ? "conflicts with"
									: "obsoletes",
				pool_dep2str(pool, fact->dependency), whom);
	set_hint(teller,
		 ib_strf("Only one of '%s' and '%s' can be in one set: change the wishes, "
			 "or exclude one of them.",
			 ib_resolve_nevra(pool, fact->from), ib_resolve_nevra(pool, fact->to)));
}

static void tell_not_installable(struct teller *teller, const struct fact *fact)
{
	struct ib_resolve_words words = { .text = NULL };

	if (ib_resolve_tell_hidden(teller->resolver, fact->from, &words)) {
		ib_strings_add(&teller->sentences, words.text);
		set_hint(teller, ib_strdup(words.hint));
	}
	ib_resolve_words_done(&words);
}

static void tell_job(struct teller *teller, const struct fact *fact)
{
	const char *wish = wish_of(teller, fact->rule);

	if (wish)
		ib_strings_addf(&teller->sentences, "it was wished: '%s'", wish);
}

static void tell_best(struct teller *teller, const struct fact *fact)
{
	const char *wish = wish_of_best(teller, fact->rule);

	if (!wish)
		return;
	ib_strings_addf(&teller->sentences, "the best package for the wish '%s' cannot be taken",
			wish);
	set_hint(teller, ib_strf("If an older one will do, ask for it: '%s < VERSION'.", wish));
}

static void tell_requires(struct teller *teller, const struct fact *fact)
{
	Pool *pool = teller->resolver->pool;
	ib_autofree char *who = ib_resolve_describe(pool, fact->from);

	ib_strings_addf(&teller->sentences,
			"%s requires '%s', which no package in question provides", who,
			pool_dep2str(pool, fact->dependency));
}

static void tell_other(struct teller *teller, const struct fact *fact)
{
	ib_strings_add(&teller->sentences,
		       solver_problemruleinfo2str(teller->solver, fact->type, fact->from, fact->to,
						  fact->dependency));
}

static const struct {
	SolverRuleinfo type;
	void (*tell)(struct teller *teller, const struct fact *fact);
} tellers[] = {
	/* In this order: what is at the root of it comes first. */
	{ SOLVER_RULE_PKG_NOTHING_PROVIDES_DEP, tell_nothing_provides },
	{ SOLVER_RULE_PKG_CONFLICTS, tell_conflict },
	{ SOLVER_RULE_PKG_OBSOLETES, tell_conflict },
	{ SOLVER_RULE_PKG_IMPLICIT_OBSOLETES, tell_conflict },
	{ SOLVER_RULE_PKG_SAME_NAME, tell_conflict },
	{ SOLVER_RULE_PKG_NOT_INSTALLABLE, tell_not_installable },
	{ SOLVER_RULE_PKG_SELF_CONFLICT, tell_other },
	{ SOLVER_RULE_INFARCH, tell_other },
	{ SOLVER_RULE_YUMOBS, tell_conflict },
	{ SOLVER_RULE_JOB_NOTHING_PROVIDES_DEP, tell_other },
	{ SOLVER_RULE_JOB_UNKNOWN_PACKAGE, tell_other },
	{ SOLVER_RULE_PKG_REQUIRES, tell_requires },
	{ SOLVER_RULE_BEST, tell_best },
	{ SOLVER_RULE_JOB, tell_job },
};

/* All rules of one problem, each told once, the root causes first. */
static void tell_problem(struct teller *teller, Id problem)
{
	Queue rules;
	size_t t = 0;
	int i = 0;

	queue_init(&rules);
	solver_findallproblemrules(teller->solver, problem, &rules);
	for (t = 0; t < IB_COUNT(tellers); t++)
		for (i = 0; i < rules.count; i++) {
			struct fact fact = { .rule = rules.elements[i] };

			fact.type = solver_ruleinfo(teller->solver, fact.rule, &fact.from, &fact.to,
						    &fact.dependency);
			if (fact.type == tellers[t].type)
				tellers[t].tell(teller, &fact);
		}
	queue_free(&rules);
}

static void drop_repeated(struct ib_strings *list)
{
	IB_AUTO_STRINGS(kept);
	struct ib_strings swap;
	size_t i = 0;

	for (i = 0; i < list->count; i++)
		if (!ib_strings_has(&kept, list->items[i]))
			ib_strings_add(&kept, list->items[i]);
	swap = *list;
	*list = kept;
	kept = swap;
}

char *ib_resolve_first_problem(struct ib_resolver *resolver, Solver *solver,
			       const struct ib_resolve_jobs *jobs, char **ret_hint)
{
	struct teller teller = { .resolver = resolver, .solver = solver, .jobs = jobs };
	char *text = NULL;

	tell_problem(&teller, solver_next_problem(solver, 0));
	drop_repeated(&teller.sentences);
	text = ib_strings_join(&teller.sentences, "; ");
	ib_strings_done(&teller.sentences);
	*ret_hint = teller.hint;
	return text;
}

int ib_resolve_tell_problems(struct ib_resolver *resolver, Solver *solver,
			     const struct ib_resolve_jobs *jobs, const char *set,
			     struct ib_error *err)
{
	struct teller teller = { .resolver = resolver, .solver = solver, .jobs = jobs };
	ib_autofree char *first = NULL;
	unsigned count = solver_problem_count(solver);
	Id problem = 0;

	while ((problem = solver_next_problem(solver, problem))) {
		ib_autofree char *text = NULL;

		tell_problem(&teller, problem);
		drop_repeated(&teller.sentences);
		text = ib_strings_join(&teller.sentences, "; ");
		ib_strings_done(&teller.sentences);
		teller.sentences = (struct ib_strings){ NULL, 0 };
		if (resolver->problems)
			ib_strings_add(resolver->problems, text);
		if (!first)
			first = ib_take(text);
	}
	ib_fail(err, IB_INPUT, "the wishes for the %s cannot be fulfilled together%s: %s", set,
		count > 1 ? " (the first of several problems)" : "",
		first ? first : "the solver does not say why");
	if (teller.hint)
		ib_error_hint(err, "%s", teller.hint);
	ib_free(teller.hint);
	return -IB_INPUT;
}
