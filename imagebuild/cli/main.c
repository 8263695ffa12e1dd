/* SPDX-License-Identifier: Apache-2.0 */
#include <fcntl.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cli.h"
#include "cli/terminal.h"

#define MAX_OPTIONS 64

static const struct ib_option global_options[] = {
	{ "store", "DIR", "where packages and what is derived from them are kept" },
	{ "json", NULL, "print results as JSON" },
	{ "quiet", NULL, "print no steps" },
	{ "verbose", NULL, "print more about what is done" },
	{ "progress-fd", "N", "write progress as JSON Lines to this descriptor" },
	{ "color", "WHEN", "auto, always or never" },
	{ "help", NULL, "print this help" },
	{ "version", NULL, "print the version" },
};

struct command_line {
	struct ib_option_value options[MAX_OPTIONS];
	size_t option_count;
	char *args[4096];
	size_t arg_count;
	const struct ib_command *command; /* NULL until named */
};

/* One kind is one exit status: CONVENTIONS.md, "Command line". */
static int exit_status(enum ib_kind kind)
{
	switch (kind) {
	case IB_OK:
		return 0;
	case IB_FAILED:
	case IB_LIMIT:
		return 1;
	case IB_INPUT:
		return 2;
	case IB_REFUSED:
		return 3;
	case IB_APPROVAL:
		return 4;
	case IB_TRUST:
		return 5;
	case IB_DIFFERS:
		return 6;
	case IB_MISSING:
		return 7;
	}
	return 1;
}

const char *ib_cli_option(const struct ib_cli *cli, const char *name)
{
	size_t i = 0;

	for (i = cli->option_count; i > 0; i--)
		if (!strcmp(cli->options[i - 1].name, name))
			return cli->options[i - 1].value;
	return NULL;
}

static void print_option(const struct ib_option *option)
{
	ib_autofree char *left = ib_strf("--%s%s%s", option->name, option->argument ? " " : "",
					 option->argument ? option->argument : "");

	printf("    %-22s %s\n", left, option->summary);
}

static void print_options(const char *title, const struct ib_option *options, size_t count)
{
	size_t i = 0;

	printf("\n%s:\n", title);
	for (i = 0; i < count; i++)
		print_option(&options[i]);
}

static void print_help(const struct ib_command *command)
{
	size_t i = 0;

	if (command) {
		printf("usage: imagebuild %s %s\n\n%s\n", command->name, command->args,
		       command->summary);
		if (command->option_count)
			print_options("options", command->options, command->option_count);
		print_options("options of every command", global_options, IB_COUNT(global_options));
		return;
	}
	printf("usage: imagebuild COMMAND [OPTION…] [ARGUMENT…]\n\n"
	       "Makes hardened, immutable, signed base OS images from RPM packages.\n\ncommands:\n");
	for (i = 0; i < ib_command_count; i++)
		printf("    %-10s %s\n", ib_commands[i]->name, ib_commands[i]->summary);
	print_options("options of every command", global_options, IB_COUNT(global_options));
	printf("\n'imagebuild COMMAND --help' tells more about one.\n");
}

static const struct ib_command *find_command(const char *name)
{
	size_t i = 0;

	for (i = 0; i < ib_command_count; i++)
		if (!strcmp(ib_commands[i]->name, name))
			return ib_commands[i];
	return NULL;
}

static int unrecognized_command(const char *name, struct ib_error *err)
{
	const char *names[64];
	const char *near = NULL;
	size_t i = 0;

	for (i = 0; i < ib_command_count && i < IB_COUNT(names); i++)
		names[i] = ib_commands[i]->name;
	near = ib_str_nearest(name, names, i);
	(void)ib_fail(err, IB_INPUT, "unrecognized command '%s'", name);
	if (near)
		ib_error_hint(err, "Did you mean '%s'?", near);
	else
		ib_error_hint(err, "'imagebuild --help' lists the commands.");
	return -IB_INPUT;
}

static const struct ib_option *find_option(const struct ib_option *options, size_t count,
					   const char *name, size_t length)
{
	size_t i = 0;

	for (i = 0; i < count; i++)
		if (strlen(options[i].name) == length && !memcmp(options[i].name, name, length))
			return &options[i];
	return NULL;
}

