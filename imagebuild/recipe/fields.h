/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fields - what a table of keys is made of (inside recipe/ only).
 *
 * A mapping of the recipe is a struct ib_recipe_table: its fields say which
 * key goes to which member of a struct, and of which type it is. A type is
 * three verbs over a member: read it from YAML, write it as canonical JSON,
 * describe it as JSON Schema. So one row makes a key known to the parser, to
 * "Did you mean", to the seed, to editors and to the test of the manual page.
 */
#ifndef IB_RECIPE_FIELDS_H
#define IB_RECIPE_FIELDS_H

#include "recipe/recipe.h"
#include "yaml/yaml.h"

#define IB_RECIPE_NOWHERE SIZE_MAX

/* The file being read, and where what it says goes. */
struct ib_recipe_reader {
	struct ib_arena *arena;
	const char *file;   /* for marks and errors; in the arena */
	const char *folder; /* what relative paths in it start from */
};

/* What a text must look like: one pattern for us (POSIX extended) and for the schema. */
struct ib_recipe_rule {
	const char *pattern;      /* or NULL */
	const char *const *words; /* or NULL: the only texts allowed, ends with NULL */
	const char *what;         /* "a unit name with its suffix": follows "is not" */
	const char *hint;         /* or NULL */
};

struct ib_recipe_type;
struct ib_recipe_table;

struct ib_recipe_field {
	const char *name;
	size_t offset; /* of the member in the table's struct */
	const struct ib_recipe_type *type;
	const char *summary;                 /* for the schema; the manual says the same */
	const struct ib_recipe_rule *rule;   /* of a text, or of each item of a list */
	const struct ib_recipe_table *table; /* of a mapping, or of each item of a list */
	size_t written;                      /* paths: the member that keeps the text as written */
	uint64_t min, max;
	bool required;
	bool whole; /* stands in a recipe only, not in a part for one architecture */
};

struct ib_recipe_table {
	const char *what; /* "repository": for errors */
	const struct ib_recipe_field *fields;
	size_t count;
	/* For lists of mappings. */
	size_t size;              /* of the struct */
	size_t mark;              /* offset of its struct ib_mark */
	size_t identity;          /* offset of the text that no two may share, or NOWHERE */
	void (*init)(void *base); /* defaults, or NULL */
};

struct ib_recipe_type {
	int (*read)(const struct ib_recipe_reader *reader, const struct ib_recipe_field *field,
		    const struct ib_yaml_node *node, void *base, struct ib_error *err);
	/* NULL: no part of the canonical text. */
	void (*write)(const struct ib_recipe_field *field, const void *base,
		      struct ib_buffer *json);
	void (*describe)(const struct ib_recipe_field *field, struct ib_buffer *json);
};

extern const struct ib_recipe_type ib_recipe_text;     /* const char * */
extern const struct ib_recipe_type ib_recipe_flag;     /* bool */
extern const struct ib_recipe_type ib_recipe_number;   /* uint32_t, min to max */
extern const struct ib_recipe_type ib_recipe_size;     /* uint64_t bytes, written 250M */
extern const struct ib_recipe_type ib_recipe_account;  /* int64_t: a user's or group's number */
extern const struct ib_recipe_type ib_recipe_choice;   /* an enum whose values index rule->words */
extern const struct ib_recipe_type ib_recipe_path;     /* const char *, relative to its file */
extern const struct ib_recipe_type ib_recipe_url;      /* const char *, or a path like the above */
extern const struct ib_recipe_type ib_recipe_origins;  /* the same, outside of the canonical text */
extern const struct ib_recipe_type ib_recipe_urls;     /* list; one may be written alone */
extern const struct ib_recipe_type ib_recipe_texts;    /* struct ib_recipe_list */
extern const struct ib_recipe_type ib_recipe_aside;    /* the same, no part of the canonical text */
extern const struct ib_recipe_type ib_recipe_mapping;  /* struct at offset, by field->table */
extern const struct ib_recipe_type ib_recipe_mappings; /* pointer and count, by field->table */
extern const struct ib_recipe_type ib_recipe_mappings_aside; /* no part of the canonical text */
extern const struct ib_recipe_type ib_recipe_settings; /* pointer and count of name and value */
/* Keys that recipe/read.c acts upon before the others are read. */
extern const struct ib_recipe_type ib_recipe_format;
extern const struct ib_recipe_type ib_recipe_include;
extern const struct ib_recipe_type ib_recipe_parts;

/* The two tables of a recipe file: all keys, and those of a part for one architecture. */
extern const struct ib_recipe_table ib_recipe_table_root;
extern const char *const ib_recipe_architectures[]; /* ends with NULL */

/* Reads all pairs of a mapping into base; part: inside a part for one architecture. */
int ib_recipe_read_pairs(const struct ib_recipe_reader *reader, const struct ib_recipe_table *table,
			 const struct ib_yaml_node *node, bool part, void *base,
			 struct ib_error *err) IB_MUST_CHECK;
/* Fails unless node is of this kind; name is the key's. */
int ib_recipe_expect(const struct ib_recipe_reader *reader, const char *name,
		     const struct ib_yaml_node *node, enum ib_yaml_kind kind, struct ib_error *err)
	IB_MUST_CHECK;
/* A scalar's text, held against the rule (which may be NULL) and put into the arena. */
int ib_recipe_read_text(const struct ib_recipe_reader *reader, const char *name,
			const struct ib_recipe_rule *rule, const struct ib_yaml_node *node,
			const char **ret_text, struct ib_error *err) IB_MUST_CHECK;
struct ib_mark ib_recipe_mark(const struct ib_recipe_reader *reader,
			      const struct ib_yaml_node *node);
/* Fails with IB_INPUT, the mark in front. */
int ib_recipe_fail(struct ib_mark mark, struct ib_error *err, const char *fmt, ...) IB_PRINTF(3, 4);

/* JSON, without white space: the keys of a struct in the order of their names. */
void ib_recipe_write_fields(const struct ib_recipe_table *table, const void *base,
			    struct ib_buffer *json);
void ib_recipe_write_text(struct ib_buffer *json, const char *text); /* NULL: null */
/* {"type":"object",…} */
void ib_recipe_describe_table(const struct ib_recipe_table *table, bool part,
			      struct ib_buffer *json);
/* "type":"string" and what the rule says. */
void ib_recipe_describe_rule(const struct ib_recipe_rule *rule, struct ib_buffer *json);

#endif
