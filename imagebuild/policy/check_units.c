/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Units that listen on the network: sockets by what they say, services by the
 * program that they start. A unit counts when a link wants it (systemd.unit(5)).
 */
#include <fnmatch.h>
#include <string.h>
#include <sys/stat.h>

#include "policy/internal.h"

static const char *const unit_folders[] = { "/etc/systemd/system", "/usr/lib/systemd/system",
					    "/lib/systemd/system" };

/* Daemons that open sockets themselves, and which. */
static const struct daemon {
	const char *program; /* name, or pattern of it */
	const char *listens;
} daemons[] = {
	{ "sshd", "tcp 22" },
	{ "dropbear", "tcp 22" },
	{ "systemd-resolved", "udp 5355, tcp 5355" },
	{ "systemd-networkd", "udp 68, udp 546" },
	{ "systemd-journal-remote", "tcp 19532" },
	{ "systemd-journal-gatewayd", "tcp 19531" },
	{ "chronyd", "udp 123, udp 323" },
	{ "ntpd", "udp 123" },
	{ "dhclient", "udp 68" },
	{ "dhcpcd", "udp 68, udp 546" },
	{ "NetworkManager", "udp 68, udp 546" },
	{ "rpcbind", "tcp 111, udp 111" },
	{ "rpc.*", "tcp, udp" },
	{ "avahi-daemon", "udp 5353" },
	{ "cupsd", "tcp 631" },
	{ "nginx", "tcp 80" },
	{ "httpd", "tcp 80" },
	{ "apache2", "tcp 80" },
	{ "haproxy", "tcp" },
	{ "envoy", "tcp" },
	{ "named", "tcp 53, udp 53" },
	{ "unbound", "tcp 53, udp 53" },
	{ "dnsmasq", "tcp 53, udp 53, udp 67" },
	{ "master", "tcp 25" },
	{ "sendmail", "tcp 25" },
	{ "exim*", "tcp 25" },
	{ "snmpd", "udp 161" },
	{ "smbd", "tcp 445" },
	{ "nmbd", "udp 137" },
	{ "vsftpd", "tcp 21" },
	{ "in.*d", "tcp" },
	{ "xinetd", "tcp" },
	{ "slapd", "tcp 389" },
	{ "mysqld", "tcp 3306" },
	{ "mariadbd", "tcp 3306" },
	{ "postgres", "tcp 5432" },
	{ "redis-server", "tcp 6379" },
	{ "memcached", "tcp 11211" },
	{ "kubelet", "tcp 10250" },
	{ "kube-proxy", "tcp 10249" },
	{ "etcd", "tcp 2379, tcp 2380" },
	{ "node_exporter", "tcp 9100" },
	{ "dockerd", "tcp 2375" },
	{ "telnetd", "tcp 23" },
	{ "rsyncd", "tcp 873" },
};

/* Whether a value of ListenStream= and its like is a port or an address with one. */
static bool is_network(const char *value)
{
	if (!*value || *value == '/' || *value == '@' || *value == '%' ||
	    ib_str_starts(value, "vsock:"))
		return false;
	if (ib_str_starts(value, "127.") || ib_str_starts(value, "[::1]"))
		return false;
	return true;
}

static void check_listen(const char *key, const char *value, struct ib_strings *listens)
{
	static const struct {
		const char *key;
		const char *protocol;
	} keys[] = {
		{ "ListenStream", "tcp" },
		{ "ListenDatagram", "udp" },
		{ "ListenSequentialPacket", "sctp" },
	};
	size_t i = 0;

	for (i = 0; i < IB_COUNT(keys); i++)
		if (!strcmp(key, keys[i].key) && is_network(value))
			ib_strings_addf(listens, "%s %s", keys[i].protocol, value);
}

/* The program of "ExecStart=-/usr/sbin/sshd -D": systemd.service(5) on the prefixes. */
static void check_start(const char *value, struct ib_strings *listens)
{
	ib_autofree char *program = NULL;
	size_t i = 0;

	value += strspn(value, "-@:+!");
	program = ib_strf("%.*s", (int)strcspn(value, " \t"), value);
	for (i = 0; i < IB_COUNT(daemons); i++)
		if (!fnmatch(daemons[i].program, ib_path_name(program), 0))
			ib_strings_add(listens, daemons[i].listens);
}

