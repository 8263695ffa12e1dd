/* SPDX-License-Identifier: Apache-2.0 */
#include "rpmfile/keyring.h"

#include <assert.h>
#include <string.h>

#include "rpmfile/trust.h"

enum { MAX_KEY_FILE = 4 << 20 };

struct ib_keyring *ib_keyring_new(void)
{
	return ib_alloc(sizeof(struct ib_keyring));
}

void ib_keyring_free(struct ib_keyring *keyring)
{
	size_t i = 0;

	if (!keyring)
		return;
	for (i = 0; i < keyring->count; i++)
		ib_pinned_free(keyring->items[i]);
	ib_free(keyring->items);
	ib_free(keyring);
}

size_t ib_keyring_count(const struct ib_keyring *keyring)
{
	return keyring->count;
}

const struct ib_key *ib_keyring_get(const struct ib_keyring *keyring, size_t i)
{
	return &keyring->items[i]->info;
}

static struct ib_pinned *find(const struct ib_keyring *keyring, const char *fingerprint)
{
	size_t i = 0;

	for (i = 0; i < keyring->count; i++)
		if (!strcmp(keyring->items[i]->info.fingerprint, fingerprint))
			return keyring->items[i];
	return NULL;
}

/* Upper case, without blanks; false when it is not 40 or 64 hexadecimal digits. */
static bool clean_fingerprint(const char *text, char clean[IB_FINGERPRINT_TEXT])
{
	size_t size = 0;

	for (; *text; text++) {
		char c = *text;

		if (c == ' ')
			continue;
		if (c >= 'a' && c <= 'f')
			c = (char)(c - 'a' + 'A');
		if (!((c >= '0' && c <= '9') || (c >= 'A' && c <= 'F')) ||
		    size + 1 >= IB_FINGERPRINT_TEXT)
			return false;
		clean[size++] = c;
	}
	clean[size] = '\0';
	return size == 40 || size == 64;
}

const struct ib_key *ib_keyring_find(const struct ib_keyring *keyring, const char *fingerprint)
{
	char clean[IB_FINGERPRINT_TEXT] = "";
	const struct ib_pinned *pinned = NULL;

	if (!clean_fingerprint(fingerprint, clean))
		return NULL;
	pinned = find(keyring, clean);
	return pinned ? &pinned->info : NULL;
}

/* ---- reading key files --------------------------------------------------- */

/* The key with that primary, new or known; a file may hold it in pieces. */
static struct ib_pinned *obtain(struct ib_keyring *keyring, const struct ib_public *primary)
{
	struct ib_pinned *pinned = find(keyring, primary->fingerprint);

	if (pinned && *primary->fingerprint)
		return pinned;
	pinned = ib_pinned_new(primary);
	ib_grow(keyring->items, keyring->count);
	keyring->items[keyring->count++] = pinned;
	return pinned;
}

/* Reads packets on, up to the next primary key. */
static void skip_key(struct ib_bytes *packets)
{
	struct ib_bytes rest = *packets;
	struct ib_packet packet = { 0 };

	while (ib_packet_next(&rest, &packet) && packet.tag != IB_PACKET_KEY)
		*packets = rest;
}

/*
 * Takes the keys in packets, or only the one with a fingerprint; seen collects
 * how the others are called.
 */
static int read_keys(struct ib_keyring *keyring, struct ib_bytes packets, const char *name,
		     const char *fingerprint, struct ib_strings *seen, struct ib_error *err)
{
	struct ib_packet packet = { 0 };

	while (packets.size) {
		struct ib_public primary = { 0 };
		bool is_key = false;
		int r = 0;

		if (!ib_packet_next(&packets, &packet))
			return ib_fail(err, IB_INPUT, "'%s' is damaged: its packets do not hold",
				       name);
		is_key = packet.tag == IB_PACKET_KEY && ib_public_parse(packet.body, &primary);
		if (is_key && (!fingerprint || !strcmp(primary.fingerprint, fingerprint)))
			r = ib_pinned_read(obtain(keyring, &primary), &packets, name, err);
		else
			skip_key(&packets);
		if (is_key)
			ib_strings_add(seen, *primary.fingerprint ? primary.fingerprint
								  : "a version 3 key");
		ib_public_done(&primary);
		IB_TRY(r);
	}
	return 0;
}

