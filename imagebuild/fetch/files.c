/* SPDX-License-Identifier: Apache-2.0 */
/* files - many transfers at once: who starts when, who tries again, who has failed. */
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include "fetch/internal.h"

#define DEFAULT_PARALLEL 8
#define DEFAULT_TRIES    4
#define PAUSE_MS         200
#define PROGRESS_MS      100
/* A host that failed this often in a row, and never answered since, is not asked again. */
#define GIVE_UP_AFTER 6

struct fetcher {
	const struct ib_fetch_options *options;
	const struct ib_fetch_sink *sink;
	struct ib_transfer *transfers;
	size_t count;
	size_t running; /* with a file open: running or pausing */
	size_t next;
	unsigned tries;
	unsigned silent; /* passing faults since the last good file */
	uint64_t total;
	int64_t told; /* when progress was last told */
	CURLM *multi;
};

static uint64_t bytes_so_far(const struct fetcher *fetcher)
{
	uint64_t sum = 0;
	size_t i = 0;

	for (i = 0; i < fetcher->count; i++)
		sum += fetcher->transfers[i].offset;
	return sum;
}

static void tell_progress(struct fetcher *fetcher, bool last)
{
	int64_t now = ib_clock_monotonic_ms();

	if (!fetcher->options->what || (!last && now - fetcher->told < PROGRESS_MS))
		return;
	fetcher->told = now;
	ib_progress(fetcher->options->log, fetcher->options->what, bytes_so_far(fetcher),
		    fetcher->total, "bytes");
}

/* The file is closed, for good or ill. */
static void end(struct fetcher *fetcher, struct ib_transfer *transfer)
{
	if (transfer->easy)
		curl_easy_cleanup(transfer->easy);
	transfer->easy = NULL;
	ib_digest_free(transfer->sha256);
	ib_digest_free(transfer->other);
	transfer->sha256 = transfer->other = NULL;
	ib_free(ib_take(transfer->url));
	if (transfer->handle)
		fetcher->sink->drop(fetcher->sink->context, transfer->index, transfer->handle);
	transfer->handle = NULL;
	if (transfer->state != IB_TRANSFER_ENDED && transfer->state != IB_TRANSFER_WAITS)
		fetcher->running--;
	transfer->state = IB_TRANSFER_ENDED;
}

static int finish(struct fetcher *fetcher, struct ib_transfer *transfer, struct ib_error *err)
{
	void *handle = ib_take(transfer->handle);

	memcpy(transfer->file->sha256, transfer->seen, sizeof(transfer->seen));
	end(fetcher, transfer);
	fetcher->silent = 0;
	return fetcher->sink->commit(fetcher->sink->context, transfer->index, handle,
				     transfer->seen, err);
}

static int start_attempt(struct fetcher *fetcher, struct ib_transfer *transfer,
			 struct ib_error *err);

/* The next mirror from nothing: another one's part may be what was wrong. */
static int next_mirror(struct fetcher *fetcher, struct ib_transfer *transfer, struct ib_error *err)
{
	size_t places = transfer->file->url_count + transfer->file->more_count;

	if (transfer->verdict == IB_TRUST)
		IB_TRY(ib_transfer_truncate(transfer, err));
	transfer->mirror++;
	transfer->attempt = 0;
	if (transfer->mirror < places) {
		/* It may yet end well, but who serves other bytes should not go unnoticed. */
		if (transfer->verdict == IB_TRUST && transfer->tried.count)
			ib_warn(fetcher->options->log, "%s; asking elsewhere",
				transfer->tried.items[transfer->tried.count - 1]);
		return start_attempt(fetcher, transfer, err);
	}
	ib_transfer_fail(transfer);
	end(fetcher, transfer);
	return 0;
}

/* Pauses grow, 0.2 s, 0.4 s, 0.8 s; then the next mirror has its turn. */
static int try_again(struct fetcher *fetcher, struct ib_transfer *transfer, struct ib_error *err)
{
	fetcher->silent++;
	transfer->attempt++;
	if (transfer->attempt >= fetcher->tries || fetcher->silent > GIVE_UP_AFTER * fetcher->tries)
		return next_mirror(fetcher, transfer, err);
	transfer->not_before =
		ib_clock_monotonic_ms() + ((int64_t)PAUSE_MS << (transfer->attempt - 1));
	transfer->state = IB_TRANSFER_PAUSES;
	return 0;
}

