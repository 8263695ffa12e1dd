/* SPDX-License-Identifier: Apache-2.0 */
/* sysusers - accounts from sysusers.d (sysusers.d.5), from scriptlets, and from the plan. */
#include <string.h>
#include <sys/stat.h>

#include "state/accounts.h"

/* The fields of one line; NULL for what is absent or "-". */
struct sysusers_line {
	const char *type, *name, *id, *comment, *home, *shell;
};

static bool is_account_name(const char *name)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				    "0123456789_-.";
	size_t length = strlen(name);

	return length && length <= 31 && strspn(name, plain) == length && *name != '-' &&
	       *name != '.' && !(*name >= '0' && *name <= '9');
}

/* Reads the next field: without quotes, with specifiers replaced; "-" is NULL. */
static int next_field(struct ib_state *state, const char **text, const char **ret_field,
		      struct ib_error *err)
{
	const char *word = ib_state_word(state->arena, text);

	*ret_field = NULL;
	if (!word && **text)
		return ib_fail(err, IB_INPUT, "a quote is not closed");
	if (!word || !strcmp(word, "-") || !*word)
		return 0;
	IB_TRY(ib_state_specifiers(state, word, ret_field, err));
	if (!*ret_field)
		return ib_fail(err, IB_INPUT, "'%s' depends on the machine that it is used on",
			       word);
	return 0;
}

static int read_fields(struct ib_state *state, const char *text, struct sysusers_line *line,
		       struct ib_error *err)
{
	const char **fields[] = { &line->type,    &line->name, &line->id,
				  &line->comment, &line->home, &line->shell };
	size_t i = 0;

	for (i = 0; i < IB_COUNT(fields); i++)
		IB_TRY(next_field(state, &text, fields[i], err));
	if (*text)
		return ib_fail(err, IB_INPUT, "'%s' is left over at the end of the line", text);
	if (!line->type || (!line->name && !ib_str_equal(line->type, "r")))
		return ib_fail(err, IB_INPUT, "type and name must stand on the line");
	return 0;
}

static int read_number(const char *text, const char *what, uint32_t *ret_id, struct ib_error *err)
{
	uint64_t value = 0;

	if (!ib_str_to_u64(text, UINT32_MAX - 1, &value) || value == UINT16_MAX)
		return ib_fail(err, IB_INPUT, "'%s' is no %s number", text, what);
	*ret_id = (uint32_t)value;
	return 0;
}

/* The number of an existing path's owner, as far as it is known before names are resolved. */
static void take_path(struct ib_state *state, const char *path, struct ib_account *account)
{
	const struct ib_node *node = ib_tree_find_target(state->tree, path);

	if (!node || node->inode->user || node->inode->group)
		return;
	account->has_uid = account->is_user && node->inode->uid;
	account->uid = node->inode->uid;
	account->has_gid = node->inode->gid != 0;
	account->gid = node->inode->gid;
}

static int read_user_id(struct ib_state *state, const char *id, struct ib_account *account,
			struct ib_error *err)
{
	const char *colon = strchr(id, ':');
	const char *uid = id;

	if (*id == '/') {
		take_path(state, id, account);
		return 0;
	}
	if (colon) {
		uid = ib_arena_strf(state->arena, "%.*s", (int)(colon - id), id);
		if (is_account_name(colon + 1)) {
			account->group = colon + 1;
		} else {
			IB_TRY(read_number(colon + 1, "group", &account->gid, err));
			account->has_gid = true;
			account->strict = true;
		}
	}
	if (!strcmp(uid, "-"))
		return 0;
	account->has_uid = true;
	return read_number(uid, "user", &account->uid, err);
}

static int add_account(struct ib_state *state, const struct sysusers_line *line,
		       struct ib_error *err)
{
	struct ib_account account = { .name = line->name,
				      .is_user = *line->type == 'u',
				      .comment = line->comment,
				      .home = line->home,
				      .shell = line->shell };

	if (!is_account_name(line->name))
		return ib_fail(err, IB_INPUT, "'%s' is no account name", line->name);
	if (!account.is_user && (line->comment || line->home || line->shell))
		return ib_fail(err, IB_INPUT, "a group has neither comment, home nor shell");
	if (line->id && account.is_user)
		IB_TRY(read_user_id(state, line->id, &account, err));
	if (line->id && !account.is_user) {
		if (*line->id == '/') {
			take_path(state, line->id, &account);
		} else {
			IB_TRY(read_number(line->id, "group", &account.gid, err));
			account.has_gid = true;
		}
	}
	ib_accounts_want(state->accounts, &account);
	return 0;
}

/* "r - LOWEST-HIGHEST" */
static int add_range(struct ib_state *state, const struct sysusers_line *line, struct ib_error *err)
{
	const char *dash = line->id ? strchr(line->id, '-') : NULL;
	const char *lowest = line->id;
	uint32_t highest = 0;

	if (!line->id)
		return ib_fail(err, IB_INPUT, "a range has no numbers");
	if (dash)
		lowest = ib_arena_strf(state->arena, "%.*s", (int)(dash - line->id), line->id);
	IB_TRY(read_number(lowest, "lowest", &state->accounts->lowest, err));
	IB_TRY(read_number(dash ? dash + 1 : line->id, "highest", &highest, err));
	state->accounts->search = highest + 1;
	return 0;
}

