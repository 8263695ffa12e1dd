/* SPDX-License-Identifier: Apache-2.0 */
/* RFC 9580, section 5.5: public keys and their fingerprints. */
#include <string.h>

#include "rpmfile/openpgp.h"

static const struct {
	unsigned number;
	const char *name;
} algorithms[] = {
	{ 1, "RSA" },
	{ 2, "RSA" },
	{ 3, "RSA" },
	{ 16, "ElGamal" },
	{ 17, "DSA" },
	{ 18, "ECDH" },
	{ 19, "ECDSA" },
	{ 20, "ElGamal" },
	{ 22, "Ed25519" },
	{ 25, "X25519" },
	{ 26, "X448" },
	{ 27, "Ed25519" },
	{ 28, "Ed448" },
	/* draft-ietf-openpgp-pqc */
	{ 30, "ML-DSA-65+Ed25519" },
	{ 31, "ML-DSA-87+Ed448" },
	{ 32, "SLH-DSA-SHAKE-128s" },
	{ 33, "SLH-DSA-SHAKE-128f" },
	{ 34, "SLH-DSA-SHAKE-256s" },
	{ 35, "ML-KEM-768+X25519" },
	{ 36, "ML-KEM-1024+X448" },
};

const char *ib_openpgp_algorithm_name(unsigned algorithm)
{
	size_t i = 0;

	for (i = 0; i < IB_COUNT(algorithms); i++)
		if (algorithms[i].number == algorithm)
			return algorithms[i].name;
	return NULL;
}

/* 9.2: curves by object identifier, behind its length. */
static const struct curve {
	const char *identifier;
	size_t size;
	int curve; /* enum ib_curve, or -1: Ed25519 */
} curves[] = {
	{ "\x2a\x86\x48\xce\x3d\x03\x01\x07", 8, IB_CURVE_P256 },
	{ "\x2b\x81\x04\x00\x22", 5, IB_CURVE_P384 },
	{ "\x2b\x81\x04\x00\x23", 5, IB_CURVE_P521 },
	{ "\x2b\x06\x01\x04\x01\xda\x47\x0f\x01", 9, -1 },
};

static const struct curve *take_curve(struct ib_bytes *bytes)
{
	size_t i = 0;

	for (i = 0; i < IB_COUNT(curves); i++) {
		size_t size = curves[i].size;

		if (bytes->size < 1 + size || bytes->data[0] != size ||
		    memcmp(bytes->data + 1, curves[i].identifier, size) != 0)
			continue;
		bytes->data += 1 + size;
		bytes->size -= 1 + size;
		return &curves[i];
	}
	return NULL;
}

static struct ib_raw_key *read_rsa(struct ib_bytes material)
{
	struct ib_number modulus = { NULL, 0 };
	struct ib_number exponent = { NULL, 0 };

	if (!ib_number_take(&material, &modulus) || !ib_number_take(&material, &exponent) ||
	    material.size)
		return NULL;
	return ib_raw_key_rsa(modulus, exponent);
}

static struct ib_raw_key *read_curve(struct ib_bytes material, bool edwards)
{
	const struct curve *curve = take_curve(&material);
	struct ib_number point = { NULL, 0 };

	if (!curve || (curve->curve < 0) != edwards || !ib_number_take(&material, &point) ||
	    material.size)
		return NULL;
	if (!edwards)
		return ib_raw_key_ec((enum ib_curve)curve->curve, point.data, point.size);
	if (point.size != 33 || point.data[0] != 0x40)
		return NULL;
	return ib_raw_key_ed25519(point.data + 1);
}

static const char post_quantum[] = "post-quantum algorithms are not supported yet";

static bool is_post_quantum(unsigned algorithm)
{
	return algorithm >= 30 && algorithm <= 36;
}

