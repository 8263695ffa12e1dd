/* SPDX-License-Identifier: Apache-2.0 */
/* The parser: recursive descent over POSIX.1-2017, Shell Command Language, 2.10. */
#include "state/shell.h"

#include <assert.h>
#include <string.h>

#include "state/shell_node.h"

#define DEPTH_MAX 64
#define NODES_MAX 20000

/* A here-document that was announced and begins behind the line. */
struct awaited {
	struct ib_shell_node *node;
	size_t redirection;
	const char *end; /* the line that ends it */
	bool strips_tabs;
};

struct parser {
	const char *at;
	struct ib_arena *arena;
	struct awaited awaited[8];
	size_t awaited_count;
	size_t nodes;
	unsigned depth;
};

static int stop(const struct parser *parser, const char *why, struct ib_error *err)
{
	return ib_fail(err, IB_INPUT, "%s at '%.*s'", why,
		       (int)IB_MIN(strcspn(parser->at, "\n"), 60), parser->at);
}

static int new_node(struct parser *parser, enum ib_shell_kind kind, struct ib_shell_node **ret,
		    struct ib_error *err)
{
	struct ib_shell_node *node = NULL;

	if (++parser->nodes > NODES_MAX)
		return stop(parser, "the script is too long", err);
	node = ib_arena_alloc(parser->arena, sizeof(*node));
	node->kind = kind;
	*ret = node;
	return 0;
}

/* Arrays of nodes lie in the arena; they grow by doubling. */
static void *grown(struct ib_arena *arena, void *array, size_t count, size_t size)
{
	void *larger = NULL;

	if (count & (count - 1) || (count == 0 && array))
		return array;
	larger = ib_arena_alloc(arena, IB_MAX(count * 2, 1) * size);
	if (count)
		memcpy(larger, array, count * size);
	return larger;
}

static void add_child(struct parser *parser, struct ib_shell_node *node,
		      struct ib_shell_node *child)
{
	assert(node);
	node->children = grown(parser->arena, node->children, node->child_count,
			       sizeof(struct ib_shell_node *));
	node->children[node->child_count++] = child;
}

static void add_word(struct parser *parser, struct ib_shell_node *node, const char *word,
		     size_t length)
{
	assert(node);
	node->words = grown(parser->arena, node->words, node->word_count, sizeof(const char *));
	node->words[node->word_count++] = ib_arena_strf(parser->arena, "%.*s", (int)length, word);
}

static void skip_blanks(struct parser *parser)
{
	while (*parser->at) {
		if (*parser->at == ' ' || *parser->at == '\t')
			parser->at++;
		else if (parser->at[0] == '\\' && parser->at[1] == '\n')
			parser->at += 2;
		else if (*parser->at == '#')
			parser->at += strcspn(parser->at, "\n");
		else
			return;
	}
}

/* What comes next, behind blanks and comments. */
static const char *next_word(struct parser *parser)
{
	skip_blanks(parser);
	return parser->at;
}

/* Takes the here-documents that wait for the end of this line. */
static int read_here_documents(struct parser *parser, struct ib_error *err)
{
	size_t i = 0;

	for (i = 0; i < parser->awaited_count; i++) {
		const struct awaited *awaited = &parser->awaited[i];
		IB_AUTO_BUFFER(body, strlen(parser->at) + 2);
		bool found = false;

		while (!found && *parser->at) {
			size_t length = strcspn(parser->at, "\n");
			const char *line =
				ib_arena_strf(parser->arena, "%.*s", (int)length, parser->at);

			parser->at += length + (parser->at[length] == '\n');
			if (awaited->strips_tabs)
				line += strspn(line, "\t");
			found = !strcmp(line, awaited->end);
			if (!awaited->node->redirections[awaited->redirection].is_literal &&
			    strchr(line, '\\'))
				return stop(parser, "a backslash in a here-document", err);
			if (!found) {
				ib_buffer_puts(&body, line);
				ib_buffer_put_u8(&body, '\n');
			}
		}
		if (!found)
			return stop(parser, "a here-document does not end", err);
		awaited->node->redirections[awaited->redirection].target =
			ib_arena_strdup(parser->arena, ib_buffer_text(&body));
	}
	parser->awaited_count = 0;
	return 0;
}

