/* SPDX-License-Identifier: Apache-2.0 */
#include "package/lock_diff_words.h"

#include <string.h>

#include "package/package.h"

#define DIGEST_SHOWN 12

char *ib_lock_diff_counts(const struct ib_lock_diff *diff)
{
	static const enum ib_lock_change_kind order[] = { IB_LOCK_UP,      IB_LOCK_DOWN,
							  IB_LOCK_REBUILT, IB_LOCK_ADDED,
							  IB_LOCK_REMOVED, IB_LOCK_SAME };
	IB_AUTO_STRINGS(words);
	size_t i = 0;

	for (i = 0; i < IB_COUNT(order); i++) {
		size_t count = ib_lock_diff_count(diff, order[i]);

		if (count)
			ib_strings_addf(&words, "%zu %s", count,
					order[i] == IB_LOCK_SAME
						? "otherwise changed"
						: ib_lock_change_kind_name(order[i]));
	}
	if (!words.count)
		ib_strings_add(&words, "no package changed");
	return ib_strings_join(&words, ", ");
}

/* Bytes as people read them. */
static char *size_text(uint64_t size)
{
	static const char *const units[] = { "KiB", "MiB", "GiB", "TiB" };
	uint64_t tenths = size;
	size_t unit = 0;

	if (size < 1024)
		return ib_strf("%llu B", (unsigned long long)size);
	tenths = size / 1024 * 10 + size % 1024 * 10 / 1024;
	for (; tenths >= 10240 && unit + 1 < IB_COUNT(units); unit++)
		tenths /= 1024;
	return ib_strf("%llu.%llu %s", (unsigned long long)tenths / 10,
		       (unsigned long long)tenths % 10, units[unit]);
}

char *ib_lock_diff_size_change(uint64_t before, uint64_t after)
{
	ib_autofree char *size = size_text(after > before ? after - before : before - after);

	return ib_strf("%s%s", after >= before ? "+" : "-", size);
}

char *ib_lock_diff_sizes(const struct ib_lock_diff *diff)
{
	ib_autofree char *size = size_text(diff->size_after);
	ib_autofree char *change = ib_lock_diff_size_change(diff->size_before, diff->size_after);

	return ib_strf("%zu packages (%zu before), %s (%s)", diff->packages_after,
		       diff->packages_before, size, change);
}

char *ib_lock_diff_versions(const struct ib_lock_diff *diff, const struct ib_lock_change *change)
{
	const char *before =
		change->before ? ib_lock_version_of(diff->arena, change->before) : NULL;
	const char *after = change->after ? ib_lock_version_of(diff->arena, change->after) : NULL;

	if (before && after && strcmp(before, after) != 0)
		return ib_strf("%s to %s", before, after);
	return ib_strdup(after ? after : before);
}

static const char *into_of(const struct ib_lock_package *package)
{
	return package->root ? package->initrd ? "root and initrd" : "root" : "initrd";
}

static void add(struct ib_lock_detail *details, size_t *count, const char *what, const char *before,
		const char *after)
{
	if (ib_str_equal(before, after))
		return;
	details[(*count)++] = (struct ib_lock_detail){ what, before, after };
}

size_t ib_lock_diff_details(const struct ib_lock_diff *diff, const struct ib_lock_change *change,
			    struct ib_lock_detail details[IB_LOCK_MAX_DETAILS])
{
	const struct ib_lock_package *a = change->before;
	const struct ib_lock_package *b = change->after;
	size_t count = 0;

	if (!a || !b) {
		const struct ib_lock_package *one = a ? a : b;

		details[count++] = (struct ib_lock_detail){ "repository", NULL, one->repository };
		details[count++] = (struct ib_lock_detail){ "into", NULL, into_of(one) };
		return count;
	}
	add(details, &count, "signing key", a->signer, b->signer);
	if (change->kind == IB_LOCK_REBUILT)
		add(details, &count, "sha256",
		    ib_arena_strf(diff->arena, "%.*s", DIGEST_SHOWN, a->sha256),
		    ib_arena_strf(diff->arena, "%.*s", DIGEST_SHOWN, b->sha256));
	add(details, &count, "repository", a->repository, b->repository);
	if (change->facets & IB_LOCK_FACET_SOURCE)
		add(details, &count, "source", a->source_rpm, b->source_rpm);
	add(details, &count, "architecture", a->arch, b->arch);
	add(details, &count, "into", into_of(a), into_of(b));
	return count;
}

const char *ib_lock_diff_decision(struct ib_arena *arena, const struct ib_lock_scriptlet *scriptlet)
{
	if (!scriptlet)
		return "none";
	if (!scriptlet->reason)
		return scriptlet->decision;
	return ib_arena_strf(arena, "%s: %s", scriptlet->decision, scriptlet->reason);
}

static const char *behind_line(const char *text)
{
	text = strchrnul(text, '\n');
	return text + (*text == '\n');
}

char *ib_lock_diff_head(const char *text, size_t max_lines, size_t *ret_left)
{
	const char *end = text;
	const char *rest = NULL;
	size_t lines = 0;

	for (; *end && lines < max_lines; lines++)
		end = behind_line(end);
	*ret_left = 0;
	for (rest = end; *rest; rest = behind_line(rest))
		*ret_left += 1;
	return ib_strndup(text, (size_t)(end - text));
}

char *ib_lock_diff_advisory(const struct ib_advisory *advisory)
{
	IB_AUTO_STRINGS(cves);
	ib_autofree char *list = NULL;
	size_t i = 0;

	for (i = 0; i < advisory->reference_count; i++)
		if (ib_str_equal(advisory->references[i].kind, "cve") &&
		    !ib_strings_has(&cves, advisory->references[i].id))
			ib_strings_add(&cves, advisory->references[i].id);
	list = ib_strings_join(&cves, " ");
	return ib_strf("%s (%s%s%s)%s%s%s%s", advisory->id, advisory->kind,
		       *advisory->severity ? ", " : "", advisory->severity, *list ? " " : "", list,
		       *advisory->title ? ": " : "", advisory->title);
}

char *ib_lock_diff_snapshot(const struct ib_lock_repository *repository)
{
	char time[32];

	if (!repository)
		return ib_strdup("none");
	ib_clock_format(repository->revision_time, time);
	return ib_strf("%s (repomd.xml %.*s)", time, DIGEST_SHOWN, repository->repomd_sha256);
}
