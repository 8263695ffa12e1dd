/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The format of EDK II: a firmware volume (PI 1.8, volume 3, 3.2.1), in it a variable store of
 * authenticated variables (MdeModulePkg, Guid/VariableFormat.h), in those signature lists (UEFI
 * 2.10, 32.4.1).
 */
#include "vmtests/varstore.h"

#include <string.h>

enum {
	MAX_STORE = 16 << 20,
	MAX_LIST = 1 << 20,
	VOLUME_HEADER_LENGTH = 48, /* where the volume header says its own length */
	STORE_HEADER = 28,
	STORE_SIZE = 16, /* where the store header says its size */
	STORE_STATE = 20,
	VARIABLE_HEADER = 60,
	VARIABLE_START = 0x55aa,
	VARIABLE_ADDED = 0x3f,
	/* Non-volatile, for boot services and runtime, authenticated by time. */
	ATTRIBUTES = 0x01 | 0x02 | 0x04 | 0x20,
	YEAR = 2020,
};

static const uint8_t guid_store[16] = { 0x78, 0x2c, 0xf3, 0xaa, 0x7b, 0x94, 0x9a, 0x43,
					0xa1, 0x80, 0x2e, 0x14, 0x4e, 0xc3, 0x77, 0x92 };
static const uint8_t guid_global[16] = { 0x61, 0xdf, 0xe4, 0x8b, 0xca, 0x93, 0xd2, 0x11,
					 0xaa, 0x0d, 0x00, 0xe0, 0x98, 0x03, 0x2b, 0x8c };
static const uint8_t guid_database[16] = { 0xcb, 0xb2, 0x19, 0xd7, 0x3a, 0x3d, 0x96, 0x45,
					   0xa3, 0xbc, 0xda, 0xd0, 0x0e, 0x67, 0x65, 0x6f };
static const uint8_t guid_x509[16] = { 0xa1, 0x59, 0xc0, 0xa5, 0xe4, 0x94, 0xa7, 0x4a,
				       0x87, 0xb5, 0xab, 0x15, 0x5c, 0x2b, 0xf0, 0x72 };
/* Whose signatures they are; any value of our own. */
static const uint8_t guid_owner[16] = { 'i',  'm', 'a', 'g', 'e', 'b', 'u', 0x41,
					0x9c, 'd', 't', 'e', 's', 't', 's', '1' };

/* EFI_SIGNATURE_LIST with one certificate. */
static void put_signature_list(struct ib_buffer *b, const struct ib_certificate *certificate)
{
	const uint8_t *der = NULL;
	size_t size = 0;

	ib_certificate_der(certificate, &der, &size);
	ib_buffer_put(b, guid_x509, sizeof(guid_x509));
	ib_buffer_put_le32(b, (uint32_t)(16 + 3 * 4 + 16 + size)); /* of the list */
	ib_buffer_put_le32(b, 0);                                  /* of a header of its own */
	ib_buffer_put_le32(b, (uint32_t)(16 + size));              /* of one signature */
	ib_buffer_put(b, guid_owner, sizeof(guid_owner));
	ib_buffer_put(b, der, size);
}

/* AUTHENTICATED_VARIABLE_HEADER, name, data; padded to 4. */
static void put_variable(struct ib_buffer *b, const char *name, const uint8_t vendor[16],
			 const struct ib_buffer *data)
{
	size_t i = 0;

	ib_buffer_put_le16(b, VARIABLE_START);
	ib_buffer_put_u8(b, VARIABLE_ADDED);
	ib_buffer_put_u8(b, 0);
	ib_buffer_put_le32(b, ATTRIBUTES);
	ib_buffer_put_le64(b, 0); /* monotonic count */
	ib_buffer_put_le16(b, YEAR);
	ib_buffer_put_u8(b, 1); /* month */
	ib_buffer_put_u8(b, 1); /* day */
	ib_buffer_put_zeros(b, 12);
	ib_buffer_put_le32(b, 0); /* index of a public key: not used */
	ib_buffer_put_le32(b, (uint32_t)(2 * (strlen(name) + 1)));
	ib_buffer_put_le32(b, (uint32_t)data->size);
	ib_buffer_put(b, vendor, 16);
	for (i = 0; i <= strlen(name); i++)
		ib_buffer_put_le16(b, (uint16_t)name[i]);
	ib_buffer_put(b, data->data, data->size);
	while (b->size % 4)
		ib_buffer_put_u8(b, 0xff);
}

static void put_keys(struct ib_buffer *b, const struct varstore_keys *keys)
{
	IB_AUTO_BUFFER(list, MAX_LIST);
	size_t i = 0;

	for (i = 0; i < keys->db_count; i++)
		put_signature_list(&list, keys->db[i]);
	put_variable(b, "db", guid_database, &list);
	ib_buffer_clear(&list);
	put_signature_list(&list, keys->kek);
	put_variable(b, "KEK", guid_global, &list);
	/* The platform key ends setup mode, so it comes last. */
	ib_buffer_clear(&list);
	put_signature_list(&list, keys->pk);
	put_variable(b, "PK", guid_global, &list);
}

/* Where the store begins, after its header was checked; *ret_size as that says. */
static int find_store(const struct ib_buffer *store, const char *path, size_t *ret_start,
		      size_t *ret_size, struct ib_error *err)
{
	size_t start = store->size < 64 ? 0 : ib_get_le16(store->data + VOLUME_HEADER_LENGTH);
	size_t size = 0;

	if (!start || start + STORE_HEADER > store->size ||
	    memcmp(store->data + start, guid_store, 16) != 0 ||
	    ib_get_le16(store->data + start + STORE_STATE) != 0xfe5a)
		return ib_fail(err, IB_INPUT, "'%s' is no OVMF store of authenticated variables",
			       path);
	size = ib_get_le32(store->data + start + STORE_SIZE);
	if (size < STORE_HEADER || size > store->size - start)
		return ib_fail(err, IB_INPUT, "the variable store in '%s' is cut off", path);
	*ret_start = start;
	*ret_size = size;
	return 0;
}

int varstore_write(const char *template_path, const struct varstore_keys *keys, const char *path,
		   struct ib_error *err)
{
	IB_AUTO_BUFFER(store, MAX_STORE);
	IB_AUTO_BUFFER(variables, MAX_STORE);
	size_t start = 0;
	size_t size = 0;

	IB_TRY(ib_file_read(template_path, &store, err));
	IB_TRY(find_store(&store, template_path, &start, &size, err));
	if (store.data[start + STORE_HEADER] != 0xff)
		return ib_fail(err, IB_INPUT,
			       "'%s' holds variables already: an empty one is needed",
			       template_path);
	put_keys(&variables, keys);
	if (variables.size > size - STORE_HEADER)
		return ib_fail(err, IB_LIMIT, "the keys do not fit into '%s'", template_path);
	ib_buffer_set(&store, start + STORE_HEADER, variables.data, variables.size);
	return ib_file_write(path, store.data, store.size, 0644, err);
}
