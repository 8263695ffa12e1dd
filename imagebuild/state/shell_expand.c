/* SPDX-License-Identifier: Apache-2.0 */
/* Expansion: POSIX.1-2017, Shell Command Language, 2.6, as far as it needs no machine. */
#include "state/shell_expand.h"

#include <string.h>

#define WORD_MAX (1U << 20)
#define SPLIT    '\001' /* a blank that came out of an unquoted variable */

struct expansion {
	struct ib_shell_scope *scope;
	struct ib_buffer out;
	bool known;
	bool quoted; /* some part was quoted: an empty word counts */
	bool is_pattern;
	bool is_unset; /* all of it is one variable that nothing has set */
	bool in_unset; /* its name is being put */
};

bool ib_shell_charge(struct ib_shell_scope *scope, size_t size)
{
	scope->budget -= IB_MIN(size, scope->budget);
	return scope->budget != 0;
}

static int put(struct expansion *expansion, const char *text, size_t size, bool splits,
	       struct ib_error *err)
{
	size_t i = 0;

	if (expansion->is_unset && !expansion->in_unset)
		expansion->is_unset = false;
	if (!ib_shell_charge(expansion->scope, size + 1))
		return ib_fail(err, IB_LIMIT, "the words of the script are too long together");
	if (size + 2 > ib_buffer_room(&expansion->out))
		return ib_fail(err, IB_LIMIT, "a word of the script is too long");
	for (i = 0; i < size; i++) {
		bool blank = text[i] == ' ' || text[i] == '\t' || text[i] == '\n';

		ib_buffer_put_u8(&expansion->out, (uint8_t)(splits && blank ? SPLIT : text[i]));
	}
	return 0;
}

static size_t name_length(const char *text)
{
	static const char letters[] =
		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_0123456789";

	if (*text >= '0' && *text <= '9')
		return 1;
	return strspn(text, letters);
}

/* What rpm, its caller or the shell itself may have set; all else is unset where scriptlets run. */
static bool is_of_environment(const char *name)
{
	static const char *const names[] = {
		"PATH", "HOME",   "USER",   "LOGNAME",  "SHELL",  "PWD",    "OLDPWD",
		"LANG", "TERM",   "TMPDIR", "DISPLAY",  "EDITOR", "VISUAL", "PAGER",
		"MAIL", "TZ",     "UID",    "EUID",     "PPID",   "RANDOM", "SECONDS",
		"IFS",  "LINENO", "_",      "container"
	};
	static const char *const starts[] = {
		"RPM",     "SSH_",     "XDG_",   "SYSTEMD_", "INVOCATION_", "DBUS_", "KRB5",
		"COLOR",   "LESS",     "HIST",   "PS",       "http",        "HTTP",  "JOURNAL_",
		"NOTIFY_", "LISTEN_",  "CI",     "LC_",      "BASH",        "SUDO_", "HOST",
		"OPT",     "MACHTYPE", "OSTYPE", "SHL",      "YUM",         "DNF"
	};
	size_t i = 0;

	for (i = 0; i < IB_COUNT(names); i++)
		if (!strcmp(name, names[i]))
			return true;
	for (i = 0; i < IB_COUNT(starts); i++)
		if (ib_str_starts(name, starts[i]))
			return true;
	return false;
}

/* The value of a variable; NULL: not known. One that nobody set is empty in a clean environment. */
static const char *value_of(const struct ib_shell_scope *scope, const char *name)
{
	const char *value = NULL;

	if (*name >= '0' && *name <= '9') {
		size_t number = (size_t)(*name - '0');

		if (!number)
			return NULL;
		if (number <= scope->argument_count)
			return scope->arguments[number - 1];
		return scope->counts_arguments ? "" : NULL;
	}
	if (!strcmp(name, "#") && scope->counts_arguments)
		return ib_arena_strf(scope->arena, "%zu", scope->argument_count);
	if (!strcmp(name, "?") || !strcmp(name, "$") || !strcmp(name, "!") || !strcmp(name, "@") ||
	    !strcmp(name, "*") || !strcmp(name, "#") || !strcmp(name, "-"))
		return NULL;
	value = ib_map_get(scope->variables, name);
	if (value == scope->unknown)
		return NULL;
	return value;
}

static int put_variable(struct expansion *expansion, const char *name, bool quoted,
			struct ib_error *err)
{
	const struct ib_shell_scope *scope = expansion->scope;
	const char *value = value_of(scope, name);
	const char *pattern = ib_map_get(scope->patterns, name);

