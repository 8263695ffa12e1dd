/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "rpmfile/internal.h"
#include "rpmfile/trust.h"

/* Signature tags (rpm's docs/manual/tags.md): what they are and what they cover. */
enum {
	TAG_DSA_HEADER = 267,
	TAG_RSA_HEADER = 268,
	TAG_SHA1_HEADER = 269,
	TAG_SHA256_HEADER = 273,
	TAG_OPENPGP = 278,
	TAG_PGP = 1002,
	TAG_MD5 = 1004,
	TAG_GPG = 1005,
};

enum { MAX_OPENPGP = 16, CHUNK = 1 << 18 };

/* ---- digests of the header ----------------------------------------------- */

static int check_digest(const struct ib_front *front, uint32_t tag, const char *algorithm,
			const char *name, struct ib_error *err)
{
	const char *stated = ib_header_string(&front->signature, tag);
	IB_AUTO(ib_digest) digest = NULL;
	ib_autofree char *actual = NULL;
	uint8_t value[IB_DIGEST_MAX_SIZE];

	if (!ib_header_has(&front->signature, tag))
		return 0;
	digest = ib_digest_new(algorithm);
	ib_digest_update(digest, front->header.bytes, front->header.size);
	actual = ib_hex(value, ib_digest_final(digest, value));
	if (!stated || strcmp(stated, actual) != 0)
		return ib_fail(err, IB_TRUST, "the header of '%s' is damaged: its %s is %s, not %s",
			       name, algorithm, actual, stated ? stated : "as stated");
	return 0;
}

/* ---- signatures over the header ------------------------------------------ */

/* Exactly one signature packet. */
static int parse_packet(const uint8_t *data, size_t size, const char *name,
			struct ib_signature *ret_signature, struct ib_error *err)
{
	struct ib_bytes bytes = { data, size };
	struct ib_packet packet = { 0 };

	if (!data || !ib_packet_next(&bytes, &packet) || bytes.size ||
	    packet.tag != IB_PACKET_SIGNATURE || !ib_signature_parse(packet.body, ret_signature))
		return ib_fail(err, IB_TRUST, "a signature of '%s' is damaged", name);
	return 0;
}

static int judge_header(const struct ib_front *front, const struct ib_keyring *keyring,
			const struct ib_signature *s, const char *name,
			char signer[IB_FINGERPRINT_TEXT], struct ib_error *err)
{
	IB_AUTO(ib_digest) digest = NULL;

	IB_TRY(ib_signature_begin(s, name, &digest, err));
	/* We could; but an image whose own rpm finds its packages unsigned helps nobody. */
	if (s->algorithm == IB_OPENPGP_ECDSA)
		return ib_fail(err, IB_TRUST,
			       "'%s' is signed with ECDSA, which rpm cannot check on every "
			       "distribution",
			       name);
	if (s->type != IB_SIGNATURE_BINARY)
		return ib_fail(err, IB_TRUST,
			       "'%s' has a signature of type 0x%02x, not one over data", name,
			       s->type);
	ib_digest_update(digest, front->header.bytes, front->header.size);
	return ib_keyring_judge(keyring, s, digest, name, signer, err);
}

/* The tag with one signature of its own: whatever is there must be good. */
static int check_single(const struct ib_front *front, const struct ib_keyring *keyring,
			uint32_t tag, const char *name, char signer[IB_FINGERPRINT_TEXT],
			struct ib_error *err)
{
	struct ib_signature s = { 0 };
	const uint8_t *data = NULL;
	size_t size = 0;

	if (!ib_header_has(&front->signature, tag))
		return 0;
	data = ib_header_binary(&front->signature, tag, &size);
	IB_TRY(parse_packet(data, size, name, &s, err));
	return judge_header(front, keyring, &s, name, signer, err);
}

/*
 * The tag that holds several, in text: one by a pinned key must be good, and every one that
 * says it is by a pinned key. Others (of a newer kind, say) do not matter.
 */
