/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/mem.h"
#include "base/path.h"
#include "test.h"

char *test_dir;

void test_dir_make(void)
{
	const char *parent = getenv("TMPDIR");

	test_dir = ib_path_join(parent ? parent : "/tmp", "imagebuild-test.XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(test_dir));
}

void test_dir_remove(void)
{
	struct ib_error err = IB_ERROR_INIT;

	ck_ok(ib_file_remove_tree(test_dir, &err));
	ib_free(ib_take(test_dir));
}

void test_file(const char *name, const char *content, char **ret_path)
{
	struct ib_error err = IB_ERROR_INIT;

	*ret_path = ib_path_join(test_dir, name);
	ck_ok(ib_file_write(*ret_path, content, strlen(content), 0644, &err));
}

const char *test_shared_data(const char *path)
{
	static char found[4096];
	const char *root = getenv("IB_SHARED_DATA");

	snprintf(found, sizeof(found), "%s/%s", root ? root : "../shared/data", path);
	if (access(found, R_OK))
		return NULL;
	return found;
}

int main(void)
{
	SRunner *runner = srunner_create(ib_suite());
	int failed = 0;

	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? 1 : 0;
}
