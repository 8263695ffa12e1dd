/* SPDX-License-Identifier: Apache-2.0 */
/* The walker: what would run, with conditions decided as far as they can be. */
#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>

#include "state/shell_expand.h"

#define STEPS_MAX 20000
#define CALLS_MAX 16

struct walker {
	struct ib_shell_scope scope;
	struct ib_map *functions; /* name → body */
	ib_shell_fn visit;
	void *context;
	unsigned undecided; /* how many undecided conditions stand in front */
	unsigned steps, calls;
	bool stopped; /* exit or return */
};

static int walk(struct walker *walker, const struct ib_shell_node *node,
		enum ib_shell_status *ret_status, struct ib_error *err);

/* Walks a part that may or may not run. */
static int walk_maybe(struct walker *walker, const struct ib_shell_node *node,
		      enum ib_shell_status *ret_status, struct ib_error *err)
{
	int r = 0;

	walker->undecided++;
	r = walk(walker, node, ret_status, err);
	walker->undecided--;
	return r;
}

static int substitute(void *context, const char *text, struct ib_error *err)
{
	struct walker *walker = context;
	struct ib_shell_node *node = NULL;
	enum ib_shell_status status = IB_SHELL_MAYBE;
	bool stopped = walker->stopped;

	if (++walker->calls > CALLS_MAX)
		return ib_fail(err, IB_LIMIT, "commands are nested too deeply");
	IB_TRY(ib_shell_parse(text, walker->scope.arena, &node, err));
	IB_TRY(walk(walker, node, &status, err));
	walker->calls--;
	walker->stopped = stopped;
	return 0;
}

static void set_variable(struct walker *walker, const char *name, const struct ib_shell_word *value)
{
	const char *text = value->known && !walker->undecided ? value->text : walker->scope.unknown;
	/* the map keeps addresses of texts in the arena, and never writes to them */
	void *kept = NULL;

	memcpy(&kept, &text, sizeof(kept));
	ib_map_set(walker->scope.variables, name, kept);
}

/* "NAME=VALUE" or "NAME+=VALUE": the length of NAME, 0 for other words. */
static size_t assignment_length(const char *raw)
{
	size_t length = strspn(raw, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_"
				    "0123456789");

	if (!length || (*raw >= '0' && *raw <= '9'))
		return 0;
	return raw[length] == '=' || (raw[length] == '+' && raw[length + 1] == '=') ? length : 0;
}

static int assign(struct walker *walker, const char *raw, size_t length, struct ib_error *err)
{
	const char *name = ib_arena_strf(walker->scope.arena, "%.*s", (int)length, raw);
	bool appends = raw[length] == '+';
	struct ib_shell_word value = { "", true };

	if (raw[length + (appends ? 2 : 1)] == '(')
		return ib_fail(err, IB_INPUT, "an array is not understood");
	IB_TRY(ib_shell_expand_one(&walker->scope, raw + length + (appends ? 2 : 1), &value, err));
	if (appends) {
		const char *before = ib_map_get(walker->scope.variables, name);

		value.known = value.known && before != walker->scope.unknown;
		value.text = ib_arena_strf(walker->scope.arena, "%s%s",
					   before && value.known ? before : "", value.text);
	}
	set_variable(walker, name, &value);
	return 0;
}

/* "A -eq B" and "A = B" with both sides known. */
static enum ib_shell_status compare(const char *a, const char *operation, const char *b)
{
	static const char *const numeric[] = { "-eq", "-ne", "-lt", "-le", "-gt", "-ge" };
	char *end_a = NULL;
	char *end_b = NULL;
	long x = strtol(a, &end_a, 10);
	long y = strtol(b, &end_b, 10);
	const bool results[] = { x == y, x != y, x<y, x <= y, x> y, x >= y };
	size_t i = 0;

	if (!strcmp(operation, "=") || !strcmp(operation, "=="))
		return strcmp(a, b) ? IB_SHELL_NO : IB_SHELL_YES;
	if (!strcmp(operation, "!="))
		return strcmp(a, b) ? IB_SHELL_YES : IB_SHELL_NO;
	for (i = 0; i < IB_COUNT(numeric); i++)
		if (!strcmp(operation, numeric[i]) && *a && *b && !*end_a && !*end_b)
			return results[i] ? IB_SHELL_YES : IB_SHELL_NO;
	return IB_SHELL_MAYBE;
}

