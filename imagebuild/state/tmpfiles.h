/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tmpfiles - lines of tmpfiles.d, and what an image carries of them.
 *
 * Inside state/ only. tmpfiles.c reads and orders the lines (tmpfiles.d.5),
 * tmpfiles_apply.c puts the paths. What lies below /run, /tmp, /dev, /proc and
 * /sys is made anew at each boot and never part of an image; lines for boot
 * only ("!") and what ages or removes have no place in one either.
 */
#ifndef IB_STATE_TMPFILES_H
#define IB_STATE_TMPFILES_H

#include "state/context.h"

struct ib_tmpfiles_line {
	char type;
	bool force;     /* + : replaces, or writes to what is there */
	bool on_create; /* the mode counts only where the path is new (":" in front) */
	bool user_on_create, group_on_create;
	bool masked; /* the mode is masked by the present one ("~") */
	bool has_mode;
	uint32_t mode;
	const char *path;
	const char *user, *group; /* names or numbers; NULL: as it is, else root */
	bool if_target;           /* a link only when what it names is there */
	const char *argument;     /* or NULL */
	const char *file;         /* where it stands */
	unsigned number;
	size_t order; /* of reading */
};

/* One line of text, at once. */
int ib_tmpfiles_apply_text(struct ib_state *state, const char *text, struct ib_error *err)
	IB_MUST_CHECK;
int ib_tmpfiles_apply(struct ib_state *state, const struct ib_tmpfiles_line *line,
		      struct ib_error *err) IB_MUST_CHECK;

#endif
