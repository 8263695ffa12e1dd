/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "elf/elf.h"
#include "package/facts.h"
#include "test.h"

static struct ib_arena *arena;

static void set_up(void)
{
	test_dir_make();
	arena = ib_arena_new();
}

static void tear_down(void)
{
	ib_arena_free(arena);
	test_dir_remove();
}

/* The test's own program: an ELF file of the machine that runs it. */
static void read_self(struct ib_buffer *self)
{
	struct ib_error err = IB_ERROR_INIT;

	ck_ok(ib_file_read("/proc/self/exe", self, &err));
}

START_TEST(a_program_says_what_it_needs)
{
	struct ib_error err = IB_ERROR_INIT;
	IB_AUTO_BUFFER(self, 256 << 20);
	struct ib_elf *elf = NULL;
	bool has_libc = false;
	size_t i = 0;

	read_self(&self);
	ck_ok(ib_elf_read(self.data, self.size, arena, &elf, &err));
	ck_assert_uint_eq(elf->bits, sizeof(void *) * 8);
	ck_assert(elf->is_dynamic);
	ck_assert_ptr_nonnull(elf->interpreter);
	ck_assert_ptr_null(elf->soname);
	for (i = 0; i < elf->needed_count; i++)
		has_libc = has_libc || ib_str_equal(elf->needed[i], "libc.so.6");
	ck_assert(has_libc);
	ck_assert(elf->has_abi);
	ck_assert_uint_eq(elf->abi_os, 0);
}
END_TEST

/* Where the program header of this type begins in a 64-bit little-endian file; 0: there is none. */
static size_t segment_at(const struct ib_buffer *file, uint32_t type)
{
	uint64_t table = ib_get_le64(file->data + 32);
	size_t count = ib_get_le16(file->data + 56);
	size_t i = 0;

	for (i = 0; i < count; i++)
		if (ib_get_le32(file->data + table + i * 56) == type)
			return (size_t)(table + i * 56);
	return 0;
}

START_TEST(a_program_says_what_defends_it)
{
	struct ib_error err = IB_ERROR_INIT;
	IB_AUTO_BUFFER(self, 256 << 20);
	struct ib_elf *elf = NULL;
	size_t stack = 0;
	size_t relro = 0;

	read_self(&self);
	ck_ok(ib_elf_read(self.data, self.size, arena, &elf, &err));
	ck_assert(elf->is_pie && elf->has_relro && elf->binds_now && elf->has_symbols);
	ck_assert(!elf->has_executable_stack && !elf->has_text_relocations && !elf->is_go);
	if (elf->bits != 64 || elf->big_endian)
		return;
	stack = segment_at(&self, 0x6474e551);
	relro = segment_at(&self, 0x6474e552);
	ib_buffer_set_le32(&self, stack + 4, 7);
	ib_buffer_set_le32(&self, relro, 0);
	ck_ok(ib_elf_read(self.data, self.size, arena, &elf, &err));
	ck_assert(elf->has_executable_stack && !elf->has_relro);
	ib_buffer_set_le32(&self, stack, 0);
	ib_buffer_set_le32(&self, segment_at(&self, 3), 0); /* no loader: as a library is */
	ck_ok(ib_elf_read(self.data, self.size, arena, &elf, &err));
	ck_assert(elf->has_executable_stack);
	ck_assert(elf->is_pie); /* says so itself: DF_1_PIE */
}
END_TEST

static const char secret[] = "/home/a/rpmbuild/BUILD/thing-1.0/main.c";

START_TEST(a_path_of_the_build_is_found_among_the_strings)
{
	IB_AUTO_BUFFER(self, 256 << 20);

	read_self(&self);
	ck_assert_ptr_eq(strstr(secret, "main"), secret + 33);
	ck_assert_str_eq(ib_elf_build_path(self.data, self.size, arena), secret);
}
END_TEST

START_TEST(scripts_keep_their_first_line_and_archives_their_first_bytes)
{
	static const char script[] = "#!/usr/bin/python3 -E\nimport os\n";
	const struct ib_fact *fact = ib_fact_of(arena, "/usr/bin/tool", script, strlen(script));

	ck_assert(ib_facts_wants("/usr/bin/tool", S_IFREG | 0755, 100));
	ck_assert(!ib_facts_wants("/usr/bin/tool", S_IFREG | 0644, 100));
	ck_assert(ib_facts_wants("/usr/lib/security/pam_unix.so", S_IFREG | 0644, 100));
	ck_assert_str_eq(fact->data, "#!/usr/bin/python3 -E");
	fact = ib_fact_of(arena, "/usr/share/x.gz", "\x1f\x8b\x08\x00\x01\x02\x03\x04", 8);
	ck_assert_uint_eq(fact->size, 8);
	ck_assert_mem_eq(fact->data, "\x1f\x8b\x08\x00\x01\x02\x03\x04", 8);
}
END_TEST

