/* SPDX-License-Identifier: Apache-2.0 */
/*
 * remote_answer - what a remote cache keeps under /ac/: which blocks belong to a key.
 *
 * The statement is JSON, {"key": TEXT, "blocks": {"sha256": HEX, "size": N}, "facts": {…}}: it repeats the
 * whole key, so that an answer to one question is none to another. Signed it lies in a DSSE
 * envelope of a payload type of its own. Around it stands what Bazel's caches want to see there, an
 * ActionResult (remote_execution.proto, as protobuf): the two blobs as output files, so that a
 * server that looks knows what has to be in /cas/, the statement as standard output. Of
 * that only the standard output is read.
 */
#ifndef IB_BUILD_REMOTE_ANSWER_H
#define IB_BUILD_REMOTE_ANSWER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/base.h"
#include "crypto/crypto.h"

#define IB_REMOTE_MAX_ANSWER ((size_t)1 << 18)

struct ib_remote_blob {
	char sha256[65];
	uint64_t size;
};

struct ib_remote_answer {
	struct ib_remote_blob blocks, facts;
	bool is_signed; /* by a key that is believed */
};

/* What was asked for, and whose word counts as signed. Everything is borrowed. */
struct ib_remote_question {
	const char *key;
	const struct ib_public_key *const *believed;
	size_t believed_count;
};

/* signer: NULL leaves it unsigned. */
int ib_remote_answer_write(const struct ib_remote_answer *answer, const char *key,
			   const struct ib_private_key *signer, struct ib_buffer *out,
			   struct ib_error *err) IB_MUST_CHECK;
/* What is no answer to this key is IB_TRUST or IB_INPUT. A signature that nobody believes is as good as none. */
int ib_remote_answer_read(const void *data, size_t size, const struct ib_remote_question *question,
			  struct ib_remote_answer *ret_answer, struct ib_error *err) IB_MUST_CHECK;

#endif
