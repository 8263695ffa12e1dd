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
 * Of modules the default streams count, as for dnf where nobody has enabled
 * another; packages of other streams are as good as not there.
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

struct ib_resolve_request {
	const struct ib_resolve_repository *repositories;
	size_t repository_count;
	const char *architecture; /* "x86_64" */
	bool multilib;            /* also what else the architecture runs: i686 on x86_64 */
	bool weak_dependencies;   /* also what packages recommend */
	struct ib_resolve_wishes root;
	struct ib_resolve_wishes initrd; /* none: no initrd is resolved */
	struct ib_resolve_wishes exclude;
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
	int64_t build_time;
	bool root;
	bool initrd;
	struct ib_resolved_why root_why;   /* when root */
	struct ib_resolved_why initrd_why; /* when initrd */
};

struct ib_resolution {
	const struct ib_resolved_package *packages; /* sorted by name, version, architecture */
	size_t package_count;
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

/*
 * What the repositories' updateinfo says (package/advisory.h), retracted ones
 * left out. A repository without it adds nothing.
 */
int ib_resolve_advisories(const struct ib_resolve_repository *repositories, size_t count,
			  struct ib_advisories **ret_advisories, struct ib_error *err)
	IB_MUST_CHECK;

IB_DEFINE_AUTO(ib_resolution);

#endif
