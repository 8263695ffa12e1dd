/* SPDX-License-Identifier: Apache-2.0 */
/*
 * writer - what the files of the EROFS writer share.
 *
 * Contents are cut into segments. A ring of slots, in the order of the image, is
 * the window: the feeding thread fills a slot and adds a job; when the window is
 * full it waits for the oldest slot and gives what that holds its place in the image. So the order of
 * blocks is the order of contents, whichever worker was first. What segments hold is written then, what
 * entries of the cache hold is copied by a worker; the slot is free again when its blocks are in the image.
 * Segments lie in one ring of memory, whose size bounds what is in flight.
 */
#ifndef IB_IMAGE_WRITER_H
#define IB_IMAGE_WRITER_H

#include "compress/compress.h"
#include "crypto/crypto.h"
#include "image/erofs.h"
#include "image/erofs_format.h"

/* A multiple of the block size, so that segments can be compressed on their own. */
#define SEGMENT_BYTES ((size_t)2 << 20)
#define SLOT_COUNT    1024U

/* Behind blocks only a tail that leaves room for attributes may be inline: see relocate(). */
#define IB_MAX_TAIL_BEHIND_BLOCKS 3072U

/*
 * A packed tail is never longer: an index ends at a multiple of 8, an inode begins at one of 32, so that
 * tail can begin 24 bytes behind the begin of a block at the worst.
 */
#define IB_MAX_PACKED_TAIL 4072U

/*
 * One extent: how many bytes it holds (a segment at most), in how many blocks, less one, and the top
 * bit when they are stored as they are. The last one of a compressed content with a tail has no blocks
 * but that: it counts as one.
 */
#define EXTENT_RAW          0x80000000U
#define EXTENT_BLOCKS       0x7fc00000U
#define EXTENT_BLOCKS_SHIFT 22U
#define EXTENT_SIZE         0x003fffffU

/* Contents with holes: runs of chunks, the top bit when they are left out. A segment holds whole chunks. */
#define IB_CHUNK_BYTES ((size_t)64 << 10)
#define RUN_HOLE       0x80000000U

/* A content that is stored once, whatever has it. */
struct content {
	uint64_t size;
	uint32_t start_block;
	uint32_t block_count;
	uint32_t *
		extents; /* owned; of a compressed content, in order; or runs of chunks; else NULL */
	size_t extent_count;
	bool is_compressed;
	bool is_chunked;
	uint32_t tail_size; /* what follows the blocks lies in the spool */
	uint64_t tail_offset;
	bool has_sha256; /* known before it was read: from a verified header */
	uint8_t sha256[32];
	uint8_t sha1[20];
};

/* The digests of a content of several segments, and whose turn it is to add to them. */
struct hashing {
	struct ib_digest *sha256; /* NULL where it is known */
	struct ib_digest *sha1;   /* the same where it is not wanted */
	struct ib_turn *turn;
};

struct replay;

struct segment {
	struct ib_erofs_writer *writer;
	struct replay
		*replay; /* owned; all of a package's contents at once, and nothing else here */
	struct content *content;
	struct hashing *
		hashing; /* NULL: the segment is the whole content, or nothing is asked; freed with the last */
	uint64_t number; /* in its content */
	bool is_last;
	uint8_t *input; /* in the ring */
	size_t input_size;
	uint8_t *room;      /* in the ring: for as many blocks as the input has */
	uint8_t *output;    /* room, once there are blocks in it; else NULL */
	size_t output_size; /* whole blocks… */
	size_t tail_size;   /* …and behind them a tail that is packed, the last extent */
	uint32_t *extents;  /* owned */
	size_t extent_count;
	bool has_compressed; /* an extent that is not raw, nor the tail */
	bool ends_region;    /* and nothing else is here */
	uint64_t end_block;  /* of the image, behind its blocks, once they have their place */
	struct ib_turn *done;
	uint64_t uses; /* how often the slot was filled: what done counts up to */
};

struct ib_erofs_writer {
	char *path;
	int fd;
	struct ib_tree *tree;
	struct ib_erofs_params params;
	char volume_name[16];
	struct ib_erofs_totals totals;
	uint64_t next_block;
	uint64_t region_start; /* the block at which the region begins that is being written */

	/* the window */
	struct ib_threads *threads;
	struct ib_threads
		*copier; /* of entries' blocks: one, as a file takes one write at a time */
	struct ib_pool *compressors; /* struct compressor */
	struct segment *slots;
	uint64_t filled;  /* how many slots were ever filled, … */
	uint64_t placed;  /* … got their place in the image … */
	uint64_t retired; /* … and are written */
	struct ib_ring *ring;
	size_t replays_in_flight;

