/* SPDX-License-Identifier: Apache-2.0 */
#include "package/package.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "crypto/crypto.h"

struct ib_package_set {
	struct ib_arena *arena;
	const struct ib_package **items;
	size_t count;
	bool sorted;
};

/* ---- scriptlets ---------------------------------------------------------- */

const char *ib_scriptlet_kind_name(enum ib_scriptlet_kind kind)
{
	static const char *const names[] = {
		[IB_SCRIPTLET_PRE] = "pre",
		[IB_SCRIPTLET_POST] = "post",
		[IB_SCRIPTLET_PREUN] = "preun",
		[IB_SCRIPTLET_POSTUN] = "postun",
		[IB_SCRIPTLET_PRETRANS] = "pretrans",
		[IB_SCRIPTLET_POSTTRANS] = "posttrans",
		[IB_SCRIPTLET_PREUNTRANS] = "preuntrans",
		[IB_SCRIPTLET_POSTUNTRANS] = "postuntrans",
		[IB_SCRIPTLET_VERIFY] = "verify",
		[IB_SCRIPTLET_TRIGGER] = "trigger",
		[IB_SCRIPTLET_FILE_TRIGGER] = "filetrigger",
		[IB_SCRIPTLET_TRANSACTION_TRIGGER] = "transfiletrigger",
	};

	assert((size_t)kind < IB_COUNT(names));
	return names[kind];
}

static void put_line(struct ib_digest *digest, const char *text)
{
	ib_digest_update(digest, text, strlen(text));
	ib_digest_update(digest, "\n", 1);
}

void ib_scriptlet_digest(struct ib_scriptlet *scriptlet)
{
	IB_AUTO(ib_digest) digest = ib_digest_new("sha256");
	uint8_t value[IB_DIGEST_MAX_SIZE];
	size_t i = 0;

	put_line(digest, ib_scriptlet_kind_name(scriptlet->kind));
	put_line(digest, scriptlet->interpreter);
	for (i = 0; i < scriptlet->on.count; i++) {
		const struct ib_dependency *on = &scriptlet->on.items[i];
		ib_autofree char *line = ib_strf("%s %u %s", on->name, on->flags, on->evr);

		put_line(digest, line);
	}
	put_line(digest, scriptlet->text);
	(void)ib_digest_final(digest, value);
	ib_hex_write(value, IB_SHA256_SIZE, scriptlet->digest);
}

/* ---- versions ------------------------------------------------------------ */

/* Whatever the locale says: versions are ASCII. */
static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static const char *skip_separators(const char *s)
{
	while (*s && !is_digit(*s) && !is_letter(*s) && *s != '~' && *s != '^')
		s++;
	return s;
}

/* How long the run of digits (or of letters) at s is. */
static size_t run_length(const char *s, bool digits)
{
	size_t n = 0;

	while (digits ? is_digit(s[n]) : is_letter(s[n]))
		n++;
	return n;
}

static int compare_numbers(const char *a, size_t a_size, const char *b, size_t b_size)
{
	for (; a_size && *a == '0'; a_size--)
		a++;
	for (; b_size && *b == '0'; b_size--)
		b++;
	if (a_size != b_size)
		return a_size < b_size ? -1 : 1;
	return memcmp(a, b, a_size);
}

static int compare_words(const char *a, size_t a_size, const char *b, size_t b_size)
{
	int r = memcmp(a, b, IB_MIN(a_size, b_size));

	if (r)
		return r;
	return a_size == b_size ? 0 : a_size < b_size ? -1 : 1;
}

/*
 * Tilde sorts before everything, even the end; caret after the end but before
 * anything else. Returns whether that decides, and sets *ret_order.
 */
static bool compare_marks(const char *a, const char *b, int *ret_order)
{
	if (*a == '~' || *b == '~')
		*ret_order = *a == '~' ? -1 : 1;
	else if (*a == '^')
		*ret_order = *b ? -1 : 1;
	else if (*b == '^')
		*ret_order = *a ? 1 : -1;
	else
		return false;
	return true;
}

/* Compares the segment at each, which both are neither empty nor a mark, and moves past it. */
static int compare_segments(const char **a, const char **b)
{
	bool digits = is_digit(**a);
	size_t a_size = run_length(*a, digits);
	size_t b_size = run_length(*b, digits);
	int order = 0;

	if (!b_size) /* numbers are newer than words */
		return digits ? 1 : -1;
	order = digits ? compare_numbers(*a, a_size, *b, b_size)
		       : compare_words(*a, a_size, *b, b_size);
	*a += a_size;
	*b += b_size;
	return order;
}

int ib_version_compare(const char *a, const char *b)
{
	int order = 0;

	while (*a || *b) {
		a = skip_separators(a);
		b = skip_separators(b);
		if (*a == *b && (*a == '~' || *a == '^')) {
			a++;
			b++;
			continue;
		}
		if (compare_marks(a, b, &order))
			return order;
		if (!*a || !*b)
			break;
		order = compare_segments(&a, &b);
		if (order)
			return order < 0 ? -1 : 1;
	}
	if (!*a == !*b)
		return 0;
	return *a ? 1 : -1;
}