static int skip_newlines(struct parser *parser, struct ib_error *err)
{
	skip_blanks(parser);
	while (*parser->at == '\n') {
		parser->at++;
		IB_TRY(read_here_documents(parser, err));
		skip_blanks(parser);
	}
	return 0;
}

/* Whether this reserved word stands here, whole. */
static bool is_word_here(const struct parser *parser, const char *word)
{
	size_t length = strlen(word);

	return !strncmp(parser->at, word, length) &&
	       (!parser->at[length] || strchr(" \t\n;&|()", parser->at[length]) != NULL);
}

static bool take_word(struct parser *parser, const char *word)
{
	if (!is_word_here(parser, word))
		return false;
	parser->at += strlen(word);
	return true;
}

static int expect(struct parser *parser, const char *word, struct ib_error *err)
{
	IB_TRY(skip_newlines(parser, err));
	if (take_word(parser, word))
		return 0;
	return stop(parser, ib_arena_strf(parser->arena, "'%s' is missing", word), err);
}

static int read_raw(struct parser *parser, const char **ret_word, size_t *ret_length,
		    struct ib_error *err)
{
	size_t length = ib_shell_word_length(parser->at);

	if (!length)
		return stop(parser, "not understood", err);
	*ret_word = parser->at;
	*ret_length = length;
	parser->at += length;
	return 0;
}

static int read_redirection(struct parser *parser, struct ib_shell_node *node, bool *ret_found,
			    struct ib_error *err)
{
	struct ib_shell_raw_redirection redirection = { 0 };
	const char *word = NULL;
	size_t length = 0;
	size_t skip = 0;

	redirection.operation = ib_shell_operation_at(parser->at, &skip);
	*ret_found = redirection.operation != NULL;
	if (!*ret_found)
		return 0;
	parser->at += skip;
	skip_blanks(parser);
	IB_TRY(read_raw(parser, &word, &length, err));
	redirection.target = ib_arena_strf(parser->arena, "%.*s", (int)length, word);
	assert(node);
	node->redirections = grown(parser->arena, node->redirections, node->redirection_count,
				   sizeof(*node->redirections));
	if (ib_str_starts(redirection.operation, "<<")) {
		if (parser->awaited_count == IB_COUNT(parser->awaited))
			return stop(parser, "too many here-documents", err);
		if (!ib_shell_delimiter(word, length, &skip))
			return stop(parser, "the end of a here-document is no plain word", err);
		redirection.is_literal = skip != 0;
		parser->awaited[parser->awaited_count++] =
			(struct awaited){ node, node->redirection_count,
					  ib_arena_strf(parser->arena, "%.*s",
							(int)(length - 2 * skip), word + skip),
					  !strcmp(redirection.operation, "<<-") };
	}
	node->redirections[node->redirection_count++] = redirection;
	return 0;
}

static int read_redirections(struct parser *parser, struct ib_shell_node *node,
			     struct ib_error *err)
{
	bool found = true;

	while (found) {
		skip_blanks(parser);
		IB_TRY(read_redirection(parser, node, &found, err));
	}
	return 0;
}

static int read_list(struct parser *parser, struct ib_shell_node **ret, struct ib_error *err);

static int read_simple(struct parser *parser, struct ib_shell_node **ret, struct ib_error *err)
{
	struct ib_shell_node *node = NULL;

	IB_TRY(new_node(parser, IB_SHELL_SIMPLE, &node, err));
	assert(node);
	while (true) {
		const char *word = NULL;
		size_t length = 0;
		bool found = false;

		skip_blanks(parser);
		IB_TRY(read_redirection(parser, node, &found, err));
		if (found)
			continue;
		if (!*parser->at || strchr("\n;&|)", *parser->at))
			break;
		if (*parser->at == '(' &&
		    (node->word_count != 1 || node->redirection_count ||
		     !ib_shell_begins_name(node->words[0], strlen(node->words[0]))))
			return stop(parser, "not understood", err);
		if (*parser->at == '(') { /* NAME() … */
			parser->at++;
			skip_blanks(parser);
			if (*parser->at != ')')
				return stop(parser, "not understood", err);
			parser->at++;
			node->kind = IB_SHELL_FUNCTION;
			break;
		}
		IB_TRY(read_raw(parser, &word, &length, err));
		add_word(parser, node, word, length);
	}
	if (!node->word_count && !node->redirection_count)
		return stop(parser, "a command is missing", err);
	*ret = node;
	return 0;
}