	/* the cache of blocks */
	const struct ib_block_cache *cache; /* NULL: none */
	struct keeping *keepings;           /* what had no entry */
	size_t keeping_count;

	/* what was stored */
	struct content **contents;
	size_t content_count;
	struct ib_by_sha256 *by_sha256; /* of those whose digest was known before they were read */

	/* tails */
	int spool;
	uint64_t spool_size;
	struct ib_buffer spool_buffer;

	/* the content that is being fed */
	const struct ib_content_sink *observer;
	bool observer_wants;
	uint32_t current_file;
	struct content *current;
	struct hashing *current_hashing;
	uint64_t current_left; /* bytes that are still to come */
	uint64_t current_number;
	uint8_t *input; /* in the ring */
	size_t input_size, input_capacity;
};

/* A file of a package, and where the content that it has lies before any of it is moved. */
struct kept_file {
	struct content *content;
	uint64_t tail_offset;
	uint32_t file;
	uint32_t start_block, block_count, tail_size;
};

/* What goes into an entry. */
struct keeping {
	struct ib_erofs_writer *writer;
	struct ib_block_subject subject;
	struct kept_file *files; /* owned; in the order of the payload */
	size_t file_count;
};

/* ---- erofs_fill.c ---- */
struct compressor;
struct compressor *ib_compressor_new(const struct ib_erofs_params *params);
void ib_compressor_free(struct compressor *compressor);
/* Extents and their blocks. */
void ib_segment_compress(struct segment *segment, struct compressor *compressor);
/* The level that counts where none was given; 0 where there are none. */
int ib_erofs_level(const struct ib_erofs_params *params);
unsigned ib_zstd_window_log(const struct ib_erofs_params *params);

/* ---- erofs_compress.c ---- */
/* The job: compresses and digests a struct segment. */
void ib_segment_run(void *argument);
void ib_segment_release(struct segment *segment);
void ib_hashing_free(struct hashing *hashing);

/* ---- erofs_window.c ---- */
struct ib_ring *ib_window_ring(size_t workers);
/* Room for a segment, as writer->input. */
int ib_window_reserve(struct ib_erofs_writer *writer, size_t capacity, struct ib_error *err)
	IB_MUST_CHECK;
/* What was fed into it goes to a worker. */
int ib_window_submit(struct ib_erofs_writer *writer, struct ib_error *err) IB_MUST_CHECK;
/* A slot for a whole package from the cache; it is written in its turn. Takes replay. */
int ib_window_submit_replay(struct ib_erofs_writer *writer, struct replay *replay,
			    struct ib_error *err) IB_MUST_CHECK;
/* What was fed ends a region of the layout: its slack follows. */
int ib_window_end_region(struct ib_erofs_writer *writer, struct ib_error *err) IB_MUST_CHECK;
/* Leaves the slack of the region whose blocks are all written; the next begins behind it. */
void ib_writer_pad_region(struct ib_erofs_writer *writer);
/* Writes all that is in flight: from now on the digests of all contents are known. */
int ib_window_drain(struct ib_erofs_writer *writer, struct ib_error *err) IB_MUST_CHECK;
/* At the next block; what is missing to whole blocks reads as zeros. */
int ib_writer_append(struct ib_erofs_writer *writer, const void *data, size_t size,
		     struct ib_error *err) IB_MUST_CHECK;
int ib_spool_read(struct ib_erofs_writer *writer, void *data, size_t size, uint64_t offset,
		  struct ib_error *err) IB_MUST_CHECK;
int ib_spool_put(struct ib_erofs_writer *writer, const void *data, size_t size,
		 struct ib_error *err) IB_MUST_CHECK;
int ib_spool_flush(struct ib_erofs_writer *writer, struct ib_error *err) IB_MUST_CHECK;

/* ---- erofs_stream.c ---- */
struct content *ib_writer_find_content(const struct ib_erofs_writer *writer,
				       const uint8_t sha256[32]);
/* The content is the writer's, found by its digest from now on. */
void ib_writer_add_content(struct ib_erofs_writer *writer, struct content *content);
/* Feeds the content of an inode that lies in a buffer. */
int ib_writer_feed_buffer(struct ib_erofs_writer *writer, struct ib_inode *inode,
			  struct ib_error *err) IB_MUST_CHECK;

