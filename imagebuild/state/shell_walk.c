/* SPDX-License-Identifier: Apache-2.0 */
/* The walker: what would run, with conditions decided as far as they can be. */
#include <string.h>

#include "state/shell_expand.h"

#define STEPS_MAX 20000
#define CALLS_MAX 16

/* What a variable was before. */
struct change {
	const char *name;
	const char *before; /* NULL: not set */
};

struct walker {
	struct ib_shell_scope scope;
	struct ib_map *functions; /* name → body */
	struct ib_map *perhaps;   /* names of functions that only some runs define */
	struct change *changes;   /* of variables, in their order; owned */
	size_t change_count;
	ib_shell_fn visit;
	void *context;
	const struct ib_guard *guard; /* of the conditions in front */
	bool is_guarded;              /* the next part is not one of them */
	unsigned vague;               /* how many of them do not only ask for files */
	unsigned undecided;           /* how many undecided conditions stand in front */
	unsigned steps, calls, subshells;
	bool stopped; /* exit or return */
};

static int walk(struct walker *walker, const struct ib_shell_node *node,
		enum ib_shell_status *ret_status, struct ib_error *err);

/* The map keeps addresses of texts in the arena, and never writes to them. */
static void put_text(struct ib_map *map, const char *name, const char *text)
{
	void *kept = NULL;

	memcpy(&kept, &text, sizeof(kept));
	ib_map_set(map, name, kept);
}

static void put_variable(struct walker *walker, const char *name, const char *text)
{
	ib_grow(walker->changes, walker->change_count);
	walker->changes[walker->change_count++] =
		(struct change){ name, ib_map_get(walker->scope.variables, name) };
	put_text(walker->scope.variables, name, text);
}

/* Behind what may or may not have run, nobody knows what it set. */
static void forget_changes(struct walker *walker, size_t since)
{
	size_t count = walker->change_count;
	size_t i = 0;

	for (i = since; i < count; i++)
		put_variable(walker, walker->changes[i].name, walker->scope.unknown);
}

static void undo_changes(struct walker *walker, size_t since)
{
	while (walker->change_count > since) {
		const struct change *change = &walker->changes[--walker->change_count];

		/* nothing is taken out of a map: what was not set is then not known */
		put_text(walker->scope.variables, change->name,
			 change->before ? change->before : walker->scope.unknown);
	}
}

/* Walks a part that may or may not run, and nobody says when. */
static int walk_vague(struct walker *walker, const struct ib_shell_node *node,
		      enum ib_shell_status *ret_status, struct ib_error *err)
{
	size_t since = walker->change_count;
	unsigned vague = walker->is_guarded ? 0 : 1;
	int r = 0;

	walker->undecided++;
	walker->is_guarded = false;
	walker->vague += vague;
	r = walk(walker, node, ret_status, err);
	walker->vague -= vague;
	walker->undecided--;
	forget_changes(walker, since);
	return r;
}

/* Walks what runs when a condition is as wanted, which the files of the image may decide. */
static int walk_guarded(struct walker *walker, const struct ib_shell_node *condition, bool wanted,
			const struct ib_shell_node *node, enum ib_shell_status *ret_status,
			struct ib_error *err)
{
	const struct ib_guard *outer = walker->guard;
	const char *tests = NULL;
	int r = 0;

	if (!ib_shell_guard(&walker->scope, condition, wanted, &tests))
		return walk_vague(walker, node, ret_status, err);
	if (tests)
		walker->guard = ib_arena_memdup(
			walker->scope.arena,
			&(struct ib_guard){ outer, tests,
					    ib_arena_alloc(walker->scope.arena, sizeof(int)) },
			sizeof(struct ib_guard));
	walker->is_guarded = true;
	r = walk_vague(walker, node, ret_status, err);
	walker->guard = outer;
	return r;
}

/* A shell of its own: what it sets, and that it ends, is not seen behind it. */
static int walk_subshell(struct walker *walker, const struct ib_shell_node *node,
			 enum ib_shell_status *ret_status, struct ib_error *err)
{
	size_t since = walker->change_count;
	bool stopped = walker->stopped;
	int r = 0;

	walker->subshells++;
	r = walk(walker, node, ret_status, err);
	walker->subshells--;
	walker->stopped = stopped;
	undo_changes(walker, since);
	return r;
}

