/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Should-fail: outputs whose initrd is not what the SBOM says, though everything is signed by those who may; and
 * archives that two readers would take for two things. Right ones are made by GNU cpio and zstd.
 */
#include <sys/mman.h>

#include "compress/compress.h"
#include "verify/initrd.h"
#include "verify_trust.h"

/* ---- the link ------------------------------------------------------------ */

#define UNPACK \
	"tail -c +$(($(cpio -t <$I 2>&1 >/dev/null | cut -d' ' -f1) * 512 + 1)) $I | zstd -qdc >late && "
#define FRONT "head -c $(($(cpio -t <$I 2>&1 >/dev/null | cut -d' ' -f1) * 512)) $I >early && "

static const struct {
	const char *words;
	struct fault fault;
} table[] = {
	{ "'/bin/again' of '" STEM ".initrd' has SHA-256",
	  { .initrd_tree = "printf '#!/bin/SH' >initrd/bin/tool" } },
	{ "'/etc/initrd-release' of",
	  { .initrd_tree = "echo ID=nodf >initrd/etc/initrd-release" } },
	{ "'/bin/more' is in '" STEM ".initrd', but not in the SBOM",
	  { .initrd_tree = "cp initrd/bin/tool initrd/bin/more" } },
	{ "'/bin/more' is in", { .initrd_tree = "ln initrd/bin/tool initrd/bin/more" } },
	{ "'/bin/other' is in", { .initrd_tree = "mv initrd/bin/tool initrd/bin/other" } },
	{ "the SBOM has 5 files of '" STEM ".initrd', which holds 4",
	  { .initrd_tree = "rm initrd/etc/initrd-release" } },
	{ "which holds 4",
	  { .initrd_tree = "rm initrd/bin/again && ln -s tool initrd/bin/again" } },
	/* microcode */
	{ "has other bytes in './kernel/x86/microcode/GenuineIntel.bin' than those of "
	  "'./usr/lib/firmware/intel-ucode/06-9e-0a'",
	  { .initrd_tree = "printf corecoffeX >front/kernel/x86/microcode/GenuineIntel.bin" } },
	{ "than those of './usr/lib/firmware/intel-ucode/06-0f-0b'",
	  { .initrd_tree = "printf coffeecore >front/kernel/x86/microcode/GenuineIntel.bin" } },
	{ "has 1 bytes in './kernel/x86/microcode/GenuineIntel.bin' that are not in the SBOM",
	  { .initrd_tree = "printf X >>front/kernel/x86/microcode/GenuineIntel.bin" } },
	{ "than those of",
	  { .initrd_tree = "printf cor >front/kernel/x86/microcode/GenuineIntel.bin" } },
	{ "bytes in './kernel/evil' that are not in the SBOM",
	  { .initrd_tree = "printf X >front/kernel/evil" } },
	{ "which holds 3", { .initrd_tree = "rm front/kernel/x86/microcode/GenuineIntel.bin" } },
	{ "has '/kernel/x86/microcode/GenuineIntel.bin' twice",
	  { .initrd_tree = "cp -r front/kernel initrd/" } },
	/* what the kernel would take, too, or instead */
	{ "something stands behind the Zstandard frame",
	  { .initrd_packed = "(cd front && find * | " PACK " | zstd -q) >>$I" } },
	{ "something stands behind the Zstandard frame",
	  { .initrd_packed = "head -c 512 /dev/zero >>$I" } },
	{ "has something behind its archive",
	  { .initrd_packed = FRONT UNPACK "(cat early; (cat late; cd front && find * | " PACK
					  ") | zstd -q) >$I" } },
	{ "has something behind its archive",
	  { .initrd_packed = FRONT UNPACK "(cat early; (cat late; head -c 512 /dev/zero) | zstd "
					  "-q) >$I" } },
	{ "has other bytes than zeros behind its trailer",
	  { .initrd_packed = FRONT UNPACK "printf X | dd of=late bs=1 seek=$(($(stat -c %s late) - "
					  "1)) conv=notrunc && (cat early; zstd -qc late) >$I" } },
	{ "is cut short behind its trailer",
	  { .initrd_packed =
		    FRONT UNPACK "truncate -s -1 late && (cat early; zstd -qc late) >$I" } },
	{ "has no Zstandard frame behind the archive in front",
	  { .initrd_packed =
		    FRONT UNPACK "(cat early; head -c 512 /dev/zero; zstd -qc late) >$I" } },
	{ "has no Zstandard frame behind the archive in front",
	  { .initrd_packed = FRONT UNPACK "cat early late >$I" } },
	{ "has no Zstandard frame where it begins",
	  { .initrd_packed = FRONT UNPACK "gzip -c late >$I" } },
	{ "is cut short", { .initrd_packed = "truncate -s -5 $I" } },
	{ "is cut short", { .initrd_packed = FRONT "mv early $I" } },
	{ "is cut short", { .initrd_packed = "truncate -s 5 $I" } },
	{ "", { .initrd_packed = "truncate -s 300 $I" } },
	{ "is damaged",
	  { .initrd_packed = "printf X | dd of=$I bs=1 seek=$(($(stat -c %s $I) - 1)) "
			     "conv=notrunc" } },
};

