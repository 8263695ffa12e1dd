/* SPDX-License-Identifier: Apache-2.0 */
/* os-release and machine-id: who the image is, and who a machine becomes (os-release.5, machine-id.5). */
#include <string.h>
#include <sys/stat.h>

#include "state/context.h"

#define OS_RELEASE      "/usr/lib/os-release"
#define DBUS_MACHINE_ID "/var/lib/dbus/machine-id"

static bool sets(const char *line, const char *key)
{
	size_t length = strlen(key);

	return !strncmp(line, key, length) && line[length] == '=';
}

/* Keeps all that the distribution says, and says which image this is. */
int ib_state_identity(struct ib_state *state, struct ib_error *err)
{
	const struct ib_state_plan *plan = state->plan;
	IB_AUTO_BUFFER(out, 1 << 18);
	const char *text = NULL;
	const char *line = NULL;
	const char *path = OS_RELEASE;

	if (!plan->image_id)
		return 0;
	IB_TRY(ib_state_read(state, path, &text, NULL, err));
	if (!text) {
		path = "/etc/os-release";
		IB_TRY(ib_state_read(state, path, &text, NULL, err));
	}
	if (!text) {
		ib_fail(err, IB_INPUT, "no package brings " OS_RELEASE);
		ib_error_hint(err, "Add the distribution's release package to the recipe.");
		return -(int)err->kind;
	}
	while ((line = ib_state_line(state->arena, &text)))
		if (!sets(line, "IMAGE_ID") && !sets(line, "IMAGE_VERSION"))
			ib_buffer_putf(&out, "%s\n", line);
	ib_buffer_putf(&out, "IMAGE_ID=%s\n", plan->image_id);
	if (plan->image_version)
		ib_buffer_putf(&out, "IMAGE_VERSION=\"%s\"\n", plan->image_version);
	if (ib_tree_find(state->tree, path) &&
	    S_ISLNK(ib_tree_find(state->tree, path)->inode->mode))
		return ib_fail(err, IB_INPUT, "'%s' is a link; it must be a file", path);
	IB_TRY(ib_state_put_file(state, path, 0644, out.data, out.size, err));
	if (!strcmp(path, OS_RELEASE) && !ib_tree_find(state->tree, "/etc/os-release"))
		return ib_state_put_link(state, "/etc/os-release", "../usr/lib/os-release", err);
	return 0;
}

/*
 * No image carries the identity of a machine. An empty file on a read-only
 * /etc lets systemd mount a transient one over it; "uninitialized" on a
 * writable one makes the first boot write it.
 */
int ib_state_machine_id(struct ib_state *state, struct ib_error *err)
{
	const struct ib_node *there = ib_tree_find(state->tree, DBUS_MACHINE_ID);

	if (!there || !S_ISLNK(there->inode->mode)) /* a link to /etc/machine-id is no id */
		ib_tree_remove(state->tree, DBUS_MACHINE_ID);
	return ib_state_put_text(state, "/etc/machine-id", 0444,
				 state->plan->writable_etc ? "uninitialized\n" : "", err);
}