static int substitute(void *context, const char *text, struct ib_error *err)
{
	struct walker *walker = context;
	struct ib_shell_node *node = NULL;
	enum ib_shell_status status = IB_SHELL_MAYBE;

	if (++walker->calls > CALLS_MAX)
		return ib_fail(err, IB_LIMIT, "commands are nested too deeply");
	IB_TRY(ib_shell_parse(text, walker->scope.arena, &node, err));
	IB_TRY(walk_subshell(walker, node, &status, err));
	walker->calls--;
	return 0;
}

static void set_variable(struct walker *walker, const char *name, const struct ib_shell_word *value)
{
	put_variable(walker, name, value->known ? value->text : walker->scope.unknown);
}

static int assign(struct walker *walker, const char *raw, size_t length, struct ib_error *err)
{
	const char *name = ib_arena_strf(walker->scope.arena, "%.*s", (int)length, raw);
	bool appends = raw[length] == '+';
	struct ib_shell_word value = { "", true, false, false };

	if (raw[length + (appends ? 2 : 1)] == '(')
		return ib_fail(err, IB_INPUT, "an array is not understood");
	IB_TRY(ib_shell_expand_one(&walker->scope, raw + length + (appends ? 2 : 1), &value, err));
	if (appends) {
		const char *before = ib_map_get(walker->scope.variables, name);

		value.known = value.known && before != walker->scope.unknown;
		value.text = ib_arena_strf(walker->scope.arena, "%s%s",
					   before && value.known ? before : "", value.text);
	}
	if (ib_shell_is_decisive(name, &value))
		return ib_fail(err, IB_INPUT, "'%s=%s' changes what commands mean", name,
			       value.text);
	set_variable(walker, name, &value);
	return 0;
}

static int forget_named(struct walker *walker, const struct ib_shell_words *words,
			struct ib_error *err)
{
	const char *name = words->items[0].text;
	size_t i = 0;

	if (!strcmp(name, "read"))
		put_variable(walker, "REPLY", walker->scope.unknown);
	for (i = 1; i < words->count; i++) {
		const char *word = words->items[i].text;

		if (!words->items[i].known)
			return ib_fail(err, IB_INPUT, "'%s %s' is not understood", name, word);
		if (*word != '-')
			put_variable(walker,
				     ib_arena_strf(walker->scope.arena, "%.*s",
						   (int)strspn(word, IB_SHELL_NAME_LETTERS), word),
				     walker->scope.unknown);
	}
	return 0;
}

/* Commands that set variables, or the arguments: their values are not known behind them. */
static int forget_what_is_set(struct walker *walker, const struct ib_shell_words *words,
			      struct ib_error *err)
{
	const char *name = words->items[0].text;

	if (!strcmp(name, ".") || !strcmp(name, "source")) {
		forget_changes(walker, 0);
		walker->scope.is_clean = false;
	}
	if (!strcmp(name, "shift"))
		return ib_fail(err, IB_INPUT, "'shift' is not understood");
	if (!strcmp(name, "set"))
		return ib_shell_check_set(words, err);
	return ib_shell_sets_variables(words) ? forget_named(walker, words, err) : 0;
}

static int run_function(struct walker *walker, const struct ib_shell_node *body,
			const struct ib_shell_words *words, enum ib_shell_status *ret_status,
			struct ib_error *err)
{
	const char *const *arguments = walker->scope.arguments;
	size_t argument_count = walker->scope.argument_count;
	size_t since = walker->change_count;
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
	forget_changes(walker, since);
	return r;
}

static int run_command(struct walker *walker, const struct ib_shell_node *node,
		       const struct ib_shell_words *words, enum ib_shell_status *ret_status,
		       struct ib_error *err)
{
	struct ib_shell_redirection *redirections = ib_arena_alloc(
		walker->scope.arena, (node->redirection_count + 1) * sizeof(*redirections));
	struct ib_shell_command command = { words->items,       words->count,
					    redirections,       node->redirection_count,
					    !walker->undecided, walker->guard,
					    walker->vague != 0 };
	const char *name = words->items[0].text;
	const struct ib_shell_node *body = NULL;
	size_t i = 0;

