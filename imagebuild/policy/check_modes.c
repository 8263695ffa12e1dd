/* SPDX-License-Identifier: Apache-2.0 */
/* What modes, owners and attributes give away. */
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "policy/internal.h"

/* capabilities(7), by number. */
static const char *const capabilities[] = {
	"chown",
	"dac_override",
	"dac_read_search",
	"fowner",
	"fsetid",
	"kill",
	"setgid",
	"setuid",
	"setpcap",
	"linux_immutable",
	"net_bind_service",
	"net_broadcast",
	"net_admin",
	"net_raw",
	"ipc_lock",
	"ipc_owner",
	"sys_module",
	"sys_rawio",
	"sys_chroot",
	"sys_ptrace",
	"sys_pacct",
	"sys_admin",
	"sys_boot",
	"sys_nice",
	"sys_resource",
	"sys_time",
	"sys_tty_config",
	"mknod",
	"lease",
	"audit_write",
	"audit_control",
	"setfcap",
	"mac_override",
	"mac_admin",
	"syslog",
	"wake_alarm",
	"block_suspend",
	"audit_read",
	"perfmon",
	"bpf",
	"checkpoint_restore",
};

static void put_names(struct ib_buffer *out, uint64_t bits)
{
	size_t i = 0;
	const char *separator = "";

	for (i = 0; i < 64; i++) {
		if (!(bits >> i & 1))
			continue;
		if (i < IB_COUNT(capabilities))
			ib_buffer_putf(out, "%scap_%s", separator, capabilities[i]);
		else
			ib_buffer_putf(out, "%s%zu", separator, i);
		separator = ",";
	}
}

/* linux/capability.h, vfs_cap_data: words of permitted and inheritable, the flag for effective. */
static void check_capabilities(struct ib_examination *examination, const struct ib_node *node,
			       const char *path, const struct ib_xattr *attribute)
{
	const uint8_t *bytes = attribute->value;
	IB_AUTO_BUFFER(words, 8192);
	uint64_t permitted = 0;
	uint64_t inheritable = 0;

	if (attribute->size >= 20) {
		permitted = ib_get_le32(bytes + 4) | (uint64_t)ib_get_le32(bytes + 12) << 32;
		inheritable = ib_get_le32(bytes + 8) | (uint64_t)ib_get_le32(bytes + 16) << 32;
	}
	put_names(&words, permitted | inheritable);
	ib_buffer_putf(&words, "=%s%s%s", attribute->size && bytes[0] & 1 ? "e" : "",
		       permitted ? "p" : "", inheritable ? "i" : "");
	ib_found(examination, "file-capability", node, path, ib_buffer_text(&words),
		 "'%s' has the capabilities %s", path, ib_buffer_text(&words));
}

static bool has_privileges(const struct ib_node *node, const struct ib_xattr **ret_capabilities)
{
	const struct ib_inode *inode = node->inode;
	size_t i = 0;

	*ret_capabilities = NULL;
	for (i = 0; i < inode->xattr_count; i++)
		if (!strcmp(inode->xattrs[i].name, "security.capability"))
			*ret_capabilities = &inode->xattrs[i];
	return inode->mode & (S_ISUID | S_ISGID) || *ret_capabilities;
}

static void check_privileges(struct ib_examination *examination, const struct ib_node *node,
			     const char *path)
{
	const struct ib_inode *inode = node->inode;
	const struct ib_xattr *attribute = NULL;
	char value[48];

	if (!has_privileges(node, &attribute))
		return;
	examination->privileged++;
	ib_strings_add(&examination->privileged_paths, path);
	snprintf(value, sizeof(value), "%04o", inode->mode & 07777U);
	if (inode->mode & S_ISUID)
		ib_found(examination, "setuid-file", node, path, value,
			 "'%s' is setuid (mode %s, owner %u)", path, value, inode->uid);
	if (inode->mode & S_ISGID)
		ib_found(examination, "setgid-file", node, path, value,
			 "'%s' is setgid (mode %s, group %u)", path, value, inode->gid);
	if (attribute)
		check_capabilities(examination, node, path, attribute);
}

static bool is_below_usr(const char *path)
{
	return ib_str_starts(path, "/usr/") || ib_str_starts(path, "/opt/");
}

void ib_check_modes(struct ib_examination *examination, const struct ib_node *node,
		    const char *path)
{
	const struct ib_inode *inode = node->inode;
	uint32_t mode = inode->mode;
	char value[16];

	if (S_ISLNK(mode))
		return;
	snprintf(value, sizeof(value), "%04o", mode & 07777U);
	if (S_ISREG(mode))
		check_privileges(examination, node, path);
	if (mode & S_IWOTH && !(S_ISDIR(mode) && mode & S_ISVTX) && !S_ISCHR(mode))
		ib_found(examination, "world-writable", node, path, value,
			 "everybody may write to '%s' (mode %s)", path, value);
	if (S_ISCHR(mode) || S_ISBLK(mode))
		ib_found(examination, "device-node", node, path, S_ISCHR(mode) ? "char" : "block",
			 "'%s' is the device %u:%u", path, inode->rdev_major, inode->rdev_minor);
	if (S_ISREG(mode) && mode & 0111 && inode->uid && is_below_usr(path))
		ib_found(examination, "program-owner", node, path, NULL,
			 "the program '%s' belongs to user %u", path, inode->uid);
	if (S_ISREG(mode) && inode->mtime > ib_tree_mtime(examination->subject->tree))
		ib_found(examination, "time-baked-in", node, path, NULL,
			 "'%s' is younger than the lock", path);
}
