/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "rpmfile/trust.h"

enum { MAX_SIGNATURE_FILE = 1 << 16, MAX_SIGNATURES = 16 };

/* A key of the ring that may have made a signature: a primary one, or a subkey of it. */
struct maker {
	const struct ib_pinned *pinned;
	const struct ib_public *public;
	const struct ib_subkey *subkey; /* NULL: the primary itself */
};

static bool is_named(const struct ib_public *public, const struct ib_signature *s)
{
	char fingerprint[IB_FINGERPRINT_TEXT] = "";

	if (s->has_issuer_fingerprint) {
		uint8_t bytes[20];

		memcpy(fingerprint, public->fingerprint, sizeof(fingerprint));
		return public->version == 4 && ib_hex_read(fingerprint, bytes, sizeof(bytes)) &&
		       !memcmp(bytes, s->issuer_fingerprint, sizeof(bytes));
	}
	return s->has_issuer && !memcmp(public->id, s->issuer, sizeof(s->issuer));
}

/* The next key from *at on that the signature names; *at moves behind it. */
struct place {
	size_t pinned, subkey; /* 0: the primary, then the subkeys */
};

static bool next_maker(const struct ib_keyring *keyring, const struct ib_signature *s,
		       struct place *at, struct maker *ret_maker)
{
	for (; at->pinned < keyring->count; at->pinned++, at->subkey = 0) {
		const struct ib_pinned *pinned = keyring->items[at->pinned];

		while (at->subkey <= pinned->subkey_count) {
			const struct ib_subkey *subkey =
				at->subkey ? &pinned->subkeys[at->subkey - 1] : NULL;
			const struct ib_public *public =
				subkey ? &subkey->public : &pinned->primary;

			at->subkey++;
			if (!is_named(public, s))
				continue;
			*ret_maker = (struct maker){ pinned, public, subkey };
			return true;
		}
	}
	return false;
}

/* Key IDs are short enough to be made alike on purpose: the one that verifies is meant. */
static bool find_maker(const struct ib_keyring *keyring, const struct ib_signature *s,
		       struct ib_number digest, struct maker *ret_maker)
{
	struct place at = { 0, 0 };
	struct maker maker = { NULL, NULL, NULL };
	bool found = false;

	while (next_maker(keyring, s, &at, &maker)) {
		bool good = ib_public_verify(maker.public, s, digest);

		if (good || !found)
			*ret_maker = maker;
		if (good)
			return true;
		found = true;
	}
	return false;
}

bool ib_keyring_knows(const struct ib_keyring *keyring, const struct ib_signature *signature)
{
	struct maker maker = { NULL, NULL, NULL };
	struct place at = { 0, 0 };

	return next_maker(keyring, signature, &at, &maker);
}

/* How the signature calls its maker, for messages: a fingerprint, or a key ID. */
static void name_maker(const struct ib_signature *s, char text[IB_FINGERPRINT_TEXT])
{
	if (s->has_issuer_fingerprint)
		ib_hex_write(s->issuer_fingerprint, sizeof(s->issuer_fingerprint), text);
	else
		ib_hex_write(s->issuer, sizeof(s->issuer), text);
	for (; *text; text++)
		if (*text >= 'a')
			*text = (char)(*text - 'a' + 'A');
}

static int fail_unknown(const struct ib_signature *s, const char *name, struct ib_error *err)
{
	char maker[IB_FINGERPRINT_TEXT] = "";

	name_maker(s, maker);
	if (!s->has_issuer && !s->has_issuer_fingerprint)
		return ib_fail(err, IB_TRUST, "'%s' is signed by a key that is not named", name);
	(void)ib_fail(err, IB_TRUST, "'%s' is signed by key %s, which is not pinned", name, maker);
	ib_error_hint(err, "If this key is to be believed, pin the fingerprint of its primary key "
			   "for the repository.");
	return -IB_TRUST;
}

/* ---- was the key good when it signed? ------------------------------------ */

static int fail_dated(const char *name, const struct maker *maker, int64_t when, const char *what,
		      struct ib_error *err)
{
	char date[32] = "";

	ib_clock_format(when, date);
	return ib_fail(err, IB_TRUST, "'%s' is signed by %s %s, which %s %s", name,
		       maker->subkey ? "subkey" : "key", maker->public->fingerprint, what, date);
}

