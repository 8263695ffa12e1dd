/* SPDX-License-Identifier: Apache-2.0 */
/* The walker: what would run, with conditions decided as far as they can be. */
#include <limits.h>
#include <string.h>

#include "state/shell_walker.h"

#define STEPS_MAX 20000
#define CALLS_MAX 16
#define BUDGET    ((size_t)4 << 20) /* bytes of expanded words */

static int walk(struct walker *walker, const struct ib_shell_node *node,
		enum ib_shell_status *ret_status, struct ib_error *err);

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
	ib_walker_forget_changes(walker, since);
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
	enum leap stopped = walker->stopped;
	unsigned maybe_left = walker->maybe_left;
	unsigned loops = walker->loops;
	int r = 0;

	walker->subshells++;
	walker->loops = 0;
	r = walk(walker, node, ret_status, err);
	walker->subshells--;
	walker->loops = loops;
	walker->stopped = stopped;
	walker->maybe_left = maybe_left;
	ib_walker_undo_changes(walker, since);
	return r;
}

static int substitute(void *context, const char *text, struct ib_error *err)
{
	struct walker *walker = context;
	struct ib_shell_node *node = NULL;
	enum ib_shell_status status = IB_SHELL_MAYBE;

	if (++walker->calls > CALLS_MAX)
		return ib_fail(err, IB_LIMIT, "commands are nested too deeply");
	ib_shell_charge(&walker->scope, strlen(text));
	IB_TRY(ib_shell_parse(text, walker->scope.arena, &node, err));
	IB_TRY(walk_subshell(walker, node, &status, err));
	walker->calls--;
	return 0;
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
	bool counts = walker->scope.counts_arguments;
	unsigned maybe_left = walker->maybe_left & INNER_BITS;
	unsigned loops = walker->loops;
	size_t i = 0;
	int r = 0;

	if (++walker->calls > CALLS_MAX)
		return ib_fail(err, IB_LIMIT, "functions are nested too deeply");
	for (i = 1; i < words->count; i++)
		mine[i - 1] = words->items[i].known ? words->items[i].text : NULL;
	walker->scope.arguments = mine;
	walker->scope.argument_count = words->count - 1;
	for (i = 1; i < words->count; i++) /* one that is not known may be none or several */
		if (!words->items[i].known) {
			walker->scope.argument_count = 0;
			walker->scope.counts_arguments = false;
		}
	if (walker->scope.argument_count == words->count - 1)
		walker->scope.counts_arguments = true;
	walker->bodies++;
	walker->loops = 0;
	r = walk(walker, body, ret_status, err);
	walker->loops = loops;
	walker->bodies--;
	walker->scope.arguments = arguments;
	walker->scope.argument_count = argument_count;
	walker->scope.counts_arguments = counts;
	if (walker->stopped == ENDS_FUNCTION) {
		walker->stopped = STAYS;
		*ret_status = IB_SHELL_MAYBE;
	}
	walker->maybe_left = (walker->maybe_left & ~INNER_BITS) | maybe_left;
	walker->calls--;
	ib_walker_forget_changes(walker, since);
	return r;
}

static int run_command(struct walker *walker, const struct ib_shell_node *node,
		       const struct ib_shell_words *words, enum ib_shell_status *ret_status,
		       struct ib_error *err)
{
	struct ib_shell_redirection *redirections = ib_arena_alloc(
		walker->scope.arena, (node->redirection_count + 1) * sizeof(*redirections));
	struct ib_shell_command command = { words->items,
					    words->count,
					    redirections,
					    node->redirection_count,
					    ib_walker_is_certain(walker),
					    walker->guard,
					    ib_walker_is_vague(walker) };
	const char *name = words->items[0].text;
	const struct ib_shell_node *body = NULL;
	size_t i = 0;

