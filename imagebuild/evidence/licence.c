/* SPDX-License-Identifier: Apache-2.0 */
/* Licence expressions: SPDX 2.3, annex D. */
#include <string.h>

#include "evidence/evidence.h"
#include "evidence/licences.h"

enum { MAX_WORD = 96, MAX_NESTING = 32 };

/* The words of an expression, one after the other. */
struct words {
	const char *rest;
	char word[MAX_WORD]; /* the one at hand; "" at the end */
	bool too_long;
};

static void next_word(struct words *words)
{
	size_t size = 0;

	words->rest += strspn(words->rest, " ");
	size = *words->rest == '(' || *words->rest == ')' ? 1 : strcspn(words->rest, " ()");
	if (size >= sizeof(words->word)) {
		words->too_long = true;
		size = 0;
	}
	memcpy(words->word, words->rest, size);
	words->word[size] = '\0';
	words->rest += size;
}

static bool is_listed(const char *list, const char *name, size_t size)
{
	ib_autofree char *wanted = ib_strf(" %.*s ", (int)size, name);

	return size && strstr(list, wanted);
}

/* LicenseRef-x; x of letters, digits, dots and dashes. */
static bool is_reference(const char *word)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				      "0123456789.-";

	return ib_str_starts(word, "LicenseRef-") && word[11] &&
	       strspn(word + 11, letters) == strlen(word + 11);
}

static bool is_licence(const char *word)
{
	size_t size = strlen(word);

	if (is_reference(word) || is_listed(ib_licence_names, word, size))
		return true;
	/* "or later" is a plus behind the name. */
	return ib_str_ends(word, "+") && is_listed(ib_licence_names, word, size - 1);
}

static bool expression(struct words *words, unsigned depth);

static bool term(struct words *words, unsigned depth)
{
	if (!strcmp(words->word, "(")) {
		next_word(words);
		if (depth == MAX_NESTING || !expression(words, depth + 1) ||
		    strcmp(words->word, ")") != 0)
			return false;
		next_word(words);
		return true;
	}
	if (!is_licence(words->word))
		return false;
	next_word(words);
	if (strcmp(words->word, "WITH") != 0)
		return true;
	next_word(words);
	if (!is_listed(ib_licence_exceptions, words->word, strlen(words->word)))
		return false;
	next_word(words);
	return true;
}

/* AND and OR alike: whether it is one does not depend on which binds tighter. */
static bool expression(struct words *words, unsigned depth)
{
	if (!term(words, depth))
		return false;
	while (!strcmp(words->word, "AND") || !strcmp(words->word, "OR")) {
		next_word(words);
		if (!term(words, depth))
			return false;
	}
	return true;
}

bool ib_licence_is_expression(const char *text)
{
	struct words words = { .rest = text };

	next_word(&words);
	return expression(&words, 0) && !*words.word && !words.too_long;
}
