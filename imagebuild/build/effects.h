/* SPDX-License-Identifier: Apache-2.0 */
/*
 * effects - what a scriptlet changed in the sandbox, written down once and
 * replayed by every build.
 *
 * One JSON document: the paths in order, each a directory, a file with its
 * content, a link, or absent. Owners and times are not in it: what is new is
 * root's, what was there stays whose it was, and times are the image's. The
 * lock names the document by its SHA-256, the store keeps it.
 *
 * A scriptlet may not bring what an image would have to be asked about: setuid
 * and setgid, capabilities, device nodes, sockets, links that climb out of the
 * root. Such effects are refused with their path.
 */
#ifndef IB_BUILD_EFFECTS_H
#define IB_BUILD_EFFECTS_H

#include "base/base.h"
#include "tree/tree.h"

#define IB_EFFECTS_MAX ((size_t)256 << 20)

/* Reads the writable layer of an overlay; name is for errors: "package 'a-1-1.noarch' %post". */
int ib_effects_record(const char *upper, const char *name, struct ib_buffer *out,
		      struct ib_error *err) IB_MUST_CHECK;
/*
 * Puts them into a tree whose state was applied; new paths get the origin, a
 * generator of that name. A document that is not of the form is IB_INPUT.
 */
int ib_effects_replay(const void *data, size_t size, const char *origin, struct ib_tree *tree,
		      struct ib_error *err) IB_MUST_CHECK;

#endif
