/* SPDX-License-Identifier: Apache-2.0 */
/*
 * rpmfile - the front door: keys that are believed, one .rpm, and the package
 * database.
 *
 * The door to librpm. None of its configuration is ever read: no macro file, no
 * rpmrc, no database of the host. What is believed is decided here, from the
 * bytes and the pinned keys; librpm takes headers and payloads apart and writes
 * the database.
 */
#ifndef IB_RPMFILE_H
#define IB_RPMFILE_H

#include "rpmfile/keyring.h"
#include "rpmfile/rpm.h"
#include "rpmfile/rpmdb.h"
#include "rpmfile/version.h"

#endif
