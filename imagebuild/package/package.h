/* SPDX-License-Identifier: Apache-2.0 */
/*
 * package - what an RPM's header says, as plain data; and sets of packages.
 *
 * rpmfile/ fills a struct ib_package from a header whose signature was checked;
 * everybody else reads it. All strings and arrays of a package lie in the
 * arena that it was made with and live as long as it. Nothing here is read
 * from a payload.
 *
 * Sets are sorted by name, then by version (rpm's order), then architecture;
 * that order is the order of all outputs.
 */
#ifndef IB_PACKAGE_PACKAGE_H
#define IB_PACKAGE_PACKAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/base.h"
#include "package/advisory.h"
#include "package/facts.h"
#include "package/facts_header.h"
#include "package/foreign.h"
#include "package/line_diff.h"
#include "package/lock.h"
#include "package/lock_chain.h"
#include "package/lock_diff.h"

/* Digest algorithms as OpenPGP numbers them (RFC 9580, 9.5); rpm uses the same numbers. */
enum ib_digest_kind {
	IB_DIGEST_NONE = 0,
	IB_DIGEST_MD5 = 1,
	IB_DIGEST_SHA1 = 2,
	IB_DIGEST_SHA256 = 8,
	IB_DIGEST_SHA384 = 9,
	IB_DIGEST_SHA512 = 10,
	IB_DIGEST_SHA224 = 11,
};

/* rpm's file flags that matter here (rpmfiles.h), same values. */
enum ib_file_flag {
	IB_FILE_CONFIG = 1 << 0,
	IB_FILE_DOC = 1 << 1,
	IB_FILE_MISSINGOK = 1 << 3,
	IB_FILE_NOREPLACE = 1 << 4,
	IB_FILE_GHOST = 1 << 6,
	IB_FILE_LICENSE = 1 << 7,
	IB_FILE_README = 1 << 8,
	IB_FILE_ARTIFACT = 1 << 12,
};

struct ib_package_file {
	const char *path; /* absolute, as in the header; may be any bytes but NUL */
	uint32_t mode;    /* with the type bits (S_IFMT) */
	uint64_t size;
	int64_t mtime; /* seconds since 1970 */
	const char *user;
	const char *group;
	const char *link;         /* symbolic links: the target; else NULL */
	const char *capabilities; /* cap_from_text() words, or NULL */
	const char *language;     /* "de", "pt_BR|pt"; NULL: for all */
	const uint8_t *digest;    /* regular files with content: of kind digest_kind; else NULL */
	uint32_t flags;           /* enum ib_file_flag, and others of rpm's */
	uint32_t rdev;            /* device nodes: major << 8 | minor as rpm keeps it */
	uint32_t inode;           /* files of this package with the same inode are hard links... */
	uint32_t link_count;      /* ...when this is more than 1 */
	uint32_t color;           /* 1: 32-bit ELF, 2: 64-bit ELF, 0: neither */
	uint32_t verify_flags;
};

/* The senses of a dependency (rpmds.h), same values as rpm. */
enum ib_dependency_sense {
	IB_SENSE_LESS = 1 << 1,
	IB_SENSE_GREATER = 1 << 2,
	IB_SENSE_EQUAL = 1 << 3
};

struct ib_dependency {
	const char *name; /* a rich one as a whole: "(a or b)" */
	const char *evr;  /* "" where there is none */
	uint32_t flags;   /* rpm's RPMSENSE_* bits */
};

struct ib_dependencies {
	const struct ib_dependency *items;
	size_t count;
};

/* Every place where a package can run something. */
enum ib_scriptlet_kind {
	IB_SCRIPTLET_PRE,
	IB_SCRIPTLET_POST,
	IB_SCRIPTLET_PREUN,
	IB_SCRIPTLET_POSTUN,
	IB_SCRIPTLET_PRETRANS,
	IB_SCRIPTLET_POSTTRANS,
	IB_SCRIPTLET_PREUNTRANS,
	IB_SCRIPTLET_POSTUNTRANS,
	IB_SCRIPTLET_VERIFY,
	IB_SCRIPTLET_TRIGGER,             /* %triggerin, un, postun, prein: see sense */
	IB_SCRIPTLET_FILE_TRIGGER,        /* %filetrigger*; the names are path prefixes */
	IB_SCRIPTLET_TRANSACTION_TRIGGER, /* %transfiletrigger* */
};

