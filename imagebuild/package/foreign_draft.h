/* SPDX-License-Identifier: Apache-2.0 */
/*
 * foreign_draft - a recipe that is being made from what others ask for (inside package/ only).
 *
 * What is said for some architectures only carries a mask of them, bit i for the
 * draft's architecture i. Whatever a recipe cannot say goes into left_out, with
 * its place: whoever reads a file says so for each thing that it passes over.
 */
#ifndef IB_PACKAGE_FOREIGN_DRAFT_H
#define IB_PACKAGE_FOREIGN_DRAFT_H

#include "package/foreign_fields.h"

enum { IB_DRAFT_ARCHITECTURES = 2 }; /* as many as recipes know */

enum ib_draft_list {
	IB_DRAFT_PACKAGES,
	IB_DRAFT_EXCLUDE,
	IB_DRAFT_MODULES,
	IB_DRAFT_LISTS,
};

struct ib_draft_item {
	const char *text;
	unsigned mask;
};

struct ib_draft_items {
	struct ib_draft_item *items; /* owned */
	size_t count;
	struct ib_map *by_text; /* number + 1, as a pointer; owned */
};

struct ib_draft_repository {
	const char *id;
	const char *kind; /* "url", "mirrorlist", "metalink" */
	const char *url;
	const char *note;  /* a comment beside it, or NULL */
	uint64_t priority; /* 0: not said */
	unsigned mask;
};

struct ib_draft {
	const char *path;
	struct ib_arena *arena;      /* borrowed */
	struct ib_strings *left_out; /* borrowed */
	struct ib_error *err;
	const char *architectures[IB_DRAFT_ARCHITECTURES];
	unsigned architecture_count;
	struct ib_draft_items lists[IB_DRAFT_LISTS];
	struct ib_draft_repository *repositories; /* owned */
	size_t repository_count;
	const struct ib_yaml_node *variables[8]; /* mappings, of an rpms.in.yaml */
	size_t variable_count;
	size_t spent; /* bytes of text that were made of the file, up to IB_FOREIGN_MAX_BYTES */
	bool is_over; /* more would have been made: nothing is added any more */
	bool weak_dependencies;
	bool multilib;
};

void ib_draft_done(struct ib_draft *draft);
/* False, and left out, when recipes are not for it. */
bool ib_draft_add_architecture(struct ib_draft *draft, const struct ib_yaml_node *node,
			       const char *architecture);
/* The bit of an architecture; 0: the draft has it not. */
unsigned ib_draft_bit(const struct ib_draft *draft, const char *architecture);
unsigned ib_draft_all(const struct ib_draft *draft);
void ib_draft_add(struct ib_draft *draft, enum ib_draft_list list, const char *text, unsigned mask);
/* The id as a recipe may have it. */
void ib_draft_add_repository(struct ib_draft *draft, const struct ib_yaml_node *node,
			     const struct ib_draft_repository *repository);
/* Counts text that is made of the file; false, and is_over, where it is too much of it. */
bool ib_draft_spend(struct ib_draft *draft, size_t size);
/* node may be NULL. URLs in the words lose their users. */
void ib_draft_leave_out(struct ib_draft *draft, const struct ib_yaml_node *node, const char *fmt,
			...) IB_PRINTF(3, 4);
void ib_draft_put(const struct ib_draft *draft, struct ib_buffer *b);
const char *ib_draft_list_key(enum ib_draft_list list);
/* Whether what is for the mask stands in the part of the architecture; NULL: at the top. */
bool ib_draft_belongs(const struct ib_draft *draft, unsigned mask, const char *architecture);
/* For belongs: a URL that says the architecture stands in each part. */
unsigned ib_draft_mask_of(const struct ib_draft *draft,
			  const struct ib_draft_repository *repository);

/* foreign_draft_check.c: IB_FAILED where the text, read as a recipe, is not what the draft says. */
int ib_draft_check(const struct ib_draft *draft, const char *text, size_t size,
		   struct ib_error *err) IB_MUST_CHECK;

/* foreign_asks.c */
bool ib_draft_is_rpms_in(const struct ib_yaml_node *root);
int ib_draft_read_rpms_in(struct ib_draft *draft, const struct ib_yaml_node *root) IB_MUST_CHECK;
/* foreign_asks_input.c */
bool ib_draft_is_input(const struct ib_yaml_node *root);
int ib_draft_read_input(struct ib_draft *draft, const struct ib_yaml_node *root) IB_MUST_CHECK;

/* foreign_asks_nodes.c: what both of these read. */
int ib_draft_fail(struct ib_draft *draft, const struct ib_yaml_node *node, const char *fmt, ...)
	IB_PRINTF(3, 4);
int ib_draft_expect(struct ib_draft *draft, const struct ib_yaml_node *node, const char *name,
		    enum ib_yaml_kind kind) IB_MUST_CHECK;
int ib_draft_read_flag(struct ib_draft *draft, const struct ib_yaml_node *node, const char *name,
		       bool *ret_flag) IB_MUST_CHECK;
/* A list of texts, or one text. */
int ib_draft_read_list(struct ib_draft *draft, const struct ib_yaml_node *node, const char *name,
		       enum ib_draft_list list) IB_MUST_CHECK;
int ib_draft_read_architectures(struct ib_draft *draft, const struct ib_yaml_node *node)
	IB_MUST_CHECK;
/* One more for a list; what a recipe does not understand is left out. */
void ib_draft_read_item(struct ib_draft *draft, const struct ib_yaml_node *node, const char *text,
			enum ib_draft_list list, unsigned mask);
/* A repository with its id under this key. */
int ib_draft_read_repository(struct ib_draft *draft, const struct ib_yaml_node *node,
			     const char *id_key) IB_MUST_CHECK;

/* One key of a file, and what becomes of it. */
struct ib_draft_key {
	const char *name;
	int (*read)(struct ib_draft *draft, const struct ib_yaml_node *value, const char *name);
	const char *left_out; /* where read is NULL: why */
};
/* Keys that are not in the table are errors; all are read in the table's order. */
int ib_draft_read_keys(struct ib_draft *draft, const struct ib_yaml_node *node,
		       const struct ib_draft_key *keys, size_t count, const char *what)
	IB_MUST_CHECK;

#endif
