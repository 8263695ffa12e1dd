/* SPDX-License-Identifier: Apache-2.0 */
#include "build/remote_answer.h"

#include <string.h>

#include "signing/signing.h"
#include "json/json.h"

#define PAYLOAD_TYPE "application/vnd.imagebuild.blocks+json"
/* No size of a blob needs more digits in JSON than its readers have. */
#define MAX_BLOB ((int64_t)1 << 48)

/* ---- the statement ------------------------------------------------------- */

static void put_blob(struct ib_json_writer *json, const char *name,
		     const struct ib_remote_blob *blob)
{
	ib_json_member_object(json, name);
	ib_json_member_string(json, "sha256", blob->sha256);
	ib_json_member_integer(json, "size", (int64_t)blob->size);
	ib_json_end_object(json);
}

static int put_statement(const struct ib_remote_answer *answer, const char *key,
			 struct ib_buffer *out, struct ib_error *err)
{
	IB_AUTO(ib_json_writer) json = ib_json_writer_to_buffer(out, IB_JSON_COMPACT);

	ib_json_begin_object(json);
	ib_json_member_string(json, "key", key);
	put_blob(json, "blocks", &answer->blocks);
	put_blob(json, "facts", &answer->facts);
	ib_json_end_object(json);
	return ib_json_finish(json, err);
}

static int read_blob(const struct ib_json *value, struct ib_remote_blob *blob, struct ib_error *err)
{
	const char *sha256 = ib_json_get_string(value, "sha256");
	int64_t size = 0;

	if (!sha256 || !ib_hex_is(sha256, 64) ||
	    !ib_json_integer(ib_json_get(value, "size"), &size) || size < 0 || size > MAX_BLOB)
		return ib_fail(err, IB_INPUT, "the answer does not name its blocks");
	memcpy(blob->sha256, sha256, sizeof(blob->sha256));
	blob->size = (uint64_t)size;
	return 0;
}

static int read_statement(const struct ib_json *statement, const char *key,
			  struct ib_remote_answer *answer, struct ib_error *err)
{
	const char *said = ib_json_get_string(statement, "key");

	if (!said || !ib_str_equal(said, key))
		return ib_fail(err, IB_TRUST, "the answer is one to another question");
	IB_TRY(read_blob(ib_json_get(statement, "blocks"), &answer->blocks, err));
	return read_blob(ib_json_get(statement, "facts"), &answer->facts, err);
}

/* ---- ActionResult as protobuf -------------------------------------------- */

enum {
	RESULT_OUTPUT_FILES = 2,
	RESULT_STDOUT_RAW = 5,
	FILE_PATH = 1,
	FILE_DIGEST = 2,
	DIGEST_HASH = 1,
	DIGEST_SIZE_BYTES = 2,
	/* kinds of fields */
	WIRE_VARINT = 0,
	WIRE_64 = 1,
	WIRE_BYTES = 2,
	WIRE_32 = 5,
};

static void put_varint(struct ib_buffer *out, uint64_t value)
{
	for (; value >= 0x80; value >>= 7)
		ib_buffer_put_u8(out, (uint8_t)(value | 0x80));
	ib_buffer_put_u8(out, (uint8_t)value);
}

static void put_bytes(struct ib_buffer *out, unsigned field, const void *data, size_t size)
{
	put_varint(out, field << 3 | WIRE_BYTES);
	put_varint(out, size);
	ib_buffer_put(out, data, size);
}

static void put_file(struct ib_buffer *out, const char *path, const struct ib_remote_blob *blob)
{
	IB_AUTO_BUFFER(digest, 1024);
	IB_AUTO_BUFFER(file, 1024);

	put_bytes(&digest, DIGEST_HASH, blob->sha256, 64);
	put_varint(&digest, DIGEST_SIZE_BYTES << 3 | WIRE_VARINT);
	put_varint(&digest, blob->size);
	put_bytes(&file, FILE_PATH, path, strlen(path));
	put_bytes(&file, FILE_DIGEST, digest.data, digest.size);
	put_bytes(out, RESULT_OUTPUT_FILES, file.data, file.size);
}

struct cursor {
	const uint8_t *at;
	size_t left;
};

