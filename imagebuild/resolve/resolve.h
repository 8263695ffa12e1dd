/* SPDX-License-Identifier: Apache-2.0 */
/*
 * resolve - from repositories' metadata and wishes to a set of packages.
 *
 * Metadata comes as files that the caller has verified; nothing is fetched
 * here, and no package is looked at. Nothing is taken as installed.
 *
 * A wish is a name ("bash", "glibc.i686"), a name with a version
 * ("bash >= 5"), a whole or partial NEVRA with or without epoch and
 * architecture ("bash-5.1.8-2.el9.x86_64"), a path ("/usr/bin/vi"), a group
 * of comps ("@core": its mandatory and default members), something that a
 * package provides ("webserver", "libz.so.1()(64bit)"), or a rich dependency
 * ("(a or b)"). The best version of what is named is installed, or the answer
 * is that it cannot be: an older one is taken only when asked for. An exclude
 * is one of the first three, and may contain * and ?.
 *
 * Two sets are resolved in one go, for the root and for the initrd. Each is
 * closed: whatever its packages require lies in the same set. The root is
 * solved first and for itself; the initrd then takes the very same package
 * where it needs one of the same name.
 *
 * The answer depends on what repositories hold and on the wishes alone: not
 * on the order of either, on the order of packages in a repository, on the
 * locale or on what the cache holds. Repositories are ordered by priority
 * (1 wins over 99) and, where two have the same package, by id.
 *
 * File lists, which are large, are read only when a wish or a requirement
 * that could matter names a path that primary metadata does not carry.
 *
 * No more is decompressed than repomd.xml says that there is, and never more
 * than a few gigabytes: what goes on beyond that is IB_LIMIT.
 *
 * With packages to keep, as few as possible of them move: the wishes are solved
 * with all of them as if they were there already, and then once more, among
 * what came of that, for what the wishes need.
 *
 * Of each module one stream counts, in all its builds: the one that the
 * request names, or one that a named stream requires, or the default one, as
 * for dnf. Packages of other streams are as good as not there, and so are
 * packages of no module that share a name with one that counts.
 *
 * The cache folder holds what parsing gave, by the digest of repomd.xml. Each
 * file's SHA-256 is compared before it is used; a damaged one is made again.
 */
#ifndef IB_RESOLVE_H
#define IB_RESOLVE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/base.h"
#include "package/package.h"

struct ib_resolve_repository {
	const char *id;
	uint32_t priority;         /* 1 wins over 99 */
	bool not_automatic;        /* only what a pin takes from it by its id counts */
	const char *repomd_sha256; /* what the cache is keyed by; NULL: this one is not cached */
	const char *primary;       /* files, as compressed as they came */
	uint64_t primary_size;     /* decompressed, as repomd.xml says; 0: it does not say */
	const char *filelists;     /* or NULL: see open_filelists */
	uint64_t filelists_size;
	const char *comps;      /* or NULL */
	const char *modules;    /* or NULL */
	const char *updateinfo; /* or NULL; read by ib_resolve_advisories() alone */
	uint64_t updateinfo_size;
};

struct ib_resolve_wishes {
	const char *const *items;
	size_t count;
};

/*
 * A package that stays as it is unless something forces it to move: it comes
 * along where anything needs it, and is left out where nothing does. It is known
 * by its digest: another build of the same name and version is not it. When no
 * repository has it any more, package, its header, stands in for the metadata.
 */
struct ib_resolve_kept {
	const char *nevra;
	const char *sha256;     /* of the package's file */
	const char *repository; /* id that it came from */
	const char *location;
	uint64_t size;
	const struct ib_package *package; /* or NULL: it moves when no repository has it */
	bool root;                        /* the sets that it was in */
	bool initrd;
};

/*
 * Of the packages that are named, only these versions count: "openssl = 3.0.7",
 * "kernel < 6.2", "bash-5.1.8-2.el9.x86_64". The reason stands in the words of
 * what then cannot be.
 *
 * One that ends is of the form "NAME = EVR" and counts no longer once another
 * repository, of those that are asked without being named the first that has the
 * package, has that version or a newer one.
 */