/* That link, and no other. */
START_TEST(what_is_wrong_with_the_initrd_breaks_this_link_alone)
{
	struct ib_error err = IB_ERROR_INIT;
	ib_autofree char *folder = make_outputs(&table[_i].fault);
	IB_AUTO(ib_trust) trust = make_trust(MAKER);
	IB_AUTO(ib_verification) verification = NULL;
	size_t i = 0;

	expect(folder, trust, "sbom-initrd", table[_i].words);
	ck_ok(ib_verify(folder, trust, NULL, &verification, &err));
	for (i = 0; i < verification->count; i++) {
		const struct ib_link_result *link = &verification->links[i];

		ck_assert_msg(link->state == IB_LINK_HOLDS || !strcmp(link->name, "sbom-initrd"),
			      "%s: %s", link->name, link->detail);
	}
}
END_TEST

/* ---- archives ------------------------------------------------------------ */

struct entry {
	const char *path;
	unsigned mode, number, links;
	const char *content;
};

static void add_entry(struct ib_buffer *out, const struct entry *entry)
{
	size_t size = entry->content ? strlen(entry->content) : 0;

	ib_buffer_putf(out, "070701%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X",
		       entry->number, entry->mode, 0U, 0U, entry->links, 0U, (unsigned)size, 0U, 0U,
		       0U, 0U, (unsigned)strlen(entry->path) + 1, 0U);
	ib_buffer_put(out, entry->path, strlen(entry->path) + 1);
	ib_buffer_align(out, 4);
	ib_buffer_put(out, entry->content, size);
	ib_buffer_align(out, 4);
}

static int keep(void *context, const void *data, size_t size, struct ib_error *err)
{
	(void)err;
	ib_buffer_put(context, data, size);
	return 0;
}

static void pack(const struct ib_buffer *archive, struct ib_buffer *out)
{
	struct ib_error err = IB_ERROR_INIT;
	IB_AUTO(ib_zstd) zstd = NULL;

	ck_ok(ib_zstd_new(1, 1, keep, out, &zstd, &err));
	ck_ok(ib_zstd_write(zstd, archive->data, archive->size, &err));
	ck_ok(ib_zstd_finish(zstd, &err));
}

/* Every name, and what is in it. */
static int tell(void *context, const struct ib_initrd_file *file, struct ib_error *err)
{
	char hex[65];
	size_t i = 0;

	(void)err;
	ib_hex_write(file->sha256, IB_SHA256_SIZE, hex);
	for (i = 0; i < file->names->count; i++)
		ib_buffer_putf(context, "%s%s %.8s\n", file->is_early ? "early " : "",
			       file->names->items[i], hex);
	return 0;
}

