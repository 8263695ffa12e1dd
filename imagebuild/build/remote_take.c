/* SPDX-License-Identifier: Apache-2.0 */
/* What the store lacks is asked for and brought, and held against the package before it is an entry. */
#include <string.h>
#include <unistd.h>

#include "build/content.h"
#include "build/remote.h"
#include "fetch/fetch.h"
#include "image/image.h"

/* Entries that wait to be proved, each with a file open. */
#define PROVE_QUEUE 32U
/* Nothing that could be an entry of one package is larger. */
#define MAX_FACTS ((uint64_t)512 << 20)

/* A blob that is brought. */
struct want {
	struct taking *taking;
	struct ib_remote_item *item;
	enum ib_store_derived derived;
	struct ib_store_file *file; /* while it is on its way, or being proved */
	bool is_kept;
	const char *fault; /* why not; NULL: no fault, or it is kept */
};

struct taking {
	struct ib_remote *remote;
	struct ib_exchange_object *objects;
	struct ib_remote_item **asked; /* by the objects' order, while asking */
	int *fds;
	struct want *wants;
	size_t want_count;
	struct ib_threads *threads;
	size_t fault_count;
	char *fault; /* owned: the first, in words */
};

static const struct ib_package *package_of(const struct ib_remote *remote,
					   const struct ib_remote_item *item)
{
	return remote->keeper->members->members[item->package]->package;
}

static void note_fault(struct taking *taking, struct ib_remote_item *item, const char *words)
{
	item->is_wrong = true;
	if (!taking->fault_count++)
		taking->fault =
			ib_strf("package '%s': %s", package_of(taking->remote, item)->nevra, words);
}

/* ---- asking -------------------------------------------------------------- */

static int begin_answer(void *context, size_t i, int *ret_fd, struct ib_error *err)
{
	struct taking *taking = context;

	IB_TRY(ib_remote_memory_file(&taking->fds[i], err));
	*ret_fd = taking->fds[i];
	return 0;
}

static void read_answer(struct taking *taking, size_t i)
{
	const struct ib_remote *remote = taking->remote;
	struct ib_remote_item *item = taking->asked[i];
	size_t size = (size_t)taking->objects[i].got;
	ib_autofree uint8_t *data = ib_realloc_array(NULL, size + 1, 1);
	const struct ib_remote_question question = {
		.key = item->key,
		.believed = (const struct ib_public_key *const *)remote->believed,
		.believed_count = remote->believed_count
	};
	struct ib_error fault = IB_ERROR_INIT;

	if (ib_fd_read_at(taking->fds[i], data, size, 0, "an answer", &fault) == 0 &&
	    ib_remote_answer_read(data, size, &question, &item->answer, &fault) == 0)
		item->answered = true;
	else
		note_fault(taking, item, fault.text);
	ib_error_clear(&fault);
}

static int end_answer(void *context, size_t i, enum ib_exchange_result result, struct ib_error *err)
{
	struct taking *taking = context;

	(void)err;
	if (result == IB_EXCHANGE_DONE)
		read_answer(taking, i);
	else if (result == IB_EXCHANGE_WRONG)
		note_fault(taking, taking->asked[i], "the answer is too long");
	close(taking->fds[i]);
	return 0;
}

static void ask(struct taking *taking)
{
	struct ib_remote *remote = taking->remote;
	struct ib_exchange exchange = { .context = taking,
					.begin = begin_answer,
					.end = end_answer };
	size_t count = 0;
	size_t i = 0;

	for (i = 0; i < remote->item_count; i++) {
		struct ib_remote_item *item = &remote->items[i];

		if (item->has_blocks && item->has_facts && !remote->cache->push)
			continue;
		taking->asked[count] = item;
		taking->objects[count++] =
			(struct ib_exchange_object){ .location = ib_remote_answer_location(item),
						     .size = IB_REMOTE_MAX_ANSWER };
	}
	ib_remote_exchange(remote, &exchange, taking->objects, count);
	for (i = 0; i < count; i++)
		ib_free(taking->objects[i].location);
}

/* ---- bringing ------------------------------------------------------------ */

static bool prove(const struct want *want)
{
	const struct ib_remote *remote = want->taking->remote;
	struct ib_error fault = IB_ERROR_INIT; /* what cannot be read proves nothing */
	const struct ib_block_proof proof = {
		.package = want->item->package,
		.file_count = package_of(remote, want->item)->file_count,
		.entry = { .fd = ib_store_file_fd(want->file),
			   .size = want->item->answer.blocks.size },
		.contents = !want->item->answer.is_signed,
	};
	bool good = false;

	if (remote->format->prove(remote->writer, &proof, &good, &fault) < 0)
		good = false;
	ib_error_clear(&fault);
	return good;
}

/* A job: nothing of what others touch is changed. */
static void keep(void *argument)
{
	struct want *want = argument;
	struct ib_error ignored = IB_ERROR_INIT; /* what cannot be kept is made here */
	const char *key =
		want->derived == IB_STORE_BLOCKS ? want->item->blocks_key : want->item->facts_key;

	if (want->derived == IB_STORE_BLOCKS && !prove(want))
		want->fault = "the blocks do not hold what the package's header says";
	else
		want->is_kept =
			ib_store_commit_derived(want->file, want->derived, key, &ignored) == 0;
	ib_error_clear(&ignored);
	ib_store_file_free(want->file);
	want->file = NULL;
}

