/* SPDX-License-Identifier: Apache-2.0 */
/*
 * node - one path of the root file system, and where its bytes lie.
 *
 * A directory's children are sorted by name, by byte. Hard links are several
 * names (struct ib_node each) of one struct ib_inode.
 */
#ifndef IB_TREE_NODE_H
#define IB_TREE_NODE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/base.h"

/* Where a path comes from: every path of an image has exactly one. */
enum ib_origin_kind {
	IB_ORIGIN_NONE,      /* a directory that nobody claimed (yet) */
	IB_ORIGIN_PACKAGE,   /* name: the package's NEVRA */
	IB_ORIGIN_OVERLAY,   /* name: the overlay as the recipe names it */
	IB_ORIGIN_GENERATOR, /* name: of the generator: "sysusers", "ldconfig", … */
};

struct ib_origin {
	enum ib_origin_kind kind;
	const char *name; /* in the tree's arena */
};

/* Where the content of a regular file lies. */
enum ib_content_kind {
	IB_CONTENT_EMPTY,   /* no bytes */
	IB_CONTENT_BUFFER,  /* data, size: in memory */
	IB_CONTENT_PAYLOAD, /* in the payload of a package: see source.h */
	IB_CONTENT_ABSENT,  /* only size and digest are known: read from a listing or an image */
};

struct ib_xattr {
	const char *name; /* "security.capability" */
	const void *value;
	size_t size;
};

struct ib_inode {
	uint32_t mode; /* with the type bits */
	uint32_t uid;
	uint32_t gid;
	uint32_t link_count; /* regular files: names in the tree; directories: 2 + subdirectories */
	int64_t mtime;
	uint64_t size; /* of a regular file's content, or of a link's target */
	uint32_t rdev_major, rdev_minor;
	const char *link;        /* symbolic links: the target */
	const char *user;        /* names as the package or overlay gives them, until resolved; */
	const char *group;       /* NULL: uid and gid are final */
	struct ib_xattr *xattrs; /* sorted by name */
	size_t xattr_count;
	struct ib_origin origin;

	const void *data; /* IB_CONTENT_BUFFER */
	enum ib_content_kind content;
	uint32_t package; /* what a package laid down: its number, and… */
	uint32_t file;    /* …the index of the file in it (of hard links: the one with content) */
	bool has_sha256;  /* known after the content was streamed (or given) */
	uint8_t sha256[32];
	uint8_t sha1[20]; /* beside sha256, for SPDX */
	uint64_t number;  /* free for the sink that numbers inodes */
	void *sink;       /* free for the sink: what it keeps for this inode */
};

struct ib_node {
	const char *name; /* one component; "" for the root */
	struct ib_node *parent;
	struct ib_inode *inode;
	struct ib_node **children; /* directories: sorted by name */
	size_t child_count;
};

#endif
