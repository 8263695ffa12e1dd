/* SPDX-License-Identifier: Apache-2.0 */
/*
 * elf - what an ELF file says of itself.
 *
 * Reads 32 and 64 bits, little and big endian, from bytes in memory, and
 * believes none of them: every offset and count is compared with the size of
 * the file before it is used, every string ends inside its table. What is read
 * is copied into the caller's arena, so the bytes may go away.
 *
 * Two questions are answered: what the dynamic loader wants to know of a
 * program or library, with its defences (ib_elf_read), and what depmod wants to know of a kernel
 * module (ib_elf_read_module). A file that is not ELF, or a damaged one, is
 * IB_INPUT; the text says which part.
 */
#ifndef IB_ELF_H
#define IB_ELF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/base.h"

/* e_machine, as far as somebody here cares. */
enum ib_elf_machine {
	IB_ELF_386 = 3,
	IB_ELF_PPC64 = 21,
	IB_ELF_S390 = 22,
	IB_ELF_ARM = 40,
	IB_ELF_X86_64 = 62,
	IB_ELF_AARCH64 = 183,
	IB_ELF_RISCV = 243,
};

/* e_type */
enum ib_elf_type { IB_ELF_RELOCATABLE = 1, IB_ELF_EXECUTABLE = 2, IB_ELF_SHARED = 3 };

struct ib_elf {
	uint32_t bits; /* 32 or 64 */
	bool big_endian;
	uint16_t type;
	uint16_t machine;
	uint32_t flags;          /* e_flags */
	bool is_dynamic;         /* has a dynamic section */
	const char *soname;      /* or NULL */
	const char *interpreter; /* the dynamic loader, or NULL */
	const char *const *needed;
	size_t needed_count;
	bool has_abi;        /* a GNU ABI note stands there: */
	uint32_t abi_os;     /* 0: Linux */
	uint32_t abi_kernel; /* oldest kernel, as (major << 16 | minor << 8 | patch) */

	/* Defences; policy/ judges them. */
	bool is_pie;               /* a program that may be loaded anywhere */
	bool has_relro;            /* a segment that is read-only after relocation */
	bool binds_now;            /* all of its symbols are bound before it starts */
	bool has_executable_stack; /* asks for one, or says nothing */
	bool has_text_relocations;
	bool has_symbols; /* names of symbols are there, so that the next one means something */
	bool has_canary;  /* the compiler's stack protector is called somewhere */
	bool is_go;       /* made by Go's compiler, which needs no canary */
	uint32_t branch_protection; /* x86: 1 IBT, 2 shadow stack; AArch64: 1 BTI, 2 PAC */
};

/* Whether the bytes begin like an ELF file. */
bool ib_elf_is(const void *data, size_t size);
int ib_elf_read(const void *data, size_t size, struct ib_arena *arena, struct ib_elf **ret_elf,
		struct ib_error *err) IB_MUST_CHECK;

/*
 * A path of the machine that built it, found in an ELF file's strings (of rpmbuild's
 * folders), or NULL.
 */
const char *ib_elf_build_path(const void *data, size_t size, struct ib_arena *arena);

struct ib_elf_module {
	const char *const *info; /* "key=value" of .modinfo, in order */
	size_t info_count;
	const char *const *exported; /* symbols that other modules may use, in order */
	size_t exported_count;
	const char *const
		*undefined; /* symbols that it needs, in the order of its table; each once */
	size_t undefined_count;
};

int ib_elf_read_module(const void *data, size_t size, struct ib_arena *arena,
		       struct ib_elf_module **ret_module, struct ib_error *err) IB_MUST_CHECK;

#endif
