/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Windows Authenticode Portable Executable Signature Format, 2008: "Calculating the PE Image Hash",
 * "Authenticode-Specific Structures"; UEFI 2.10, 32.2.4.
 */
#include "boot/authenticode.h"

#include <assert.h>
#include <errno.h>
#include <string.h>
#include <unistd.h>

enum {
	TABLE_HEADER = 8,
	TABLE_REVISION = 0x0200,
	TABLE_PKCS7 = 0x0002,
	CHUNK = 1 << 18,
};

static const uint8_t oid_indirect_data[] = { 0x2b, 0x06, 0x01, 0x04, 0x01,
					     0x82, 0x37, 0x02, 0x01, 0x04 };
static const uint8_t oid_image_data[] = {
	0x2b, 0x06, 0x01, 0x04, 0x01, 0x82, 0x37, 0x02, 0x01, 0x0f
};
static const uint8_t oid_sha256[] = { 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01 };

/* ---- the digest ---------------------------------------------------------- */

static int digest_range(int fd, const char *name, uint64_t from, uint64_t to,
			struct ib_digest *digest, struct ib_error *err)
{
	ib_autofree uint8_t *chunk = ib_alloc(CHUNK);

	while (from < to) {
		size_t part = (size_t)IB_MIN(to - from, CHUNK);

		IB_TRY(ib_fd_read_at(fd, chunk, part, from, name, err));
		ib_digest_update(digest, chunk, part);
		from += part;
	}
	return 0;
}

static uint64_t content_end(const struct ib_pe *pe)
{
	return pe->certificate_size ? pe->certificate_offset : pe->file_size;
}

static int digest_content(int fd, const char *name, const struct ib_pe *pe,
			  uint8_t sha256[IB_SHA256_SIZE], struct ib_error *err)
{
	static const uint8_t zeros[8];
	IB_AUTO(ib_digest) digest = ib_digest_new("sha256");
	uint8_t value[IB_DIGEST_MAX_SIZE];
	uint64_t end = content_end(pe);

	if (pe->has_gaps)
		return ib_fail(err, IB_INPUT,
			       "'%s' has bytes between its sections, "
			       "which are in no signature",
			       name);
	IB_TRY(digest_range(fd, name, 0, pe->checksum_offset, digest, err));
	IB_TRY(digest_range(fd, name, pe->checksum_offset + 4, pe->security_offset, digest, err));
	IB_TRY(digest_range(fd, name, pe->security_offset + 8, end, digest, err));
	/* The table starts at a multiple of 8: so much will be filled up. */
	ib_digest_update(digest, zeros, -end & 7);
	(void)ib_digest_final(digest, value);
	memcpy(sha256, value, IB_SHA256_SIZE);
	return 0;
}

int ib_authenticode_digest(int fd, const char *name, uint8_t sha256[IB_SHA256_SIZE],
			   struct ib_error *err)
{
	struct ib_pe pe;

	IB_TRY(ib_pe_read(fd, name, &pe, err));
	return digest_content(fd, name, &pe, sha256, err);
}

/* ---- what is signed ------------------------------------------------------ */

/* SpcPeImageData: no flags, and a link to a file that says what all others say. */
static void put_image_data(struct ib_buffer *b)
{
	static const char obsolete[] = "<<<Obsolete>>>";
	size_t data = ib_der_begin(b, IB_DER_SEQUENCE);
	size_t file = 0;
	size_t link = 0;
	size_t text = 0;
	size_t i = 0;

	ib_der_put(b, IB_DER_BIT_STRING, "\0", 1);
	file = ib_der_begin(b, IB_DER_CONSTRUCTED | 0);
	link = ib_der_begin(b, IB_DER_CONSTRUCTED | 2);
	text = ib_der_begin(b, IB_DER_CONTEXT | 0);
	for (i = 0; obsolete[i]; i++)
		ib_buffer_put_be16(b, (uint16_t)obsolete[i]);
	ib_der_end(b, text);
	ib_der_end(b, link);
	ib_der_end(b, file);
	ib_der_end(b, data);
}

/* SpcIndirectDataContent */
static void put_indirect_data(struct ib_buffer *b, const uint8_t sha256[IB_SHA256_SIZE])
{
	size_t content = ib_der_begin(b, IB_DER_SEQUENCE);
	size_t part = ib_der_begin(b, IB_DER_SEQUENCE);

	ib_der_put(b, IB_DER_OID, oid_image_data, sizeof(oid_image_data));
	put_image_data(b);
	ib_der_end(b, part);
	part = ib_der_begin(b, IB_DER_SEQUENCE);
	ib_der_put_algorithm(b, oid_sha256, sizeof(oid_sha256));
	ib_der_put(b, IB_DER_OCTET_STRING, sha256, IB_SHA256_SIZE);
	ib_der_end(b, part);
	ib_der_end(b, content);
}

