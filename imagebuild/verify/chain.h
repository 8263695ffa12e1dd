/* SPDX-License-Identifier: Apache-2.0 */
/*
 * chain - what the links of one verification share.
 *
 * A link's function returns 0 when its sentence holds, else the error that
 * says why not; ib_chain_says() keeps what was seen, ib_chain_absent() says
 * that there is nothing to prove. What a link found is left here for those
 * that stand on it.
 */
#ifndef IB_VERIFY_CHAIN_H
#define IB_VERIFY_CHAIN_H

#include "evidence/evidence.h"
#include "image/image.h"
#include "package/package.h"
#include "tree/tree.h"
#include "verify/verify.h"
#include "json/json.h"

struct ib_chain {
	const char *folder;
	const struct ib_trust *trust;
	const struct ib_log *log;
	struct ib_arena *arena;
	const char *detail;
	bool absent;

	/* of sums-signature */
	const struct ib_sum *sums;
	size_t sum_count;
	const char *stem; /* what the names of files begin with: "<id>_<version>_<arch>"; or NULL */
	/* of provenance-signature */
	struct ib_json *statement;
	/* of lock */
	struct ib_lock *lock;
	/* of root-hash-signature; empty: there is none */
	char root_hash[65];
	char root_hash_signer[65]; /* fingerprint of the certificate */
	/* of root-image */
	struct ib_tree *root;
	struct ib_owners *owners; /* where there is a tar */
	/* of sbom-packages */
	struct ib_json *sbom;
};

/* One row of the table. needs: bits of earlier rows. */
struct ib_link {
	const char *name;
	const char *claim;
	unsigned needs;
	bool is_optional; /* it is about an output that few recipes ask for: "all" does not demand it */
	int (*prove)(struct ib_chain *chain, struct ib_error *err);
};

enum ib_link_number {
	IB_PROVE_SUMS_SIGNATURE,
	IB_PROVE_FILES,
	IB_PROVE_DIGESTS,
	IB_PROVE_PROVENANCE_SIGNATURE,
	IB_PROVE_PROVENANCE_SUBJECTS,
	IB_PROVE_LOCK,
	IB_PROVE_ROOT_HASH,
	IB_PROVE_VERITY,
	IB_PROVE_ERROR_CORRECTION,
	IB_PROVE_ROOT_IMAGE,
	IB_PROVE_TAR,
	IB_PROVE_UKI_SIGNATURE,
	IB_PROVE_UKI_COMMAND_LINE,
	IB_PROVE_UKI_KERNEL,
	IB_PROVE_UKI_INITRD,
	IB_PROVE_DISK,
	IB_PROVE_ESP,
	IB_PROVE_SBOM_PACKAGES,
	IB_PROVE_SBOM_FILES,
	IB_PROVE_SBOM_INITRD,
	IB_PROVE_SBOM_UKI,
	IB_PROVE_MANIFEST,
	IB_PROVE_POLICY,
	IB_PROVE_COUNT,
};

extern const struct ib_link ib_links[IB_PROVE_COUNT];

void ib_chain_says(struct ib_chain *chain, const char *fmt, ...) IB_PRINTF(2, 3);
/* Returns 0. */
int ib_chain_absent(struct ib_chain *chain, const char *fmt, ...) IB_PRINTF(2, 3);

/* The line of SHA256SUMS for the image's file with this suffix (".efi"), or NULL. */
const struct ib_sum *ib_chain_find(const struct ib_chain *chain, const char *suffix);
/* The line for the root image, whatever its format, or NULL. */
const struct ib_sum *ib_chain_find_root(const struct ib_chain *chain);
/* Suffixes of the root as an archive; NULL ends them. */
extern const char *const ib_chain_tars[];
/* Where a file of the folder lies; in the arena. */
const char *ib_chain_path(const struct ib_chain *chain, const char *name);
/* Appends that file; IB_TRUST when its digest is no longer that of the sums. */
int ib_chain_read(const struct ib_chain *chain, const struct ib_sum *sum, struct ib_buffer *out,
		  struct ib_error *err) IB_MUST_CHECK;
/*
 * The only doors to the folder's files: a regular file or IB_TRUST. Never follows a link, and never
 * waits for the other end of a FIFO.
 */
