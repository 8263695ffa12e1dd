/* SPDX-License-Identifier: Apache-2.0 */
/* DSSE 1.0: protocol.md and envelope.md of secure-systems-lab/dsse. */
#include "signing/dsse.h"

#include <string.h>

#include "json/json.h"

enum { MAX_SIGNATURES = 16 };

void ib_dsse_pae(const char *payload_type, const void *payload, size_t size, struct ib_buffer *out)
{
	ib_buffer_putf(out, "DSSEv1 %zu %s %zu ", strlen(payload_type), payload_type, size);
	ib_buffer_put(out, payload, size);
}

void ib_dsse_key_id(const struct ib_public_key *key, char key_id[65])
{
	uint8_t fingerprint[IB_SHA256_SIZE];

	ib_public_key_fingerprint(key, fingerprint);
	ib_hex_write(fingerprint, sizeof(fingerprint), key_id);
}

void ib_dsse_write(const char *payload_type, const void *payload, size_t size,
		   const struct ib_dsse_signature *signatures, size_t count, struct ib_buffer *out)
{
	size_t i = 0;
	ib_autofree char *encoded = ib_base64(payload, size);

	/* Nothing in it needs escaping but the type, and that is a constant of ours. */
	ib_buffer_putf(out, "{\"payloadType\":\"%s\",\"payload\":\"", payload_type);
	ib_buffer_puts(out, encoded);
	ib_buffer_puts(out, "\",\"signatures\":[");
	for (i = 0; i < count; i++) {
		ib_autofree char *value = ib_base64(signatures[i].data, signatures[i].size);

		ib_buffer_putf(out, "%s{\"keyid\":\"%s\",\"sig\":\"%s\"}", i ? "," : "",
			       signatures[i].key_id, value);
	}
	ib_buffer_puts(out, "]}\n");
}

int ib_dsse_sign(const char *payload_type, const void *payload, size_t size,
		 const struct ib_private_key *key, struct ib_buffer *out, struct ib_error *err)
{
	IB_AUTO(ib_public_key) half = ib_private_key_public(key);
	IB_AUTO_BUFFER(pae, IB_DSSE_MAX_SIZE);
	IB_AUTO_BUFFER(value, IB_SIGNATURE_MAX_SIZE);
	struct ib_dsse_signature signature = { .data = NULL };

	if (size > IB_DSSE_MAX_SIZE / 2)
		return ib_fail(err, IB_LIMIT, "a statement of %zu bytes is too large to sign",
			       size);
	ib_dsse_pae(payload_type, payload, size, &pae);
	IB_TRY(ib_private_key_sign(key, pae.data, pae.size, &value, err));
	ib_dsse_key_id(half, signature.key_id);
	signature.data = value.data;
	signature.size = value.size;
	ib_dsse_write(payload_type, payload, size, &signature, 1, out);
	return 0;
}

/* ---- reading ------------------------------------------------------------- */

/* Standard base64 or the one for URLs: a reader has to take both. */
static bool decode(const char *text, uint8_t **ret_data, size_t *ret_size)
{
	ib_autofree char *standard = ib_strdup(text);
	char *c = NULL;

	for (c = standard; *c; c++)
		*c = (char)(*c == '-' ? '+' : *c == '_' ? '/' : *c);
	return !strpbrk(standard, "\r\n") && ib_base64_read(standard, ret_data, ret_size);
}

static int read_signature(struct ib_dsse *envelope, const struct ib_json *one, const char *name,
			  struct ib_error *err)
{
	struct ib_dsse_signature *signature = NULL;
	const char *key_id = ib_json_get_string(one, "keyid");
	const char *text = ib_json_get_string(one, "sig");
	uint8_t *data = NULL;
	size_t size = 0;

	if (!text || !decode(text, &data, &size))
		return ib_fail(err, IB_INPUT, "%s: a signature of the envelope is not base64",
			       name);
	ib_grow(envelope->signatures, envelope->count);
	signature = &envelope->signatures[envelope->count++];
	*signature = (struct ib_dsse_signature){ .data = data, .size = size };
	if (key_id && ib_hex_is(key_id, 64))
		memcpy(signature->key_id, key_id, 65);
	return 0;
}

