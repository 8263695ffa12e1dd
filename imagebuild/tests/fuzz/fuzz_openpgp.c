/* SPDX-License-Identifier: Apache-2.0 */
/* Keys and detached signatures: any bytes, first as a key file, then as a signature. */
#include <stddef.h>
#include <stdint.h>

#include "rpmfile/rpmfile.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char fingerprint[] = "6341AB2753D78A78A7C27BB124C6A8A7F4A80EB5";
	struct ib_error err = IB_ERROR_INIT;
	IB_AUTO(ib_keyring) keyring = ib_keyring_new();
	struct ib_bytes bytes = { data, size };
	char signer[IB_FINGERPRINT_TEXT] = "";
	size_t i = 0;
	int r = ib_keyring_add(keyring, data, size, "input", fingerprint, &err);

	if (r < 0)
		ib_error_clear(&err);
	for (i = 0; i < ib_keyring_count(keyring); i++)
		if (ib_keyring_get(keyring, i)->unsupported)
			__builtin_trap();
	r = ib_keyring_verify_detached(keyring, bytes, bytes, "input", signer, &err);
	if (r < 0)
		ib_error_clear(&err);
	return 0;
}
