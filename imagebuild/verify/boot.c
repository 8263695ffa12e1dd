/* SPDX-License-Identifier: Apache-2.0 */
/* The root hash and the unified kernel image. */
#include <string.h>

#include "boot/boot.h"
#include "verify/chain.h"

enum { MAX_COMMAND_LINE = 1 << 16, COPY_SIZE = 1 << 17, WIN_CERTIFICATE_HEADER = 8 };

/* ---- the root hash ------------------------------------------------------- */

static const char *certificate_name(const struct ib_chain *chain,
				    const struct ib_certificate *certificate)
{
	uint8_t sha256[IB_SHA256_SIZE];
	char hex[65];

	if (!certificate)
		return NULL;
	ib_certificate_fingerprint(certificate, sha256);
	ib_hex_write(sha256, sizeof(sha256), hex);
	return ib_arena_strf(chain->arena, "'%s' with fingerprint %s",
			     ib_certificate_subject(certificate), hex);
}

static const struct ib_trusted *who_signed_hash(const struct ib_chain *chain,
						const struct ib_cms *cms)
{
	const struct ib_trusted **trusted = NULL;
	size_t count = ib_chain_trusted(chain, IB_TRUST_ROOT_HASH, &trusted);
	size_t i = 0;

	for (i = 0; i < count; i++) {
		struct ib_error problem = IB_ERROR_INIT;

		if (!trusted[i]->certificate)
			continue;
		/* Another of the trusted certificates may be it. */
		if (ib_cms_verify(cms, chain->root_hash, strlen(chain->root_hash),
				  trusted[i]->certificate, "signature", &problem) == 0)
			return trusted[i];
		ib_error_clear(&problem);
	}
	return NULL;
}

/* Whoever trusts a certificate for root hashes, and says so by its name, expects them to be signed. */
static int without_signature(struct ib_chain *chain, const struct ib_sum *hash,
			     struct ib_error *err)
{
	const struct ib_trusted **trusted = NULL;
	size_t count = ib_chain_trusted(chain, IB_TRUST_ROOT_HASH, &trusted);
	size_t i = 0;

	for (i = 0; i < count; i++) {
		if (!trusted[i]->certificate || trusted[i]->roles != IB_TRUST_ROOT_HASH)
			continue;
		(void)ib_fail(err, IB_TRUST,
			      "'%s' was released without a signature, and '%s' is trusted to sign "
			      "it",
			      hash->name, trusted[i]->path);
		ib_error_hint(err,
			      "Where root hashes are not signed, trust no certificate for them.");
		return -IB_TRUST;
	}
	return ib_chain_absent(chain, "the root hash was released without a signature");
}

int ib_prove_root_hash(struct ib_chain *chain, struct ib_error *err)
{
	const struct ib_sum *hash = ib_chain_find(chain, ".roothash");
	const struct ib_sum *signature = ib_chain_find(chain, ".roothash.p7s");
	const struct ib_trusted *signer = NULL;
	IB_AUTO_BUFFER(text, 128);
	IB_AUTO_BUFFER(der, IB_CMS_MAX_SIZE);
	IB_AUTO(ib_certificate) claimed = NULL;
	uint8_t fingerprint[IB_SHA256_SIZE];
	struct ib_cms cms;

	if (!hash)
		return ib_chain_absent(chain, "no root hash was released");
	IB_TRY(ib_chain_read(chain, hash, &text, err));
	if (text.size == 65 && text.data[64] == '\n')
		text.size--;
	if (text.size != 64 || !ib_hex_is(ib_buffer_text(&text), 64))
		return ib_fail(err, IB_TRUST, "'%s' is not a SHA-256 in hex", hash->name);
	memcpy(chain->root_hash, text.data, 65);
	if (!signature)
		return without_signature(chain, hash, err);
	IB_TRY(ib_chain_read(chain, signature, &der, err));
	IB_TRY(ib_cms_read(der.data, der.size, signature->name, &cms, err));
	signer = who_signed_hash(chain, &cms);
	claimed = ib_cms_signer(&cms);
	if (!signer)
		return ib_chain_nobody(chain, IB_TRUST_ROOT_HASH, hash->name,
				       certificate_name(chain, claimed), err);
	ib_certificate_fingerprint(signer->certificate, fingerprint);
	ib_hex_write(fingerprint, sizeof(fingerprint), chain->root_hash_signer);
	ib_chain_says(chain, "%s, by '%s'", chain->root_hash, signer->path);
	return 0;
}

/* ---- the unified kernel image -------------------------------------------- */

/* Who says to have signed it, for telling people: the certificate in its first signature. */
static const char *claimed_by(const struct ib_chain *chain, int fd, const char *name)
{
	struct ib_error problem = IB_ERROR_INIT;
	ib_autofree uint8_t *table = NULL;
	IB_AUTO(ib_certificate) certificate = NULL;
	struct ib_der rest = { NULL, 0 };
	struct ib_der whole = { NULL, 0 };
	struct ib_cms cms;
	struct ib_pe pe;
	int r = ib_pe_read(fd, name, &pe, &problem);

	if (r == 0 && pe.certificate_size > WIN_CERTIFICATE_HEADER &&
	    pe.certificate_size <= IB_CMS_MAX_SIZE) {
		table = ib_alloc(pe.certificate_size);
		r = ib_fd_read_at(fd, table, pe.certificate_size, pe.certificate_offset, name,
				  &problem);
		rest = (struct ib_der){ table + WIN_CERTIFICATE_HEADER,
					pe.certificate_size - WIN_CERTIFICATE_HEADER };
		/* zeros behind it align it */
		if (r == 0 && ib_der_next(&rest, IB_DER_SEQUENCE, NULL, &whole))
			r = ib_cms_read(whole.data, whole.size, name, &cms, &problem);
		if (r == 0 && whole.data)
			certificate = ib_cms_signer(&cms);
	}
	ib_error_clear(&problem);
	return certificate_name(chain, certificate);
}