static int read_line(struct ib_state *state, const char *text, struct ib_error *err)
{
	struct sysusers_line line = { 0 };

	IB_TRY(read_fields(state, text, &line, err));
	if (!strcmp(line.type, "r"))
		return add_range(state, &line, err);
	if (!ib_str_equal(line.type, "u") && !ib_str_equal(line.type, "u!") &&
	    !ib_str_equal(line.type, "g") && !ib_str_equal(line.type, "m"))
		return ib_fail(err, IB_INPUT, "unrecognized type '%s'", line.type);
	if (*line.type != 'm')
		return add_account(state, &line, err);
	if (!line.id || !is_account_name(line.name) || !is_account_name(line.id))
		return ib_fail(err, IB_INPUT, "'%s' and '%s' are no user and group", line.name,
			       line.id ? line.id : "");
	ib_accounts_add_member(state->accounts, line.name, line.id);
	return 0;
}

static int read_config(struct ib_state *state, const char *path, struct ib_error *err)
{
	const char *text = NULL;
	const char *line = NULL;
	unsigned number = 0;

	IB_TRY(ib_state_read(state, path, &text, NULL, err));
	while (text && (line = ib_state_line(state->arena, &text))) {
		number++;
		line += strspn(line, " \t");
		if (!*line || *line == '#')
			continue;
		if (read_line(state, line, err) < 0)
			return ib_error_prefix(err, "%s:%u", path, number);
	}
	return 0;
}

/* The range that the image's login.defs gives to system accounts. */
static int read_login_defs(struct ib_state *state, struct ib_error *err)
{
	const char *text = NULL;
	const char *line = NULL;

	IB_TRY(ib_state_read(state, "/etc/login.defs", &text, NULL, err));
	while (text && (line = ib_state_line(state->arena, &text))) {
		const char *key = ib_state_word(state->arena, &line);
		uint64_t value = 0;

		if (!key || !ib_str_to_u64(line, UINT16_MAX, &value))
			continue;
		if (!strcmp(key, "SYS_UID_MAX"))
			state->accounts->search = (uint32_t)value + 1;
	}
	return 0;
}

static void want_plan(struct ib_state *state)
{
	const struct ib_state_plan *plan = state->plan;
	size_t i = 0;
	size_t n = 0;

	for (i = 0; i < plan->group_count; i++) {
		struct ib_account group = { .name = plan->groups[i].name,
					    .late = true,
					    .has_gid = plan->groups[i].gid >= 0,
					    .gid = (uint32_t)plan->groups[i].gid };

		ib_accounts_want(state->accounts, &group);
	}
	for (i = 0; i < plan->user_count; i++) {
		const struct ib_state_user *user = &plan->users[i];
		struct ib_account account = { .name = user->name,
					      .late = true,
					      .is_user = true,
					      .has_uid = user->uid >= 0,
					      .uid = (uint32_t)user->uid,
					      .group = user->group,
					      .comment = user->comment,
					      .home = user->home,
					      .shell = user->shell };

		if (user->group && !strcmp(user->group, user->name))
			account.group = NULL; /* made beside it */
		ib_accounts_want(state->accounts, &account);
		for (n = 0; n < user->group_count; n++)
			ib_accounts_add_member(state->accounts, user->name, user->groups[n]);
	}
}

/* ---- what a plan's users ask for must be there --------------------------- */

static int misses(const struct ib_state_user *user, const char *kind, const char *name,
		  struct ib_error *err)
{
	return ib_fail(
		err, IB_INPUT, "%s%suser '%s' has the %s '%s', which the image does not have",
		user->place ? user->place : "", user->place ? ": " : "", user->name, kind, name);
}

/* Groups that somebody makes, beside the first count memberships, which are the plan's. */
static void list_groups(const struct ib_state_accounts *accounts, size_t count,
			struct ib_strings *names)
{
	size_t i = 0;

	for (i = 0; i < accounts->known_group_count; i++)
		ib_strings_add(names, accounts->known_groups[i].name);
	for (i = 0; i < accounts->group_count; i++)
		ib_strings_add(names, accounts->groups[i]->name);
	for (i = 0; i < accounts->user_count; i++)
		if (!accounts->users[i]->group && !accounts->users[i]->has_gid)
			ib_strings_add(names, accounts->users[i]->name);
	for (i = count; i < accounts->member_count; i++)
		ib_strings_add(names, accounts->members[i].group);
}

