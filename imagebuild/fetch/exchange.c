/* SPDX-License-Identifier: Apache-2.0 */
#include "fetch/exchange.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "fetch/internal.h"

#define PARALLEL        8U
#define TRIES           3U
#define PAUSE_MS        200
#define STALL_SECONDS   10U
#define CONNECT_SECONDS 5U
#define LEAST_SPEED     (16L << 10) /* bytes a second of one object */

/* One object on its way. */
struct slot {
	struct ib_exchange_object *object; /* NULL: the slot is free */
	size_t index;
	int fd;
	CURL *easy;
	char *url;
	unsigned attempt;
	int64_t not_before; /* monotonic ms: a pause; 0: it runs */
	uint64_t offset;
	bool too_long;
	int file_error; /* errno of our own file */
	struct ib_digest *sha256;
	char message[CURL_ERROR_SIZE];
};

struct exchanger {
	const struct ib_exchange *exchange;
	struct ib_exchange_object *objects;
	size_t count;
	size_t next;
	size_t busy;
	struct slot slots[PARALLEL];
	struct curl_slist *headers;
	CURLM *multi;
	int64_t deadline; /* monotonic ms; 0: none */
};

int ib_exchange_check_url(const char *url, struct ib_error *err)
{
	const char *scheme = NULL;

	IB_TRY(ib_fetch_check_url(url, err));
	scheme = strstr(url, "://") ? ib_fetch_scheme(url) : NULL;
	if (!scheme || ib_str_equal(scheme, "file"))
		return ib_fail(err, IB_INPUT, "'%s' is no http:// or https:// URL", url);
	if (strpbrk(url, "?#")) {
		/* The URL is not repeated: what follows may be a secret. */
		ib_fail(err, IB_INPUT, "the URL of a cache has a query or a fragment");
		ib_error_hint(err, "Name the folder that holds 'ac' and 'cas'.");
		return -IB_INPUT;
	}
	return 0;
}

/* ---- one object ---------------------------------------------------------- */

/* curl calls it for each piece; another number than what came ends the transfer. */
static size_t take(char *data, size_t one, size_t size, void *context)
{
	struct slot *slot = context;
	struct ib_error err = IB_ERROR_INIT; /* only errno counts: the words are made later */

	(void)one;
	if (size > slot->object->size - slot->offset) {
		slot->too_long = true;
		return 0;
	}
	if (ib_fd_write(slot->fd, data, size, slot->offset, slot->object->location, &err)) {
		slot->file_error = errno ? errno : EIO;
		ib_error_clear(&err);
		return 0;
	}
	ib_digest_update(slot->sha256, data, size);
	slot->offset += size;
	return size;
}

static size_t give(char *data, size_t one, size_t room, void *context)
{
	struct slot *slot = context;
	size_t size = (size_t)IB_MIN((uint64_t)(one * room), slot->object->size - slot->offset);
	struct ib_error err = IB_ERROR_INIT; /* as above */

	if (ib_fd_read_at(slot->fd, data, size, slot->offset, slot->object->location, &err)) {
		slot->file_error = errno ? errno : EIO;
		ib_error_clear(&err);
		return CURL_READFUNC_ABORT;
	}
	slot->offset += size;
	return size;
}

/* curl sends again from the start, after a redirect or on a new connection. */
static int rewind_to(void *context, curl_off_t offset, int origin)
{
	struct slot *slot = context;

	if (origin != SEEK_SET || offset < 0 || (uint64_t)offset > slot->object->size)
		return CURL_SEEKFUNC_FAIL;
	slot->offset = (uint64_t)offset;
	return CURL_SEEKFUNC_OK;
}

static void set_options(const struct exchanger *exchanger, struct slot *slot)
{
	const struct ib_exchange *exchange = exchanger->exchange;
	const struct ib_fetch_options options = {
		.connect_seconds =
			exchange->connect_seconds ? exchange->connect_seconds : CONNECT_SECONDS,
		.stall_seconds = exchange->stall_seconds ? exchange->stall_seconds : STALL_SECONDS,
		.ca_file = exchange->ca_file,
	};
	CURL *easy = slot->easy;

	ib_fetch_set_common(easy, slot->url, &options);
	curl_easy_setopt(easy, CURLOPT_PRIVATE, slot);
	curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, slot->message);
	curl_easy_setopt(easy, CURLOPT_LOW_SPEED_LIMIT, LEAST_SPEED);
	curl_easy_setopt(easy, CURLOPT_HTTPHEADER, exchanger->headers);
	if (exchange->put) {
		curl_easy_setopt(easy, CURLOPT_UPLOAD, 1L);
		curl_easy_setopt(easy, CURLOPT_INFILESIZE_LARGE, (curl_off_t)slot->object->size);
		curl_easy_setopt(easy, CURLOPT_READFUNCTION, give);
		curl_easy_setopt(easy, CURLOPT_READDATA, slot);
		curl_easy_setopt(easy, CURLOPT_SEEKFUNCTION, rewind_to);
		curl_easy_setopt(easy, CURLOPT_SEEKDATA, slot);
	} else {
		curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, take);
		curl_easy_setopt(easy, CURLOPT_WRITEDATA, slot);
	}
}