	for (i = 0; i < node->redirection_count; i++) {
		const struct ib_shell_raw_redirection *raw = &node->redirections[i];

		redirections[i].operation = raw->operation;
		redirections[i].target = (struct ib_shell_word){ raw->target, true, false, false };
		if (!raw->is_literal && !ib_str_starts(raw->operation, "<<"))
			IB_TRY(ib_shell_expand_one(&walker->scope, raw->target,
						   &redirections[i].target, err));
		else if (!raw->is_literal)
			redirections[i].target.known = !strpbrk(raw->target, "$`");
		if (!raw->is_literal && ib_str_starts(raw->operation, "<<") &&
		    (strchr(raw->target, '`') || strstr(raw->target, "${") ||
		     strstr(raw->target, "$(")))
			return ib_fail(err, IB_INPUT,
				       "commands inside a here-document are not understood");
	}
	body = ib_map_get(walker->functions, name);
	if (body && node->redirection_count) /* they are those of a group */
		*ret_status = walker->visit(
			walker->context,
			&(struct ib_shell_command){
				&(struct ib_shell_word){ "{", true, false, false }, 1, redirections,
				node->redirection_count, !walker->undecided, walker->guard,
				walker->vague != 0 });
	if (body && ib_map_has(walker->perhaps, name))
		*ret_status = walker->visit(walker->context, &command);
	if (body)
		return run_function(walker, body, words, ret_status, err);
	*ret_status = walker->visit(walker->context, &command);
	if (!strcmp(name, "[") || !strcmp(name, "[[") || !strcmp(name, "test"))
		*ret_status = ib_shell_decide(&command);
	if ((!strcmp(name, "exit") || !strcmp(name, "return")) && !walker->undecided)
		walker->stopped = true;
	return forget_what_is_set(walker, words, err);
}

static int walk_simple(struct walker *walker, const struct ib_shell_node *node,
		       enum ib_shell_status *ret_status, struct ib_error *err)
{
	struct ib_shell_words words = { NULL, 0 };
	size_t since = walker->change_count;
	size_t assigned = 0;
	size_t i = 0;

	*ret_status = IB_SHELL_YES;
	for (i = 0; i < node->word_count && ib_shell_assignment_length(node->words[i]); i++)
		IB_TRY(assign(walker, node->words[i], ib_shell_assignment_length(node->words[i]),
			      err));
	assigned = walker->change_count;
	for (; i < node->word_count; i++)
		IB_TRY(ib_shell_expand(&walker->scope, node->words[i], &words, err));
	if (words.count &&
	    (!strcmp(words.items[0].text, "export") || !strcmp(words.items[0].text, "local") ||
	     !strcmp(words.items[0].text, "readonly")))
		for (i = 1; i < node->word_count; i++)
			if (ib_shell_assignment_length(node->words[i]))
				IB_TRY(assign(walker, node->words[i],
					      ib_shell_assignment_length(node->words[i]), err));
	if (!words.count && node->redirection_count) { /* "> FILE" alone empties the file */
		words.items = ib_arena_alloc(walker->scope.arena, sizeof(*words.items));
		words.items[words.count++] = (struct ib_shell_word){ ":", true, false, false };
	}
	if (!words.count)
		return 0;
	IB_TRY(run_command(walker, node, &words, ret_status, err));
	/* "NAME=VALUE COMMAND" is for that command alone */
	for (i = since; i < assigned; i++)
		put_variable(walker, walker->changes[i].name, walker->scope.unknown);
	return 0;
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
	IB_TRY(walk_guarded(walker, node->children[0], node->kind == IB_SHELL_AND,
			    node->children[1], &right, err));
	/* "A && false" is false whatever A is, "A || true" is true */
	*ret_status = right == enough ? enough : IB_SHELL_MAYBE;
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
	IB_TRY(walk_guarded(walker, node->children[0], true, node->children[1], &ignored, err));
	return node->child_count > 2 ? walk_guarded(walker, node->children[0], false,
						    node->children[2], &ignored, err)
				     : 0;
}

static int walk_case(struct walker *walker, const struct ib_shell_node *node,
		     enum ib_shell_status *ret_status, struct ib_error *err)
{
	struct ib_shell_word subject = { "", true, false, false };
	bool is_open = false;
	size_t i = 0;

	IB_TRY(ib_shell_expand_one(&walker->scope, node->words[0], &subject, err));
	*ret_status = IB_SHELL_MAYBE;
	for (i = 0; i < node->child_count; i++) {
		enum ib_shell_status answer =
			subject.known ? ib_shell_fits(node->words[i + 1], subject.text)
				      : IB_SHELL_MAYBE;

		if (strchr(node->words[i + 1], '`') || strstr(node->words[i + 1], "$("))
			return ib_fail(err, IB_INPUT, "the pattern '%s' is not understood",
				       node->words[i + 1]);
		if (answer == IB_SHELL_YES && !is_open)
			return walk(walker, node->children[i], ret_status, err);
		if (answer != IB_SHELL_NO)
			IB_TRY(walk_vague(walker, node->children[i], ret_status, err));
		is_open = is_open || answer == IB_SHELL_MAYBE;
		*ret_status = IB_SHELL_MAYBE;
	}
	return 0;
}

