/* SPDX-License-Identifier: Apache-2.0 */
/* Who asks, and with what password, is no part of where something is (RFC 3986, 3.2.1). */
#include <string.h>

#include "package/foreign.h"

/* Up to the last @ before the path, as curl has it; a blank ends a URL within a sentence. */
static size_t user_size(const char *authority)
{
	size_t size = strcspn(authority, "/?# \t\r\n");

	while (size > 0 && authority[size - 1] != '@')
		size--;
	return size;
}

bool ib_foreign_drop_users(char *text)
{
	bool dropped = false;
	char *place = text;

	while ((place = strstr(place, "://"))) {
		size_t size = 0;

		place += strlen("://");
		size = user_size(place);
		if (!size)
			continue;
		memmove(place, place + size, strlen(place + size) + 1);
		dropped = true;
	}
	return dropped;
}

const char *ib_foreign_without_users(struct ib_arena *arena, const char *url)
{
	char *copy = ib_arena_memdup(arena, url, strlen(url) + 1);

	return ib_foreign_drop_users(copy) ? copy : url;
}
