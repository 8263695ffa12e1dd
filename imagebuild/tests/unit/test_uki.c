/* SPDX-License-Identifier: Apache-2.0 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "boot/boot.h"
#include "test.h"

#define STUB_PATH   "/usr/lib/systemd/boot/efi/linuxx64.efi.stub"
#define LOADER_PATH "/usr/lib/systemd/boot/efi/systemd-bootx64.efi"

static struct ib_private_key *key;
static struct ib_certificate *certificate;

static void shell(const char *command)
{
	ib_autofree char *line = ib_strf("cd '%s' && { %s; } >log 2>&1", test_dir, command);

	ck_assert_msg(system(line) == 0, "%s (see log)", command);
}

static void set_up(void)
{
	struct ib_error err = IB_ERROR_INIT;
	ib_autofree char *path = NULL;
	IB_AUTO_BUFFER(pem, 1 << 16);

	test_dir_make();
	path = ib_path_join(test_dir, "crt");
	ck_ok(ib_private_key_generate(IB_KEY_RSA, 2048, &key, &err));
	ck_ok(ib_certificate_make(key, "secure boot", &certificate, &err));
	ib_certificate_write(certificate, &pem);
	ck_ok(ib_file_write(path, pem.data, pem.size, 0644, &err));
}

static void tear_down(void)
{
	ib_private_key_free(ib_take(key));
	ib_certificate_free(ib_take(certificate));
	test_dir_remove();
}

static int open_new(const char *name)
{
	ib_autofree char *path = ib_path_join(test_dir, name);
	int fd = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);

	ck_assert_int_ge(fd, 0);
	return fd;
}

static void read_stub(const char *path, struct ib_buffer *stub)
{
	struct ib_error err = IB_ERROR_INIT;

	ck_ok(ib_file_read(path, stub, &err));
}

/* A kernel image of the simplest kind: nothing looks inside. */
static uint8_t initrd[100001];

static int build(const char *name)
{
	struct ib_error err = IB_ERROR_INIT;
	IB_AUTO_BUFFER(stub, IB_UKI_MAX_STUB);
	ib_autoclose int initrd_fd = open_new("initrd");
	int fd = open_new(name);
	struct ib_uki_section sections[] = {
		{ ".uname", "6.1.0", -1, 5 },     { ".initrd", NULL, initrd_fd, sizeof(initrd) },
		{ ".linux", "a kernel", -1, 8 },  { ".cmdline", "quiet roothash=00", -1, 17 },
		{ ".osrel", "ID=test\n", -1, 8 }, { ".splash", "", -1, 0 },
	};

	memset(initrd, 'i', sizeof(initrd));
	ck_ok(ib_fd_write(initrd_fd, initrd, sizeof(initrd), 0, "initrd", &err));
	read_stub(STUB_PATH, &stub);
	ck_ok(ib_uki_build(&(struct ib_uki){ stub.data, stub.size, sections, IB_COUNT(sections) },
			   fd, name, &err));
	return fd;
}

START_TEST(sections_come_in_the_order_of_the_specification_and_are_read_back)
{
	static const char *const names[] = { ".linux", ".osrel", ".cmdline", ".initrd", ".uname" };
	struct ib_error err = IB_ERROR_INIT;
	ib_autoclose int fd = build("uki.efi");
	IB_AUTO_BUFFER(content, sizeof(initrd));
	IB_AUTO_BUFFER(small, 4);
	struct ib_pe pe;
	size_t i = 0;

	ck_ok(ib_pe_read(fd, "uki.efi", &pe, &err));
	ck_assert_uint_gt(pe.section_count, IB_COUNT(names));
	for (i = 0; i < IB_COUNT(names); i++)
		ck_assert_str_eq(pe.sections[pe.section_count - IB_COUNT(names) + i].name,
				 names[i]);
	ck_assert_uint_eq(pe.symbol_count, 0);
	ck_assert(!pe.has_gaps);
	ck_assert_uint_eq(pe.data_end, pe.file_size);
	ck_ok(ib_pe_section_read(fd, "uki.efi", &pe, ".initrd", &content, &err));
	ck_assert_uint_eq(content.size, sizeof(initrd));
	ck_assert_mem_eq(content.data, initrd, sizeof(initrd));
	ck_fails(ib_pe_section_read(fd, "uki.efi", &pe, ".cmdline", &small, &err), IB_LIMIT,
		 "section .cmdline of 'uki.efi' is larger than 4 bytes");
	ck_fails(ib_pe_section_read(fd, "uki.efi", &pe, ".dtb", &small, &err), IB_MISSING,
		 "has no section .dtb");
}
END_TEST