int ib_chain_open_name(const struct ib_chain *chain, const char *name, int *ret_fd,
		       struct ib_error *err) IB_MUST_CHECK;
/* Appends all of it; more than there is room for is IB_LIMIT. */
int ib_chain_read_name(const struct ib_chain *chain, const char *name, struct ib_buffer *out,
		       struct ib_error *err) IB_MUST_CHECK;
int ib_chain_open(const struct ib_chain *chain, const struct ib_sum *sum, int *ret_fd,
		  struct ib_error *err) IB_MUST_CHECK;
/* What is trusted for a role; *ret_keys in the arena. */
size_t ib_chain_trusted(const struct ib_chain *chain, enum ib_trust_role role,
			const struct ib_trusted ***ret_trusted);
/*
 * Refusal for want of anybody trusted for a role whose signature fits. signer: whom it names, for telling people,
 * or NULL.
 */
int ib_chain_nobody(const struct ib_chain *chain, enum ib_trust_role role, const char *what,
		    const char *signer, struct ib_error *err);

/* IB_TRUST unless somebody trusted signed this executable for Secure Boot. */
int ib_chain_check_executable(struct ib_chain *chain, int fd, const char *name,
			      struct ib_error *err) IB_MUST_CHECK;
/* The SHA-256 of a section of an executable. */
int ib_chain_section_digest(int fd, const char *name, const char *section_name, char hex[65],
			    struct ib_error *err) IB_MUST_CHECK;

/* The checksum of a package or a file of the SBOM, as it is written there; or NULL. */
const char *ib_chain_checksum(const struct ib_json *element, const char *algorithm);

int ib_prove_sums_signature(struct ib_chain *chain, struct ib_error *err) IB_MUST_CHECK;
int ib_prove_files(struct ib_chain *chain, struct ib_error *err) IB_MUST_CHECK;
int ib_prove_digests(struct ib_chain *chain, struct ib_error *err) IB_MUST_CHECK;
int ib_prove_provenance_signature(struct ib_chain *chain, struct ib_error *err) IB_MUST_CHECK;
int ib_prove_provenance_subjects(struct ib_chain *chain, struct ib_error *err) IB_MUST_CHECK;
int ib_prove_lock(struct ib_chain *chain, struct ib_error *err) IB_MUST_CHECK;
int ib_prove_root_hash(struct ib_chain *chain, struct ib_error *err) IB_MUST_CHECK;
int ib_prove_policy(struct ib_chain *chain, struct ib_error *err) IB_MUST_CHECK;
int ib_prove_manifest(struct ib_chain *chain, struct ib_error *err) IB_MUST_CHECK;
int ib_prove_verity(struct ib_chain *chain, struct ib_error *err) IB_MUST_CHECK;
int ib_prove_error_correction(struct ib_chain *chain, struct ib_error *err) IB_MUST_CHECK;
int ib_prove_root_image(struct ib_chain *chain, struct ib_error *err) IB_MUST_CHECK;
int ib_prove_tar(struct ib_chain *chain, struct ib_error *err) IB_MUST_CHECK;
int ib_prove_uki_kernel(struct ib_chain *chain, struct ib_error *err) IB_MUST_CHECK;
int ib_prove_uki_signature(struct ib_chain *chain, struct ib_error *err) IB_MUST_CHECK;
int ib_prove_uki_command_line(struct ib_chain *chain, struct ib_error *err) IB_MUST_CHECK;
int ib_prove_uki_initrd(struct ib_chain *chain, struct ib_error *err) IB_MUST_CHECK;
int ib_prove_disk(struct ib_chain *chain, struct ib_error *err) IB_MUST_CHECK;
int ib_prove_esp(struct ib_chain *chain, struct ib_error *err) IB_MUST_CHECK;
int ib_prove_sbom_packages(struct ib_chain *chain, struct ib_error *err) IB_MUST_CHECK;
int ib_prove_sbom_files(struct ib_chain *chain, struct ib_error *err) IB_MUST_CHECK;
int ib_prove_sbom_initrd(struct ib_chain *chain, struct ib_error *err) IB_MUST_CHECK;
int ib_prove_sbom_uki(struct ib_chain *chain, struct ib_error *err) IB_MUST_CHECK;

#endif
