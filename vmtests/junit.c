/* SPDX-License-Identifier: Apache-2.0 */
#include "vmtests/junit.h"

#include <string.h>

#define MAX_RESULTS (1 << 20)

static void put_escaped(struct ib_buffer *out, const char *text)
{
	for (; *text; text++) {
		if (strchr("<>&\"'", *text) || (unsigned char)*text < 0x20)
			ib_buffer_putf(out, "&#%u;", (unsigned)(unsigned char)*text);
		else
			ib_buffer_put_u8(out, (uint8_t)*text);
	}
}

/* The text behind the count-th colon, or the empty end of it. */
static const char *behind_colons(const char *text, unsigned count)
{
	while (count-- && *text) {
		text += strcspn(text, ":");
		text += *text == ':';
	}
	return text;
}

static bool put_case(struct ib_buffer *out, const char *line)
{
	bool failed = ib_str_starts(line, "not ok ");
	const char *name = behind_colons(line, 2);
	ib_autofree char *plain = ib_strndup(name, strcspn(name, ":"));

	if (!failed && !ib_str_starts(line, "ok "))
		return false;
	ib_buffer_puts(out, "  <testcase classname=\"vmtest\" name=\"");
	put_escaped(out, plain);
	ib_buffer_puts(out, failed ? "\">\n    <failure message=\"" : "\"/>\n");
	if (failed) {
		put_escaped(out, behind_colons(name, 1) + strspn(behind_colons(name, 1), " "));
		ib_buffer_puts(out, "\"/>\n  </testcase>\n");
	}
	return true;
}

int junit_write(const char *tap_path, const char *xml_path, struct ib_error *err)
{
	IB_AUTO_BUFFER(cases, 8 * MAX_RESULTS);
	IB_AUTO_BUFFER(out, 9 * MAX_RESULTS);
	IB_AUTO_STRINGS(lines);
	ib_autofree char *tap = NULL;
	size_t tests = 0;
	size_t failures = 0;
	size_t i = 0;

	IB_TRY(ib_file_read_text(tap_path, MAX_RESULTS, &tap, err));
	ib_strings_split(&lines, tap, "\n");
	for (i = 0; i < lines.count; i++) {
		if (!put_case(&cases, lines.items[i]))
			continue;
		tests++;
		failures += ib_str_starts(lines.items[i], "not ");
	}
	ib_buffer_putf(&out,
		       "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
		       "<testsuite name=\"vmtest\" tests=\"%zu\" failures=\"%zu\">\n",
		       tests, failures);
	ib_buffer_put(&out, cases.data, cases.size);
	ib_buffer_puts(&out, "</testsuite>\n");
	return ib_file_write(xml_path, out.data, out.size, 0644, err);
}
