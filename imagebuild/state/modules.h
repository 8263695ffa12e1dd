/* SPDX-License-Identifier: Apache-2.0 */
/*
 * modules - the kernel modules of one kernel version, and the files that modprobe reads.
 *
 * Inside state/ only. modules.c finds the modules and their dependencies;
 * modules_write.c makes the files; module_index.c the binary tries of them.
 */
#ifndef IB_STATE_MODULES_H
#define IB_STATE_MODULES_H

#include "state/context.h"

struct ib_module {
	const char *path; /* below /lib/modules/VERSION */
	const char *name; /* with underscores */
	const struct ib_elf_module *facts;
	size_t order;             /* place in modules.order; those that are not there come behind */
	uint32_t index;           /* place in the sorted list: the priority in the tries */
	struct ib_module **needs; /* each once, in the order of its symbols */
	size_t need_count;
	size_t users;
	size_t rank; /* topological: users before what they use */
	bool in_cycle;
};

struct ib_module_set {
	struct ib_module **items; /* in order */
	size_t count;
	struct ib_map *symbols;  /* name → struct ib_module */
	struct ib_strings names; /* of the symbols, sorted */
};

/* All that depmod writes, into the folder of the version. */
int ib_modules_write(struct ib_state *state, const char *folder, const struct ib_module_set *set,
		     struct ib_error *err) IB_MUST_CHECK;

/* A binary index: keys with values, each with a priority. */
struct ib_module_index;

struct ib_module_index *ib_module_index_new(void);
void ib_module_index_free(struct ib_module_index *index);
/* A key with bytes beyond ASCII, or longer than kmod reads, is left out. */
void ib_module_index_add(struct ib_module_index *index, const char *key, const char *value,
			 uint32_t priority);
/* out has room for 512 MiB. */
int ib_module_index_write(struct ib_module_index *index, struct ib_buffer *out,
			  struct ib_error *err) IB_MUST_CHECK;

IB_DEFINE_AUTO(ib_module_index);

#endif
