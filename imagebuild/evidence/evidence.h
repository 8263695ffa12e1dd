/* SPDX-License-Identifier: Apache-2.0 */
/*
 * evidence - what is said about an image beside the image.
 *
 * Everything here is a function of struct ib_evidence, plain data that build/
 * fills: nothing asks the clock, nothing is random, so the same image has the
 * same evidence. The documents, in the order in which they are written, since
 * the later ones name the earlier ones by digest:
 *
 *   .spdx.json      SPDX 2.3: every package, every file, where each comes from
 *   .manifest.json  what is in the image and beside it, in short
 *   .intoto.jsonl   SLSA provenance v1 as an in-toto statement in a DSSE
 *                   envelope: all inputs by digest (see buildtype.md)
 *   SHA256SUMS      every released file but itself and its signature
 *
 * The SBOM names nothing that a signature changes (of the unified kernel
 * image the sections, not the file), so that it is the same whoever signs.
 *
 * All strings and arrays are borrowed and must outlive the call.
 */
#ifndef IB_EVIDENCE_H
#define IB_EVIDENCE_H

#include <stddef.h>
#include <stdint.h>

#include "base/base.h"
#include "package/package.h"
#include "signing/signing.h"
#include "tree/tree.h"

/* A file as it lies in the output folder. */
struct ib_evidence_file {
	const char *name; /* without folder */
	uint64_t size;
	char sha256[65];
};

/* An OpenPGP key that a recipe pins. */
struct ib_evidence_key {
	const char *fingerprint;
	char sha256[65]; /* of the key's file */
};

struct ib_evidence_repository {
	const char *id;
	const char *url;   /* where anybody may fetch it; NULL when it lies on this machine only */
	const char *trust; /* "signed", "metalink", "none": what its metadata was believed by */
	const char *repomd_sha256;
	const struct ib_evidence_key *keys;
	size_t key_count;
};

struct ib_evidence_overlay {
	const char *name; /* as the recipe writes it */
	char sha256[65];  /* as ib_tree_add_overlay() computes it */
};

/* A name with a value: libraries and their versions, options of the build. */
struct ib_evidence_pair {
	const char *name;
	const char *value;
};

/* A part of the unified kernel image (".linux"), or what the ESP holds besides. */
struct ib_evidence_part {
	const char *name;
	uint64_t size;
	char sha256[65];
	char sha1[41];
	struct ib_origin origin; /* IB_ORIGIN_NONE: made of the initrd as a whole */
};

struct ib_evidence {
	const char *image_id;
	const char *image_version;
	const char *architecture;
	const char *os_id;         /* os-release: ID, lower case */
	const char *os_version_id; /* os-release: VERSION_ID, or NULL */
	int64_t build_time;        /* the lock's */
	const char *tool_version;

	/* What went in. */
	char recipe_sha256[65]; /* of the effective recipe's canonical text */
	char lock_sha256[65];   /* of the lock's file */
	const struct ib_lock *lock;
	const struct ib_package_set *packages;             /* of the lock, with their headers */
	const struct ib_evidence_repository *repositories; /* sorted by id */
	size_t repository_count;
	const struct ib_evidence_overlay *overlays; /* in the recipe's order */
	size_t overlay_count;
	const struct ib_evidence_file *profile; /* what the kernel was held against, or NULL */
	const struct ib_evidence_pair *options; /* what the recipe says of outputs and formats */
	size_t option_count;
	const struct ib_evidence_pair *libraries; /* whose versions shape bytes */
	size_t library_count;

	/* What came out. Every regular file of the trees has its digests. */
	const struct ib_node *root;
	const struct ib_node *initrd; /* NULL: there is none */
	/* The file of the initrd that the file with this path became a part of, or NULL; may be NULL. */
	const char *(*initrd_place)(const char *path);
	const char *root_hash; /* hex, or NULL */
	const struct ib_evidence_part
		*uki;     /* in the order of its sections; then the stub, "stub" */
	size_t uki_count; /* 0: there is none */
	const struct ib_evidence_file *root_image;   /* .root.erofs, .root.squashfs */
	const struct ib_evidence_file *initrd_image; /* .initrd, or NULL */
	const struct ib_evidence_file *files;        /* what the document covers, sorted by name */
	size_t file_count;
};

/* SPDX 2.3 as JSON; streamed. files are not looked at. name is for errors. */
int ib_spdx_write(int fd, const char *name, const struct ib_evidence *evidence,
		  struct ib_error *err) IB_MUST_CHECK;

/* Appends the package URL of an RPM (pkg:rpm/…), in its canonical form. */
void ib_purl_write(struct ib_buffer *out, const struct ib_package *package, const char *os_id,
		   const char *os_version_id);

/* Whether text is an expression of SPDX (annex D) over the list's own names and LicenseRef-*. */
bool ib_licence_is_expression(const char *text);

/* The short list for people and scripts: image, packages, outputs (files). */
int ib_manifest_write(int fd, const char *name, const struct ib_evidence *evidence,
		      struct ib_error *err) IB_MUST_CHECK;

/* sha256sum's format, sorted by name; names without newline and backslash. */
void ib_sums_write(struct ib_buffer *out, const struct ib_evidence_file *files, size_t count);

struct ib_sum {
	const char *name;
	char sha256[65];
};

/* Reads exactly what ib_sums_write() writes; anything else is IB_INPUT with its line. */
int ib_sums_parse(const char *text, const char *path, struct ib_arena *arena,
		  const struct ib_sum **ret_sums, size_t *ret_count, struct ib_error *err)
	IB_MUST_CHECK;

#define IB_STATEMENT_TYPE     "application/vnd.in-toto+json"
#define IB_STATEMENT          "https://in-toto.io/Statement/v1"
#define IB_PROVENANCE         "https://slsa.dev/provenance/v1"
#define IB_PROVENANCE_BUILD   "urn:imagebuild:build-type:v1"
#define IB_PROVENANCE_BUILDER "urn:imagebuild:builder:v1"

/* The in-toto statement with the SLSA provenance: what the envelope's signature covers. */
int ib_provenance_write(struct ib_buffer *text, const struct ib_evidence *evidence,
			struct ib_error *err) IB_MUST_CHECK;

#endif
