/* SPDX-License-Identifier: Apache-2.0 */
/*
 * foreign_fields - keys of others' formats as tables (inside package/ only).
 *
 * A mapping is a table of fields, each with the member that it goes to. Reading
 * walks the mapping, and what no field names becomes an extra; writing walks the
 * fields, then the extras. A key without a value (null) is an extra as well, so
 * that it comes out as it went in.
 */
#ifndef IB_PACKAGE_FOREIGN_FIELDS_H
#define IB_PACKAGE_FOREIGN_FIELDS_H

#include "package/foreign.h"
#include "yaml/yaml.h"

#define IB_FOREIGN_MAX_BYTES (64U << 20)

enum ib_foreign_type {
	IB_FOREIGN_TEXT,     /* const char * */
	IB_FOREIGN_CHECKSUM, /* the same, "KIND:DIGEST" */
	IB_FOREIGN_SIZE,     /* uint64_t */
	IB_FOREIGN_PARENTS,  /* parents and parent_count of struct ib_foreign_item */
	IB_FOREIGN_OTHER,    /* read and written by its own function */
};

struct ib_foreign_field {
	const char *name;
	size_t offset;
	enum ib_foreign_type type;
	bool required;
};

struct ib_foreign_table {
	const char *what; /* "a package": for errors */
	const struct ib_foreign_field *fields;
	size_t count;
	size_t extras; /* offset */
};

struct ib_foreign_reader {
	struct ib_foreign *foreign;
	struct ib_error *err;
};

/* A row of the table of formats. */
struct ib_foreign_format {
	const char *name;
	bool (*is)(const struct ib_yaml_node *root);
	int (*read)(const struct ib_foreign_reader *reader, const struct ib_yaml_node *root);
	void (*put)(const struct ib_foreign *foreign, struct ib_buffer *b);
	int (*from_lock)(struct ib_foreign *foreign, const struct ib_foreign_origin *origins,
			 size_t count, struct ib_error *err);
};

/* foreign_manifest_make.c */
int ib_foreign_make_manifest(struct ib_foreign *foreign, const struct ib_foreign_origin *origins,
			     size_t count, struct ib_error *err) IB_MUST_CHECK;

extern const struct ib_foreign_format ib_foreign_rpms;
extern const struct ib_foreign_format ib_foreign_manifest;

/* Fails with IB_INPUT and the node's place. */
int ib_foreign_fail(const struct ib_foreign_reader *reader, const struct ib_yaml_node *node,
		    const char *fmt, ...) IB_PRINTF(3, 4);
/* base is what the table's offsets are of. */
int ib_foreign_read_fields(const struct ib_foreign_reader *reader,
			   const struct ib_foreign_table *table, const struct ib_yaml_node *node,
			   void *base) IB_MUST_CHECK;
/* node: NULL gives an empty list that is not there. */
int ib_foreign_read_items(const struct ib_foreign_reader *reader,
			  const struct ib_foreign_table *table, const struct ib_yaml_node *node,
			  struct ib_foreign_items *ret_items) IB_MUST_CHECK;
/* The value of a key that has one, or NULL. */
const struct ib_yaml_node *ib_foreign_get(const struct ib_yaml_node *node, const char *key);
int ib_foreign_expect(const struct ib_foreign_reader *reader, const struct ib_yaml_node *node,
		      const char *name, enum ib_yaml_kind kind) IB_MUST_CHECK;
/* Nothing written, ~ or null. */
bool ib_foreign_is_null(const struct ib_yaml_node *node);

/* ---- writing, in block style --------------------------------------------- */

struct ib_foreign_writer {
	struct ib_buffer *b;
	unsigned indent; /* of the next key */
	bool is_item;    /* the next key is the first one of an item */
};

/* "key:" at the beginning of a line. */
void ib_foreign_put_key(struct ib_foreign_writer *writer, const char *key);
/* " text", and the end of the line. */
void ib_foreign_put_text(struct ib_foreign_writer *writer, const char *text);
void ib_foreign_put_fields(struct ib_foreign_writer *writer, const struct ib_foreign_table *table,
			   const void *base);
void ib_foreign_put_extras(struct ib_foreign_writer *writer,
			   const struct ib_foreign_extras *extras);
/* A key and its items; nothing where the list is not there. */
void ib_foreign_put_items(struct ib_foreign_writer *writer, const char *key,
			  const struct ib_foreign_table *table,
			  const struct ib_foreign_items *items);

#endif
