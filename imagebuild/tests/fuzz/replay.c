/* SPDX-License-Identifier: Apache-2.0 */
/* Stands in for a fuzzer: runs one target over every file named on the command line. */
#include <stdio.h>
#include <stdlib.h>

#include "base/base.h"

#define MAX_BYTES (64U << 20)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int replay(const char *path, struct ib_error *err)
{
	IB_AUTO_BUFFER(input, MAX_BYTES);
	ib_autofree uint8_t *exact = NULL;

	IB_TRY(ib_file_read(path, &input, err));
	/* a block of just that size, so that a sanitizer sees one byte too far */
	exact = ib_memdup(input.data, input.size);
	(void)LLVMFuzzerTestOneInput(exact, input.size);
	return 0;
}

int main(int argc, char **argv)
{
	struct ib_error err = IB_ERROR_INIT;
	int i = 0;

	for (i = 1; i < argc; i++) {
		if (replay(argv[i], &err) == 0)
			continue;
		fprintf(stderr, "%s: %s\n", argv[0], err.text);
		ib_error_clear(&err);
		return 1;
	}
	return 0;
}
