/* SPDX-License-Identifier: Apache-2.0 */
/* What must be each machine's own: keys, ids, seeds, passwords; and times of a build. */
#include <string.h>
#include <sys/stat.h>

#include "policy/internal.h"

static const struct secret {
	const char *pattern;
	const char *rule;
} secrets[] = {
	{ "*/ssh_host_*_key", "host-key" },
	{ "/etc/dropbear/*_host_key", "host-key" },
	{ "/etc/ssl/private/*", "host-key" },
	{ "/etc/pki/tls/private/*", "host-key" },
	{ "/etc/ipsec.d/private/*", "host-key" },
	{ "/var/lib/systemd/random-seed", "random-seed" },
	{ "/var/lib/random-seed", "random-seed" },
	{ "/var/lib/urandom/random-seed", "random-seed" },
	{ "/var/lib/systemd/credential.secret", "random-seed" },
	{ "/boot/loader/random-seed", "random-seed" },
	{ "/efi/loader/random-seed", "random-seed" },
	{ "/etc/wireguard/*.key", "host-key" },
};

static void check_machine_id(struct ib_examination *examination, const struct ib_node *node,
			     const char *path)
{
	const char *text = ib_policy_node_text(examination, node);

	if (strcmp(path, "/etc/machine-id") != 0 && strcmp(path, "/var/lib/dbus/machine-id") != 0)
		return;
	if (!S_ISREG(node->inode->mode) || !node->inode->size ||
	    (text && ib_str_starts(text, "uninitialized")))
		return;
	ib_found(examination, "machine-id", node, path, NULL, "'%s' holds an id", path);
}

/* RFC 1952: bytes 4 to 7 are a time; PEP 552: without flags a time follows. */
static void check_times(struct ib_examination *examination, const struct ib_node *node,
			const char *path)
{
	const struct ib_fact *fact = NULL;
	const uint8_t *head = NULL;
	bool is_archive = ib_str_ends(path, ".gz");

	if (!is_archive && !ib_str_ends(path, ".pyc"))
		return;
	fact = ib_policy_fact(examination, node);
	if (!fact || !fact->data || fact->size < 16)
		return;
	head = (const uint8_t *)fact->data;
	if (is_archive && head[0] == 0x1f && head[1] == 0x8b && ib_get_le32(head + 4))
		ib_found(examination, "time-baked-in", node, path, "gzip",
			 "the archive '%s' carries a time", path);
	if (!is_archive && !ib_get_le32(head + 4) && ib_get_le32(head + 8))
		ib_found(examination, "time-baked-in", node, path, "python",
			 "'%s' carries the time of its source", path);
}

void ib_check_secret_file(struct ib_examination *examination, const struct ib_node *node,
			  const char *path)
{
	size_t i = 0;

	if (!S_ISREG(node->inode->mode))
		return;
	for (i = 0; i < IB_COUNT(secrets); i++)
		if (node->inode->size && ib_path_matches(secrets[i].pattern, path))
			ib_found(examination, secrets[i].rule, node, path, NULL,
				 "'%s' lies in the image", path);
	check_machine_id(examination, node, path);
	check_times(examination, node, path);
}

/* ---- accounts ----------------------------------------------------------------- */

/* The fields of a line of passwd(5) and its like; empty ones, too. */
static void split(const char *line, struct ib_strings *fields)
{
	while (line) {
		const char *end = strchr(line, ':');

		ib_strings_addf(fields, "%.*s", (int)(end ? (size_t)(end - line) : strlen(line)),
				line);
		line = end ? end + 1 : NULL;
	}
}

static bool is_locked(const char *password)
{
	return *password == '!' || *password == '*';
}