static int check_several(const struct ib_front *front, const struct ib_keyring *keyring,
			 const char *name, char signer[IB_FINGERPRINT_TEXT], struct ib_error *err)
{
	IB_AUTO(ib_arena) arena = ib_arena_new();
	const char *const *texts = ib_header_strings(&front->signature, TAG_OPENPGP, arena);
	size_t count = ib_header_count(&front->signature, TAG_OPENPGP);
	size_t i = 0;

	if (!texts && count)
		return ib_fail(err, IB_TRUST, "a signature of '%s' is damaged", name);
	if (count > MAX_OPENPGP)
		return ib_fail(err, IB_LIMIT, "'%s' has %zu signatures, more than we handle", name,
			       count);
	for (i = 0; i < count; i++) {
		ib_autofree uint8_t *data = NULL;
		struct ib_signature s = { 0 };
		size_t size = 0;

		if (!ib_base64_read(texts[i], &data, &size))
			return ib_fail(err, IB_TRUST, "a signature of '%s' is damaged", name);
		IB_TRY(parse_packet(data, size, name, &s, err));
		if ((ib_keyring_knows(keyring, &s) && s.algorithm != IB_OPENPGP_ECDSA) ||
		    (i + 1 == count && !*signer))
			IB_TRY(judge_header(front, keyring, &s, name, signer, err));
	}
	return 0;
}

static int fail_unsigned(const struct ib_front *front, const char *name, struct ib_error *err)
{
	if (ib_header_has(&front->signature, TAG_PGP) || ib_header_has(&front->signature, TAG_GPG))
		return ib_fail(err, IB_TRUST,
			       "'%s' has no signature over its header, only an old one over the "
			       "whole package",
			       name);
	(void)ib_fail(err, IB_TRUST, "'%s' is not signed", name);
	ib_error_hint(err, "Only packages signed by a pinned key are taken.");
	return -IB_TRUST;
}

int ib_rpm_check_header(const struct ib_front *front, const struct ib_keyring *keyring,
			const char *name, char signer[IB_FINGERPRINT_TEXT], struct ib_error *err)
{
	char found[IB_FINGERPRINT_TEXT] = "";

	IB_TRY(check_digest(front, TAG_SHA1_HEADER, "sha1", name, err));
	IB_TRY(check_digest(front, TAG_SHA256_HEADER, "sha256", name, err));
	IB_TRY(check_single(front, keyring, TAG_DSA_HEADER, name, found, err));
	IB_TRY(check_single(front, keyring, TAG_RSA_HEADER, name, found, err));
	IB_TRY(check_several(front, keyring, name, found, err));
	if (!*found)
		return fail_unsigned(front, name, err);
	memcpy(signer, found, sizeof(found));
	return 0;
}

/* ---- what covers the payload --------------------------------------------- */

/* One digest over a part of the file; digest NULL: not wanted. */
struct cover {
	struct ib_digest *digest; /* owned */
	struct ib_signature signature;
};

/* Those that a whole reading keeps at once. */
struct covers {
	struct ib_digest *file, *payload;
	struct cover md5, old[2];
};

static void done_covers(struct covers *covers)
{
	ib_digest_free(covers->file);
	ib_digest_free(covers->payload);
	ib_digest_free(covers->md5.digest);
	ib_digest_free(covers->old[0].digest);
	ib_digest_free(covers->old[1].digest);
}

static void update_covers(struct covers *covers, const void *data, size_t size)
{
	size_t i = 0;

	if (covers->md5.digest)
		ib_digest_update(covers->md5.digest, data, size);
	for (i = 0; i < IB_COUNT(covers->old); i++)
		if (covers->old[i].digest)
			ib_digest_update(covers->old[i].digest, data, size);
}

/*
 * The signatures of old over header and payload: they add nothing to the one over
 * the header, so their digest may be an old one too; but a bad one is a bad sign.
 */
static int begin_old(const struct ib_front *front, uint32_t tag, const char *name,
		     struct cover *cover, struct ib_error *err)
{
	const char *kind = NULL;
	const uint8_t *data = NULL;
	size_t size = 0;

	if (!ib_header_has(&front->signature, tag))
		return 0;
	data = ib_header_binary(&front->signature, tag, &size);
	IB_TRY(parse_packet(data, size, name, &cover->signature, err));
	kind = ib_digest_kind_name(cover->signature.digest);
	if (!kind || cover->signature.type != IB_SIGNATURE_BINARY)
		return ib_fail(err, IB_TRUST, "a signature of '%s' is damaged", name);
	cover->digest = ib_digest_new(kind);
	return 0;
}