static bool get_varint(struct cursor *cursor, uint64_t *ret_value)
{
	unsigned shift = 0;

	*ret_value = 0;
	for (shift = 0; shift < 64 && cursor->left; shift += 7) {
		uint8_t byte = *cursor->at++;

		cursor->left--;
		*ret_value |= (uint64_t)(byte & 0x7f) << shift;
		if (!(byte & 0x80))
			return true;
	}
	return false;
}

/* Steps over a field's value; of bytes it says where they are. */
static bool get_value(struct cursor *cursor, unsigned wire, const uint8_t **ret_at,
		      size_t *ret_size)
{
	uint64_t size = wire == WIRE_64 ? 8 : 4;

	if (wire == WIRE_VARINT)
		return get_varint(cursor, &size);
	if (wire == WIRE_BYTES && !get_varint(cursor, &size))
		return false;
	if ((wire != WIRE_BYTES && wire != WIRE_64 && wire != WIRE_32) || size > cursor->left)
		return false;
	*ret_at = cursor->at;
	*ret_size = (size_t)size;
	cursor->at += size;
	cursor->left -= (size_t)size;
	return true;
}

/* The standard output of an ActionResult; NULL: it has none, or is none. */
static const uint8_t *find_stdout(const void *data, size_t size, size_t *ret_size)
{
	struct cursor cursor = { data, size };
	const uint8_t *found = NULL;

	while (cursor.left) {
		const uint8_t *at = NULL;
		uint64_t tag = 0;
		size_t length = 0;

		if (!get_varint(&cursor, &tag) ||
		    !get_value(&cursor, (unsigned)(tag & 7), &at, &length))
			return NULL;
		if (tag != (RESULT_STDOUT_RAW << 3 | WIRE_BYTES))
			continue;
		found = at;
		*ret_size = length;
	}
	return found;
}

/* ---- both ---------------------------------------------------------------- */

int ib_remote_answer_write(const struct ib_remote_answer *answer, const char *key,
			   const struct ib_private_key *signer, struct ib_buffer *out,
			   struct ib_error *err)
{
	IB_AUTO_BUFFER(statement, IB_REMOTE_MAX_ANSWER);
	IB_AUTO_BUFFER(envelope, IB_REMOTE_MAX_ANSWER);
	const struct ib_buffer *said = &statement;

	IB_TRY(put_statement(answer, key, &statement, err));
	if (signer) {
		IB_TRY(ib_dsse_sign(PAYLOAD_TYPE, statement.data, statement.size, signer, &envelope,
				    err));
		said = &envelope;
	}
	put_file(out, "blocks", &answer->blocks);
	put_file(out, "facts", &answer->facts);
	put_bytes(out, RESULT_STDOUT_RAW, said->data, said->size);
	return 0;
}

static int open_envelope(const void *text, size_t size, const struct ib_remote_question *question,
			 bool *ret_signed, struct ib_json **ret_statement, struct ib_error *err)
{
	IB_AUTO(ib_dsse) envelope = NULL;
	struct ib_error nobody = IB_ERROR_INIT; /* it is held against its contents then */

	IB_TRY(ib_dsse_read(text, size, "the answer", &envelope, err));
	*ret_signed = ib_dsse_verify(envelope, PAYLOAD_TYPE, question->believed,
				     question->believed_count, NULL, &nobody) == 0;
	ib_error_clear(&nobody);
	return ib_json_parse(envelope->payload, envelope->size, "the answer", ret_statement, err);
}

int ib_remote_answer_read(const void *data, size_t size, const struct ib_remote_question *question,
			  struct ib_remote_answer *ret_answer, struct ib_error *err)
{
	IB_AUTO(ib_json) outer = NULL;
	IB_AUTO(ib_json) inner = NULL;
	struct ib_remote_answer answer = { .is_signed = false };
	size_t length = 0;
	const uint8_t *text = find_stdout(data, size, &length);

	if (!text)
		return ib_fail(err, IB_INPUT, "the answer is no ActionResult of ours");
	IB_TRY(ib_json_parse(text, length, "the answer", &outer, err));
	if (ib_json_get(outer, "payloadType"))
		IB_TRY(open_envelope(text, length, question, &answer.is_signed, &inner, err));
	IB_TRY(read_statement(inner ? inner : outer, question->key, &answer, err));
	*ret_answer = answer;
	return 0;
}
