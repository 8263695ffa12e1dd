/* SPDX-License-Identifier: Apache-2.0 */
/*
 * authenticode - what UEFI Secure Boot checks: the signature of an executable.
 *
 * The digest leaves out the checksum, the entry of the certificate table and
 * that table; an executable with bytes between its sections, where firmware
 * and other programs compute different digests, is refused. The table is the
 * last thing in the file and its size is a function of certificate and key:
 * attaching an answer that came later moves nothing.
 */
#ifndef IB_BOOT_AUTHENTICODE_H
#define IB_BOOT_AUTHENTICODE_H

#include "base/base.h"
#include "boot/pe.h"
#include "signing/signing.h"

int ib_authenticode_digest(int fd, const char *name, uint8_t sha256[IB_SHA256_SIZE],
			   struct ib_error *err) IB_MUST_CHECK;
/* Appends the bytes that a key has to sign (RSA PKCS#1 v1.5 with SHA-256) for this executable. */
int ib_authenticode_to_be_signed(int fd, const char *name, struct ib_buffer *bytes,
				 struct ib_error *err) IB_MUST_CHECK;
/*
 * Puts that signature in, in place of any earlier one. IB_TRUST when it is
 * not by the certificate's key over this executable; then nothing is changed.
 */
int ib_authenticode_attach(int fd, const char *name, const struct ib_certificate *certificate,
			   const void *signature, size_t size, struct ib_error *err) IB_MUST_CHECK;
/* Both steps with the key at hand. */
int ib_authenticode_sign(int fd, const char *name, const struct ib_private_key *key,
			 const struct ib_certificate *certificate, struct ib_error *err)
	IB_MUST_CHECK;
/* How much a signature by a key with signatures of this size adds to a file. */
size_t ib_authenticode_size(const struct ib_certificate *certificate, size_t signature_size);
/*
 * IB_TRUST unless one of the executable's signatures is by the key of this
 * certificate and over these bytes; the text names who signed instead.
 */
int ib_authenticode_verify(int fd, const char *name, const struct ib_certificate *certificate,
			   struct ib_error *err) IB_MUST_CHECK;

#endif
