/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/digest.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include <openssl/evp.h>
#include <openssl/hmac.h>

struct ib_digest {
	EVP_MD_CTX *context;
};

static const EVP_MD *find_algorithm(const char *name)
{
	static const struct {
		const char *name;
		const EVP_MD *(*get)(void);
	} algorithms[] = {
		{ "sha256", EVP_sha256 },         { "sha1", EVP_sha1 },
		{ "sha384", EVP_sha384 },         { "sha512", EVP_sha512 },
		{ "sha224", EVP_sha224 },         { "md5", EVP_md5 },
		{ "sha512-256", EVP_sha512_256 },
	};
	size_t i = 0;

	for (i = 0; i < IB_COUNT(algorithms); i++)
		if (!strcmp(algorithms[i].name, name))
			return algorithms[i].get();
	return NULL;
}

static void must(int ok)
{
	assert(ok == 1);
}

struct ib_digest *ib_digest_new(const char *algorithm)
{
	const EVP_MD *found = find_algorithm(algorithm);
	struct ib_digest *digest = NULL;

	if (!found)
		return NULL;
	digest = ib_alloc(sizeof(*digest));
	digest->context = EVP_MD_CTX_new();
	assert(digest->context);
	must(EVP_DigestInit_ex(digest->context, found, NULL));
	return digest;
}

void ib_digest_free(struct ib_digest *digest)
{
	if (!digest)
		return;
	EVP_MD_CTX_free(digest->context);
	ib_free(digest);
}

void ib_digest_update(struct ib_digest *digest, const void *data, size_t size)
{
	must(EVP_DigestUpdate(digest->context, data, size));
}

size_t ib_digest_final(struct ib_digest *digest, uint8_t value[IB_DIGEST_MAX_SIZE])
{
	unsigned size = 0;

	must(EVP_DigestFinal_ex(digest->context, value, &size));
	must(EVP_DigestInit_ex(digest->context, NULL, NULL)); /* the same, without looking it up */
	return size;
}

void ib_sha256(const void *data, size_t size, uint8_t value[IB_SHA256_SIZE])
{
	must(EVP_Digest(data, size, value, NULL, EVP_sha256(), NULL));
}

void ib_sha256_hex(const void *data, size_t size, char *text)
{
	uint8_t value[IB_SHA256_SIZE];

	ib_sha256(data, size, value);
	ib_hex_write(value, sizeof(value), text);
}

static int digest_descriptor(int fd, const char *path, struct ib_digest *digest, uint64_t *ret_size,
			     struct ib_error *err)
{
	enum { CHUNK = 1 << 18 };
	ib_autofree uint8_t *chunk = ib_alloc(CHUNK);
	uint64_t size = 0;

	while (true) {
		ssize_t got = read(fd, chunk, CHUNK);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return ib_fail_errno(err, errno, "could not read '%s'", path);
		if (!got)
			break;
		ib_digest_update(digest, chunk, (size_t)got);
		size += (uint64_t)got;
	}
	*ret_size = size;
	return 0;
}

int ib_sha256_fd(int fd, const char *path, char *hex, uint64_t *ret_size, struct ib_error *err)
{
	IB_AUTO(ib_digest) digest = ib_digest_new("sha256");
	uint8_t value[IB_DIGEST_MAX_SIZE];
	uint64_t size = 0;

	IB_TRY(digest_descriptor(fd, path, digest, &size, err));
	(void)ib_digest_final(digest, value);
	ib_hex_write(value, IB_SHA256_SIZE, hex);
	if (ret_size)
		*ret_size = size;
	return 0;
}

int ib_sha256_file(const char *path, char *hex, uint64_t *ret_size, struct ib_error *err)
{
	ib_autoclose int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return ib_fail_errno(err, errno, "could not open '%s'", path);
	return ib_sha256_fd(fd, path, hex, ret_size, err);
}

void ib_hmac_sha256(const void *key, size_t key_size, const void *data, size_t size,
		    uint8_t value[IB_SHA256_SIZE])
{
	unsigned value_size = 0;

	assert(key_size <= INT32_MAX);
	assert(HMAC(EVP_sha256(), key, (int)key_size, data, size, value, &value_size));
	assert(value_size == IB_SHA256_SIZE);
}

void ib_derive(const uint8_t seed[IB_SHA256_SIZE], const char *label, uint8_t value[IB_SHA256_SIZE])
{
	ib_hmac_sha256(seed, IB_SHA256_SIZE, label, strlen(label), value);
}

void ib_derive_uuid(const uint8_t seed[IB_SHA256_SIZE], const char *label, uint8_t uuid[16])
{
	uint8_t value[IB_SHA256_SIZE];

	ib_derive(seed, label, value);
	memcpy(uuid, value, 16);
	uuid[6] = (uint8_t)((uuid[6] & 0x0f) | 0x80);
	uuid[8] = (uint8_t)((uuid[8] & 0x3f) | 0x80);
}

void ib_uuid_format(const uint8_t uuid[16], char *text)
{
	static const size_t groups[] = { 4, 2, 2, 2, 6 };
	size_t i = 0;

	for (i = 0; i < IB_COUNT(groups); i++) {
		if (i)
			*text++ = '-';
		ib_hex_write(uuid, groups[i], text);
		text += 2 * groups[i];
		uuid += groups[i];
	}
}
