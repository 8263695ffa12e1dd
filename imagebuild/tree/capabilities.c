/* SPDX-License-Identifier: Apache-2.0 */
/*
 * File capabilities as the kernel keeps them (linux/capability.h, revision 2):
 * one word of magic and flags, then permitted and inheritable, low and high
 * halves. Revision 3 would add the id of a namespace's root, which a tree that
 * no namespace ever saw does not have.
 */
#include <string.h>
#include <sys/capability.h>

#include "tree/internal.h"

#define REVISION_2     0x02000000U
#define EFFECTIVE_FLAG 0x000001U
#define MAX_CAPABILITY 63

static bool is_set(cap_t capabilities, int which, cap_flag_t flag)
{
	cap_flag_value_t value = CAP_CLEAR;

	return !cap_get_flag(capabilities, which, flag, &value) && value == CAP_SET;
}

static int encode(const char *text, cap_t capabilities, uint8_t *value, struct ib_error *err)
{
	IB_AUTO_BUFFER(b, IB_CAPABILITIES_XATTR_SIZE);
	uint64_t permitted = 0;
	uint64_t inheritable = 0;
	uint64_t effective = 0;
	int i = 0;

	for (i = 0; i <= MAX_CAPABILITY; i++) {
		uint64_t bit = (uint64_t)1 << i;

		permitted |= is_set(capabilities, i, CAP_PERMITTED) ? bit : 0;
		inheritable |= is_set(capabilities, i, CAP_INHERITABLE) ? bit : 0;
		effective |= is_set(capabilities, i, CAP_EFFECTIVE) ? bit : 0;
	}
	/* a file has one bit for all of them */
	if (effective && effective != (permitted | inheritable))
		return ib_fail(err, IB_INPUT,
			       "a file cannot have capabilities '%s': effective for some only",
			       text);
	ib_buffer_put_le32(&b, REVISION_2 | (effective ? EFFECTIVE_FLAG : 0));
	ib_buffer_put_le32(&b, (uint32_t)permitted);
	ib_buffer_put_le32(&b, (uint32_t)inheritable);
	ib_buffer_put_le32(&b, (uint32_t)(permitted >> 32));
	ib_buffer_put_le32(&b, (uint32_t)(inheritable >> 32));
	memcpy(value, b.data, IB_CAPABILITIES_XATTR_SIZE);
	return 0;
}

int ib_capabilities_to_xattr(const char *text, uint8_t ret_value[IB_CAPABILITIES_XATTR_SIZE],
			     struct ib_error *err)
{
	cap_t capabilities = cap_from_text(text);
	int r = 0;

	if (!capabilities)
		return ib_fail(err, IB_INPUT, "unrecognized capabilities '%s'", text);
	r = encode(text, capabilities, ret_value, err);
	cap_free(capabilities);
	return r;
}
