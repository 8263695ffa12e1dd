/* SPDX-License-Identifier: Apache-2.0 */
/*
 * size - what each package and folder of a root costs, and what nothing needs.
 *
 * A file counts for the first package that lists it, a hard link once, a content
 * that several files share (in the image) for the first of them by path. What a
 * package needs is known by three kinds of evidence: requirements in headers,
 * libraries that ELF files name, interpreters in the first lines of scripts.
 * A package that none of the three leads to is needed by nothing else in the
 * image; whether somebody wants it all the same, a wish says.
 */
#ifndef IB_POLICY_SIZE_H
#define IB_POLICY_SIZE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/base.h"
#include "package/package.h"
#include "tree/tree.h"

struct ib_policy_subject;

struct ib_size {
	uint64_t files;
	uint64_t installed_bytes; /* of contents and link targets */
	uint64_t stored_bytes;    /* of the image, compressed; 0 where that is not known */
};

struct ib_size_package {
	const struct ib_package *package;
	struct ib_size size;
	bool is_wished;        /* the lock's wishes name it */
	size_t required_by;    /* packages whose headers require what it provides */
	size_t linked_by;      /* packages whose ELF files need its libraries or its loader */
	size_t interprets_for; /* packages whose scripts it interprets */
	const char *needed_by; /* the first of those packages, or NULL: nothing needs it */
};

struct ib_size_folder {
	const char *path;
	struct ib_size size; /* with all that is below */
};

struct ib_size_report {
	struct ib_size total;
	struct ib_size unpackaged;        /* of overlays and generators */
	struct ib_size_package *packages; /* the largest first */
	size_t package_count;
	struct ib_size_folder *folders; /* the largest first; every folder at most 4 deep */
	size_t folder_count;
	uint64_t image_bytes;
	struct ib_arena *arena; /* owned */
};

/* How many bytes of the image an inode takes that did not count for another; context: the caller's. */
typedef uint64_t (*ib_stored_fn)(void *context, const struct ib_node *node);

/* stored and wishes (names) may be NULL. */
int ib_size_measure(const struct ib_policy_subject *subject, ib_stored_fn stored,
		    const struct ib_strings *wishes, struct ib_size_report **ret_report,
		    struct ib_error *err) IB_MUST_CHECK;
void ib_size_report_free(struct ib_size_report *report);

int ib_size_write_json(const struct ib_size_report *report, struct ib_buffer *out,
		       struct ib_error *err) IB_MUST_CHECK;

IB_DEFINE_AUTO(ib_size_report);

#endif
