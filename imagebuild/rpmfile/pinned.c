/* SPDX-License-Identifier: Apache-2.0 */
/* RFC 9580: what is hashed is section 5.2.4, reasons for revocation are 5.2.3.31. */
#include <string.h>

#include "rpmfile/trust.h"

enum {
	MAX_SELF_SIGNATURES = 512,
	MAX_COMPONENTS = 256,
	FLAG_SIGN = 0x02,
	REASON_SUPERSEDED = 1,
	REASON_RETIRED = 3,
};

/* The part of a key that the next signature packet is about; neither: the primary key. */
struct place {
	struct ib_user *user;
	struct ib_subkey *subkey;
};

static struct ib_bytes keep(struct ib_pinned *pinned, struct ib_bytes bytes)
{
	return (struct ib_bytes){ ib_arena_memdup(pinned->arena, bytes.data, bytes.size),
				  bytes.size };
}

/* Text from outside that ends up in messages: one line, nothing that steers a terminal. */
static const char *keep_text(struct ib_pinned *pinned, struct ib_bytes bytes)
{
	ib_autofree char *text = ib_strndup((const char *)bytes.data, IB_MIN(bytes.size, 200U));
	char *p = NULL;

	for (p = text; *p; p++)
		if ((unsigned char)*p < 0x20 || *p == 0x7f)
			*p = '?';
	return ib_arena_strdup(pinned->arena, ib_str_is_utf8(text, strlen(text)) ? text : "?");
}

struct ib_pinned *ib_pinned_new(const struct ib_public *primary)
{
	struct ib_pinned *pinned = ib_alloc(sizeof(*pinned));

	pinned->arena = ib_arena_new();
	if (!ib_public_parse(keep(pinned, primary->body), &pinned->primary))
		memset(&pinned->primary, 0, sizeof(pinned->primary));
	memcpy(pinned->info.fingerprint, pinned->primary.fingerprint, IB_FINGERPRINT_TEXT);
	pinned->info.version = pinned->primary.version;
	pinned->info.algorithm = ib_openpgp_algorithm_name(pinned->primary.algorithm);
	if (!pinned->info.algorithm)
		pinned->info.algorithm =
			ib_arena_strf(pinned->arena, "algorithm %u", pinned->primary.algorithm);
	pinned->info.created = pinned->primary.created;
	pinned->info.user_id = "";
	pinned->info.revocation_reason = "";
	pinned->info.unsupported = pinned->primary.unsupported;
	return pinned;
}

void ib_pinned_free(struct ib_pinned *pinned)
{
	size_t i = 0;

	if (!pinned)
		return;
	for (i = 0; i < pinned->subkey_count; i++)
		ib_public_done(&pinned->subkeys[i].public);
	ib_public_done(&pinned->primary);
	ib_free(pinned->subkeys);
	ib_free(pinned->users);
	ib_arena_free(pinned->arena);
	ib_free(pinned);
}

/* ---- signatures of the key over itself ----------------------------------- */

static void hash_user(const struct ib_user *user, struct ib_digest *digest)
{
	uint8_t head[5] = { user->is_attribute ? 0xd1 : 0xb4 };
	uint32_t size = (uint32_t)user->body.size;
	int i = 0;

	for (i = 0; i < 4; i++)
		head[1 + i] = (uint8_t)(size >> (24 - 8 * i));
	ib_digest_update(digest, head, sizeof(head));
	ib_digest_update(digest, user->body.data, user->body.size);
}

/* MD5 says nothing; SHA-1 is good enough for a key that is pinned as a whole. */
static bool verifies(const struct ib_pinned *pinned, const struct ib_public *maker,
		     const struct ib_signature *s, const struct place *place)
{
	const char *kind = ib_digest_kind_name(s->digest);
	IB_AUTO(ib_digest) digest = NULL;
	uint8_t value[IB_DIGEST_MAX_SIZE];

	if (!kind || s->digest == IB_DIGEST_MD5 || s->critical_unknown)
		return false;
	digest = ib_digest_new(kind);
	ib_public_hash(pinned->primary.body, digest);
	if (place->user)
		hash_user(place->user, digest);
	else if (place->subkey)
		ib_public_hash(place->subkey->public.body, digest);
	return ib_public_verify(maker, s, ib_signature_finish(s, digest, value));
}