static void read_material(struct ib_bytes material, struct ib_public *key)
{
	switch (key->algorithm) {
	case IB_OPENPGP_RSA:
	case IB_OPENPGP_RSA + 2:
		key->key = read_rsa(material);
		key->unsupported =
			key->key ? NULL : "RSA with fewer than 2048 bits is not believed";
		break;
	case IB_OPENPGP_ECDSA:
	case IB_OPENPGP_EDDSA:
		key->key = read_curve(material, key->algorithm == IB_OPENPGP_EDDSA);
		key->unsupported = key->key ? NULL : "its elliptic curve is not supported";
		break;
	case IB_OPENPGP_ED25519:
		key->key = material.size == 32 ? ib_raw_key_ed25519(material.data) : NULL;
		key->unsupported = key->key ? NULL : "its numbers make no key";
		break;
	case IB_OPENPGP_DSA:
		key->unsupported = "DSA is not believed any more";
		break;
	default:
		key->unsupported =
			is_post_quantum(key->algorithm)
				? post_quantum
				: "its algorithm makes no signatures that can be checked";
	}
}

static void name_by_digest(const char *algorithm, const uint8_t *head, size_t head_size,
			   struct ib_public *key)
{
	IB_AUTO(ib_digest) digest = ib_digest_new(algorithm);
	uint8_t value[IB_DIGEST_MAX_SIZE];
	size_t size = 0;
	size_t i = 0;

	ib_digest_update(digest, head, head_size);
	ib_digest_update(digest, key->body.data, key->body.size);
	size = ib_digest_final(digest, value);
	ib_hex_write(value, size, key->fingerprint);
	for (i = 0; key->fingerprint[i]; i++)
		if (key->fingerprint[i] >= 'a')
			key->fingerprint[i] = (char)(key->fingerprint[i] - 'a' + 'A');
	memcpy(key->id, key->version == 4 ? value + size - 8 : value, 8);
}

bool ib_public_parse(struct ib_bytes body, struct ib_public *ret_public)
{
	struct ib_public key = { .body = body };
	uint32_t size = (uint32_t)body.size;
	uint8_t head[5] = { 0x99, (uint8_t)(size >> 8), (uint8_t)size };

	if (body.size < 6 || body.size > UINT16_MAX)
		return false;
	key.version = body.data[0];
	key.created = ib_get_be32(body.data + 1);
	if (key.version == 4) {
		key.algorithm = body.data[5];
		name_by_digest("sha1", head, 3, &key);
		read_material((struct ib_bytes){ body.data + 6, body.size - 6 }, &key);
	} else if (key.version == 6) {
		key.algorithm = body.data[5];
		key.unsupported = is_post_quantum(key.algorithm)
					  ? post_quantum
					  : "OpenPGP version 6 keys are not supported yet";
		head[0] = 0x9b;
		head[1] = 0;
		head[2] = 0;
		head[3] = (uint8_t)(size >> 8);
		head[4] = (uint8_t)size;
		name_by_digest("sha256", head, 5, &key);
	} else if (key.version == 2 || key.version == 3) {
		key.algorithm = body.size > 7 ? body.data[7] : 0;
		key.unsupported = "OpenPGP version 3 keys are not believed any more";
	} else {
		return false;
	}
	*ret_public = key;
	return true;
}

void ib_public_done(struct ib_public *key)
{
	ib_raw_key_free(ib_take(key->key));
}

void ib_public_hash(struct ib_bytes body, struct ib_digest *digest)
{
	uint8_t head[3] = { 0x99, (uint8_t)(body.size >> 8), (uint8_t)body.size };

	ib_digest_update(digest, head, sizeof(head));
	ib_digest_update(digest, body.data, body.size);
}

static bool is_same_family(unsigned a, unsigned b)
{
	return a == b || (a == IB_OPENPGP_RSA && b == IB_OPENPGP_RSA + 2) ||
	       (a == IB_OPENPGP_RSA + 2 && b == IB_OPENPGP_RSA);
}

bool ib_public_verify(const struct ib_public *key, const struct ib_signature *signature,
		      struct ib_number digest)
{
	return key->key && is_same_family(key->algorithm, signature->algorithm) &&
	       digest.size >= sizeof(signature->left) &&
	       !memcmp(digest.data, signature->left, sizeof(signature->left)) &&
	       ib_raw_key_verify(key->key, ib_digest_kind_name(signature->digest), digest,
				 signature->first, signature->second);
}
