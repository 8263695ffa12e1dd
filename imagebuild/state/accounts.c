/* SPDX-License-Identifier: Apache-2.0 */
#include "state/accounts.h"

#include <stdlib.h>
#include <string.h>

#define SYSTEM_LOWEST  1
#define SYSTEM_HIGHEST 999
#define PLAN_LOWEST    1000
#define PLAN_HIGHEST   59999

struct ib_state_accounts *ib_accounts_new(void)
{
	struct ib_state_accounts *accounts = ib_alloc(sizeof(*accounts));

	accounts->arena = ib_arena_new();
	accounts->user_by_name = ib_map_new();
	accounts->group_by_name = ib_map_new();
	accounts->lowest = SYSTEM_LOWEST;
	accounts->search = SYSTEM_HIGHEST + 1;
	accounts->late_search = PLAN_LOWEST;
	return accounts;
}

void ib_state_accounts_free(struct ib_state_accounts *accounts)
{
	if (!accounts)
		return;
	ib_map_free(accounts->user_by_name);
	ib_map_free(accounts->group_by_name);
	ib_free(accounts->users);
	ib_free(accounts->groups);
	ib_free(accounts->members);
	ib_free(accounts->known_users);
	ib_free(accounts->known_groups);
	ib_free(accounts->remembered_users);
	ib_free(accounts->remembered_groups);
	ib_free(accounts->made_users);
	ib_free(accounts->made_groups);
	ib_arena_free(accounts->arena);
	ib_free(accounts);
}

bool ib_accounts_want(struct ib_state_accounts *accounts, const struct ib_account *account)
{
	struct ib_map *by_name =
		account->is_user ? accounts->user_by_name : accounts->group_by_name;
	struct ib_account *copy = NULL;

	if (ib_map_has(by_name, account->name))
		return false;
	copy = ib_arena_memdup(accounts->arena, account, sizeof(*account));
	copy->name = ib_arena_strdup(accounts->arena, account->name);
	copy->group = ib_arena_strdup(accounts->arena, account->group);
	copy->comment = ib_arena_strdup(accounts->arena, account->comment);
	copy->home = ib_arena_strdup(accounts->arena, account->home);
	copy->shell = ib_arena_strdup(accounts->arena, account->shell);
	ib_map_set(by_name, copy->name, copy);
	if (copy->is_user) {
		ib_grow(accounts->users, accounts->user_count);
		accounts->users[accounts->user_count++] = copy;
	} else {
		ib_grow(accounts->groups, accounts->group_count);
		accounts->groups[accounts->group_count++] = copy;
	}
	return true;
}

void ib_accounts_add_member(struct ib_state_accounts *accounts, const char *user, const char *group)
{
	ib_grow(accounts->members, accounts->member_count);
	accounts->members[accounts->member_count++] =
		(struct ib_membership){ ib_arena_strdup(accounts->arena, user),
					ib_arena_strdup(accounts->arena, group) };
}

void ib_accounts_know(struct ib_state_accounts *accounts, bool is_user, const char *name,
		      uint32_t id, bool is_made)
{
	struct ib_known_account known = { ib_arena_strdup(accounts->arena, name), id, is_made };

	if (is_user) {
		ib_grow(accounts->known_users, accounts->known_user_count);
		accounts->known_users[accounts->known_user_count++] = known;
	} else {
		ib_grow(accounts->known_groups, accounts->known_group_count);
		accounts->known_groups[accounts->known_group_count++] = known;
	}
}

const struct ib_known_account *ib_accounts_find(const struct ib_state_accounts *accounts,
						bool is_user, const char *name)
{
	const struct ib_known_account *list =
		is_user ? accounts->known_users : accounts->known_groups;
	size_t count = is_user ? accounts->known_user_count : accounts->known_group_count;
	size_t i = 0;

	for (i = 0; i < count; i++)
		if (!strcmp(list[i].name, name))
			return &list[i];
	return NULL;
}

/* Whether an account of this kind has the number; one of the name except does not count. */
static bool is_taken(const struct ib_state_accounts *accounts, bool is_user, uint32_t id,
		     const char *except)
{
	const struct ib_known_account *list =
		is_user ? accounts->known_users : accounts->known_groups;
	size_t count = is_user ? accounts->known_user_count : accounts->known_group_count;
	size_t i = 0;

	for (i = 0; i < count; i++)
		if (list[i].id == id && (!except || !ib_str_equal(list[i].name, except)))
			return true;
	return false;
}

