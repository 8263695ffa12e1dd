/* SPDX-License-Identifier: Apache-2.0 */
/*
 * disk - the GPT disk image: what the Discoverable Partitions Specification
 * (UAPI.2) lets firmware and systemd find by themselves.
 *
 * Partitions start at multiples of 1 MiB and have sizes that are multiples of
 * 1 MiB; with each identifier given, the same contents give the same bytes. UUIDs are in
 * the order in which they are written as text.
 */
#ifndef IB_BOOT_DISK_H
#define IB_BOOT_DISK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/base.h"
#include "boot/fat.h"
#include "crypto/crypto.h"

#define IB_DISK_MAX_PARTITIONS 128

enum ib_partition_kind {
	IB_PARTITION_ESP,
	IB_PARTITION_ROOT,
	IB_PARTITION_ROOT_VERITY,
	IB_PARTITION_ROOT_VERITY_SIG,
	IB_PARTITION_OTHER, /* when reading: none of these */
};

/* Attribute bits of systemd's partitions. */
#define IB_PARTITION_GROW      (1ULL << 59)
#define IB_PARTITION_READ_ONLY (1ULL << 60)
#define IB_PARTITION_NO_AUTO   (1ULL << 63)

struct ib_partition {
	enum ib_partition_kind kind;
	uint8_t uuid[16];
	const char *label; /* at most 36 characters */
	uint64_t attributes;
	uint64_t size; /* at least so many bytes; 0: as many as the content needs */
	/* The content, one of the three; what is left of the partition is zeros. */
	const struct ib_fat *fat;
	const void *data; /* content_size bytes */
	int fd;           /* the first content_size bytes, when neither fat nor data is there */
	uint64_t content_size;
};

struct ib_disk {
	const char *architecture; /* "x86_64", "aarch64" */
	uint8_t uuid[16];
	const struct ib_partition *partitions;
	size_t partition_count;
	/*
	 * Called, unless NULL, when all but the partitions that are files is written: the spans are the
	 * whole disk then, with those partitions still in their files. Borrowed for the call.
	 */
	void (*made)(void *context, const struct ib_span *spans, size_t count);
	void *context;
};

/* Writes a whole disk to fd, which is empty; name is for errors. Needs no rights. */
int ib_disk_write(const struct ib_disk *disk, int fd, const char *name, struct ib_error *err)
	IB_MUST_CHECK;

/* The partition's type for an architecture, as text; NULL for one that we do not know. */
const char *ib_partition_type(enum ib_partition_kind kind, const char *architecture);
/* The UUIDs of root and its hash tree: the two halves of what follows from the root hash. */
void ib_partition_root_uuids(const uint8_t root_hash[IB_SHA256_SIZE], uint8_t data[16],
			     uint8_t verity[16]);
/*
 * Appends what the signature partition holds: JSON with root hash, signature
 * (DER PKCS#7 over the hash's hex text) and fingerprint of the signer, padded to 4096.
 */
void ib_partition_signature(const uint8_t root_hash[IB_SHA256_SIZE], const struct ib_buffer *cms,
			    const struct ib_certificate *certificate, struct ib_buffer *content);

/* A partition as it was found on a disk. */
struct ib_disk_partition {
	enum ib_partition_kind kind;
	char type[37];
	uint8_t uuid[16];
	char label[36 * 4 + 1]; /* UTF-8 */
	uint64_t attributes;
	uint64_t offset, size; /* in bytes */
};

struct ib_disk_table {
	uint8_t uuid[16];
	struct ib_disk_partition partitions[IB_DISK_MAX_PARTITIONS];
	size_t partition_count;
};

/*
 * Reads the GPT with sectors of 512 bytes. What is damaged, overlaps or lies outside the file is IB_INPUT: the
 * second copy of the table must say the same. The caller frees *ret_table with ib_free().
 */
int ib_disk_read(int fd, const char *name, struct ib_disk_table **ret_table, struct ib_error *err)
	IB_MUST_CHECK;
/* The only partition of a kind; NULL when there is none, or several. */
const struct ib_disk_partition *ib_disk_find(const struct ib_disk_table *table,
					     enum ib_partition_kind kind);

#endif