static int start(struct exchanger *exchanger, struct slot *slot, struct ib_error *err)
{
	slot->offset = 0;
	slot->too_long = false;
	slot->not_before = 0;
	slot->message[0] = '\0';
	ib_digest_free(slot->sha256);
	slot->sha256 = ib_digest_new("sha256");
	if (!exchanger->exchange->put && ftruncate(slot->fd, 0))
		return ib_fail_errno(err, errno, "could not write '%s'", slot->object->location);
	set_options(exchanger, slot);
	if (curl_multi_add_handle(exchanger->multi, slot->easy) != CURLM_OK)
		return ib_fail(err, IB_FAILED, "could not start a transfer of '%s'", slot->url);
	return 0;
}

static int end(struct exchanger *exchanger, struct slot *slot, enum ib_exchange_result result,
	       struct ib_error *err)
{
	if (slot->easy)
		curl_easy_cleanup(slot->easy);
	ib_digest_free(slot->sha256);
	ib_free(slot->url);
	slot->object->got = slot->offset;
	*slot = (struct slot){ .index = slot->index, .fd = -1 };
	exchanger->busy--;
	return exchanger->exchange->end(exchanger->exchange->context, slot->index, result, err);
}

/* ---- what its end means -------------------------------------------------- */

static bool is_right(const struct slot *slot)
{
	uint8_t value[IB_DIGEST_MAX_SIZE];
	char hex[65];

	ib_hex_write(value, ib_digest_final(slot->sha256, value), hex);
	return !slot->object->sha256 ||
	       (slot->offset == slot->object->size && ib_str_equal(hex, slot->object->sha256));
}

/* The remote as a whole is given up: no word of it is a secret. */
static int give_up(const struct slot *slot, const char *words, struct ib_error *err)
{
	return ib_fail(err, IB_MISSING, "%s: %s", slot->url, words);
}

/* A passing fault: pauses grow, and in the end nobody asks any more. */
static int try_again(struct slot *slot, const char *words, struct ib_error *err)
{
	if (++slot->attempt >= TRIES)
		return give_up(slot, words, err);
	slot->not_before = ib_clock_monotonic_ms() + ((int64_t)PAUSE_MS << (slot->attempt - 1));
	return 0;
}

static int judge_http(struct exchanger *exchanger, struct slot *slot, struct ib_error *err)
{
	ib_autofree char *words = NULL;
	long status = 0;

	curl_easy_getinfo(slot->easy, CURLINFO_RESPONSE_CODE, &status);
	words = ib_strf("HTTP %ld", status);
	if (status == 404 || status == 410)
		return end(exchanger, slot,
			   exchanger->exchange->put ? IB_EXCHANGE_REFUSED : IB_EXCHANGE_ABSENT,
			   err);
	if (status >= 500 || status == 429 || status == 408)
		return try_again(slot, words, err);
	if (status == 401 || status == 403 || status == 405 || status == 407)
		return give_up(slot, words, err);
	return end(exchanger, slot, IB_EXCHANGE_REFUSED, err);
}

/* What does not get better by trying, or has cost enough time already. */
static bool is_final(CURLcode code)
{
	return code == CURLE_OPERATION_TIMEDOUT || code == CURLE_UNSUPPORTED_PROTOCOL ||
	       code == CURLE_TOO_MANY_REDIRECTS || code == CURLE_PEER_FAILED_VERIFICATION ||
	       code == CURLE_SSL_CACERT_BADFILE;
}

static int judge(struct exchanger *exchanger, struct slot *slot, CURLcode code,
		 struct ib_error *err)
{
	ib_autofree char *words =
		ib_strdup(*slot->message ? slot->message : curl_easy_strerror(code));

	if (slot->file_error)
		return ib_fail_errno(err, slot->file_error, "could not exchange '%s'",
				     slot->object->location);
	if (code == CURLE_OK)
		return end(exchanger, slot,
			   exchanger->exchange->put || is_right(slot) ? IB_EXCHANGE_DONE
								      : IB_EXCHANGE_WRONG,
			   err);
	if (slot->too_long)
		return end(exchanger, slot, IB_EXCHANGE_WRONG, err);
	if (code == CURLE_HTTP_RETURNED_ERROR)
		return judge_http(exchanger, slot, err);
	return is_final(code) ? give_up(slot, words, err) : try_again(slot, words, err);
}

