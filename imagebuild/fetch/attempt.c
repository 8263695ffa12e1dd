/* SPDX-License-Identifier: Apache-2.0 */
/* attempt - one try at one URL: how curl is set up, and what its end means. */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "fetch/internal.h"

#define REDIRECTS 5L

int ib_transfer_truncate(struct ib_transfer *transfer, struct ib_error *err)
{
	if (ftruncate(transfer->fd, 0))
		return ib_fail_errno(err, errno, "could not write %s", transfer->file->name);
	transfer->offset = 0;
	return 0;
}

static void hash(struct ib_transfer *transfer, const void *data, size_t size)
{
	ib_digest_update(transfer->sha256, data, size);
	if (transfer->other)
		ib_digest_update(transfer->other, data, size);
}

/* The digests start over with what is in the file already. */
static int hash_old_part(struct ib_transfer *transfer, struct ib_error *err)
{
	const struct ib_fetch_file *file = transfer->file;
	ib_autofree uint8_t *piece = ib_alloc(1 << 17);
	uint64_t done = 0;

	ib_digest_free(transfer->sha256);
	ib_digest_free(transfer->other);
	transfer->sha256 = ib_digest_new("sha256");
	transfer->other = file->checksum_kind && !ib_str_equal(file->checksum_kind, "sha256")
				  ? ib_digest_new(file->checksum_kind)
				  : NULL;
	while (done < transfer->offset) {
		size_t part = (size_t)IB_MIN(transfer->offset - done, (uint64_t)1 << 17);

		IB_TRY(ib_fd_read_at(transfer->fd, piece, part, done, file->name, err));
		hash(transfer, piece, part);
		done += part;
	}
	return 0;
}

/* curl calls it for each piece; another number than what came ends the transfer. */
static size_t take(char *data, size_t one, size_t size, void *context)
{
	struct ib_transfer *transfer = context;
	struct ib_error err = IB_ERROR_INIT; /* only errno counts: the words are made later */

	(void)one;
	if (size > transfer->limit - transfer->offset) {
		transfer->too_long = true;
		return 0;
	}
	if (ib_fd_write(transfer->fd, data, size, transfer->offset, transfer->file->name, &err)) {
		transfer->write_error = errno ? errno : EIO;
		ib_error_clear(&err);
		return 0;
	}
	hash(transfer, data, size);
	transfer->offset += size;
	return size;
}

void ib_fetch_set_common(CURL *easy, const char *url, const struct ib_fetch_options *options)
{
	const char *scheme = ib_fetch_scheme(url);

	curl_easy_reset(easy);
	curl_easy_setopt(easy, CURLOPT_URL, url);
	curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, scheme);
	curl_easy_setopt(easy, CURLOPT_REDIR_PROTOCOLS_STR, scheme);
	curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 1L);
	curl_easy_setopt(easy, CURLOPT_MAXREDIRS, REDIRECTS);
	curl_easy_setopt(easy, CURLOPT_FAILONERROR, 1L);
	curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(easy, CURLOPT_NETRC, (long)CURL_NETRC_IGNORED);
	curl_easy_setopt(easy, CURLOPT_USERAGENT, "imagebuild/" IB_VERSION);
	curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT,
			 (long)(options->connect_seconds ? options->connect_seconds : 20));
	curl_easy_setopt(easy, CURLOPT_LOW_SPEED_LIMIT, 1L);
	curl_easy_setopt(easy, CURLOPT_LOW_SPEED_TIME,
			 (long)(options->stall_seconds ? options->stall_seconds : 30));
	if (options->ca_file)
		curl_easy_setopt(easy, CURLOPT_CAINFO, options->ca_file);
}

static void set_options(struct ib_transfer *transfer, const struct ib_fetch_options *options)
{
	CURL *easy = transfer->easy;

	ib_fetch_set_common(easy, transfer->url, options);
	curl_easy_setopt(easy, CURLOPT_PRIVATE, transfer);
	curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, transfer->message);
	curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, take);
	curl_easy_setopt(easy, CURLOPT_WRITEDATA, transfer);
	curl_easy_setopt(easy, CURLOPT_RESUME_FROM_LARGE, (curl_off_t)transfer->offset);
}

struct ib_fetch_place ib_transfer_place(const struct ib_fetch_file *file, size_t number)
{
	if (number < file->url_count)
		return (struct ib_fetch_place){ file->urls[number], file->location };
	return file->more[number - file->url_count];
}

int ib_transfer_begin(struct ib_transfer *transfer, const struct ib_fetch_options *options,
		      struct ib_error *err)
{
	const struct ib_fetch_file *file = transfer->file;

	const struct ib_fetch_place place = ib_transfer_place(file, transfer->mirror);

	ib_free(ib_take(transfer->url));
	IB_TRY(ib_fetch_join_url(place.folder, place.location, &transfer->url, err));
	IB_TRY(ib_fd_size(transfer->fd, file->name, &transfer->offset, err));
	if (transfer->offset > transfer->limit)
		IB_TRY(ib_transfer_truncate(transfer, err));
	IB_TRY(hash_old_part(transfer, err));
	transfer->start = transfer->offset;
	transfer->too_long = false;
	transfer->write_error = 0;
	transfer->message[0] = '\0';
	set_options(transfer, options);
	return 0;
}

/* Notes what happened at this mirror, in the place of what was noted before. */
static enum ib_outcome note(struct ib_transfer *transfer, enum ib_outcome outcome,
			    enum ib_kind kind, char *words)
{
	ib_autofree char *owned = words;