static int begin_covers(const struct ib_rpm *rpm, const struct ib_front *front,
			bool with_signatures, struct covers *covers, struct ib_error *err)
{
	const char *kind = ib_digest_kind_name(rpm->payload_digest_kind);

	covers->file = ib_digest_new("sha256");
	covers->payload = kind ? ib_digest_new(kind) : NULL;
	if (!with_signatures)
		return 0;
	if (ib_header_has(&front->signature, TAG_MD5))
		covers->md5.digest = ib_digest_new("md5");
	IB_TRY(begin_old(front, TAG_PGP, rpm->name, &covers->old[0], err));
	return begin_old(front, TAG_GPG, rpm->name, &covers->old[1], err);
}

static int read_payload(int fd, const struct ib_rpm *rpm, uint64_t file_size, struct covers *covers,
			struct ib_error *err)
{
	ib_autofree uint8_t *chunk = ib_alloc(CHUNK);
	uint64_t at = rpm->payload_start;

	while (at < file_size) {
		size_t size = (size_t)IB_MIN((uint64_t)CHUNK, file_size - at);

		IB_TRY(ib_fd_read_at(fd, chunk, size, at, rpm->name, err));
		ib_digest_update(covers->file, chunk, size);
		if (covers->payload)
			ib_digest_update(covers->payload, chunk, size);
		update_covers(covers, chunk, size);
		at += size;
	}
	return 0;
}

static int finish_md5(struct covers *covers, const struct ib_front *front, const char *name,
		      struct ib_error *err)
{
	uint8_t value[IB_DIGEST_MAX_SIZE];
	const uint8_t *stated = NULL;
	size_t size = 0;

	if (!covers->md5.digest)
		return 0;
	stated = ib_header_binary(&front->signature, TAG_MD5, &size);
	if (ib_digest_final(covers->md5.digest, value) != size || memcmp(stated, value, size) != 0)
		return ib_fail(err, IB_TRUST,
			       "'%s' is damaged: header and payload do not have the stated MD5",
			       name);
	return 0;
}

static int finish_covers(struct covers *covers, const struct ib_rpm *rpm,
			 const struct ib_front *front, const struct ib_keyring *keyring,
			 struct ib_error *err)
{
	uint8_t value[IB_DIGEST_MAX_SIZE];
	char signer[IB_FINGERPRINT_TEXT] = "";
	size_t i = 0;

	if (covers->payload) {
		size_t size = ib_digest_final(covers->payload, value);

		if (memcmp(value, rpm->payload_digest, size) != 0)
			return ib_fail(
				err, IB_TRUST,
				"the payload of '%s' is damaged: it does not have the digest "
				"that the signed header states",
				rpm->name);
	}
	IB_TRY(finish_md5(covers, front, rpm->name, err));
	for (i = 0; i < IB_COUNT(covers->old); i++)
		if (covers->old[i].digest)
			IB_TRY(ib_keyring_judge(keyring, &covers->old[i].signature,
						covers->old[i].digest, rpm->name, signer, err));
	return 0;
}

int ib_rpm_check_payload(int fd, const struct ib_rpm *rpm, const struct ib_front *front,
			 const struct ib_keyring *keyring, char sha256[65], struct ib_error *err)
{
	__attribute__((cleanup(done_covers))) struct covers covers = { 0 };
	uint8_t value[IB_DIGEST_MAX_SIZE];

	IB_TRY(begin_covers(rpm, front, keyring != NULL, &covers, err));
	ib_digest_update(covers.file, front->bytes.data, front->bytes.size);
	update_covers(&covers, front->header.bytes, front->header.size);
	IB_TRY(read_payload(fd, rpm, front->file_size, &covers, err));
	ib_hex_write(value, ib_digest_final(covers.file, value), sha256);
	if (*rpm->sha256 && strcmp(rpm->sha256, sha256) != 0)
		return ib_fail(err, IB_TRUST, "'%s' has the SHA-256 %s, not %s as expected",
			       rpm->name, sha256, rpm->sha256);
	return finish_covers(&covers, rpm, front, keyring, err);
}
