/* SPDX-License-Identifier: Apache-2.0 */
/*
 * block_cache - what a package contributed to an image once need not be compressed again.
 *
 * An entry is a file with all blocks and tails of one package's contents and, behind them, where
 * each lies. Whoever keeps entries (build/ binds the store) finds them by a key of everything that
 * decides their bytes: the package, which of its files are in the tree, ib_erofs_form(). The writer
 * holds an entry's bytes against the digest that it was kept under before it uses any of it, and
 * every file of it against the digest in the package's header: an entry that is damaged, cut short,
 * swapped or of another package is passed over, and the package is streamed. That blocks
 * hold what their file's digest says is believed: entries come from a place where nobody else writes.
 *
 * The same holds for a large content that a generator made (the hardware database, rpm's own): it has an
 * entry of its own, found by the content's digest.
 *
 * An image made of entries has the same bytes as one without: contents that are there already are
 * left out in either case.
 */
#ifndef IB_IMAGE_BLOCK_CACHE_H
#define IB_IMAGE_BLOCK_CACHE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/base.h"

/* An entry to read. */
struct ib_block_entry {
	int fd;        /* the writer closes it */
	uint64_t size; /* of what stands before the keeper's own trailer */
	char sha256[65];
};

/* Whose blocks an entry has: a package's, or those of one generated content. */
struct ib_block_subject {
	uint32_t package;
	const uint8_t *sha256; /* of the content; NULL: the package's; borrowed */
};

struct ib_block_cache {
	void *context;
	/*
	 * Asked for each package before it is streamed; false: there is no entry, or what an
	 * observer would have learnt is not known without streaming.
	 */
	int (*find)(void *context, const struct ib_block_subject *subject, bool *ret_found,
		    struct ib_block_entry *ret_entry, struct ib_error *err);
	/*
	 * For each that was not found, in a worker, in no order: an empty file to write the entry into,
	 * and then its keeping. What cannot be kept is not: the image is none the worse.
	 */
	int (*begin)(void *context, const struct ib_block_subject *subject, void **ret_file,
		     int *ret_fd, struct ib_error *err);
	int (*commit)(void *context, const struct ib_block_subject *subject, void *file,
		      struct ib_error *err);
	void (*abandon)(void *context, void *file); /* instead of commit */
};

/*
 * What somebody else made is held against the tree before it becomes an entry: that it holds
 * exactly the files of the package that the tree has, each with the digest of the header; and, unless whoever
 * made it is believed, that its blocks, taken apart, have these digests.
 */
struct ib_block_proof {
	uint32_t package;
	size_t file_count;           /* of the package */
	struct ib_block_entry entry; /* of it no digest is looked at; fd stays open */
	bool contents;               /* take its blocks apart */
};

#endif
