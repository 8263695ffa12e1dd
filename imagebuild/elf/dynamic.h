/* SPDX-License-Identifier: Apache-2.0 */
/* dynamic - what the files that read a dynamic section share; inside elf/ only. */
#ifndef IB_ELF_DYNAMIC_H
#define IB_ELF_DYNAMIC_H

#include "elf/reader.h"

/* The value of the first entry with this tag; false where there is none. */
bool ib_elf_find_tag(const struct ib_elf_reader *reader, const struct ib_elf_span *dynamic,
		     uint64_t tag, uint64_t *ret_value);
/* The names that the dynamic section speaks of; false where they do not lie in the file. */
bool ib_elf_string_table(const struct ib_elf_reader *reader, const struct ib_elf_span *dynamic,
			 struct ib_elf_span *ret_table);
/* Fills what elf says of its defences; dynamic may be of size 0. */
void ib_elf_read_hardening(const struct ib_elf_reader *reader, const struct ib_elf_span *dynamic,
			   struct ib_elf *elf);

#endif