static enum ib_shell_status negate(enum ib_shell_status status)
{
	if (status == IB_SHELL_MAYBE)
		return status;
	return status == IB_SHELL_YES ? IB_SHELL_NO : IB_SHELL_YES;
}

/* What only a running system has, or an older one left behind. */
static bool is_absent(const char *path)
{
	static const char *const below[] = { "/run/", "/var/run/", "/var/lock/subsys/",
					     "/sys/firmware/", "/proc/" };
	static const char *const ends[] = { ".rpmsave", ".rpmnew", ".rpmorig", ".rpmmoved" };
	size_t i = 0;

	for (i = 0; i < IB_COUNT(below); i++)
		if (ib_str_starts(path, below[i]))
			return true;
	for (i = 0; i < IB_COUNT(ends); i++)
		if (ib_str_ends(path, ends[i]))
			return true;
	return !strcmp(path, "/dev/initctl");
}

/* One operator with its operand: "-z x", "-f /run/systemd/…". */
static enum ib_shell_status decide_one(const char *operator, const char * operand)
{
	if (!strcmp(operator, "-z"))
		return *operand ? IB_SHELL_NO : IB_SHELL_YES;
	if (!strcmp(operator, "-n"))
		return *operand ? IB_SHELL_YES : IB_SHELL_NO;
	if (is_absent(operand))
		return IB_SHELL_NO;
	return IB_SHELL_MAYBE;
}

/* test, [ and [[ : what needs no look at the machine, and that no system runs while an image is made. */
static enum ib_shell_status decide(const struct ib_shell_word *words, size_t count)
{
	if (count && !strcmp(words[0].text, "!"))
		return negate(decide(words + 1, count - 1));
	if (count == 1 && words[0].known)
		return *words[0].text ? IB_SHELL_YES : IB_SHELL_NO;
	if (count == 2 && words[1].known)
		return decide_one(words[0].text, words[1].text);
	if (count == 3 && words[0].known && words[2].known)
		return compare(words[0].text, words[1].text, words[2].text);
	return IB_SHELL_MAYBE;
}

static int run_function(struct walker *walker, const struct ib_shell_node *body,
			const struct ib_shell_words *words, enum ib_shell_status *ret_status,
			struct ib_error *err)
{
	const char *const *arguments = walker->scope.arguments;
	size_t argument_count = walker->scope.argument_count;
	const char **mine =
		ib_arena_alloc(walker->scope.arena, (words->count + 1) * sizeof(const char *));
	bool stopped = walker->stopped;
	size_t i = 0;
	int r = 0;

	if (++walker->calls > CALLS_MAX)
		return ib_fail(err, IB_LIMIT, "functions are nested too deeply");
	for (i = 1; i < words->count; i++)
		mine[i - 1] = words->items[i].known ? words->items[i].text : NULL;
	walker->scope.arguments = mine;
	walker->scope.argument_count = words->count - 1;
	r = walk(walker, body, ret_status, err);
	walker->scope.arguments = arguments;
	walker->scope.argument_count = argument_count;
	walker->stopped = stopped;
	walker->calls--;
	return r;
}

static int run_command(struct walker *walker, const struct ib_shell_node *node,
		       const struct ib_shell_words *words, enum ib_shell_status *ret_status,
		       struct ib_error *err)
{
	struct ib_shell_redirection *redirections = ib_arena_alloc(
		walker->scope.arena, (node->redirection_count + 1) * sizeof(*redirections));
	struct ib_shell_command command = { words->items, words->count, redirections,
					    node->redirection_count, !walker->undecided };
	const char *name = words->items[0].text;
	const struct ib_shell_node *body = NULL;
	size_t i = 0;

	for (i = 0; i < node->redirection_count; i++) {
		const struct ib_shell_raw_redirection *raw = &node->redirections[i];

		redirections[i].operation = raw->operation;
		redirections[i].target = (struct ib_shell_word){ raw->target, true };
		if (!raw->is_literal && !ib_str_starts(raw->operation, "<<"))
			IB_TRY(ib_shell_expand_one(&walker->scope, raw->target,
						   &redirections[i].target, err));
		else if (!raw->is_literal)
			redirections[i].target.known = !strpbrk(raw->target, "$`");
	}
	body = ib_map_get(walker->functions, name);
	if (body)
		return run_function(walker, body, words, ret_status, err);
	*ret_status = walker->visit(walker->context, &command);
	if ((!strcmp(name, "[") || !strcmp(name, "[[")) && words->count >= 2)
		*ret_status = decide(words->items + 1, words->count - 2);
	else if (!strcmp(name, "test"))
		*ret_status = decide(words->items + 1, words->count - 1);
	if ((!strcmp(name, "exit") || !strcmp(name, "return")) && !walker->undecided)
		walker->stopped = true;
	return 0;
}