/* "systemd-detect-virt | grep -q NAME": an image is made on no machine. */
static bool is_no_machine(const struct ib_shell_node *pipe)
{
	const struct ib_shell_node *left = pipe->children[0];
	const struct ib_shell_node *right = pipe->children[1];

	return left->kind == IB_SHELL_SIMPLE && right->kind == IB_SHELL_SIMPLE &&
	       left->word_count == 1 && right->word_count == 3 &&
	       !strcmp(ib_path_name(left->words[0]), "systemd-detect-virt") &&
	       !strcmp(ib_path_name(right->words[0]), "grep") &&
	       (!strcmp(right->words[1], "-q") || !strcmp(right->words[1], "-iq") ||
		!strcmp(right->words[1], "-qi")) &&
	       strspn(right->words[2], IB_SHELL_NAME_LETTERS) == strlen(right->words[2]) &&
	       strcasecmp(right->words[2], "none") != 0;
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
		if (words.items[i].known) {
			IB_TRY(walk(walker, node->children[0], ret_status, err));
			continue;
		}
		/* it stands for any number: a second time with what the first one left */
		walker->is_guarded = words.items[i].is_pattern; /* it runs for what is there */
		if (words.items[i].is_pattern || strchr(words.items[i].text, '{'))
			put_text(walker->scope.patterns, node->words[0], words.items[i].text);
		IB_TRY(walk_vague(walker, node->children[0], ret_status, err));
		set_variable(walker, node->words[0], &words.items[i]);
		walker->is_guarded = words.items[i].is_pattern;
		IB_TRY(walk_vague(walker, node->children[0], ret_status, err));
		put_text(walker->scope.patterns, node->words[0], "");
	}
	*ret_status = IB_SHELL_MAYBE;
	return 0;
}

static int walk_while(struct walker *walker, const struct ib_shell_node *node,
		      enum ib_shell_status *ret_status, struct ib_error *err)
{
	size_t i = 0;

	/* a second time with what the first one left */
	for (i = 0; i < 2; i++) {
		IB_TRY(walk_vague(walker, node->children[0], ret_status, err));
		IB_TRY(walk_vague(walker, node->children[1], ret_status, err));
	}
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
		struct ib_shell_word word = { "{", true, false, false };
		struct ib_shell_words words = { &word, 1 };

		IB_TRY(run_command(walker, node, &words, ret_status, err));
	}
	switch (node->kind) {
	case IB_SHELL_SIMPLE:
		return walk_simple(walker, node, ret_status, err);
	case IB_SHELL_AND:
	case IB_SHELL_OR:
		return walk_pair(walker, node, ret_status, err);
	case IB_SHELL_PIPE: /* each side is a shell of its own, or may be */
		IB_TRY(walk_subshell(walker, node->children[0], ret_status, err));
		IB_TRY(walk_subshell(walker, node->children[1], ret_status, err));
		*ret_status = is_no_machine(node) ? IB_SHELL_NO : IB_SHELL_MAYBE;
		return 0;
	case IB_SHELL_SUBSHELL:
		IB_TRY(walk_subshell(walker, node->children[0], ret_status, err));
		*ret_status = IB_SHELL_MAYBE;
		return 0;
	case IB_SHELL_NOT:
		IB_TRY(walk_children(walker, node, ret_status, err));
		*ret_status = ib_shell_negate(*ret_status);
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
		if (walker->undecided || walker->subshells)
			ib_map_set(walker->perhaps, node->words[0], node->children[0]);
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
	IB_AUTO(ib_map) perhaps = ib_map_new();
	IB_AUTO(ib_map) patterns = ib_map_new();
	struct walker walker = { .functions = functions,
				 .perhaps = perhaps,
				 .visit = listener->visit,
				 .context = listener->context };
	enum ib_shell_status status = IB_SHELL_MAYBE;
	int r = 0;

	walker.scope = (struct ib_shell_scope){ .arena = arena,
						.variables = variables,
						.patterns = patterns,
						.unknown = ib_arena_strdup(arena, ""),
						.arguments = listener->arguments,
						.argument_count = listener->argument_count,
						.substitute = substitute,
						.context = &walker,
						.is_clean = true };
	r = walk(&walker, node, &status, err);
	ib_free(walker.changes);
	return r;
}