START_TEST(a_library_says_its_name)
{
	struct ib_error err = IB_ERROR_INIT;
	IB_AUTO_BUFFER(library, 64 << 20);
	struct ib_elf *elf = NULL;
	const char *path = "/lib/x86_64-linux-gnu/libc.so.6";

	if (access(path, R_OK)) {
		fprintf(stderr, "skipped: no %s\n", path);
		return;
	}
	ck_ok(ib_file_read(path, &library, &err));
	ck_ok(ib_elf_read(library.data, library.size, arena, &elf, &err));
	ck_assert_str_eq(elf->soname, "libc.so.6");
	ck_assert_uint_eq(elf->machine, IB_ELF_X86_64);
	ck_assert_uint_eq(elf->type, IB_ELF_SHARED);
}
END_TEST

START_TEST(a_text_is_no_elf_file)
{
	struct ib_error err = IB_ERROR_INIT;
	struct ib_elf *elf = NULL;
	static const char text[100] = "GROUP ( /lib/libc.so.6 )";

	ck_fails(ib_elf_read(text, sizeof(text), arena, &elf, &err), IB_INPUT,
		 "it is not an ELF file");
	ck_assert_ptr_null(elf);
}
END_TEST

/* Every way to cut a real file short is read or refused; under ASan this is a test of bounds. */
START_TEST(a_file_cut_short_is_never_read_beyond_its_end)
{
	IB_AUTO_BUFFER(self, 256 << 20);
	size_t cut = 0;

	read_self(&self);
	for (cut = 0; cut < self.size; cut += cut < 5000 ? 1 : self.size / 500 + 1) {
		struct ib_error err = IB_ERROR_INIT;
		struct ib_elf *elf = NULL;
		uint8_t *copy = ib_memdup(self.data, cut ? cut : 1);

		if (ib_elf_read(copy, cut, arena, &elf, &err) < 0)
			ib_error_clear(&err);
		ib_free(copy);
	}
}
END_TEST

START_TEST(every_header_field_may_be_wrong)
{
	IB_AUTO_BUFFER(self, 256 << 20);
	size_t i = 0;

	read_self(&self);
	for (i = 4; i < 400; i++) {
		struct ib_error err = IB_ERROR_INIT;
		struct ib_elf *elf = NULL;
		struct ib_elf_module *module = NULL;
		uint8_t was = self.data[i];

		self.data[i] = 0xff;
		if (ib_elf_read(self.data, self.size, arena, &elf, &err) < 0)
			ib_error_clear(&err);
		if (ib_elf_read_module(self.data, self.size, arena, &module, &err) < 0)
			ib_error_clear(&err);
		self.data[i] = was;
	}
}
END_TEST

START_TEST(facts_keep_what_is_wanted)
{
	struct ib_error err = IB_ERROR_INIT;
	IB_AUTO(ib_facts) facts = ib_facts_new();
	IB_AUTO_BUFFER(self, 256 << 20);
	const char *conf = "/usr/lib/sysusers.d/a.conf";

	read_self(&self);
	ck_ok(ib_facts_add(facts, 7, conf, "u a -\n", 6, &err));
	ck_ok(ib_facts_add(facts, 3, "/usr/lib64/libself.so.1", self.data, self.size, &err));
	ck_ok(ib_facts_add(facts, 4, "/usr/lib64/libc.so", "GROUP (libc.so.6)", 17, &err));
	ck_ok(ib_facts_add(facts, 5, "/lib/modules/6/kernel/x.ko", "junk", 4, &err));
	ck_assert_str_eq(ib_facts_find(facts, 7)->data, "u a -\n");
	ck_assert_ptr_eq(ib_facts_find_path(facts, conf), ib_facts_find(facts, 7));
	ck_assert_ptr_nonnull(ib_facts_find(facts, 3)->elf);
	ck_assert_ptr_null(ib_facts_find(facts, 3)->data);
	ck_assert_ptr_null(ib_facts_find(facts, 4)->elf);
	ck_assert_ptr_null(ib_facts_find(facts, 4)->problem);
	ck_assert_str_eq(ib_facts_find(facts, 5)->problem, "it is not an ELF file");
	ck_assert_ptr_null(ib_facts_find(facts, 6));
	ck_assert_ptr_null(ib_facts_find(facts, 600));
	ck_assert_uint_eq(ib_facts_count(facts), 4);
}
END_TEST

/* Of a copy of these bytes, of which the first are something else. */
static bool read_facts(const void *data, size_t size, struct ib_facts **ret_facts)
{
	IB_AUTO_BUFFER(copy, 1 << 20);

	ib_buffer_puts(&copy, "else");
	ib_buffer_put(&copy, data, size);
	return ib_facts_read(&copy, 4, ret_facts);
}

