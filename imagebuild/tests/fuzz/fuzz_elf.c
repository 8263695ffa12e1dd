/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as an ELF file: read or refused, never more. */
#include "elf/elf.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	IB_AUTO(ib_arena) arena = ib_arena_new();
	struct ib_error err = IB_ERROR_INIT;
	struct ib_elf *elf = NULL;
	struct ib_elf_module *module = NULL;

	if (ib_elf_read(data, size, arena, &elf, &err) < 0)
		ib_error_clear(&err);
	if (ib_elf_read_module(data, size, arena, &module, &err) < 0)
		ib_error_clear(&err);
	return 0;
}
