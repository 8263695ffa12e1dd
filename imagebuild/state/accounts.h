/* SPDX-License-Identifier: Apache-2.0 */
/*
 * accounts - who exists in the image, and how new ones get their numbers.
 *
 * Inside state/ only. Items come from lines of sysusers.d (sysusers.5), from
 * scriptlets and from the plan; the database is what /etc/passwd and /etc/group
 * of the packages say already. Numbers are given as systemd-sysusers gives
 * them: groups first, then users, in the order of their first mention, from
 * the top of the system range down.
 */
#ifndef IB_STATE_ACCOUNTS_H
#define IB_STATE_ACCOUNTS_H

#include "state/context.h"

/* One account that is wanted. */
struct ib_account {
	const char *name;
	bool is_user;      /* else a group */
	bool late;         /* the plan's: numbered after the packages' own */
	const char *group; /* users: the primary group by name, or NULL */
	bool has_uid, has_gid;
	bool strict; /* the number of the group is given and must exist */
	uint32_t uid, gid;
	const char *comment, *home, *shell; /* or NULL */
	bool makes_user, makes_group;       /* decided: it is new */
};

/* A line "m USER GROUP". */
struct ib_membership {
	const char *user;
	const char *group;
};

/* A user or group that exists: of the packages' files, or made. */
struct ib_known_account {
	const char *name;
	uint32_t id;
	bool is_made;
};

struct ib_state_accounts {
	struct ib_arena *arena;              /* owned, with all below but the arrays */
	struct ib_account **users, **groups; /* in order */
	size_t user_count, group_count;
	struct ib_map *user_by_name, *group_by_name;
	struct ib_membership *members;
	size_t member_count;
	struct ib_known_account *known_users, *known_groups;
	size_t known_user_count, known_group_count;
	/* Numbers that a lock keeps for names, whether they exist or not. */
	struct ib_known_account *remembered_users, *remembered_groups;
	size_t remembered_user_count, remembered_group_count;
	/* Which were made, in order: what is written. */
	struct ib_account **made_users, **made_groups;
	size_t made_user_count, made_group_count;
	uint32_t lowest, search; /* of the system range: not below; the last number tried */
	uint32_t late_search;    /* of the plan's range, upwards */
};

struct ib_state_accounts *ib_accounts_new(void);
/* Adds one; false when one of that kind and name stands there already (the first one counts). */
bool ib_accounts_want(struct ib_state_accounts *accounts, const struct ib_account *account);
void ib_accounts_add_member(struct ib_state_accounts *accounts, const char *user,
			    const char *group);
void ib_accounts_know(struct ib_state_accounts *accounts, bool is_user, const char *name,
		      uint32_t id, bool is_made);
const struct ib_known_account *ib_accounts_find(const struct ib_state_accounts *accounts,
						bool is_user, const char *name);
/* A line of what a lock keeps; before numbering. */
void ib_accounts_remember(struct ib_state_accounts *accounts, const char *line);
/* Users and groups that are only mentioned as members, and numbers for all. */
int ib_accounts_number(struct ib_state_accounts *accounts, struct ib_error *err) IB_MUST_CHECK;

/* Reads what the packages' /etc/passwd and /etc/group say. */
int ib_accounts_read_files(struct ib_state *state, struct ib_error *err) IB_MUST_CHECK;
/* Writes passwd, group, shadow and gshadow with what is new behind what is there. */
int ib_accounts_write_files(struct ib_state *state, struct ib_error *err) IB_MUST_CHECK;

#endif