	if (transfer->tried.count > transfer->mirror) {
		char **last = &transfer->tried.items[transfer->mirror];

		ib_free(*last);
		*last = ib_strf("%s: %s", transfer->url, owned);
	} else {
		ib_strings_addf(&transfer->tried, "%s: %s", transfer->url, owned);
	}
	if (kind == IB_TRUST || transfer->verdict == IB_OK)
		transfer->verdict = kind;
	return outcome;
}

/* The bytes came to an end by themselves: are they the right ones? */
static enum ib_outcome judge_bytes(struct ib_transfer *transfer)
{
	const struct ib_fetch_file *file = transfer->file;
	uint8_t value[IB_DIGEST_MAX_SIZE];
	const char *seen = transfer->seen;
	bool continued = transfer->start > 0 && !transfer->restarted;

	ib_hex_write(value, ib_digest_final(transfer->sha256, value), transfer->seen);
	if (transfer->other) {
		ib_hex_write(value, ib_digest_final(transfer->other, value), transfer->seen_other);
		seen = transfer->seen_other;
	}
	if (transfer->exact && transfer->offset != file->size)
		return note(transfer, continued ? IB_OUTCOME_RESTART : IB_OUTCOME_NEXT, IB_TRUST,
			    ib_strf("has %llu bytes, expected %llu",
				    (unsigned long long)transfer->offset,
				    (unsigned long long)file->size));
	if (file->checksum && !ib_str_equal(seen, file->checksum))
		return note(transfer, continued ? IB_OUTCOME_RESTART : IB_OUTCOME_NEXT, IB_TRUST,
			    ib_strf("has the %s %s, expected %s", file->checksum_kind, seen,
				    file->checksum));
	return IB_OUTCOME_GOOD;
}

static enum ib_outcome judge_http(struct ib_transfer *transfer)
{
	long status = 0;

	curl_easy_getinfo(transfer->easy, CURLINFO_RESPONSE_CODE, &status);
	if (status == 416)
		return note(transfer, IB_OUTCOME_RESTART, IB_MISSING, ib_strf("HTTP 416"));
	return note(transfer,
		    status >= 500 || status == 429 || status == 408 ? IB_OUTCOME_AGAIN
								    : IB_OUTCOME_NEXT,
		    IB_MISSING, ib_strf("HTTP %ld", status));
}

/* What curl's codes mean for us; what is not here is a fault that may pass. */
static const struct {
	CURLcode code;
	enum ib_outcome outcome;
	enum ib_kind kind;
	const char *words; /* NULL: curl's own */
} meanings[] = {
	{ CURLE_FILE_COULDNT_READ_FILE, IB_OUTCOME_NEXT, IB_MISSING, "no such file" },
	{ CURLE_RANGE_ERROR, IB_OUTCOME_RESTART, IB_MISSING, "does not continue files" },
	{ CURLE_BAD_DOWNLOAD_RESUME, IB_OUTCOME_RESTART, IB_MISSING, "does not continue files" },
	{ CURLE_UNSUPPORTED_PROTOCOL, IB_OUTCOME_NEXT, IB_TRUST,
	  "is redirected to another scheme, which is not followed" },
	{ CURLE_TOO_MANY_REDIRECTS, IB_OUTCOME_NEXT, IB_MISSING, "is redirected too often" },
	{ CURLE_PEER_FAILED_VERIFICATION, IB_OUTCOME_NEXT, IB_TRUST, NULL },
	{ CURLE_SSL_CACERT_BADFILE, IB_OUTCOME_NEXT, IB_TRUST, NULL },
	{ CURLE_COULDNT_RESOLVE_HOST, IB_OUTCOME_AGAIN, IB_MISSING, NULL },
	{ CURLE_OPERATION_TIMEDOUT, IB_OUTCOME_AGAIN, IB_MISSING, NULL },
	{ CURLE_PARTIAL_FILE, IB_OUTCOME_AGAIN, IB_MISSING, "ended in the middle" },
};

enum ib_outcome ib_transfer_judge(struct ib_transfer *transfer, CURLcode code)
{
	const char *words = *transfer->message ? transfer->message : curl_easy_strerror(code);
	size_t i = 0;

	if (code == CURLE_OK)
		return judge_bytes(transfer);
	if (transfer->too_long)
		return note(transfer,
			    transfer->start > 0 && !transfer->restarted ? IB_OUTCOME_RESTART
									: IB_OUTCOME_NEXT,
			    IB_TRUST,
			    ib_strf("is longer than the expected %llu bytes",
				    (unsigned long long)transfer->limit));
	if (code == CURLE_HTTP_RETURNED_ERROR)
		return judge_http(transfer);
	for (i = 0; i < IB_COUNT(meanings); i++)
		if (meanings[i].code == code)
			return note(transfer, meanings[i].outcome, meanings[i].kind,
				    ib_strdup(meanings[i].words ? meanings[i].words : words));
	return note(transfer, IB_OUTCOME_AGAIN, IB_MISSING, ib_strdup(words));
}

/* All mirrors refused: where it was looked for, what happened there, what to do. */
void ib_transfer_fail(struct ib_transfer *transfer)
{
	struct ib_error *err = &transfer->error;
	ib_autofree char *tried = ib_strings_join(&transfer->tried, "; ");

	ib_fail(err, transfer->verdict, "could not fetch %s: %s", transfer->file->name, tried);
	if (transfer->verdict == IB_TRUST)
		ib_error_hint(err, "What came is not what was expected, and was thrown away. Ask "
				   "who runs the repository; if its content was changed on "
				   "purpose, lock again.");
	else
		ib_error_hint(err, "If the network failed, run it again: what has arrived is kept. "
				   "If the file is gone, name a mirror or archive that has it, or "
				   "lock again.");
}
