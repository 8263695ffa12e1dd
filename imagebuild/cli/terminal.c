/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/terminal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"

#define REDRAW_MS 100

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
		erase_line(terminal);
		if (level == IB_LOG_WARNING)
			fprintf(stderr, "imagebuild: %swarning:%s %s\n",
				terminal->colors ? "\033[33m" : "",
				terminal->colors ? "\033[0m" : "", text);
		else
			fprintf(stderr, "imagebuild: %s\n", text);
	}
	write_event(terminal, names[level], text, "");
	pthread_mutex_unlock(&terminal->lock);
}

static void show_progress(void *context, const char *what, uint64_t done, uint64_t total,
			  const char *unit)
{
	struct ib_terminal *terminal = context;
	int64_t now = ib_clock_monotonic_ms();
	bool is_bytes = !strcmp(unit, "bytes");
	uint64_t scale = is_bytes ? 1 << 20 : 1;
	const char *name = is_bytes ? "MiB" : unit;

	pthread_mutex_lock(&terminal->lock);
	if (now - terminal->last_drawn_ms >= REDRAW_MS || done == total) {
		ib_autofree char *more =
			ib_strf(",\"done\":%llu,\"total\":%llu,\"unit\":\"%s\"",
				(unsigned long long)done, (unsigned long long)total, unit);

		terminal->last_drawn_ms = now;
		write_event(terminal, "progress", what, more);
		if (terminal->is_terminal && !terminal->quiet) {
			erase_line(terminal);
			fprintf(stderr, "%s: %llu of %llu %s", what,
				(unsigned long long)(done / scale),
				(unsigned long long)(total / scale), name);
			fflush(stderr);
			terminal->line_is_drawn = true;
		}
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
	pthread_mutex_unlock(&terminal->lock);
}

void ib_terminal_error(struct ib_terminal *terminal, const struct ib_error *err)
{
	ib_terminal_finish(terminal);
	fprintf(stderr, "imagebuild: %serror:%s %s\n", terminal->colors ? "\033[31m" : "",
		terminal->colors ? "\033[0m" : "", err->text);
	if (err->hint)
		fprintf(stderr, "  hint: %s\n", err->hint);
	write_event(terminal, "error", err->text, "");
}
