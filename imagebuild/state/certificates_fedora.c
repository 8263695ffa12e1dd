/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Fedora's layout of authorities (update-ca-trust.8), as p11-kit's trust module
 * reads its sources and `trust extract` writes the bundles.
 *
 * A certificate in anchors/ is trusted; one beside it only where its file says
 * "trusted: true" (p11-kit's text form); one in blocklist/, or that a file
 * calls distrusted, never. What for is the list of purposes that the
 * certificate carries, or that a file attaches to its public key (an object
 * of class x-certificate-extension); OpenSSL's list of refused purposes takes
 * away. Each bundle has the anchors for its purpose, in the order of the
 * sources.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "crypto/crypto.h"
#include "state/certificates.h"

#define BUNDLE_MAX   (64U << 20)
#define EXTRACTED    "/etc/pki/ca-trust/extracted/pem/"
#define PEM_BEGIN    "-----BEGIN CERTIFICATE-----"
#define PEM_END      "-----END CERTIFICATE-----"
#define KEY_BEGIN    "-----BEGIN PUBLIC KEY-----"
#define KEY_END      "-----END PUBLIC KEY-----"
#define OID_PURPOSES "2.5.29.37"
#define OID_REFUSED  "1.3.6.1.4.1.3319.6.10.1"

struct anchor {
	const char *pem;
	const char *label; /* or NULL */
	const char *key;
	unsigned purposes;
};

/* What is attached to a public key. */
struct attached {
	const char *key;
	unsigned purposes;
	bool refuses;
};

struct trust {
	struct ib_state *state;
	struct ib_map *known;   /* PEM texts that are anchors already */
	struct ib_map *blocked; /* PEM texts */
	struct anchor *anchors;
	size_t anchor_count;
	struct attached *attached;
	size_t attached_count;
};

enum place { PLACE_BESIDE, PLACE_ANCHORS, PLACE_BLOCKLIST };

/* What p11-kit's text says of the object at hand. */
struct object {
	bool trusted, distrusted;
	const char *label, *id, *value;
};

/* "%30%0a…" as in a URL; the caller owns it. */
static uint8_t *decode_value(const char *text, size_t *ret_size)
{
	uint8_t *out = ib_alloc(strlen(text) + 1);
	size_t used = 0;

	while (*text && *text != '"') {
		if (*text == '%' && text[1] && text[2] &&
		    ib_hex_is((char[]){ text[1], text[2], 0 }, 2)) {
			(void)ib_hex_read((char[]){ text[1], text[2], 0 }, &out[used++], 1);
			text += 3;
		} else {
			out[used++] = (uint8_t)*text++;
		}
	}
	*ret_size = used;
	return out;
}

/* The text of a block without its first and last line and without blanks. */
static const char *body_of(struct ib_arena *arena, const char *block, const char *begin,
			   const char *end)
{
	size_t length = (size_t)(end - block);
	char *out = ib_arena_alloc(arena, length + 1);
	size_t used = 0;
	size_t i = 0;

	for (i = strlen(begin); i < length; i++)
		if (!strchr(" \t\r\n", block[i]))
			out[used++] = block[i];
	return out;
}

static void attach(struct trust *trust, const struct object *object, const char *key)
{
	struct attached attached = { .key = key };
	ib_autofree uint8_t *der = NULL;
	size_t size = 0;

	if (!object->id || !object->value)
		return;
	attached.refuses = !strcmp(object->id, OID_REFUSED);
	if (!attached.refuses && strcmp(object->id, OID_PURPOSES) != 0)
		return;
	der = decode_value(object->value, &size);
	if (!ib_extension_purposes(der, size, &attached.purposes))
		return;
	ib_grow(trust->attached, trust->attached_count);
	trust->attached[trust->attached_count++] = attached;
}

static int add_certificate(struct trust *trust, const struct object *object, enum place place,
			   const char *pem, const char *name, struct ib_error *err)
{
	struct anchor anchor = { .pem = pem, .label = object->label };
	ib_autofree char *key = NULL;

	if (place == PLACE_BLOCKLIST || object->distrusted) {
		ib_map_set(trust->blocked, pem, trust);
		return 0;
	}
	if ((place == PLACE_BESIDE && !object->trusted) || ib_map_has(trust->known, pem))
		return 0;
	IB_TRY(ib_certificate_purposes(pem, strlen(pem), name, &key, &anchor.purposes, err));
	anchor.key = ib_arena_strdup(trust->state->arena, key);
	ib_map_set(trust->known, pem, trust);
	ib_grow(trust->anchors, trust->anchor_count);
	trust->anchors[trust->anchor_count++] = anchor;
	return 0;
}

/* The rest of a line `key: "value"` or `key: value` behind the key; NULL: another line. */
static const char *value_of(struct ib_arena *arena, const char *line, const char *key)
{
	size_t length = strlen(key);
	size_t end = 0;

	if (strncmp(line, key, length) != 0 || line[length] != ':')
		return NULL;
	line += length + 1;
	line += strspn(line, " \t\"");
	end = strlen(line);
	while (end && strchr(" \t\r\"", line[end - 1]))
		end--;
	return ib_arena_strf(arena, "%.*s", (int)end, line);
}

static void read_attribute(struct ib_arena *arena, const char *line, struct object *object)
{
	const char *value = NULL;

	if ((value = value_of(arena, line, "trusted")))
		object->trusted = !strcmp(value, "true");
	else if ((value = value_of(arena, line, "x-distrusted")))
		object->distrusted = !strcmp(value, "true");
	else if ((value = value_of(arena, line, "label")))
		object->label = value;
	else if ((value = value_of(arena, line, "object-id")))
		object->id = value;
	else if ((value = value_of(arena, line, "value")))
		object->value = value;
}

static int read_text(struct trust *trust, const char *text, const char *path, enum place place,
		     struct ib_error *err)
{
	struct ib_arena *arena = trust->state->arena;
	struct object object = { 0 };

	while (*text) {
		const char *start = text;
		const char *line = ib_state_line(arena, &text);
		const char *end = NULL;

		if (ib_str_starts(line, "[p11-kit-object")) {
			object = (struct object){ 0 };
		} else if (ib_str_starts(line, PEM_BEGIN)) {
			end = strstr(start, PEM_END);
			if (!end)
				return ib_fail(err, IB_INPUT, "'%s': a certificate does not end",
					       path);
			IB_TRY(add_certificate(trust, &object, place,
					       ib_arena_strf(arena, "%.*s" PEM_END "\n",
							     (int)(end - start), start),
					       path, err));
		} else if (ib_str_starts(line, KEY_BEGIN)) {
			end = strstr(start, KEY_END);
			if (end)
				attach(trust, &object, body_of(arena, start, KEY_BEGIN, end));
		} else if (*line != '#') {
			read_attribute(arena, line, &object);
		}
		if (end)
			text = end + strcspn(end, "\n");
	}
	return 0;
}

/* DER becomes the text that PEM would be. */
static const char *pem_of(struct ib_arena *arena, const char *data, size_t size)
{
	ib_autofree char *base64 = ib_base64(data, size);
	IB_AUTO_BUFFER(out, size * 2 + 200);
	size_t length = strlen(base64);
	size_t at = 0;

	ib_buffer_puts(&out, PEM_BEGIN "\n");
	for (at = 0; at < length; at += 64)
		ib_buffer_putf(&out, "%.64s\n", base64 + at);
	ib_buffer_puts(&out, PEM_END "\n");
	return ib_arena_strdup(arena, ib_buffer_text(&out));
}

static int read_folder(struct trust *trust, const char *folder, enum place place,
		       struct ib_error *err)
{
	const struct ib_node *node = ib_tree_find_target(trust->state->tree, folder);
	size_t i = 0;

	for (i = 0; node && S_ISDIR(node->inode->mode) && i < node->child_count; i++) {
		const struct ib_node *child = node->children[i];
		ib_autofree char *path = ib_node_path(child);
		const char *text = NULL;
		size_t size = 0;

		if (!S_ISREG(child->inode->mode) || !strcmp(child->name, "README"))
			continue;
		IB_TRY(ib_state_read(trust->state, path, &text, &size, err));
		if (size > 2 && text[0] == 0x30)
			text = pem_of(trust->state->arena, text, size);
		IB_TRY(read_text(trust, text, path, place, err));
	}
	return 0;
}

static unsigned purposes_of(const struct trust *trust, const struct anchor *anchor)
{
	unsigned purposes = anchor->purposes;
	unsigned refused = 0;
	size_t i = 0;

	for (i = 0; i < trust->attached_count; i++) {
		const struct attached *attached = &trust->attached[i];

		if (strcmp(attached->key, anchor->key) != 0)
			continue;
		if (attached->refuses)
			refused |= attached->purposes;
		else
			purposes = attached->purposes;
	}
	return purposes & ~refused;
}

static int write_bundle(const struct trust *trust, const char *name, unsigned purpose,
			struct ib_error *err)
{
	ib_autofree char *path = ib_strf(EXTRACTED "%s", name);
	IB_AUTO_BUFFER(out, BUNDLE_MAX);
	size_t i = 0;

	for (i = 0; i < trust->anchor_count; i++) {
		const struct anchor *anchor = &trust->anchors[i];

		if (ib_map_has(trust->blocked, anchor->pem) ||
		    !(purposes_of(trust, anchor) & purpose))
			continue;
		if (strlen(anchor->pem) + 300 > ib_buffer_room(&out))
			return ib_fail(err, IB_LIMIT, "the bundle '%s' grows too large", path);
		if (anchor->label)
			ib_buffer_putf(&out, "# %.200s\n", anchor->label);
		ib_buffer_puts(&out, anchor->pem);
		if (anchor->label)
			ib_buffer_put_u8(&out, '\n');
	}
	return ib_state_put_file(trust->state, path, 0444, out.data, out.size, err);
}

int ib_certificates_fedora(struct ib_state *state, struct ib_error *err)
{
	static const struct {
		const char *folder;
		enum place place;
	} sources[] = {
		{ "/usr/share/pki/ca-trust-source/anchors", PLACE_ANCHORS },
		{ "/etc/pki/ca-trust/source/anchors", PLACE_ANCHORS },
		{ "/usr/share/pki/ca-trust-source", PLACE_BESIDE },
		{ "/etc/pki/ca-trust/source", PLACE_BESIDE },
		{ "/usr/share/pki/ca-trust-source/blocklist", PLACE_BLOCKLIST },
		{ "/etc/pki/ca-trust/source/blocklist", PLACE_BLOCKLIST },
		{ "/usr/share/pki/ca-trust-source/blacklist", PLACE_BLOCKLIST },
		{ "/etc/pki/ca-trust/source/blacklist", PLACE_BLOCKLIST },
	};
	static const struct {
		const char *name;
		unsigned purpose;
	} bundles[] = {
		{ "tls-ca-bundle.pem", IB_PURPOSE_SERVER },
		{ "email-ca-bundle.pem", IB_PURPOSE_EMAIL },
		{ "objsign-ca-bundle.pem", IB_PURPOSE_CODE },
	};
	IB_AUTO(ib_map) known = ib_map_new();
	IB_AUTO(ib_map) blocked = ib_map_new();
	struct trust trust = { .state = state, .known = known, .blocked = blocked };
	size_t i = 0;
	int r = 0;

	for (i = 0; r == 0 && i < IB_COUNT(sources); i++)
		r = read_folder(&trust, sources[i].folder, sources[i].place, err);
	for (i = 0; r == 0 && trust.anchor_count && i < IB_COUNT(bundles); i++)
		r = write_bundle(&trust, bundles[i].name, bundles[i].purpose, err);
	ib_free(trust.anchors);
	ib_free(trust.attached);
	return r;
}
