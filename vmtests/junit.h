/* SPDX-License-Identifier: Apache-2.0 */
/* junit - the results of the boot tests as JUnit XML, which CI systems read, from their TAP. */
#ifndef IB_VMTESTS_JUNIT_H
#define IB_VMTESTS_JUNIT_H

#include "base/base.h"

/* Reads "ok N - FILE:CASE:NAME: WORDS" and "not ok …" lines; other lines are passed over. */
int junit_write(const char *tap_path, const char *xml_path, struct ib_error *err) IB_MUST_CHECK;

#endif
