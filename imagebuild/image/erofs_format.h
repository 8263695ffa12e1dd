/* SPDX-License-Identifier: Apache-2.0 */
/*
 * erofs_format - the numbers of the on-disk format (Linux: fs/erofs/erofs_fs.h;
 * Documentation/filesystems/erofs.rst). All fields are little-endian.
 *
 * Superblock, 128 bytes at byte 1024:
 *	0 magic  4 checksum  8 compatible features  12 block bits  14 root nid (16)
 *	16 inodes (64)  24 build time (64)  32 nanoseconds  36 blocks  40 metadata block
 *	44 shared attributes' block  48 uuid  64 volume name  80 incompatible features
 *	84 LZ4 distance (16), or with EROFS_INCOMPAT_CONFIGURED a bit for each algorithm
 *
 * Behind a superblock with that feature stands, for each of these algorithms, how many bytes
 * its configuration has (16) and the configuration, at multiples of 4:
 *	LZ4:  distance (16), most blocks of a cluster (16), 10 zeros
 *	zstd: 0, window as a power of two less 10 (8), 4 zeros
 *
 * Inode, compact (32 bytes) and extended (64 bytes):
 *	0 format: bit 0 extended, bits 1-3 layout   2 attribute words   4 mode
 *	compact:  6 links (16)  8 size (32)  16 block or device  20 number  24 uid (16)  26 gid (16)
 *	extended: 8 size (64)  16 block or device  20 number  24 uid  28 gid  32 mtime (64)
 *	          40 nanoseconds  44 links (32)
 */
#ifndef IB_IMAGE_EROFS_FORMAT_H
#define IB_IMAGE_EROFS_FORMAT_H

#define EROFS_MAGIC        0xe0f5e1e2U
#define EROFS_SUPER_OFFSET 1024U
#define EROFS_SUPER_BYTES  128U
#define EROFS_BLOCK_BITS   12U
#define EROFS_BLOCK        4096U
#define EROFS_SLOT         32U /* inodes are addressed in these */

#define EROFS_COMPAT_CHECKSUM       0x1U
#define EROFS_COMPAT_MTIME          0x2U
#define EROFS_INCOMPAT_LZ4_0PADDING 0x1U /* compressed data stand at the end of their blocks */
#define EROFS_INCOMPAT_CONFIGURED   0x2U /* also: clusters of several blocks */
#define EROFS_INCOMPAT_CHUNKS       0x4U
#define EROFS_INCOMPAT_PACKED_TAILS 0x10U /* kernels from 5.17 */
#define EROFS_LZ4_MAX_DISTANCE      65535U
#define EROFS_LZ4_CONFIG_BYTES      14U
#define EROFS_ZSTD_CONFIG_BYTES     6U

#define EROFS_INODE_COMPACT_BYTES  32U
#define EROFS_INODE_EXTENDED_BYTES 64U

enum erofs_layout {
	EROFS_LAYOUT_PLAIN = 0,
	EROFS_LAYOUT_COMPRESSED_FULL = 1,
	EROFS_LAYOUT_INLINE = 2,
	EROFS_LAYOUT_COMPRESSED_COMPACT = 3,
	EROFS_LAYOUT_CHUNKS = 4,
};

enum erofs_file_type {
	EROFS_TYPE_REGULAR = 1,
	EROFS_TYPE_DIRECTORY = 2,
	EROFS_TYPE_CHARACTER = 3,
	EROFS_TYPE_BLOCK = 4,
	EROFS_TYPE_FIFO = 5,
	EROFS_TYPE_SOCKET = 6,
	EROFS_TYPE_LINK = 7,
};

/* A directory block: entries (nid 64, name offset 16, type 8, 0), then names. */
#define EROFS_DIRENT_BYTES 12U

/* Attributes of an inode: header (0 filter, 4 shared count, 12 bytes), shared ids, entries. */
#define EROFS_XATTR_HEADER_BYTES 12U
#define EROFS_XATTR_ENTRY_BYTES  4U /* name length 8, prefix 8, value size 16 */

/*
 * Compressed: at the next multiple of 8 behind inode and attributes a header
 * (2 bytes of a packed tail, 4 advice, 6 algorithm, 7 cluster bits), then one index for each logical
 * cluster, then the packed tail: the last extent's bytes, without padding and within one block.
 */
#define EROFS_MAP_HEADER_BYTES  8U
#define EROFS_ADVISE_COMPACT_2B 0x1U
#define EROFS_ADVISE_BIG_CLUSTER \
	0x6U /* of compressed extents, and of those that are stored as they are */
#define EROFS_ADVISE_PACKED_TAIL 0x8U
#define EROFS_ADVISE_UNSUPPORTED 0xfff0U
#define EROFS_MAX_CLUSTER_BLOCKS 256U

enum erofs_algorithm {
	EROFS_ALGORITHM_LZ4 = 0,
	EROFS_ALGORITHM_ZSTD = 3,
};

/*
 * Chunks: the inode's word says how long they are, as a power of two of blocks; behind inode and
 * attributes stands the first block of each chunk, or in 8 bytes 0 (16), device (16) and the block.
 */
#define EROFS_CHUNK_BITS          0x1fU
#define EROFS_CHUNK_INDEXES       0x20U
#define EROFS_CHUNK_ADDRESS_BYTES 4U
#define EROFS_CHUNK_INDEX_BYTES   8U
#define EROFS_CHUNK_HOLE          0xffffffffU

enum erofs_cluster {
	EROFS_CLUSTER_PLAIN = 0,
	EROFS_CLUSTER_HEAD = 1,
	EROFS_CLUSTER_NONHEAD = 2,
};

#endif