static int read_packed(const struct ib_buffer *packed, const struct ib_initrd_limits *limits,
		       struct ib_buffer *told, struct ib_error *err)
{
	ib_autoclose int fd = memfd_create("initrd", MFD_CLOEXEC);
	struct ib_initrd_sink sink = { tell, told };
	size_t paths = 0;

	IB_TRY(ib_fd_write(fd, packed->data, packed->size, 0, "initrd", err));
	return ib_initrd_read(fd, "initrd", limits, &sink, &paths, err);
}

static int read_entries(const struct entry *entries, const struct ib_initrd_limits *limits,
			struct ib_buffer *told, struct ib_error *err)
{
	static const struct entry trailer = { "TRAILER!!!", 0, 0, 1, NULL };
	IB_AUTO_BUFFER(archive, 1 << 20);
	IB_AUTO_BUFFER(packed, 1 << 20);

	for (; entries->path; entries++)
		add_entry(&archive, entries);
	add_entry(&archive, &trailer);
	ib_buffer_align(&archive, 512);
	pack(&archive, &packed);
	return read_packed(&packed, limits, told, err);
}

enum { DIR_ = 0040755, FILE_ = 0100644, LINK_ = 0120777, PIPE_ = 0010644 };

START_TEST(what_is_right_is_read)
{
	static const struct entry entries[] = {
		{ ".", DIR_, 1, 2, NULL },       { "..a", DIR_, 2, 2, NULL },
		{ "..a/.b", LINK_, 3, 1, "to" }, { "..a/one", FILE_, 4, 2, NULL },
		{ "..a/two", FILE_, 4, 2, "x" }, { "three", FILE_, 5, 1, "x" },
		{ "none", FILE_, 6, 1, NULL },   { "pipe", PIPE_, 7, 1, NULL },
		{ NULL, 0, 0, 0, NULL },
	};
	struct ib_error err = IB_ERROR_INIT;
	IB_AUTO_BUFFER(told, 4096);

	ck_ok(read_entries(entries, &ib_initrd_usual, &told, &err));
	ck_assert_str_eq(ib_buffer_text(&told), "/..a/one 2d711642\n/..a/two 2d711642\n"
						"/three 2d711642\n/none e3b0c442\n");
}
END_TEST

