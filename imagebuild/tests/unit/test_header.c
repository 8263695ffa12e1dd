/* SPDX-License-Identifier: Apache-2.0 */
/* Headers that are malformed, and headers that name what no package may name. */
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <rpm/header.h>

#include "rpmfile/internal.h"
#include "test.h"

enum { SEAL = 63, SIGNATURES = 62, STRING = 6, NUMBER = 4, BINARY = 7, ARRAY = 8, TRANSLATED = 9 };

/* ---- by hand ------------------------------------------------------------- */

struct entry {
	uint32_t tag, type, offset, count;
};

/* A sealed header of these entries over data, which is at most 64 bytes; *ret_size with the seal. */
static uint8_t *build(const struct entry *entries, uint32_t count, const char *data,
		      uint32_t data_size, uint32_t sealed, size_t *ret_size)
{
	static const uint8_t magic[8] = { 0x8e, 0xad, 0xe8, 0x01 };
	IB_AUTO_BUFFER(b, 4096);
	uint32_t i = 0;

	ib_buffer_put(&b, magic, sizeof(magic));
	ib_buffer_put_be32(&b, count + 1);
	ib_buffer_put_be32(&b, data_size + 16);
	ib_buffer_put_be32(&b, SEAL);
	ib_buffer_put_be32(&b, BINARY);
	ib_buffer_put_be32(&b, data_size);
	ib_buffer_put_be32(&b, 16);
	for (i = 0; i < count; i++) {
		ib_buffer_put_be32(&b, entries[i].tag);
		ib_buffer_put_be32(&b, entries[i].type);
		ib_buffer_put_be32(&b, entries[i].offset);
		ib_buffer_put_be32(&b, entries[i].count);
	}
	ib_buffer_put(&b, data, data_size);
	ib_buffer_put_be32(&b, SEAL);
	ib_buffer_put_be32(&b, BINARY);
	ib_buffer_put_be32(&b, (uint32_t) - (int32_t)(16 * sealed));
	ib_buffer_put_be32(&b, 16);
	*ret_size = b.size;
	return ib_memdup(b.data, b.size);
}

/* "one\0" at 0, a number at 4, "two\0three\0" at 8, ends at 18. */
static const char data[] = "one\0\0\0\1\0two\0three";
#define DATA_SIZE ((uint32_t)sizeof(data))

static const struct entry good[] = {
	{ 1000, STRING, 0, 1 },
	{ 1009, NUMBER, 4, 1 },
	{ 1117, ARRAY, 8, 2 },
};

START_TEST(what_is_well_formed_is_read)
{
	struct ib_error err = IB_ERROR_INIT;
	IB_AUTO(ib_arena) arena = ib_arena_new();
	struct ib_header header = { 0 };
	const char *const *strings = NULL;
	size_t size = 0;
	ib_autofree uint8_t *bytes = build(good, 3, data, DATA_SIZE, 4, &size);
	size_t measured = 0;

	ck_ok(ib_header_measure(IB_HEADER_MAIN, bytes, "test", &measured, &err));
	ck_assert_uint_eq(measured, size);
	ck_ok(ib_header_parse(IB_HEADER_MAIN, bytes, size, "test", &header, &err));
	ck_assert_str_eq(ib_header_string(&header, 1000), "one");
	ck_assert_uint_eq(ib_header_number(&header, 1009, 0, 7), 256);
	ck_assert_uint_eq(ib_header_number(&header, 1009, 1, 7), 7);
	ck_assert_uint_eq(ib_header_number(&header, 1000, 0, 7), 7);
	strings = ib_header_strings(&header, 1117, arena);
	ck_assert_str_eq(strings[0], "two");
	ck_assert_str_eq(strings[1], "three");
	ck_assert_ptr_null(ib_header_string(&header, 1001));
	ck_assert_ptr_null(ib_header_string(&header, 1009));
	ib_header_done(&header);
}
END_TEST