static int unrecognized_option(const struct ib_command *command, const char *word,
			       struct ib_error *err)
{
	(void)ib_fail(err, IB_INPUT, "unrecognized option '%s'", word);
	ib_error_hint(err, "'imagebuild %s%s--help' lists the options.",
		      command ? command->name : "", command ? " " : "");
	return -IB_INPUT;
}

static int add_option(struct command_line *line, const char *name, const char *value,
		      struct ib_error *err)
{
	if (line->option_count == MAX_OPTIONS)
		return ib_fail(err, IB_LIMIT, "more than %d options", MAX_OPTIONS);
	line->options[line->option_count++] = (struct ib_option_value){ name, value };
	return 0;
}

/* Takes the option at words[0] and perhaps its value at words[1]; counts what it took. */
static int take_option(struct command_line *line, char *const *words, size_t *ret_taken,
		       struct ib_error *err)
{
	const struct ib_command *command = line->command;
	const char *name = !strcmp(words[0], "-o") ? "output" : words[0] + 2;
	size_t length = strcspn(name, "=");
	const char *value = name[length] ? name + length + 1 : NULL;
	const struct ib_option *option =
		find_option(global_options, IB_COUNT(global_options), name, length);

	if (!option && command)
		option = find_option(command->options, command->option_count, name, length);
	if (!option)
		return unrecognized_option(command, words[0], err);
	if (!option->argument && value)
		return ib_fail(err, IB_INPUT, "option '--%s' takes no value", option->name);
	*ret_taken = 1;
	if (option->argument && !value) {
		value = words[1];
		*ret_taken = 2;
	}
	if (option->argument && (!value || !*value))
		return ib_fail(err, IB_INPUT, "option '--%s' needs a value (%s)", option->name,
			       option->argument);
	return add_option(line, option->name, value ? value : "", err);
}

static int parse_line(struct command_line *line, char *const *words, struct ib_error *err)
{
	bool options_ended = false;

	while (*words) {
		size_t taken = 1;

		if (!options_ended && !strcmp(*words, "--")) {
			options_ended = true;
		} else if (!options_ended &&
			   (ib_str_starts(*words, "--") || !strcmp(*words, "-o"))) {
			IB_TRY(take_option(line, words, &taken, err));
		} else if (!options_ended && words[0][0] == '-' && words[0][1]) {
			return unrecognized_option(line->command, *words, err);
		} else if (!line->command && !strcmp(*words, "help")) {
			IB_TRY(add_option(line, "help", "", err));
		} else if (!line->command) {
			line->command = find_command(*words);
			if (!line->command)
				return unrecognized_command(*words, err);
		} else if (line->arg_count == IB_COUNT(line->args)) {
			return ib_fail(err, IB_LIMIT, "more than %zu arguments",
				       IB_COUNT(line->args));
		} else {
			line->args[line->arg_count++] = *words;
		}
		words += taken;
	}
	return 0;
}

/* --store, else $XDG_CACHE_HOME/imagebuild, else ~/.cache/imagebuild. */
static int choose_store(struct ib_cli *cli, struct ib_error *err)
{
	const char *cache = getenv("XDG_CACHE_HOME");
	const char *home = getenv("HOME");
	const char *given = ib_cli_option(cli, "store");

	if (given) {
		cli->store = ib_strdup(given);
	} else if (cache && *cache == '/') {
		cli->store = ib_path_join(cache, "imagebuild");
	} else if (home && *home == '/') {
		cli->store = ib_path_join(home, ".cache/imagebuild");
	} else {
		(void)ib_fail(err, IB_INPUT,
			      "neither HOME nor XDG_CACHE_HOME says where the store is");
		ib_error_hint(err, "Name a folder with --store DIR.");
		return -IB_INPUT;
	}
	return 0;
}

static int parse_color(const struct ib_cli *cli, enum ib_color *ret_color, struct ib_error *err)
{
	const char *when = ib_cli_option(cli, "color");

	if (!when || !strcmp(when, "auto"))
		*ret_color = IB_COLOR_AUTO;
	else if (!strcmp(when, "always"))
		*ret_color = IB_COLOR_ALWAYS;
	else if (!strcmp(when, "never"))
		*ret_color = IB_COLOR_NEVER;
	else
		return ib_fail(err, IB_INPUT,
			       "unrecognized value '%s' of '--color': auto, always or never", when);
	return 0;
}

