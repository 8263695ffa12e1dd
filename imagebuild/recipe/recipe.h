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
	const char *file_written;  /* as it stands in the recipe */
	const char *fingerprint;   /* 40 upper-case hex digits (v4) of the primary key */
	const char *allow_expired; /* reason, or NULL: lock refuses a key that is expired now */
	struct ib_mark mark;
};

struct ib_recipe_repository {
	const char *id;
	const char *const *urls; /* base URLs; what was a relative path is a path to open */
	size_t url_count;
	const char *const *urls_written; /* as they stand in the recipe, as many as urls */
	size_t url_written_count;
	const char *mirrorlist; /* or NULL; exactly one of urls, mirrorlist and metalink is there */
	const char *mirrorlist_written;
	const char *metalink; /* or NULL */
	const char *metalink_written;
	const char *const *origins; /* where else its packages may be: ready to open, as urls */
	size_t origin_count;
	const char *const *origins_written;
	size_t origin_written_count;
	const struct ib_recipe_key *keys;
	size_t key_count;
	enum ib_metadata_trust trust;
	const char *trust_reason; /* for none */
	uint32_t priority;        /* 1 wins over 99 (the default) */
	bool not_automatic;       /* only what a pin or a fast-track takes from it counts */
	struct ib_mark mark;
};

struct ib_recipe_overlay {
	const char *name;          /* the folder as written */
	const char *folder;        /* where to open it */
	const char *table;         /* modes and owners, or NULL */
	const char *table_written; /* or NULL */
	struct ib_mark mark;
};

struct ib_recipe_user {
	const char *name;
	int64_t uid;               /* -1: the next free one */
	const char *group;         /* primary; by default one of the same name */
	const char *comment;       /* "" by default */
	const char *home;          /* "/" by default */
	const char *shell;         /* "/usr/sbin/nologin" by default */
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

/* What a rule of policy/ may find all the same. */
struct ib_recipe_allowance {
	const char *rule;
	const char *where; /* pattern */
	const char *value; /* or NULL: any */
	const char *reason;
	struct ib_mark mark;
};

enum { IB_RECIPE_ELF_PROPERTIES = 6 }; /* as policy/ counts them */

/* The recipe's decision on one scriptlet, named by its digest (package.h). */
struct ib_recipe_scriptlet {
	const char *digest; /* sha256, hex */
	const char *skip;   /* the reason; NULL with run */
	const char *run;    /* the reason for running it in the sandbox; NULL with skip */
	struct ib_mark mark;
};

/* A source package that may be at different versions on different architectures. */
struct ib_recipe_difference {
	const char *source; /* its name */
	const char *reason;
	struct ib_mark mark;
};

/* A package that no update moves. */
struct ib_recipe_hold {
	const char *package; /* name */
	const char *reason;
	struct ib_mark mark;
};

/* The one version of a package that counts, whatever else there is. */
struct ib_recipe_pin {
	const char *package;    /* name */
	const char *evr;        /* "[epoch:]version[-release]" */
	const char *repository; /* id of the one to take it from, or NULL */
	const char *reason;
	struct ib_mark mark;
};

/*
 * A pin to a version that is ahead of the others', which ends by itself: once
 * a repository that needs no naming has that version or a newer one.
 */
struct ib_recipe_fast_track {
	const char *package;
	const char *evr;
	const char *repository; /* or NULL */
	const char *advisory;   /* where the update is tracked, or NULL */
	const char *reason;
	struct ib_mark mark;
};

struct ib_recipe_list {
	const char *const *items;
	size_t count;
};

bool ib_recipe_list_has(const struct ib_recipe_list *list, const char *text);

/* A PEM key with its certificate; files, never contents. NULL: none. */
struct ib_recipe_signer {
	const char *key;
	const char *key_written;
	const char *certificate;
	const char *certificate_written;
	struct ib_mark mark;
};

/* Whether paths get SELinux labels: where the image has a policy; always, or it is an error; never. */
enum ib_selinux { IB_SELINUX_AUTOMATIC, IB_SELINUX_REQUIRED, IB_SELINUX_NEVER };

struct ib_recipe {
	const char *path; /* as given */
	const char *id;
	const char *version;
	const char *architecture; /* x86_64, aarch64: the one that all else here is for */
	struct ib_recipe_list architectures; /* all that the recipe is for; sorted, never empty */
	struct ib_mark image_mark;

