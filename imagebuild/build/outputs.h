/* SPDX-License-Identifier: Apache-2.0 */
/*
 * outputs - the files of one image, under one folder that appears at once.
 *
 * They are written into a temporary folder beside the final one, synced, and
 * exchanged with it in one step: an interrupted build leaves the last good
 * outputs untouched. Names are those of CONVENTIONS.md, "Files beside an image".
 */
#ifndef IB_BUILD_OUTPUTS_H
#define IB_BUILD_OUTPUTS_H

#include "base/base.h"

struct ib_outputs;

/* stem: "<id>_<version>_<arch>". A folder that holds what no build wrote is IB_INPUT: nothing is lost. */
int ib_outputs_open(const char *folder, const char *stem, struct ib_outputs **ret_outputs,
		    struct ib_error *err) IB_MUST_CHECK;
/* Without a commit the temporary folder is removed. */
void ib_outputs_free(struct ib_outputs *outputs);

/* Where to write stem + suffix (".efi"); owned by outputs, and listed from now on. */
const char *ib_outputs_path(struct ib_outputs *outputs, const char *suffix);
/* The same for a name that stands alone ("SHA256SUMS"). */
const char *ib_outputs_named(struct ib_outputs *outputs, const char *name);
/* The temporary folder that they lie in until the commit. */
const char *ib_outputs_folder(const struct ib_outputs *outputs);
/* The names so far, sorted. */
const struct ib_strings *ib_outputs_names(struct ib_outputs *outputs);
int ib_outputs_write(struct ib_outputs *outputs, const char *suffix, const void *data, size_t size,
		     struct ib_error *err) IB_MUST_CHECK;

int ib_outputs_commit(struct ib_outputs *outputs, const struct ib_log *log, struct ib_error *err)
	IB_MUST_CHECK;

IB_DEFINE_AUTO(ib_outputs);

#endif
