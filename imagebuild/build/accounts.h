/* SPDX-License-Identifier: Apache-2.0 */
/*
 * accounts - the numbers of users and groups that the lock keeps.
 *
 * What names them is known before any image is built: sysusers.d and passwd
 * files (from the packages' facts), scriptlets, overlays, the recipe. lock
 * assigns the numbers, those of the previous lock first, so that a package that
 * comes or goes moves nobody else's; a build gives the same ones and compares.
 */
#ifndef IB_BUILD_ACCOUNTS_H
#define IB_BUILD_ACCOUNTS_H

#include "build/work.h"
#include "state/state.h"

/* packages: by the number of the lock's lines. Fills the list with lines of accounts, sorted. */
int ib_work_assign_accounts(struct ib_work *work, struct ib_lock *lock,
			    const struct ib_package *const *packages,
			    const struct ib_lock *previous, struct ib_strings *ret_accounts,
			    struct ib_error *err) IB_MUST_CHECK;
/* As the generators want them; borrowed from the lock. */
struct ib_state_names ib_work_locked_accounts(const struct ib_lock *lock);

#endif