static const struct {
	const char *words;
	struct entry entries[4];
} refused[] = {
	{ "the name '../evil', which is not", { { "../evil", FILE_, 1, 1, "x" } } },
	{ "the name '..', which is not", { { "..", DIR_, 1, 2, NULL } } },
	{ "the name 'a/../b', which is",
	  { { "a", DIR_, 1, 2, NULL }, { "a/../b", FILE_, 2, 1, "x" } } },
	{ "the name 'a/.', which is", { { "a", DIR_, 1, 2, NULL }, { "a/.", FILE_, 2, 1, "x" } } },
	{ "the name 'a//b', which is",
	  { { "a", DIR_, 1, 2, NULL }, { "a//b", FILE_, 2, 1, "x" } } },
	{ "the name 'a/', which is", { { "a/", DIR_, 1, 2, NULL } } },
	{ "the name '/etc', which is", { { "/etc", DIR_, 1, 2, NULL } } },
	{ "the name './a', which is", { { "./a", FILE_, 1, 1, "x" } } },
	{ "the name '.', which is", { { "a", DIR_, 1, 2, NULL }, { ".", DIR_, 2, 2, NULL } } },
	{ "the name '.', which is", { { ".", LINK_, 1, 1, "etc" } } },
	{ "'/a' twice", { { "a", FILE_, 1, 1, "x" }, { "a", FILE_, 2, 1, "y" } } },
	{ "'/a' twice", { { "a", DIR_, 1, 2, NULL }, { "a", DIR_, 2, 2, NULL } } },
	{ "'/a' twice", { { "a", LINK_, 1, 1, "b" }, { "a", DIR_, 2, 2, NULL } } },
	{ "'/a' twice", { { "a", FILE_, 1, 2, NULL }, { "a", FILE_, 1, 2, "x" } } },
	/* the kernel would write through the link */
	{ "'/a/x', whose folder did not come before it",
	  { { "b", DIR_, 1, 2, NULL }, { "a", LINK_, 2, 1, "b" }, { "a/x", FILE_, 3, 1, "x" } } },
	{ "'/a/x', whose folder did not come", { { "a/x", FILE_, 1, 1, "x" } } },
	{ "'/a/x', whose folder did not come",
	  { { "a", FILE_, 1, 1, "x" }, { "a/x", FILE_, 2, 1, "x" } } },
	/* the kernel would write the second content into the first file */
	{ "'b' as a hard link to what stands further in front",
	  { { "a", FILE_, 1, 2, NULL }, { "c", FILE_, 1, 2, "x" }, { "b", FILE_, 1, 2, "y" } } },
	{ "'b' as a hard link to", { { "a", FILE_, 1, 1, "x" }, { "b", FILE_, 1, 2, "y" } } },
	{ "'/b' between the names of another file, '/a'",
	  { { "a", FILE_, 1, 2, NULL }, { "b", FILE_, 2, 1, "x" }, { "c", FILE_, 1, 2, "x" } } },
	{ "'/b' between the names of", { { "a", FILE_, 1, 2, NULL }, { "b", FILE_, 1, 3, "x" } } },
	{ "'/b' between the names of",
	  { { "a", FILE_, 1, 2, NULL }, { "b", 0104755, 1, 2, "x" } } },
	{ "lacks names of the file '/a'", { { "a", FILE_, 1, 2, NULL } } },
	{ "lacks names of the file '/a'",
	  { { "a", FILE_, 1, 2, NULL }, { "b", DIR_, 2, 2, NULL } } },
	{ "lacks names of the file '/a'",
	  { { "a", FILE_, 1, 2, NULL }, { "b", DIR_, 2, 2, NULL }, { "c", FILE_, 2, 2, "x" } } },
	{ "the content of '/a' in front of its last name",
	  { { "a", FILE_, 1, 2, "x" }, { "b", FILE_, 1, 2, NULL } } },
	{ "'/a' of 'initrd' has what only a file can have", { { "a", DIR_, 1, 2, "x" } } },
	{ "has what only a file can have", { { "a", PIPE_, 1, 2, NULL } } },
};

START_TEST(what_could_be_read_in_two_ways_is_refused)
{
	struct ib_error err = IB_ERROR_INIT;
	IB_AUTO_BUFFER(told, 4096);

	ck_fails(read_entries(refused[_i].entries, &ib_initrd_usual, &told, &err), IB_INPUT,
		 refused[_i].words);
}
END_TEST

START_TEST(what_is_too_much_is_refused)
{
	static const struct entry entries[] = { { "abc", FILE_, 1, 1, "content" }, { 0 } };
	struct ib_initrd_limits limits = ib_initrd_usual;
	struct ib_error err = IB_ERROR_INIT;
	IB_AUTO_BUFFER(told, 4096);
	/* a frame with a window of 256 MiB, and nothing in it: RFC 8878, 3.1.1 */
	uint8_t large[] = { 0x28, 0xb5, 0x2f, 0xfd, 0, 18 << 3, 1, 0, 0 };
	struct ib_buffer packed = { .data = large, .size = sizeof(large) };

	limits.bytes = 500;
	ck_fails(read_entries(entries, &limits, &told, &err), IB_LIMIT,
		 "'initrd' unpacks to more than 500 bytes");
	limits = ib_initrd_usual;
	limits.name_bytes = 2;
	ck_fails(read_entries(entries, &limits, &told, &err), IB_LIMIT, "longer names than");
	ck_fails(read_packed(&packed, &ib_initrd_usual, &told, &err), IB_LIMIT,
		 "wants a window of more than 128 MiB");
}
END_TEST

