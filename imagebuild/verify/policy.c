/* SPDX-License-Identifier: Apache-2.0 */
/* The report of the rules: of this image, and without a finding that refuses it. */
#include <string.h>

#include "verify/chain.h"

#define MAX_REPORT ((size_t)256 << 20)

/* Findings of severity error that no reason allows; believed rather than the summary. */
static const char *open_error(const struct ib_json *report)
{
	const struct ib_json *findings = ib_json_get(report, "findings");
	size_t i = 0;

	for (i = 0; i < ib_json_count(findings); i++) {
		const struct ib_json *finding = ib_json_at(findings, i);

		if (ib_str_equal(ib_json_get_string(finding, "severity"), "error") &&
		    !ib_json_get_string(finding, "allowed"))
			return ib_json_get_string(finding, "message");
	}
	return NULL;
}

int ib_prove_policy(struct ib_chain *chain, struct ib_error *err)
{
	const struct ib_sum *sum = ib_chain_find(chain, ".policy.json");
	IB_AUTO(ib_json) report = NULL;
	IB_AUTO_BUFFER(text, MAX_REPORT);
	const char *hash = NULL;
	const char *finding = NULL;

	if (!sum)
		return ib_chain_absent(chain, "no report of the rules was released");
	IB_TRY(ib_chain_read(chain, sum, &text, err));
	IB_TRY(ib_json_parse(text.data, text.size, sum->name, &report, err));
	hash = ib_json_get_string(ib_json_get(report, "image"), "root_hash");
	if (!ib_str_equal(hash ? hash : "", chain->root_hash))
		return ib_fail(err, IB_TRUST, "the report of the rules names the root hash %s",
			       hash ? hash : "(none)");
	finding = open_error(report);
	if (finding)
		return ib_fail(err, IB_TRUST, "the report has a finding that refuses the image: %s",
			       finding);
	if (!ib_str_equal(ib_json_get_string(report, "verdict"), "passed"))
		return ib_fail(err, IB_TRUST, "the report does not say that the image passed");
	ib_chain_says(chain, "%zu finding%s, each a warning or allowed with a reason",
		      ib_json_count(ib_json_get(report, "findings")),
		      ib_str_plural(ib_json_count(ib_json_get(report, "findings"))));
	return 0;
}