static int check_revocation(const struct ib_revocation *revocation, int64_t signed_at,
			    const char *name, const struct maker *maker, struct ib_error *err)
{
	if (revocation->kind == IB_KEY_COMPROMISED)
		return fail_dated(name, maker, revocation->when,
				  "was revoked as compromised (or without a reason) on", err);
	if (revocation->kind == IB_KEY_RETIRED && signed_at >= revocation->when)
		return fail_dated(name, maker, revocation->when, "its owner had retired before, on",
				  err);
	return 0;
}

static int check_time(const struct maker *maker, const struct ib_signature *s, const char *name,
		      struct ib_error *err)
{
	const struct ib_pinned *pinned = maker->pinned;

	IB_TRY(check_revocation(&pinned->revocation, s->created, name, maker, err));
	if (pinned->settled.expires && s->created >= pinned->settled.expires)
		return fail_dated(name, maker, pinned->settled.expires, "had expired before, on",
				  err);
	if (s->created < maker->public->created)
		return fail_dated(name, maker, maker->public->created,
				  "was made only after the signature, on", err);
	if (!maker->subkey)
		return 0;
	IB_TRY(check_revocation(&maker->subkey->revocation, s->created, name, maker, err));
	if (maker->subkey->bound.expires && s->created >= maker->subkey->bound.expires)
		return fail_dated(name, maker, maker->subkey->bound.expires,
				  "had expired before, on", err);
	return 0;
}

static int check_purpose(const struct maker *maker, const char *name, struct ib_error *err)
{
	const char *fingerprint = maker->public->fingerprint;

	if (maker->public->unsupported)
		return ib_fail(err, IB_TRUST, "'%s' is signed by key %s, which cannot be used: %s",
			       name, fingerprint, maker->public->unsupported);
	if (maker->pinned->info.unsupported)
		return ib_fail(err, IB_TRUST, "'%s' is signed by key %s, which cannot be used: %s",
			       name, fingerprint, maker->pinned->info.unsupported);
	if (maker->subkey && !maker->subkey->bound.created)
		return ib_fail(err, IB_TRUST,
			       "'%s' is signed by subkey %s, which its primary key does not own to",
			       name, fingerprint);
	if (maker->subkey ? !maker->subkey->bound.may_sign : !maker->pinned->settled.may_sign)
		return ib_fail(err, IB_TRUST, "'%s' is signed by %s %s, which is not for signing",
			       name, maker->subkey ? "subkey" : "key", fingerprint);
	return 0;
}

int ib_keyring_judge(const struct ib_keyring *keyring, const struct ib_signature *signature,
		     struct ib_digest *digest, const char *name,
		     char ret_signer[IB_FINGERPRINT_TEXT], struct ib_error *err)
{
	struct maker maker = { NULL, NULL, NULL };
	uint8_t value[IB_DIGEST_MAX_SIZE];
	bool good = find_maker(keyring, signature, ib_signature_finish(signature, digest, value),
			       &maker);

	if (!maker.pinned)
		return fail_unknown(signature, name, err);
	IB_TRY(check_purpose(&maker, name, err));
	if (!good)
		return ib_fail(err, IB_TRUST,
			       "'%s' does not match its signature by key %s: it was changed, or "
			       "the signature was",
			       name, maker.public->fingerprint);
	if (signature->critical_unknown)
		return ib_fail(err, IB_TRUST,
			       "'%s' has a signature with a critical part that is not understood",
			       name);
	IB_TRY(check_time(&maker, signature, name, err));
	memcpy(ret_signer, maker.pinned->info.fingerprint, IB_FINGERPRINT_TEXT);
	return 0;
}

int ib_signature_begin(const struct ib_signature *signature, const char *name,
		       struct ib_digest **ret_digest, struct ib_error *err)
{
	const char *kind = NULL;

	if (signature->version != 3 && signature->version != 4)
		return ib_fail(err, IB_TRUST,
			       "'%s' has a signature of OpenPGP version %u, which is not "
			       "supported yet",
			       name, signature->version);
	kind = ib_digest_kind_name(signature->digest);
	if (!kind)
		return ib_fail(err, IB_TRUST,
			       "'%s' has a signature with digest algorithm %u, which is not "
			       "supported",
			       name, (unsigned)signature->digest);
	if (signature->digest == IB_DIGEST_MD5 || signature->digest == IB_DIGEST_SHA1)
		return ib_fail(err, IB_TRUST,
			       "'%s' has a signature over %s, which is not believed any more", name,
			       signature->digest == IB_DIGEST_MD5 ? "MD5" : "SHA-1");
	*ret_digest = ib_digest_new(kind);
	return 0;
}

/* ---- detached signatures ------------------------------------------------- */