struct ib_resolve_pin {
	const char *what;
	const char *reason;     /* or NULL */
	const char *repository; /* id of the only one to take it from, or NULL */
	bool ends;
};

struct ib_resolve_request {
	const struct ib_resolve_repository *repositories;
	size_t repository_count;
	const char *architecture; /* "x86_64" */
	bool multilib;            /* also what else the architecture runs: i686 on x86_64 */
	bool weak_dependencies;   /* also what packages recommend */
	struct ib_resolve_wishes root;
	struct ib_resolve_wishes initrd; /* none: no initrd is resolved */
	struct ib_resolve_wishes exclude;
	struct ib_resolve_wishes modules; /* streams that count beside default ones: "nodejs:18" */
	const struct ib_resolve_kept *keep; /* what a lock has, but for what shall move */
	size_t keep_count;
	/*
	 * With keep: what moves to the best that there is, and takes along what it
	 * forces; written as wishes are. Nothing is added to a set by it.
	 */
	struct ib_resolve_wishes move;
	const struct ib_resolve_pin *pins;
	size_t pin_count;
	const char *cache; /* a folder that exists, or NULL */
	/*
	 * Asked for a repository's file lists when they are needed and filelists
	 * is NULL; *ret_path is borrowed, NULL when it has none. May be NULL.
	 */
	int (*open_filelists)(void *context, size_t repository, const char **ret_path,
			      struct ib_error *err);
	void *open_context;
	const struct ib_log *log;
};

/* Why a package is there. */
enum ib_resolve_reason {
	IB_RESOLVE_WISHED,      /* for the wish in "dependency" */
	IB_RESOLVE_REQUIRED,    /* package "parent" requires "dependency" */
	IB_RESOLVE_RECOMMENDED, /* it recommends it */
	IB_RESOLVE_SUPPLEMENTS, /* the package itself supplements "dependency" */
};

struct ib_resolved_why {
	enum ib_resolve_reason reason;
	const char *dependency;
	size_t parent; /* index of the package it is there for; SIZE_MAX for a wish */
};

/* What a package asks for, and a package of the same set that fulfils it. */
struct ib_resolved_edge {
	size_t package;         /* index */
	const char *dependency; /* the first, by byte, of those that it fulfils */
	bool recommended;       /* not required */
};

struct ib_resolved_package {
	const char *nevra; /* "name-[epoch:]version-release.arch", the epoch only when not 0 */
	const char *name;
	const char *epoch; /* decimal, "0" where there is none */
	const char *version;
	const char *release;
	const char *arch;
	const char *repository;    /* id */
	const char *location;      /* as the metadata says it: not yet judged */
	const char *base;          /* xml:base of the location, or NULL */
	const char *checksum_kind; /* "sha256", "sha512", "sha1", … */
	const char *checksum;      /* hex */
	uint64_t size;             /* of the package's file */
	uint64_t installed_size;
	const char *source_rpm;
	const char *module; /* "nodejs:18", or NULL */
	int64_t build_time;
	bool root;
	bool initrd;
	bool kept;                            /* one of the request's keep */
	bool gone;                            /* kept, and in no repository any more */
	struct ib_resolved_why root_why;      /* when root */
	struct ib_resolved_why initrd_why;    /* when initrd */
	const struct ib_resolved_edge *edges; /* required ones first, then by index */
	size_t edge_count;
};

/* A pin that is at its end, and what has caught up with it. */
struct ib_resolved_end {
	size_t pin; /* number in the request */
	const char *nevra;
	const char *repository; /* id */
};

struct ib_resolution {
	const struct ib_resolved_package *packages; /* sorted by name, version, architecture */
	size_t package_count;
	const char *const *streams; /* of modules that count: "nodejs:18"; sorted */
	size_t stream_count;
	const struct ib_resolved_end *ended; /* in the order of pins */
	size_t ended_count;
	bool filelists_read;
	struct ib_arena *arena; /* owned */
};

/*
 * Wishes that nobody fulfils, or that cannot be fulfilled together, are
 * IB_INPUT: the text is the first problem, the hint says what to change, and
 * problems (may be NULL) gets each of them in a line.
 */
