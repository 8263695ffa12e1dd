/* SPDX-License-Identifier: Apache-2.0 */
/* internal - what the files of this room share. */
#ifndef IB_RESOLVE_INTERNAL_H
#define IB_RESOLVE_INTERNAL_H

#include <stdio.h>

#include <solv/bitmap.h>
#include <solv/pool.h>
#include <solv/queue.h>
#include <solv/repo.h>
#include <solv/solver.h>

#include "resolve/resolve.h"

/* One repository in the pool, in the order of ids. */
struct ib_resolve_source {
	const struct ib_resolve_repository *given;
	size_t index; /* in the request */
	Repo *repo;
};

struct ib_resolver {
	const struct ib_resolve_request *request;
	Pool *pool;
	struct ib_resolve_source *sources;
	size_t source_count;
	Map considered; /* what nothing below hides */
	Map modular;    /* what is hidden because its module stream does not count */
	Map excluded;
	Map pinned;      /* what a pin does not let through */
	const Map *held; /* while the initrd is solved: what the root's versions let through */
	struct ib_resolve_modules *modules; /* owned; NULL: no repository has any */
	Queue kept_root;                    /* what shall stay, in the pool's numbers */
	Queue kept_initrd;
	Queue ended; /* pairs: number of a pin at its end, and the package that caught up */
	bool filelists_read;
	struct ib_strings *problems;
};

/* What the solver is asked for: pairs as libsolv wants them, and the wish behind each. */
struct ib_resolve_jobs {
	Queue queue;         /* how, what */
	const char **wishes; /* one for each pair; owned array of borrowed text */
	size_t count;
	const Queue *kept; /* of this set: who is among them need not be the best; or NULL */
};

/* cache.c: the packages of a repository, and later their file lists, from cache or XML. */
int ib_resolve_load_primary(struct ib_resolver *resolver, struct ib_resolve_source *sources,
			    size_t count, struct ib_error *err) IB_MUST_CHECK;
int ib_resolve_load_filelists(struct ib_resolver *resolver, struct ib_resolve_source *source,
			      struct ib_error *err) IB_MUST_CHECK;

/* solvfile.c: a file of the cache. */
struct ib_solv_file {
	struct ib_buffer buffer;
	const char *names; /* in buffer: one a line, sorted */
	size_t names_size;
	const char *solv; /* in buffer */
	size_t solv_size;
};
void ib_solv_file_done(struct ib_solv_file *file);
/* False when it is absent, damaged or was made from something else. */
bool ib_solv_file_read(const char *path, const char *cookie, struct ib_solv_file *ret_file);
/* Lays names and solv out in ret_file, as it would be read back. */
void ib_solv_file_make(const char *cookie, const char *names, size_t names_size, const char *solv,
		       size_t solv_size, struct ib_solv_file *ret_file);

/* bounded.c: a file, decompressed on the way, of which no more than limit bytes are read. */
struct ib_bounded {
	FILE *stream; /* to read from */
	FILE *inner;
	uint64_t left;
	bool exceeded; /* there was more */
};
/* limit 0: the most that is ever taken. The struct stays where it is until close. */
int ib_bounded_open(const char *path, uint64_t limit, struct ib_bounded *bounded,
		    struct ib_error *err) IB_MUST_CHECK;
/* IB_LIMIT when there was more to read than the limit. */
int ib_bounded_close(struct ib_bounded *bounded, const char *path, struct ib_error *err)
	IB_MUST_CHECK;

/* parse.c: XML to bytes of a .solv file, packages in canonical order. */
int ib_resolve_parse_primary(const struct ib_resolve_repository *repository, const char *cookie,
			     struct ib_solv_file *ret_file, struct ib_error *err) IB_MUST_CHECK;
int ib_resolve_parse_filelists(const struct ib_resolve_repository *repository, const char *path,
			       const struct ib_solv_file *primary, const char *cookie,
			       struct ib_solv_file *ret_file, struct ib_error *err) IB_MUST_CHECK;
/* Appends the packages (or, with extend, the file lists) in file to repo. */
int ib_resolve_add_solv(Repo *repo, const struct ib_solv_file *file, bool extend,
			struct ib_error *err) IB_MUST_CHECK;

/* wishes.c */
void ib_resolve_jobs_done(struct ib_resolve_jobs *jobs);
void ib_resolve_jobs_add(struct ib_resolve_jobs *jobs, Id how, Id what, const char *wish);
const char *ib_resolve_nearest(Pool *pool, const char *wish); /* a name like it, or NULL */
/* Appends what the words name, hidden or built for another machine too. */
void ib_resolve_select_all(Pool *pool, const char *words, Queue *packages);
int ib_resolve_add_wishes(struct ib_resolver *resolver, const struct ib_resolve_wishes *wishes,
			  struct ib_resolve_jobs *jobs, struct ib_error *err) IB_MUST_CHECK;