static void read_unit(const char *text, struct ib_strings *listens)
{
	IB_AUTO_STRINGS(lines);
	size_t i = 0;

	ib_strings_split(&lines, text, "\n");
	for (i = 0; i < lines.count; i++) {
		char *line = lines.items[i] + strspn(lines.items[i], " \t");
		char *value = strchr(line, '=');
		char *end = value;

		if (!value || *line == '#' || *line == ';')
			continue;
		while (end > line && strchr(" \t", end[-1]))
			end--;
		*end = '\0';
		value++;
		value += strspn(value, " \t");
		check_listen(line, value, listens);
		if (!strcmp(line, "ExecStart"))
			check_start(value, listens);
	}
}

/* ---- where a unit lies --------------------------------------------------------- */

/* "getty@tty1.service" is made of "getty@.service". */
static char *template_of(const char *name)
{
	const char *at = strchr(name, '@');
	const char *dot = strrchr(name, '.');

	if (!at || !dot || dot < at)
		return ib_strdup(name);
	return ib_strf("%.*s%s", (int)(at - name + 1), name, dot);
}

static const struct ib_node *find_unit(const struct ib_examination *examination, const char *name)
{
	ib_autofree char *template = template_of(name);
	size_t i = 0;

	for (i = 0; i < IB_COUNT(unit_folders); i++) {
		ib_autofree char *path = ib_path_join(unit_folders[i], name);
		ib_autofree char *of_template = ib_path_join(unit_folders[i], template);
		const struct ib_tree *tree = examination->subject->tree;
		const struct ib_node *node = ib_tree_find_target(tree, path);

		if (ib_tree_find(tree, path) && !node)
			return NULL; /* masked, or a link that leads nowhere */
		if (!node)
			node = ib_tree_find_target(tree, of_template);
		if (node && S_ISREG(node->inode->mode))
			return node->inode->size ? node : NULL;
		if (node)
			return NULL;
	}
	return NULL;
}

static void read_drop_ins(const struct ib_examination *examination, const char *name,
			  struct ib_strings *listens)
{
	size_t i = 0;
	size_t j = 0;

	for (i = 0; i < IB_COUNT(unit_folders); i++) {
		ib_autofree char *path = ib_strf("%s/%s.d", unit_folders[i], name);
		const struct ib_node *folder = ib_policy_folder(examination, path);

		for (j = 0; folder && j < folder->child_count; j++) {
			const char *text = ib_policy_node_text(examination, folder->children[j]);

			if (text && ib_str_ends(folder->children[j]->name, ".conf"))
				read_unit(text, listens);
		}
	}
}

static void check_unit(struct ib_examination *examination, const char *name)
{
	const struct ib_node *node = find_unit(examination, name);
	const char *text = ib_policy_node_text(examination, node);
	IB_AUTO_STRINGS(listens);
	ib_autofree char *value = NULL;

	if (!text)
		return;
	read_unit(text, &listens);
	read_drop_ins(examination, name, &listens);
	if (!listens.count)
		return;
	ib_strings_sort_unique(&listens);
	value = ib_strings_join(&listens, ", ");
	ib_found(examination, "listening-unit", node, name, value,
		 "'%s' is enabled and listens on %s", name, value);
}

/* ---- which are enabled ------------------------------------------------------------- */

static void collect(const struct ib_node *folder, struct ib_strings *names)
{
	size_t i = 0;

	for (i = 0; i < folder->child_count; i++)
		if (!S_ISDIR(folder->children[i]->inode->mode))
			ib_strings_add(names, folder->children[i]->name);
}

void ib_check_units(struct ib_examination *examination)
{
	IB_AUTO_STRINGS(names);
	size_t i = 0;
	size_t j = 0;

	for (i = 0; i < IB_COUNT(unit_folders); i++) {
		const struct ib_node *folder = ib_policy_folder(examination, unit_folders[i]);

		for (j = 0; folder && j < folder->child_count; j++) {
			const struct ib_node *child = folder->children[j];

			if (S_ISDIR(child->inode->mode) && (ib_str_ends(child->name, ".wants") ||
							    ib_str_ends(child->name, ".requires") ||
							    ib_str_ends(child->name, ".upholds")))
				collect(child, &names);
		}
	}
	ib_strings_sort_unique(&names);
	for (i = 0; i < names.count; i++)
		check_unit(examination, names.items[i]);
}
