/* SPDX-License-Identifier: Apache-2.0 */
/*
 * scriptlets - those of which the recipe says `run`: run once, at lock time,
 * and replayed by every build.
 *
 * They run over the root as a build would make it (packages, overlays, native
 * state), in the order of the packages, each on top of what those before it
 * did. What one did is stored under its SHA-256, which the lock names; a build
 * takes it from the store and starts no process.
 */
#ifndef IB_BUILD_SCRIPTLETS_H
#define IB_BUILD_SCRIPTLETS_H

#include "build/work.h"

/*
 * Runs every scriptlet of these lines whose decision is "run", and gives each
 * line a new list of scriptlets that has what came of it. IB_INPUT: see
 * build/sandbox.h and build/effects.h. Nothing to run is success at once.
 */
int ib_work_run_scriptlets(struct ib_work *work, struct ib_lock *lock,
			   struct ib_lock_package *lines, struct ib_error *err) IB_MUST_CHECK;
/* Replays them into the root's tree, after its state was applied. */
int ib_work_replay_scriptlets(struct ib_work *work, struct ib_tree *tree, struct ib_error *err)
	IB_MUST_CHECK;

#endif
