/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cli - one file a command; the only room that prints.
 *
 * A command is a row: main.c parses the global options, finds the row, checks
 * the number of arguments and calls run(). run() parses its own options, calls
 * one function of build/ or verify/, prints the result on stdout and returns
 * 0 or the negative kind of the pending error, which main.c prints; or
 * IB_CLI_CHANGED, when --exit-code was asked to tell that there are changes.
 */
#ifndef IB_CLI_H
#define IB_CLI_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/base.h"

#define IB_CLI_CHANGED 10 /* CONVENTIONS.md, exit codes */

/* One option of a command, or one that all commands take. */
struct ib_option {
	const char *name;     /* without the dashes */
	const char *argument; /* "DIR", or NULL for a flag */
	const char *summary;
};

/* What was given for the options of one command line. */
struct ib_option_value {
	const char *name;
	const char *value; /* "" for a flag */
};

/* Everything a command may ask of its surroundings; it lives as long as main(). */
struct ib_cli {
	const struct ib_log *log;
	char *store;                           /* owned; --store or the default */
	bool json;                             /* --json */
	bool quiet;                            /* --quiet */
	bool verbose;                          /* --verbose */
	const struct ib_option_value *options; /* borrowed, in the order given */
	size_t option_count;
};

struct ib_command {
	const char *name;
	const char *args;    /* "RECIPE [PACKAGE…]" */
	const char *summary; /* one line, lower case */
	const struct ib_option *options;
	size_t option_count;
	size_t min_args;
	size_t max_args; /* SIZE_MAX: any number */
	int (*run)(const struct ib_cli *cli, size_t count, char *const *args, struct ib_error *err);
};

/* The last value given for an option of this command line, or NULL. */
const char *ib_cli_option(const struct ib_cli *cli, const char *name);

extern const struct ib_command *const ib_commands[];
extern const size_t ib_command_count;

#endif
