/* SPDX-License-Identifier: Apache-2.0 */
/*
 * work - what the steps of one pipeline hand to each other, inside build/.
 *
 * Each step fills what is its own and reads what earlier ones filled; see
 * run.c for their order. Everything is freed with the work.
 */
#ifndef IB_BUILD_WORK_H
#define IB_BUILD_WORK_H

#include "build/build.h"
#include "build/output_digests.h"
#include "build/outputs.h"
#include "crypto/crypto.h"
#include "evidence/evidence.h"
#include "package/package.h"
#include "policy/policy.h"
#include "rpmfile/rpmfile.h"
#include "store/store.h"
#include "tree/tree.h"

/* A package of the lock, opened from the store and compared with its line. */
struct ib_opened {
	const struct ib_lock_package *line;
	struct ib_rpm *rpm; /* owned */
	const struct ib_package *package;
	struct ib_facts *facts; /* owned; NULL until its payload streamed by */
};

/* The packages of one tree, in order: what is number N there is members[N] here. */
struct ib_members {
	struct ib_opened **members;
	size_t count;
	struct ib_rpm_source *source; /* owned */
};

/* A file's content that a later step needs whole, taken while payloads stream by. */
struct ib_kept {
	struct ib_buffer data;
	char *path; /* NULL: not found; owned */
	const char *package;
};

struct ib_work {
	const struct ib_session *session;
	const struct ib_recipe *recipe;
	const struct ib_lock *lock;
	struct ib_outputs *outputs; /* borrowed */

	struct ib_store *store;
	bool only_root;   /* nothing is made of the root but its image and hash tree */
	bool use_derived; /* blocks, facts and databases of the store are used, and added to */
	const struct ib_remote_cache *remote; /* NULL: none */
	struct ib_arena *arena;
	struct ib_keyring **keyrings;     /* by the recipe's order of repositories */
	struct ib_metadata_one *metadata; /* the same; NULL until it was opened */
	struct ib_opened *opened;         /* by the lock's order of packages */
	struct ib_package_set *packages;
	struct ib_members root, initrd;
	struct ib_strings languages; /* the recipe's */

	uint8_t seed[IB_SHA256_SIZE];
	char lock_sha256[65];
	char (*overlay_sha256)[65]; /* by the recipe's order */

	struct ib_policy_report *policy; /* of the root; owned */
	struct ib_tree *root_tree;
	struct ib_tree *initrd_tree;
	struct ib_kept kernel;     /* …/vmlinuz */
	struct ib_kept stub;       /* systemd's EFI stub */
	struct ib_kept os_release; /* /usr/lib/os-release as the image has it */
	uint8_t root_hash[IB_SHA256_SIZE];
	char root_hash_hex[65];
	struct ib_evidence_part *uki_parts; /* in the arena */
	size_t uki_part_count;
	struct ib_output_digests
		*digests; /* of the output folder's files; NULL: nobody wants them */
};

/* keyrings.c: one keyring a repository, holding the keys that the recipe pins for it. */
int ib_work_open_keyrings(struct ib_work *work, struct ib_error *err) IB_MUST_CHECK;
/* The recipe's repository of that id, its number in *ret_number; NULL: there is none. */
const struct ib_recipe_repository *ib_work_repository(const struct ib_work *work, const char *id,
						      size_t *ret_number);
/* Opens the store of the session. */
int ib_work_open_store(struct ib_work *work, struct ib_error *err) IB_MUST_CHECK;

/* metadata.c: where the repository's files may be fetched from. */
const char *const *ib_work_repository_urls(const struct ib_work *work, size_t number,
					   size_t *ret_count);
void ib_work_close_metadata(struct ib_work *work);

/* packages.c: opens every package of the lock and compares it with its line. */
int ib_work_open_packages(struct ib_work *work, struct ib_error *err) IB_MUST_CHECK;
/* packages.c: the lock's entry for this scriptlet, or NULL. */
const struct ib_lock_scriptlet *ib_work_locked_scriptlet(const struct ib_lock_package *line,
							 const struct ib_scriptlet *scriptlet);

