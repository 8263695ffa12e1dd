/* SPDX-License-Identifier: Apache-2.0 */
/* /etc/passwd, group, shadow and gshadow: passwd.5, group.5, shadow.5, gshadow.5. */
#include <string.h>

#include "state/accounts.h"

#define FILE_MAX        (8U << 20)
#define SECONDS_PER_DAY 86400

/* Field number i of a line with colons, copied; NULL when there are fewer. */
static const char *field(struct ib_arena *arena, const char *line, size_t i)
{
	while (i--) {
		line = strchr(line, ':');
		if (!line)
			return NULL;
		line++;
	}
	return ib_arena_strf(arena, "%.*s", (int)strcspn(line, ":"), line);
}

static int read_known(struct ib_state *state, const char *path, bool is_user, struct ib_error *err)
{
	const char *text = NULL;
	const char *line = NULL;

	IB_TRY(ib_state_read(state, path, &text, NULL, err));
	while (text && (line = ib_state_line(state->arena, &text))) {
		const char *name = field(state->arena, line, 0);
		const char *id = field(state->arena, line, 2);
		uint64_t value = 0;

		if (!*line || *line == '#' || *line == '+' || *line == '-')
			continue;
		if (!id || !*name || !ib_str_to_u64(id, UINT32_MAX - 1, &value))
			return ib_fail(err, IB_INPUT, "%s: cannot read the line '%s'", path, line);
		ib_accounts_know(state->accounts, is_user, name, (uint32_t)value, false);
	}
	return 0;
}

int ib_accounts_read_files(struct ib_state *state, struct ib_error *err)
{
	IB_TRY(read_known(state, "/etc/passwd", true, err));
	return read_known(state, "/etc/group", false, err);
}

/* The members of a group with those that are listed already, sorted when any is new. */
static void list_members(const struct ib_state_accounts *accounts, const char *group,
			 const char *listed, struct ib_strings *ret_members)
{
	bool added = false;
	size_t i = 0;

	ib_strings_split(ret_members, listed, ",");
	for (i = 0; i < accounts->member_count; i++) {
		const struct ib_membership *member = &accounts->members[i];

		if (!ib_str_equal(member->group, group) ||
		    ib_strings_has(ret_members, member->user))
			continue;
		ib_strings_add(ret_members, member->user);
		added = true;
	}
	if (added)
		ib_strings_sort_unique(ret_members);
}

/* Where NIS entries begin: what is new goes in front of them. */
static size_t nis_tail(const char *text)
{
	const char *at = text;

	while (*at && *at != '+' && *at != '-') {
		at += strcspn(at, "\n");
		at += *at == '\n';
	}
	return (size_t)(at - text);
}

/* The lines that are there, with new members where the file lists members in field 3. */
static void put_existing(const struct ib_state *state, const char *text, bool has_members,
			 struct ib_buffer *out)
{
	const char *line = NULL;

	while ((line = ib_state_line(state->arena, &text))) {
		const char *name = field(state->arena, line, 0);
		const char *listed = has_members ? field(state->arena, line, 3) : NULL;
		IB_AUTO_STRINGS(members);
		ib_autofree char *joined = NULL;

		if (listed) {
			list_members(state->accounts, name, listed, &members);
			joined = ib_strings_join(&members, ",");
			ib_buffer_put(out, line, strlen(line) - strlen(listed));
			ib_buffer_puts(out, joined);
		} else {
			ib_buffer_puts(out, line);
		}
		ib_buffer_put_u8(out, '\n');
	}
}

static void put_passwd(const struct ib_state *state, struct ib_buffer *out)
{
	const struct ib_state_accounts *accounts = state->accounts;
	size_t i = 0;

	for (i = 0; i < accounts->made_user_count; i++) {
		const struct ib_account *user = accounts->made_users[i];

		ib_buffer_putf(out, "%s:x:%u:%u:%s:%s:%s\n", user->name, user->uid, user->gid,
			       user->comment ? user->comment : "", user->home ? user->home : "/",
			       user->shell ? user->shell
			       : user->uid ? "/usr/sbin/nologin"
					   : "/bin/sh");
	}
}

static void put_shadow(const struct ib_state *state, struct ib_buffer *out)
{
	const struct ib_state_accounts *accounts = state->accounts;
	int64_t day = ib_tree_mtime(state->tree) / SECONDS_PER_DAY;
	size_t i = 0;

	for (i = 0; i < accounts->made_user_count; i++)
		ib_buffer_putf(out, "%s:!*:%lld::::::\n", accounts->made_users[i]->name,
			       (long long)day);
}

static void put_groups(const struct ib_state *state, bool is_shadow, struct ib_buffer *out)
{
	const struct ib_state_accounts *accounts = state->accounts;
	size_t i = 0;

	for (i = 0; i < accounts->made_group_count; i++) {
		const struct ib_account *group = accounts->made_groups[i];
		IB_AUTO_STRINGS(members);
		ib_autofree char *joined = NULL;

		list_members(accounts, group->name, "", &members);
		joined = ib_strings_join(&members, ",");
		if (is_shadow)
			ib_buffer_putf(out, "%s:!*::%s\n", group->name, joined);
		else
			ib_buffer_putf(out, "%s:x:%u:%s\n", group->name, group->gid, joined);
	}
}

static void put_group(const struct ib_state *state, struct ib_buffer *out)
{
	put_groups(state, false, out);
}

static void put_gshadow(const struct ib_state *state, struct ib_buffer *out)
{
	put_groups(state, true, out);
}

struct account_file {
	const char *path;
	uint32_t mode; /* of a new one */
	bool has_members;
	void (*put_new)(const struct ib_state *state, struct ib_buffer *out);
};

static int write_file(struct ib_state *state, const struct account_file *file, struct ib_error *err)
{
	const struct ib_node *node = ib_tree_find_target(state->tree, file->path);
	IB_AUTO_BUFFER(out, FILE_MAX);
	IB_AUTO_BUFFER(head, FILE_MAX);
	const char *text = NULL;
	size_t tail = 0;
	bool changed = false;

	IB_TRY(ib_state_read(state, file->path, &text, NULL, err));
	if (text) {
		tail = nis_tail(text);
		ib_buffer_put(&head, text, tail);
		put_existing(state, ib_buffer_text(&head), file->has_members, &out);
		changed = strcmp(ib_buffer_text(&out), ib_buffer_text(&head)) != 0;
	}
	if (!changed) {
		size_t before = out.size;

		file->put_new(state, &out);
		changed = out.size != before;
	} else {
		file->put_new(state, &out);
	}
	if (!changed)
		return 0;
	if (text)
		ib_buffer_puts(&out, text + tail);
	return ib_state_put_file(state, file->path, node ? node->inode->mode & 07777 : file->mode,
				 out.data, out.size, err);
}

int ib_accounts_write_files(struct ib_state *state, struct ib_error *err)
{
	static const struct account_file files[] = {
		{ "/etc/passwd", 0644, false, put_passwd },
		{ "/etc/group", 0644, true, put_group },
		{ "/etc/shadow", 0000, false, put_shadow },
		{ "/etc/gshadow", 0000, true, put_gshadow },
	};
	size_t i = 0;

	for (i = 0; i < IB_COUNT(files); i++)
		IB_TRY(write_file(state, &files[i], err));
	return 0;
}
