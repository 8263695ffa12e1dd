/* SPDX-License-Identifier: Apache-2.0 */
/*
 * unchanged - whether an output folder is already what a build would make.
 *
 * After a build the store keeps a record under the folder's path: one digest over everything that the
 * outputs follow from (this program, its libraries, recipe, lock, overlays, keys, what was asked for),
 * and of each file the size, inode, time of last change and SHA-256. A later build with the same digest
 * whose files are all as recorded has nothing to do. Whoever can set a file's bytes without its
 * time of change showing it can deceive this; hashing does not fall for that.
 */
#ifndef IB_BUILD_UNCHANGED_H
#define IB_BUILD_UNCHANGED_H

#include "build/work.h"

/* hex: room for 65. A key that is no file, say, is a failure: such builds are never passed over. */
int ib_inputs_digest(const struct ib_work *work, const struct ib_build_options *options, char *hex,
		     struct ib_error *err) IB_MUST_CHECK;
/* With is_thorough every file is hashed, too. ret_names gets the files' names where all is as recorded. */
bool ib_outputs_unchanged(const struct ib_store *store, const struct ib_build_options *options,
			  const char *inputs, struct ib_strings *ret_names);
/* digests: where a digest is known; may be NULL. */
int ib_outputs_record(struct ib_store *store, const struct ib_build_options *options,
		      const char *inputs, const struct ib_strings *names,
		      const struct ib_output_digests *digests, struct ib_error *err) IB_MUST_CHECK;

#endif