static int walk_simple(struct walker *walker, const struct ib_shell_node *node,
		       enum ib_shell_status *ret_status, struct ib_error *err)
{
	struct ib_shell_words words = { NULL, 0 };
	size_t i = 0;

	*ret_status = IB_SHELL_YES;
	for (i = 0; i < node->word_count && assignment_length(node->words[i]); i++)
		IB_TRY(assign(walker, node->words[i], assignment_length(node->words[i]), err));
	for (; i < node->word_count; i++)
		IB_TRY(ib_shell_expand(&walker->scope, node->words[i], &words, err));
	if (words.count &&
	    (!strcmp(words.items[0].text, "export") || !strcmp(words.items[0].text, "local") ||
	     !strcmp(words.items[0].text, "readonly")))
		for (i = 1; i < node->word_count; i++)
			if (assignment_length(node->words[i]))
				IB_TRY(assign(walker, node->words[i],
					      assignment_length(node->words[i]), err));
	if (!words.count && node->redirection_count) { /* "> FILE" alone empties the file */
		words.items = ib_arena_alloc(walker->scope.arena, sizeof(*words.items));
		words.items[words.count++] = (struct ib_shell_word){ ":", true };
	}
	return words.count ? run_command(walker, node, &words, ret_status, err) : 0;
}

static int walk_pair(struct walker *walker, const struct ib_shell_node *node,
		     enum ib_shell_status *ret_status, struct ib_error *err)
{
	enum ib_shell_status enough = node->kind == IB_SHELL_AND ? IB_SHELL_NO : IB_SHELL_YES;
	enum ib_shell_status left = IB_SHELL_MAYBE;
	enum ib_shell_status right = IB_SHELL_MAYBE;

	IB_TRY(walk(walker, node->children[0], &left, err));
	*ret_status = left;
	if (left == enough || walker->stopped)
		return 0;
	if (left != IB_SHELL_MAYBE)
		return walk(walker, node->children[1], ret_status, err);
	IB_TRY(walk_maybe(walker, node->children[1], &right, err));
	*ret_status = right == enough ? IB_SHELL_MAYBE : right;
	if (right != enough && right != IB_SHELL_MAYBE && node->kind == IB_SHELL_AND)
		*ret_status = IB_SHELL_MAYBE;
	return 0;
}

static int walk_if(struct walker *walker, const struct ib_shell_node *node,
		   enum ib_shell_status *ret_status, struct ib_error *err)
{
	enum ib_shell_status condition = IB_SHELL_MAYBE;
	enum ib_shell_status ignored = IB_SHELL_MAYBE;

	IB_TRY(walk(walker, node->children[0], &condition, err));
	*ret_status = IB_SHELL_YES;
	if (condition == IB_SHELL_YES)
		return walk(walker, node->children[1], ret_status, err);
	if (condition == IB_SHELL_NO)
		return node->child_count > 2 ? walk(walker, node->children[2], ret_status, err) : 0;
	*ret_status = IB_SHELL_MAYBE;
	IB_TRY(walk_maybe(walker, node->children[1], &ignored, err));
	return node->child_count > 2 ? walk_maybe(walker, node->children[2], &ignored, err) : 0;
}

/* Whether a subject fits one of "PATTERN|PATTERN". */
static bool fits(const char *patterns, const char *subject)
{
	IB_AUTO_STRINGS(list);
	size_t i = 0;

	ib_strings_split(&list, patterns, "|");
	for (i = 0; i < list.count; i++) {
		const char *pattern = list.items[i] + strspn(list.items[i], " \t");
		ib_autofree char *plain = ib_strndup(pattern, strcspn(pattern, " \t"));

		if (*plain == '"' || *plain == '\'') {
			plain[strlen(plain) - 1] = '\0';
			if (!strcmp(plain + 1, subject))
				return true;
		} else if (!fnmatch(plain, subject, 0)) {
			return true;
		}
	}
	return false;
}

static int walk_case(struct walker *walker, const struct ib_shell_node *node,
		     enum ib_shell_status *ret_status, struct ib_error *err)
{
	struct ib_shell_word subject = { "", true };
	size_t i = 0;

