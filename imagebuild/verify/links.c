/* SPDX-License-Identifier: Apache-2.0 */
/* The one list of what is proved. Each link stands on those that it needs. */
#include "verify/chain.h"

#define NEEDS(link) (1u << (link))
#define FILES       (NEEDS(IB_PROVE_SUMS_SIGNATURE) | NEEDS(IB_PROVE_FILES) | NEEDS(IB_PROVE_DIGESTS))

const struct ib_link ib_links[IB_PROVE_COUNT] = {
	[IB_PROVE_SUMS_SIGNATURE] = { "sums-signature",
				      "SHA256SUMS is signed by a key that you trust", 0,
				      ib_prove_sums_signature },
	[IB_PROVE_FILES] = { "files", "the folder holds what SHA256SUMS lists, and nothing else",
			     NEEDS(IB_PROVE_SUMS_SIGNATURE), ib_prove_files },
	[IB_PROVE_DIGESTS] = { "digests", "every file has the digest that SHA256SUMS says",
			       NEEDS(IB_PROVE_SUMS_SIGNATURE) | NEEDS(IB_PROVE_FILES),
			       ib_prove_digests },
	[IB_PROVE_PROVENANCE_SIGNATURE] = { "provenance-signature",
					    "the provenance is signed by a key that you trust",
					    FILES, ib_prove_provenance_signature },
	[IB_PROVE_PROVENANCE_SUBJECTS] = { "provenance-subjects",
					   "the provenance speaks of exactly these files",
					   FILES | NEEDS(IB_PROVE_PROVENANCE_SIGNATURE),
					   ib_prove_provenance_subjects },
	[IB_PROVE_LOCK] = { "lock", "the lock is the one that the provenance was built from",
			    FILES | NEEDS(IB_PROVE_PROVENANCE_SIGNATURE), ib_prove_lock },
	[IB_PROVE_ROOT_HASH] = { "root-hash-signature",
				 "the root hash is signed by a certificate that you trust", FILES,
				 ib_prove_root_hash },
	[IB_PROVE_VERITY] = { "verity",
			      "every block of the root image is the one that the root hash stands for",
			      FILES | NEEDS(IB_PROVE_ROOT_HASH), ib_prove_verity },
	[IB_PROVE_ERROR_CORRECTION] = { "error-correction",
					"the error correction mends to this root image, and to no "
					"other",
					FILES | NEEDS(IB_PROVE_VERITY), ib_prove_error_correction },
	[IB_PROVE_ROOT_IMAGE] = { "root-image",
				  "the root image can be read, every path and byte of it",
				  FILES | NEEDS(IB_PROVE_VERITY), ib_prove_root_image },
	[IB_PROVE_UKI_SIGNATURE] = { "uki-signature",
				     "the unified kernel image is signed for Secure Boot by a "
				     "certificate that you trust",
				     FILES, ib_prove_uki_signature },
	[IB_PROVE_UKI_COMMAND_LINE] = { "uki-command-line",
					"the kernel image boots with this root hash on its command line",
					FILES | NEEDS(IB_PROVE_UKI_SIGNATURE) |
						NEEDS(IB_PROVE_ROOT_HASH),
					ib_prove_uki_command_line },
	[IB_PROVE_UKI_KERNEL] = { "uki-kernel",
				  "the kernel inside the kernel image is a file of the root image",
				  FILES | NEEDS(IB_PROVE_UKI_SIGNATURE) |
					  NEEDS(IB_PROVE_ROOT_IMAGE),
				  ib_prove_uki_kernel },
	[IB_PROVE_UKI_INITRD] = { "uki-initrd",
				  "the initrd inside the kernel image is the one beside it",
				  FILES | NEEDS(IB_PROVE_UKI_SIGNATURE), ib_prove_uki_initrd },
	[IB_PROVE_DISK] = { "disk",
			    "the disk holds these files, in partitions named after the root hash",
			    FILES | NEEDS(IB_PROVE_ROOT_HASH) | NEEDS(IB_PROVE_LOCK),
			    ib_prove_disk },
	[IB_PROVE_ESP] = { "disk-esp",
			   "firmware finds this kernel image on the disk, and nothing unsigned",
			   FILES | NEEDS(IB_PROVE_UKI_SIGNATURE) | NEEDS(IB_PROVE_DISK),
			   ib_prove_esp },
	[IB_PROVE_SBOM_PACKAGES] = { "sbom-packages", "the SBOM has the packages of the lock",
				     FILES | NEEDS(IB_PROVE_LOCK), ib_prove_sbom_packages },
	[IB_PROVE_SBOM_FILES] = { "sbom-files",
				  "the SBOM has every file of the root image, and no other",
				  FILES | NEEDS(IB_PROVE_SBOM_PACKAGES) |
					  NEEDS(IB_PROVE_ROOT_IMAGE),
				  ib_prove_sbom_files },
	[IB_PROVE_SBOM_UKI] = { "sbom-uki", "the SBOM has every section of the kernel image",
				FILES | NEEDS(IB_PROVE_UKI_SIGNATURE) |
					NEEDS(IB_PROVE_SBOM_PACKAGES),
				ib_prove_sbom_uki },
	[IB_PROVE_MANIFEST] = { "manifest",
				"the manifest speaks of these files and of this root hash",
				FILES | NEEDS(IB_PROVE_ROOT_HASH), ib_prove_manifest },
	[IB_PROVE_POLICY] = { "policy",
			      "the rules passed the image with this root hash, but for what was "
			      "allowed",
			      FILES | NEEDS(IB_PROVE_ROOT_HASH), ib_prove_policy },
};
