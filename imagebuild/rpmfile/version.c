/* SPDX-License-Identifier: Apache-2.0 */
#include "rpmfile/version.h"

#include <rpm/rpmlib.h>
#include <sqlite3.h>

const char *ib_rpm_version(void)
{
	return RPMVERSION;
}

const char *ib_sqlite_version(void)
{
	return sqlite3_libversion();
}
