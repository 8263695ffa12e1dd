/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as a signed executable, and as a PKCS#7 signature: read or refused, never more. */
#include <sys/mman.h>
#include <unistd.h>

#include "boot/boot.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A certificate that signed nothing of this; made once. */
static const struct ib_certificate *stranger(void)
{
	static struct ib_certificate *certificate;
	struct ib_error err = IB_ERROR_INIT;
	IB_AUTO(ib_private_key) key = NULL;

	if (certificate)
		return certificate;
	if (ib_private_key_generate(IB_KEY_RSA, 2048, &key, &err) < 0 ||
	    ib_certificate_make(key, "stranger", &certificate, &err) < 0)
		__builtin_trap();
	return certificate;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	ib_autoclose int fd = memfd_create("pe", MFD_CLOEXEC);
	struct ib_error err = IB_ERROR_INIT;
	IB_AUTO_BUFFER(content, 1 << 20);
	struct ib_cms cms;
	struct ib_pe pe;

	if (ib_fd_write(fd, data, size, 0, "pe", &err) < 0)
		__builtin_trap();
	if (ib_authenticode_verify(fd, "pe", stranger(), &err) == 0)
		__builtin_trap();
	ib_error_clear(&err);
	if (ib_pe_read(fd, "pe", &pe, &err) == 0 &&
	    ib_pe_section_read(fd, "pe", &pe, ".cmdline", &content, &err) == 0)
		ib_buffer_clear(&content);
	ib_error_clear(&err);
	if (ib_cms_read(data, size, "cms", &cms, &err) == 0 &&
	    ib_cms_verify(&cms, "x", 1, stranger(), "cms", &err) == 0)
		__builtin_trap();
	ib_error_clear(&err);
	return 0;
}
