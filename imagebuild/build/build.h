/* SPDX-License-Identifier: Apache-2.0 */
/*
 * build - the pipelines: recipe → package set → lock → image.
 *
 * This room and cli/ are the only ones that know the recipe; it binds the
 * rooms of floor 4 to each other. A build obeys the lock and nothing else: it
 * never resolves, and it locks nothing again by itself.
 */
#ifndef IB_BUILD_H
#define IB_BUILD_H

#include "base/base.h"
#include "build/block_diff.h"
#include "package/package.h"
#include "policy/policy.h"
#include "recipe/recipe.h"
#include "tree/tree.h"

/* Where a pipeline works. */
struct ib_session {
	const char *store; /* folder; made when it is not there */
	bool offline;      /* nothing but the store is read */
	bool allow_older;  /* metadata older than the last lock saw is accepted */
	size_t threads;    /* 0: as many as there are processors */
	/* Where else packages may be: repositories, archives, other stores; borrowed. */
	const char *const *origins;
	size_t origin_count;
	const struct ib_log *log; /* may be NULL */
};

/* One package of the answer, as the metadata tells it. */
struct ib_choice {
	const char *nevra;
	const char *name;
	const char *repository;
	const char *why; /* "requested", or "required by NAME" */
	uint64_t size;
	bool root;
	bool initrd;
};

struct ib_choices {
	struct ib_choice *items; /* sorted */
	size_t count;
	struct ib_arena *arena; /* owned */
};

void ib_choices_free(struct ib_choices *choices);

/* The package set, from metadata alone. */
int ib_build_resolve(const struct ib_session *session, const struct ib_recipe *recipe,
		     struct ib_choices **ret_choices, struct ib_error *err) IB_MUST_CHECK;

/* What of the previous lock may move; the recipe's holds, pins and fast-tracks count in any case. */
enum ib_lock_moves {
	IB_LOCK_MOVES_ALL,
	IB_LOCK_MOVES_NAMED,    /* names, and what they force */
	IB_LOCK_MOVES_SECURITY, /* what a security advisory concerns, and what that forces */
	IB_LOCK_MOVES_NOTHING,  /* only what the recipe's wishes force */
};

/* What the lock of all architectures of a recipe is made from. */
struct ib_lock_request {
	const char *recipe;              /* path */
	const char *architecture;        /* only this part is made, the others stay; NULL: all */
	const struct ib_locks *previous; /* may be NULL with IB_LOCK_MOVES_ALL */
	int64_t now;
	enum ib_lock_moves moves;
	const char *const *names; /* of packages, or patterns with * and ? */
	size_t name_count;
	bool refuse_downgrade; /* IB_INPUT when a package would go back that no pin sends there */
	const struct ib_foreign
		*import; /* exactly its packages, or it fails: build/import.h; or NULL */
};

/*
 * Resolves, fetches what the store lacks, verifies it, judges every scriptlet
 * and returns the lock: for each architecture of the recipe, in one. now is what
 * the clock says: a key that has expired is refused unless the recipe allows it.
 * A source package that is there at different versions on two architectures is
 * IB_INPUT unless the recipe allows it.
 */
int ib_build_locks(const struct ib_session *session, const struct ib_lock_request *request,
		   struct ib_locks **ret_locks, struct ib_error *err) IB_MUST_CHECK;

/*
 * Whether the lock is what `lock` would write now: *ret_changes gets a sentence
 * for each thing that changed (wishes, repositories, packages); none: it is current.
 */
int ib_build_check_lock(const struct ib_session *session, const struct ib_recipe *recipe,
			const struct ib_lock *lock, struct ib_strings *ret_changes,
			struct ib_error *err) IB_MUST_CHECK;

/*
 * From one lock to another: what package/lock_diff.h tells, with the texts of
 * scriptlets and the advisories as far as the store has them. It may be absent.
 * The diff borrows from both locks.
 */
int ib_build_diff(const struct ib_session *session, const struct ib_locks *before,
		  const struct ib_locks *after, struct ib_lock_diff **ret_diff,
		  struct ib_error *err) IB_MUST_CHECK;

