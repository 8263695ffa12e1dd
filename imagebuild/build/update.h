/* SPDX-License-Identifier: Apache-2.0 */
/*
 * update - what of a lock moves when it is made again, and what stays (inside build/).
 *
 * Whatever resolves asks for a plan first: the recipe's pins and fast-tracks
 * always count, its holds wherever there is a lock that says at what version.
 * Beyond that it depends on the request: `lock` and a plain `update` let all
 * the rest move, `update PACKAGE…` and `update --security` keep what they do not
 * name, with the header from the store standing in for what no repository has
 * any more.
 */
#ifndef IB_BUILD_UPDATE_H
#define IB_BUILD_UPDATE_H

#include "build/metadata.h"
#include "build/work.h"
#include "resolve/resolve.h"

struct ib_update_plan {
	struct ib_keeping keeping; /* for the resolver: of the three lists below */
	struct ib_resolve_kept *keep;
	const struct ib_lock_package **kept_lines; /* of the lock; by the order of keep */
	size_t keep_count;
	const char **move; /* names */
	size_t move_count;
	struct ib_resolve_pin
		*pins; /* the recipe's, then its fast-tracks, then what holds become */
	size_t pin_count;
	size_t first_fast_track; /* number of its pin */
};

/* All of it lies in the work's arena. previous may be NULL; request NULL: all may move. */
int ib_work_plan_update(struct ib_work *work, const struct ib_lock *previous,
			const struct ib_lock_request *request, const struct ib_metadata *metadata,
			struct ib_update_plan *ret_plan, struct ib_error *err) IB_MUST_CHECK;

/*
 * After resolving: says which fast-tracks are at their end and what had to move
 * because neither a repository nor the store has it; IB_INPUT when a package
 * would go back and the request refuses that.
 */
int ib_work_check_update(struct ib_work *work, const struct ib_lock *previous,
			 const struct ib_lock_request *request, const struct ib_update_plan *plan,
			 const struct ib_resolution *resolution, struct ib_error *err)
	IB_MUST_CHECK;

/* IB_INPUT when a name of the request is in no part of the lock and no wish of the recipe. */
int ib_update_check_names(const struct ib_lock_request *request, const struct ib_recipe *recipe,
			  struct ib_error *err) IB_MUST_CHECK;

#endif
