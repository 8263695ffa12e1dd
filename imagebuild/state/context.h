/* SPDX-License-Identifier: Apache-2.0 */
/*
 * context - what every generator has in hand: the tree, the facts, the plan.
 *
 * Inside state/ only. Texts that are read live as long as the run, texts that
 * are made go into the run's arena. Paths are of the image. What a generator
 * puts gets its name as origin.
 */
#ifndef IB_STATE_CONTEXT_H
#define IB_STATE_CONTEXT_H

#include "package/package.h"
#include "state/state.h"

struct ib_state {
	struct ib_tree *tree;
	const struct ib_state_plan *plan;
	struct ib_arena *arena;
	const char *generator; /* the one that is running */
	struct ib_state_accounts *accounts;
};

/* What was learnt of a regular file; NULL for one without facts. */
const struct ib_fact *ib_state_fact(const struct ib_state *state, const struct ib_node *node);
/* The content of a file, links followed; *ret_text is NULL where there is none. */
int ib_state_read(const struct ib_state *state, const char *path, const char **ret_text,
		  size_t *ret_size, struct ib_error *err) IB_MUST_CHECK;
int ib_state_read_node(const struct ib_state *state, const struct ib_node *node,
		       const char **ret_text, size_t *ret_size, struct ib_error *err) IB_MUST_CHECK;

/* A file that is there already keeps its owner. */
int ib_state_put_file(struct ib_state *state, const char *path, uint32_t mode, const void *data,
		      size_t size, struct ib_error *err) IB_MUST_CHECK;
/* The same; the tree takes the bytes over. */
int ib_state_take_file(struct ib_state *state, const char *path, uint32_t mode,
		       struct ib_buffer *content, struct ib_error *err) IB_MUST_CHECK;
int ib_state_put_text(struct ib_state *state, const char *path, uint32_t mode, const char *text,
		      struct ib_error *err) IB_MUST_CHECK;
int ib_state_put_link(struct ib_state *state, const char *path, const char *target,
		      struct ib_error *err) IB_MUST_CHECK;
/* A directory that is there already stays as it is. */
int ib_state_put_directory(struct ib_state *state, const char *path, uint32_t mode,
			   struct ib_error *err) IB_MUST_CHECK;

/*
 * The files of a configuration folder as systemd reads them: NAME below /etc,
 * /run, /usr/local/lib and /usr/lib, the first of each name wins, sorted by
 * name; empty ones and links to /dev/null hide. ret_paths are whole paths.
 */
void ib_state_config_files(const struct ib_state *state, const char *name, const char *suffix,
			   struct ib_strings *ret_paths);

/*
 * Splits off the next word of a line as systemd does: blanks between, "…" and
 * '…' around, \ escapes. NULL at the end, or when a quote is open (then
 * *text stays where it is and is not at the end).
 */
const char *ib_state_word(struct ib_arena *arena, const char **text);
/* The next line without its newline, moving *text on; NULL at the end. */
const char *ib_state_line(struct ib_arena *arena, const char **text);

/* Replaces % specifiers that do not depend on a running machine; NULL for others. */
int ib_state_specifiers(struct ib_state *state, const char *text, const char **ret_text,
			struct ib_error *err) IB_MUST_CHECK;
/* The value of KEY= in the image's os-release without quotes, or NULL. */
const char *ib_state_os_release(const struct ib_state *state, const char *key);

/* Whether the conditions in front of an effect hold: answered by the tree when the first one asks. */
bool ib_state_guard_holds(struct ib_state *state, const struct ib_guard *guard);

/* One effect of a scriptlet on a path; other kinds are nothing. */
int ib_state_scriptlet_path(struct ib_state *state, const struct ib_effect *effect,
			    struct ib_error *err) IB_MUST_CHECK;

/* The generators; see generators.c for their order. */
int ib_state_sysusers(struct ib_state *state, struct ib_error *err) IB_MUST_CHECK;
int ib_state_tmpfiles(struct ib_state *state, struct ib_error *err) IB_MUST_CHECK;
int ib_state_alternatives(struct ib_state *state, struct ib_error *err) IB_MUST_CHECK;
int ib_state_scriptlet_paths(struct ib_state *state, struct ib_error *err) IB_MUST_CHECK;
int ib_state_info(struct ib_state *state, struct ib_error *err) IB_MUST_CHECK;
int ib_state_crypto_policies(struct ib_state *state, struct ib_error *err) IB_MUST_CHECK;
int ib_state_shells(struct ib_state *state, struct ib_error *err) IB_MUST_CHECK;
int ib_state_identity(struct ib_state *state, struct ib_error *err) IB_MUST_CHECK;
int ib_state_machine_id(struct ib_state *state, struct ib_error *err) IB_MUST_CHECK;
int ib_state_presets(struct ib_state *state, struct ib_error *err) IB_MUST_CHECK;
int ib_state_sysctl_file(struct ib_state *state, struct ib_error *err) IB_MUST_CHECK;
int ib_state_hwdb(struct ib_state *state, struct ib_error *err) IB_MUST_CHECK;
int ib_state_certificates(struct ib_state *state, struct ib_error *err) IB_MUST_CHECK;
int ib_state_modules(struct ib_state *state, struct ib_error *err) IB_MUST_CHECK;
int ib_state_loader_cache(struct ib_state *state, struct ib_error *err) IB_MUST_CHECK;

#endif
