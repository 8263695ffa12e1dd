/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The report as documents: our own JSON, and SARIF 2.1.0 (OASIS standard, sections
 * 3.13 run, 3.27 result, 3.35 suppression, 3.49 reportingDescriptor).
 */
#include <stdio.h>
#include <string.h>

#include "policy/policy.h"
#include "json/json.h"

static void put_summary(struct ib_json_writer *json, const struct ib_policy_report *report)
{
	ib_json_member_object(json, "summary");
	ib_json_member_integer(json, "errors", (int64_t)report->open[IB_SEVERITY_ERROR]);
	ib_json_member_integer(json, "warnings", (int64_t)report->open[IB_SEVERITY_WARNING]);
	ib_json_member_integer(json, "notes", (int64_t)report->open[IB_SEVERITY_NOTE]);
	ib_json_member_integer(json, "allowed", (int64_t)report->allowed);
	ib_json_end_object(json);
}

static void put_finding(struct ib_json_writer *json, const struct ib_finding *finding)
{
	ib_json_begin_object(json);
	ib_json_member_string(json, "rule", finding->rule->id);
	ib_json_member_string(json, "severity", ib_severity_name(finding->severity));
	ib_json_member_string(json, "where", finding->where);
	ib_json_member_string(json, "value", finding->value);
	ib_json_member_string(json, "message", finding->message);
	ib_json_member_string(json, "origin", finding->origin);
	ib_json_member_string(json, "help", finding->rule->help);
	ib_json_member_string(json, "allowed", finding->allowed);
	ib_json_end_object(json);
}

static void put_elf(struct ib_json_writer *json, const struct ib_elf_verdict *verdict)
{
	size_t i = 0;

	ib_json_begin_object(json);
	ib_json_member_string(json, "path", verdict->path);
	for (i = 0; i < IB_ELF_PROPERTY_COUNT; i++)
		if (verdict->has[i] >= 0)
			ib_json_member_bool(json, ib_elf_property_name((enum ib_elf_property)i),
					    verdict->has[i] == 1);
	ib_json_end_object(json);
}

static void put_shares(struct ib_json_writer *json, const struct ib_policy_report *report)
{
	size_t i = 0;
	size_t j = 0;

	ib_json_member_object(json, "elf_shares");
	for (i = 0; i < IB_ELF_PROPERTY_COUNT; i++) {
		int64_t with = 0;
		int64_t of = 0;

		for (j = 0; j < report->elf_count; j++) {
			with += report->elf[j].has[i] == 1;
			of += report->elf[j].has[i] >= 0;
		}
		ib_json_member_object(json, ib_elf_property_name((enum ib_elf_property)i));
		ib_json_member_integer(json, "with", with);
		ib_json_member_integer(json, "of", of);
		ib_json_end_object(json);
	}
	ib_json_end_object(json);
}

static void put_image(struct ib_json_writer *json, const struct ib_policy_image *image)
{
	ib_json_member_object(json, "image");
	ib_json_member_string(json, "id", image->id);
	ib_json_member_string(json, "version", image->version);
	ib_json_member_string(json, "architecture", image->architecture);
	ib_json_member_string(json, "root_hash", image->root_hash);
	ib_json_end_object(json);
}

int ib_policy_write_json(const struct ib_policy_report *report, const struct ib_policy_image *image,
			 struct ib_buffer *out, struct ib_error *err)
{
	IB_AUTO(ib_json_writer) json = ib_json_writer_to_buffer(out, IB_JSON_LINES);
	size_t i = 0;

	ib_json_begin_object(json);
	ib_json_member_string(json, "format", "imagebuild-policy");
	ib_json_member_integer(json, "format_version", 1);
	put_image(json, image);
	ib_json_member_string(json, "verdict",
			      report->open[IB_SEVERITY_ERROR] ? "refused" : "passed");
	if (report->profile_name) {
		ib_json_member_object(json, "profile");
		ib_json_member_string(json, "name", report->profile_name);
		ib_json_member_string(json, "sha256", report->profile_sha256);
		ib_json_end_object(json);
	}
	put_summary(json, report);
	ib_json_member_array(json, "findings");
	for (i = 0; i < report->finding_count; i++)
		put_finding(json, &report->findings[i]);
	ib_json_end_array(json);
	put_shares(json, report);
	ib_json_member_array(json, "elf");
	for (i = 0; i < report->elf_count; i++)
		put_elf(json, &report->elf[i]);
	ib_json_end_array(json);
	ib_json_end_object(json);
	return ib_json_finish(json, err);
}

/* ---- SARIF --------------------------------------------------------------------------- */

static void put_text(struct ib_json_writer *json, const char *key, const char *text)
{
	ib_json_member_object(json, key);
	ib_json_member_string(json, "text", text);
	ib_json_end_object(json);
}

