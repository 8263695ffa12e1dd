/* SPDX-License-Identifier: Apache-2.0 */
/* What the other side lacks is put there: the blobs first, and then the answers that name them. */
#include <string.h>
#include <unistd.h>

#include "build/remote.h"
#include "fetch/fetch.h"

#define HASH_PIECE ((size_t)256 << 10)

/* A blob of the store on its way. */
struct parcel {
	struct ib_remote_item *item;
	enum ib_store_derived derived;
	const char *key; /* the item's */
	struct ib_remote_blob blob;
	int fd;
};

struct giving {
	struct ib_remote *remote;
	struct parcel *parcels; /* owned; two for each item: blocks, facts */
	struct ib_exchange_object *objects;
	size_t count;
	size_t refused;
	struct ib_buffer answer;
	struct ib_remote_item **answers; /* borrowed: whose turn it is */
	int *answer_fds;
};

static bool is_wanted(const struct ib_remote *remote, const struct ib_remote_item *item)
{
	return !item->answered || item->is_wrong || (remote->signer && !item->answer.is_signed);
}

/* What is damaged here is not handed on. */
static bool is_whole(int fd, const struct ib_remote_blob *blob)
{
	IB_AUTO(ib_digest) digest = ib_digest_new("sha256");
	ib_autofree uint8_t *piece = ib_realloc_array(NULL, HASH_PIECE, 1);
	struct ib_error ignored = IB_ERROR_INIT; /* what cannot be read is not whole */
	uint8_t value[IB_DIGEST_MAX_SIZE];
	uint64_t at = 0;
	char hex[65];

	while (at < blob->size) {
		size_t size = (size_t)IB_MIN(blob->size - at, (uint64_t)HASH_PIECE);

		if (ib_fd_read_at(fd, piece, size, at, "cache of blocks", &ignored) < 0) {
			ib_error_clear(&ignored);
			return false;
		}
		ib_digest_update(digest, piece, size);
		at += size;
	}
	ib_hex_write(value, ib_digest_final(digest, value), hex);
	return ib_str_equal(hex, blob->sha256);
}

static bool find_parcel(const struct ib_remote *remote, struct parcel *parcel)
{
	int fd = -1;
	bool good = false;

	if (!ib_store_open_derived(remote->keeper->work->store, parcel->derived, parcel->key, &fd,
				   &parcel->blob.size, parcel->blob.sha256))
		return false;
	good = is_whole(fd, &parcel->blob);
	close(fd);
	return good;
}

/* Both, or neither. */
static void add_parcels(struct giving *giving, struct ib_remote_item *item)
{
	struct ib_remote *remote = giving->remote;
	struct parcel *pair = &giving->parcels[giving->count];
	size_t i = 0;

	pair[0] = (struct parcel){ .item = item,
				   .derived = IB_STORE_BLOCKS,
				   .key = item->blocks_key };
	pair[1] =
		(struct parcel){ .item = item, .derived = IB_STORE_FACTS, .key = item->facts_key };
	if (!find_parcel(remote, &pair[0]) || !find_parcel(remote, &pair[1]))
		return;
	item->answer.blocks = pair[0].blob;
	item->answer.facts = pair[1].blob;
	for (i = 0; i < 2; i++)
		giving->objects[giving->count + i] = (struct ib_exchange_object){
			.location = ib_strf("cas/%s", pair[i].blob.sha256),
			.size = pair[i].blob.size,
		};
	item->answered = true; /* until one of the two is refused */
	giving->count += 2;
}

static int begin_blob(void *context, size_t i, int *ret_fd, struct ib_error *err)
{
	struct giving *giving = context;
	struct parcel *parcel = &giving->parcels[i];
	struct ib_remote_blob now;

	if (!ib_store_open_derived(giving->remote->keeper->work->store, parcel->derived,
				   parcel->key, &parcel->fd, &now.size, now.sha256))
		return ib_fail(err, IB_MISSING, "an entry of the store is gone");
	*ret_fd = parcel->fd;
	return 0;
}