/* One entry replaced. */
static const struct {
	struct entry by;
	const char *words;
	uint32_t sealed;
	uint32_t replaced;
} wrong[] = {
	{ { 1000, STRING, 0, 0 }, "tag 1000 has no values", 4, 0 },
	{ { 1000, 0, 0, 1 }, "tag 1000 has a type that does not exist", 4, 0 },
	{ { 1000, 10, 0, 1 }, "tag 1000 has a type that does not exist", 4, 0 },
	{ { 1000, STRING, 0, 2 }, "tag 1000 has more than one value", 4, 0 },
	{ { 1000, STRING, 1000, 1 }, "tag 1000 lies outside the header", 4, 0 },
	{ { 1000, STRING, UINT32_MAX, 1 }, "tag 1000 lies outside the header", 4, 0 },
	{ { 1009, NUMBER, 4, UINT32_MAX }, "tag 1009 lies outside the header", 4, 1 },
	{ { 1009, NUMBER, 4, 9 }, "tag 1009 lies outside the header", 4, 1 },
	{ { 1009, NUMBER, 5, 1 }, "tag 1009 is not aligned", 4, 1 },
	{ { 1009, NUMBER, 0, 1 }, "overlaps another", 4, 1 },
	{ { 1117, ARRAY, 8, 30 }, "tag 1117 does not end inside the header", 4, 2 },
	{ { 1117, ARRAY, 8, 1 }, "belongs to no tag", 4, 2 },
	{ { 1000, ARRAY, 8, 2 }, "tag 1000 stands there twice", 4, 2 },
	{ { 61, STRING, 0, 1 }, "tag 61 does not belong there", 4, 0 },
	{ { SEAL, STRING, 0, 1 }, "tag 63 does not belong there", 4, 0 },
	{ { 1000, STRING, 0, 1 }, "entries outside its immutable region", 3, 0 },
	{ { 1000, STRING, 0, 1 }, "has a damaged region", 5, 0 },
	{ { 1000, STRING, 0, 1 }, "has a damaged region", 0, 0 },
};

START_TEST(what_is_malformed_is_refused)
{
	struct ib_error err = IB_ERROR_INIT;
	struct entry entries[3];
	struct ib_header header = { 0 };
	size_t size = 0;
	ib_autofree uint8_t *bytes = NULL;

	memcpy(entries, good, sizeof(good));
	entries[wrong[_i].replaced] = wrong[_i].by;
	bytes = build(entries, 3, data, DATA_SIZE, wrong[_i].sealed, &size);
	ck_fails(ib_header_parse(IB_HEADER_MAIN, bytes, size, "test", &header, &err), IB_TRUST,
		 wrong[_i].words);
	ck_assert_ptr_null(header.entries);
}
END_TEST

/* ---- by librpm ----------------------------------------------------------- */

struct package {
	const char *name, *arch, *source;
	const char *folder, *base;
	uint16_t mode;
	const char *link;
	const char *digest;
	const char *user;
};

static const struct package plain = { "p", "noarch", "p-1-1.src.rpm", "/d/", "f", S_IFREG | 0644,
				      "",  "",       "root" };

static void put_file(Header h, const struct package *p)
{
	const uint32_t number = 1;
	const uint32_t zero = 0;
	const uint16_t device = 0;

	headerPutString(h, 1117, p->base); /* an array: the tag says so */
	headerPutString(h, 1118, p->folder);
	headerPutUint32(h, 1116, &zero, 1);
	headerPutUint16(h, 1030, &p->mode, 1);
	headerPutUint32(h, 1028, &number, 1);
	headerPutUint32(h, 1034, &number, 1);
	headerPutUint32(h, 1037, &zero, 1);
	headerPutUint16(h, 1033, &device, 1);
	headerPutUint32(h, 1096, &number, 1);
	headerPutUint32(h, 1045, &zero, 1);
	headerPutString(h, 1035, p->digest);
	headerPutString(h, 1036, p->link);
	headerPutString(h, 1039, p->user);
	headerPutString(h, 1040, "root");
}

static int fill(const struct package *p, struct ib_arena *arena, struct ib_package *package,
		struct ib_error *err)
{
	static const uint8_t magic[8] = { 0x8e, 0xad, 0xe8, 0x01 };
	IB_AUTO_BUFFER(bytes, 1 << 16);
	struct ib_header header = { 0 };
	Header h = headerNew();
	unsigned size = 0;
	void *blob = NULL;
	int r = 0;