int ib_dsse_read(const void *text, size_t size, const char *name, struct ib_dsse **ret_envelope,
		 struct ib_error *err)
{
	IB_AUTO(ib_json) value = NULL;
	IB_AUTO(ib_dsse) envelope = ib_alloc(sizeof(*envelope));
	const struct ib_json *signatures = NULL;
	const char *type = NULL;
	const char *payload = NULL;
	size_t i = 0;

	IB_TRY(ib_json_parse(text, size, name, &value, err));
	type = ib_json_get_string(value, "payloadType");
	payload = ib_json_get_string(value, "payload");
	signatures = ib_json_get(value, "signatures");
	if (!type || !payload || !ib_json_count(signatures))
		return ib_fail(err, IB_INPUT, "%s: not a DSSE envelope with a signature", name);
	if (ib_json_count(signatures) > MAX_SIGNATURES)
		return ib_fail(err, IB_LIMIT, "%s: more than %d signatures", name, MAX_SIGNATURES);
	if (!decode(payload, &envelope->payload, &envelope->size))
		return ib_fail(err, IB_INPUT, "%s: the payload of the envelope is not base64",
			       name);
	envelope->name = ib_strdup(name);
	envelope->payload_type = ib_strdup(type);
	for (i = 0; i < ib_json_count(signatures); i++)
		IB_TRY(read_signature(envelope, ib_json_at(signatures, i), name, err));
	*ret_envelope = ib_take(envelope);
	return 0;
}

void ib_dsse_free(struct ib_dsse *envelope)
{
	size_t i = 0;

	if (!envelope)
		return;
	for (i = 0; i < envelope->count; i++)
		ib_free(ib_take_pointer(&envelope->signatures[i].data));
	ib_free(envelope->signatures);
	ib_free(envelope->name);
	ib_free(envelope->payload_type);
	ib_free(envelope->payload);
	ib_free(envelope);
}

static bool signed_by(const struct ib_dsse *envelope, const struct ib_buffer *pae,
		      const struct ib_public_key *key)
{
	size_t i = 0;

	for (i = 0; i < envelope->count; i++) {
		struct ib_error problem = IB_ERROR_INIT;
		const struct ib_dsse_signature *signature = &envelope->signatures[i];

		/* That this one is not by this key is no fault yet: another may be. */
		if (ib_public_key_verify(key, pae->data, pae->size, signature->data,
					 signature->size, &problem) == 0)
			return true;
		ib_error_clear(&problem);
	}
	return false;
}

static int no_trusted_key(const struct ib_dsse *envelope, struct ib_error *err)
{
	const char *key_id = envelope->signatures[0].key_id;

	return ib_fail(err, IB_TRUST, "%s: no trusted key signed it; it names the key %s",
		       envelope->name, *key_id ? key_id : "(none)");
}

int ib_dsse_verify(const struct ib_dsse *envelope, const char *payload_type,
		   const struct ib_public_key *const *keys, size_t key_count, size_t *ret_key,
		   struct ib_error *err)
{
	IB_AUTO_BUFFER(pae, IB_DSSE_MAX_SIZE);
	size_t i = 0;

	if (strcmp(envelope->payload_type, payload_type) != 0)
		return ib_fail(err, IB_TRUST, "%s: holds '%s', not '%s'", envelope->name,
			       envelope->payload_type, payload_type);
	if (envelope->size > IB_DSSE_MAX_SIZE / 2)
		return ib_fail(err, IB_LIMIT, "%s: a statement of %zu bytes is too large",
			       envelope->name, envelope->size);
	ib_dsse_pae(payload_type, envelope->payload, envelope->size, &pae);
	for (i = 0; i < key_count; i++) {
		if (!signed_by(envelope, &pae, keys[i]))
			continue;
		if (ret_key)
			*ret_key = i;
		return 0;
	}
	return no_trusted_key(envelope, err);
}
