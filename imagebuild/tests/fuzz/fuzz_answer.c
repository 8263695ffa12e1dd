/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as the answer of a remote cache: read or refused, never more. */
#include "build/remote_answer.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct ib_remote_question question = { .key = "blocks 1\nkey\n" };
	struct ib_remote_answer answer;
	struct ib_error err = IB_ERROR_INIT;

	if (ib_remote_answer_read(data, size, &question, &answer, &err) < 0)
		ib_error_clear(&err);
	return 0;
}
