/* SPDX-License-Identifier: Apache-2.0 */
/*
 * remote - entries of the cache of blocks, exchanged with a cache on another machine.
 *
 * Before packages are streamed, entries that the store lacks are asked for (/ac/), brought (/cas/) and put into
 * the store as if they had been made here; afterwards, where that is wanted, what the other side lacks is
 * put there. The map from key to blocks is believed when a key signed it that is believed; of any other
 * answer the blocks are taken apart and every file is held against the signed header, and
 * its facts are not used: they are learnt from the package itself. In both cases
 * the entry must hold exactly the files that the tree has.
 *
 * The other side may be absent, slow, wrong or hostile: the build warns, and does by itself what it did
 * not get. It fails for nothing that lies there.
 */
#ifndef IB_BUILD_REMOTE_H
#define IB_BUILD_REMOTE_H

#include "build/blocks.h"
#include "build/remote_answer.h"

/* What is to be had for one package. */
struct ib_remote_item {
	uint32_t package;
	char *key; /* owned: the blocks' key and the facts', which name the answer */
	char *blocks_key, *facts_key; /* owned */
	bool has_blocks;              /* in the store */
	bool has_facts;
	bool answered;
	bool is_wrong; /* what the other side holds is of no use */
	struct ib_remote_answer answer;
};

struct ib_remote {
	struct ib_keeper *keeper;
	const struct ib_remote_cache *cache;
	const struct ib_format *format;
	const void *writer;
	struct ib_private_key *signer;   /* NULL: answers are not signed */
	struct ib_public_key **believed; /* owned, and each of them */
	size_t believed_count;
	struct ib_remote_item *items; /* owned */
	size_t item_count;
	bool is_gone; /* nothing more is asked of it */
};

/* Whether URL and keys are such as can be used. */
int ib_remote_check(const struct ib_remote_cache *cache, struct ib_error *err) IB_MUST_CHECK;

/* keeper, format and writer stay until ib_remote_free(). */
int ib_remote_open(struct ib_keeper *keeper, const struct ib_format *format, const void *writer,
		   struct ib_remote **ret_remote, struct ib_error *err) IB_MUST_CHECK;
void ib_remote_free(struct ib_remote *remote);
/* Fails only where a build without it would: with a package that cannot be read. */
int ib_remote_take(struct ib_remote *remote, struct ib_error *err) IB_MUST_CHECK;
/* After the image's writer is done. */
void ib_remote_give(struct ib_remote *remote);

/* One exchange of objects; what goes wrong with it is a warning, and *is_gone. For the two above. */
struct ib_exchange;
struct ib_exchange_object;
void ib_remote_exchange(struct ib_remote *remote, struct ib_exchange *exchange,
			struct ib_exchange_object *objects, size_t count);
/* "ac/" or "cas/" and a digest: the caller owns it. */
char *ib_remote_answer_location(const struct ib_remote_item *item);
/* An anonymous file; -1 and err when there is none. */
int ib_remote_memory_file(int *ret_fd, struct ib_error *err) IB_MUST_CHECK;

IB_DEFINE_AUTO(ib_remote);

#endif