static int go_on(struct fetcher *fetcher, struct ib_transfer *transfer, CURLcode code,
		 struct ib_error *err)
{
	if (transfer->write_error)
		return ib_fail_errno(err, transfer->write_error, "could not write %s",
				     transfer->file->name);
	switch (ib_transfer_judge(transfer, code)) {
	case IB_OUTCOME_GOOD:
		return finish(fetcher, transfer, err);
	case IB_OUTCOME_AGAIN:
		return try_again(fetcher, transfer, err);
	case IB_OUTCOME_RESTART:
		if (transfer->restarted)
			return next_mirror(fetcher, transfer, err);
		transfer->restarted = true;
		IB_TRY(ib_transfer_truncate(transfer, err));
		return start_attempt(fetcher, transfer, err);
	case IB_OUTCOME_NEXT:
		return next_mirror(fetcher, transfer, err);
	}
	return 0;
}

static int start_attempt(struct fetcher *fetcher, struct ib_transfer *transfer,
			 struct ib_error *err)
{
	IB_TRY(ib_transfer_begin(transfer, fetcher->options, err));
	transfer->state = IB_TRANSFER_RUNS;
	/* All of it is there from an earlier run: it only has to be right. */
	if (transfer->exact && transfer->offset == transfer->limit && transfer->limit)
		return go_on(fetcher, transfer, CURLE_OK, err);
	if (curl_multi_add_handle(fetcher->multi, transfer->easy) != CURLM_OK)
		return ib_fail(err, IB_FAILED, "could not start fetching '%s'", transfer->url);
	return 0;
}

static int open_transfer(struct fetcher *fetcher, struct ib_transfer *transfer,
			 struct ib_error *err)
{
	if (!transfer->file->url_count && !transfer->file->more_count)
		return ib_fail(err, IB_INPUT, "no URL is known for %s", transfer->file->name);
	IB_TRY(fetcher->sink->begin(fetcher->sink->context, transfer->index, &transfer->handle,
				    &transfer->fd, err));
	transfer->easy = curl_easy_init();
	transfer->state = IB_TRANSFER_RUNS;
	fetcher->running++;
	return start_attempt(fetcher, transfer, err);
}

/* Starts who may start: after a pause, or because there is room. */
static int start_some(struct fetcher *fetcher, struct ib_error *err)
{
	size_t parallel =
		fetcher->options->parallel ? fetcher->options->parallel : DEFAULT_PARALLEL;
	int64_t now = ib_clock_monotonic_ms();
	size_t i = 0;

	for (i = 0; i < fetcher->next; i++) {
		struct ib_transfer *transfer = &fetcher->transfers[i];

		if (transfer->state == IB_TRANSFER_PAUSES && now >= transfer->not_before)
			IB_TRY(start_attempt(fetcher, transfer, err));
	}
	while (fetcher->running < parallel && fetcher->next < fetcher->count)
		IB_TRY(open_transfer(fetcher, &fetcher->transfers[fetcher->next++], err));
	return 0;
}

static int take_finished(struct fetcher *fetcher, struct ib_error *err)
{
	CURLMsg *message = NULL;
	int left = 0;

	while ((message = curl_multi_info_read(fetcher->multi, &left))) {
		struct ib_transfer *transfer = NULL;
		CURLcode code = message->data.result;

		if (message->msg != CURLMSG_DONE)
			continue;
		curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &transfer);
		curl_multi_remove_handle(fetcher->multi, transfer->easy);
		IB_TRY(go_on(fetcher, transfer, code, err));
	}
	return 0;
}

static int run(struct fetcher *fetcher, struct ib_error *err)
{
	int active = 0;

	for (;;) {
		IB_TRY(start_some(fetcher, err));
		if (!fetcher->running && fetcher->next == fetcher->count)
			return 0;
		if (curl_multi_perform(fetcher->multi, &active) != CURLM_OK)
			return ib_fail(err, IB_FAILED, "could not fetch: libcurl gave up");
		IB_TRY(take_finished(fetcher, err));
		tell_progress(fetcher, false);
		if (fetcher->running)
			curl_multi_poll(fetcher->multi, NULL, 0, 50, NULL);
	}
}