/* What is asked about. */
struct ib_question {
	const char *words; /* as a wish */
	bool initrd;       /* about the initrd, not the root */
};

/*
 * Why what the words name is not in the lock's set for the root, or for the initrd: the
 * wishes are resolved with all that the lock has kept as it is. The answer is resolve's.
 */
struct ib_why_nots;
int ib_build_why_not(const struct ib_session *session, const struct ib_recipe *recipe,
		     const struct ib_lock *lock, const struct ib_question *question,
		     struct ib_why_nots **ret_answer, struct ib_error *err) IB_MUST_CHECK;

/* Where a path of the root comes from. */
struct ib_path_owner {
	char *path; /* where it really lies, links in its folders followed; NULL: there is nothing */
	enum ib_origin_kind kind;
	char *name; /* NEVRA, overlay, generator; NULL for a folder that nobody claims */
	char *link; /* target, of a symbolic link */
	struct ib_strings shippers; /* NEVRAs of all packages that have it by this very name */
};

void ib_path_owner_done(struct ib_path_owner *owner);

/* Asks the tree that a build would make; the store must have the packages. */
int ib_build_owner(const struct ib_session *session, const struct ib_recipe *recipe,
		   const struct ib_lock *lock, const char *path, struct ib_path_owner *ret_owner,
		   struct ib_error *err) IB_MUST_CHECK;

/* Fills the store with what the lock names; afterwards a build needs no network. */
int ib_build_fetch(const struct ib_session *session, const struct ib_recipe *recipe,
		   const struct ib_lock *lock, struct ib_error *err) IB_MUST_CHECK;

/* A recipe and the part of its lock for the recipe's architecture. */
struct ib_archive_part {
	const struct ib_recipe *recipe;
	const struct ib_lock *lock;
};

/*
 * Makes in folder, which must not be there yet, a repository of exactly the
 * packages that the parts' locks name, from a store that holds them all:
 *
 *     FOLDER/repodata/          metadata over all of it, made here, unsigned
 *     FOLDER/ID/LOCATION        each repository's packages where the lock has them
 *     FOLDER/ID/repodata/       its own metadata with its signature, where the
 *                                 store still has those that the lock saw
 *     FOLDER/NAME.lock          a copy of the lock
 */
int ib_build_archive(const struct ib_session *session, const struct ib_archive_part *parts,
		     size_t part_count, const char *lock_path, const char *folder,
		     struct ib_error *err) IB_MUST_CHECK;

struct ib_export_options {
	const struct ib_foreign_format *format;
	const char *const *bases; /* "ID=URL": where a repository's packages are; with $arch */
	size_t base_count;
	const struct ib_log *log; /* may be NULL */
};

/*
 * Appends the parts' locks in a format of others, which wants to know where each
 * repository is: from the recipe, unless a base says it. Nothing is fetched.
 */
int ib_build_export(const struct ib_export_options *options, const struct ib_archive_part *parts,
		    size_t part_count, struct ib_buffer *b, struct ib_error *err) IB_MUST_CHECK;

/* A cache of blocks on another machine (build/remote.h). */
struct ib_remote_cache {
	const char *url;          /* below it /ac/ and /cas/ */
	const char *const *trust; /* PEM files: keys whose answers are believed */
	size_t trust_count;
	const char *sign;    /* a private key's PEM file for answers that are put there, or NULL */
	const char *ca_file; /* PEM, for https; NULL: the system's */
	const char *authorization; /* the value of that header, or NULL; in no words */
	bool push;                 /* what it lacks is put there */
};

struct ib_build_options {
	const char *output;                   /* folder */
	const char *lock_path;                /* for messages */
	bool only_root;                       /* root, hash tree, root hash */
	bool no_cache;                        /* nothing derived of the store is used, nor added */
	const struct ib_remote_cache *remote; /* NULL: none */
	bool check; /* where nothing seems to have changed, the outputs are hashed */
	const char
		*report; /* what the rules found goes there as well, whatever they say; or NULL */
	struct ib_buffer *refusal; /* the same, when they refuse the image; or NULL */
};

