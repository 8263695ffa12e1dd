/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fetch - bytes from repositories, by http, https and file.
 *
 * First ib_fetch_repomd(): where the repository is (base URLs, mirror list or
 * metalink), what its repomd.xml says, and whether that may be believed, which
 * a function of the caller judges over the exact bytes before they are parsed.
 * Then ib_fetch_files(): any number of files at once, each with its digest,
 * into a sink of the caller (the store).
 *
 * A file reaches sink->commit only when its size and its digest are those
 * expected; the digests are computed here while the bytes arrive. What arrived
 * of an interrupted file stays with the sink and is continued, within a run and
 * in the next one. Passing faults (no connection, a stall, HTTP 5xx) are tried
 * again a few times with growing pauses, others at the next mirror.
 *
 * A file that is not there, or cannot be reached, is IB_MISSING; bytes that are
 * not those expected are IB_TRUST. The words name each URL that was tried.
 *
 * Never followed: a redirect to another scheme, a name that leaves its folder,
 * a file longer than was said. Proxies come from the environment variables that
 * curl knows; no user's netrc or configuration is read, and a URL that carries
 * credentials is refused.
 *
 * ib_exchange() (exchange.h) is another matter: objects that a cache may have or not.
 *
 * Transfers are libcurl's own. librepo believes the extended attributes of a
 * file that is already there instead of hashing it, continues only files that
 * carry such an attribute, and checks signatures by running gpg; here it reads
 * repomd.xml and metalinks, and downloads nothing.
 */
#ifndef IB_FETCH_H
#define IB_FETCH_H

#include <stdbool.h>
#include <stdint.h>

#include "base/base.h"
#include "fetch/exchange.h"

struct ib_fetch_options {
	const struct ib_log *log;
	const char *what;         /* for progress: "packages" */
	unsigned parallel;        /* 0: 8 */
	unsigned tries;           /* of one URL for passing faults; 0: 4 */
	unsigned stall_seconds;   /* without a byte; 0: 30 */
	unsigned connect_seconds; /* 0: 20 */
	const char *ca_file;      /* PEM; NULL: the system's */
};

/* One more place where a file may lie, by a name of its own. */
struct ib_fetch_place {
	const char *folder;
	const char *location;
};

struct ib_fetch_file {
	const char *name;        /* for words: "package 'bash-5.1-1.x86_64'" */
	const char *const *urls; /* folders: base URLs or plain paths, in this order */
	size_t url_count;
	const char *location;              /* below them */
	const struct ib_fetch_place *more; /* asked after them */
	size_t more_count;
	uint64_t size;             /* exact */
	const char *checksum_kind; /* "sha256", "sha512", "sha384", "sha224" */
	const char *checksum;      /* hex */
	char sha256[65];           /* filled when it was committed */
};

/* Where files go; i is the index of the file. */
struct ib_fetch_sink {
	void *context;
	/* A file to write to (read-write); bytes that are in it already are continued. */
	int (*begin)(void *context, size_t i, void **ret_handle, int *ret_fd, struct ib_error *err);
	/* All of it is there and good. The handle is used no more. */
	int (*commit)(void *context, size_t i, void *handle, const char *sha256,
		      struct ib_error *err);
	/* It could not be had; its bytes so far may be kept and continued later. */
	void (*drop)(void *context, size_t i, void *handle);
};

/*
 * All files are tried, whatever happens to one of them; the failure told is the
 * first in their order, with the number of others. A failure of the sink ends it.
 */
int ib_fetch_files(struct ib_fetch_file *files, size_t count, const struct ib_fetch_sink *sink,
		   const struct ib_fetch_options *options, struct ib_error *err) IB_MUST_CHECK;

/* Judges repomd.xml; signature is NULL when none was asked for. */
typedef int (*ib_fetch_verify_fn)(void *context, const void *repomd, size_t repomd_size,
				  const void *signature, size_t signature_size,
				  struct ib_error *err);

struct ib_fetch_repository {
	const char *id;
	const char *const *urls;
	size_t url_count;
	const char *mirrorlist;    /* or NULL */
	const char *metalink;      /* or NULL: repomd.xml must then be one that it names */
	bool is_signed;            /* repomd.xml.asc must be there */
	ib_fetch_verify_fn verify; /* may be NULL when not signed */
	void *verify_context;
};

/* One file of a repository's metadata, as repomd.xml describes it. */
struct ib_fetch_record {
	const char *type; /* "primary", "filelists", "group", "modules", "updateinfo", … */
	const char *location;
	const char *checksum_kind;
	const char *checksum;
	uint64_t size;
	uint64_t open_size; /* 0: not said */
	int64_t timestamp;
};

struct ib_fetch_index {
	char repomd_sha256[65];
	const void *repomd; /* its bytes, and the signature's, to be kept */
	size_t repomd_size;
	const void *signature; /* NULL: none */
	size_t signature_size;
	int64_t revision_time; /* the newest timestamp in it */
	const char *revision;  /* as it says itself, without control characters; "" for none */
	const char *const
		*urls; /* where the files may be fetched; the mirror that answered first */
	size_t url_count;
	const struct ib_fetch_record *records;
	size_t record_count;
	struct ib_arena *arena; /* owned */
};

int ib_fetch_repomd(const struct ib_fetch_repository *repository,
		    const struct ib_fetch_options *options, struct ib_fetch_index **ret_index,
		    struct ib_error *err) IB_MUST_CHECK;
/* What was kept of an index, to be read again without a network. */
struct ib_fetch_kept {
	const void *repomd;
	size_t repomd_size;
	const void *signature; /* NULL: none */
	size_t signature_size;
};

/* Verified anew, and parsed after; what a metalink said is not asked again. */
int ib_fetch_index_read(const struct ib_fetch_repository *repository,
			const struct ib_fetch_kept *kept, struct ib_fetch_index **ret_index,
			struct ib_error *err) IB_MUST_CHECK;
void ib_fetch_index_free(struct ib_fetch_index *index);
/* NULL when there is none of that type. */
const struct ib_fetch_record *ib_fetch_index_find(const struct ib_fetch_index *index,
						  const char *type);
/* The record as a file to fetch; it borrows from the index. */
struct ib_fetch_file ib_fetch_index_file(const struct ib_fetch_index *index,
					 const struct ib_fetch_record *record);

/* Whether it is a base URL or path that fetch would use; else IB_INPUT with what is wrong. */
int ib_fetch_check_url(const char *url, struct ib_error *err) IB_MUST_CHECK;

IB_DEFINE_AUTO(ib_fetch_index);

#endif