/* The plan's fixed numbers are kept free for it. */
static bool is_reserved(const struct ib_state_accounts *accounts, const struct ib_account *who,
			uint32_t id)
{
	size_t i = 0;

	if (who->late)
		return false;
	for (i = 0; i < accounts->user_count; i++)
		if (accounts->users[i]->late && accounts->users[i]->has_uid &&
		    accounts->users[i]->uid == id)
			return true;
	for (i = 0; i < accounts->group_count; i++)
		if (accounts->groups[i]->late && accounts->groups[i]->has_gid &&
		    accounts->groups[i]->gid == id)
			return true;
	return false;
}

/* A user may have a number when no other user has it, nor (with_groups) a group of another name. */
static bool uid_is_free(const struct ib_state_accounts *accounts, const struct ib_account *who,
			uint32_t uid, bool with_groups)
{
	return !is_taken(accounts, true, uid, NULL) && !is_reserved(accounts, who, uid) &&
	       (!with_groups || !is_taken(accounts, false, uid, who->name));
}

static bool gid_is_free(const struct ib_state_accounts *accounts, const struct ib_account *who,
			uint32_t gid)
{
	return !is_taken(accounts, false, gid, NULL) && !is_reserved(accounts, who, gid) &&
	       !is_taken(accounts, true, gid, who->name);
}

/* The number that a lock keeps for this name, in *ret_id; for another name: whether it keeps id. */
static bool is_remembered(const struct ib_state_accounts *accounts, bool is_user, const char *name,
			  uint32_t *ret_id)
{
	const struct ib_known_account *list =
		is_user ? accounts->remembered_users : accounts->remembered_groups;
	size_t count = is_user ? accounts->remembered_user_count : accounts->remembered_group_count;
	size_t i = 0;

	for (i = 0; i < count; i++)
		if (!strcmp(list[i].name, name)) {
			*ret_id = list[i].id;
			return true;
		}
	return false;
}

static bool is_kept_for_another(const struct ib_state_accounts *accounts, const char *name,
				uint32_t id)
{
	size_t i = 0;

	for (i = 0; i < accounts->remembered_user_count; i++)
		if (accounts->remembered_users[i].id == id &&
		    strcmp(accounts->remembered_users[i].name, name) != 0)
			return true;
	for (i = 0; i < accounts->remembered_group_count; i++)
		if (accounts->remembered_groups[i].id == id &&
		    strcmp(accounts->remembered_groups[i].name, name) != 0)
			return true;
	return false;
}

void ib_accounts_remember(struct ib_state_accounts *accounts, const char *line)
{
	const char *kind = ib_state_word(accounts->arena, &line);
	const char *name = ib_state_word(accounts->arena, &line);
	const char *number = ib_state_word(accounts->arena, &line);
	struct ib_known_account known = { .name = name };
	uint64_t id = 0;

	if (!number || !ib_str_to_u64(number, UINT32_MAX - 1, &id))
		return; /* the lock's reader has checked its lines */
	known.id = (uint32_t)id;
	if (!strcmp(kind, "user")) {
		ib_grow(accounts->remembered_users, accounts->remembered_user_count);
		accounts->remembered_users[accounts->remembered_user_count++] = known;
	} else {
		ib_grow(accounts->remembered_groups, accounts->remembered_group_count);
		accounts->remembered_groups[accounts->remembered_group_count++] = known;
	}
}

/* The next number from the range of this account that suits; false when there is none left. */
static bool next_free(struct ib_state_accounts *accounts, const struct ib_account *who,
		      bool for_user, uint32_t *ret_id)
{
	if (is_remembered(accounts, for_user, who->name, ret_id) &&
	    (for_user ? uid_is_free(accounts, who, *ret_id, true)
		      : gid_is_free(accounts, who, *ret_id)))
		return true;
	while (who->late ? accounts->late_search <= PLAN_HIGHEST
			 : accounts->search > accounts->lowest) {
		uint32_t id = who->late ? accounts->late_search++ : --accounts->search;

		if (is_kept_for_another(accounts, who->name, id))
			continue;
		if (for_user ? uid_is_free(accounts, who, id, true)
			     : gid_is_free(accounts, who, id)) {
			*ret_id = id;
			return true;
		}
	}
	return false;
}