int ib_resolve(const struct ib_resolve_request *request, struct ib_strings *problems,
	       struct ib_resolution **ret_resolution, struct ib_error *err) IB_MUST_CHECK;
void ib_resolution_free(struct ib_resolution *resolution);

/*
 * The chain from a wish down to package i, in words: "wished: bash", then one
 * line for each package that pulled in the next. initrd says in which set.
 */
void ib_resolution_explain(const struct ib_resolution *resolution, size_t i, bool initrd,
			   struct ib_strings *lines);

/* Why a package is not in a set. */
enum ib_absent {
	IB_ABSENT_UNKNOWN,      /* no repository has it */
	IB_ABSENT_EXCLUDED,     /* by the recipe's exclude */
	IB_ABSENT_MODULE,       /* its module's stream does not count */
	IB_ABSENT_PINNED,       /* a pin lets another version through */
	IB_ABSENT_ROOT_VERSION, /* the root has another version, which the initrd follows */
	IB_ABSENT_ARCHITECTURE, /* built for another machine */
	IB_ABSENT_OBSOLETED,    /* by a package of the set */
	IB_ABSENT_PRIORITY,     /* the set has one of a repository that is asked first */
	IB_ABSENT_VERSION,      /* the set has another version */
	IB_ABSENT_CONFLICT,     /* it cannot be there together with what is wished */
	IB_ABSENT_WEAK,         /* only recommended, and weak dependencies do not count */
	IB_ABSENT_UNWANTED,     /* nothing asks for it */
	IB_ABSENT_NOT,          /* it is there */
};

struct ib_why_not {
	enum ib_absent why;
	const char *nevra; /* of the package that is talked about; NULL: unknown */
	const char *text;  /* a sentence like those of errors */
	const char *hint;  /* what to do to have it; "" where there is nothing to do */
};

struct ib_why_nots {
	const struct ib_why_not *items; /* at least one; of each package name the newest builds */
	size_t count;
	struct ib_arena *arena; /* owned */
};

/*
 * Why what the words name (a wish) is not in the set for the root, or for the
 * initrd. The request is resolved for it; if that fails, so does this.
 */
int ib_resolve_why_not(const struct ib_resolve_request *request, const char *words, bool initrd,
		       struct ib_why_nots **ret_answer, struct ib_error *err) IB_MUST_CHECK;
void ib_why_nots_free(struct ib_why_nots *answer);
/* "excluded", "module", "conflict", …: for machines. */
const char *ib_absent_name(enum ib_absent why);

enum ib_sought_state {
	IB_SOUGHT_ABSENT, /* no repository has it */
	IB_SOUGHT_OTHER,  /* those that have it have other bytes */
	IB_SOUGHT_THERE,
};

/* A package that somebody else has named, and what repositories have of it. */
struct ib_resolve_sought {
	const char *nevra;  /* the epoch only when not 0; NULL: file says which one it is */
	const char *file;   /* the last part of its location; or NULL */
	const char *sha256; /* or NULL: any */
	uint64_t size;      /* 0: any */
	/* Filled: of the one that fits; of one that does not; of none. */
	enum ib_sought_state state;
	const char *found_nevra;
	const char *found_repository;
	const char *found_sha256; /* "" where the repository tells none */
	uint64_t found_size;
};

/*
 * Looks for packages in the repositories of the request, whatever its wishes are and
 * whatever it hides. What is filled lies in the arena.
 */
int ib_resolve_find(const struct ib_resolve_request *request, struct ib_resolve_sought *sought,
		    size_t count, struct ib_arena *arena, struct ib_error *err) IB_MUST_CHECK;

/*
 * What the repositories' updateinfo says (package/advisory.h), retracted ones
 * left out. A repository without it adds nothing.
 */
int ib_resolve_advisories(const struct ib_resolve_repository *repositories, size_t count,
			  struct ib_advisories **ret_advisories, struct ib_error *err)
	IB_MUST_CHECK;

IB_DEFINE_AUTO(ib_resolution);
IB_DEFINE_AUTO(ib_why_nots);

#endif
