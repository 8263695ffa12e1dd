/* SPDX-License-Identifier: Apache-2.0 */
/*
 * foreign - package sets as other programs write them down.
 *
 * Two formats are read and written: rpms.lock.yaml (rpm-lockfile-prototype,
 * Hermeto, Renovate) and packages.manifest.yaml (libpkgmanifest, dnf5). Both come
 * into one model, struct ib_foreign, which keeps all that they carry: each
 * architecture with its packages, source packages and module metadata, the
 * repositories, and every key that has no member here, as it stood. What is
 * read and written again is the same document; comments and the way it was
 * spelled are no part of it.
 *
 * Two more formats, which ask for packages instead of naming them, are read only
 * and become a recipe: rpms.in.yaml and libpkgmanifest's packages.input. A lock
 * of others can become one too, which asks for all of its packages. A recipe
 * cannot say all that they can: each thing that is left out is told.
 *
 * YAML is read as narrowly as our own (yaml/yaml.h): anchors, tags and repeated
 * keys are refused with line and column, as is everything that is not of the
 * format.
 *
 * A format is a row of the table in foreign.c.
 */
#ifndef IB_PACKAGE_FOREIGN_H
#define IB_PACKAGE_FOREIGN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/base.h"
#include "package/lock.h"

#define IB_FOREIGN_NO_SIZE UINT64_MAX

struct ib_yaml_node;

/* A key without a member of its own, as it was read. */
struct ib_foreign_extra {
	const struct ib_yaml_node *key;
	const struct ib_yaml_node *value;
};

struct ib_foreign_extras {
	const struct ib_foreign_extra *items;
	size_t count;
};

/* A package, a source package or a file of module metadata; NULL: not said. */
struct ib_foreign_item {
	const char *name;
	const char *evr; /* "[epoch:]version-release" */
	const char *url;
	const char *repository; /* id */
	const char *location;   /* relative to the repository */
	const char *checksum;   /* "sha256:HEX", as written */
	const char *source_rpm; /* as written: with .rpm in an rpms.lock, without in a manifest */
	const char *module;     /* "nodejs:18" */
	uint64_t size;          /* bytes; IB_FOREIGN_NO_SIZE: not said */
	const char *const *parents; /* of noarch: the architectures that it is there for */
	size_t parent_count;
	struct ib_foreign_extras extras;
	uint32_t line; /* where it was read; 0: made */
	uint32_t column;
};

enum ib_foreign_list {
	IB_FOREIGN_PACKAGES,
	IB_FOREIGN_SOURCES,
	IB_FOREIGN_MODULES, /* module metadata */
	IB_FOREIGN_LISTS,
};

struct ib_foreign_items {
	const struct ib_foreign_item *items;
	size_t count;
	bool is_there; /* the list was written, be it empty */
};

/* What is for one architecture; in a manifest, packages built for "noarch" or "src" too. */
struct ib_foreign_part {
	const char *architecture;
	struct ib_foreign_items lists[IB_FOREIGN_LISTS];
	struct ib_foreign_extras extras;
};

struct ib_foreign_repository {
	const char *id;
	const char *baseurl; /* NULL: not said, as the next ones; one of them is */
	const char *metalink;
	const char *mirrorlist;
	struct ib_foreign_extras extras;
};

struct ib_foreign_format;

struct ib_foreign {
	const struct ib_foreign_format *format;
	const char *path;    /* as given; for errors */
	const char *version; /* of a manifest */
	const struct ib_foreign_part *parts;
	size_t part_count;
	const struct ib_foreign_repository *repositories; /* of a manifest */
	size_t repository_count;
	struct ib_foreign_extras extras;      /* of the whole */
	struct ib_foreign_extras data_extras; /* of a manifest's "data" */
	struct ib_yaml *yaml;                 /* owned; what was read, or NULL */
	struct ib_arena *arena;               /* owned */
};

/* By its name: "rpms.lock", "packages.manifest"; IB_INPUT names those that there are. */
int ib_foreign_format(const char *name, const struct ib_foreign_format **ret_format,
		      struct ib_error *err) IB_MUST_CHECK;
const char *ib_foreign_format_name(const struct ib_foreign_format *format);

/*
 * Reads a lock of others, whichever its contents say it is; anything else, and what
 * is wrong in it, is IB_INPUT with line and column.
 */
int ib_foreign_read(const char *path, struct ib_foreign **ret_foreign, struct ib_error *err)
	IB_MUST_CHECK;
/* Writes it in the format that it is of. */
void ib_foreign_put(const struct ib_foreign *foreign, struct ib_buffer *b);
void ib_foreign_free(struct ib_foreign *foreign);

/*
 * Appends a recipe made from a file that asks for packages, or from a lock: what a
 * recipe can say of it. *ret_left_out gets a sentence for each thing that it cannot.
 * Keys are for the user to add: no such file names them. Passwords are in none of it.
 * What was written is read again before it is handed out. IB_LIMIT: variables and
 * sentences would make more text of the file than a file may have.
 */
int ib_foreign_recipe(const char *path, struct ib_buffer *b, struct ib_strings *ret_left_out,
		      struct ib_error *err) IB_MUST_CHECK;

/*
 * Whatever a URL says of a user, "user:password@", is taken out of all URLs in the text:
 * passwords belong neither into recipes nor into locks nor into messages.
 */
bool ib_foreign_drop_users(char *text);
/* The URL itself where it has none, else a copy of the arena's. */
const char *ib_foreign_without_users(struct ib_arena *arena, const char *url);

/* A URL with what stands for the architecture in it, $arch or $basearch, replaced. */
const char *ib_foreign_expand(struct ib_arena *arena, const char *url, const char *architecture);

/* Where a repository of ours is; NULL: it has none of these. */
struct ib_foreign_place {
	const char *id;
	const char *baseurl;
	const char *metalink;
	const char *mirrorlist;
};

/* A part of a lock of ours, with its repositories. */
struct ib_foreign_origin {
	const struct ib_lock *lock;
	const struct ib_foreign_place *places;
	size_t place_count;
};

/*
 * All parts of a lock in the format. IB_INPUT: the format needs to know where a
 * repository is, and no place says it. Borrows from the lock and the places.
 */
int ib_foreign_from_lock(const struct ib_foreign_format *format,
			 const struct ib_foreign_origin *origins, size_t count,
			 struct ib_foreign **ret_foreign, struct ib_error *err) IB_MUST_CHECK;

IB_DEFINE_AUTO(ib_foreign);

#endif