START_TEST(objdump_and_objcopy_read_the_same_sections)
{
	ib_autoclose int fd = build("uki.efi");

	ck_assert_int_ge(fd, 0);
	shell("objdump -h uki.efi | grep -A1 '\\.initrd *000186a1' | grep READONLY");
	shell("objcopy --dump-section .initrd=out uki.efi copy && "
	      "head -c 100001 out | cmp - initrd");
	shell("objcopy --dump-section .cmdline=out uki.efi copy && "
	      "[ \"$(head -c 17 out)\" = 'quiet roothash=00' ]");
	shell("objdump -p uki.efi | grep 'Time/Date.*Jan  1 00:00:00 1970'");
}
END_TEST

START_TEST(a_signed_image_is_accepted_by_others)
{
	struct ib_error err = IB_ERROR_INIT;
	ib_autoclose int fd = build("uki.efi");

	ck_ok(ib_authenticode_sign(fd, "uki.efi", key, certificate, &err));
	ck_ok(ib_authenticode_verify(fd, "uki.efi", certificate, &err));
	shell("sbverify --cert crt uki.efi");
	shell("osslsigncode verify -in uki.efi -CAfile crt >v; cat v; "
	      "grep 'Signature verification: ok' v && ! grep -q MISMATCH v");
}
END_TEST

START_TEST(signing_twice_or_attaching_later_gives_the_same_bytes)
{
	struct ib_error err = IB_ERROR_INIT;
	ib_autoclose int a = build("a");
	ib_autoclose int b = build("b");
	IB_AUTO_BUFFER(bytes, 4096);
	IB_AUTO_BUFFER(signature, IB_SIGNATURE_MAX_SIZE);
	uint64_t before = 0;
	uint64_t after = 0;

	ck_ok(ib_fd_size(b, "b", &before, &err));
	ck_ok(ib_authenticode_to_be_signed(b, "b", &bytes, &err));
	ck_ok(ib_private_key_sign(key, bytes.data, bytes.size, &signature, &err));
	ck_ok(ib_authenticode_attach(b, "b", certificate, signature.data, signature.size, &err));
	ck_ok(ib_fd_size(b, "b", &after, &err));
	ck_assert_uint_eq(after - before, ib_authenticode_size(certificate, signature.size));
	ck_ok(ib_authenticode_sign(a, "a", key, certificate, &err));
	shell("cmp a b");
	ck_ok(ib_authenticode_sign(a, "a", key, certificate, &err));
	shell("cmp a b");
	signature.data[9] ^= 1;
	ck_fails(ib_authenticode_attach(b, "b", certificate, signature.data, signature.size, &err),
		 IB_TRUST, "'b': the signature was not made with key");
	shell("cmp a b");
}
END_TEST

START_TEST(what_was_changed_or_signed_by_another_is_refused)
{
	struct ib_error err = IB_ERROR_INIT;
	ib_autoclose int fd = build("uki.efi");
	IB_AUTO(ib_private_key) other = NULL;
	IB_AUTO(ib_certificate) stranger = NULL;
	struct ib_pe pe;
	size_t i = 0;

	ck_fails(ib_authenticode_verify(fd, "uki.efi", certificate, &err), IB_TRUST,
		 "'uki.efi' is not signed");
	ck_ok(ib_private_key_generate(IB_KEY_RSA, 2048, &other, &err));
	ck_ok(ib_certificate_make(other, "stranger", &stranger, &err));
	ck_ok(ib_authenticode_sign(fd, "uki.efi", other, stranger, &err));
	ck_assert_int_eq(ib_authenticode_verify(fd, "uki.efi", certificate, &err), -IB_TRUST);
	ck_assert_ptr_nonnull(strstr(err.hint, "signed by 'CN = stranger', certificate sha256"));
	ib_error_clear(&err);
	ck_ok(ib_authenticode_sign(fd, "uki.efi", key, certificate, &err));
	ck_ok(ib_pe_read(fd, "uki.efi", &pe, &err));
	for (i = 0; i < pe.section_count; i++) {
		uint64_t at = pe.sections[i].raw_offset + pe.sections[i].raw_size - 1;
		uint8_t byte = 0;

		ck_ok(ib_fd_read_at(fd, &byte, 1, at, "uki.efi", &err));
		byte ^= 1;
		ck_ok(ib_fd_write(fd, &byte, 1, at, "uki.efi", &err));
		ck_fails(ib_authenticode_verify(fd, "uki.efi", certificate, &err), IB_TRUST,
			 "was changed after it was signed");
		byte ^= 1;
		ck_ok(ib_fd_write(fd, &byte, 1, at, "uki.efi", &err));
	}
	ck_ok(ib_authenticode_verify(fd, "uki.efi", certificate, &err));
	/* Something put behind the signature. */
	ck_ok(ib_fd_write(fd, "more....", 8, pe.file_size, "uki.efi", &err));
	ck_fails(ib_authenticode_verify(fd, "uki.efi", certificate, &err), IB_INPUT,
		 "its certificate table is not at the end of the file");
}
END_TEST

