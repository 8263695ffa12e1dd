/* SPDX-License-Identifier: Apache-2.0 */
/* internal - what the files of this room share. */
#ifndef IB_FETCH_INTERNAL_H
#define IB_FETCH_INTERNAL_H

#include <curl/curl.h>

#include "crypto/crypto.h"
#include "fetch/fetch.h"

#define IB_FETCH_MAX_REPOMD    ((size_t)4 << 20)
#define IB_FETCH_MAX_SIGNATURE ((size_t)64 << 10)
#define IB_FETCH_MAX_METADATA  ((uint64_t)1 << 30) /* one file, as it is transferred */
#define IB_FETCH_MAX_OPEN      ((uint64_t)4 << 30) /* and decompressed */
#define IB_FETCH_MAX_MIRRORS   32

/* url.c: a folder and a name below it as a URL for curl; "" as location: the folder itself. */
int ib_fetch_join_url(const char *folder, const char *location, char **ret_url,
		      struct ib_error *err) IB_MUST_CHECK;
/* "http", "https" or "file": what the URL may lead to, and nothing else. */
const char *ib_fetch_scheme(const char *url);

/* One file on its way. */
struct ib_transfer {
	struct ib_fetch_file *file;
	size_t index;
	void *handle; /* of the sink */
	int fd;
	CURL *easy;
	char *url;
	size_t mirror;
	unsigned attempt;     /* at this mirror */
	uint64_t offset;      /* bytes that are in the file */
	uint64_t start;       /* of them, those from before this attempt */
	uint64_t limit;       /* more are not taken */
	bool exact;           /* and fewer neither */
	bool too_long;        /* the server went on sending */
	bool restarted;       /* from nothing, after a continued file was wrong */
	int64_t not_before;   /* monotonic ms: a pause */
	int write_error;      /* errno of our own write */
	enum ib_kind verdict; /* the gravest that was met */
	struct ib_digest *sha256;
	struct ib_digest *other; /* when the checksum is of another kind */
	char seen[65];           /* the SHA-256 that came */
	char seen_other[2 * IB_DIGEST_MAX_SIZE + 1];
	char message[CURL_ERROR_SIZE];
	struct ib_strings tried; /* "URL: what happened", one for each mirror */
	struct ib_error error;   /* once it has failed for good */
	enum { IB_TRANSFER_WAITS, IB_TRANSFER_RUNS, IB_TRANSFER_PAUSES, IB_TRANSFER_ENDED } state;
};

/* The places of a file in order: its URLs, then what more there is. */
struct ib_fetch_place ib_transfer_place(const struct ib_fetch_file *file, size_t number);

/* attempt.c: what holds for every request; url and options stay until it is done. */
void ib_fetch_set_common(CURL *easy, const char *url, const struct ib_fetch_options *options);
/* attempt.c: one try at one URL. */
int ib_transfer_begin(struct ib_transfer *transfer, const struct ib_fetch_options *options,
		      struct ib_error *err) IB_MUST_CHECK;
/* What is to be done after an attempt. */
enum ib_outcome {
	IB_OUTCOME_GOOD,
	IB_OUTCOME_AGAIN,   /* the fault may pass: what is there is continued */
	IB_OUTCOME_RESTART, /* the server does not continue, or the old part was wrong */
	IB_OUTCOME_NEXT,    /* not from this mirror */
};
enum ib_outcome ib_transfer_judge(struct ib_transfer *transfer, CURLcode code);
int ib_transfer_truncate(struct ib_transfer *transfer, struct ib_error *err) IB_MUST_CHECK;

/* The failure of a file for which no mirror is left, into transfer->error. */
void ib_transfer_fail(struct ib_transfer *transfer);

/* small.c: a file of unknown digest, no larger than b has room for, from exactly this folder. */
int ib_fetch_small(const char *name, const char *folder, const char *location,
		   const struct ib_fetch_options *options, struct ib_buffer *b,
		   struct ib_error *err) IB_MUST_CHECK;
/* files.c; limits: for each file its ceiling where the size is not known, or NULL. */
int ib_fetch_run(struct ib_fetch_file *files, size_t count, const uint64_t *limits,
		 const struct ib_fetch_sink *sink, const struct ib_fetch_options *options,
		 struct ib_error *err) IB_MUST_CHECK;

/* mirrors.c: base URLs from a mirror list or metalink, appended to urls. */
struct ib_metalink_digest {
	char sha256[65]; /* "" when it does not say */
	char sha512[129];
};
struct ib_metalink {
	struct ib_metalink_digest
		digests[16]; /* of repomd.xml, and of older ones it still accepts */
	size_t count;
};
int ib_fetch_read_mirrorlist(const struct ib_fetch_repository *repository,
			     const struct ib_fetch_options *options, struct ib_strings *urls,
			     struct ib_error *err) IB_MUST_CHECK;
int ib_fetch_read_metalink(const struct ib_fetch_repository *repository,
			   const struct ib_fetch_options *options, struct ib_strings *urls,
			   struct ib_metalink *ret_metalink, struct ib_error *err) IB_MUST_CHECK;
/* IB_TRUST when it is none that the metalink names. */
int ib_fetch_check_metalink(const struct ib_metalink *metalink, const char *id, const void *repomd,
			    size_t size, struct ib_error *err) IB_MUST_CHECK;
/* Bytes as a file that librepo can read; the caller closes it. */
int ib_fetch_memory_file(const void *data, size_t size, int *ret_fd, struct ib_error *err)
	IB_MUST_CHECK;

/* index.c */
int ib_fetch_parse_repomd(const char *id, const struct ib_buffer *repomd,
			  const struct ib_buffer *signature, struct ib_fetch_index **ret_index,
			  struct ib_error *err) IB_MUST_CHECK;

#endif