/* A subkey that signs must itself say that it belongs to the primary key. */
static bool is_cross_certified(const struct ib_pinned *pinned, const struct ib_signature *binding,
			       const struct place *place)
{
	struct ib_signature back = { 0 };

	return ib_signature_parse(binding->embedded, &back) && back.version == 4 &&
	       back.type == IB_SIGNATURE_PRIMARY &&
	       verifies(pinned, &place->subkey->public, &back, place);
}

static int64_t sooner(int64_t a, int64_t b)
{
	return !a ? b : !b ? a : IB_MIN(a, b);
}

static struct ib_statement statement_of(const struct ib_signature *s, int64_t key_created)
{
	int64_t key_end = s->key_lifetime ? key_created + (int64_t)s->key_lifetime : 0;
	int64_t end = s->lifetime ? s->created + (int64_t)s->lifetime : 0;

	return (struct ib_statement){
		.created = s->created,
		.expires = sooner(key_end, end),
		.may_sign = !s->has_flags || (s->flags & FLAG_SIGN),
	};
}

static void replace_if_newer(struct ib_statement *old, struct ib_statement new)
{
	if (new.created >= old->created)
		*old = new;
}

/* The worst counts: a compromise over a retirement, the earliest of two retirements. */
static void add_revocation(struct ib_pinned *pinned, const struct ib_signature *s,
			   struct ib_revocation *revocation)
{
	bool is_mild =
		s->has_reason && (s->reason == REASON_SUPERSEDED || s->reason == REASON_RETIRED);
	enum ib_key_revocation kind = is_mild ? IB_KEY_RETIRED : IB_KEY_COMPROMISED;

	if (kind < revocation->kind || (kind == revocation->kind && s->created >= revocation->when))
		return;
	revocation->kind = kind;
	revocation->when = s->created;
	revocation->reason = keep_text(pinned, s->reason_text);
}

static void add_statement(struct ib_pinned *pinned, const struct ib_signature *s,
			  const struct place *place)
{
	struct ib_statement statement = statement_of(
		s, place->subkey ? place->subkey->public.created : pinned->primary.created);

	if (s->type == IB_SIGNATURE_DIRECT) {
		replace_if_newer(&pinned->direct, statement);
	} else if (s->type == IB_SIGNATURE_REVOKE_KEY) {
		add_revocation(pinned, s, &pinned->revocation);
	} else if (s->type == IB_SIGNATURE_SUBKEY) {
		statement.may_sign = statement.may_sign && is_cross_certified(pinned, s, place);
		replace_if_newer(&place->subkey->bound, statement);
	} else if (s->type == IB_SIGNATURE_REVOKE_SUBKEY) {
		add_revocation(pinned, s, &place->subkey->revocation);
	} else if (s->type == IB_SIGNATURE_REVOKE_CERTIFICATION) {
		place->user->revoked = IB_MAX(place->user->revoked, s->created);
	} else {
		replace_if_newer(&place->user->certified, statement);
	}
}

/* What a signature of this type covers at this place; false when it does not belong there. */
static bool find_covered(unsigned type, const struct place *at, struct place *ret_covered)
{
	*ret_covered = (struct place){ NULL, NULL };
	switch (type) {
	case IB_SIGNATURE_DIRECT:
	case IB_SIGNATURE_REVOKE_KEY:
		return true;
	case IB_SIGNATURE_CERTIFY:
	case IB_SIGNATURE_CERTIFY + 1:
	case IB_SIGNATURE_CERTIFY + 2:
	case IB_SIGNATURE_CERTIFY + 3:
	case IB_SIGNATURE_REVOKE_CERTIFICATION:
		ret_covered->user = at->user;
		return at->user != NULL;
	case IB_SIGNATURE_SUBKEY:
	case IB_SIGNATURE_REVOKE_SUBKEY:
		ret_covered->subkey = at->subkey;
		return at->subkey != NULL;
	default:
		return false;
	}
}

/* What others say of the key, and what does not verify, is as if it were not there. */
static int add_signature(struct ib_pinned *pinned, struct ib_bytes body, const struct place *at,
			 const char *name, struct ib_error *err)
{
	struct ib_signature s = { 0 };
	struct place covered = { NULL, NULL };

	if (!ib_signature_parse(body, &s) || s.version < 3 || s.version > 4 ||
	    !find_covered(s.type, at, &covered) ||
	    (s.has_issuer && memcmp(s.issuer, pinned->primary.id, sizeof(s.issuer)) != 0))
		return 0;
	if (++pinned->checked > MAX_SELF_SIGNATURES)
		return ib_fail(err, IB_LIMIT, "key %s in '%s' has more than %d self-signatures",
			       pinned->info.fingerprint, name, (int)MAX_SELF_SIGNATURES);
	if (verifies(pinned, &pinned->primary, &s, &covered))
		add_statement(pinned, &s, &covered);
	return 0;
}