static int end_blob(void *context, size_t i, enum ib_exchange_result result, struct ib_error *err)
{
	struct giving *giving = context;
	struct parcel *parcel = &giving->parcels[i];

	(void)err;
	close(parcel->fd);
	giving->refused += result == IB_EXCHANGE_REFUSED;
	if (result != IB_EXCHANGE_DONE)
		parcel->item->answered = false;
	return 0;
}

static int begin_answer(void *context, size_t i, int *ret_fd, struct ib_error *err)
{
	struct giving *giving = context;

	IB_TRY(ib_remote_memory_file(&giving->answer_fds[i], err));
	ib_buffer_clear(&giving->answer);
	*ret_fd = giving->answer_fds[i];
	if (ib_remote_answer_write(&giving->answers[i]->answer, giving->answers[i]->key,
				   giving->remote->signer, &giving->answer, err) == 0 &&
	    ib_fd_write(*ret_fd, giving->answer.data, giving->answer.size, 0, "an answer", err) ==
		    0) {
		giving->objects[i].size = giving->answer.size;
		return 0;
	}
	close(giving->answer_fds[i]);
	return -(int)err->kind;
}

static int end_answer(void *context, size_t i, enum ib_exchange_result result, struct ib_error *err)
{
	struct giving *giving = context;

	(void)err;
	close(giving->answer_fds[i]);
	giving->refused += result == IB_EXCHANGE_REFUSED;
	return 0;
}

static void free_locations(struct giving *giving, size_t count)
{
	size_t i = 0;

	for (i = 0; i < count; i++)
		ib_free(giving->objects[i].location);
}

static void give_blobs(struct giving *giving)
{
	struct ib_exchange exchange = {
		.put = true, .context = giving, .begin = begin_blob, .end = end_blob
	};

	ib_remote_exchange(giving->remote, &exchange, giving->objects, giving->count);
	free_locations(giving, giving->count);
}

static size_t give_answers(struct giving *giving)
{
	struct ib_exchange exchange = {
		.put = true, .context = giving, .begin = begin_answer, .end = end_answer
	};
	size_t count = 0;
	size_t i = 0;

	for (i = 0; i < giving->count; i += 2) {
		struct ib_remote_item *item = giving->parcels[i].item;

		if (!item->answered)
			continue;
		giving->answers[count] = item;
		giving->objects[count++] =
			(struct ib_exchange_object){ .location = ib_remote_answer_location(item),
						     .size = IB_REMOTE_MAX_ANSWER };
	}
	ib_remote_exchange(giving->remote, &exchange, giving->objects, count);
	free_locations(giving, count);
	return count;
}

void ib_remote_give(struct ib_remote *remote)
{
	const struct ib_log *log = remote->keeper->work->session->log;
	size_t room = 2 * remote->item_count + 1;
	ib_autofree struct parcel *parcels = ib_alloc_array(room, sizeof(*parcels));
	ib_autofree struct ib_exchange_object *objects = ib_alloc_array(room, sizeof(*objects));
	ib_autofree struct ib_remote_item **answers = ib_alloc_array(room, sizeof(void *));
	ib_autofree int *fds = ib_alloc_array(room, sizeof(*fds));
	struct giving giving = { .remote = remote,
				 .parcels = parcels,
				 .objects = objects,
				 .answer = IB_BUFFER_INIT(4 * IB_REMOTE_MAX_ANSWER),
				 .answers = answers,
				 .answer_fds = fds };
	size_t given = 0;
	size_t i = 0;

	if (!remote->cache->push || remote->is_gone)
		return;
	for (i = 0; i < remote->item_count; i++)
		if (is_wanted(remote, &remote->items[i]))
			add_parcels(&giving, &remote->items[i]);
	give_blobs(&giving);
	given = give_answers(&giving);
	ib_buffer_done(&giving.answer);
	if (giving.refused)
		ib_warn(log, "the remote cache refused %zu of what was put there", giving.refused);
	else if (!remote->is_gone)
		ib_step(log, "%zu package%s put into the remote cache", given,
			given == 1 ? " was" : "s were");
}
