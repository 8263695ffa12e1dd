/* SPDX-License-Identifier: Apache-2.0 */
/*
 * machine - one QEMU with OVMF, judged by its serial console.
 *
 * No root, no network, no writes to the disks given (snapshot mode). The
 * firmware enforces Secure Boot with the variable store given; System
 * Management Mode protects the store as on real hardware. Serial logs stay on
 * disk when the machine is gone: a boot that failed must be readable later.
 */
#ifndef IB_VMTESTS_MACHINE_H
#define IB_VMTESTS_MACHINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/base.h"

struct machine_plan {
	const char *name;       /* for the log's file name */
	const char *log_folder; /* where NAME.serial and NAME.second go */
	const char *variables;  /* OVMF variable store; used through a private copy */
	const char *disks[4];   /* raw images in boot order; NULL ends */
	bool has_kvm;           /* what machine_probe_kvm() said */
	bool has_second_port;   /* ttyS1 goes to NAME.second */
};

struct machine;

int machine_start(const struct machine_plan *plan, struct machine **ret_machine,
		  struct ib_error *err) IB_MUST_CHECK;
/* Ends it, whatever it does. */
void machine_free(struct machine *machine);

/* What a machine said until one of the words came, it ended, or time was over. */
enum machine_end { MACHINE_SAID, MACHINE_STOPPED, MACHINE_TIME_OVER };

/*
 * Waits until the serial console shows one of words (NULL-terminated), and
 * gives its number in *ret_word. seconds is the limit for this wait alone.
 */
enum machine_end machine_wait(struct machine *machine, const char *const *words, unsigned seconds,
			      size_t *ret_word);
/* Waits until the machine ends by itself (guest power-off or, with -no-reboot, a reboot). */
enum machine_end machine_wait_end(struct machine *machine, unsigned seconds);

/* All that came so far, with escape sequences removed; the caller owns it. */
char *machine_console(const struct machine *machine);
char *machine_second_port(const struct machine *machine);
double machine_seconds(const struct machine *machine); /* since the start */

/* Whether hardware virtualisation really runs this kernel here, found out by trying. */
bool machine_probe_kvm(const char *kernel, const char *log_folder);

IB_DEFINE_AUTO(machine);

#endif