/* ---- the parts of a key -------------------------------------------------- */

static struct ib_user *find_user(struct ib_pinned *pinned, const struct ib_packet *packet)
{
	bool is_attribute = packet->tag == IB_PACKET_USER_ATTRIBUTE;
	struct ib_user *user = NULL;
	size_t i = 0;

	for (i = 0; i < pinned->user_count; i++) {
		user = &pinned->users[i];
		if (user->is_attribute == is_attribute && user->body.size == packet->body.size &&
		    !memcmp(user->body.data, packet->body.data, packet->body.size))
			return user;
	}
	if (pinned->user_count == MAX_COMPONENTS)
		return NULL;
	ib_grow(pinned->users, pinned->user_count);
	user = &pinned->users[pinned->user_count++];
	*user = (struct ib_user){ .body = keep(pinned, packet->body),
				  .is_attribute = is_attribute };
	return user;
}

static struct ib_subkey *find_subkey(struct ib_pinned *pinned, const struct ib_packet *packet)
{
	struct ib_subkey subkey = { 0 };
	size_t i = 0;

	for (i = 0; i < pinned->subkey_count; i++) {
		struct ib_bytes body = pinned->subkeys[i].public.body;

		if (body.size == packet->body.size &&
		    !memcmp(body.data, packet->body.data, body.size))
			return &pinned->subkeys[i];
	}
	if (pinned->subkey_count == MAX_COMPONENTS ||
	    !ib_public_parse(keep(pinned, packet->body), &subkey.public))
		return NULL;
	ib_grow(pinned->subkeys, pinned->subkey_count);
	pinned->subkeys[pinned->subkey_count] = subkey;
	return &pinned->subkeys[pinned->subkey_count++];
}

static bool is_certified(const struct ib_user *user)
{
	return user->certified.created && user->revoked < user->certified.created;
}

/* The newest word of the key on itself is what holds. */
static void settle(struct ib_pinned *pinned)
{
	int64_t newest_user = 0;
	size_t i = 0;

	pinned->settled = pinned->direct;
	for (i = 0; i < pinned->user_count; i++) {
		const struct ib_user *user = &pinned->users[i];

		if (!is_certified(user))
			continue;
		replace_if_newer(&pinned->settled, user->certified);
		if (user->certified.created < newest_user || user->is_attribute)
			continue;
		newest_user = user->certified.created;
		pinned->info.user_id = keep_text(pinned, user->body);
	}
	pinned->info.expires = pinned->settled.expires;
	pinned->info.revocation = pinned->revocation.kind;
	pinned->info.revoked = pinned->revocation.when;
	pinned->info.revocation_reason = pinned->revocation.reason ? pinned->revocation.reason : "";
	pinned->info.subkey_count = 0;
	for (i = 0; i < pinned->subkey_count; i++)
		if (pinned->subkeys[i].bound.created && pinned->subkeys[i].bound.may_sign)
			pinned->info.subkey_count++;
	pinned->info.unsupported = pinned->primary.unsupported;
	if (!pinned->info.unsupported && !pinned->settled.created)
		pinned->info.unsupported = "no self-signature of it verifies";
}

static int take_packet(struct ib_pinned *pinned, const struct ib_packet *packet, struct place *at,
		       const char *name, struct ib_error *err)
{
	switch (packet->tag) {
	case IB_PACKET_USER_ID:
	case IB_PACKET_USER_ATTRIBUTE:
		*at = (struct place){ .user = find_user(pinned, packet) };
		return 0;
	case IB_PACKET_SUBKEY:
		*at = (struct place){ .subkey = find_subkey(pinned, packet) };
		return 0;
	case IB_PACKET_SIGNATURE:
		return add_signature(pinned, packet->body, at, name, err);
	default:
		return 0;
	}
}

int ib_pinned_read(struct ib_pinned *pinned, struct ib_bytes *packets, const char *name,
		   struct ib_error *err)
{
	struct ib_packet packet = { 0 };
	struct place at = { NULL, NULL };
	struct ib_bytes rest = *packets;

	while (ib_packet_next(&rest, &packet) && packet.tag != IB_PACKET_KEY) {
		*packets = rest;
		IB_TRY(take_packet(pinned, &packet, &at, name, err));
	}
	settle(pinned);
	return 0;
}
