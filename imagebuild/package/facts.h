/* SPDX-License-Identifier: Apache-2.0 */
/*
 * facts - what is learnt of a package's contents while its payload streams by.
 *
 * Payloads are read once. Whoever streams asks ib_facts_wants() for each file
 * and hands over the whole content of those that are wanted: small texts that
 * generators and checks read (sysusers.d, units, os-release, certificates...) are
 * kept, of ELF files only what they say of themselves, of what else can be executed
 * the first line, of a few kinds the first bytes. Generators and checks read
 * facts, never payloads.
 *
 * One struct ib_facts is one package; a file is named by its number in the
 * package (for hard links: of the file that carries the content, as in
 * tree/source.h), so that links and aliased folders need no thought here.
 * Different packages may be filled by different threads.
 */
#ifndef IB_PACKAGE_FACTS_H
#define IB_PACKAGE_FACTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/base.h"
#include "elf/elf.h"

struct ib_fact {
	uint32_t file; /* number of the file in its package */
	const char *path;
	const char *data;         /* the content, with a NUL behind it; NULL when it was not kept */
	size_t size;              /* of data; without data, of the file */
	const struct ib_elf *elf; /* programs and libraries, else NULL */
	const struct ib_elf_module *module; /* kernel modules, else NULL */
	const char *build_path;             /* a path of its build baked into it, or NULL */
	const char *problem; /* why elf or module is missing although it should be there, or NULL */
};

struct ib_facts;

struct ib_facts *ib_facts_new(void);
void ib_facts_free(struct ib_facts *facts);

/*
 * Whether the content of this file is needed; path as in the package (absolute,
 * through whatever links), mode with its type bits. A file that is larger than
 * anybody would make it is not.
 */
bool ib_facts_wants(const char *path, uint32_t mode, uint64_t size);
/* Whether all of a file of that path is kept, as long as it is not too large. */
bool ib_facts_keeps(const char *path);
/* Takes what matters out of a content that was wanted. All texts of a package together: IB_LIMIT. */
int ib_facts_add(struct ib_facts *facts, uint32_t file, const char *path, const void *data,
		 size_t size, struct ib_error *err) IB_MUST_CHECK;

size_t ib_facts_count(const struct ib_facts *facts);
const struct ib_fact *ib_facts_get(const struct ib_facts *facts, size_t i); /* in order of adding */
/* NULL where nothing was learnt. */
const struct ib_fact *ib_facts_find(const struct ib_facts *facts, uint32_t file);
const struct ib_fact *ib_facts_find_path(const struct ib_facts *facts, const char *path);

/*
 * Facts as bytes, to be kept beside a package's blocks, and back. What those bytes say depends on
 * the table of what is of interest and on the form: ib_facts_form() is a text that
 * differs when either does, to be part of the key under which they are kept. Bytes that
 * are no facts are false; they are believed otherwise, so keep them where nobody else writes.
 */
void ib_facts_write(const struct ib_facts *facts, struct ib_buffer *out);
/* From bytes' place from on to its end; facts that were read take the buffer over and leave it empty. */
bool ib_facts_read(struct ib_buffer *bytes, size_t from, struct ib_facts **ret_facts) IB_MUST_CHECK;
void ib_facts_form(struct ib_buffer *out);

/* The same for a content that is in no package (an overlay's); lives in the arena, never fails. */
const struct ib_fact *ib_fact_of(struct ib_arena *arena, const char *path, const void *data,
				 size_t size);

IB_DEFINE_AUTO(ib_facts);

#endif