/* ---- all of them --------------------------------------------------------- */

static int open_slot(struct exchanger *exchanger, struct slot *slot, struct ib_error *err)
{
	const struct ib_exchange *exchange = exchanger->exchange;
	size_t i = exchanger->next++;
	int fd = -1;

	IB_TRY(exchange->begin(exchange->context, i, &fd, err));
	*slot = (struct slot){ .object = &exchanger->objects[i], .index = i, .fd = fd };
	exchanger->busy++;
	IB_TRY(ib_fetch_join_url(exchange->url, slot->object->location, &slot->url, err));
	slot->easy = curl_easy_init();
	return start(exchanger, slot, err);
}

static int start_some(struct exchanger *exchanger, struct ib_error *err)
{
	size_t i = 0;

	for (i = 0; i < PARALLEL; i++) {
		struct slot *slot = &exchanger->slots[i];

		if (!slot->object && exchanger->next < exchanger->count)
			IB_TRY(open_slot(exchanger, slot, err));
		else if (slot->object && slot->not_before &&
			 ib_clock_monotonic_ms() >= slot->not_before)
			IB_TRY(start(exchanger, slot, err));
	}
	return 0;
}

static int take_finished(struct exchanger *exchanger, struct ib_error *err)
{
	CURLMsg *message = NULL;
	int left = 0;

	while ((message = curl_multi_info_read(exchanger->multi, &left))) {
		CURLcode code = message->data.result;
		struct slot *slot = NULL;

		if (message->msg != CURLMSG_DONE)
			continue;
		curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &slot);
		curl_multi_remove_handle(exchanger->multi, slot->easy);
		IB_TRY(judge(exchanger, slot, code, err));
	}
	return 0;
}

static int run(struct exchanger *exchanger, struct ib_error *err)
{
	int active = 0;

	for (;;) {
		IB_TRY(start_some(exchanger, err));
		if (!exchanger->busy && exchanger->next == exchanger->count)
			return 0;
		if (exchanger->deadline && ib_clock_monotonic_ms() > exchanger->deadline)
			return ib_fail(err, IB_MISSING, "%s: took longer than %u seconds",
				       exchanger->exchange->url, exchanger->exchange->seconds);
		if (curl_multi_perform(exchanger->multi, &active) != CURLM_OK)
			return ib_fail(err, IB_FAILED, "could not exchange: libcurl gave up");
		IB_TRY(take_finished(exchanger, err));
		if (exchanger->busy)
			curl_multi_poll(exchanger->multi, NULL, 0, 50, NULL);
	}
}

/* What was begun is ended; a failure of that says nothing new. */
static void clean_up(struct exchanger *exchanger)
{
	size_t i = 0;

	for (i = 0; i < PARALLEL; i++) {
		struct slot *slot = &exchanger->slots[i];
		struct ib_error ignored = IB_ERROR_INIT;

		if (!slot->object)
			continue;
		if (slot->easy)
			curl_multi_remove_handle(exchanger->multi, slot->easy);
		if (end(exchanger, slot, IB_EXCHANGE_UNTRIED, &ignored) < 0)
			ib_error_clear(&ignored);
	}
}

static void set_headers(struct exchanger *exchanger)
{
	const char *authorization = exchanger->exchange->authorization;

	/* asking first costs a second where nobody answers that question */
	exchanger->headers = curl_slist_append(NULL, "Expect:");
	if (authorization) {
		ib_autofree char *header = ib_strf("Authorization: %s", authorization);

		exchanger->headers = curl_slist_append(exchanger->headers, header);
	}
}

int ib_exchange(const struct ib_exchange *exchange, struct ib_exchange_object *objects,
		size_t count, struct ib_error *err)
{
	struct exchanger exchanger = { .exchange = exchange, .objects = objects, .count = count };
	int r = 0;

	if (!count)
		return 0;
	IB_TRY(ib_exchange_check_url(exchange->url, err));
	if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
		return ib_fail(err, IB_FAILED, "could not set up libcurl");
	if (exchange->seconds)
		exchanger.deadline = ib_clock_monotonic_ms() + (int64_t)exchange->seconds * 1000;
	exchanger.multi = curl_multi_init();
	set_headers(&exchanger);
	r = run(&exchanger, err);
	clean_up(&exchanger);
	curl_multi_cleanup(exchanger.multi);
	curl_slist_free_all(exchanger.headers);
	curl_global_cleanup();
	return r;
}