/* Text is signed with CR LF at the end of each line (5.2.1.2). */
static void hash_text(const char *text, size_t size, struct ib_digest *digest)
{
	const char *end = text + size;

	while (text < end) {
		const char *stop = memchr(text, '\n', (size_t)(end - text));
		size_t line = (size_t)((stop ? stop : end) - text);

		if (stop && line && text[line - 1] == '\r')
			line--;
		ib_digest_update(digest, text, line);
		if (stop)
			ib_digest_update(digest, "\r\n", 2);
		text = stop ? stop + 1 : end;
	}
}

/* What was signed, and how errors call it. */
struct subject {
	struct ib_bytes data;
	const char *name;
};

static int judge_detached(const struct ib_keyring *keyring, const struct ib_signature *s,
			  const struct subject *subject, char ret_signer[IB_FINGERPRINT_TEXT],
			  struct ib_error *err)
{
	IB_AUTO(ib_digest) digest = NULL;
	struct ib_bytes data = subject->data;

	IB_TRY(ib_signature_begin(s, subject->name, &digest, err));
	if (s->type == IB_SIGNATURE_BINARY)
		ib_digest_update(digest, data.data, data.size);
	else if (s->type == IB_SIGNATURE_TEXT)
		hash_text((const char *)data.data, data.size, digest);
	else
		return ib_fail(err, IB_TRUST,
			       "'%s' has a signature of type 0x%02x, not one over data",
			       subject->name, s->type);
	return ib_keyring_judge(keyring, s, digest, subject->name, ret_signer, err);
}

/* Judges one packet; a signature by somebody else is only remembered. */
static int judge_packet(const struct ib_keyring *keyring, const struct ib_packet *packet,
			const struct subject *subject, struct ib_signature *stranger,
			char signer[IB_FINGERPRINT_TEXT], struct ib_error *err)
{
	struct ib_signature s = { 0 };

	if (packet->tag != IB_PACKET_SIGNATURE || !ib_signature_parse(packet->body, &s))
		return ib_fail(err, IB_TRUST, "the signature of '%s' is damaged", subject->name);
	if (ib_keyring_knows(keyring, &s))
		return judge_detached(keyring, &s, subject, signer, err);
	*stranger = s;
	return 0;
}

static int fail_stranger(const struct ib_signature *stranger, const char *name,
			 struct ib_error *err)
{
	if (!stranger->version)
		return ib_fail(err, IB_TRUST, "'%s' has no signature", name);
	if (stranger->version > 4)
		return ib_fail(err, IB_TRUST,
			       "'%s' has a signature of OpenPGP version %u, which is not "
			       "supported yet",
			       name, stranger->version);
	return fail_unknown(stranger, name, err);
}

/* A signature that cannot be read proves nothing: that is a matter of trust, not of form. */
static int read_signature(struct ib_bytes signature, const char *name, struct ib_buffer *packets,
			  struct ib_error *err)
{
	struct ib_error fault = IB_ERROR_INIT;
	int r = ib_armor_read(signature.data, signature.size, name, packets, &fault);

	if (r == 0)
		return 0;
	r = ib_fail(err, fault.kind == IB_INPUT ? IB_TRUST : fault.kind,
		    "the signature of '%s' cannot be read: %s", name, fault.text);
	ib_error_clear(&fault);
	return r;
}

int ib_keyring_verify_detached(const struct ib_keyring *keyring, struct ib_bytes data,
			       struct ib_bytes signature, const char *name,
			       char ret_signer[IB_FINGERPRINT_TEXT], struct ib_error *err)
{
	IB_AUTO_BUFFER(buffer, MAX_SIGNATURE_FILE);
	struct ib_bytes packets = { NULL, 0 };
	struct subject subject = { data, name };
	struct ib_signature stranger = { 0 };
	char signer[IB_FINGERPRINT_TEXT] = "";
	size_t count = 0;

	IB_TRY(read_signature(signature, name, &buffer, err));
	packets = (struct ib_bytes){ buffer.data, buffer.size };
	for (count = 0; packets.size; count++) {
		struct ib_packet packet = { 0 };

		if (count == MAX_SIGNATURES || !ib_packet_next(&packets, &packet))
			return ib_fail(err, IB_TRUST, "the signature of '%s' is damaged", name);
		IB_TRY(judge_packet(keyring, &packet, &subject, &stranger, signer, err));
	}
	if (!*signer)
		return fail_stranger(&stranger, name, err);
	memcpy(ret_signer, signer, sizeof(signer));
	return 0;
}
