/* SPDX-License-Identifier: Apache-2.0 */
/*
 * varstore - Secure Boot keys put into an OVMF variable store, offline.
 *
 * With a platform key in its store the firmware starts in user mode and
 * enforces: what runs must be signed by a certificate of db. The template is
 * OVMF's empty store (OVMF_VARS_4M.fd); one that holds such keys already is
 * IB_INPUT.
 */
#ifndef IB_VMTESTS_VARSTORE_H
#define IB_VMTESTS_VARSTORE_H

#include <stddef.h>

#include "base/base.h"
#include "crypto/crypto.h"

struct varstore_keys {
	const struct ib_certificate *pk;
	const struct ib_certificate *kek;
	const struct ib_certificate *const *db;
	size_t db_count;
};

int varstore_write(const char *template_path, const struct varstore_keys *keys, const char *path,
		   struct ib_error *err) IB_MUST_CHECK;

#endif
