/* SPDX-License-Identifier: Apache-2.0 */
/*
 * yaml - one document of our own narrow YAML, as a tree of nodes with places.
 *
 * Read are mappings, sequences and scalars, in block and flow style. A scalar
 * is text and nothing else: "no" stays "no", 1.10 stays "1.10". Refused, each
 * with its place: anchors, aliases, tags, directives, merge keys, repeated
 * keys, keys that are not scalars, a second document, NUL and whatever is not
 * UTF-8 (IB_INPUT); more than the size that the caller allows, and nesting
 * deeper than IB_YAML_MAX_DEPTH (IB_LIMIT).
 *
 * Nodes live as long as their document. Lines and columns count from 1.
 *
 * For writing there is one function only, the spelling of a scalar: what it
 * writes reads back equal, here and by programs that guess types.
 */
#ifndef IB_YAML_H
#define IB_YAML_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/base.h"

#define IB_YAML_MAX_DEPTH 16

enum ib_yaml_kind { IB_YAML_SCALAR, IB_YAML_SEQUENCE, IB_YAML_MAPPING };

struct ib_yaml_node {
	enum ib_yaml_kind kind;
	uint32_t line;
	uint32_t column;
	const char *text; /* scalars only; "" where nothing is written */
	bool quoted;      /* scalars only */
	/* Sequences: the items. Mappings: values[i] belongs to keys[i], in the order written. */
	const struct ib_yaml_node *const *keys;
	const struct ib_yaml_node *const *values;
	size_t count;
};

struct ib_yaml {
	const char *path;                /* for errors, as given */
	const struct ib_yaml_node *root; /* never NULL */
	struct ib_arena *arena;          /* owned */
};

/* path is used in errors only. */
int ib_yaml_parse(const char *text, size_t size, const char *path, struct ib_yaml **ret_yaml,
		  struct ib_error *err) IB_MUST_CHECK;
/* The same for a file of at most max_size bytes. */
int ib_yaml_read(const char *path, size_t max_size, struct ib_yaml **ret_yaml, struct ib_error *err)
	IB_MUST_CHECK;
void ib_yaml_free(struct ib_yaml *yaml);

/* The value of a key, or NULL; node may be of any kind. */
const struct ib_yaml_node *ib_yaml_get(const struct ib_yaml_node *node, const char *key);
/* "a scalar", "a sequence", "a mapping": for errors. */
const char *ib_yaml_kind_name(enum ib_yaml_kind kind);

/* Fails with IB_INPUT, "PATH:LINE:COLUMN: " in front. */
int ib_yaml_fail(const char *path, const struct ib_yaml_node *node, struct ib_error *err,
		 const char *fmt, ...) IB_PRINTF(4, 5);

/*
 * Writes text, which is UTF-8, as a scalar that may stand in block and flow
 * collections: plain where that is safe and no reader could take it for a
 * number, a time, a boolean or null; else between double quotes. One line.
 */
void ib_yaml_put_scalar(struct ib_buffer *b, const char *text);
/* Whether a character is in it that stands in no line of ours but as an escape. */
bool ib_yaml_has_hidden(const char *text);

IB_DEFINE_AUTO(ib_yaml);

#endif