START_TEST(facts_come_back_from_bytes_and_cut_ones_do_not)
{
	struct ib_error err = IB_ERROR_INIT;
	IB_AUTO(ib_facts) facts = ib_facts_new();
	IB_AUTO(ib_facts) back = NULL;
	IB_AUTO_BUFFER(self, 64 << 20);
	IB_AUTO_BUFFER(bytes, 1 << 20);
	IB_AUTO_BUFFER(again, 1 << 20);
	size_t i = 0;

	ck_ok(ib_file_read("/proc/self/exe", &self, &err));
	ck_ok(ib_facts_add(facts, 7, "/usr/lib/sysusers.d/a.conf", "u a -\n", 6, &err));
	ck_ok(ib_facts_add(facts, 3, "/usr/lib64/libself.so.1", self.data, self.size, &err));
	ck_ok(ib_facts_add(facts, 5, "/lib/modules/6/kernel/x.ko", "junk", 4, &err));
	ib_facts_write(facts, &bytes);
	ck_assert(read_facts(bytes.data, bytes.size, &back));
	ck_assert_uint_eq(ib_facts_count(back), 3);
	ck_assert_str_eq(ib_facts_find(back, 7)->data, "u a -\n");
	ck_assert_uint_eq(ib_facts_find(back, 3)->elf->needed_count,
			  ib_facts_find(facts, 3)->elf->needed_count);
	ck_assert_str_eq(ib_facts_find_path(back, "/lib/modules/6/kernel/x.ko")->problem,
			 ib_facts_find(facts, 5)->problem);
	ib_facts_write(back, &again);
	ck_assert_uint_eq(again.size, bytes.size);
	ck_assert_mem_eq(again.data, bytes.data, bytes.size);
	for (i = 0; i < bytes.size; i++) {
		struct ib_facts *none = NULL;

		ck_assert(!read_facts(bytes.data, i, &none));
	}
	/* a text whose end is not told */
	for (i = 6; i < bytes.size; i++) {
		struct ib_facts *found = NULL;

		if (bytes.data[i] || memcmp(bytes.data + i - 6, "u a -\n", 6) != 0)
			continue;
		bytes.data[i] = 'x';
		ck_assert(!read_facts(bytes.data, bytes.size, &found));
	}
}
END_TEST

static const struct {
	const char *path;
	uint32_t mode;
	uint64_t size;
	bool wanted;
} wants[] = {
	{ "/usr/lib/sysusers.d/basic.conf", S_IFREG | 0644, 100, true },
	{ "/lib/sysusers.d/basic.conf", S_IFREG | 0644, 100, true },
	{ "/usr/lib/sysusers.d/basic.conf", S_IFREG | 0644, 1 << 30, false },
	{ "/usr/lib/sysusers.d/basic.conf", S_IFLNK | 0777, 100, false },
	{ "/usr/lib/sysusers.d/README", S_IFREG | 0644, 100, false },
	{ "/usr/lib/x86_64-linux-gnu/libz.so.1.2.13", S_IFREG | 0755, 100000, true },
	{ "/opt/x/libz.so", S_IFREG | 0755, 100000, true },
	{ "/usr/lib/python3/_ssl.so", S_IFREG | 0755, 100000, true },
	{ "/usr/bin/bash", S_IFREG | 0755, 100000, true },
	{ "/usr/share/x/data", S_IFREG | 0644, 100000, false },
	{ "/lib/modules/6.1/kernel/fs/ext4/ext4.ko", S_IFREG | 0644, 1000000, true },
	{ "/usr/lib/modules/6.1/modules.order", S_IFREG | 0644, 1000, true },
	{ "/usr/share/doc/x/copyright", S_IFREG | 0644, 1000, false },
};

START_TEST(only_what_somebody_reads_is_wanted)
{
	ck_assert_msg(ib_facts_wants(wants[_i].path, wants[_i].mode, wants[_i].size) ==
			      wants[_i].wanted,
		      "%s", wants[_i].path);
}
END_TEST

Suite *ib_suite(void)
{
	Suite *suite = suite_create("elf");
	TCase *elf = tcase_create("elf");

	tcase_set_timeout(elf, 60);
	tcase_add_checked_fixture(elf, set_up, tear_down);
	tcase_add_test(elf, a_program_says_what_it_needs);
	tcase_add_test(elf, a_library_says_its_name);
	tcase_add_test(elf, a_program_says_what_defends_it);
	tcase_add_test(elf, a_path_of_the_build_is_found_among_the_strings);
	tcase_add_test(elf, scripts_keep_their_first_line_and_archives_their_first_bytes);
	tcase_add_test(elf, a_text_is_no_elf_file);
	tcase_add_test(elf, a_file_cut_short_is_never_read_beyond_its_end);
	tcase_add_test(elf, every_header_field_may_be_wrong);
	tcase_add_test(elf, facts_keep_what_is_wanted);
	tcase_add_test(elf, facts_come_back_from_bytes_and_cut_ones_do_not);
	tcase_add_loop_test(elf, only_what_somebody_reads_is_wanted, 0, (int)IB_COUNT(wants));
	suite_add_tcase(suite, elf);
	return suite;
}