	for (i = 0; i < node->redirection_count; i++) {
		const struct ib_shell_raw_redirection *raw = &node->redirections[i];

		redirections[i].operation = raw->operation;
		ib_shell_charge(&walker->scope, strlen(raw->target));
		redirections[i].target = (struct ib_shell_word){ raw->target, true, false, false };
		if (!raw->is_literal && !ib_str_starts(raw->operation, "<<"))
			IB_TRY(ib_shell_expand_one(&walker->scope, raw->target,
						   &redirections[i].target, err));
		else if (!raw->is_literal)
			redirections[i].target.known = !strpbrk(raw->target, "$`\\");
		if (!raw->is_literal && ib_str_starts(raw->operation, "<<") &&
		    (strchr(raw->target, '`') || strstr(raw->target, "${") ||
		     strstr(raw->target, "$(") || strstr(raw->target, "$[") ||
		     strstr(raw->target, "$\\")))
			return ib_fail(err, IB_INPUT,
				       "commands inside a here-document are not understood");
	}
	body = ib_map_get(walker->functions, name);
	if (body && node->redirection_count) /* they are those of a group */
		*ret_status = walker->visit(
			walker->context,
			&(struct ib_shell_command){
				&(struct ib_shell_word){ "{", true, false, false }, 1, redirections,
				node->redirection_count, ib_walker_is_certain(walker),
				walker->guard, ib_walker_is_vague(walker) });
	if (body && (ib_map_has(walker->perhaps, name) || ib_shell_may_not_open(node))) {
		bool perhaps = ib_map_has(walker->perhaps, name);

		if (perhaps)
			*ret_status = walker->visit(walker->context, &command);
		walker->undecided++;
		walker->vague++;
		IB_TRY(run_function(walker, body, words, ret_status, err));
		walker->vague--;
		walker->undecided--;
		*ret_status = IB_SHELL_MAYBE;
		return perhaps ? ib_walker_forget_what_is_set(walker, words, err) : 0;
	}
	if (body)
		return run_function(walker, body, words, ret_status, err);
	*ret_status = walker->visit(walker->context, &command);
	IB_TRY(ib_walker_forget_what_is_set(walker, words, err));
	if (!strcmp(name, "[") || !strcmp(name, "[[") || !strcmp(name, "test"))
		*ret_status = ib_shell_decide(&command);
	if (ib_shell_may_not_open(node)) {
		*ret_status = IB_SHELL_MAYBE;
		if (ib_shell_is_special_builtin(name))
			walker->maybe_left |= BIT(ENDS_SHELL);
	}
	return ib_walker_leave(walker, node, words, err);
}

static int walk_simple(struct walker *walker, const struct ib_shell_node *node,
		       enum ib_shell_status *ret_status, struct ib_error *err)
{
	struct ib_shell_words words = { NULL, 0 };
	size_t since = walker->change_count;
	size_t assigned = 0;
	size_t first = 0;
	size_t i = 0;

	*ret_status = IB_SHELL_YES;
	for (i = 0; i < node->word_count && ib_shell_assignment_length(node->words[i]); i++)
		IB_TRY(ib_walker_assign(walker, node->words[i],
					ib_shell_assignment_length(node->words[i]), err));
	assigned = walker->change_count;
	first = i;
	for (; i < node->word_count; i++)
		IB_TRY(ib_shell_expand(&walker->scope, node->words[i], &words, err));
	if (words.count && words.items[0].known && ib_walker_is_declaring(words.items[0].text))
		IB_TRY(ib_walker_declare(walker, words.items[0].text, node->words + first + 1,
					 node->word_count - first - 1, err));
	if (!words.count && node->redirection_count) { /* "> FILE" alone empties the file */
		words.items = ib_arena_alloc(walker->scope.arena, sizeof(*words.items));
		words.items[words.count++] = (struct ib_shell_word){ ":", true, false, false };
	}
	if (!words.count)
		return 0;
	IB_TRY(run_command(walker, node, &words, ret_status, err));
	/* "NAME=VALUE COMMAND" is for that command alone */
	for (i = since; i < assigned; i++)
		ib_walker_record(walker, walker->changes[i].name, walker->scope.unknown);
	return 0;
}

/*
 * "A && exit 0", where A asks for files alone: what follows hangs on that A is not so. Only for
 * what stands in no other condition of what it leaves: there the guard holds to the end of that.
 */
