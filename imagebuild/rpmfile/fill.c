/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include <rpm/rpmtag.h>

#include "rpmfile/internal.h"

/* Tags younger than the oldest librpm that we build with. */
enum {
	TAG_PREUNTRANS = 5104,
	TAG_POSTUNTRANS = 5105,
	TAG_PREUNTRANSPROG = 5106,
	TAG_POSTUNTRANSPROG = 5107,
};

static const char *text_of(const struct ib_header *header, uint32_t tag, struct ib_arena *arena)
{
	return ib_arena_strdup(arena, ib_header_string(header, tag));
}

/* ---- dependencies -------------------------------------------------------- */

struct ib_dependencies ib_dependencies_fill(const struct ib_header *header, uint32_t names,
					    uint32_t versions, uint32_t flags,
					    struct ib_arena *arena)
{
	const char *const *name = ib_header_strings(header, names, arena);
	const char *const *version = ib_header_strings(header, versions, arena);
	size_t count = name ? ib_header_count(header, names) : 0;
	size_t version_count = version ? ib_header_count(header, versions) : 0;
	struct ib_dependency *items = NULL;
	size_t i = 0;

	if (!count)
		return (struct ib_dependencies){ NULL, 0 };
	items = ib_arena_alloc(arena, count * sizeof(*items));
	for (i = 0; i < count; i++) {
		items[i].name = name[i];
		items[i].evr = i < version_count ? version[i] : "";
		items[i].flags = (uint32_t)ib_header_number(header, flags, i, 0);
	}
	return (struct ib_dependencies){ items, count };
}

static void fill_dependencies(const struct ib_header *header, struct ib_arena *arena,
			      struct ib_package *package)
{
	const struct {
		struct ib_dependencies *list;
		uint32_t names, versions, flags;
	} rows[] = {
		{ &package->requires, RPMTAG_REQUIRENAME, RPMTAG_REQUIREVERSION,
		  RPMTAG_REQUIREFLAGS },
		{ &package->provides, RPMTAG_PROVIDENAME, RPMTAG_PROVIDEVERSION,
		  RPMTAG_PROVIDEFLAGS },
		{ &package->conflicts, RPMTAG_CONFLICTNAME, RPMTAG_CONFLICTVERSION,
		  RPMTAG_CONFLICTFLAGS },
		{ &package->obsoletes, RPMTAG_OBSOLETENAME, RPMTAG_OBSOLETEVERSION,
		  RPMTAG_OBSOLETEFLAGS },
		{ &package->recommends, RPMTAG_RECOMMENDNAME, RPMTAG_RECOMMENDVERSION,
		  RPMTAG_RECOMMENDFLAGS },
		{ &package->suggests, RPMTAG_SUGGESTNAME, RPMTAG_SUGGESTVERSION,
		  RPMTAG_SUGGESTFLAGS },
		{ &package->supplements, RPMTAG_SUPPLEMENTNAME, RPMTAG_SUPPLEMENTVERSION,
		  RPMTAG_SUPPLEMENTFLAGS },
		{ &package->enhances, RPMTAG_ENHANCENAME, RPMTAG_ENHANCEVERSION,
		  RPMTAG_ENHANCEFLAGS },
	};
	size_t i = 0;

	for (i = 0; i < IB_COUNT(rows); i++)
		*rows[i].list = ib_dependencies_fill(header, rows[i].names, rows[i].versions,
						     rows[i].flags, arena);
}

/* ---- scriptlets ---------------------------------------------------------- */

static const char *interpreter_of(const struct ib_header *header, uint32_t tag,
				  struct ib_arena *arena)
{
	const char *const *words = ib_header_strings(header, tag, arena);
	size_t count = words ? ib_header_count(header, tag) : 0;
	const char *line = count ? words[0] : "/bin/sh";
	size_t i = 0;

	for (i = 1; i < count; i++)
		line = ib_arena_strf(arena, "%s %s", line, words[i]);
	return line;
}

/* rpm's flags of a scriptlet (rpmscript.h, which it keeps to itself). */
#define SCRIPT_EXPAND  1U
#define SCRIPT_QFORMAT 2U

/*
 * "%post -e" and "-q": rpm expands macros, or its query format, in the text as it installs. What
 * runs then is not what stands here, so the interpreter is one that nobody takes for a shell.
 */
static const char *or_expanded(const struct ib_header *header, uint32_t tag, size_t i,
			       const char *interpreter, struct ib_arena *arena)
{
	uint64_t flags = tag ? ib_header_number(header, tag, i, 0) : 0;

	return flags & (SCRIPT_EXPAND | SCRIPT_QFORMAT)
		       ? ib_arena_strf(arena, "%s (expanded by rpm)", interpreter)
		       : interpreter;
}