	headerPutString(h, 1000, p->name);
	headerPutString(h, 1001, "1");
	headerPutString(h, 1002, "1");
	headerPutString(h, 1022, p->arch);
	if (p->source)
		headerPutString(h, 1044, p->source);
	put_file(h, p);
	h = headerReload(h, SEAL);
	blob = headerExport(h, &size);
	ib_buffer_put(&bytes, magic, sizeof(magic));
	ib_buffer_put(&bytes, blob, size);
	free(blob);
	headerFree(h);
	IB_TRY(ib_header_parse(IB_HEADER_MAIN, bytes.data, bytes.size, "test", &header, err));
	r = ib_package_fill(&header, "test", arena, package, err);
	ib_header_done(&header);
	return r;
}

START_TEST(a_plain_package_is_taken)
{
	struct ib_error err = IB_ERROR_INIT;
	IB_AUTO(ib_arena) arena = ib_arena_new();
	struct ib_package package = { 0 };

	ck_ok(fill(&plain, arena, &package, &err));
	ck_assert_str_eq(package.nevra, "p-1-1.noarch");
	ck_assert_uint_eq(package.file_count, 1);
	ck_assert_str_eq(package.files[0].path, "/d/f");
	ck_assert_uint_eq(package.files[0].link_count, 1);
}
END_TEST

START_TEST(what_no_package_may_say_is_refused)
{
	static const struct {
		size_t offset; /* of the member that is replaced */
		const char *by;
		enum ib_kind kind;
		const char *words;
	} rows[] = {
		{ offsetof(struct package, base), "../f", IB_TRUST, "not a plain absolute one" },
		{ offsetof(struct package, base), "..", IB_TRUST, "not a plain absolute one" },
		{ offsetof(struct package, base), "", IB_TRUST, "not a plain absolute one" },
		{ offsetof(struct package, base), "a//b", IB_TRUST, "not a plain absolute one" },
		{ offsetof(struct package, folder), "d/", IB_TRUST, "not a plain absolute one" },
		{ offsetof(struct package, folder), "/d/../../", IB_TRUST,
		  "not a plain absolute one" },
		{ offsetof(struct package, folder), "/./", IB_TRUST, "not a plain absolute one" },
		{ offsetof(struct package, name), "../p", IB_TRUST, "no usable name" },
		{ offsetof(struct package, name), "p q", IB_TRUST, "no usable name" },
		{ offsetof(struct package, name), "p\nq", IB_TRUST, "no usable name" },
		{ offsetof(struct package, name), "", IB_TRUST, "no usable name" },
		{ offsetof(struct package, arch), "x/y", IB_TRUST, "no usable architecture" },
		{ offsetof(struct package, source), NULL, IB_INPUT, "is a source package" },
		{ offsetof(struct package, digest), "abc", IB_TRUST, "a file's digest is none" },
		{ offsetof(struct package, user), "", IB_TRUST, "a file has no owner" },
	};
	struct ib_error err = IB_ERROR_INIT;
	IB_AUTO(ib_arena) arena = ib_arena_new();
	struct package p = plain;
	struct ib_package package = { 0 };
	size_t i = 0;

	for (i = 0; i < IB_COUNT(rows); i++) {
		void *member = (char *)&p + rows[i].offset;

		p = plain;
		*(const char **)member = rows[i].by;
		ck_fails(fill(&p, arena, &package, &err), rows[i].kind, rows[i].words);
	}
	p = plain;
	p.mode = S_IFLNK | 0777;
	ck_fails(fill(&p, arena, &package, &err), IB_TRUST, "a symbolic link has no target");
	p.mode = 0644;
	ck_fails(fill(&p, arena, &package, &err), IB_TRUST, "a type that does not exist");
}
END_TEST

Suite *ib_suite(void)
{
	Suite *suite = suite_create("header");
	TCase *form = tcase_create("form");
	TCase *content = tcase_create("content");

	tcase_add_test(form, what_is_well_formed_is_read);
	tcase_add_loop_test(form, what_is_malformed_is_refused, 0, IB_COUNT(wrong));
	suite_add_tcase(suite, form);
	tcase_add_test(content, a_plain_package_is_taken);
	tcase_add_test(content, what_no_package_may_say_is_refused);
	suite_add_tcase(suite, content);
	return suite;
}