static void guard_the_rest(struct walker *walker, const struct ib_shell_node *pair,
			   unsigned maybe_left)
{
	const struct ib_shell_node *right = pair->children[1];
	const char *tests = NULL;
	bool ends_turn = false;

	if (right->kind != IB_SHELL_SIMPLE || right->redirection_count || !right->word_count)
		return;
	ends_turn = right->word_count == 1 && !strcmp(right->words[0], "continue");
	if (ends_turn
		    ? !walker->loops || walker->undecided != walker->turn
		    : strcmp(right->words[0], "exit") != 0 || walker->undecided || walker->loops ||
			      walker->bodies || walker->subshells || right->word_count > 2 ||
			      (right->word_count == 2 && strcmp(right->words[1], "0") != 0))
		return;
	if (ib_map_has(walker->functions, right->words[0]) ||
	    !ib_shell_guard(&walker->scope, pair->children[0], pair->kind == IB_SHELL_OR, &tests))
		return;
	walker->maybe_left = maybe_left;
	if (tests)
		walker->guard = ib_arena_memdup(
			walker->scope.arena,
			&(struct ib_guard){ walker->guard, tests,
					    ib_arena_alloc(walker->scope.arena, sizeof(int)) },
			sizeof(struct ib_guard));
}

static int walk_pair(struct walker *walker, const struct ib_shell_node *node,
		     enum ib_shell_status *ret_status, struct ib_error *err)
{
	enum ib_shell_status enough = node->kind == IB_SHELL_AND ? IB_SHELL_NO : IB_SHELL_YES;
	enum ib_shell_status left = IB_SHELL_MAYBE;
	enum ib_shell_status right = IB_SHELL_MAYBE;
	unsigned maybe_left = 0;

	IB_TRY(walk(walker, node->children[0], &left, err));
	*ret_status = left;
	if (left == enough || walker->stopped)
		return 0;
	if (left != IB_SHELL_MAYBE)
		return walk(walker, node->children[1], ret_status, err);
	maybe_left = walker->maybe_left;
	IB_TRY(walk_guarded(walker, node->children[0], node->kind == IB_SHELL_AND,
			    node->children[1], &right, err));
	guard_the_rest(walker, node, maybe_left);
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
	if (walker->stopped)
		return 0;
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

		if (strchr(node->words[i + 1], '`') || strstr(node->words[i + 1], "$(") ||
		    strstr(node->words[i + 1], "$[") || strstr(node->words[i + 1], "${") ||
		    strstr(node->words[i + 1], "$\\") ||
		    !ib_shell_charge(&walker->scope, strlen(node->words[i + 1]) + 1))
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

/* One turn of a loop for one word. */
static int walk_turn(struct walker *walker, const struct ib_shell_node *node,
		     const struct ib_shell_word *word, enum ib_shell_status *ret_status,
		     struct ib_error *err)
{
	const struct ib_guard *guard = walker->guard;
	size_t since = walker->change_count;
	unsigned turn = walker->turn;
	size_t i = 0;

	walker->turn = walker->undecided + !word->known;
	IB_TRY(ib_walker_put_variable(walker, node->words[0], word, err));
	if (word->known)
		IB_TRY(walk(walker, node->children[0], ret_status, err));
	/* it stands for any number: a second time with what the first one left */
	if (!word->known && (word->is_pattern || strchr(word->text, '{')))
		ib_walker_put_text(walker->scope.patterns, node->words[0], word->text);
	for (i = 0; i < 2 && !word->known; i++) {
		IB_TRY(ib_walker_put_variable(walker, node->words[0], word, err));
		walker->is_guarded = word->is_pattern; /* it runs for what is there */
		IB_TRY(walk_vague(walker, node->children[0], ret_status, err));
		walker->guard = guard;
	}
	if (!word->known)
		ib_walker_put_text(walker->scope.patterns, node->words[0], "");
	if (walker->guard != guard)
		ib_walker_forget_changes(walker, since);
	walker->guard = guard;
	walker->turn = turn;
	return 0;
}

static int walk_for(struct walker *walker, const struct ib_shell_node *node,
		    enum ib_shell_status *ret_status, struct ib_error *err)
{
	struct ib_shell_words words = { NULL, 0 };
	unsigned outer = walker->maybe_left & LOOP_BITS;
	size_t since = walker->change_count;
	size_t i = 0;