/* root.c: packages and overlays, without what generators make. */
int ib_work_lay_root(struct ib_work *work, struct ib_error *err) IB_MUST_CHECK;
/* root.c: the root's tree, image, hash tree and root hash. */
int ib_work_make_root(struct ib_work *work, struct ib_error *err) IB_MUST_CHECK;
/* The tars that the recipe asks for, from the root image that was written: build/tar.c. */
int ib_work_write_tars(struct ib_work *work, struct ib_error *err) IB_MUST_CHECK;
/* content.c: learns the facts of a package that were not yet taken. */
int ib_work_learn(struct ib_work *work, struct ib_opened *opened, struct ib_error *err)
	IB_MUST_CHECK;
/* root.c: what of a package's files goes into an image: documentation, languages. */
struct ib_tree_filter ib_work_filter(const struct ib_work *work);
/* database.c: the same for the root, less what the recipe prunes. */
struct ib_tree_filter ib_work_root_filter(const struct ib_work *work);
/*
 * database.c: what tells of the packages inside the root, from when its packages are laid down. What
 * takes long begins in the background; until it is put, or freed, nothing else may use
 * librpm, but to read payloads.
 */
struct ib_databases;
struct ib_databases *ib_databases_begin(struct ib_work *work);
int ib_databases_put(struct ib_databases *databases, struct ib_error *err) IB_MUST_CHECK;
void ib_databases_free(struct ib_databases *databases);
IB_DEFINE_AUTO(ib_databases);

/* policy.c: the finished root before the rules; IB_REFUSED when it does not pass. */
int ib_work_check_policy(struct ib_work *work, uint64_t root_image_bytes, struct ib_error *err)
	IB_MUST_CHECK;
/* policy.c: what they found, as the document that .policy.json is; without a root hash where there is none yet. */
int ib_work_policy_text(const struct ib_work *work, struct ib_buffer *text, struct ib_error *err)
	IB_MUST_CHECK;
/* policy.c: that, as .policy.json. */
int ib_work_write_policy(struct ib_work *work, struct ib_error *err) IB_MUST_CHECK;

/* initrd.c */
int ib_work_make_initrd(struct ib_work *work, struct ib_error *err) IB_MUST_CHECK;

/* disk.c: root hash signature, unified kernel image, disk. */
int ib_work_make_boot(struct ib_work *work, struct ib_error *err) IB_MUST_CHECK;
/* The first of these alone, where nothing boots. */
int ib_work_sign_root_hash(struct ib_work *work, struct ib_error *err) IB_MUST_CHECK;
/* kernel.c: whether there is a kernel in the root that can mount it, and systemd's EFI stub; IB_INPUT. */
int ib_work_check_boot(const struct ib_work *work, struct ib_error *err) IB_MUST_CHECK;
/* Whether a kernel of this version, from that package, mounts such a root; what is no version passes. */
int ib_work_check_kernel_version(const struct ib_recipe *recipe, const char *version,
				 const char *nevra, struct ib_error *err) IB_MUST_CHECK;

/* statements.c: what lies in the output folder by now changes no more, and is hashed in the background. */
void ib_work_begin_digests(struct ib_work *work);
/* statements.c: SBOM, lock, manifest, provenance, sums. */
int ib_work_make_statements(struct ib_work *work, struct ib_error *err) IB_MUST_CHECK;

/* plan.c: the recipe's part of what the generators are given; borrowed from the work's arena. */
struct ib_state_plan;
void ib_work_plan_state(struct ib_work *work, const struct ib_members *members,
			struct ib_state_plan *ret_plan);

/* labels.c: SELinux labels for all that the root's tree holds, as the recipe wants them. */
int ib_work_label(struct ib_work *work, const struct ib_state_plan *plan, struct ib_error *err)
	IB_MUST_CHECK;

/* plan.c: the folders and links that %pretrans scriptlets make before any package is laid down. */
int ib_work_prepare_tree(struct ib_work *work, const struct ib_members *members,
			 struct ib_tree *tree, struct ib_error *err) IB_MUST_CHECK;

/* Whether the recipe asks for this output. */
bool ib_work_wants(const struct ib_work *work, const char *output);

void ib_work_done(struct ib_work *work);

#endif
