/* SPDX-License-Identifier: Apache-2.0 */
/* What there is of the other side, and what is asked of it. */
#include "build/remote.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "build/content.h"
#include "fetch/fetch.h"
#include "image/image.h"

/* A side that gives less than this costs more than it saves. */
#define LEAST_BYTES_PER_SECOND   ((uint64_t)4 << 20)
#define LEAST_OBJECTS_PER_SECOND 50U
#define SECONDS_TO_BEGIN         10U

static int read_keys(const struct ib_remote_cache *cache, struct ib_remote *remote,
		     struct ib_error *err)
{
	size_t i = 0;

	remote->believed = ib_alloc_array(cache->trust_count + 1, sizeof(void *));
	for (i = 0; i < cache->trust_count; i++) {
		IB_TRY(ib_public_key_read(cache->trust[i], &remote->believed[i], err));
		remote->believed_count++;
	}
	if (!cache->sign)
		return 0;
	IB_TRY(ib_private_key_read(cache->sign, &remote->signer, err));
	/* whoever can sign so could have made any answer anyway */
	remote->believed[remote->believed_count++] = ib_private_key_public(remote->signer);
	return 0;
}

static void free_keys(struct ib_remote *remote)
{
	size_t i = 0;

	for (i = 0; i < remote->believed_count; i++)
		ib_public_key_free(remote->believed[i]);
	ib_free(remote->believed);
	ib_private_key_free(remote->signer);
}

int ib_remote_check(const struct ib_remote_cache *cache, struct ib_error *err)
{
	struct ib_remote remote = { .cache = cache };
	int r = ib_exchange_check_url(cache->url, err);

	if (r == 0)
		r = read_keys(cache, &remote, err);
	free_keys(&remote);
	return r;
}

static bool has_derived(const struct ib_keeper *keeper, enum ib_store_derived derived,
			const char *key)
{
	uint64_t size = 0;
	char sha256[65];
	int fd = -1;

	if (!ib_store_open_derived(keeper->work->store, derived, key, &fd, &size, sha256))
		return false;
	close(fd);
	return true;
}

static void add_item(struct ib_remote *remote, uint32_t package)
{
	const struct ib_keeper *keeper = remote->keeper;
	struct ib_remote_item *item = &remote->items[remote->item_count++];
	char hex[65];

	item->package = package;
	/* asked for now: what generators replace in the tree is no other question */
	item->blocks_key = ib_keeper_key(keeper, package);
	item->facts_key = ib_work_facts_key(keeper->members->members[package]);
	ib_sha256_hex(item->facts_key, strlen(item->facts_key), hex);
	item->key = ib_strf("%sfacts %s\n", item->blocks_key, hex);
	item->has_blocks = has_derived(keeper, IB_STORE_BLOCKS, item->blocks_key);
	item->has_facts = has_derived(keeper, IB_STORE_FACTS, item->facts_key);
}

int ib_remote_open(struct ib_keeper *keeper, const struct ib_format *format, const void *writer,
		   struct ib_remote **ret_remote, struct ib_error *err)
{
	IB_AUTO(ib_remote) remote = ib_alloc(sizeof(*remote));
	size_t count = keeper->members->count;
	size_t i = 0;

	remote->keeper = keeper;
	remote->cache = keeper->work->remote;
	remote->format = format;
	remote->writer = writer;
	IB_TRY(read_keys(remote->cache, remote, err));
	remote->items = ib_alloc_array(count + 1, sizeof(*remote->items));
	for (i = 0; i < count; i++)
		if (keeper->members->members[i]->package->digest_kind == IB_DIGEST_SHA256)
			add_item(remote, (uint32_t)i);
	*ret_remote = ib_take(remote);
	return 0;
}

void ib_remote_free(struct ib_remote *remote)
{
	size_t i = 0;

	if (!remote)
		return;
	for (i = 0; i < remote->item_count; i++) {
		ib_free(remote->items[i].key);
		ib_free(remote->items[i].blocks_key);
		ib_free(remote->items[i].facts_key);
	}
	ib_free(remote->items);
	free_keys(remote);
	ib_free(remote);
}

char *ib_remote_answer_location(const struct ib_remote_item *item)
{
	char hex[65];

	ib_sha256_hex(item->key, strlen(item->key), hex);
	return ib_strf("ac/%s", hex);
}

int ib_remote_memory_file(int *ret_fd, struct ib_error *err)
{
	int fd = memfd_create("imagebuild", MFD_CLOEXEC);

	if (fd < 0)
		return ib_fail_errno(err, errno, "could not make a file in memory");
	*ret_fd = fd;
	return 0;
}

void ib_remote_exchange(struct ib_remote *remote, struct ib_exchange *exchange,
			struct ib_exchange_object *objects, size_t count)
{
	const struct ib_log *log = remote->keeper->work->session->log;
	struct ib_error err = IB_ERROR_INIT;
	uint64_t bytes = 0;
	size_t i = 0;

	if (remote->is_gone)
		return;
	for (i = 0; i < count; i++)
		bytes += objects[i].sha256 || exchange->put ? objects[i].size : 0;
	exchange->url = remote->cache->url;
	exchange->authorization = remote->cache->authorization;
	exchange->ca_file = remote->cache->ca_file;
	exchange->seconds = (uint32_t)(SECONDS_TO_BEGIN + bytes / LEAST_BYTES_PER_SECOND +
				       count / LEAST_OBJECTS_PER_SECOND);
	if (ib_exchange(exchange, objects, count, &err) == 0)
		return;
	remote->is_gone = true;
	ib_warn(log, "the remote cache is left alone: %s", err.text);
	ib_error_clear(&err);
}
