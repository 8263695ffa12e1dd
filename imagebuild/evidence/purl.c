/* SPDX-License-Identifier: Apache-2.0 */
/* Package URLs: ECMA-427 (purl), type rpm. */
#include <string.h>

#include "evidence/evidence.h"

/* Left as they are: RFC 3986's unreserved characters, and the colon. */
static bool is_kept(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       (c && strchr("-._~:", c));
}

static void put_encoded(struct ib_buffer *out, const char *text)
{
	for (; *text; text++) {
		if (is_kept(*text))
			ib_buffer_put_u8(out, (uint8_t)*text);
		else
			ib_buffer_putf(out, "%%%02X", (unsigned)(uint8_t)*text);
	}
}

static void put_lower(struct ib_buffer *out, const char *text)
{
	ib_autofree char *lower = ib_strdup(text);
	char *c = NULL;

	for (c = lower; *c; c++)
		if (*c >= 'A' && *c <= 'Z')
			*c = (char)(*c - 'A' + 'a');
	put_encoded(out, lower);
}

/* A qualifier without a value is left out. */
static void put_qualifier(struct ib_buffer *out, char *separator, const char *key,
			  const char *value)
{
	if (!value || !*value)
		return;
	ib_buffer_putf(out, "%c%s=", *separator, key);
	put_encoded(out, value);
	*separator = '&';
}

/* Qualifiers stand in the order of their names. */
void ib_purl_write(struct ib_buffer *out, const struct ib_package *package, const char *os_id,
		   const char *os_version_id)
{
	ib_autofree char *distro = ib_strf("%s%s%s", os_id, os_version_id ? "-" : "",
					   os_version_id ? os_version_id : "");
	char separator = '?';

	ib_buffer_puts(out, "pkg:rpm/");
	put_lower(out, os_id);
	ib_buffer_puts(out, "/");
	put_encoded(out, package->name);
	ib_buffer_puts(out, "@");
	put_encoded(out, package->version);
	ib_buffer_puts(out, "-");
	put_encoded(out, package->release);
	put_qualifier(out, &separator, "arch", package->arch);
	put_qualifier(out, &separator, "distro", distro);
	put_qualifier(out, &separator, "epoch", package->epoch);
	put_qualifier(out, &separator, "upstream", package->source_rpm);
}