/* ---- blocks_read.c: entries of the cache that are used ---- */
/* An entry that is being held against its digest, ahead of its turn. */
struct lookup {
	struct ib_block_subject subject;
	struct ib_inode *generated;  /* that has the content; NULL: the subject is a package */
	struct ib_block_entry entry; /* fd -1: none */
	struct ib_turn *checked;     /* NULL: none */
	bool is_good;
};
/* Begins to check what the subject has; nothing found is no failure. */
int ib_lookup_begin(struct ib_erofs_writer *writer, struct lookup *lookup, struct ib_error *err)
	IB_MUST_CHECK;
/* Uses it where it is good; else *ret_used is false and the contents have to be fed. */
int ib_lookup_use(struct ib_erofs_writer *writer, struct lookup *lookup, bool *ret_used,
		  struct ib_error *err) IB_MUST_CHECK;
void ib_lookup_done(struct lookup *lookup);
/* The next blocks of the image are those of its contents, and a worker begins to copy them. */
int ib_replay_place(struct ib_erofs_writer *writer, struct replay *replay, struct ib_error *err)
	IB_MUST_CHECK;
/* Waits until they are there. */
int ib_replay_wait(struct replay *replay, struct ib_error *err) IB_MUST_CHECK;
void ib_replay_free(struct replay *replay);

/* ---- blocks_write.c: entries that are made ---- */
void ib_keeping_begin(struct ib_erofs_writer *writer, const struct ib_block_subject *subject);
void ib_keeping_note(struct ib_erofs_writer *writer, uint32_t file, struct content *content);
/* Starts a job for each; the image's blocks must be written and stay where they are. */
void ib_keepings_start(struct ib_erofs_writer *writer);
void ib_keepings_free(struct ib_erofs_writer *writer);

/* ---- erofs_flat.c ---- */
/* A segment of a content that is stored as it is. */
int ib_flat_write(struct ib_erofs_writer *writer, const struct segment *segment,
		  struct ib_error *err) IB_MUST_CHECK;
/* The addresses of chunks. */
size_t ib_chunks_size(const struct content *content);
void ib_chunks_put(const struct content *content, struct ib_buffer *out);

/* ---- erofs_index.c ---- */
/*
 * Header and compact indexes, without what is packed behind them, for an inode whose attributes end at
 * this many bytes.
 */
size_t ib_index_size(const struct content *content, size_t inode_bytes);
void ib_index_put(const struct ib_erofs_params *params, const struct content *content,
		  size_t inode_bytes, struct ib_buffer *out);
/* Of an extent. */
uint32_t ib_extent_blocks(uint32_t extent);

/* ---- erofs_finish.c, erofs_layout.c, erofs_directory.c, erofs_xattr.c ---- */
/* An inode of the image, and where it goes. */
struct planned {
	struct ib_inode *inode;
	struct ib_node *node; /* its first name */
	struct content *content;
	enum erofs_layout layout;
	bool is_extended;
	uint64_t size;
	uint32_t xattr_bytes;
	uint32_t extra_bytes; /* behind inode and attributes: index, then tail */
	uint32_t first_block; /* directories: of the blocks in front of the tail */
	uint64_t position;    /* in the metadata */
};

struct shared_xattr {
	const struct ib_xattr *xattr;
	size_t uses;
	bool is_placed;
	uint32_t id;
};

struct plan {
	struct ib_erofs_writer *writer;
	struct planned *inodes; /* in the order of placing: the root first */
	size_t inode_count;
	bool has_chunks;       /* any inode */
	bool has_packed_tails; /* the same */
	struct ib_map *xattrs; /* NAME=HEX → struct shared_xattr */
	struct ib_arena *arena;
	struct ib_buffer shared; /* the shared attributes' bytes */
	uint64_t metadata_block;
	uint64_t metadata_size;
};

/* The nid of a node's inode, once it has its place. */
uint64_t ib_plan_nid(const struct plan *plan, const struct ib_node *node);
struct planned *ib_plan_of(const struct plan *plan, const struct ib_inode *inode);

/* Which attributes are shared, and their bytes. */
int ib_plan_xattrs(struct plan *plan, struct ib_error *err) IB_MUST_CHECK;
uint32_t ib_xattr_bytes(const struct plan *plan, const struct ib_inode *inode);
void ib_xattr_put(const struct plan *plan, const struct ib_inode *inode, struct ib_buffer *out);

/* All bytes of a directory: whole blocks, then the tail. With is_real nids are known. */
void ib_directory_put(const struct plan *plan, const struct ib_node *node, bool is_real,
		      struct ib_buffer *out);
/* How large out must be able to grow. */
size_t ib_directory_bound(const struct ib_node *node);

int ib_plan_layout(struct plan *plan, struct ib_error *err) IB_MUST_CHECK;
int ib_plan_write(struct plan *plan, struct ib_error *err) IB_MUST_CHECK;

#endif