/* if LIST then LIST [elif …] [else LIST] fi; "if" or "elif" was taken. */
static int read_if(struct parser *parser, struct ib_shell_node **ret, struct ib_error *err)
{
	struct ib_shell_node *node = NULL;
	struct ib_shell_node *part = NULL;

	IB_TRY(new_node(parser, IB_SHELL_IF, &node, err));
	IB_TRY(read_list(parser, &part, err));
	add_child(parser, node, part);
	IB_TRY(expect(parser, "then", err));
	IB_TRY(read_list(parser, &part, err));
	add_child(parser, node, part);
	*ret = node;
	if (take_word(parser, "elif")) {
		if (++parser->depth > DEPTH_MAX)
			return stop(parser, "nested too deeply", err);
		IB_TRY(read_if(parser, &part, err));
		parser->depth--;
		add_child(parser, node, part);
		return 0;
	}
	if (take_word(parser, "else")) {
		IB_TRY(read_list(parser, &part, err));
		add_child(parser, node, part);
	}
	return expect(parser, "fi", err);
}

static int read_body(struct parser *parser, struct ib_shell_node *node, struct ib_error *err)
{
	struct ib_shell_node *body = NULL;

	IB_TRY(expect(parser, "do", err));
	IB_TRY(read_list(parser, &body, err));
	add_child(parser, node, body);
	return expect(parser, "done", err);
}

static int read_for(struct parser *parser, struct ib_shell_node **ret, struct ib_error *err)
{
	struct ib_shell_node *node = NULL;
	const char *word = NULL;
	size_t length = 0;

	IB_TRY(new_node(parser, IB_SHELL_FOR, &node, err));
	skip_blanks(parser);
	IB_TRY(read_raw(parser, &word, &length, err));
	add_word(parser, node, word, length);
	IB_TRY(skip_newlines(parser, err));
	if (!take_word(parser, "in"))
		return stop(parser, "'in' is missing", err);
	while (*next_word(parser) && !strchr(";\n", *parser->at)) {
		IB_TRY(read_raw(parser, &word, &length, err));
		add_word(parser, node, word, length);
	}
	if (*parser->at == ';')
		parser->at++;
	*ret = node;
	return read_body(parser, node, err);
}

static int read_while(struct parser *parser, struct ib_shell_node **ret, struct ib_error *err)
{
	struct ib_shell_node *node = NULL;
	struct ib_shell_node *condition = NULL;

	IB_TRY(new_node(parser, IB_SHELL_WHILE, &node, err));
	IB_TRY(read_list(parser, &condition, err));
	add_child(parser, node, condition);
	*ret = node;
	return read_body(parser, node, err);
}

/* One "PATTERN|PATTERN) LIST ;;" */
static int read_branch(struct parser *parser, struct ib_shell_node *node, struct ib_error *err)
{
	struct ib_shell_node *body = NULL;
	size_t length = 0;

	if (*parser->at == '(')
		parser->at++;
	length = ib_shell_patterns_length(parser->at);
	if (!length)
		return stop(parser, "a pattern is not understood", err);
	add_word(parser, node, parser->at, length);
	parser->at += length + 1;
	IB_TRY(read_list(parser, &body, err));
	add_child(parser, node, body);
	IB_TRY(skip_newlines(parser, err));
	if (ib_str_starts(parser->at, ";;"))
		parser->at += 2;
	return skip_newlines(parser, err);
}

