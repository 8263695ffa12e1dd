/* SPDX-License-Identifier: Apache-2.0 */
#include "package/lock_fields.h"

#include <string.h>

#include "package/package.h"

/* Where a NEVRA has its seams: name-[epoch:]version-release.arch. */
struct seams {
	const char *evr; /* behind the first of the two last dashes */
	const char *dot; /* in front of arch */
};

static bool find_seams(const char *nevra, struct seams *ret_seams)
{
	const char *dot = strrchr(nevra, '.');
	const char *dash = dot;
	unsigned dashes = 0;

	if (!dot || !dot[1])
		return false;
	while (dash > nevra && dashes < 2)
		dashes += *--dash == '-';
	if (dashes < 2 || dash == nevra)
		return false;
	*ret_seams = (struct seams){ dash + 1, dot };
	return true;
}

static bool is_printable(const char *text)
{
	if (!*text)
		return false;
	for (; *text; text++)
		if (*text <= ' ' || *text == 0x7f)
			return false;
	return true;
}

static bool is_nevra(const char *text)
{
	struct seams seams;

	return is_printable(text) && !strchr(text, '/') && find_seams(text, &seams);
}

static bool is_sha256(const char *text)
{
	return ib_hex_is(text, 64);
}

/* Version 4 keys have 40 digits, version 6 keys 64. */
static bool is_fingerprint(const char *text)
{
	size_t size = strlen(text);

	return (size == 40 || size == 64) && strspn(text, "0123456789ABCDEF") == size;
}

static bool is_repository(const char *text)
{
	return is_printable(text) && !strchr(text, '/');
}

static bool is_location(const char *text)
{
	const char *c = NULL;

	for (c = text; *c; c++)
		if ((uint8_t)*c < ' ' || *c == 0x7f)
			return false;
	return ib_path_is_inside(text);
}

static bool is_source(const char *text)
{
	return !*text || (is_printable(text) && !strchr(text, '/') && ib_str_ends(text, ".rpm"));
}

static bool is_kind(const char *text)
{
	int i = 0;

	for (i = 0; i <= IB_SCRIPTLET_TRANSACTION_TRIGGER; i++)
		if (!strcmp(text, ib_scriptlet_kind_name((enum ib_scriptlet_kind)i)))
			return true;
	return false;
}

/* "skip", "run", or "native" and the families that do what it would have done. */
static bool is_decision(const char *text)
{
	static const char native[] = "native ";
	const char *families = text + strlen(native);

	if (!strcmp(text, "skip") || !strcmp(text, "run"))
		return true;
	return ib_str_starts(text, native) && *families &&
	       strspn(families, "abcdefghijklmnopqrstuvwxyz0123456789_-,.") == strlen(families);
}

/* One line of free text, as repositories and packages have it. */
static bool is_line(const char *text)
{
	for (; *text; text++)
		if ((uint8_t)*text < ' ' || *text == 0x7f)
			return false;
	return true;
}

static bool is_dependency(const char *text)
{
	return *text && is_line(text);
}

bool ib_lock_is_account(const char *line)
{
	const char *name = ib_str_starts(line, "user ")    ? line + strlen("user ")
			   : ib_str_starts(line, "group ") ? line + strlen("group ")
							   : "";
	size_t size = strcspn(name, " :");
	uint64_t id = 0;

	return size && name[size] == ' ' && is_line(name) &&
	       ib_str_to_u64(name + size + 1, UINT32_MAX, &id);
}

static bool is_architecture(const char *text)
{
	return !strcmp(text, "x86_64") || !strcmp(text, "aarch64");
}

#define PACKAGE(member)   offsetof(struct ib_lock_package, member)
#define SCRIPTLET(member) offsetof(struct ib_lock_scriptlet, member)

const struct ib_lock_field ib_lock_package_fields[] = {
	{ "nevra", PACKAGE(nevra), is_nevra, "name-[epoch:]version-release.arch" },
	{ "sha256", PACKAGE(sha256), is_sha256, "a SHA-256" },
	{ "repository", PACKAGE(repository), is_repository, "a repository id" },
	{ "location", PACKAGE(location), is_location, "a path inside the repository" },
	{ "source", PACKAGE(source_rpm), is_source, "the file name of a source package" },
	{ "signer", PACKAGE(signer), is_fingerprint, "a fingerprint" },
	{ "header", PACKAGE(header_sha256), is_sha256, "a SHA-256" },
};
const size_t ib_lock_package_field_count = IB_COUNT(ib_lock_package_fields);

const struct ib_lock_field ib_lock_scriptlet_fields[] = {
	{ "kind", SCRIPTLET(kind), is_kind, "a kind of scriptlet" },
	{ "digest", SCRIPTLET(digest), is_sha256, "a SHA-256" },
	{ "decision", SCRIPTLET(decision), is_decision, "'skip', 'run' or 'native FAMILY'" },
};
const size_t ib_lock_scriptlet_field_count = IB_COUNT(ib_lock_scriptlet_fields);

const struct ib_lock_field ib_lock_repository_id = { "id", offsetof(struct ib_lock_repository, id),
						     is_repository, "a repository id" };
const struct ib_lock_field ib_lock_repository_repomd = {
	"repomd", offsetof(struct ib_lock_repository, repomd_sha256), is_sha256, "a SHA-256"
};
const struct ib_lock_field ib_lock_repository_revision = {
	"revision", offsetof(struct ib_lock_repository, revision), is_line, "one line"
};
const struct ib_lock_field ib_lock_architecture = { "architecture",
						    offsetof(struct ib_lock, architecture),
						    is_architecture, "x86_64 or aarch64" };
const struct ib_lock_field ib_lock_effects = { "effects", SCRIPTLET(effects), is_sha256,
					       "a SHA-256" };
const struct ib_lock_field ib_lock_dependency = { "why", offsetof(struct ib_lock_why, dependency),
						  is_dependency, "what a package asks for" };

const char *ib_lock_reason_key(enum ib_lock_reason reason)
{
	switch (reason) {
	case IB_LOCK_ABSENT:
		return NULL;
	case IB_LOCK_WISHED:
		return "wish";
	case IB_LOCK_REQUIRED:
		return "requires";
	case IB_LOCK_RECOMMENDED:
		return "recommends";
	case IB_LOCK_SUPPLEMENTS:
		return "supplements";
	}
	return NULL;
}

const char *const *ib_lock_field_of(const struct ib_lock_field *field, const void *item)
{
	return (const void *)((const char *)item + field->offset);
}

const char **ib_lock_member_of(const struct ib_lock_field *field, void *item)
{
	return (void *)((char *)item + field->offset);
}

void ib_lock_split_nevra(struct ib_arena *arena, struct ib_lock_package *package)
{
	struct seams seams = { 0 };

	if (!find_seams(package->nevra, &seams))
		return;
	package->name =
		ib_arena_strf(arena, "%.*s", (int)(seams.evr - 1 - package->nevra), package->nevra);
	package->arch = ib_arena_strdup(arena, seams.dot + 1);
}

int ib_lock_compare_versions(const char *a, const char *b)
{
	struct seams left = { a, a };
	struct seams right = { b, b };
	ib_autofree char *left_evr = NULL;
	ib_autofree char *right_evr = NULL;

	(void)find_seams(a, &left);
	(void)find_seams(b, &right);
	left_evr = ib_strndup(left.evr, (size_t)(left.dot - left.evr));
	right_evr = ib_strndup(right.evr, (size_t)(right.dot - right.evr));
	return ib_evr_compare(left_evr, right_evr);
}