	IB_TRY(ib_shell_expand_one(&walker->scope, node->words[0], &subject, err));
	*ret_status = IB_SHELL_MAYBE;
	for (i = 0; i < node->child_count; i++) {
		if (!subject.known) {
			IB_TRY(walk_maybe(walker, node->children[i], ret_status, err));
			continue;
		}
		if (fits(node->words[i + 1], subject.text))
			return walk(walker, node->children[i], ret_status, err);
	}
	return 0;
}

static int walk_for(struct walker *walker, const struct ib_shell_node *node,
		    enum ib_shell_status *ret_status, struct ib_error *err)
{
	struct ib_shell_words words = { NULL, 0 };
	size_t i = 0;

	*ret_status = IB_SHELL_MAYBE;
	for (i = 1; i < node->word_count; i++)
		IB_TRY(ib_shell_expand(&walker->scope, node->words[i], &words, err));
	for (i = 0; i < words.count && !walker->stopped; i++) {
		set_variable(walker, node->words[0], &words.items[i]);
		if (words.items[i].known)
			IB_TRY(walk(walker, node->children[0], ret_status, err));
		else
			IB_TRY(walk_maybe(walker, node->children[0], ret_status, err));
	}
	return 0;
}

static int walk_while(struct walker *walker, const struct ib_shell_node *node,
		      enum ib_shell_status *ret_status, struct ib_error *err)
{
	IB_TRY(walk_maybe(walker, node->children[0], ret_status, err));
	IB_TRY(walk_maybe(walker, node->children[1], ret_status, err));
	*ret_status = IB_SHELL_MAYBE;
	return 0;
}

static int walk_children(struct walker *walker, const struct ib_shell_node *node,
			 enum ib_shell_status *ret_status, struct ib_error *err)
{
	size_t i = 0;

	*ret_status = IB_SHELL_YES;
	for (i = 0; i < node->child_count && !walker->stopped; i++)
		IB_TRY(walk(walker, node->children[i], ret_status, err));
	return 0;
}

static int walk(struct walker *walker, const struct ib_shell_node *node,
		enum ib_shell_status *ret_status, struct ib_error *err)
{
	if (++walker->steps > STEPS_MAX)
		return ib_fail(err, IB_LIMIT, "the script takes too many steps");
	if (node->redirection_count && node->kind != IB_SHELL_SIMPLE) {
		/* what a group writes to, it writes as a command of the name "{" would */
		struct ib_shell_word word = { "{", true };
		struct ib_shell_words words = { &word, 1 };

		IB_TRY(run_command(walker, node, &words, ret_status, err));
	}
	switch (node->kind) {
	case IB_SHELL_SIMPLE:
		return walk_simple(walker, node, ret_status, err);
	case IB_SHELL_AND:
	case IB_SHELL_OR:
		return walk_pair(walker, node, ret_status, err);
	case IB_SHELL_PIPE:
		IB_TRY(walk_children(walker, node, ret_status, err));
		*ret_status = IB_SHELL_MAYBE;
		return 0;
	case IB_SHELL_NOT:
		IB_TRY(walk_children(walker, node, ret_status, err));
		*ret_status = negate(*ret_status);
		return 0;
	case IB_SHELL_IF:
		return walk_if(walker, node, ret_status, err);
	case IB_SHELL_CASE:
		return walk_case(walker, node, ret_status, err);
	case IB_SHELL_FOR:
		return walk_for(walker, node, ret_status, err);
	case IB_SHELL_WHILE:
		return walk_while(walker, node, ret_status, err);
	case IB_SHELL_GROUP:
	case IB_SHELL_SEQUENCE:
		return walk_children(walker, node, ret_status, err);
	case IB_SHELL_FUNCTION:
		ib_map_set(walker->functions, node->words[0], node->children[0]);
		*ret_status = IB_SHELL_YES;
		return 0;
	}
	return 0;
}

int ib_shell_walk(const struct ib_shell_node *node, const struct ib_shell_listener *listener,
		  struct ib_arena *arena, struct ib_error *err)
{
	IB_AUTO(ib_map) variables = ib_map_new();
	IB_AUTO(ib_map) functions = ib_map_new();
	struct walker walker = { .functions = functions,
				 .visit = listener->visit,
				 .context = listener->context };
	enum ib_shell_status status = IB_SHELL_MAYBE;

	walker.scope = (struct ib_shell_scope){ .arena = arena,
						.variables = variables,
						.unknown = ib_arena_strdup(arena, ""),
						.arguments = listener->arguments,
						.argument_count = listener->argument_count,
						.substitute = substitute,
						.context = &walker };
	return walk(&walker, node, &status, err);
}
