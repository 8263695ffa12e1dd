/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Between fork and exec: namespaces, mounts, limits. Only system calls are made
 * here; what fails is told to the parent with its errno.
 */
#include "build/sandbox_child.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define NAMESPACES \
	(CLONE_NEWUSER | CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWNET | CLONE_NEWIPC | CLONE_NEWUTS)
#define PROCESSES_MAX 256

static void fail(const struct ib_sandbox_plan *plan, const char *step) __attribute__((noreturn));

static void fail(const struct ib_sandbox_plan *plan, const char *step)
{
	struct ib_sandbox_fault fault = { .error = errno };
	size_t length = IB_MIN(strlen(step), sizeof(fault.step) - 1);

	memcpy(fault.step, step, length);
	if (write(plan->report, &fault, sizeof(fault)) < 0)
		_exit(126);
	_exit(125);
}

static void put(const struct ib_sandbox_plan *plan, const char *path, const char *text,
		const char *step)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);

	if (fd < 0 || write(fd, text, strlen(text)) < 0)
		fail(plan, step);
	close(fd);
}

static void join(char path[PATH_MAX], const char *folder, const char *name)
{
	size_t length = strlen(folder);
	size_t rest = strlen(name);

	if (length + rest + 1 > PATH_MAX)
		_exit(126);
	/* The next copy brings the end. NOLINTNEXTLINE(bugprone-not-null-terminated-result) */
	memcpy(path, folder, length);
	memcpy(path + length, name, rest + 1);
}

static void mount_empty(const struct ib_sandbox_plan *plan, const char *name)
{
	char path[PATH_MAX];

	join(path, plan->merged, name);
	if (mount("tmpfs", path, "tmpfs", MS_NOSUID | MS_NODEV, "mode=0755,size=64m") < 0)
		fail(plan, "mounting an empty folder");
}

static void bind_device(const struct ib_sandbox_plan *plan, const char *name)
{
	char path[PATH_MAX];
	int fd = -1;

	join(path, plan->merged, name);
	fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
	if (fd < 0)
		fail(plan, "making a place for a device");
	close(fd);
	if (mount(name, path, NULL, MS_BIND, NULL) < 0)
		fail(plan, "binding a device");
}

static void write_script(const struct ib_sandbox_plan *plan)
{
	char path[PATH_MAX];
	size_t done = 0;
	int fd = -1;

	if (!plan->script)
		return;
	join(path, plan->merged, IB_SANDBOX_SCRIPT);
	fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0500);
	if (fd < 0)
		fail(plan, "writing the scriptlet");
	while (done < plan->script_size) {
		ssize_t size = write(fd, plan->script + done, plan->script_size - done);

		if (size <= 0)
			fail(plan, "writing the scriptlet");
		done += (size_t)size;
	}
	close(fd);
}

static void mount_all(const struct ib_sandbox_plan *plan)
{
	static const char *const devices[] = { "/dev/null", "/dev/zero", "/dev/full", "/dev/random",
					       "/dev/urandom" };
	size_t i = 0;

	if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
		fail(plan, "keeping mounts to itself");
	if (mount("overlay", plan->merged, "overlay", MS_NOSUID | MS_NODEV, plan->options) < 0)
		fail(plan, "mounting an overlay");
	mount_empty(plan, "/dev");
	mount_empty(plan, "/run");
	mount_empty(plan, "/tmp");
	mount_empty(plan, "/var/tmp");
	for (i = 0; i < IB_COUNT(devices); i++)
		bind_device(plan, devices[i]);
	write_script(plan);
}

static void limit(const struct ib_sandbox_plan *plan, int what, uint64_t most)
{
	const struct rlimit limits = { most, most };

	if (setrlimit((__rlimit_resource_t)what, &limits) < 0)
		fail(plan, "setting limits");
}

/* The first process of its namespace: the scriptlet itself. */
static void become_scriptlet(const struct ib_sandbox_plan *plan) __attribute__((noreturn));

static void become_scriptlet(const struct ib_sandbox_plan *plan)
{
	char *const environment[] = { (char[]){ "PATH=/usr/sbin:/usr/bin:/sbin:/bin" },
				      (char[]){ "HOME=/" }, (char[]){ "LC_ALL=C" },
				      (char[]){ "TZ=UTC" }, NULL };
	int root = -1;
	int null = -1;

	if (prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) < 0)
		fail(plan, "binding its life to ours");
	root = open(plan->merged, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (root < 0 || fchdir(root) < 0 || syscall(SYS_pivot_root, ".", ".") < 0 ||
	    umount2(".", MNT_DETACH) < 0 || fchdir(root) < 0)
		fail(plan, "changing the root");
	if (sethostname("image", 5) < 0)
		fail(plan, "naming the host");
	null = open("/dev/null", O_RDONLY | O_CLOEXEC);
	if (null < 0 || dup2(null, 0) < 0 || dup2(plan->output, 1) < 0 || dup2(plan->output, 2) < 0)
		fail(plan, "opening its input and output");
	limit(plan, RLIMIT_AS, plan->memory_bytes);
	limit(plan, RLIMIT_FSIZE, plan->file_bytes);
	limit(plan, RLIMIT_CPU, plan->seconds + 1);
	limit(plan, RLIMIT_CORE, 0);
	limit(plan, RLIMIT_NOFILE, 1024);
	limit(plan, RLIMIT_NPROC, PROCESSES_MAX);
	umask(022);
	errno = ib_sandbox_filter();
	if (errno)
		fail(plan, "setting a filter");
	execve(plan->arguments[0], plan->arguments, environment);
	fail(plan, "starting the interpreter");
}

void ib_sandbox_child(const struct ib_sandbox_plan *plan)
{
	int status = 0;
	pid_t first = 0;

	if (prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) < 0 || setsid() < 0)
		fail(plan, "binding its life to ours");
	if (unshare(NAMESPACES) < 0)
		fail(plan, "making namespaces");
	put(plan, "/proc/self/setgroups", "deny", "mapping accounts");
	put(plan, "/proc/self/uid_map", plan->user_map, "mapping accounts");
	put(plan, "/proc/self/gid_map", plan->group_map, "mapping accounts");
	mount_all(plan);
	first = fork();
	if (first < 0)
		fail(plan, "starting a process");
	if (!first)
		become_scriptlet(plan);
	if (waitpid(first, &status, 0) < 0)
		_exit(126);
	_exit(WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status));
}
