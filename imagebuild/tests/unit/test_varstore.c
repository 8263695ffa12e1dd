/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "test.h"
#include "vmtests/varstore.h"

#define TEMPLATE "/usr/share/OVMF/OVMF_VARS_4M.fd"

static void shell(const char *command)
{
	ib_autofree char *line = ib_strf("cd '%s' && { %s; } >log 2>&1", test_dir, command);

	ck_assert_msg(system(line) == 0, "%s (see log)", command);
}

START_TEST(the_store_is_the_one_that_efitools_make)
{
	struct ib_error err = IB_ERROR_INIT;
	IB_AUTO(ib_private_key) key = NULL;
	IB_AUTO(ib_certificate) certificate = NULL;
	const struct ib_certificate *db[2];
	ib_autofree char *path = ib_path_join(test_dir, "vars");
	ib_autofree char *pem_path = ib_path_join(test_dir, "crt");
	IB_AUTO_BUFFER(pem, 1 << 16);

	ck_ok(ib_private_key_generate(IB_KEY_RSA, 2048, &key, &err));
	ck_ok(ib_certificate_make(key, "owner", &certificate, &err));
	db[0] = db[1] = certificate;
	ck_ok(varstore_write(TEMPLATE, &(struct varstore_keys){ certificate, certificate, db, 2 },
			     path, &err));
	ib_certificate_write(certificate, &pem);
	ck_ok(ib_file_write(pem_path, pem.data, pem.size, 0644, &err));
	shell("cert-to-efi-sig-list -g 67616d69-6265-4175-9c64-746573747331 crt one && "
	      "cat one one >two && cp " TEMPLATE " theirs && chmod u+w theirs");
	shell("flash-var -t '2020-01-01 00:00:00' theirs db two && "
	      "flash-var -t '2020-01-01 00:00:00' theirs KEK one && "
	      "flash-var -t '2020-01-01 00:00:00' theirs PK one && cmp vars theirs");
	ck_fails(varstore_write(path, &(struct varstore_keys){ certificate, certificate, db, 2 },
				path, &err),
		 IB_INPUT, "holds variables already");
	ck_fails(varstore_write("/dev/null",
				&(struct varstore_keys){ certificate, certificate, db, 2 }, path,
				&err),
		 IB_INPUT, "is no OVMF store");
}
END_TEST

Suite *ib_suite(void)
{
	Suite *suite = suite_create("varstore");
	TCase *tcase = tcase_create("varstore");

	tcase_add_checked_fixture(tcase, test_dir_make, test_dir_remove);
	tcase_add_test(tcase, the_store_is_the_one_that_efitools_make);
	suite_add_tcase(suite, tcase);
	return suite;
}
