/* SPDX-License-Identifier: Apache-2.0 */
#include "build/known.h"

#include <string.h>

#define MAX_KEY   (16 << 20)
#define MAX_FACTS (64 << 20)

int ib_work_keys_digest(const struct ib_recipe_repository *repository, char ret_sha256[65],
			struct ib_error *err)
{
	IB_AUTO_BUFFER(text, 1 << 20);
	size_t i = 0;

	for (i = 0; i < repository->key_count; i++) {
		IB_AUTO_BUFFER(key, MAX_KEY);
		char sha256[65];

		IB_TRY(ib_file_read(repository->keys[i].file, &key, err));
		ib_sha256_hex(key.data, key.size, sha256);
		ib_buffer_putf(&text, "%s %s\n", repository->keys[i].fingerprint, sha256);
	}
	ib_sha256_hex(text.data, text.size, ret_sha256);
	return 0;
}

static char *key_of(const struct ib_known_request *request)
{
	return ib_strf("package 1\nimagebuild " IB_VERSION "\n%s\nkeys %s\n", request->sha256,
		       request->keys);
}

static bool recall(struct ib_work *work, const struct ib_known_request *request,
		   const struct ib_package **ret_package)
{
	ib_autofree char *key = key_of(request);
	IB_AUTO_BUFFER(facts, MAX_FACTS);
	struct ib_package *package = ib_arena_alloc(work->arena, sizeof(*package));

	if (!ib_store_get_derived(work->store, IB_STORE_FACTS, key, &facts) ||
	    !ib_package_unpack(facts.data, facts.size, work->arena, package) ||
	    strcmp(package->sha256, request->sha256) != 0)
		return false;
	*ret_package = package;
	return true;
}

/* That it could not be kept (a full disk, a store that may only be read) costs time, nothing else. */
static void keep(struct ib_work *work, const struct ib_known_request *request,
		 const struct ib_package *package)
{
	struct ib_error ignored = IB_ERROR_INIT;
	ib_autofree char *key = key_of(request);
	IB_AUTO_BUFFER(facts, MAX_FACTS);
	struct ib_package whole = *package;

	memcpy(whole.sha256, request->sha256, sizeof(whole.sha256));
	ib_package_pack(&whole, &facts);
	if (ib_store_put_derived(work->store, IB_STORE_FACTS, key, facts.data, facts.size,
				 &ignored) < 0) {
		ib_debug(work->session->log, "facts of '%s' are not kept: %s", request->nevra,
			 ignored.text);
		ib_error_clear(&ignored);
	}
}

int ib_work_know_package(struct ib_work *work, const struct ib_known_request *request,
			 const struct ib_package **ret_package, struct ib_error *err)
{
	ib_autofree char *path = ib_store_path(work->store, IB_STORE_RPM, request->sha256);
	IB_AUTO(ib_rpm) rpm = NULL;
	const struct ib_rpm_request open = { .path = path,
					     .name = request->nevra,
					     .sha256 = request->sha256,
					     .keyring = work->keyrings[request->repository],
					     .depth = IB_RPM_HEADER,
					     .arena = work->arena };

	if (recall(work, request, ret_package))
		return 0;
	/* What is remembered under a digest is of bytes that have it. */
	IB_TRY(ib_store_verify(work->store, IB_STORE_RPM, request->sha256, NULL, err));
	IB_TRY(ib_rpm_open(&open, &rpm, err));
	*ret_package = ib_rpm_package(rpm);
	keep(work, request, *ret_package);
	return 0;
}