static int add_packets(struct ib_keyring *keyring, const void *data, size_t size, const char *name,
		       const char *fingerprint, struct ib_error *err)
{
	IB_AUTO_BUFFER(packets, MAX_KEY_FILE);
	IB_AUTO_STRINGS(seen);
	ib_autofree char *list = NULL;

	IB_TRY(ib_armor_read(data, size, name, &packets, err));
	IB_TRY(read_keys(keyring, (struct ib_bytes){ packets.data, packets.size }, name,
			 fingerprint, &seen, err));
	if (!seen.count)
		return ib_fail(err, IB_INPUT, "'%s' holds no OpenPGP key", name);
	if (!fingerprint || find(keyring, fingerprint))
		return 0;
	ib_strings_sort_unique(&seen);
	list = ib_strings_join(&seen, ", ");
	(void)ib_fail(err, IB_INPUT, "'%s' holds no key with fingerprint %s, but %s", name,
		      fingerprint, list);
	ib_error_hint(err, "Compare with the fingerprint that the distribution publishes, and pin "
			   "that one.");
	return -IB_INPUT;
}

/* Takes a key out again; the ring's order does not matter to anybody. */
static void drop(struct ib_keyring *keyring, const char *fingerprint)
{
	struct ib_pinned *pinned = find(keyring, fingerprint);
	size_t i = 0;

	for (i = 0; pinned && i < keyring->count; i++)
		if (keyring->items[i] == pinned)
			keyring->items[i] = keyring->items[--keyring->count];
	ib_pinned_free(pinned);
}

static int check_supported(const struct ib_key *key, const char *name, struct ib_error *err)
{
	assert(key); /* it was just added */
	if (!key->unsupported)
		return 0;
	(void)ib_fail(err, IB_INPUT, "key %s (%s) in '%s' cannot be used: %s", key->fingerprint,
		      key->algorithm, name, key->unsupported);
	ib_error_hint(err, "Pin another key of the distribution, if it signs with one.");
	return -IB_INPUT;
}

int ib_keyring_add(struct ib_keyring *keyring, const void *data, size_t size, const char *name,
		   const char *fingerprint, struct ib_error *err)
{
	char clean[IB_FINGERPRINT_TEXT] = "";
	bool was_known = false;
	int r = 0;

	if (!clean_fingerprint(fingerprint, clean))
		return ib_fail(err, IB_INPUT,
			       "'%s' is no fingerprint: 40 hexadecimal digits are wanted",
			       fingerprint);
	was_known = find(keyring, clean) != NULL;
	r = add_packets(keyring, data, size, name, clean, err);
	if (r == 0)
		r = check_supported(ib_keyring_find(keyring, clean), name, err);
	if (r < 0 && !was_known)
		drop(keyring, clean);
	return r;
}

int ib_keyring_add_file(struct ib_keyring *keyring, const char *path, const char *fingerprint,
			struct ib_error *err)
{
	IB_AUTO_BUFFER(data, MAX_KEY_FILE);

	IB_TRY(ib_file_read(path, &data, err));
	return ib_keyring_add(keyring, data.data, data.size, path, fingerprint, err);
}

int ib_keyring_list_file(struct ib_keyring *keyring, const char *path, struct ib_error *err)
{
	IB_AUTO_BUFFER(data, MAX_KEY_FILE);

	IB_TRY(ib_file_read(path, &data, err));
	return add_packets(keyring, data.data, data.size, path, NULL, err);
}

/* ---- today --------------------------------------------------------------- */

static int check_key(const struct ib_key *key, int64_t now, bool may_be_expired,
		     struct ib_error *err)
{
	char date[32] = "";

	if (key->revocation != IB_KEY_NOT_REVOKED && key->revoked <= now) {
		ib_clock_format(key->revoked, date);
		(void)ib_fail(err, IB_TRUST, "key %s (%s) was revoked on %s%s%s", key->fingerprint,
			      key->user_id, date, *key->revocation_reason ? ": " : "",
			      key->revocation_reason);
		ib_error_hint(err, "Pin the key that the distribution uses now.");
		return -IB_TRUST;
	}
	if (key->expires && key->expires <= now && !may_be_expired) {
		ib_clock_format(key->expires, date);
		(void)ib_fail(err, IB_TRUST, "key %s (%s) expired on %s", key->fingerprint,
			      key->user_id, date);
		ib_error_hint(err, "Get the key anew from the distribution, which may have "
				   "prolonged it, or allow it in the recipe with a reason.");
		return -IB_TRUST;
	}
	return 0;
}

int ib_keyring_check_now(const struct ib_keyring *keyring, int64_t now,
			 const struct ib_strings *allow_expired, struct ib_error *err)
{
	size_t i = 0;

	for (i = 0; i < keyring->count; i++) {
		const struct ib_key *key = &keyring->items[i]->info;

		IB_TRY(check_key(key, now,
				 allow_expired && ib_strings_has(allow_expired, key->fingerprint),
				 err));
	}
	return 0;
}
