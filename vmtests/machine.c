/* SPDX-License-Identifier: Apache-2.0 */
#include "vmtests/machine.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define CONSOLE_MAX (8 << 20)
#define FIRMWARE    "/usr/share/OVMF/OVMF_CODE_4M.secboot.fd"

struct machine {
	pid_t pid; /* 0 once it was waited for */
	char *serial;
	char *second; /* or NULL */
	char *variables;
	int64_t started_ms;
};

static void pause_ms(long ms)
{
	struct timespec wait = { .tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000 };

	nanosleep(&wait, NULL);
}

static int spawn(const struct ib_strings *command, const char *output, pid_t *ret_pid,
		 struct ib_error *err)
{
	posix_spawn_file_actions_t actions;
	int r = 0;

	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
	posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, output,
					 O_WRONLY | O_CREAT | O_TRUNC, 0644);
	posix_spawn_file_actions_adddup2(&actions, STDOUT_FILENO, STDERR_FILENO);
	r = posix_spawnp(ret_pid, command->items[0], &actions, NULL, command->items, environ);
	posix_spawn_file_actions_destroy(&actions);
	if (r)
		return ib_fail_errno(err, r, "could not start '%s'", command->items[0]);
	return 0;
}

static int copy_variables(const struct machine_plan *plan, const char *copy, struct ib_error *err)
{
	IB_AUTO_BUFFER(store, 16 << 20);

	IB_TRY(ib_file_read(plan->variables, &store, err));
	return ib_file_write(copy, store.data, store.size, 0600, err);
}

static void add_words(struct ib_strings *command, const char *words)
{
	ib_strings_split(command, words, " ");
}

static void add_accelerator(struct ib_strings *command, bool has_kvm)
{
	add_words(command, has_kvm ? "-accel kvm -cpu host" : "-accel tcg,thread=multi -cpu max");
}

static void write_command(const struct machine_plan *plan, const struct machine *machine,
			  struct ib_strings *command)
{
	size_t i = 0;

	add_words(command,
		  "qemu-system-x86_64 -M q35,smm=on -m 1536 -smp 2 -nodefaults -nographic "
		  "-no-reboot -net none -global driver=cfi.pflash01,property=secure,value=on "
		  "-device virtio-rng-pci");
	add_accelerator(command, plan->has_kvm);
	ib_strings_add(command, "-drive");
	ib_strings_add(command, "if=pflash,format=raw,unit=0,readonly=on,file=" FIRMWARE);
	ib_strings_add(command, "-drive");
	ib_strings_addf(command, "if=pflash,format=raw,unit=1,file=%s", machine->variables);
	ib_strings_add(command, "-serial");
	ib_strings_addf(command, "file:%s", machine->serial);
	if (machine->second) {
		ib_strings_add(command, "-serial");
		ib_strings_addf(command, "file:%s", machine->second);
	}
	for (i = 0; i < IB_COUNT(plan->disks) && plan->disks[i]; i++) {
		ib_strings_add(command, "-drive");
		ib_strings_addf(command, "if=none,id=disk%zu,format=raw,snapshot=on,file=%s", i,
				plan->disks[i]);
		ib_strings_add(command, "-device");
		ib_strings_addf(command, "virtio-blk-pci,drive=disk%zu,bootindex=%zu", i, i + 1);
	}
}

int machine_start(const struct machine_plan *plan, struct machine **ret_machine,
		  struct ib_error *err)
{
	IB_AUTO(machine) machine = ib_alloc(sizeof(*machine));
	ib_autofree char *output = ib_strf("%s/%s.qemu", plan->log_folder, plan->name);
	IB_AUTO_STRINGS(command);

	machine->serial = ib_strf("%s/%s.serial", plan->log_folder, plan->name);
	machine->variables = ib_strf("%s/%s.variables", plan->log_folder, plan->name);
	if (plan->has_second_port)
		machine->second = ib_strf("%s/%s.second", plan->log_folder, plan->name);
	IB_TRY(copy_variables(plan, machine->variables, err));
	IB_TRY(ib_file_write(machine->serial, "", 0, 0644, err));
	write_command(plan, machine, &command);
	machine->started_ms = ib_clock_monotonic_ms();
	IB_TRY(spawn(&command, output, &machine->pid, err));
	*ret_machine = ib_take(machine);
	return 0;
}