struct ib_scriptlet {
	enum ib_scriptlet_kind kind;
	const char *interpreter; /* "/bin/sh", "<lua>", "/sbin/ldconfig"; with arguments, if any */
	const char *text;        /* "" where only the interpreter runs */
	struct ib_dependencies on; /* triggers: what they wait for; flags hold RPMSENSE_TRIGGER* */
	char digest[65];           /* SHA-256, hex: see ib_scriptlet_digest() */
};

struct ib_package {
	const char *name;
	const char *version;
	const char *release;
	const char *arch;
	const char *epoch; /* decimal, or NULL */
	const char *nevra; /* "name-[epoch:]version-release.arch", the epoch only when not 0 */
	const char *source_rpm;
	const char *license;
	const char *vendor; /* or NULL, as the next ones */
	const char *packager;
	const char *url;
	const char *summary;
	const char *description;
	const char *group;
	const char *build_host;
	int64_t build_time;
	uint64_t installed_size;

	/* Of the .rpm file. */
	char sha256[65]; /* hex; of the whole file */
	uint64_t size;   /* bytes of the whole file */
	char header_sha256
		[65]; /* hex; of the immutable header region with its magic, computed by us */
	char signer
		[41]; /* fingerprint of the primary key that signed, upper-case hex; "" if none */
	enum ib_digest_kind digest_kind; /* of the files' digests */

	struct ib_dependencies requires, provides, conflicts, obsoletes;
	struct ib_dependencies recommends, suggests, supplements, enhances;

	const struct ib_package_file *files; /* in the order of the header */
	size_t file_count;
	const struct ib_scriptlet *scriptlets; /* in the order of enum ib_scriptlet_kind */
	size_t scriptlet_count;
};

const char *ib_scriptlet_kind_name(enum ib_scriptlet_kind kind); /* "pre", "filetrigger", … */

/*
 * The digest by which lock and recipe name a scriptlet: SHA-256 over kind
 * name, interpreter, each trigger condition ("NAME FLAGS EVR", the flags
 * decimal) and the text, each followed by a newline. Fills scriptlet->digest.
 */
void ib_scriptlet_digest(struct ib_scriptlet *scriptlet);

/* Version order as rpm's (rpmvercmp with ~ and ^); epochs NULL count as 0. */
int ib_version_compare(const char *a, const char *b);
/* "[epoch:]version[-release]" against another; a missing release matches all. */
int ib_evr_compare(const char *a, const char *b);

/* How many bytes a digest of this kind has; 0 for what is not recognized. */
size_t ib_digest_size(enum ib_digest_kind kind);
/* Its name as crypto/digest.h takes it; NULL for what is not recognized. */
const char *ib_digest_kind_name(enum ib_digest_kind kind);

/* The order of sets: name, version, architecture. */
int ib_package_compare(const struct ib_package *a, const struct ib_package *b);

/* A sorted set; it borrows the packages and owns nothing but the list. */
struct ib_package_set;

struct ib_package_set *ib_package_set_new(void);
void ib_package_set_free(struct ib_package_set *set);
struct ib_arena *ib_package_set_arena(struct ib_package_set *set); /* for its packages */
void ib_package_set_add(struct ib_package_set *set, const struct ib_package *package);
void ib_package_set_sort(struct ib_package_set *set);
size_t ib_package_set_count(const struct ib_package_set *set);
const struct ib_package *ib_package_set_get(const struct ib_package_set *set, size_t i);
/* The first package of that name, or NULL. */
const struct ib_package *ib_package_set_find(const struct ib_package_set *set, const char *name);

IB_DEFINE_AUTO(ib_package_set);

#endif
