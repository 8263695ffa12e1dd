/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Lua scriptlets are not interpreted. Each known one is a row with the digest
 * of its normalised text (lines without blanks around, without comments and
 * empty lines) and what it does. Of those that make the base folders the paths
 * are read from their own lines, which the digest has fixed.
 *
 * Three texts are repeated by package after package with other paths in them:
 * how the packaging guidelines of Fedora have a folder replaced by a link, a
 * link by a folder, and a path removed. They act on what an older installation
 * left; a new image has nothing there. They are known line by line, the path
 * alone may be another.
 */
#include <string.h>

#include "crypto/crypto.h"
#include "state/families.h"

struct known {
	const char *sha256;
	const char *family;
	bool makes_folders; /* of lines posix.mkdir("…") and posix.symlink("…", "…") only */
	const char *shells; /* lines for /etc/shells, with blanks between */
};

static const struct known known[] = {
	/* libgcc of CentOS 7 */
	{ "03a72770f6446d8146987d947995cbee45535b7b4b4cebe39fb9a71d0f64e5e6", "ldconfig", false,
	  NULL },
	/* filesystem of CentOS 7: before and after */
	{ "a75d6b4e68ed8ed6c15d97875516add27c8a9298dcd8b35d48a8c0d40a561e42", "base-folders", true,
	  NULL },
	{ "aa5c8179ee68f4a2e2f97c5451851d38fbd8790928c14757f494e5244812d746", "base-folders", true,
	  NULL },
	/* glibc of CentOS 7: is the running kernel new enough? */
	{ "3b072af182e775d3591a87634e6d120d529f357b26c1a397a01a67ff2f933f43", "nothing", false,
	  NULL },
	/* setup of CentOS 7: leftovers, and aliases of a mail server, which no image has before it */
	{ "cf6b070d3486af6b4c813682171d313d5701131b3270164f02e76e6512637bf1", "nothing", false,
	  NULL },
	/* bash of CentOS 7 */
	{ "7ef8e00a5cd171fbb006526521f461613c59dd87b443cf7911e12952b5730019", "shells", false,
	  "/bin/sh /bin/bash" },
	/* filesystem of the embedded default repository */
	{ "77c77e3597e9b9af656ac3457de00905fbae33dcca1b7d6653e575b222808617", "base-folders", true,
	  NULL },
};

static const char *const folder_replaced[] = {
	"st = posix.stat(path)",
	"if st and st.type == \"directory\" then",
	"status = os.rename(path, path .. \".rpmmoved\")",
	"if not status then",
	"suffix = 0",
	"while not status do",
	"suffix = suffix + 1",
	"status = os.rename(path .. \".rpmmoved\", path .. \".rpmmoved.\" .. suffix)",
	"end",
	"os.rename(path, path .. \".rpmmoved\")",
	"end",
	"end",
	NULL,
};
static const char *const link_replaced[] = {
	"st = posix.stat(path)",
	"if st and st.type == \"link\" then",
	"os.remove(path)",
	"end",
	NULL,
};
static const char *const *const repeated[] = { folder_replaced, link_replaced };

/* path = "/…" with nothing else on the line. */
static bool is_path_line(const char *line)
{
	const char *text = ib_str_starts(line, "local ") ? line + 6 : line;
	size_t length = strlen(text);

	return ib_str_starts(text, "path = \"/") && length > 10 && text[length - 1] == '"' &&
	       strcspn(text + 8, "\"\\") == length - 9;
}

/* How many lines from here on are one of the repeated texts; 0: none. */
static size_t repeated_at(const struct ib_strings *lines, size_t from)
{
	size_t i = 0;
	size_t n = 0;

	if (from >= lines->count || !is_path_line(lines->items[from]))
		return 0;
	for (i = 0; i < IB_COUNT(repeated); i++) {
		for (n = 0; repeated[i][n] && from + 1 + n < lines->count &&
			    !strcmp(repeated[i][n], lines->items[from + 1 + n]);
		     n++)
			;
		if (!repeated[i][n])
			return n + 1;
	}
	return 0;
}

/* Whether nothing but repeated texts stands there, which all ask for a path before anything is laid down. */
static bool is_replacement(const struct ib_judgement *judgement, const struct ib_strings *lines)
{
	size_t at = 0;
	size_t taken = 0;

	if (judgement->scriptlet->kind != IB_SCRIPTLET_PRETRANS || !lines->count)
		return false;
	while ((taken = repeated_at(lines, at)) != 0)
		at += taken;
	return at == lines->count;
}

/* The text between the quotes number i (from 0) of a line, or NULL. */
static const char *quoted(struct ib_arena *arena, const char *line, size_t i)
{
	while (true) {
		const char *open = strchr(line, '"');
		const char *close = open ? strchr(open + 1, '"') : NULL;

		if (!close)
			return NULL;
		if (!i--)
			return ib_arena_strf(arena, "%.*s", (int)(close - open - 1), open + 1);
		line = close + 1;
	}
}

static void add_folder(struct ib_judgement *judgement, const char *line)
{
	const char *first = quoted(judgement->arena, line, 0);
	const char *second = quoted(judgement->arena, line, 1);

	if (ib_str_starts(line, "posix.mkdir(") && first)
		ib_judgement_effect(judgement, IB_EFFECT_DIRECTORY, "%s 0755", first);
	else if (ib_str_starts(line, "posix.symlink(") && first && second)
		ib_judgement_effect(judgement, IB_EFFECT_LINK, "%s %s", second, first);
}

/* The lines that count. */
static void normalize(const char *text, struct ib_strings *ret_lines)
{
	IB_AUTO_STRINGS(lines);
	size_t i = 0;

	ib_strings_split(&lines, text, "\r\n");
	for (i = 0; i < lines.count; i++) {
		const char *start = lines.items[i] + strspn(lines.items[i], " \t");
		size_t length = strlen(start);

		while (length && (start[length - 1] == ' ' || start[length - 1] == '\t'))
			length--;
		if (length && !ib_str_starts(start, "--"))
			ib_strings_adopt(ret_lines, ib_strndup(start, length));
	}
}

bool ib_lua_match(struct ib_judgement *judgement, const char *text)
{
	IB_AUTO_STRINGS(lines);
	IB_AUTO_STRINGS(shells);
	ib_autofree char *normal = NULL;
	char digest[65] = "";
	size_t i = 0;
	size_t n = 0;

	normalize(text, &lines);
	if (is_replacement(judgement, &lines)) {
		ib_judgement_family(judgement, "cleanup");
		return true;
	}
	normal = ib_strings_join(&lines, "\n");
	ib_sha256_hex(normal ? normal : "", normal ? strlen(normal) : 0, digest);
	for (i = 0; i < IB_COUNT(known); i++) {
		if (strcmp(known[i].sha256, digest) != 0)
			continue;
		ib_judgement_family(judgement, known[i].family);
		for (n = 0; known[i].makes_folders && n < lines.count; n++)
			add_folder(judgement, lines.items[n]);
		if (known[i].shells)
			ib_strings_split(&shells, known[i].shells, " ");
		for (n = 0; n < shells.count; n++)
			ib_judgement_effect(judgement, IB_EFFECT_SHELL, "%s", shells.items[n]);
		return true;
	}
	return false;
}