void machine_free(struct machine *machine)
{
	if (!machine)
		return;
	if (machine->pid > 0) {
		kill(machine->pid, SIGKILL);
		waitpid(machine->pid, NULL, 0);
	}
	if (machine->variables)
		unlink(machine->variables);
	ib_free(machine->variables);
	ib_free(machine->serial);
	ib_free(machine->second);
	ib_free(machine);
}

/* Terminal control sequences (ECMA-48) would hide words from a search. */
static void remove_escapes(char *text)
{
	char *out = text;

	while (*text) {
		if (text[0] == '\033' && text[1] == '[') {
			text += 2;
			text += strspn(text, "0123456789;?=");
			text += *text != '\0';
		} else if (*text == '\r' || *text == '\033') {
			text++;
		} else {
			*out++ = *text++;
		}
	}
	*out = '\0';
}

static char *read_log(const char *path)
{
	struct ib_error err = IB_ERROR_INIT;
	IB_AUTO_BUFFER(log, CONSOLE_MAX + 1);
	size_t i = 0;

	log.max_size = CONSOLE_MAX;
	if (ib_file_read(path, &log, &err) < 0)
		ib_error_clear(&err); /* not there yet: nothing was said */
	log.max_size = CONSOLE_MAX + 1;
	for (i = 0; i < log.size; i++)
		if (!log.data[i])
			log.data[i] = '?';
	ib_buffer_text(&log);
	remove_escapes((char *)log.data);
	return ib_strdup((char *)log.data);
}

char *machine_console(const struct machine *machine)
{
	return read_log(machine->serial);
}

char *machine_second_port(const struct machine *machine)
{
	return machine->second ? read_log(machine->second) : ib_strdup("");
}

double machine_seconds(const struct machine *machine)
{
	return (double)(ib_clock_monotonic_ms() - machine->started_ms) / 1000.0;
}

static bool has_ended(struct machine *machine)
{
	if (machine->pid > 0 && waitpid(machine->pid, NULL, WNOHANG) == machine->pid)
		machine->pid = 0;
	return machine->pid == 0;
}

static bool find_word(const struct machine *machine, const char *const *words, size_t *ret_word)
{
	ib_autofree char *console = machine_console(machine);
	size_t i = 0;

	for (i = 0; words[i]; i++) {
		if (strstr(console, words[i])) {
			*ret_word = i;
			return true;
		}
	}
	return false;
}

enum machine_end machine_wait(struct machine *machine, const char *const *words, unsigned seconds,
			      size_t *ret_word)
{
	int64_t until = ib_clock_monotonic_ms() + (int64_t)seconds * 1000;

	while (true) {
		bool ended = has_ended(machine); /* asked first: its last words count */

		if (find_word(machine, words, ret_word))
			return MACHINE_SAID;
		if (ended)
			return MACHINE_STOPPED;
		if (ib_clock_monotonic_ms() >= until)
			return MACHINE_TIME_OVER;
		pause_ms(200);
	}
}

enum machine_end machine_wait_end(struct machine *machine, unsigned seconds)
{
	static const char *const nothing[] = { NULL };
	size_t word = 0;

	return machine_wait(machine, nothing, seconds, &word);
}

bool machine_probe_kvm(const char *kernel, const char *log_folder)
{
	static const char *const words[] = { "Linux version", NULL };
	struct ib_error err = IB_ERROR_INIT;
	IB_AUTO(machine) machine = ib_alloc(sizeof(*machine));
	ib_autofree char *output = ib_strf("%s/probe.qemu", log_folder);
	IB_AUTO_STRINGS(command);
	size_t word = 0;

	if (access("/dev/kvm", R_OK | W_OK))
		return false;
	machine->serial = ib_strf("%s/probe.serial", log_folder);
	add_words(&command,
		  "qemu-system-x86_64 -M q35 -m 256 -nodefaults -nographic -no-reboot -net none");
	add_accelerator(&command, true);
	ib_strings_add(&command, "-serial");
	ib_strings_addf(&command, "file:%s", machine->serial);
	ib_strings_add(&command, "-kernel");
	ib_strings_add(&command, kernel);
	ib_strings_add(&command, "-append");
	ib_strings_add(&command, "console=ttyS0 panic=-1");
	if (ib_file_write(machine->serial, "", 0, 0644, &err) < 0 ||
	    spawn(&command, output, &machine->pid, &err) < 0) {
		ib_error_clear(&err); /* no KVM then */
		return false;
	}
	return machine_wait(machine, words, 10, &word) == MACHINE_SAID;
}