static const struct simple {
	enum ib_scriptlet_kind kind;
	uint32_t text, interpreter, flags;
} simple_tags[] = {
	{ IB_SCRIPTLET_PRE, RPMTAG_PREIN, RPMTAG_PREINPROG, RPMTAG_PREINFLAGS },
	{ IB_SCRIPTLET_POST, RPMTAG_POSTIN, RPMTAG_POSTINPROG, RPMTAG_POSTINFLAGS },
	{ IB_SCRIPTLET_PREUN, RPMTAG_PREUN, RPMTAG_PREUNPROG, RPMTAG_PREUNFLAGS },
	{ IB_SCRIPTLET_POSTUN, RPMTAG_POSTUN, RPMTAG_POSTUNPROG, RPMTAG_POSTUNFLAGS },
	{ IB_SCRIPTLET_PRETRANS, RPMTAG_PRETRANS, RPMTAG_PRETRANSPROG, RPMTAG_PRETRANSFLAGS },
	{ IB_SCRIPTLET_POSTTRANS, RPMTAG_POSTTRANS, RPMTAG_POSTTRANSPROG, RPMTAG_POSTTRANSFLAGS },
	{ IB_SCRIPTLET_PREUNTRANS, TAG_PREUNTRANS, TAG_PREUNTRANSPROG, 0 },
	{ IB_SCRIPTLET_POSTUNTRANS, TAG_POSTUNTRANS, TAG_POSTUNTRANSPROG, 0 },
	{ IB_SCRIPTLET_VERIFY, RPMTAG_VERIFYSCRIPT, RPMTAG_VERIFYSCRIPTPROG,
	  RPMTAG_VERIFYSCRIPTFLAGS },
};

static const struct trigger {
	enum ib_scriptlet_kind kind;
	uint32_t texts, interpreters, names, versions, flags, indexes, script_flags;
} trigger_tags[] = {
	{ IB_SCRIPTLET_TRIGGER, RPMTAG_TRIGGERSCRIPTS, RPMTAG_TRIGGERSCRIPTPROG, RPMTAG_TRIGGERNAME,
	  RPMTAG_TRIGGERVERSION, RPMTAG_TRIGGERFLAGS, RPMTAG_TRIGGERINDEX,
	  RPMTAG_TRIGGERSCRIPTFLAGS },
	{ IB_SCRIPTLET_FILE_TRIGGER, RPMTAG_FILETRIGGERSCRIPTS, RPMTAG_FILETRIGGERSCRIPTPROG,
	  RPMTAG_FILETRIGGERNAME, RPMTAG_FILETRIGGERVERSION, RPMTAG_FILETRIGGERFLAGS,
	  RPMTAG_FILETRIGGERINDEX, RPMTAG_FILETRIGGERSCRIPTFLAGS },
	{ IB_SCRIPTLET_TRANSACTION_TRIGGER, RPMTAG_TRANSFILETRIGGERSCRIPTS,
	  RPMTAG_TRANSFILETRIGGERSCRIPTPROG, RPMTAG_TRANSFILETRIGGERNAME,
	  RPMTAG_TRANSFILETRIGGERVERSION, RPMTAG_TRANSFILETRIGGERFLAGS,
	  RPMTAG_TRANSFILETRIGGERINDEX, RPMTAG_TRANSFILETRIGGERSCRIPTFLAGS },
};

/* The conditions of script number `script`: those whose index names it. */
static struct ib_dependencies conditions_of(const struct ib_header *header,
					    const struct ib_dependencies *all, uint32_t indexes,
					    size_t script, struct ib_arena *arena)
{
	struct ib_dependency *items = NULL;
	size_t count = 0;
	size_t i = 0;

	for (i = 0; i < all->count; i++)
		if (ib_header_number(header, indexes, i, 0) == script)
			count++;
	items = ib_arena_alloc(arena, (count + 1) * sizeof(*items));
	for (i = 0, count = 0; i < all->count; i++)
		if (ib_header_number(header, indexes, i, 0) == script)
			items[count++] = all->items[i];
	return (struct ib_dependencies){ items, count };
}

static size_t fill_triggers(const struct ib_header *header, const struct trigger *tags,
			    struct ib_arena *arena, struct ib_scriptlet *scriptlets)
{
	const char *const *texts = ib_header_strings(header, tags->texts, arena);
	const char *const *interpreters = ib_header_strings(header, tags->interpreters, arena);
	size_t interpreter_count = interpreters ? ib_header_count(header, tags->interpreters) : 0;
	size_t count = texts ? ib_header_count(header, tags->texts) : 0;
	struct ib_dependencies all =
		ib_dependencies_fill(header, tags->names, tags->versions, tags->flags, arena);
	size_t i = 0;

	for (i = 0; i < count; i++) {
		struct ib_scriptlet *s = &scriptlets[i];

		s->kind = tags->kind;
		s->text = texts[i];
		s->interpreter =
			or_expanded(header, tags->script_flags, i,
				    i < interpreter_count ? interpreters[i] : "/bin/sh", arena);
		s->on = conditions_of(header, &all, tags->indexes, i, arena);
		ib_scriptlet_digest(s);
	}
	return count;
}

