/* SPDX-License-Identifier: Apache-2.0 */
/* What runs between fork and exec: inside build/sandbox*.c only. */
#ifndef IB_BUILD_SANDBOX_CHILD_H
#define IB_BUILD_SANDBOX_CHILD_H

#include "build/sandbox.h"

/* Prepared before the fork, since afterwards nothing may be allocated. */
struct ib_sandbox_plan {
	const char *merged;  /* where the overlay is mounted */
	const char *options; /* of the overlay */
	char *const *arguments;
	const char *script; /* the text, or NULL where only a program runs */
	size_t script_size;
	uint64_t memory_bytes, file_bytes;
	unsigned seconds;
	char user_map[32], group_map[32];
	int output; /* what the scriptlet says goes here */
	int report; /* a struct ib_sandbox_fault where the sandbox itself fails; closed by exec */
};

struct ib_sandbox_fault {
	int error; /* errno */
	char step[60];
};

#define IB_SANDBOX_SCRIPT "/var/tmp/scriptlet"

/* Never returns. */
void ib_sandbox_child(const struct ib_sandbox_plan *plan) __attribute__((noreturn));
/* sandbox_filter.c: no new rights, and a filter on system calls; 0 or errno. */
int ib_sandbox_filter(void);

#endif