static int read_case(struct parser *parser, struct ib_shell_node **ret, struct ib_error *err)
{
	struct ib_shell_node *node = NULL;
	const char *word = NULL;
	size_t length = 0;

	IB_TRY(new_node(parser, IB_SHELL_CASE, &node, err));
	skip_blanks(parser);
	IB_TRY(read_raw(parser, &word, &length, err));
	add_word(parser, node, word, length);
	IB_TRY(expect(parser, "in", err));
	IB_TRY(skip_newlines(parser, err));
	while (*parser->at && !is_word_here(parser, "esac"))
		IB_TRY(read_branch(parser, node, err));
	*ret = node;
	return expect(parser, "esac", err);
}

static int read_group(struct parser *parser, const char *close, struct ib_shell_node **ret,
		      struct ib_error *err)
{
	struct ib_shell_node *node = NULL;
	struct ib_shell_node *body = NULL;

	IB_TRY(new_node(parser, *close == '}' ? IB_SHELL_GROUP : IB_SHELL_SUBSHELL, &node, err));
	IB_TRY(read_list(parser, &body, err));
	add_child(parser, node, body);
	IB_TRY(skip_newlines(parser, err));
	if (!ib_str_starts(parser->at, close))
		return stop(parser, "a group is not closed", err);
	parser->at += strlen(close);
	*ret = node;
	return 0;
}

static int read_compound(struct parser *parser, struct ib_shell_node **ret, bool *ret_found,
			 struct ib_error *err)
{
	static const struct {
		const char *word;
		int (*read)(struct parser *parser, struct ib_shell_node **ret,
			    struct ib_error *err);
	} compounds[] = {
		{ "if", read_if },       { "for", read_for },   { "while", read_while },
		{ "until", read_while }, { "case", read_case },
	};
	size_t i = 0;

	*ret_found = true;
	for (i = 0; i < IB_COUNT(compounds); i++)
		if (take_word(parser, compounds[i].word))
			return compounds[i].read(parser, ret, err);
	if (take_word(parser, "{"))
		return read_group(parser, "}", ret, err);
	if (*parser->at == '(') {
		if (*++parser->at == '(')
			return stop(parser, "arithmetic is not understood", err);
		return read_group(parser, ")", ret, err);
	}
	*ret_found = false;
	return 0;
}

static int read_command(struct parser *parser, struct ib_shell_node **ret, struct ib_error *err)
{
	struct ib_shell_node *node = NULL;
	struct ib_shell_node *body = NULL;
	bool found = false;

	skip_blanks(parser);
	if (take_word(parser, "!")) {
		if (++parser->depth > DEPTH_MAX)
			return stop(parser, "nested too deeply", err);
		IB_TRY(new_node(parser, IB_SHELL_NOT, &node, err));
		IB_TRY(read_command(parser, &body, err));
		parser->depth--;
		add_child(parser, node, body);
		*ret = node;
		return 0;
	}
	IB_TRY(read_compound(parser, &node, &found, err));
	if (found) {
		IB_TRY(read_redirections(parser, node, err));
		*ret = node;
		return 0;
	}
	IB_TRY(read_simple(parser, &node, err));
	if (node->kind == IB_SHELL_FUNCTION) {
		IB_TRY(skip_newlines(parser, err));
		IB_TRY(read_compound(parser, &body, &found, err));
		if (!found)
			return stop(parser, "a function has no body", err);
		add_child(parser, node, body);
	}
	*ret = node;
	return 0;
}

/* Joins what stands left and right of an operator. */
static int join(struct parser *parser, enum ib_shell_kind kind, struct ib_shell_node *left,
		struct ib_shell_node *right, struct ib_shell_node **ret, struct ib_error *err)
{
	struct ib_shell_node *node = NULL;

	IB_TRY(new_node(parser, kind, &node, err));
	add_child(parser, node, left);
	add_child(parser, node, right);
	*ret = node;
	return 0;
}