static int no_number_left(const struct ib_account *who, const char *kind, struct ib_error *err)
{
	ib_fail(err, IB_INPUT, "no free number is left for %s '%s'", kind, who->name);
	ib_error_hint(err, "Give it a number of its own in the recipe.");
	return -(int)err->kind;
}

static int make_group(struct ib_state_accounts *accounts, struct ib_account *who,
		      struct ib_error *err)
{
	const struct ib_known_account *known = ib_accounts_find(accounts, false, who->name);

	if (known) {
		who->gid = known->id;
		who->has_gid = true;
		return 0;
	}
	if (who->has_gid && who->strict) {
		if (is_taken(accounts, false, who->gid, NULL))
			return 0;
		return ib_fail(err, IB_INPUT, "user '%s' wants group %u, which does not exist",
			       who->name, who->gid);
	}
	if (who->has_gid && !gid_is_free(accounts, who, who->gid))
		who->has_gid = false;
	if (!who->has_gid && who->has_uid && gid_is_free(accounts, who, who->uid)) {
		who->gid = who->uid;
		who->has_gid = true;
	}
	if (!who->has_gid) {
		if (!next_free(accounts, who, false, &who->gid))
			return no_number_left(who, "group", err);
		who->has_gid = true;
	}
	who->makes_group = true;
	ib_accounts_know(accounts, false, who->name, who->gid, true);
	ib_grow(accounts->made_groups, accounts->made_group_count);
	accounts->made_groups[accounts->made_group_count++] = who;
	return 0;
}

/* The group that a user has: wanted beside it, known by name, or made for it. */
static int settle_group(struct ib_state_accounts *accounts, struct ib_account *who,
			struct ib_error *err)
{
	const char *name = who->group ? who->group : who->name;
	const struct ib_account *wanted = ib_map_get(accounts->group_by_name, name);
	const struct ib_known_account *known = NULL;

	if (wanted && wanted->makes_group) {
		who->gid = wanted->gid;
		who->has_gid = true;
		who->strict = true;
		return 0;
	}
	if (!who->group)
		return make_group(accounts, who, err);
	known = ib_accounts_find(accounts, false, name);
	if (!known) {
		ib_fail(err, IB_INPUT, "user '%s' wants group '%s', which does not exist",
			who->name, name);
		ib_error_hint(err, "Add the group, or the package that makes it.");
		return -(int)err->kind;
	}
	who->gid = known->id;
	who->has_gid = true;
	who->strict = true;
	return 0;
}

static int make_user(struct ib_state_accounts *accounts, struct ib_account *who,
		     struct ib_error *err)
{
	const struct ib_known_account *known = NULL;

	IB_TRY(settle_group(accounts, who, err));
	known = ib_accounts_find(accounts, true, who->name);
	if (known) {
		who->uid = known->id;
		who->has_uid = true;
		return 0;
	}
	if (who->has_uid && !uid_is_free(accounts, who, who->uid, !who->strict)) {
		if (who->late)
			return ib_fail(err, IB_INPUT,
				       "user '%s' wants number %u, which is taken already",
				       who->name, who->uid);
		who->has_uid = false;
	}
	if (!who->has_uid && who->has_gid && uid_is_free(accounts, who, who->gid, true)) {
		who->uid = who->gid;
		who->has_uid = true;
	}
	if (!who->has_uid) {
		if (!next_free(accounts, who, true, &who->uid))
			return no_number_left(who, "user", err);
		who->has_uid = true;
	}
	who->makes_user = true;
	ib_accounts_know(accounts, true, who->name, who->uid, true);
	ib_grow(accounts->made_users, accounts->made_user_count);
	accounts->made_users[accounts->made_user_count++] = who;
	return 0;
}

