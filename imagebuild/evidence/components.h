/* SPDX-License-Identifier: Apache-2.0 */
/*
 * components - who made which file of the image: the SBOM's index.
 *
 * A component is an RPM, an overlay or a generator. First come all packages of
 * the set, in its order, then overlays and generators by name. A file is a
 * regular file of one of the trees; root's come first, each tree in its own
 * order. Names for use inside the document (id) are functions of what they
 * name, so that two documents can be compared line by line.
 */
#ifndef IB_EVIDENCE_COMPONENTS_H
#define IB_EVIDENCE_COMPONENTS_H

#include "evidence/evidence.h"

struct ib_component {
	enum ib_origin_kind kind;
	const char *name;                     /* NEVRA, overlay or generator */
	const char *id;                       /* "SPDXRef-Package-…" */
	const struct ib_package *package;     /* of an RPM; else NULL */
	const struct ib_lock_package *locked; /* its line, or NULL */
	const char *sha256;                   /* of an overlay; else NULL */
	size_t file_count;
	char verification_code[41]; /* SPDX 2.3, 7.9; "" without files */
};

struct ib_component_file {
	const char *id;   /* "SPDXRef-root-…" */
	const char *path; /* absolute */
	const struct ib_inode *inode;
	size_t component;
	bool in_initrd;
};

struct ib_components {
	struct ib_component *items;
	size_t count;
	struct ib_component_file *files;
	size_t file_count;
	struct ib_arena *arena;
	struct ib_map *index; /* "kind name" → number + 1 */
};

/* IB_FAILED for a file without digest or origin, or of a package that is not in the set. */
int ib_components_collect(const struct ib_evidence *evidence, struct ib_components **ret_components,
			  struct ib_error *err) IB_MUST_CHECK;
void ib_components_free(struct ib_components *components);
/* The id of what this origin names, or NULL. */
const char *ib_components_id(const struct ib_components *components,
			     const struct ib_origin *origin);

IB_DEFINE_AUTO(ib_components);

/*
 * An identifier of SPDX (letters, digits, dots, dashes) for any name: the name
 * itself where it is one, else with a few digits of its digest.
 */
const char *ib_spdx_id(struct ib_arena *arena, const char *prefix, const char *name);

#endif