void ib_package_fill_scriptlets(const struct ib_header *header, struct ib_arena *arena,
				struct ib_package *package)
{
	struct ib_scriptlet *scriptlets = NULL;
	size_t room = IB_COUNT(simple_tags);
	size_t count = 0;
	size_t i = 0;

	for (i = 0; i < IB_COUNT(trigger_tags); i++)
		room += ib_header_count(header, trigger_tags[i].texts);
	scriptlets = ib_arena_alloc(arena, room * sizeof(*scriptlets));
	for (i = 0; i < IB_COUNT(simple_tags); i++) {
		const struct simple *tags = &simple_tags[i];
		struct ib_scriptlet *s = &scriptlets[count];

		if (!ib_header_has(header, tags->text) && !ib_header_has(header, tags->interpreter))
			continue;
		s->kind = tags->kind;
		s->text = text_of(header, tags->text, arena);
		if (!s->text)
			s->text = "";
		s->interpreter =
			or_expanded(header, tags->flags, 0,
				    interpreter_of(header, tags->interpreter, arena), arena);
		ib_scriptlet_digest(s);
		count++;
	}
	for (i = 0; i < IB_COUNT(trigger_tags); i++)
		count += fill_triggers(header, &trigger_tags[i], arena, scriptlets + count);
	package->scriptlets = scriptlets;
	package->scriptlet_count = count;
}

/* ---- the package itself -------------------------------------------------- */

/* What names files, lines of locks and URLs must not be able to steer any of them. */
static bool is_plain(const char *text)
{
	const char *p = NULL;

	for (p = text; *p; p++)
		if (*p <= ' ' || *p >= 0x7f || strchr("/\"'\\", *p))
			return false;
	return *text && *text != '.';
}

static int fill_identity(const struct ib_header *header, const char *name, struct ib_arena *arena,
			 struct ib_package *package, struct ib_error *err)
{
	const struct {
		const char **text;
		uint32_t tag;
		const char *words;
	} rows[] = {
		{ &package->name, RPMTAG_NAME, "name" },
		{ &package->version, RPMTAG_VERSION, "version" },
		{ &package->release, RPMTAG_RELEASE, "release" },
		{ &package->arch, RPMTAG_ARCH, "architecture" },
		{ &package->source_rpm, RPMTAG_SOURCERPM, "source package" },
	};
	size_t i = 0;

	if (!ib_header_has(header, RPMTAG_SOURCERPM) || ib_header_has(header, RPMTAG_SOURCEPACKAGE))
		return ib_fail(err, IB_INPUT, "'%s' is a source package, which is not installed",
			       name);
	for (i = 0; i < IB_COUNT(rows); i++) {
		*rows[i].text = text_of(header, rows[i].tag, arena);
		if (!*rows[i].text || !is_plain(*rows[i].text))
			return ib_fail(err, IB_TRUST, "the header of '%s' has no usable %s", name,
				       rows[i].words);
	}
	return 0;
}

static uint64_t size_of(const struct ib_header *header)
{
	if (ib_header_has(header, RPMTAG_LONGSIZE))
		return ib_header_number(header, RPMTAG_LONGSIZE, 0, 0);
	return ib_header_number(header, RPMTAG_SIZE, 0, 0);
}

int ib_package_fill(const struct ib_header *header, const char *name, struct ib_arena *arena,
		    struct ib_package *package, struct ib_error *err)
{
	uint64_t epoch = ib_header_number(header, RPMTAG_EPOCH, 0, 0);

	IB_TRY(fill_identity(header, name, arena, package, err));
	if (ib_header_has(header, RPMTAG_EPOCH))
		package->epoch = ib_arena_strf(arena, "%llu", (unsigned long long)epoch);
	package->nevra = epoch ? ib_arena_strf(arena, "%s-%llu:%s-%s.%s", package->name,
					       (unsigned long long)epoch, package->version,
					       package->release, package->arch)
			       : ib_arena_strf(arena, "%s-%s-%s.%s", package->name,
					       package->version, package->release, package->arch);
	package->license = text_of(header, RPMTAG_LICENSE, arena);
	package->vendor = text_of(header, RPMTAG_VENDOR, arena);
	package->packager = text_of(header, RPMTAG_PACKAGER, arena);
	package->url = text_of(header, RPMTAG_URL, arena);
	package->summary = text_of(header, RPMTAG_SUMMARY, arena);
	package->description = text_of(header, RPMTAG_DESCRIPTION, arena);
	package->group = text_of(header, RPMTAG_GROUP, arena);
	package->build_host = text_of(header, RPMTAG_BUILDHOST, arena);
	package->build_time = (int64_t)ib_header_number(header, RPMTAG_BUILDTIME, 0, 0);
	package->installed_size = size_of(header);
	ib_sha256_hex(header->bytes, header->size, package->header_sha256);
	fill_dependencies(header, arena, package);
	ib_package_fill_scriptlets(header, arena, package);
	return ib_package_fill_files(header, name, arena, package, err);
}