int ib_chain_check_executable(struct ib_chain *chain, int fd, const char *name,
			      struct ib_error *err)
{
	const struct ib_trusted **trusted = NULL;
	size_t count = ib_chain_trusted(chain, IB_TRUST_SECURE_BOOT, &trusted);
	size_t i = 0;
	int r = 0;

	for (i = 0; i < count; i++) {
		struct ib_error problem = IB_ERROR_INIT;

		if (!trusted[i]->certificate)
			continue;
		r = ib_authenticode_verify(fd, name, trusted[i]->certificate, &problem);
		if (r == 0) {
			ib_chain_says(chain, "by '%s'", trusted[i]->path);
			return 0;
		}
		ib_error_clear(&problem);
	}
	return ib_chain_nobody(chain, IB_TRUST_SECURE_BOOT, name, claimed_by(chain, fd, name), err);
}

static int open_uki(struct ib_chain *chain, const struct ib_sum **ret_sum, int *ret_fd,
		    struct ib_error *err)
{
	const struct ib_sum *sum = ib_chain_find(chain, ".efi");

	if (!sum)
		return ib_chain_absent(chain, "no unified kernel image was released");
	IB_TRY(ib_chain_open(chain, sum, ret_fd, err));
	*ret_sum = sum;
	return 0;
}

int ib_prove_uki_signature(struct ib_chain *chain, struct ib_error *err)
{
	const struct ib_sum *sum = NULL;
	ib_autoclose int fd = -1;

	IB_TRY(open_uki(chain, &sum, &fd, err));
	return sum ? ib_chain_check_executable(chain, fd, sum->name, err) : 0;
}

/* The value of the one word KEY=…; NULL when there is none, or more than one. */
static const char *only_value(const struct ib_strings *words, const char *key)
{
	const char *found = NULL;
	size_t i = 0;

	for (i = 0; i < words->count; i++) {
		if (!ib_str_starts(words->items[i], key))
			continue;
		if (found)
			return NULL;
		found = words->items[i] + strlen(key);
	}
	return found;
}

int ib_prove_uki_command_line(struct ib_chain *chain, struct ib_error *err)
{
	const struct ib_sum *sum = NULL;
	ib_autoclose int fd = -1;
	IB_AUTO_BUFFER(text, MAX_COMMAND_LINE);
	IB_AUTO_STRINGS(words);
	const char *value = NULL;
	struct ib_pe pe;

	IB_TRY(open_uki(chain, &sum, &fd, err));
	if (!sum)
		return 0;
	IB_TRY(ib_pe_read(fd, sum->name, &pe, err));
	text.max_size--;
	IB_TRY(ib_pe_section_read(fd, sum->name, &pe, ".cmdline", &text, err));
	text.max_size++;
	ib_strings_split(&words, ib_buffer_text(&text), " \t\n");
	value = only_value(&words, "roothash=");
	if (!*chain->root_hash)
		return value ? ib_fail(err, IB_TRUST,
				       "the command line names a root hash, but none was released")
			     : ib_chain_absent(chain, "no root hash was released");
	if (!value)
		return ib_fail(err, IB_TRUST,
			       "the command line of '%s' does not name one root hash", sum->name);
	if (strcmp(value, chain->root_hash) != 0)
		return ib_fail(err, IB_TRUST, "the command line names the root hash %s", value);
	return 0;
}

/* ---- what it carries ----------------------------------------------------- */

static const struct ib_pe_section *find_section(const struct ib_pe *pe, const char *name,
						struct ib_error *err)
{
	const struct ib_pe_section *section = ib_pe_find(pe, name);

	if (!section)
		(void)ib_fail(err, IB_TRUST, "the unified kernel image has no section %s", name);
	return section;
}

int ib_chain_section_digest(int fd, const char *name, const char *section_name, char hex[65],
			    struct ib_error *err)
{
	const struct ib_pe_section *section = NULL;
	IB_AUTO(ib_digest) digest = ib_digest_new("sha256");
	ib_autofree uint8_t *copy = ib_alloc(COPY_SIZE);
	uint8_t value[IB_DIGEST_MAX_SIZE];
	uint64_t done = 0;
	uint64_t size = 0;
	struct ib_pe pe;

	IB_TRY(ib_pe_read(fd, name, &pe, err));
	section = find_section(&pe, section_name, err);
	if (!section)
		return -IB_TRUST;
	size = ib_pe_section_size(section);
	while (done < size) {
		size_t part = (size_t)IB_MIN(size - done, (uint64_t)COPY_SIZE);

		IB_TRY(ib_fd_read_at(fd, copy, part, section->raw_offset + done, name, err));
		ib_digest_update(digest, copy, part);
		done += part;
	}
	ib_digest_final(digest, value);
	ib_hex_write(value, IB_SHA256_SIZE, hex);
	return 0;
}

int ib_prove_uki_initrd(struct ib_chain *chain, struct ib_error *err)
{
	const struct ib_sum *initrd = ib_chain_find(chain, ".initrd");
	const struct ib_sum *sum = NULL;
	ib_autoclose int fd = -1;
	char hex[65];

	IB_TRY(open_uki(chain, &sum, &fd, err));
	if (!sum)
		return 0;
	if (!initrd)
		return ib_chain_absent(chain, "no initrd was released");
	IB_TRY(ib_chain_section_digest(fd, sum->name, ".initrd", hex, err));
	if (strcmp(hex, initrd->sha256) != 0)
		return ib_fail(err, IB_TRUST, "the initrd inside has SHA-256 %s, not %s", hex,
			       initrd->sha256);
	return 0;
}
