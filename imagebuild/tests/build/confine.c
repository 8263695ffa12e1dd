/* SPDX-License-Identifier: Apache-2.0 */
/*
 * confine - runs a command under a filter that kills it when it asks the
 * kernel for what an unprivileged build has no use for: namespaces, mounts,
 * owners, extended attributes, device nodes, other processes, other users.
 *
 * usage: confine COMMAND [ARGUMENT…]        ends as the command, or with 159 (SIGSYS)
 */
#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#ifndef CLONE_NEWTIME
#define CLONE_NEWTIME 0x80
#endif

/* Younger than the C library's headers may be; their numbers are the same everywhere. */
#define NUMBER_setxattrat     463
#define NUMBER_removexattrat  466
#define NUMBER_open_tree_attr 467

/* x32 calls are the same ones by another number. */
#define X32_BIT 0x40000000

#define NAMESPACES \
	(CLONE_NEWNS | CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNET | CLONE_NEWIPC | CLONE_NEWUTS | \
	 CLONE_NEWCGROUP | CLONE_NEWTIME)

/* io_uring is among them because its operations include setting attributes, past this filter. */
static const int killed[] = {
	/* namespaces and roots */
	SYS_unshare, SYS_setns, SYS_pivot_root, SYS_chroot,
	/* mounts, the old calls and the new ones */
	SYS_mount, SYS_umount2, SYS_fsopen, SYS_fsconfig, SYS_fsmount, SYS_fspick, SYS_open_tree,
	SYS_move_mount, SYS_mount_setattr, NUMBER_open_tree_attr,
	/* owners */
	SYS_chown, SYS_fchown, SYS_lchown, SYS_fchownat,
	/* extended attributes */
	SYS_setxattr, SYS_lsetxattr, SYS_fsetxattr, NUMBER_setxattrat, SYS_removexattr,
	SYS_lremovexattr, SYS_fremovexattr, NUMBER_removexattrat, SYS_io_uring_setup,
	/* device nodes */
	SYS_mknod, SYS_mknodat,
	/* other processes */
	SYS_ptrace, SYS_process_vm_readv, SYS_process_vm_writev,
	/* other users */
	SYS_setuid, SYS_setgid, SYS_setreuid, SYS_setregid, SYS_setresuid, SYS_setresgid,
	SYS_setfsuid, SYS_setfsgid, SYS_setgroups, SYS_capset
};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* A program that loads one word of struct seccomp_data after another; see seccomp(2). */
static size_t write_filter(struct sock_filter *filter)
{
	struct sock_filter *at = filter;
	size_t i = 0;

	*at++ = (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
					     offsetof(struct seccomp_data, arch));
	*at++ = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, AUDIT_ARCH_X86_64, 1, 0);
	*at++ = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS);
	*at++ = (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
					     offsetof(struct seccomp_data, nr));
	*at++ = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, X32_BIT, 0, 1);
	*at++ = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS);
	/* clone3 hides its flags from a filter; without it the C library uses clone */
	*at++ = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_clone3, 0, 1);
	*at++ = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOSYS);
	for (i = 0; i < COUNT(killed); i++) {
		*at++ = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (unsigned)killed[i],
						     0, 1);
		*at++ = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS);
	}
	*at++ = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_clone, 0, 3);
	*at++ = (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
					     offsetof(struct seccomp_data, args[0]));
	*at++ = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, NAMESPACES, 0, 1);
	*at++ = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS);
	*at++ = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
	return (size_t)(at - filter);
}

int main(int argc, char **argv)
{
	struct sock_filter filter[16 + 2 * COUNT(killed)];
	struct sock_fprog program = { .filter = filter };

	if (argc < 2) {
		fprintf(stderr, "usage: confine COMMAND [ARGUMENT…]\n");
		return 2;
	}
	program.len = (unsigned short)write_filter(filter);
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) ||
	    prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program)) {
		perror("confine");
		return 77;
	}
	execvp(argv[1], argv + 1);
	fprintf(stderr, "confine: could not run '%s': %s\n", argv[1], strerror(errno));
	return 127;
}