static int parse_progress_fd(const struct ib_cli *cli, int *ret_fd, struct ib_error *err)
{
	const char *text = ib_cli_option(cli, "progress-fd");
	uint64_t fd = 0;

	if (!text)
		return 0;
	if (!ib_str_to_u64(text, 1 << 20, &fd) || fcntl((int)fd, F_GETFD) < 0)
		return ib_fail(err, IB_INPUT, "'--progress-fd %s' is not an open descriptor", text);
	*ret_fd = (int)fd;
	return 0;
}

static int run_command(struct ib_cli *cli, const struct command_line *line, struct ib_error *err)
{
	const struct ib_command *command = line->command;

	if (line->arg_count < command->min_args || line->arg_count > command->max_args) {
		(void)ib_fail(err, IB_INPUT, "'imagebuild %s' takes other arguments",
			      command->name);
		ib_error_hint(err, "usage: imagebuild %s %s", command->name, command->args);
		return -IB_INPUT;
	}
	IB_TRY(choose_store(cli, err));
	return command->run(cli, line->arg_count, line->args, err);
}

/* Nothing of what the surroundings say may reach an output: see DESIGN.md, decision 7. */
static void close_surroundings(void)
{
	static const char *const names[] = { "SOURCE_DATE_EPOCH", "RPM_CONFIGDIR", "TZ",
					     "LD_PRELOAD" };
	size_t i = 0;

	for (i = 0; i < IB_COUNT(names); i++)
		unsetenv(names[i]);
}

static int run(char *const *words, struct ib_terminal *terminal, struct ib_error *err)
{
	static struct command_line line;
	struct ib_log log = ib_terminal_log(terminal);
	struct ib_cli cli = { .log = &log };
	enum ib_color color = IB_COLOR_AUTO;
	int progress_fd = -1;
	int r = 0;

	IB_TRY(parse_line(&line, words, err));
	cli.options = line.options;
	cli.option_count = line.option_count;
	IB_TRY(parse_color(&cli, &color, err));
	IB_TRY(parse_progress_fd(&cli, &progress_fd, err));
	ib_terminal_init(terminal, color, progress_fd);
	cli.json = ib_cli_option(&cli, "json") != NULL;
	cli.quiet = terminal->quiet = ib_cli_option(&cli, "quiet") != NULL;
	cli.verbose = terminal->verbose = ib_cli_option(&cli, "verbose") != NULL;
	if (ib_cli_option(&cli, "help")) {
		print_help(line.command);
		return 0;
	}
	if (ib_cli_option(&cli, "version")) {
		line.command = find_command("version");
		line.arg_count = 0;
	}
	if (!line.command) {
		(void)ib_fail(err, IB_INPUT, "no command given");
		ib_error_hint(err, "'imagebuild --help' lists the commands.");
		return -IB_INPUT;
	}
	r = run_command(&cli, &line, err);
	ib_free(cli.store);
	return r;
}

/*
 * Large blocks go back to the system when they are freed. Left to itself glibc learns from them to keep
 * tens of MiB for each worker.
 */
static void give_large_blocks_back(void)
{
	(void)mallopt(M_MMAP_THRESHOLD, 1 << 20);
}

int main(int argc, char **argv)
{
	struct ib_error err = IB_ERROR_INIT;
	struct ib_terminal terminal;
	int status = 0;

	give_large_blocks_back();
	close_surroundings();
	ib_terminal_init(&terminal, IB_COLOR_AUTO, -1);
	status = run(argc ? argv + 1 : argv, &terminal, &err);
	if (status < 0) {
		ib_terminal_error(&terminal, &err);
		status = exit_status(err.kind);
		ib_error_clear(&err);
	}
	ib_terminal_finish(&terminal);
	if (fflush(stdout) || ferror(stdout)) {
		fputs("imagebuild: error: could not write the result\n", stderr);
		status = status ? status : 1;
	}
	return status;
}
