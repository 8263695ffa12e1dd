/* SPDX-License-Identifier: Apache-2.0 */
/*
 * exchange - objects of a cache on another machine, by plain GET and PUT.
 *
 * A cache may have an object or not, and may be gone altogether: nothing depends on it. So
 * one fault that does not pass within a few tries ends the whole exchange: what was not tried until then
 * is left untried, and the caller goes on without. The same when it lasts too long as a
 * whole, or when one object trickles. Nothing is continued: objects are small, or soon made.
 *
 * What comes is hashed while it comes, and held against its digest and its size; what a server
 * goes on sending is not taken. Redirects to another scheme are not followed. An authorization is
 * sent to the host of the URL alone and is in no words.
 */
#ifndef IB_FETCH_EXCHANGE_H
#define IB_FETCH_EXCHANGE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/base.h"

enum ib_exchange_result {
	IB_EXCHANGE_UNTRIED, /* or not to its end */
	IB_EXCHANGE_DONE,
	IB_EXCHANGE_ABSENT,  /* GET: there is none of that name */
	IB_EXCHANGE_WRONG,   /* GET: other bytes than expected, or more of them */
	IB_EXCHANGE_REFUSED, /* not this one, whatever the reason */
};

struct ib_exchange_object {
	char *location; /* below the URL: "cas/4f31…"; owned by the caller */
	uint64_t size;  /* PUT: what is sent, from the start of the file; GET: no more than that */
	const char *sha256; /* GET: what has to come, in exactly that size; NULL: whatever comes */
	uint64_t got;       /* GET: how much came */
};

struct ib_exchange {
	const char *url;           /* http or https, without what may be a secret */
	const char *authorization; /* "Bearer …", or NULL */
	const char *ca_file;       /* PEM; NULL: the system's */
	bool put;                  /* else GET */
	uint32_t seconds;          /* for all of it; 0: as long as it moves */
	uint32_t stall_seconds;    /* below the least speed; 0: 10 */
	uint32_t connect_seconds;  /* 0: 5 */
	void *context;
	/* Just before object i is tried: the file to fill (empty), or to send. It stays the caller's. */
	int (*begin)(void *context, size_t i, int *ret_fd, struct ib_error *err);
	/* For each that was begun, exactly once. */
	int (*end)(void *context, size_t i, enum ib_exchange_result result, struct ib_error *err);
};

/* IB_INPUT unless it is http or https without user, query or fragment. */
int ib_exchange_check_url(const char *url, struct ib_error *err) IB_MUST_CHECK;
/*
 * 0: each object was tried. IB_MISSING: the other side is gone, refuses altogether, or is too slow, in words
 * with the URL in front. Else what begin or end failed with.
 */
int ib_exchange(const struct ib_exchange *exchange, struct ib_exchange_object *objects,
		size_t count, struct ib_error *err) IB_MUST_CHECK;

#endif
