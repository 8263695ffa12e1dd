/* SPDX-License-Identifier: Apache-2.0 */
/*
 * policy - whether a root file system is as hard and as small as it was meant to be.
 *
 * Rules look at the finished tree and at the facts of its contents; what they
 * find has a stable id (the rule's), a severity, a place, a value, a sentence and
 * what to do. Nothing here reads payloads, asks a clock or knows a recipe: the
 * same tree and settings give the same findings in the same order.
 *
 * An allowance names a rule, a place, if need be the value as well, and the
 * reason; a finding that it covers stays in the report with that reason, and
 * counts no more. A finding of severity error that nothing covers refuses the image
 * (ib_policy_verdict()).
 *
 * The report is written as JSON of our own, as SARIF 2.1.0, and as text by cli/.
 */
#ifndef IB_POLICY_H
#define IB_POLICY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/base.h"
#include "package/package.h"
#include "policy/size.h"
#include "tree/tree.h"

enum ib_severity { IB_SEVERITY_NOTE, IB_SEVERITY_WARNING, IB_SEVERITY_ERROR };

const char *ib_severity_name(enum ib_severity severity); /* as SARIF's levels */

struct ib_rule {
	const char *id;
	enum ib_severity severity; /* of its findings, unless a profile says otherwise */
	const char *title;
	const char *help; /* what to do about a finding, a full sentence */
};

/* The rules in the order of their ids; NULL behind the last. */
const struct ib_rule *ib_rule_at(size_t i);
const struct ib_rule *ib_rule_find(const char *id);

struct ib_allowance {
	const char *rule;  /* id */
	const char *where; /* pattern of paths, or the unit, package or setting */
	const char *value; /* what the finding's value must be; NULL: any */
	const char *reason;
};

/* What of an ELF file is counted; names as in reports and recipes. */
enum ib_elf_property {
	IB_ELF_PIE,
	IB_ELF_RELRO,
	IB_ELF_BIND_NOW,
	IB_ELF_NX,
	IB_ELF_CANARY,
	IB_ELF_BRANCH_PROTECTION,
	IB_ELF_PROPERTY_COUNT,
};
const char *ib_elf_property_name(enum ib_elf_property property);

/* What may not be exceeded; 0: no limit. */
struct ib_budgets {
	uint64_t root_image_bytes;
	uint64_t package_bytes; /* what one package's files take, installed */
	uint32_t packages;
	uint32_t setuid; /* files that are setuid or setgid or have capabilities */
};

struct ib_policy_settings {
	const struct ib_allowance *allowances;
	size_t allowance_count;
	const char *const *forbidden; /* kinds of programs: ib_forbidden_kind() */
	size_t forbidden_count;
	uint32_t elf_percent[IB_ELF_PROPERTY_COUNT]; /* the least share; 0: none asked for */
	const char *profile;      /* file with kernel options and settings, or NULL */
	const char *profile_name; /* how reports call it */
	struct ib_budgets budgets;
};

/* Kinds of programs that may be forbidden; NULL behind the last. */
const char *ib_forbidden_kind(size_t i);

/* What is judged; everything is borrowed. */
struct ib_policy_subject {
	const struct ib_tree *tree; /* finished */
	/* What is known of a regular file's content, or NULL. */
	const struct ib_fact *(*fact)(void *context, const struct ib_node *node);
	void *context;
	const struct ib_package *const *packages; /* of the root */
	size_t package_count;
	uint64_t root_image_bytes; /* 0: not known */
};

struct ib_finding {
	const struct ib_rule *rule;
	enum ib_severity severity;
	const char *where;   /* path, unit, setting, package */
	const char *value;   /* what was found there, or "" */
	const char *message; /* a sentence without full stop */
	const char *origin;  /* "package NEVRA", "overlay NAME", "generator NAME", or "" */
	const char *allowed; /* the reason, or NULL */
};

/* One ELF file; what does not apply to it is -1, what it lacks 0. */
struct ib_elf_verdict {
	const char *path;
	int has[IB_ELF_PROPERTY_COUNT];
};

struct ib_policy_report {
	struct ib_finding *findings; /* the gravest first, then by rule and place */
	size_t finding_count;
	size_t open[IB_SEVERITY_ERROR + 1]; /* not allowed, by severity */
	size_t allowed;
	struct ib_elf_verdict *elf; /* by path */
	size_t elf_count;
	char profile_sha256[65]; /* "" without a profile */
	const char *profile_name;
	struct ib_arena *arena; /* owned */
};

/* IB_INPUT when the profile is not in order. */
int ib_policy_check(const struct ib_policy_subject *subject,
		    const struct ib_policy_settings *settings, struct ib_policy_report **ret_report,
		    struct ib_error *err) IB_MUST_CHECK;
void ib_policy_report_free(struct ib_policy_report *report);

/* IB_REFUSED with the first of the errors that nothing allows; else 0. */
int ib_policy_verdict(const struct ib_policy_report *report, struct ib_error *err) IB_MUST_CHECK;

/* What a document says of the image beside the findings. */
struct ib_policy_image {
	const char *id, *version, *architecture; /* or NULL */
	const char *root_hash;                   /* hex, or NULL */
	const char *tool_version;
};

/* imagebuild's own document: imagebuild/policy/policy.schema.json. */
int ib_policy_write_json(const struct ib_policy_report *report, const struct ib_policy_image *image,
			 struct ib_buffer *out, struct ib_error *err) IB_MUST_CHECK;
/* SARIF 2.1.0 (OASIS). */
int ib_policy_write_sarif(const struct ib_policy_report *report,
			  const struct ib_policy_image *image, struct ib_buffer *out,
			  struct ib_error *err) IB_MUST_CHECK;

#define IB_POLICY_MAX_DOCUMENT ((size_t)256 << 20)

IB_DEFINE_AUTO(ib_policy_report);

#endif