	*ret_status = IB_SHELL_MAYBE;
	for (i = 1; i < node->word_count; i++)
		IB_TRY(ib_shell_expand(&walker->scope, node->words[i], &words, err));
	walker->loops++;
	for (i = 0; i < words.count && walker->stopped < ENDS_LOOP; i++) {
		IB_TRY(walk_turn(walker, node, &words.items[i], ret_status, err));
		if (walker->stopped == ENDS_TURN)
			walker->stopped = STAYS;
		if ((walker->maybe_left & LOOP_BITS) != outer)
			ib_walker_forget_changes(walker, since);
		walker->maybe_left &= ~BIT(ENDS_TURN) | outer;
	}
	walker->loops--;
	if (walker->stopped == ENDS_LOOP)
		walker->stopped = STAYS;
	walker->maybe_left = (walker->maybe_left & ~LOOP_BITS) | outer;
	*ret_status = IB_SHELL_MAYBE;
	return 0;
}

static int walk_while(struct walker *walker, const struct ib_shell_node *node,
		      enum ib_shell_status *ret_status, struct ib_error *err)
{
	unsigned outer = walker->maybe_left & LOOP_BITS;
	unsigned turn = walker->turn;
	size_t i = 0;

	walker->loops++;
	walker->turn = UINT_MAX; /* a guard would not end with the turn */
	/* a second time with what the first one left */
	for (i = 0; i < 2; i++) {
		IB_TRY(walk_vague(walker, node->children[0], ret_status, err));
		IB_TRY(walk_vague(walker, node->children[1], ret_status, err));
	}
	walker->turn = turn;
	walker->loops--;
	walker->maybe_left = (walker->maybe_left & ~LOOP_BITS) | outer;
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

static bool is_no_machine(const struct walker *walker, const struct ib_shell_node *pipe)
{
	return ib_shell_is_no_machine(pipe) && !ib_map_has(walker->functions, "grep") &&
	       !ib_map_has(walker->functions, "systemd-detect-virt");
}

static int walk(struct walker *walker, const struct ib_shell_node *node,
		enum ib_shell_status *ret_status, struct ib_error *err)
{
	if (++walker->steps > STEPS_MAX || !ib_shell_charge(&walker->scope, 1))
		return ib_fail(err, IB_LIMIT, "the script takes too many steps");
	if (node->redirection_count && node->kind != IB_SHELL_SIMPLE) {
		/* what a group writes to, it writes as a command of the name "{" would */
		struct ib_shell_word word = { "{", true, false, false };
		struct ib_shell_words words = { &word, 1 };

		IB_TRY(run_command(walker, node, &words, ret_status, err));
		if (ib_shell_may_not_open(node)) {
			struct ib_shell_node plain = *node;

			plain.redirection_count = 0;
			IB_TRY(walk_vague(walker, &plain, ret_status, err));
			*ret_status = IB_SHELL_MAYBE;
			return 0;
		}
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
		*ret_status = is_no_machine(walker, node) ? IB_SHELL_NO : IB_SHELL_MAYBE;
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
		IB_TRY(ib_walker_define(walker, node, err));
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
	IB_AUTO(ib_map) fixed = ib_map_new();
	IB_AUTO(ib_map) patterns = ib_map_new();
	struct walker walker = { .functions = functions,
				 .perhaps = perhaps,
				 .fixed = fixed,
				 .maybe_left = listener->may_end ? BIT(ENDS_SHELL) : 0,
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
						.counts_arguments = listener->argument_count != 0,
						.budget = BUDGET,
						.substitute = substitute,
						.context = &walker,
						.is_clean = true };
	r = walk(&walker, node, &status, err);
	ib_free(walker.changes);
	return r;
}