static void check_shadow_line(struct ib_examination *examination, const struct ib_node *node,
			      const struct ib_strings *fields)
{
	const char *name = fields->items[0];
	const char *password = fields->items[1];

	if (!*password)
		ib_found(examination, "password-empty", node, name, NULL,
			 "the account '%s' has an empty password", name);
	else if (!is_locked(password))
		ib_found(examination, "password-set", node, name, NULL,
			 "the account '%s' has a password", name);
	if (!strcmp(name, "root") && !is_locked(password))
		ib_found(examination, "root-unlocked", node, name, NULL, "root is not locked");
}

static void check_passwd_line(struct ib_examination *examination, const struct ib_node *node,
			      const struct ib_strings *fields)
{
	const char *name = fields->items[0];
	const char *password = fields->items[1];

	if (strcmp(password, "x") != 0)
		check_shadow_line(examination, node, fields);
	if (fields->count > 2 && !strcmp(fields->items[2], "0") && strcmp(name, "root") != 0)
		ib_found(examination, "second-root", node, name, NULL,
			 "the account '%s' has the number 0", name);
}

static void check_group_line(struct ib_examination *examination, const struct ib_node *node,
			     const struct ib_strings *fields)
{
	const char *password = fields->items[1];
	ib_autofree char *where = ib_strf("group %s", fields->items[0]);

	if (*password && strcmp(password, "x") != 0 && !is_locked(password))
		ib_found(examination, "password-set", node, where, NULL,
			 "the group '%s' has a password", fields->items[0]);
}

typedef void (*line_fn)(struct ib_examination *examination, const struct ib_node *node,
			const struct ib_strings *fields);

static void each_line(struct ib_examination *examination, const char *path, line_fn check)
{
	const struct ib_node *node = ib_tree_find_target(examination->subject->tree, path);
	const char *text = ib_policy_node_text(examination, node);
	IB_AUTO_STRINGS(lines);
	size_t i = 0;

	if (!text)
		return;
	ib_strings_split(&lines, text, "\n");
	for (i = 0; i < lines.count; i++) {
		IB_AUTO_STRINGS(fields);

		split(lines.items[i], &fields);
		if (fields.count >= 2 && *lines.items[i] != '#')
			check(examination, node, &fields);
	}
}

void ib_check_accounts(struct ib_examination *examination)
{
	each_line(examination, "/etc/passwd", check_passwd_line);
	each_line(examination, "/etc/shadow", check_shadow_line);
	each_line(examination, "/etc/group", check_group_line);
	each_line(examination, "/etc/gshadow", check_group_line);
}

/* ---- sshd ----------------------------------------------------------------------- */

static void check_sshd_text(struct ib_examination *examination, const struct ib_node *node)
{
	static const char *const must_not[] = { "PermitRootLogin", "PermitEmptyPasswords" };
	const char *text = ib_policy_node_text(examination, node);
	ib_autofree char *path = ib_node_path(node);
	IB_AUTO_STRINGS(lines);
	size_t i = 0;
	size_t j = 0;

	if (!text)
		return;
	ib_strings_split(&lines, text, "\n");
	for (i = 0; i < lines.count; i++) {
		IB_AUTO_STRINGS(words);

		ib_strings_split(&words, lines.items[i], " \t=\"");
		for (j = 0; words.count > 1 && j < IB_COUNT(must_not); j++)
			if (!strcasecmp(words.items[0], must_not[j]) &&
			    !strcasecmp(words.items[1], "yes"))
				ib_found(examination, "sshd-config", node, path, must_not[j],
					 "'%s' says %s yes", path, must_not[j]);
	}
}

void ib_check_sshd(struct ib_examination *examination)
{
	const struct ib_node *main =
		ib_tree_find_target(examination->subject->tree, "/etc/ssh/sshd_config");
	const struct ib_node *folder = ib_policy_folder(examination, "/etc/ssh/sshd_config.d");
	size_t i = 0;

	if (main)
		check_sshd_text(examination, main);
	for (i = 0; folder && i < folder->child_count; i++)
		if (ib_str_ends(folder->children[i]->name, ".conf"))
			check_sshd_text(examination, folder->children[i]);
}