/* The first failure in the order of files speaks for all. */
static int report(struct fetcher *fetcher, struct ib_error *err)
{
	struct ib_transfer *first = NULL;
	size_t others = 0;
	size_t i = 0;

	for (i = 0; i < fetcher->count; i++) {
		struct ib_transfer *transfer = &fetcher->transfers[i];

		if (transfer->error.kind == IB_OK)
			continue;
		others += first != NULL;
		/* A broken trust is graver than an absence. */
		if (!first || (transfer->error.kind == IB_TRUST && first->error.kind != IB_TRUST))
			first = transfer;
	}
	if (!first)
		return 0;
	if (others)
		ib_fail(err, first->error.kind, "%s (and %zu more of %zu files)", first->error.text,
			others, fetcher->count);
	else
		ib_fail(err, first->error.kind, "%s", first->error.text);
	ib_error_hint(err, "%s", first->error.hint);
	return -(int)first->error.kind;
}

static void clean_up(struct fetcher *fetcher)
{
	size_t i = 0;

	for (i = 0; i < fetcher->count; i++) {
		struct ib_transfer *transfer = &fetcher->transfers[i];

		if (transfer->easy)
			curl_multi_remove_handle(fetcher->multi, transfer->easy);
		end(fetcher, transfer);
		ib_strings_done(&transfer->tried);
		ib_error_clear(&transfer->error);
	}
	ib_free(fetcher->transfers);
}

static void prepare(struct fetcher *fetcher, struct ib_fetch_file *files, const uint64_t *limits)
{
	size_t i = 0;

	for (i = 0; i < fetcher->count; i++) {
		struct ib_transfer *transfer = &fetcher->transfers[i];

		transfer->file = &files[i];
		transfer->index = i;
		transfer->fd = -1;
		transfer->exact = !limits;
		transfer->limit = limits ? limits[i] : files[i].size;
		transfer->error = IB_ERROR_INIT;
		fetcher->total += limits ? 0 : files[i].size;
	}
}

int ib_fetch_run(struct ib_fetch_file *files, size_t count, const uint64_t *limits,
		 const struct ib_fetch_sink *sink, const struct ib_fetch_options *options,
		 struct ib_error *err)
{
	struct fetcher fetcher = { .options = options, .sink = sink, .count = count };
	int r = 0;

	if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
		return ib_fail(err, IB_FAILED, "could not set up libcurl");
	fetcher.tries = options->tries ? options->tries : DEFAULT_TRIES;
	fetcher.transfers = ib_alloc_array(count + 1, sizeof(*fetcher.transfers));
	fetcher.multi = curl_multi_init();
	prepare(&fetcher, files, limits);
	r = run(&fetcher, err);
	if (r == 0) {
		tell_progress(&fetcher, true);
		r = report(&fetcher, err);
	}
	clean_up(&fetcher);
	curl_multi_cleanup(fetcher.multi);
	curl_global_cleanup();
	return r;
}

static int check_location(const struct ib_fetch_file *file, const char *location,
			  struct ib_error *err)
{
	if (ib_path_is_inside(location))
		return 0;
	ib_fail(err, IB_TRUST, "the location '%s' of %s leaves the repository", location,
		file->name);
	ib_error_hint(err, "The repository's metadata is wrong or hostile: do not use it.");
	return -IB_TRUST;
}

static int check_file(const struct ib_fetch_file *file, struct ib_error *err)
{
	static const char *const strong[] = { "sha256", "sha512", "sha384", "sha224" };
	size_t i = 0;

	IB_TRY(check_location(file, file->location, err));
	for (i = 0; i < file->more_count; i++)
		IB_TRY(check_location(file, file->more[i].location, err));
	for (i = 0; i < IB_COUNT(strong); i++)
		if (file->checksum_kind && ib_str_equal(file->checksum_kind, strong[i]))
			return 0;
	ib_fail(err, IB_TRUST, "%s is protected by '%s' only", file->name,
		file->checksum_kind ? file->checksum_kind : "nothing");
	ib_error_hint(err, "Have the repository's metadata made anew, with SHA-256.");
	return -IB_TRUST;
}

int ib_fetch_files(struct ib_fetch_file *files, size_t count, const struct ib_fetch_sink *sink,
		   const struct ib_fetch_options *options, struct ib_error *err)
{
	size_t i = 0;

	for (i = 0; i < count; i++)
		IB_TRY(check_file(&files[i], err));
	return count ? ib_fetch_run(files, count, NULL, sink, options, err) : 0;
}