static struct ib_cms_content content_of(const struct ib_buffer *indirect)
{
	return (struct ib_cms_content){ oid_indirect_data, sizeof(oid_indirect_data),
					indirect->data, indirect->size };
}

int ib_authenticode_to_be_signed(int fd, const char *name, struct ib_buffer *bytes,
				 struct ib_error *err)
{
	IB_AUTO_BUFFER(indirect, 1024);
	struct ib_cms_content content;
	uint8_t sha256[IB_SHA256_SIZE];

	IB_TRY(ib_authenticode_digest(fd, name, sha256, err));
	put_indirect_data(&indirect, sha256);
	content = content_of(&indirect);
	ib_cms_to_be_signed(&content, bytes);
	return 0;
}

/* ---- signing ------------------------------------------------------------- */

static size_t table_size(size_t cms_size)
{
	return (TABLE_HEADER + cms_size + 7) & ~(size_t)7;
}

size_t ib_authenticode_size(const struct ib_certificate *certificate, size_t signature_size)
{
	IB_AUTO_BUFFER(indirect, 1024);
	uint8_t sha256[IB_SHA256_SIZE] = { 0 };
	struct ib_cms_content content;

	put_indirect_data(&indirect, sha256);
	content = content_of(&indirect);
	return table_size(ib_cms_size(&content, certificate, signature_size));
}

/* WIN_CERTIFICATE around the CMS, behind the content; then its place, then the checksum. */
static int write_table(int fd, const char *name, const struct ib_pe *pe,
		       const struct ib_buffer *cms, struct ib_error *err)
{
	IB_AUTO_BUFFER(table, IB_CMS_MAX_SIZE + 64);
	IB_AUTO_BUFFER(entry, 8);
	uint64_t end = content_end(pe);
	size_t filled = -end & 7;

	ib_buffer_put_zeros(&table, filled);
	ib_buffer_put_le32(&table, (uint32_t)table_size(cms->size));
	ib_buffer_put_le16(&table, TABLE_REVISION);
	ib_buffer_put_le16(&table, TABLE_PKCS7);
	ib_buffer_put(&table, cms->data, cms->size);
	ib_buffer_put_zeros(&table, filled + table_size(cms->size) - table.size);
	if (end + table.size > UINT32_MAX)
		return ib_fail(err, IB_LIMIT, "'%s' would be larger than 4 GiB", name);
	if (ftruncate(fd, (off_t)end))
		return ib_fail_errno(err, errno, "could not set the size of '%s'", name);
	IB_TRY(ib_fd_write(fd, table.data, table.size, end, name, err));
	ib_buffer_put_le32(&entry, (uint32_t)(end + filled));
	ib_buffer_put_le32(&entry, (uint32_t)(table.size - filled));
	IB_TRY(ib_fd_write(fd, entry.data, entry.size, pe->security_offset, name, err));
	return ib_pe_set_checksum(fd, name, pe, err);
}

int ib_authenticode_attach(int fd, const char *name, const struct ib_certificate *certificate,
			   const void *signature, size_t size, struct ib_error *err)
{
	IB_AUTO(ib_public_key) key = ib_certificate_public_key(certificate);
	IB_AUTO_BUFFER(indirect, 1024);
	IB_AUTO_BUFFER(bytes, 4096);
	IB_AUTO_BUFFER(cms, IB_CMS_MAX_SIZE);
	struct ib_cms_content content;
	uint8_t sha256[IB_SHA256_SIZE];
	struct ib_pe pe;
	int r = 0;

	IB_TRY(ib_pe_read(fd, name, &pe, err));
	IB_TRY(digest_content(fd, name, &pe, sha256, err));
	put_indirect_data(&indirect, sha256);
	content = content_of(&indirect);
	ib_cms_to_be_signed(&content, &bytes);
	r = ib_public_key_verify(key, bytes.data, bytes.size, signature, size, err);
	if (r < 0)
		return ib_error_prefix(err, "'%s'", name);
	ib_cms_assemble(&content, certificate, signature, size, &cms);
	return write_table(fd, name, &pe, &cms, err);
}

int ib_authenticode_sign(int fd, const char *name, const struct ib_private_key *key,
			 const struct ib_certificate *certificate, struct ib_error *err)
{
	IB_AUTO_BUFFER(indirect, 1024);
	IB_AUTO_BUFFER(cms, IB_CMS_MAX_SIZE);
	struct ib_cms_content content;
	uint8_t sha256[IB_SHA256_SIZE];
	struct ib_pe pe;

	IB_TRY(ib_pe_read(fd, name, &pe, err));
	IB_TRY(digest_content(fd, name, &pe, sha256, err));
	put_indirect_data(&indirect, sha256);
	content = content_of(&indirect);
	IB_TRY(ib_cms_sign(&content, key, certificate, &cms, err));
	return write_table(fd, name, &pe, &cms, err);
}

/* ---- verifying ----------------------------------------------------------- */