/* Members that nobody describes are users, their groups are groups. */
static void want_mentioned(struct ib_state_accounts *accounts)
{
	size_t i = 0;

	for (i = 0; i < accounts->member_count; i++) {
		const struct ib_membership *member = &accounts->members[i];
		struct ib_account user = { .name = member->user, .is_user = true };
		struct ib_account group = { .name = member->group };

		ib_accounts_want(accounts, &user);
		if (!ib_map_has(accounts->user_by_name, member->group))
			ib_accounts_want(accounts, &group);
	}
}

static int number(struct ib_state_accounts *accounts, bool late, struct ib_error *err)
{
	size_t i = 0;

	for (i = 0; i < accounts->group_count; i++)
		if (accounts->groups[i]->late == late)
			IB_TRY(make_group(accounts, accounts->groups[i], err));
	for (i = 0; i < accounts->user_count; i++)
		if (accounts->users[i]->late == late)
			IB_TRY(make_user(accounts, accounts->users[i], err));
	return 0;
}

int ib_accounts_number(struct ib_state_accounts *accounts, struct ib_error *err)
{
	want_mentioned(accounts);
	IB_TRY(number(accounts, false, err));
	return number(accounts, true, err);
}

static bool look_up(void *context, bool is_user, const char *name, uint32_t *ret_id)
{
	const struct ib_known_account *known = ib_accounts_find(context, is_user, name);

	if (known)
		*ret_id = known->id;
	return known != NULL;
}

static bool look_up_user(void *context, const char *name, uint32_t *ret_uid)
{
	return look_up(context, true, name, ret_uid);
}

static bool look_up_group(void *context, const char *name, uint32_t *ret_gid)
{
	return look_up(context, false, name, ret_gid);
}

struct ib_accounts ib_state_accounts_lookup(struct ib_state_accounts *accounts)
{
	return (struct ib_accounts){ accounts, look_up_user, look_up_group };
}

char *ib_state_accounts_text(const struct ib_state_accounts *accounts)
{
	IB_AUTO_STRINGS(lines);
	size_t i = 0;

	for (i = 0; i < accounts->known_user_count; i++)
		ib_strings_addf(&lines, "user %s %u", accounts->known_users[i].name,
				accounts->known_users[i].id);
	for (i = 0; i < accounts->known_group_count; i++)
		ib_strings_addf(&lines, "group %s %u", accounts->known_groups[i].name,
				accounts->known_groups[i].id);
	ib_strings_sort_unique(&lines);
	return ib_strings_join(&lines, "\n");
}

/* "user NAME " of a line; where its number begins. */
static size_t number_at(const char *line)
{
	const char *blank = strrchr(line, ' ');

	return blank ? (size_t)(blank - line) + 1 : strlen(line);
}

static const char *line_of(const char *const *lines, size_t count, const char *like)
{
	size_t length = number_at(like);
	size_t i = 0;

	for (i = 0; i < count; i++)
		if (!strncmp(lines[i], like, length) && number_at(lines[i]) == length)
			return lines[i];
	return NULL;
}

static int drifted(const char *line, const char *words, const char *other, struct ib_error *err)
{
	size_t length = number_at(line);

	(void)ib_fail(err, IB_INPUT, "the image has '%.*s' as number %s, %s%s", (int)length - 1,
		      line, line + length, words, other);
	ib_error_hint(err, "Run 'imagebuild lock' again, and look at what changed; files on disks "
			   "that outlive the image belong to numbers.");
	return -IB_INPUT;
}

int ib_state_accounts_check(const struct ib_state_accounts *accounts,
			    const struct ib_state_names *locked, struct ib_error *err)
{
	ib_autofree char *text = ib_state_accounts_text(accounts);
	IB_AUTO_STRINGS(lines);
	size_t i = 0;

	ib_strings_split(&lines, text, "\n");
	for (i = 0; i < lines.count; i++) {
		const char *its = line_of(locked->items, locked->count, lines.items[i]);

		if (!its)
			return drifted(lines.items[i], "which the lock does not know", "", err);
		if (strcmp(its, lines.items[i]) != 0)
			return drifted(lines.items[i], "but the lock keeps number ",
				       its + number_at(its), err);
	}
	for (i = 0; i < locked->count; i++)
		if (!line_of((const char *const *)lines.items, lines.count, locked->items[i]))
			return ib_fail(err, IB_INPUT,
				       "the lock keeps '%s', which the image does not have",
				       locked->items[i]);
	return 0;
}