/* A good signature over the same words, made for another purpose. */
START_TEST(a_signature_of_another_type_is_refused)
{
	static const uint8_t type[] = {
		0x2b, 0x06, 0x01, 0x04, 0x01, 0x82, 0x37, 0x02, 0x01, 0x05
	};
	struct ib_error err = IB_ERROR_INIT;
	ib_autoclose int fd = build("uki.efi");
	IB_AUTO_BUFFER(other, IB_CMS_MAX_SIZE);
	ib_autofree uint8_t *table = NULL;
	struct ib_cms_content content = { type, sizeof(type), NULL, 0 };
	struct ib_der in = { NULL, 0 };
	struct ib_der whole = { NULL, 0 };
	struct ib_cms cms;
	struct ib_pe pe;

	ck_ok(ib_authenticode_sign(fd, "uki.efi", key, certificate, &err));
	ck_ok(ib_pe_read(fd, "uki.efi", &pe, &err));
	table = ib_alloc(pe.certificate_size);
	ck_ok(ib_fd_read_at(fd, table, pe.certificate_size, pe.certificate_offset, "uki.efi",
			    &err));
	in = (struct ib_der){ table + 8, pe.certificate_size - 8 };
	ck_assert(ib_der_next(&in, IB_DER_SEQUENCE, NULL, &whole));
	ck_ok(ib_cms_read(whole.data, whole.size, "uki.efi", &cms, &err));
	content.data = cms.content.data;
	content.size = cms.content.size;
	ck_ok(ib_cms_sign(&content, key, certificate, &other, &err));
	ck_assert_uint_eq(other.size, whole.size);
	ck_ok(ib_fd_write(fd, other.data, other.size, pe.certificate_offset + 8, "uki.efi", &err));
	ck_fails(ib_authenticode_verify(fd, "uki.efi", certificate, &err), IB_TRUST,
		 "is signed as something else");
}
END_TEST

/* Firmware would not measure what lies between sections. */
START_TEST(bytes_between_sections_are_refused)
{
	struct ib_error err = IB_ERROR_INIT;
	ib_autoclose int fd = build("uki.efi");
	const struct ib_pe_section *cmdline = NULL;
	uint8_t none[4] = { 0 };
	struct ib_pe pe;

	ck_ok(ib_pe_read(fd, "uki.efi", &pe, &err));
	cmdline = ib_pe_find(&pe, ".cmdline");
	ck_ok(ib_fd_write(fd, none, 4,
			  pe.table_offset + 40 * (uint64_t)(cmdline - pe.sections) + 16, "uki.efi",
			  &err));
	ck_fails(ib_authenticode_sign(fd, "uki.efi", key, certificate, &err), IB_INPUT,
		 "has bytes between its sections");
}
END_TEST

START_TEST(a_boot_loader_is_made_plain_and_signed)
{
	struct ib_error err = IB_ERROR_INIT;
	IB_AUTO_BUFFER(loader, IB_UKI_MAX_STUB);
	ib_autoclose int fd = open_new("loader.efi");
	struct ib_pe pe;

	read_stub(LOADER_PATH, &loader);
	ck_ok(ib_uki_build(&(struct ib_uki){ loader.data, loader.size, NULL, 0 }, fd, "loader.efi",
			   &err));
	ck_ok(ib_authenticode_sign(fd, "loader.efi", key, certificate, &err));
	ck_ok(ib_pe_read(fd, "loader.efi", &pe, &err));
	ck_assert_uint_eq(pe.certificate_offset, pe.data_end);
	shell("sbverify --cert crt loader.efi");
}
END_TEST