/*
 * Builds all outputs that the recipe names into options->output; *ret_names are its files, sorted.
 * Where the folder holds them already (build/unchanged.h) nothing is touched.
 * IB_REFUSED when the rules do: then nothing of the image is left but the report.
 */
int ib_build_run(const struct ib_session *session, const struct ib_recipe *recipe,
		 const struct ib_lock *lock, const struct ib_build_options *options,
		 struct ib_strings *ret_names, struct ib_error *err) IB_MUST_CHECK;

/* One thing that the store holds. */
struct ib_cache_item {
	const char *kind;   /* "rpm", "metadata", "blocks", "facts", "outputs", "solv" */
	const char *digest; /* or a file name */
	const char *name;   /* what a package calls itself; "" */
	const char *damage; /* what is wrong with it, or NULL */
	uint64_t size;
	int64_t used;
};

struct ib_cache_list {
	struct ib_cache_item *items; /* sorted by kind and digest */
	size_t count;
	size_t checked;         /* by verify: how many were read */
	struct ib_arena *arena; /* owned */
};

void ib_cache_list_free(struct ib_cache_list *list);

struct ib_cache_request {
	const char *only;                   /* a kind, or NULL: all */
	bool with_names;                    /* list: look into packages */
	bool remove;                        /* verify: remove what is damaged */
	bool dry_run;                       /* prune: only say what would go */
	uint32_t age_days;                  /* prune: what was used since then stays */
	int64_t now;                        /* prune: what the clock says */
	const struct ib_lock *const *locks; /* prune: the packages that they name stay */
	size_t lock_count;
};

int ib_build_cache_list(const struct ib_session *session, const struct ib_cache_request *request,
			struct ib_cache_list **ret_list, struct ib_error *err) IB_MUST_CHECK;
/* Reads and hashes all of it; the list is of what is damaged. */
int ib_build_cache_verify(const struct ib_session *session, const struct ib_cache_request *request,
			  struct ib_cache_list **ret_list, struct ib_error *err) IB_MUST_CHECK;
/* The list is of what went, or would go. Nothing that a running process uses goes. */
int ib_build_cache_prune(const struct ib_session *session, const struct ib_cache_request *request,
			 struct ib_cache_list **ret_list, struct ib_error *err) IB_MUST_CHECK;

/*
 * Whether the files that a recipe names are there and are what they have to be: keys with their
 * fingerprints, certificates of their keys, rules that exist. IB_INPUT with the place.
 */
int ib_build_check(const struct ib_recipe *recipe, struct ib_error *err) IB_MUST_CHECK;

IB_DEFINE_AUTO(ib_cache_list);
/*
 * The recipe's hardening and budgets as policy/ takes them; borrows from recipe and arena.
 * A rule that does not exist is IB_INPUT with its line.
 */
int ib_build_policy_settings(const struct ib_recipe *recipe, struct ib_arena *arena,
			     struct ib_policy_settings *ret_settings, struct ib_error *err)
	IB_MUST_CHECK;

/* A root image that was built, opened again from its bytes alone. */
struct ib_built;

/* path: an output folder, or the image itself. Everything in it is read. */
int ib_built_open(const char *path, size_t threads, struct ib_built **ret_built,
		  struct ib_error *err) IB_MUST_CHECK;
void ib_built_free(struct ib_built *built);
/* For rules and measuring; valid as long as built. Packages are those of the image's own database. */
struct ib_policy_subject ib_built_subject(struct ib_built *built);
/* An ib_stored_fn for the subject's context. */
uint64_t ib_built_stored(void *context, const struct ib_node *node);
const char *ib_built_path(const struct ib_built *built);
/* What a build writes beside it, by suffix (".lock"); NULL where the image has no name of a build. The caller owns it. */
char *ib_built_beside(const struct ib_built *built, const char *suffix);
/* What lies beside the image as its root hash, or NULL; not compared with it. */
const char *ib_built_root_hash(const struct ib_built *built);

IB_DEFINE_AUTO(ib_built);
IB_DEFINE_AUTO(ib_choices);

#endif