static int begin_blob(void *context, size_t i, int *ret_fd, struct ib_error *err)
{
	struct taking *taking = context;
	struct want *want = &taking->wants[i];

	IB_TRY(ib_store_begin(taking->remote->keeper->work->store, NULL, &want->file, err));
	*ret_fd = ib_store_file_fd(want->file);
	return 0;
}

static int end_blob(void *context, size_t i, enum ib_exchange_result result, struct ib_error *err)
{
	struct taking *taking = context;
	struct want *want = &taking->wants[i];

	(void)err;
	if (result == IB_EXCHANGE_DONE) {
		ib_threads_add(taking->threads, keep, want);
		return 0;
	}
	if (result == IB_EXCHANGE_WRONG)
		want->fault = "the bytes are not those that the answer names";
	else if (result == IB_EXCHANGE_ABSENT)
		want->item->is_wrong = true; /* the server has thrown them away */
	ib_store_file_free(want->file);
	want->file = NULL;
	return 0;
}

/* Contents as they are, a block more for each, and an index. */
static uint64_t largest_blob(const struct ib_package *package)
{
	uint64_t sum = (uint64_t)1 << 20;
	size_t i = 0;

	for (i = 0; i < package->file_count; i++)
		sum += IB_MIN(package->files[i].size, (uint64_t)1 << 40) / 32 * 33 + 8192;
	return sum;
}

static void add_want(struct taking *taking, struct ib_remote_item *item,
		     enum ib_store_derived derived, const struct ib_remote_blob *blob)
{
	uint64_t most = largest_blob(package_of(taking->remote, item));

	if (blob->size > (derived == IB_STORE_FACTS ? IB_MIN(most, MAX_FACTS) : most)) {
		note_fault(taking, item, "the blob is larger than the package could make it");
		return;
	}
	taking->objects[taking->want_count] = (struct ib_exchange_object){
		.location = ib_strf("cas/%s", blob->sha256),
		.size = blob->size,
		.sha256 = blob->sha256,
	};
	taking->wants[taking->want_count++] =
		(struct want){ .taking = taking, .item = item, .derived = derived };
}

/* Who signs answers takes none that nobody signed: they would be signed with the next push. */
static void choose(struct taking *taking)
{
	struct ib_remote *remote = taking->remote;
	size_t i = 0;

	for (i = 0; i < remote->item_count; i++) {
		struct ib_remote_item *item = &remote->items[i];

		if (!item->answered || (remote->signer && !item->answer.is_signed))
			continue;
		if (!item->has_blocks)
			add_want(taking, item, IB_STORE_BLOCKS, &item->answer.blocks);
		if (!item->has_facts && item->answer.is_signed)
			add_want(taking, item, IB_STORE_FACTS, &item->answer.facts);
	}
}

static void bring(struct taking *taking)
{
	struct ib_exchange exchange = { .context = taking, .begin = begin_blob, .end = end_blob };
	size_t i = 0;

	choose(taking);
	taking->threads =
		ib_threads_new(taking->remote->keeper->work->session->threads, PROVE_QUEUE);
	ib_remote_exchange(taking->remote, &exchange, taking->objects, taking->want_count);
	ib_threads_free(taking->threads); /* waits for all of them */
	for (i = 0; i < taking->want_count; i++)
		ib_free(taking->objects[i].location);
}

/* ---- what came of it ----------------------------------------------------- */

/* Facts that nobody answers for are learnt from the package: it is read, but nothing is compressed. */
static int learn(const struct want *want, struct ib_error *err)
{
	const struct ib_keeper *keeper = want->taking->remote->keeper;

	if (want->item->has_facts || want->item->answer.is_signed)
		return 0;
	return ib_work_learn(keeper->work, keeper->members->members[want->item->package], err);
}

static int settle(struct taking *taking, struct ib_error *err)
{
	const struct ib_log *log = taking->remote->keeper->work->session->log;
	size_t brought = 0;
	size_t i = 0;

	for (i = 0; i < taking->want_count; i++) {
		const struct want *want = &taking->wants[i];

		if (want->fault)
			note_fault(taking, want->item, want->fault);
		if (!want->is_kept || want->derived != IB_STORE_BLOCKS)
			continue;
		brought++;
		IB_TRY(learn(want, err));
	}
	if (taking->fault_count)
		ib_warn(log, "%zu answers of the remote cache are wrong and not used; %s",
			taking->fault_count, taking->fault);
	ib_step(log, "the store got the blocks of %zu package%s from the remote cache", brought,
		ib_str_plural(brought));
	return 0;
}

int ib_remote_take(struct ib_remote *remote, struct ib_error *err)
{
	size_t room = 2 * remote->item_count + 1;
	ib_autofree struct ib_exchange_object *objects = ib_alloc_array(room, sizeof(*objects));
	ib_autofree struct ib_remote_item **asked = ib_alloc_array(room, sizeof(void *));
	ib_autofree struct want *wants = ib_alloc_array(room, sizeof(*wants));
	ib_autofree int *fds = ib_alloc_array(room, sizeof(*fds));
	struct taking taking = {
		.remote = remote, .objects = objects, .asked = asked, .fds = fds, .wants = wants
	};
	int r = 0;

	ask(&taking);
	bring(&taking);
	r = settle(&taking, err);
	ib_free(taking.fault);
	return r;
}
