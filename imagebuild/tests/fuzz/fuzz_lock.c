/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as a lock: refused, or one whose text is these very bytes. */
#include <stdlib.h>
#include <string.h>

#include "package/lock.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	ib_autofree char *text = ib_strndup((const char *)data, size);
	ib_autofree char *again = NULL;
	struct ib_error err = IB_ERROR_INIT;
	IB_AUTO(ib_locks) locks = NULL;

	if (ib_locks_parse(text, "lock", &locks, &err) < 0) {
		ib_error_clear(&err);
		return 0;
	}
	again = ib_locks_text(locks);
	if (strcmp(text, again) != 0)
		abort();
	return 0;
}
