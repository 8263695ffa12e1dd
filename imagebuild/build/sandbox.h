/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sandbox - runs one scriptlet on a root that it may read and not change, and
 * keeps what it would have changed in a layer of its own.
 *
 * Only `lock` ever runs one: what came of it is recorded (build/effects.h), and
 * builds replay that. A scriptlet runs in namespaces of its own (user, mounts,
 * processes, network, IPC, host name): the root is an overlay whose lower
 * layers are read-only folders; /dev holds five harmless nodes, /run, /tmp and
 * /var/tmp are empty and forgotten, there is no /proc and no /sys. Nothing of
 * the machine's files can be named. There is no network, not even to itself. The
 * environment is fixed. Time, memory of each process, size of each file and the
 * number of processes are limited; a filter refuses what makes namespaces,
 * mounts, traces or loads code into the kernel. All processes end with the
 * first one.
 *
 * Inside, one account exists: root, which is whoever runs imagebuild. A
 * scriptlet that gives files to somebody else is told that it cannot.
 */
#ifndef IB_BUILD_SANDBOX_H
#define IB_BUILD_SANDBOX_H

#include <stdint.h>

#include "base/base.h"
#include "package/package.h"

struct ib_sandbox {
	const char *const *layers; /* folders, the topmost first */
	size_t layer_count;
	const char *scratch; /* an empty folder: "upper" holds the layer afterwards */
	const struct ib_scriptlet *scriptlet;
	const char *name; /* how errors call it: "package 'a-1-1.noarch' %post" */
	unsigned seconds;
	uint64_t memory_bytes; /* of each process */
	uint64_t file_bytes;   /* of each file */
};

/*
 * IB_INPUT: the machine forbids namespaces (with what to do), the scriptlet is
 * none that can be run, it failed (with the end of what it said), or it ran
 * out of time. Nothing of it runs any more when this returns.
 */
int ib_sandbox_run(const struct ib_sandbox *sandbox, struct ib_error *err) IB_MUST_CHECK;

#endif