static int check_group(const struct ib_state_user *user, const char *group,
		       const struct ib_strings *names, struct ib_error *err)
{
	const char *near = NULL;

	if (ib_strings_has(names, group))
		return 0;
	(void)misses(user, "group", group, err);
	near = ib_str_nearest(group, (const char *const *)names->items, names->count);
	if (near)
		ib_error_hint(err, "Did you mean '%s'?", near);
	else
		ib_error_hint(err, "A group that no package makes has to stand under 'groups' of "
				   "the recipe.");
	return -IB_INPUT;
}

static int check_shell(const struct ib_state *state, const struct ib_state_user *user,
		       struct ib_error *err)
{
	const struct ib_node *node = NULL;

	/* what refuses a login needs not be there for that */
	if (!user->shell || ib_str_ends(user->shell, "/nologin") ||
	    ib_str_ends(user->shell, "/false"))
		return 0;
	node = ib_tree_find_target(state->tree, user->shell);
	if (node && S_ISREG(node->inode->mode) && !ib_str_ends(user->shell, "/"))
		return 0;
	(void)misses(user, "shell", user->shell, err);
	ib_error_hint(err, "Nobody could log in: add the package that has it, or name another.");
	return -IB_INPUT;
}

/* A typing error would make a group that nothing belongs to, or lock somebody out. */
static int check_plan(struct ib_state *state, size_t count, struct ib_error *err)
{
	IB_AUTO_STRINGS(names);
	size_t i = 0;
	size_t n = 0;

	list_groups(state->accounts, count, &names);
	for (i = 0; i < state->plan->user_count; i++) {
		const struct ib_state_user *user = &state->plan->users[i];

		for (n = 0; n < user->group_count; n++)
			IB_TRY(check_group(user, user->groups[n], &names, err));
		IB_TRY(check_shell(state, user, err));
	}
	return 0;
}

static int put_owned(struct ib_state *state, const struct ib_account *user, const char *path,
		     uint32_t mode, const char *text, struct ib_error *err)
{
	struct ib_tree_entry entry = { .path = path,
				       .mode = mode,
				       .uid = user->uid,
				       .gid = user->gid,
				       .data = text,
				       .size = text ? strlen(text) : 0,
				       .origin = { IB_ORIGIN_GENERATOR, state->generator } };

	if (S_ISDIR(mode) && ib_tree_find_target(state->tree, path))
		return 0;
	return ib_tree_put(state->tree, &entry, NULL, err);
}

/* The homes of the plan's users, with the keys that may log in. */
static int put_homes(struct ib_state *state, struct ib_error *err)
{
	size_t i = 0;
	size_t n = 0;

	for (i = 0; i < state->plan->user_count; i++) {
		const struct ib_state_user *user = &state->plan->users[i];
		struct ib_account *account = ib_map_get(state->accounts->user_by_name, user->name);
		const char *folder =
			ib_arena_strf(state->arena, "%s/.ssh", user->home ? user->home : "/");
		IB_AUTO_BUFFER(keys, 1 << 20);

		if (!user->ssh_key_count)
			continue;
		if (!user->home || !strcmp(user->home, "/"))
			return ib_fail(err, IB_INPUT,
				       "user '%s' has SSH keys and no home folder for them",
				       user->name);
		for (n = 0; n < user->ssh_key_count; n++) {
			if (strlen(user->ssh_keys[n]) + 2 > ib_buffer_room(&keys))
				return ib_fail(err, IB_LIMIT, "user '%s' has too many SSH keys",
					       user->name);
			ib_buffer_putf(&keys, "%s\n", user->ssh_keys[n]);
		}
		IB_TRY(put_owned(state, account, user->home, S_IFDIR | 0700, NULL, err));
		IB_TRY(put_owned(state, account, folder, S_IFDIR | 0700, NULL, err));
		IB_TRY(put_owned(state, account,
				 ib_arena_strf(state->arena, "%s/authorized_keys", folder),
				 S_IFREG | 0600, ib_buffer_text(&keys), err));
	}
	return 0;
}

int ib_state_sysusers(struct ib_state *state, struct ib_error *err)
{
	IB_AUTO_STRINGS(paths);
	size_t planned = 0; /* memberships */
	size_t i = 0;

	IB_TRY(ib_accounts_read_files(state, err));
	IB_TRY(read_login_defs(state, err));
	want_plan(state);
	planned = state->accounts->member_count;
	for (i = 0; i < state->plan->remembered.count; i++)
		ib_accounts_remember(state->accounts, state->plan->remembered.items[i]);
	ib_state_config_files(state, "sysusers.d", ".conf", &paths);
	for (i = 0; i < paths.count; i++)
		IB_TRY(read_config(state, paths.items[i], err));
	for (i = 0; i < state->plan->effect_count; i++) {
		const struct ib_effect *effect = &state->plan->effects[i];

		if (effect->kind == IB_EFFECT_ACCOUNT && read_line(state, effect->text, err) < 0)
			return ib_error_prefix(err, "account of a scriptlet");
	}
	IB_TRY(check_plan(state, planned, err));
	IB_TRY(ib_accounts_number(state->accounts, err));
	IB_TRY(ib_accounts_write_files(state, err));
	return put_homes(state, err);
}
