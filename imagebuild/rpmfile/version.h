/* SPDX-License-Identifier: Apache-2.0 */
/* version - of the libraries behind this room, which shape the package database's bytes. */
#ifndef IB_RPMFILE_VERSION_H
#define IB_RPMFILE_VERSION_H

const char *ib_rpm_version(void);
const char *ib_sqlite_version(void);

#endif