/* hidden.c: what the recipe hides, and why anything is hidden. */
#define IB_RESOLVE_BY_NAME (SELECTION_NAME | SELECTION_CANON | SELECTION_DOTARCH | SELECTION_REL)
struct ib_resolve_words {
	enum ib_absent why;
	char *text; /* owned */
	char *hint; /* owned */
};
void ib_resolve_words_done(struct ib_resolve_words *words);
void ib_resolve_apply_excludes(struct ib_resolver *resolver);
/* What the words select, hidden or not; false when it is nothing. */
bool ib_resolve_select_hidden(Pool *pool, const char *words, int flags, Queue *packages);

/* pins.c: also hides what lies in repositories that are not automatic. */
int ib_resolve_apply_pins(struct ib_resolver *resolver, struct ib_error *err) IB_MUST_CHECK;
/* The pin that hides the package; NULL: none. */
const struct ib_resolve_pin *ib_resolve_pin_of(const struct ib_resolver *resolver, Id package);
/* Fills the resolution's list of pins that are at their end. */
void ib_resolve_tell_ended(const struct ib_resolver *resolver, struct ib_resolution *resolution);

/* hidden.c */
/* False when nothing hides it. */
bool ib_resolve_tell_hidden(const struct ib_resolver *resolver, Id package,
			    struct ib_resolve_words *words);

/* modules.c: hides what belongs to streams that do not count. */
int ib_resolve_apply_modules(struct ib_resolver *resolver, struct ib_error *err) IB_MUST_CHECK;
void ib_resolve_modules_free(struct ib_resolve_modules *modules);
void ib_resolve_tell_modular(const struct ib_resolver *resolver, Id package, const char *who,
			     struct ib_resolve_words *words);
const char *ib_resolve_stream_of(const struct ib_resolver *resolver, Id package); /* or NULL */
const struct ib_strings *ib_resolve_streams(const struct ib_resolver *resolver);  /* or NULL */

/* keep.c: finds what shall stay, or makes it from its header. */
void ib_resolve_load_kept(struct ib_resolver *resolver);
bool ib_resolve_is_gone(const struct ib_resolver *resolver, Id package);

/* groups.c: the names that a group of comps brings; false when no repository has it. */
int ib_resolve_group_members(struct ib_resolver *resolver, const char *group,
			     struct ib_strings *members, bool *ret_found, struct ib_error *err)
	IB_MUST_CHECK;

/* paths.c: reads file lists when a reachable requirement or a wish names a path that needs them. */
bool ib_resolve_path_is_primary(const char *path);
bool ib_resolve_needs_filelists(struct ib_resolver *resolver, const struct ib_resolve_jobs *jobs);
int ib_resolve_read_filelists(struct ib_resolver *resolver, struct ib_error *err) IB_MUST_CHECK;

/* problems.c: what the solver could not do, as sentences; returns the failure. */
int ib_resolve_tell_problems(struct ib_resolver *resolver, Solver *solver,
			     const struct ib_resolve_jobs *jobs, const char *set,
			     struct ib_error *err);

/* names.c: packages in words. */
/* "name-[epoch:]version-release.arch" with an epoch only when not 0. */
const char *ib_resolve_nevra(Pool *pool, Id package);
/* "package 'NEVRA' (repository 'ID')"; the caller owns it. */
char *ib_resolve_describe(Pool *pool, Id package);
/* The name in a NEVRA; the caller owns it. */
char *ib_resolve_name_of(const char *nevra);
bool ib_resolve_is_in(const Queue *queue, Id id);

/* The first problem in words, and what to do about it; the caller owns both. */
char *ib_resolve_first_problem(struct ib_resolver *resolver, Solver *solver,
			       const struct ib_resolve_jobs *jobs, char **ret_hint);

/* resolve.c: begin, solve, end. */
struct ib_resolve_run {
	Queue chosen; /* sorted as the result is */
	struct ib_resolve_jobs jobs;
};
void ib_resolve_begin(struct ib_resolver *resolver, struct ib_resolve_run *root,
		      struct ib_resolve_run *initrd);
int ib_resolve_load_plain(struct ib_resolver *resolver, struct ib_error *err) IB_MUST_CHECK;
int ib_resolve_solve(struct ib_resolver *resolver, struct ib_resolve_run *root,
		     struct ib_resolve_run *initrd, struct ib_error *err) IB_MUST_CHECK;
void ib_resolve_end(struct ib_resolver *resolver, struct ib_resolve_run *root,
		    struct ib_resolve_run *initrd);
Solver *ib_resolve_new_solver(const struct ib_resolver *resolver);
void ib_resolve_take_chosen(Pool *pool, Solver *solver, Queue *chosen);

/* result.c */
void ib_resolve_run_done(struct ib_resolve_run *run);
int ib_resolve_compare(const void *a, const void *b, void *context); /* a Pool */
int ib_resolve_collect(struct ib_resolver *resolver, struct ib_resolve_run *root,
		       struct ib_resolve_run *initrd, struct ib_resolution **ret_resolution,
		       struct ib_error *err) IB_MUST_CHECK;

/* edges.c: which of these packages fulfil what others of them ask for. */
void ib_resolve_fill_edges(Pool *pool, const Queue *ids, struct ib_resolved_package *packages,
			   struct ib_arena *arena);

/* A metadata file, decompressed by what its first bytes say; NULL with errno. */
FILE *ib_open_metadata(const char *path);
bool ib_is_zchunk(const char *path);

#endif
