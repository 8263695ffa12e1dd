/* SPDX-License-Identifier: Apache-2.0 */
/* For tests of the policy: a root that is in order, and what is found in it. */
#ifndef IB_TEST_POLICY_ROOT_H
#define IB_TEST_POLICY_ROOT_H

#include <stdio.h>
#include <sys/stat.h>

#include "policy/policy.h"
#include "test.h"
#include "json/json.h"

#define TIME 1700000000

static struct ib_tree *tree;
static struct ib_arena *arena;
static struct ib_buffer self;

static inline void put(const char *path, uint32_t mode, uint32_t uid, const void *data, size_t size)
{
	struct ib_error err = IB_ERROR_INIT;
	const struct ib_tree_entry entry = { .path = path,
					     .mode = mode,
					     .uid = uid,
					     .link = S_ISLNK(mode) ? data : NULL,
					     .data = S_ISREG(mode) ? data : NULL,
					     .size = S_ISREG(mode) ? size : 0,
					     .rdev_major = 1,
					     .rdev_minor = 5,
					     .origin = { IB_ORIGIN_OVERLAY, "planted" } };

	ck_ok(ib_tree_put(tree, &entry, NULL, &err));
}

static inline void put_text(const char *path, const char *text)
{
	put(path, S_IFREG | 0644, 0, text, strlen(text));
}

static const char profile[] =
	"kernel:\n"
	"  - {name: CONFIG_A|CONFIG_NEW_A, is: y|m, severity: error, why: it matters}\n"
	"sysctl:\n"
	"  - {name: kernel.kptr_restrict, is: 1|2, why: it matters}\n"
	"  - {name: net.ipv4.conf.all.rp_filter, is: \"1\", why: it matters}\n";

static inline void set_up(void)
{
	struct ib_error err = IB_ERROR_INIT;
	char *path = NULL;

	test_dir_make();
	test_file("profile.yaml", profile, &path);
	ib_free(path);
	arena = ib_arena_new();
	tree = ib_tree_new(TIME);
	self = IB_BUFFER_INIT(256 << 20);
	ck_ok(ib_file_read("/proc/self/exe", &self, &err));
	put_text("/etc/passwd", "root:x:0:0:root:/root:/bin/sh\nops:x:1000:1000::/:/bin/sh\n");
	put_text("/etc/shadow", "root:!*:::::::\nops:!:::::::\n");
	put_text("/etc/group", "root:x:0:\n");
	put_text("/etc/gshadow", "root:*::\n");
	put_text("/etc/machine-id", "");
	put_text("/usr/lib/modules/6.1/config", "# comment\nCONFIG_NEW_A=m\n");
	put_text("/usr/lib/sysctl.d/50-a.conf", "-kernel/kptr_restrict = 2\n");
	put_text("/usr/lib/sysctl.d/60-b.conf", "net.ipv4.conf.*.rp_filter=1\n");
	put("/tmp", S_IFDIR | 01777, 0, NULL, 0);
	put("/usr/bin/tool", S_IFREG | 0755, 0, "#!/usr/bin/tool\n", 16);
}

static inline void tear_down(void)
{
	ib_buffer_done(&self);
	ib_tree_free(tree);
	ib_arena_free(arena);
	test_dir_remove();
}

static const struct ib_fact *fact_of(void *context, const struct ib_node *node)
{
	ib_autofree char *path = ib_node_path(node);

	(void)context;
	if (!ib_facts_wants(path, node->inode->mode, node->inode->size))
		return NULL;
	return ib_fact_of(arena, path, node->inode->data, node->inode->size);
}

static inline struct ib_policy_report *check(struct ib_policy_settings *settings)
{
	struct ib_error err = IB_ERROR_INIT;
	const struct ib_policy_subject subject = { .tree = tree, .fact = fact_of };
	struct ib_policy_report *report = NULL;
	ib_autofree char *path = ib_path_join(test_dir, "profile.yaml");

	settings->profile = path;
	settings->profile_name = "profile.yaml";
	ib_tree_finish(tree);
	ck_ok(ib_policy_check(&subject, settings, &report, &err));
	settings->profile = NULL;
	return report;
}

static const struct ib_finding *find(const struct ib_policy_report *report, const char *rule,
				     const char *where)
{
	size_t i = 0;

	for (i = 0; i < report->finding_count; i++)
		if (!strcmp(report->findings[i].rule->id, rule) &&
		    (!where || !strcmp(report->findings[i].where, where)))
			return &report->findings[i];
	return NULL;
}

#endif