	const struct ib_recipe_repository *repositories;
	size_t repository_count;
	struct ib_recipe_list packages; /* wishes: names, NEVRAs, /paths, @groups, provides */
	struct ib_recipe_list exclude;
	bool weak_dependencies;
	bool multilib;                 /* also packages for what else the machine runs: i686 */
	struct ib_recipe_list modules; /* streams beside default ones: "nodejs:18" */
	bool documentation;
	struct ib_recipe_list languages;        /* count 0: all */
	struct ib_recipe_list prune_kinds;      /* names of tree/prune.c's table */
	struct ib_recipe_list prune_paths;      /* patterns to leave out */
	struct ib_recipe_list prune_keep;       /* patterns that stay all the same */
	struct ib_recipe_list package_database; /* of: rpmdb, manifest; sorted */

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
	const struct ib_recipe_difference *differences;
	size_t difference_count;
	const struct ib_recipe_hold *holds;
	size_t hold_count;
	const struct ib_recipe_pin *pins;
	size_t pin_count;
	const struct ib_recipe_fast_track *fast_tracks;
	size_t fast_track_count;

	const struct ib_recipe_allowance *allowances;
	size_t allowance_count;
	struct ib_recipe_list forbidden; /* kinds of programs */
	const char *hardening_profile;   /* file, or NULL */
	const char *hardening_profile_written;
	uint32_t elf_percent[IB_RECIPE_ELF_PROPERTIES]; /* the least share; 0: none asked for */
	uint64_t budget_root_image;                     /* bytes; 0: no budget, as the next ones */
	uint64_t budget_package;                        /* bytes */
	uint32_t budget_packages, budget_setuid;

	bool command_line_defaults;
	struct ib_recipe_list kernel_command_line; /* words; the defaults first unless replaced */
	struct ib_recipe_list initrd_packages;
	struct ib_recipe_list initrd_modules;
	uint32_t initrd_level; /* zstd's */

	struct ib_mark root_mark;
	const char *root_format;      /* "erofs", "squashfs" */
	const char *root_compression; /* one that the format has: recipe/root.c */
	enum ib_selinux root_selinux;
	uint32_t root_level;            /* of the compression; 0 where it has none */
	uint64_t root_cluster;          /* bytes; 0 where the compression has no choice of it */
	bool root_pack_tails;           /* of erofs with a compression only */
	uint32_t root_slack;            /* percent, of erofs only; 0: none */
	uint32_t root_error_correction; /* roots of the Reed-Solomon code; 0: no .root.fec */

	struct ib_recipe_list
		outputs; /* of: root, uki, disk, sbom, provenance, tar, tar.zst, block-index; sorted */
	struct ib_recipe_signer secure_boot; /* UKI and boot loader */
	struct ib_recipe_signer root_hash;   /* roothash.p7s and the signature partition */
	struct ib_recipe_signer statements;  /* provenance and SHA256SUMS; certificate NULL */

	struct ib_arena *arena; /* owned */
};

/*
 * Reads and checks all of it; errors say FILE:LINE:COLUMN and what to do.
 * Files that the recipe only names (keys, overlays) are not looked for.
 */
int ib_recipe_read(const char *path, struct ib_recipe **ret_recipe, struct ib_error *err)
	IB_MUST_CHECK;
/* The same for one of the architectures that the recipe is for; NULL: the one it names first. */
int ib_recipe_read_for(const char *path, const char *architecture, struct ib_recipe **ret_recipe,
		       struct ib_error *err) IB_MUST_CHECK;
void ib_recipe_free(struct ib_recipe *recipe);

/* What else the recipe names on disk. */
enum ib_recipe_files {
	IB_RECIPE_FILES_KEYS = 1 << 0,     /* keys of the repositories */
	IB_RECIPE_FILES_OVERLAYS = 1 << 1, /* overlays' folders and tables */
	IB_RECIPE_FILES_SIGNING = 1 << 2,  /* keys and certificates to sign with */
	IB_RECIPE_FILES_ALL = 7,
};

/* Whether the files of these kinds (bits) are there; IB_INPUT names the first that is not. */
int ib_recipe_check_files(const struct ib_recipe *recipe, unsigned kinds, struct ib_error *err)
	IB_MUST_CHECK;

/*
 * The wishes and options that lead to the package set, one "key: value" a
 * line, sorted: what the lock keeps (package/lock.h). Paths are as written.
 */
void ib_recipe_wishes(const struct ib_recipe *recipe, struct ib_strings *ret_wishes);

/*
 * The effective recipe in one canonical text (JSON, keys sorted, paths as
 * written, no defaults left out): what goes into the seed and the provenance.
 */
char *ib_recipe_canonical(const struct ib_recipe *recipe);

/* The JSON Schema (2020-12) of recipes, from the table of keys. */
char *ib_recipe_schema(void);

/* Every key of the table as a path ("image.id", "repositories[].keys[].file"), sorted. */
void ib_recipe_key_names(struct ib_strings *ret_names);

IB_DEFINE_AUTO(ib_recipe);

#endif