/* A header with another value for one field, and what follows it. */
static const struct {
	size_t field;
	const char *value, *words;
	enum ib_kind kind;
} lies[] = {
	{ 11, "7FFFFFFF", "longer than a path can be", IB_LIMIT },
	{ 6, "7FFFFFFF", "longer than a path can be", IB_LIMIT },
	{ 6, "00000FFF", "cannot be read as a cpio archive", IB_INPUT },
	{ 6, "0000000G", "cannot be read as a cpio archive", IB_INPUT },
	{ 11, "00000000", "", IB_INPUT },
	{ 7, "00000001", "'abc' of 'initrd' is on a device of its own", IB_INPUT },
};

START_TEST(a_header_that_lies_gets_no_memory)
{
	static const struct entry entries[] = { { "abc", LINK_, 1, 1, "target" },
						{ "TRAILER!!!", 0, 0, 1, NULL } };
	struct ib_error err = IB_ERROR_INIT;
	IB_AUTO_BUFFER(told, 4096);
	IB_AUTO_BUFFER(archive, 4096);
	IB_AUTO_BUFFER(packed, 4096);

	add_entry(&archive, &entries[0]);
	memcpy(archive.data + 6 + 8 * lies[_i].field, lies[_i].value, 8);
	add_entry(&archive, &entries[1]);
	ib_buffer_align(&archive, 512);
	pack(&archive, &packed);
	ck_fails(read_packed(&packed, &ib_initrd_usual, &told, &err), lies[_i].kind,
		 lies[_i].words);
}
END_TEST

START_TEST(microcode_has_a_limit)
{
	static const struct entry entries[] = { { "abc", FILE_, 1, 1, "content" },
						{ "TRAILER!!!", 0, 0, 1, NULL } };
	struct ib_initrd_limits limits = ib_initrd_usual;
	struct ib_error err = IB_ERROR_INIT;
	IB_AUTO_BUFFER(told, 4096);
	IB_AUTO_BUFFER(archive, 4096);

	add_entry(&archive, &entries[0]);
	add_entry(&archive, &entries[1]);
	ib_buffer_align(&archive, 512);
	limits.early = 6;
	ck_fails(read_packed(&archive, &limits, &told, &err), IB_LIMIT,
		 "has more microcode than we agree to handle");
	ck_fails(read_packed(&archive, &ib_initrd_usual, &told, &err), IB_INPUT, "is cut short");
	ck_assert_str_eq(ib_buffer_text(&told), "early /abc ed7002b4\n");
}
END_TEST

Suite *ib_suite(void)
{
	Suite *suite = suite_create("verify_initrd");
	TCase *link = tcase_create("link");
	TCase *archives = tcase_create("archives");

	tcase_set_timeout(link, 120);
	tcase_add_unchecked_fixture(link, make_signers, free_signers);
	tcase_add_checked_fixture(link, test_dir_make, test_dir_remove);
	tcase_add_loop_test(link, what_is_wrong_with_the_initrd_breaks_this_link_alone, 0,
			    (int)IB_COUNT(table));
	suite_add_tcase(suite, link);
	tcase_add_test(archives, what_is_right_is_read);
	tcase_add_loop_test(archives, what_could_be_read_in_two_ways_is_refused, 0,
			    (int)IB_COUNT(refused));
	tcase_add_test(archives, what_is_too_much_is_refused);
	tcase_add_loop_test(archives, a_header_that_lies_gets_no_memory, 0, (int)IB_COUNT(lies));
	tcase_add_test(archives, microcode_has_a_limit);
	suite_add_tcase(suite, archives);
	return suite;
}
