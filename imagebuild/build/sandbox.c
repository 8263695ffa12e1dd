/* SPDX-License-Identifier: Apache-2.0 */
#include "build/sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/timerfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "build/sandbox_child.h"

#define OUTPUT_MAX ((size_t)64 << 10)
#define SHOWN_MAX  600

struct pipes {
	int output[2], report[2], timer;
};

static void close_pipes(struct pipes *pipes)
{
	int *const all[] = { &pipes->output[0], &pipes->output[1], &pipes->report[0],
			     &pipes->report[1], &pipes->timer };
	size_t i = 0;

	for (i = 0; i < IB_COUNT(all); i++)
		if (*all[i] >= 0)
			close(*all[i]);
}

static int open_pipes(unsigned seconds, struct pipes *pipes, struct ib_error *err)
{
	const struct itimerspec when = { .it_value = { .tv_sec = seconds } };

	if (pipe2(pipes->output, O_CLOEXEC) < 0 || pipe2(pipes->report, O_CLOEXEC) < 0)
		return ib_fail_errno(err, errno, "could not make a pipe");
	pipes->timer = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC);
	if (pipes->timer < 0 || timerfd_settime(pipes->timer, 0, &when, NULL) < 0)
		return ib_fail_errno(err, errno, "could not set a timer");
	return 0;
}

/* "lowerdir=A:B,upperdir=…": folders of our own making, checked all the same. */
static int overlay_options(const struct ib_sandbox *sandbox, struct ib_buffer *out,
			   struct ib_error *err)
{
	size_t i = 0;

	ib_buffer_puts(out, "userxattr,lowerdir=");
	for (i = 0; i < sandbox->layer_count; i++)
		ib_buffer_putf(out, "%s%s", i ? ":" : "", sandbox->layers[i]);
	ib_buffer_putf(out, ",upperdir=%s/upper,workdir=%s/work", sandbox->scratch,
		       sandbox->scratch);
	for (i = 0; i < sandbox->layer_count; i++)
		if (strpbrk(sandbox->layers[i], ",:\\") || *sandbox->layers[i] != '/')
			return ib_fail(err, IB_INPUT,
				       "a scriptlet cannot be run over the folder '%s': its name "
				       "has a comma, a colon or a backslash",
				       sandbox->layers[i]);
	if (strpbrk(sandbox->scratch, ",:\\"))
		return ib_fail(err, IB_INPUT,
			       "a scriptlet cannot be run over the folder '%s': its name has a "
			       "comma, a colon or a backslash",
			       sandbox->scratch);
	return 0;
}

static int make_folder(const char *scratch, const char *name, char **ret_path, struct ib_error *err)
{
	*ret_path = ib_path_join(scratch, name);
	if (mkdir(*ret_path, 0755) < 0)
		return ib_fail_errno(err, errno, "could not make folder '%s'", *ret_path);
	return 0;
}

/* The interpreter's words, the script's path, and "1" for what counts installations. */
static int make_arguments(const struct ib_sandbox *sandbox, struct ib_strings *words,
			  struct ib_error *err)
{
	const struct ib_scriptlet *scriptlet = sandbox->scriptlet;
	const char *interpreter = scriptlet->interpreter ? scriptlet->interpreter : "/bin/sh";

	ib_strings_split(words, interpreter, " \t");
	if (!words->count || *words->items[0] != '/') {
		(void)ib_fail(err, IB_INPUT, "%s cannot be run: its interpreter is '%s'",
			      sandbox->name, interpreter);
		ib_error_hint(err,
			      "Lua runs inside of rpm only. Decide 'skip' with a reason, and do "
			      "in an overlay what it would have done.");
		return -IB_INPUT;
	}
	if (scriptlet->text && *scriptlet->text) {
		ib_strings_add(words, IB_SANDBOX_SCRIPT);
		ib_strings_add(words, "1");
		if (scriptlet->on.count)
			ib_strings_add(words, "1");
	}
	return 0;
}

/* What came out, until all have closed it or the time is over. True: in time. */
static bool listen_to(const struct pipes *pipes, struct ib_buffer *output)
{
	struct pollfd polled[] = { { .fd = pipes->output[0], .events = POLLIN },
				   { .fd = pipes->timer, .events = POLLIN } };
	char piece[4096];

	while (true) {
		ssize_t size = 0;

		if (poll(polled, IB_COUNT(polled), -1) < 0 && errno != EINTR)
			return false;
		if (polled[1].revents)
			return false;
		if (!polled[0].revents)
			continue;
		size = read(pipes->output[0], piece, sizeof(piece));
		if (size <= 0)
			return true;
		ib_buffer_put(output, piece, IB_MIN((size_t)size, ib_buffer_room(output)));
	}
}

