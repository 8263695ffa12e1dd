/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as an envelope, as sums, as JSON: read or refused, never more. */
#include <string.h>

#include "evidence/evidence.h"
#include "signing/signing.h"
#include "json/json.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	IB_AUTO(ib_arena) arena = ib_arena_new();
	IB_AUTO(ib_dsse) envelope = NULL;
	IB_AUTO(ib_json) value = NULL;
	ib_autofree char *text = ib_strndup((const char *)data, size);
	ib_autofree char *bytes = ib_json_decode_bytes(text);
	struct ib_error err = IB_ERROR_INIT;
	const struct ib_sum *sums = NULL;
	size_t count = 0;

	if (ib_dsse_read(data, size, "input", &envelope, &err) < 0)
		ib_error_clear(&err);
	else if (ib_dsse_verify(envelope, IB_STATEMENT_TYPE, NULL, 0, NULL, &err) < 0)
		ib_error_clear(&err);
	if (ib_json_parse(data, size, "input", &value, &err) < 0)
		ib_error_clear(&err);
	if (ib_sums_parse(text, "input", arena, &sums, &count, &err) < 0)
		ib_error_clear(&err);
	(void)bytes; /* decoded for its own sake */
	(void)ib_licence_is_expression(text);
	return 0;
}