START_TEST(sections_that_make_no_sense_are_refused)
{
	static const struct {
		struct ib_uki_section sections[2];
		const char *text;
	} cases[] = {
		{ { { ".linux", "k", -1, 1 }, { ".kernel", "k", -1, 1 } },
		  "unrecognized section '.kernel'" },
		{ { { ".linux", "k", -1, 1 }, { ".linux", "k", -1, 1 } },
		  "section .linux of 'x' is given twice" },
		{ { { ".linux", "k", -1, 1 }, { ".sbat", "s", -1, 1 } },
		  "section .sbat of 'x' is given twice, or in the stub already" },
		{ { { ".linux", "k", -1, 1 }, { ".initrd", "s", -1, 1UL << 31 } },
		  "would be larger than 2 GiB" },
	};
	struct ib_error err = IB_ERROR_INIT;
	IB_AUTO_BUFFER(stub, IB_UKI_MAX_STUB);
	ib_autoclose int fd = open_new("x");
	int r = 0;

	read_stub(STUB_PATH, &stub);
	r = ib_uki_build(&(struct ib_uki){ stub.data, stub.size, cases[_i].sections, 2 }, fd, "x",
			 &err);
	ck_assert_int_lt(r, 0);
	ck_assert_ptr_nonnull(strstr(err.text, cases[_i].text));
	ib_error_clear(&err);
}
END_TEST

/* Every header byte set to a few values: read or refused, never more. */
START_TEST(damaged_headers_are_read_within_bounds)
{
	static const uint8_t values[] = { 0x00, 0x01, 0x7f, 0x80, 0xff };
	struct ib_error err = IB_ERROR_INIT;
	IB_AUTO_BUFFER(stub, IB_UKI_MAX_STUB);
	size_t i = 0;
	size_t j = 0;

	read_stub(STUB_PATH, &stub);
	for (i = 0; i < 1024; i++) {
		uint8_t kept = stub.data[i];

		for (j = 0; j < IB_COUNT(values); j++) {
			struct ib_pe pe;

			stub.data[i] = values[j];
			if (ib_pe_parse(stub.data, stub.size, stub.size, "stub", &pe, &err) < 0)
				ck_assert_int_eq((int)err.kind, IB_INPUT);
			ib_error_clear(&err);
		}
		stub.data[i] = kept;
		ck_assert_int_lt(ib_pe_parse(stub.data, i, i, "stub", &(struct ib_pe){ 0 }, &err),
				 0);
		ib_error_clear(&err);
	}
}
END_TEST

START_TEST(a_command_line_is_words)
{
	static const char *const words[] = { "quiet", "dyndbg=\"file x +p\"", "panic=5" };
	static const char *const bad[] = { "a b", "", "a\n", "\"open", "roothash=1", "usrhash=1" };
	struct ib_error err = IB_ERROR_INIT;
	ib_autofree char *line = NULL;
	ib_autofree char *plain = NULL;
	size_t i = 0;

	ck_ok(ib_command_line(words, 3, "abcd", &line, &err));
	ck_assert_str_eq(line, "quiet dyndbg=\"file x +p\" panic=5 roothash=abcd");
	ck_ok(ib_command_line(words, 1, NULL, &plain, &err));
	ck_assert_str_eq(plain, "quiet");
	for (i = 0; i < IB_COUNT(bad); i++) {
		char *none = NULL;

		ck_assert_int_eq(ib_command_line(&bad[i], 1, "abcd", &none, &err), -IB_INPUT);
		ib_error_clear(&err);
	}
}
END_TEST

Suite *ib_suite(void)
{
	Suite *suite = suite_create("uki");
	TCase *tcase = tcase_create("uki");

	tcase_set_timeout(tcase, 60);
	tcase_add_checked_fixture(tcase, set_up, tear_down);
	tcase_add_test(tcase, sections_come_in_the_order_of_the_specification_and_are_read_back);
	tcase_add_test(tcase, objdump_and_objcopy_read_the_same_sections);
	tcase_add_test(tcase, a_signed_image_is_accepted_by_others);
	tcase_add_test(tcase, signing_twice_or_attaching_later_gives_the_same_bytes);
	tcase_add_test(tcase, what_was_changed_or_signed_by_another_is_refused);
	tcase_add_test(tcase, a_signature_of_another_type_is_refused);
	tcase_add_test(tcase, bytes_between_sections_are_refused);
	tcase_add_test(tcase, a_boot_loader_is_made_plain_and_signed);
	tcase_add_loop_test(tcase, sections_that_make_no_sense_are_refused, 0, 4);
	tcase_add_test(tcase, damaged_headers_are_read_within_bounds);
	tcase_add_test(tcase, a_command_line_is_words);
	suite_add_tcase(suite, tcase);
	return suite;
}