	if (!value && pattern && *pattern && !expansion->out.size) {
		expansion->is_pattern = true;
		return put(expansion, pattern, strlen(pattern), false, err);
	}

	if (!value) {
		expansion->is_unset = expansion->out.size == 0 && scope->is_clean &&
				      !strchr("?$!@*#-", *name) && (*name < '0' || *name > '9') &&
				      !ib_map_get(scope->variables, name) &&
				      !is_of_environment(name) && !ib_shell_is_special(name);
		expansion->known = false;
		expansion->in_unset = true;
		IB_TRY(put(expansion, "$", 1, false, err));
		IB_TRY(put(expansion, name, strlen(name), false, err));
		expansion->in_unset = false;
		return 0;
	}
	return put(expansion, value, strlen(value), !quoted, err);
}

static int refuse(const char *text, size_t length, struct ib_error *err)
{
	return ib_fail(err, IB_INPUT, "'%.*s' is not understood",
		       (int)IB_MIN(IB_MAX(length, 2), 60), text);
}

/* "$(…)" or "`…`" at text. */
static int put_substitution(struct expansion *expansion, const char *text, size_t length,
			    struct ib_error *err)
{
	struct ib_shell_scope *scope = expansion->scope;
	size_t skip = *text == '`' ? 1 : 2;

	/* inside backticks a backslash goes first: what is read then is another text */
	if (skip == 1 && memchr(text, '\\', length))
		return refuse(text, length, err);
	expansion->known = false;
	IB_TRY(scope->substitute(
		scope->context,
		ib_arena_strf(scope->arena, "%.*s", (int)(length - skip - 1), text + skip), err));
	return put(expansion, text, length, false, err);
}

/*
 * "${…}" at text: NAME, #NAME, and NAME with what stands for an empty one or with what is cut off.
 * Others calculate ("${x:y}"), assign, or take a value for code ("${x@P}").
 */
static int put_braces(struct expansion *expansion, const char *text, size_t length, bool quoted,
		      struct ib_error *err)
{
	bool counts = text[2] == '#' && text[3] != '}';
	const char *name = text + 2 + counts;
	size_t inside = name_length(name);
	size_t rest = length - 3 - counts - inside;
	const char *behind = name + inside;

	if (inside && !rest && !counts)
		return put_variable(
			expansion,
			ib_arena_strf(expansion->scope->arena, "%.*s", (int)inside, name), quoted,
			err);
	if (!inside || (counts && rest) ||
	    (rest && !strchr("-+#%", behind[*behind == ':' && strchr("-+", behind[1])])))
		return refuse(text, length, err);
	while (rest--)
		if (strchr("`$=![]\\'\"{}@<>()", *behind++))
			return refuse(text, length, err);
	expansion->known = false;
	return put(expansion, text, length, false, err);
}

/* "$((…))" at text: of numbers alone, and without what may fail; a name stands for any code. */
static int put_arithmetic(struct expansion *expansion, const char *text, size_t length,
			  struct ib_error *err)
{
	if (strspn(text + 1, "0123456789 ()+-*<>") < length - 1 || memmem(text, length, "++", 2) ||
	    memmem(text, length, "--", 2))
		return refuse(text, length, err);
	expansion->known = false;
	return put(expansion, text, length, false, err);
}

/* What stands behind a dollar sign or in backticks; *at is moved behind it. */
static int put_dollar(struct expansion *expansion, const char **at, bool quoted,
		      struct ib_error *err)
{
	const char *text = *at;
	size_t length = ib_shell_substitution_length(text);
	size_t inside = 0;

	if (*text == '`' || (text[1] == '(' && text[2] != '(')) {
		*at += length;
		return put_substitution(expansion, text, length, err);
	}
	if (text[1] == '{') {
		*at += length;
		return put_braces(expansion, text, length, quoted, err);
	}
	if (text[1] == '(') {
		*at += length;
		return put_arithmetic(expansion, text, length, err);
	}
	/* "$[…]" calculates, $'…' and $"…" have rules of their own, and a line may go on here */
	if (text[1] == '[' || ib_str_starts(text + 1, "\\\n") ||
	    (!quoted && (text[1] == '\'' || text[1] == '"')))
		return refuse(text, strlen(text), err);
	inside = text[1] && strchr("#?$!@*-", text[1]) ? 1 : name_length(text + 1);
	if (!inside) {
		*at += 1;
		return put(expansion, "$", 1, false, err);
	}
	if (ib_str_starts(text + 1 + inside, "\\\n"))
		return refuse(text, strlen(text), err);
	*at += inside + 1;
	return put_variable(expansion,
			    ib_arena_strf(expansion->scope->arena, "%.*s", (int)inside, text + 1),
			    quoted, err);
}

