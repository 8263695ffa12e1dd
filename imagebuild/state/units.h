/* SPDX-License-Identifier: Apache-2.0 */
/*
 * units - where the image's systemd units lie, and what their [Install] says.
 *
 * Inside state/ only. There are two worlds of units, the system's and the
 * users'; a struct ib_unit_world names the folders of one.
 */
#ifndef IB_STATE_UNITS_H
#define IB_STATE_UNITS_H

#include "state/context.h"

struct ib_unit_world {
	const char *name;           /* "system", "user" */
	const char *const *folders; /* first wins; the first one takes the links; NULL at the end */
	const char *presets;        /* "systemd/system-preset" */
};

struct ib_unit_install {
	struct ib_strings alias, wanted_by, required_by, upheld_by, also;
	char *default_instance; /* or NULL */
};

void ib_unit_install_done(struct ib_unit_install *install);

/* Whether a name is one of a unit: a known type, nothing strange in front. */
bool ib_unit_is_name(const char *name);
bool ib_unit_is_template(const char *name);
/* "foo@.service" of "foo@bar.service", else NULL; the caller owns it. */
char *ib_unit_template_of(const char *name);
/* "foo@bar.service" of "foo@.service". */
char *ib_unit_instance(const char *template_name, const char *instance);

/*
 * The unit's file (of an instance: its template's) in the first folder that
 * has it: its path in the arena, NULL where there is none or it is masked.
 */
const char *ib_unit_find(const struct ib_state *state, const struct ib_unit_world *world,
			 const char *name);
/* What [Install] of the unit and its drop-ins says, specifiers replaced for this name. */
int ib_unit_read_install(const struct ib_state *state, const struct ib_unit_world *world,
			 const char *name, struct ib_unit_install *ret_install,
			 struct ib_error *err) IB_MUST_CHECK;

#endif