/* The digest that the signed content names; false when it is of another form. */
static bool read_indirect_data(struct ib_der in, struct ib_der *ret_digest)
{
	struct ib_der content = { NULL, 0 };
	struct ib_der info = { NULL, 0 };
	struct ib_der algorithm = { NULL, 0 };
	struct ib_der oid = { NULL, 0 };

	return ib_der_next(&in, IB_DER_SEQUENCE, &content, NULL) && !in.size &&
	       ib_der_next(&content, IB_DER_SEQUENCE, NULL, NULL) &&
	       ib_der_next(&content, IB_DER_SEQUENCE, &info, NULL) && !content.size &&
	       ib_der_next(&info, IB_DER_SEQUENCE, &algorithm, NULL) &&
	       ib_der_next(&algorithm, IB_DER_OID, &oid, NULL) &&
	       ib_der_equal(&oid, oid_sha256, sizeof(oid_sha256)) &&
	       ib_der_next(&info, IB_DER_OCTET_STRING, ret_digest, NULL) && !info.size;
}

static int verify_one(struct ib_der whole, const uint8_t sha256[IB_SHA256_SIZE],
		      const struct ib_certificate *certificate, const char *name,
		      struct ib_error *err)
{
	struct ib_der digest = { NULL, 0 };
	struct ib_cms cms;
	int r = 0;

	IB_TRY(ib_cms_read(whole.data, whole.size, name, &cms, err));
	r = ib_cms_verify(&cms, NULL, 0, certificate, name, err);
	if (r < 0) {
		IB_AUTO(ib_certificate) signer = ib_cms_signer(&cms);
		uint8_t fingerprint[IB_SHA256_SIZE];
		char hex[65];

		if (!signer)
			return r;
		ib_certificate_fingerprint(signer, fingerprint);
		ib_hex_write(fingerprint, sizeof(fingerprint), hex);
		ib_error_hint(err, "It claims to be signed by '%s', certificate sha256 %s.",
			      ib_certificate_subject(signer), hex);
		return r;
	}
	if (!ib_der_equal(&cms.type, oid_indirect_data, sizeof(oid_indirect_data)) ||
	    !read_indirect_data(cms.content, &digest))
		return ib_fail(err, IB_TRUST, "'%s' is signed as something else", name);
	if (!ib_der_equal(&digest, sha256, IB_SHA256_SIZE))
		return ib_fail(err, IB_TRUST, "'%s' was changed after it was signed", name);
	return 0;
}

/* Takes the next signature off the table; false when the table is broken. */
static bool next_signature(struct ib_der *table, struct ib_der *ret_whole)
{
	size_t size = table->size < TABLE_HEADER ? 0 : ib_get_le32(table->data);
	struct ib_der inside = { NULL, 0 };
	size_t step = (size + 7) & ~(size_t)7;

	if (size < TABLE_HEADER || step > table->size ||
	    ib_get_le16(table->data + 4) != TABLE_REVISION ||
	    ib_get_le16(table->data + 6) != TABLE_PKCS7)
		return false;
	inside = (struct ib_der){ table->data + TABLE_HEADER, size - TABLE_HEADER };
	if (!ib_der_next(&inside, IB_DER_SEQUENCE, NULL, ret_whole))
		return false;
	table->data += step;
	table->size -= step;
	return true;
}

static int verify_table(struct ib_der table, const uint8_t sha256[IB_SHA256_SIZE],
			const struct ib_certificate *certificate, const char *name,
			struct ib_error *err)
{
	struct ib_error last = IB_ERROR_INIT;
	struct ib_der whole = { NULL, 0 };

	while (table.size) {
		ib_error_clear(&last);
		if (!next_signature(&table, &whole)) {
			ib_error_clear(&last);
			return ib_fail(err, IB_TRUST, "the certificate table of '%s' is broken",
				       name);
		}
		if (verify_one(whole, sha256, certificate, name, &last) == 0)
			return 0;
	}
	/* None was good: the last one's words are as good as any. */
	*err = last;
	return -(int)last.kind;
}

int ib_authenticode_verify(int fd, const char *name, const struct ib_certificate *certificate,
			   struct ib_error *err)
{
	ib_autofree uint8_t *table = NULL;
	uint8_t sha256[IB_SHA256_SIZE];
	struct ib_pe pe;

	IB_TRY(ib_pe_read(fd, name, &pe, err));
	if (!pe.certificate_size)
		return ib_fail(err, IB_TRUST, "'%s' is not signed", name);
	if (pe.certificate_size > IB_CMS_MAX_SIZE)
		return ib_fail(err, IB_TRUST,
			       "the certificate table of '%s' is larger than %d "
			       "bytes",
			       name, IB_CMS_MAX_SIZE);
	IB_TRY(digest_content(fd, name, &pe, sha256, err));
	table = ib_alloc(pe.certificate_size);
	IB_TRY(ib_fd_read_at(fd, table, pe.certificate_size, pe.certificate_offset, name, err));
	return verify_table((struct ib_der){ table, pe.certificate_size }, sha256, certificate,
			    name, err);
}
