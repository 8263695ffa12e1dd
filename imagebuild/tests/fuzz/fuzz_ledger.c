/* SPDX-License-Identifier: Apache-2.0 */
/* Any text as a scriptlet: judged, whatever it says. */
#include "state/ledger.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	IB_AUTO(ib_arena) arena = ib_arena_new();
	ib_autofree char *text = ib_strndup((const char *)data, size);
	const struct ib_package package = { .name = "fuzz" };
	struct ib_scriptlet scriptlet = { .kind = IB_SCRIPTLET_POST, .text = text };
	struct ib_verdict verdict = { 0 };

	scriptlet.interpreter = "/bin/sh";
	ib_ledger_judge(&package, &scriptlet, arena, &verdict);
	scriptlet.interpreter = "<lua>";
	ib_ledger_judge(&package, &scriptlet, arena, &verdict);
	return 0;
}