/* The end of what it said, on one line. */
static const char *last_words(struct ib_buffer *output)
{
	char *text = NULL;
	size_t i = 0;

	for (i = 0; i < output->size; i++)
		if (output->data[i] < ' ' || output->data[i] == 127)
			output->data[i] = output->data[i] == '\n' ? ';' : ' ';
	while (output->size && strchr("; ", output->data[output->size - 1]))
		output->size--;
	if (!output->size)
		return "it said nothing";
	ib_buffer_put_u8(output, '\0');
	text = (char *)output->data;
	return output->size > SHOWN_MAX ? text + output->size - SHOWN_MAX : text;
}

static int tell_fault(const struct ib_sandbox *sandbox, const struct ib_sandbox_fault *fault,
		      struct ib_error *err)
{
	if (!strcmp(fault->step, "starting the interpreter"))
		return ib_fail(err, IB_INPUT, "%s cannot be run: could not start '%s': %s",
			       sandbox->name, sandbox->scriptlet->interpreter,
			       strerror(fault->error));
	(void)ib_fail(err, IB_INPUT, "%s cannot be run here: %s: %s", sandbox->name, fault->step,
		      strerror(fault->error));
	ib_error_hint(err, "The machine forbids what a sandbox needs (user namespaces, or overlays "
			   "inside of them). Make the lock on one that allows it; builds need "
			   "nothing of it.");
	return -IB_INPUT;
}

static int judge_end(const struct ib_sandbox *sandbox, const struct pipes *pipes, int status,
		     bool in_time, struct ib_buffer *output, struct ib_error *err)
{
	struct ib_sandbox_fault fault = { 0 };
	int code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);

	if (read(pipes->report[0], &fault, sizeof(fault)) == (ssize_t)sizeof(fault)) {
		fault.step[sizeof(fault.step) - 1] = '\0';
		return tell_fault(sandbox, &fault, err);
	}
	if (!in_time)
		return ib_fail(err, IB_INPUT, "%s did not end within %u seconds: %s", sandbox->name,
			       sandbox->seconds, last_words(output));
	if (code)
		return ib_fail(err, IB_INPUT, "%s failed with status %d: %s", sandbox->name, code,
			       last_words(output));
	return 0;
}

static int start(const struct ib_sandbox *sandbox, struct ib_sandbox_plan *plan,
		 struct pipes *pipes, struct ib_error *err)
{
	IB_AUTO_BUFFER(output, OUTPUT_MAX + 1);
	pid_t child = 0;
	bool in_time = true;
	int status = 0;

	plan->output = pipes->output[1];
	plan->report = pipes->report[1];
	child = fork();
	if (child < 0)
		return ib_fail_errno(err, errno, "could not start a process");
	if (!child)
		ib_sandbox_child(plan);
	close(pipes->output[1]);
	close(pipes->report[1]);
	pipes->output[1] = pipes->report[1] = -1;
	in_time = listen_to(pipes, &output);
	/* its first process dies with it, and with that all others; after a good end nobody is left */
	if (!in_time)
		kill(child, SIGKILL);
	while (waitpid(child, &status, 0) < 0 && errno == EINTR)
		;
	return judge_end(sandbox, pipes, status, in_time, &output, err);
}

int ib_sandbox_run(const struct ib_sandbox *sandbox, struct ib_error *err)
{
	__attribute__((cleanup(close_pipes))) struct pipes pipes = { { -1, -1 }, { -1, -1 }, -1 };
	IB_AUTO_BUFFER(options, 1 << 20);
	IB_AUTO_STRINGS(words);
	ib_autofree char *merged = NULL;
	ib_autofree char *upper = NULL;
	ib_autofree char *work = NULL;
	const char *text = sandbox->scriptlet->text;
	struct ib_sandbox_plan plan = { .memory_bytes = sandbox->memory_bytes,
					.file_bytes = sandbox->file_bytes,
					.seconds = sandbox->seconds };

	IB_TRY(make_arguments(sandbox, &words, err));
	IB_TRY(overlay_options(sandbox, &options, err));
	IB_TRY(make_folder(sandbox->scratch, "merged", &merged, err));
	IB_TRY(make_folder(sandbox->scratch, "upper", &upper, err));
	IB_TRY(make_folder(sandbox->scratch, "work", &work, err));
	IB_TRY(open_pipes(sandbox->seconds, &pipes, err));
	plan.arguments = words.items;
	plan.merged = merged;
	plan.options = ib_buffer_text(&options);
	plan.script = text && *text ? text : NULL;
	plan.script_size = text ? strlen(text) : 0;
	snprintf(plan.user_map, sizeof(plan.user_map), "0 %u 1", (unsigned)geteuid());
	snprintf(plan.group_map, sizeof(plan.group_map), "0 %u 1", (unsigned)getegid());
	return start(sandbox, &plan, &pipes, err);
}