/* The parts of "[epoch:]version[-release]" inside a copy that is cut up. */
struct evr {
	const char *epoch, *version, *release; /* release NULL: none */
};

static struct evr split_evr(char *text)
{
	struct evr evr = { .epoch = "0", .version = text };
	char *colon = text + run_length(text, true);
	char *dash = NULL;

	if (*colon == ':') {
		*colon = '\0';
		evr.epoch = *text ? text : "0";
		evr.version = colon + 1;
		text = colon + 1;
	}
	dash = strrchr(text, '-');
	if (dash) {
		*dash = '\0';
		evr.release = dash + 1;
	}
	return evr;
}

int ib_evr_compare(const char *a, const char *b)
{
	ib_autofree char *a_text = ib_strdup(a);
	ib_autofree char *b_text = ib_strdup(b);
	struct evr left = split_evr(a_text);
	struct evr right = split_evr(b_text);
	int order = ib_version_compare(left.epoch, right.epoch);

	if (!order)
		order = ib_version_compare(left.version, right.version);
	if (!order && left.release && right.release)
		order = ib_version_compare(left.release, right.release);
	return order;
}

size_t ib_digest_size(enum ib_digest_kind kind)
{
	const char *name = ib_digest_kind_name(kind);
	IB_AUTO(ib_digest) digest = name ? ib_digest_new(name) : NULL;
	uint8_t value[IB_DIGEST_MAX_SIZE];

	return digest ? ib_digest_final(digest, value) : 0;
}

const char *ib_digest_kind_name(enum ib_digest_kind kind)
{
	switch (kind) {
	case IB_DIGEST_NONE:
		return NULL;
	case IB_DIGEST_MD5:
		return "md5";
	case IB_DIGEST_SHA1:
		return "sha1";
	case IB_DIGEST_SHA256:
		return "sha256";
	case IB_DIGEST_SHA384:
		return "sha384";
	case IB_DIGEST_SHA512:
		return "sha512";
	case IB_DIGEST_SHA224:
		return "sha224";
	}
	return NULL;
}

/* ---- sets ---------------------------------------------------------------- */

struct ib_package_set *ib_package_set_new(void)
{
	struct ib_package_set *set = ib_alloc(sizeof(*set));

	set->arena = ib_arena_new();
	return set;
}

void ib_package_set_free(struct ib_package_set *set)
{
	if (!set)
		return;
	ib_arena_free(set->arena);
	ib_free(set->items);
	ib_free(set);
}

struct ib_arena *ib_package_set_arena(struct ib_package_set *set)
{
	return set->arena;
}

void ib_package_set_add(struct ib_package_set *set, const struct ib_package *package)
{
	ib_grow(set->items, set->count);
	set->items[set->count++] = package;
	set->sorted = false;
}

int ib_package_compare(const struct ib_package *a, const struct ib_package *b)
{
	int order = strcmp(a->name, b->name);

	if (!order)
		order = ib_version_compare(a->epoch ? a->epoch : "0", b->epoch ? b->epoch : "0");
	if (!order)
		order = ib_version_compare(a->version, b->version);
	if (!order)
		order = ib_version_compare(a->release, b->release);
	if (!order)
		order = strcmp(a->arch, b->arch);
	/* "1.0" and "1_0" are one version to rpm: the names still need one order. */
	if (!order)
		order = strcmp(a->nevra, b->nevra);
	return order ? order : strcmp(a->sha256, b->sha256);
}

static int compare_items(const void *a, const void *b)
{
	return ib_package_compare(*(const struct ib_package *const *)a,
				  *(const struct ib_package *const *)b);
}

void ib_package_set_sort(struct ib_package_set *set)
{
	if (set->count)
		qsort(set->items, set->count, sizeof(const struct ib_package *), compare_items);
	set->sorted = true;
}

size_t ib_package_set_count(const struct ib_package_set *set)
{
	return set->count;
}

const struct ib_package *ib_package_set_get(const struct ib_package_set *set, size_t i)
{
	assert(i < set->count);
	return set->items[i];
}

/* Where in a sorted set the first package is whose name is not less than name. */
static size_t lower_bound(const struct ib_package_set *set, const char *name)
{
	size_t low = 0;
	size_t high = set->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (strcmp(set->items[middle]->name, name) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

const struct ib_package *ib_package_set_find(const struct ib_package_set *set, const char *name)
{
	size_t i = set->sorted ? lower_bound(set, name) : 0;

	for (; i < set->count; i++) {
		if (!strcmp(set->items[i]->name, name))
			return set->items[i];
		if (set->sorted)
			break;
	}
	return NULL;
}
