/* SPDX-License-Identifier: Apache-2.0 */
/*
 * terminal - where steps, warnings and progress go: stderr.
 *
 * On a terminal progress is one line that is redrawn; elsewhere steps are
 * plain lines, and transfers say now and then how far they are. --progress-fd gets
 * JSON Lines. Of bytes the rate is told, and how long it will take. Messages carry names that
 * others chose: control characters in them are spelled out (base/visible.h), but for the line feeds
 * and tabs of hints.
 */
#ifndef IB_CLI_TERMINAL_H
#define IB_CLI_TERMINAL_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "base/log.h"

enum ib_color { IB_COLOR_AUTO, IB_COLOR_ALWAYS, IB_COLOR_NEVER };

struct ib_terminal {
	pthread_mutex_t lock;
	bool quiet;
	bool verbose;
	bool is_terminal;
	bool colors;
	int progress_fd;       /* -1: none */
	bool line_is_drawn;    /* a progress line stands on the terminal now */
	int64_t last_drawn_ms; /* so that drawing never costs more than the work */
	char *what;            /* what is under way, with its rate since it began; owned */
	uint64_t begun_at;
	int64_t begun_ms;
	int64_t last_line_ms;
};

/* color decides with stderr and NO_COLOR; progress_fd is -1 or a descriptor to write to. */
void ib_terminal_init(struct ib_terminal *terminal, enum ib_color color, int progress_fd);
/* The listener for the rooms below. */
struct ib_log ib_terminal_log(struct ib_terminal *terminal);
/* Removes the progress line, so that results may be printed. */
void ib_terminal_finish(struct ib_terminal *terminal);
void ib_terminal_error(struct ib_terminal *terminal, const struct ib_error *err);

#endif