/* The inside of "…". */
static int put_double(struct expansion *expansion, const char **at, struct ib_error *err)
{
	const char *text = *at + 1;

	expansion->quoted = true;
	while (*text && *text != '"') {
		if (*text == '$' || *text == '`') {
			IB_TRY(put_dollar(expansion, &text, true, err));
			continue;
		}
		if (ib_str_starts(text, "\\\n")) {
			text += 2;
			continue;
		}
		if (*text == '\\' && text[1] && strchr("$`\"\\", text[1]))
			text++;
		IB_TRY(put(expansion, text, 1, false, err));
		text++;
	}
	*at = text + 1;
	return 0;
}

/* One piece of a raw word. */
static int put_piece(struct expansion *expansion, const char **at, struct ib_error *err)
{
	const char *text = *at;
	const char *end = NULL;

	switch (*text) {
	case '\'':
		end = strchr(text + 1, '\'');
		expansion->quoted = true;
		*at = end + 1;
		return put(expansion, text + 1, (size_t)(end - text - 1), false, err);
	case '"':
		return put_double(expansion, at, err);
	case '$':
	case '`':
		return put_dollar(expansion, at, false, err);
	case '\\':
		*at += text[1] ? 2 : 1;
		return text[1] && text[1] != '\n' ? put(expansion, text + 1, 1, false, err) : 0;
	case '*':
	case '?':
		expansion->is_pattern = true;
		break;
	case '{':
		expansion->known = false; /* several words */
		break;
	case '[':
		expansion->known = expansion->known && (!text[1] || !strchr(text, ']'));
		break;
	case '~': /* a home directory, also behind the signs of a list */
		if (!expansion->out.size ||
		    strchr(":=", expansion->out.data[expansion->out.size - 1]))
			expansion->known = false;
		break;
	default:
		break;
	}
	*at += 1;
	return put(expansion, text, 1, false, err);
}

static int expand(struct expansion *expansion, const char *raw, struct ib_error *err)
{
	while (*raw)
		IB_TRY(put_piece(expansion, &raw, err));
	return 0;
}

static void add_word(struct ib_shell_scope *scope, struct ib_shell_words *words, const char *text,
		     size_t length, const struct expansion *expansion)
{
	if (!(words->count & (words->count - 1))) {
		struct ib_shell_word *larger =
			ib_arena_alloc(scope->arena, IB_MAX(words->count * 2, 1) * sizeof(*larger));

		if (words->count)
			memcpy(larger, words->items, words->count * sizeof(*larger));
		words->items = larger;
	}
	words->items[words->count++] =
		(struct ib_shell_word){ ib_arena_strf(scope->arena, "%.*s", (int)length, text),
					expansion->known && !expansion->is_pattern,
					expansion->known && expansion->is_pattern,
					expansion->is_unset && expansion->quoted };
}

int ib_shell_expand(struct ib_shell_scope *scope, const char *raw, struct ib_shell_words *words,
		    struct ib_error *err)
{
	struct expansion expansion = { scope, IB_BUFFER_INIT(WORD_MAX), true, false, false, false,
				       false };
	int r = expand(&expansion, raw, err);
	const char *text = ib_buffer_text(&expansion.out);
	const char separators[] = { SPLIT, '\0' };

	if (r == 0 && !*text && expansion.quoted)
		add_word(scope, words, "", 0, &expansion);
	while (r == 0 && *text) {
		size_t length = 0;

		text += strspn(text, separators);
		length = strcspn(text, separators);
		if (length)
			add_word(scope, words, text, length, &expansion);
		text += length;
	}
	ib_buffer_done(&expansion.out);
	return r;
}

int ib_shell_expand_one(struct ib_shell_scope *scope, const char *raw,
			struct ib_shell_word *ret_word, struct ib_error *err)
{
	struct expansion expansion = { scope, IB_BUFFER_INIT(WORD_MAX), true, false, false, false,
				       false };
	int r = expand(&expansion, raw, err);
	size_t i = 0;

	for (i = 0; i < expansion.out.size; i++)
		if (expansion.out.data[i] == SPLIT)
			expansion.out.data[i] = ' ';
	if (r == 0)
		*ret_word =
			(struct ib_shell_word){ ib_arena_strdup(scope->arena,
								ib_buffer_text(&expansion.out)),
						expansion.known && !expansion.is_pattern,
						expansion.known && expansion.is_pattern, false };
	ib_buffer_done(&expansion.out);
	return r;
}
