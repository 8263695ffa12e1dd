/* SPDX-License-Identifier: Apache-2.0 */
/*
 * recipe - what was asked for, as plain data.
 *
 * Read from YAML (see recipe/keys.c for the one table of keys), includes and
 * the part for the architecture merged, every value checked. All strings and
 * arrays lie in the recipe's arena. Paths of files are made absolute or
 * relative to the working folder (not to the recipe), so that whoever reads
 * them may open them as they are; the names as written stay beside them where
 * an output shows them.
 */
#ifndef IB_RECIPE_H
#define IB_RECIPE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/base.h"

/* Where a value stands: "recipes/node.yaml:14:7". */
struct ib_mark {
	const char *file;
	uint32_t line;
	uint32_t column;
};

enum ib_metadata_trust {
	IB_METADATA_SIGNED,   /* repomd.xml.asc by a pinned key */
	IB_METADATA_METALINK, /* digest from a metalink fetched over TLS */
	IB_METADATA_NONE,     /* not at all; needs a reason */
};

struct ib_recipe_key {
	const char *file;          /* where to open it */
	const char *fingerprint;   /* 40 upper-case hex digits (v4) of the primary key */
	const char *allow_expired; /* reason, or NULL: lock refuses a key that is expired now */
	struct ib_mark mark;
};

struct ib_recipe_repository {
	const char *id;
	const char *const *urls; /* base URLs; what was a relative path is file:///… or a path */
	size_t url_count;
	const char *mirrorlist; /* or NULL */
	const char *metalink;   /* or NULL */
	const struct ib_recipe_key *keys;
	size_t key_count;
	enum ib_metadata_trust trust;
	const char *trust_reason; /* for none */
	uint32_t priority;        /* 1 wins over 99 (the default) */
	struct ib_mark mark;
};

struct ib_recipe_overlay {
	const char *name;   /* as written */
	const char *folder; /* where to open it */
	const char *table;  /* modes and owners, or NULL */
	struct ib_mark mark;
};

struct ib_recipe_user {
	const char *name;
	int64_t uid; /* -1: the next free one */
	const char *group;
	const char *comment;
	const char *home;
	const char *shell;
	const char *const *groups; /* supplementary */
	size_t group_count;
	const char *const *ssh_keys; /* lines of authorized_keys */
	size_t ssh_key_count;
	struct ib_mark mark;
};

struct ib_recipe_group {
	const char *name;
	int64_t gid; /* -1: the next free one */
	struct ib_mark mark;
};

struct ib_recipe_sysctl {
	const char *name;
	const char *value;
};

/* The recipe's decision on one scriptlet, named by its digest (package.h). */
struct ib_recipe_scriptlet {
	const char *digest; /* sha256, hex */
	const char *skip;   /* the reason */
	struct ib_mark mark;
};

struct ib_recipe_list {
	const char *const *items;
	size_t count;
};

/* A PEM key with its certificate; files, never contents. NULL: none. */
struct ib_recipe_signer {
	const char *key;
	const char *certificate;
	struct ib_mark mark;
};

enum ib_compression { IB_COMPRESSION_NONE, IB_COMPRESSION_LZ4, IB_COMPRESSION_LZ4HC };

struct ib_recipe {
	const char *path; /* as given */
	const char *id;
	const char *version;
	const char *architecture; /* x86_64, aarch64 */

	const struct ib_recipe_repository *repositories;
	size_t repository_count;
	struct ib_recipe_list packages; /* wishes: names, NEVRAs, /paths, @groups, provides */
	struct ib_recipe_list exclude;
	bool weak_dependencies;
	bool documentation;
	struct ib_recipe_list languages; /* count 0: all */

	const struct ib_recipe_overlay *overlays;
	size_t overlay_count;
	const struct ib_recipe_user *users;
	size_t user_count;
	const struct ib_recipe_group *groups;
	size_t group_count;
	struct ib_recipe_list units_enable, units_disable, units_mask;
	const struct ib_recipe_sysctl *sysctl;
	size_t sysctl_count;
	const struct ib_recipe_scriptlet *scriptlets;
	size_t scriptlet_count;

	struct ib_recipe_list kernel_command_line; /* words; the defaults first unless replaced */
	struct ib_recipe_list initrd_packages;
	struct ib_recipe_list initrd_modules;

	const char *root_format; /* "erofs" */
	enum ib_compression root_compression;
	uint32_t root_level; /* LZ4HC: 1 to 12 */

	struct ib_recipe_list outputs;       /* of: root, uki, disk, sbom, provenance; sorted */
	struct ib_recipe_signer secure_boot; /* UKI and boot loader */
	struct ib_recipe_signer root_hash;   /* roothash.p7s and the signature partition */
	struct ib_recipe_signer statements;  /* provenance and SHA256SUMS; certificate NULL */

	struct ib_arena *arena; /* owned */
};

/* Reads and checks all of it; errors say FILE:LINE:COLUMN and what to do. */
int ib_recipe_read(const char *path, struct ib_recipe **ret_recipe, struct ib_error *err)
	IB_MUST_CHECK;
void ib_recipe_free(struct ib_recipe *recipe);

/*
 * The effective recipe in one canonical text (JSON, keys sorted, paths as
 * written, no defaults left out): what goes into the seed and the provenance.
 */
char *ib_recipe_canonical(const struct ib_recipe *recipe);

/* The JSON Schema (2020-12) of recipes, from the table of keys. */
char *ib_recipe_schema(void);

IB_DEFINE_AUTO(ib_recipe);

#endif
