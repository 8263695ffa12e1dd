/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/terminal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/visible.h"

#define REDRAW_MS     100
#define PLAIN_LINE_MS 10000 /* where nothing is redrawn, a line this often */

void ib_terminal_init(struct ib_terminal *terminal, enum ib_color color, int progress_fd)
{
	const char *no_color = getenv("NO_COLOR");

	*terminal = (struct ib_terminal){ .progress_fd = progress_fd };
	pthread_mutex_init(&terminal->lock, NULL);
	terminal->is_terminal = isatty(STDERR_FILENO);
	terminal->colors =
		color == IB_COLOR_ALWAYS ||
		(color == IB_COLOR_AUTO && terminal->is_terminal && !(no_color && *no_color));
}

static void erase_line(struct ib_terminal *terminal)
{
	if (terminal->line_is_drawn)
		fputs("\r\033[K", stderr);
	terminal->line_is_drawn = false;
}

/* JSON string contents: quotes, backslashes and control characters escaped (RFC 8259). */
static void print_json_text(FILE *out, const char *text)
{
	for (; *text; text++) {
		if (*text == '"' || *text == '\\')
			fprintf(out, "\\%c", *text);
		else if ((unsigned char)*text < 0x20)
			fprintf(out, "\\u%04x", (unsigned)(unsigned char)*text);
		else
			putc(*text, out);
	}
}

static void write_event(struct ib_terminal *terminal, const char *event, const char *text,
			const char *more)
{
	char *line = NULL;
	size_t size = 0;
	FILE *out = NULL;
	ssize_t ignored = 0;

	if (terminal->progress_fd < 0)
		return;
	out = open_memstream(&line, &size);
	if (!out)
		return;
	fprintf(out, "{\"event\":\"%s\",\"text\":\"", event);
	print_json_text(out, text);
	fprintf(out, "\"%s}\n", more);
	fclose(out);
	/* one write per line; a reader that has gone must not stop the build */
	ignored = write(terminal->progress_fd, line, size);
	(void)ignored;
	ib_free(line);
}

static void write_log(void *context, enum ib_log_level level, const char *text)
{
	static const char *const names[] = { "debug", "step", "warning" };
	struct ib_terminal *terminal = context;
	bool shown = level == IB_LOG_WARNING || (level == IB_LOG_STEP && !terminal->quiet) ||
		     terminal->verbose;

	pthread_mutex_lock(&terminal->lock);
	if (shown) {
		ib_autofree char *line = ib_visible(text, false);

		erase_line(terminal);
		if (level == IB_LOG_WARNING)
			fprintf(stderr, "imagebuild: %swarning:%s %s\n",
				terminal->colors ? "\033[33m" : "",
				terminal->colors ? "\033[0m" : "", line);
		else
			fprintf(stderr, "imagebuild: %s\n", line);
	}
	write_event(terminal, names[level], text, "");
	pthread_mutex_unlock(&terminal->lock);
}

/* A new kind of work, or the same from its beginning: rates count from here. */
static void begin_progress(struct ib_terminal *terminal, const char *what, uint64_t done,
			   int64_t now)
{
	if (terminal->what && !strcmp(terminal->what, what) && done >= terminal->begun_at)
		return;
	ib_free(terminal->what);
	terminal->what = ib_strdup(what);
	terminal->begun_at = done;
	terminal->begun_ms = terminal->last_line_ms = now;
}

/* Bytes a second since it began; 0: too early to say. */
static uint64_t rate_of(const struct ib_terminal *terminal, uint64_t done, int64_t now)
{
	int64_t passed = now - terminal->begun_ms;

	return passed < REDRAW_MS ? 0 : (done - terminal->begun_at) * 1000 / (uint64_t)passed;
}

/* "packages: 12 of 143 MiB, 8.1 MiB/s, 16 s left"; the caller owns it. */
static char *progress_line(const char *what, uint64_t done, uint64_t total, const char *unit,
			   uint64_t rate)
{
	const unsigned long long mebibyte = 1 << 20;

	if (strcmp(unit, "bytes") != 0)
		return ib_strf("%s: %llu of %llu %s", what, (unsigned long long)done,
			       (unsigned long long)total, unit);
	if (!rate || total < done)
		return ib_strf("%s: %llu of %llu MiB", what, (unsigned long long)done / mebibyte,
			       (unsigned long long)total / mebibyte);
	return ib_strf("%s: %llu of %llu MiB, %llu.%llu MiB/s, %llu s left", what,
		       (unsigned long long)done / mebibyte, (unsigned long long)total / mebibyte,
		       rate / mebibyte, rate % mebibyte * 10 / mebibyte,
		       (unsigned long long)(total - done + rate - 1) / rate);
}

static void draw_progress(struct ib_terminal *terminal, const char *text, bool is_bytes,
			  int64_t now)
{
	ib_autofree char *line = ib_visible(text, false);

	if (terminal->quiet)
		return;
	if (terminal->is_terminal) {
		erase_line(terminal);
		fputs(line, stderr);
		fflush(stderr);
		terminal->line_is_drawn = true;
	} else if (is_bytes && now - terminal->last_line_ms >= PLAIN_LINE_MS) {
		fprintf(stderr, "imagebuild: %s\n", line);
		terminal->last_line_ms = now;
	}
}

static void show_progress(void *context, const char *what, uint64_t done, uint64_t total,
			  const char *unit)
{
	struct ib_terminal *terminal = context;
	int64_t now = ib_clock_monotonic_ms();
	bool is_bytes = !strcmp(unit, "bytes");

	pthread_mutex_lock(&terminal->lock);
	begin_progress(terminal, what, done, now);
	if (now - terminal->last_drawn_ms >= REDRAW_MS || done == total) {
		uint64_t rate = is_bytes ? rate_of(terminal, done, now) : 0;
		ib_autofree char *line = progress_line(what, done, total, unit, rate);
		ib_autofree char *speed =
			is_bytes ? ib_strf(",\"rate\":%llu", (unsigned long long)rate)
				 : ib_strdup("");
		ib_autofree char *more =
			ib_strf(",\"done\":%llu,\"total\":%llu,\"unit\":\"%s\"%s",
				(unsigned long long)done, (unsigned long long)total, unit, speed);

		terminal->last_drawn_ms = now;
		write_event(terminal, "progress", what, more);
		draw_progress(terminal, line, is_bytes, now);
	}
	pthread_mutex_unlock(&terminal->lock);
}

struct ib_log ib_terminal_log(struct ib_terminal *terminal)
{
	return (struct ib_log){ .context = terminal,
				.write = write_log,
				.progress = show_progress };
}

void ib_terminal_finish(struct ib_terminal *terminal)
{
	pthread_mutex_lock(&terminal->lock);
	erase_line(terminal);
	fflush(stderr);
	ib_free(ib_take(terminal->what));
	pthread_mutex_unlock(&terminal->lock);
}

void ib_terminal_error(struct ib_terminal *terminal, const struct ib_error *err)
{
	ib_autofree char *text = ib_visible(err->text, false);
	ib_autofree char *hint = err->hint ? ib_visible(err->hint, true) : NULL;

	ib_terminal_finish(terminal);
	fprintf(stderr, "imagebuild: %serror:%s %s\n", terminal->colors ? "\033[31m" : "",
		terminal->colors ? "\033[0m" : "", text);
	if (hint)
		fprintf(stderr, "  hint: %s\n", hint);
	write_event(terminal, "error", err->text, "");
}