static void put_rules(struct ib_json_writer *json)
{
	const struct ib_rule *rule = NULL;
	size_t i = 0;

	ib_json_member_array(json, "rules");
	for (i = 0; (rule = ib_rule_at(i)); i++) {
		ib_json_begin_object(json);
		ib_json_member_string(json, "id", rule->id);
		put_text(json, "shortDescription", rule->title);
		put_text(json, "help", rule->help);
		ib_json_member_object(json, "defaultConfiguration");
		ib_json_member_string(json, "level", ib_severity_name(rule->severity));
		ib_json_end_object(json);
		ib_json_end_object(json);
	}
	ib_json_end_array(json);
}

static size_t index_of(const struct ib_rule *rule)
{
	size_t i = 0;

	while (ib_rule_at(i) != rule)
		i++;
	return i;
}

/* A path is a place in the root; a unit or a setting is a logical one. */
static void put_location(struct ib_json_writer *json, const char *where)
{
	ib_json_member_array(json, "locations");
	ib_json_begin_object(json);
	if (*where == '/' && where[1]) {
		ib_autofree char *url = ib_path_to_url(where + 1);

		ib_json_member_object(json, "physicalLocation");
		ib_json_member_object(json, "artifactLocation");
		ib_json_member_string(json, "uri", url);
		ib_json_member_string(json, "uriBaseId", "ROOT");
		ib_json_end_object(json);
		ib_json_end_object(json);
	} else {
		ib_json_member_array(json, "logicalLocations");
		ib_json_begin_object(json);
		ib_json_member_string(json, "fullyQualifiedName", where);
		ib_json_end_object(json);
		ib_json_end_array(json);
	}
	ib_json_end_object(json);
	ib_json_end_array(json);
}

static void put_result(struct ib_json_writer *json, const struct ib_finding *finding)
{
	ib_json_begin_object(json);
	ib_json_member_string(json, "ruleId", finding->rule->id);
	ib_json_member_integer(json, "ruleIndex", (int64_t)index_of(finding->rule));
	ib_json_member_string(json, "level", ib_severity_name(finding->severity));
	put_text(json, "message", finding->message);
	put_location(json, finding->where);
	ib_json_member_object(json, "partialFingerprints");
	ib_json_member_stringf(json, "place/v1", "%s %s %s", finding->rule->id, finding->where,
			       finding->value);
	ib_json_end_object(json);
	if (finding->allowed) {
		ib_json_member_array(json, "suppressions");
		ib_json_begin_object(json);
		ib_json_member_string(json, "kind", "external");
		ib_json_member_string(json, "status", "accepted");
		ib_json_member_string(json, "justification", finding->allowed);
		ib_json_end_object(json);
		ib_json_end_array(json);
	}
	if (*finding->value || *finding->origin) {
		ib_json_member_object(json, "properties");
		ib_json_member_string(json, "value", finding->value);
		ib_json_member_string(json, "origin", finding->origin);
		ib_json_end_object(json);
	}
	ib_json_end_object(json);
}

static void put_run(struct ib_json_writer *json, const struct ib_policy_report *report,
		    const struct ib_policy_image *image)
{
	size_t i = 0;

	ib_json_begin_object(json);
	ib_json_member_object(json, "tool");
	ib_json_member_object(json, "driver");
	ib_json_member_string(json, "name", "imagebuild");
	ib_json_member_string(json, "version", image->tool_version);
	put_rules(json);
	ib_json_end_object(json);
	ib_json_end_object(json);
	ib_json_member_object(json, "originalUriBaseIds");
	ib_json_member_object(json, "ROOT");
	put_text(json, "description", "the root file system of the image");
	ib_json_end_object(json);
	ib_json_end_object(json);
	if (image->root_hash) {
		ib_json_member_object(json, "properties");
		ib_json_member_string(json, "rootHash", image->root_hash);
		ib_json_end_object(json);
	}
	ib_json_member_array(json, "results");
	for (i = 0; i < report->finding_count; i++)
		put_result(json, &report->findings[i]);
	ib_json_end_array(json);
	ib_json_end_object(json);
}

int ib_policy_write_sarif(const struct ib_policy_report *report,
			  const struct ib_policy_image *image, struct ib_buffer *out,
			  struct ib_error *err)
{
	IB_AUTO(ib_json_writer) json = ib_json_writer_to_buffer(out, IB_JSON_LINES);

	ib_json_begin_object(json);
	ib_json_member_string(json, "$schema", "https://json.schemastore.org/sarif-2.1.0.json");
	ib_json_member_string(json, "version", "2.1.0");
	ib_json_member_array(json, "runs");
	put_run(json, report, image);
	ib_json_end_array(json);
	ib_json_end_object(json);
	return ib_json_finish(json, err);
}
