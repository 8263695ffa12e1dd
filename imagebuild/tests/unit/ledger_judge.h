/* SPDX-License-Identifier: Apache-2.0 */
/* ledger_judge - what the ledger says of a text, as a scriptlet of a package that has nothing else. */
#ifndef IB_TESTS_LEDGER_JUDGE_H
#define IB_TESTS_LEDGER_JUDGE_H

#include "state/ledger.h"
#include "test.h"

static struct ib_arena *arena;

static void set_up(void)
{
	arena = ib_arena_new();
}

static void tear_down(void)
{
	ib_arena_free(arena);
}

static struct ib_verdict judge(enum ib_scriptlet_kind kind, const char *interpreter,
			       const char *text)
{
	const struct ib_package package = {
		.name = "sample", .nevra = "sample-1-1.noarch", .version = "1", .release = "1"
	};
	const struct ib_scriptlet scriptlet = { .kind = kind,
						.interpreter = interpreter,
						.text = text };
	struct ib_verdict verdict = { 0 };

	ib_ledger_judge(&package, &scriptlet, arena, &verdict);
	return verdict;
}

#endif