static int read_pipe(struct parser *parser, struct ib_shell_node **ret, struct ib_error *err)
{
	struct ib_shell_node *left = NULL;
	struct ib_shell_node *right = NULL;

	IB_TRY(read_command(parser, &left, err));
	while (*next_word(parser) == '|' && parser->at[1] != '|') {
		parser->at += parser->at[1] == '&' ? 2 : 1;
		IB_TRY(skip_newlines(parser, err));
		IB_TRY(read_command(parser, &right, err));
		IB_TRY(join(parser, IB_SHELL_PIPE, left, right, &left, err));
	}
	*ret = left;
	return 0;
}

static int read_and_or(struct parser *parser, struct ib_shell_node **ret, struct ib_error *err)
{
	struct ib_shell_node *left = NULL;
	struct ib_shell_node *right = NULL;

	IB_TRY(read_pipe(parser, &left, err));
	while (ib_str_starts(next_word(parser), "&&") || ib_str_starts(parser->at, "||")) {
		enum ib_shell_kind kind = *parser->at == '&' ? IB_SHELL_AND : IB_SHELL_OR;

		parser->at += 2;
		IB_TRY(skip_newlines(parser, err));
		IB_TRY(read_pipe(parser, &right, err));
		IB_TRY(join(parser, kind, left, right, &left, err));
	}
	*ret = left;
	return 0;
}

/* Where a list ends: at the text's end, a closing bracket, or a word that closes. */
static bool is_list_end(const struct parser *parser)
{
	static const char *const words[] = {
		"then", "elif", "else", "fi", "do", "done", "esac", "}"
	};
	size_t i = 0;

	if (!*parser->at || *parser->at == ')' || ib_str_starts(parser->at, ";;"))
		return true;
	for (i = 0; i < IB_COUNT(words); i++)
		if (is_word_here(parser, words[i]))
			return true;
	return false;
}

static int read_items(struct parser *parser, struct ib_shell_node *list, struct ib_error *err)
{
	while (true) {
		struct ib_shell_node *item = NULL;

		IB_TRY(skip_newlines(parser, err));
		if (is_list_end(parser))
			return 0;
		IB_TRY(read_and_or(parser, &item, err));
		skip_blanks(parser);
		if (ib_str_starts(parser->at, ";&") || ib_str_starts(parser->at, ";;&"))
			return stop(parser, "not understood", err);
		if (*parser->at == '&' && parser->at[1] != '&') {
			struct ib_shell_node *job = NULL;

			IB_TRY(new_node(parser, IB_SHELL_SUBSHELL, &job, err));
			add_child(parser, job, item);
			item = job;
		}
		add_child(parser, list, item);
		if ((*parser->at == ';' && parser->at[1] != ';') ||
		    (*parser->at == '&' && parser->at[1] != '&'))
			parser->at++;
		else if (*parser->at && *parser->at != '\n' && !is_list_end(parser))
			return stop(parser, "not understood", err);
	}
}

static int read_list(struct parser *parser, struct ib_shell_node **ret, struct ib_error *err)
{
	struct ib_shell_node *list = NULL;

	if (++parser->depth > DEPTH_MAX)
		return stop(parser, "nested too deeply", err);
	IB_TRY(new_node(parser, IB_SHELL_SEQUENCE, &list, err));
	IB_TRY(read_items(parser, list, err));
	parser->depth--;
	*ret = list;
	return 0;
}

int ib_shell_parse(const char *text, struct ib_arena *arena, struct ib_shell_node **ret_node,
		   struct ib_error *err)
{
	struct parser parser = { .at = text, .arena = arena };
	struct ib_shell_node *node = NULL;
	const char *at = NULL;

	/* what no shell script holds could be read here in another way than by a shell */
	for (at = text; *at; at++)
		if (*at == 127 || (*at > 0 && *at < ' ' && !strchr("\t\n", *at)))
			return ib_fail(err, IB_INPUT, "a control character is not understood");

	IB_TRY(read_list(&parser, &node, err));
	if (*parser.at)
		return stop(&parser, "not understood", err);
	if (parser.awaited_count)
		return stop(&parser, "a here-document does not begin", err);
	*ret_node = node;
	return 0;
}
