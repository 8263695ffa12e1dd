/* SPDX-License-Identifier: Apache-2.0 */
/*
 * vmtest - boots what `make image` built, under OVMF with Secure Boot: it must
 * come up whole, and what was tampered with must not come up.
 *
 * usage: vmtest BUILD [CASE]        CASE: part of a test's name
 *
 * Logs stay in BUILD/vmtest; TAP and JUnit results beside them.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <check.h>

#include "vmtests/junit.h"
#include "vmtests/machine.h"
#include "vmtests/product.h"

/* A boot takes some 40 s under emulation here; a slower machine may take its time. */
#define BOOT_SECONDS   480
#define REFUSE_SECONDS 240

#define ck_ok(call) \
	do { \
		int ck_r_ = (call); \
		ck_assert_msg(ck_r_ == 0, "%s: %s", #call, err.text ? err.text : "(no text)"); \
	} while (0)

static struct product product;

/* Words by which the real system shows that it runs. */
static const char *const came_up[] = { "login:", "Reached target Multi-User System",
				       "Reached target multi-user.target", NULL };

static struct machine *start(const char *name, const char *variables, const char *first,
			     const char *second)
{
	struct ib_error err = IB_ERROR_INIT;
	struct machine_plan plan = { .name = name,
				     .log_folder = product.logs,
				     .variables = variables,
				     .disks = { first, second },
				     .has_kvm = product.has_kvm,
				     .has_second_port = true };
	struct machine *machine = NULL;

	ck_ok(machine_start(&plan, &machine, &err));
	return machine;
}

static void assert_says(const char *console, const char *words)
{
	ck_assert_msg(strstr(console, words) != NULL, "the console never said '%s'", words);
}

static void assert_silent(const char *console, const char *words)
{
	ck_assert_msg(strstr(console, words) == NULL, "the console said '%s'", words);
}

START_TEST(the_shipped_disk_comes_up_under_secure_boot)
{
	static const char *const words[] = { "login:", NULL };
	IB_AUTO(machine) machine = start("shipped", product.variables, product.disk, NULL);
	ib_autofree char *console = NULL;
	size_t word = 0;

	ck_assert_msg(machine_wait(machine, words, BOOT_SECONDS, &word) == MACHINE_SAID,
		      "no login prompt; see %s/shipped.serial", product.logs);
	console = machine_console(machine);
	assert_says(console, "Secure boot enabled");
	assert_says(console, product.root_hash);
	assert_silent(console, "FAILED");
	assert_silent(console, "Failed to start");
	fprintf(stderr, "# the shipped disk was up after %.1f s\n", machine_seconds(machine));
}
END_TEST

START_TEST(the_image_that_looks_inside_differs_in_nothing_else)
{
	struct ib_error err = IB_ERROR_INIT;
	ib_autofree char *uki = product_path(&product, "compared.efi");
	IB_AUTO_BUFFER(bytes, 512 << 20);

	ck_ok(product_make_uki(&product, PRODUCT_LOOK_INSIDE, uki, &err));
	ck_ok(product_compare_uki(&product, uki, &err));
	/* and the comparison is one: a byte in the middle, of the kernel, is seen */
	ck_ok(ib_file_read(uki, &bytes, &err));
	bytes.data[4 << 20] ^= 1;
	ck_ok(ib_file_write(uki, bytes.data, bytes.size, 0644, &err));
	ck_assert_int_eq(product_compare_uki(&product, uki, &err), -IB_DIFFERS);
	ib_error_clear(&err);
	unlink(uki);
}
END_TEST

/* The value of KEY=… in what look.sh told. */
static char *told(const char *text, const char *key)
{
	IB_AUTO_STRINGS(lines);
	size_t length = strlen(key);
	size_t i = 0;

	ib_strings_split(&lines, text, "\n");
	for (i = 0; i < lines.count; i++)
		if (!strncmp(lines.items[i], key, length) && lines.items[i][length] == '=')
			return ib_strdup(lines.items[i] + length + 1);
	return ib_strdup("(nothing)");
}

static void assert_told(const char *text, const char *key, const char *value)
{
	ib_autofree char *got = told(text, key);

	ck_assert_msg(!strcmp(got, value), "%s is '%s' inside, not '%s'", key, got, value);
}

static void assert_told_part(const char *text, const char *key, const char *part)
{
	ib_autofree char *got = told(text, key);

	ck_assert_msg(strstr(got, part) != NULL, "%s is '%s' inside, without '%s'", key, got, part);
}

START_TEST(inside_all_is_as_the_sbom_says)
{
	struct ib_error err = IB_ERROR_INIT;
	ib_autofree char *loader = product_path(&product, "inside.loader");
	IB_AUTO(machine) machine = NULL;
	ib_autofree char *text = NULL;
	ib_autofree char *count = NULL;
	ib_autofree char *root = ib_strf("/dev/mapper/root %s ro", product.root_format);
	size_t packages = 0;

	ck_ok(product_make_loader(&product, PRODUCT_LOOK_INSIDE, loader, &err));
	ck_ok(product_package_count(&product, &packages, &err));
	machine = start("inside", product.test_variables, loader, product.disk);
	ck_assert_msg(machine_wait_end(machine, BOOT_SECONDS) == MACHINE_STOPPED,
		      "the machine did not power off; see %s/inside.serial", product.logs);
	text = machine_second_port(machine);
	count = ib_strf("%zu", packages);
	assert_told(text, "end", "1");
	assert_told(text, "state", "running");
	assert_told(text, "failed", "");
	assert_told(text, "secure_boot", "1");
	assert_told_part(text, "command_line", product.root_hash);
	assert_told_part(text, "root", root);
	assert_told_part(text, "root_table", product.root_hash);
	assert_told_part(text, "root_table", "verity");
	assert_told_part(text, "root_status", "verity V");
	assert_told(text, "etc_refused", "yes");
	assert_told(text, "usr_refused", "yes");
	assert_told(text, "remount_refused", "yes");
	assert_told(text, "device_refused", "yes");
	assert_told(text, "packages", count);
	assert_told(text, "sample", "equal");
	unlink(loader);
}
END_TEST

/* Must not come up, and must have said why. */
static void assert_refused(const char *name, const char *variables, const char *disk,
			   const char *why)
{
	IB_AUTO(machine) machine = start(name, variables, disk, NULL);
	const char *const words[] = { why, came_up[0], came_up[1], came_up[2], NULL };
	ib_autofree char *console = NULL;
	size_t word = 0;
	enum machine_end end = machine_wait(machine, words, REFUSE_SECONDS, &word);

	ck_assert_msg(end == MACHINE_SAID && word == 0, "it never said '%s'; see %s/%s.serial", why,
		      product.logs, name);
	/* what comes after the words must not be a system that runs all the same */
	(void)machine_wait(machine, came_up, 15, &word);
	console = machine_console(machine);
	assert_silent(console, came_up[0]);
	assert_silent(console, came_up[1]);
	assert_silent(console, came_up[2]);
}

static void assert_flip_refused(const char *name, enum ib_partition_kind partition, uint64_t offset,
				const char *why)
{
	struct ib_error err = IB_ERROR_INIT;
	ib_autofree char *file = ib_strf("%s.disk", name);
	ib_autofree char *disk = product_path(&product, file);

	ck_ok(product_flip(&product, partition, offset, disk, &err));
	assert_refused(name, product.variables, disk, why);
	unlink(disk);
}

START_TEST(a_flipped_bit_of_the_root_does_not_boot)
{
	assert_flip_refused("flipped-root", IB_PARTITION_ROOT, 1024 + 40,
			    "data block 0 is corrupted");
}
END_TEST

START_TEST(a_flipped_bit_of_the_hash_tree_does_not_boot)
{
	/* the first block behind the verity superblock is the top of the tree */
	assert_flip_refused("flipped-tree", IB_PARTITION_ROOT_VERITY, 4096 + 100, "is corrupted");
}
END_TEST

static void assert_loader_refused(const char *name, enum product_uki kind)
{
	struct ib_error err = IB_ERROR_INIT;
	ib_autofree char *file = ib_strf("%s.loader", name);
	ib_autofree char *loader = product_path(&product, file);

	ck_ok(product_make_loader(&product, kind, loader, &err));
	assert_refused(name, product.variables, loader, "Access Denied");
	unlink(loader);
}

START_TEST(an_unsigned_kernel_image_does_not_boot)
{
	assert_loader_refused("unsigned", PRODUCT_UNSIGNED);
}
END_TEST

START_TEST(a_kernel_image_signed_by_another_key_does_not_boot)
{
	assert_loader_refused("other-key", PRODUCT_OTHER_KEY);
}
END_TEST

static Suite *boot_suite(const char *wanted)
{
	const TTest *const tests[] = {
		the_shipped_disk_comes_up_under_secure_boot,
		the_image_that_looks_inside_differs_in_nothing_else,
		inside_all_is_as_the_sbom_says,
		a_flipped_bit_of_the_root_does_not_boot,
		a_flipped_bit_of_the_hash_tree_does_not_boot,
		an_unsigned_kernel_image_does_not_boot,
		a_kernel_image_signed_by_another_key_does_not_boot,
	};
	Suite *suite = suite_create("vmtest");
	TCase *boot = tcase_create("boot");
	size_t i = 0;

	tcase_set_timeout(boot, BOOT_SECONDS + 60);
	for (i = 0; i < IB_COUNT(tests); i++)
		if (!wanted || strstr(tests[i]->name, wanted))
			tcase_add_test(boot, tests[i]);
	suite_add_tcase(suite, boot);
	return suite;
}

static int run(const char *wanted)
{
	ib_autofree char *tap = product_path(&product, "results.tap");
	ib_autofree char *xml = product_path(&product, "results.xml");
	struct ib_error err = IB_ERROR_INIT;
	SRunner *runner = srunner_create(boot_suite(wanted));
	int failed = 0;

	srunner_set_tap(runner, tap);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	if (junit_write(tap, xml, &err) < 0) {
		fprintf(stderr, "vmtest: error: %s\n", err.text);
		return 8;
	}
	return failed ? 8 : 0;
}

int main(int argc, char **argv)
{
	struct ib_error err = IB_ERROR_INIT;
	int status = 0;

	if (argc < 2) {
		fprintf(stderr, "usage: vmtest BUILD [CASE]\n");
		return 2;
	}
	if (product_open(argv[1], &product, &err) < 0) {
		fprintf(stderr, "vmtest: error: %s\n", err.text);
		return 8;
	}
	fprintf(stderr, "# %s\n",
		product.has_kvm ? "with KVM" : "emulated (TCG): KVM runs no kernel here");
	status = run(argc > 2 ? argv[2] : NULL);
	product_done(&product);
	return status;
}
