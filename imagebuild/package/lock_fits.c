/* SPDX-License-Identifier: Apache-2.0 */
/* Whether a lock still says what its recipe asks for: two sorted lists of wishes, side by side. */
#include <string.h>

#include "package/lock.h"

#define SENTENCES_SHOWN 4

/* How a change of one key is told; "%s" is what stands behind the colon. */
struct telling {
	const char *key;
	const char *asked_now;
	const char *no_longer;
};

static const struct telling tellings[] = {
	{ "packages", "the recipe now also asks for package '%s'; the lock was made without it",
	  "the recipe no longer asks for package '%s'; the lock was made with it" },
	{ "initrd-packages",
	  "the recipe now also asks for package '%s' in the initrd; the lock was made without it",
	  "the recipe no longer asks for package '%s' in the initrd; the lock was made with it" },
	{ "exclude", "the recipe now excludes package '%s'; the lock was made without that",
	  "the recipe no longer excludes package '%s'; the lock was made with that" },
	{ "pins", "the recipe now pins %s; the lock was made without that",
	  "the recipe no longer pins %s; the lock was made with that" },
	{ "fast-tracks", "the recipe now fast-tracks %s; the lock was made without that",
	  "the recipe no longer fast-tracks %s; the lock was made with that" },
	{ "scriptlets", "the recipe now decides on scriptlet %s; the lock was made without that",
	  "the recipe no longer decides on scriptlet %s; the lock was made with that" },
};

static const struct telling *find_telling(const char *wish, size_t key_size)
{
	size_t i = 0;

	for (i = 0; i < IB_COUNT(tellings); i++)
		if (strlen(tellings[i].key) == key_size &&
		    !strncmp(tellings[i].key, wish, key_size))
			return &tellings[i];
	return NULL;
}

/* The value for "%s" in a telling: never a format of the recipe's. */
static void add_sentence(struct ib_strings *sentences, const char *form, const char *value)
{
	const char *slot = strstr(form, "%s");

	ib_strings_addf(sentences, "%.*s%s%s", (int)(slot - form), form, value, slot + 2);
}

static void add_change(struct ib_strings *sentences, const char *wish, bool now)
{
	size_t key_size = strcspn(wish, ":");
	const char *value = wish[key_size] ? wish + key_size + 2 : "";
	const struct telling *telling = find_telling(wish, key_size);

	if (telling)
		add_sentence(sentences, now ? telling->asked_now : telling->no_longer, value);
	else
		ib_strings_addf(sentences, "the recipe %s '%s'; the lock was made %s it",
				now ? "now says" : "no longer says", wish,
				now ? "without" : "with");
}

void ib_lock_changes(const struct ib_lock *lock, const struct ib_strings *wishes,
		     struct ib_strings *ret_sentences)
{
	size_t i = 0;
	size_t j = 0;

	while (i < lock->wishes.count || j < wishes->count) {
		int order = i == lock->wishes.count ? 1
			    : j == wishes->count    ? -1
						 : strcmp(lock->wishes.items[i], wishes->items[j]);

		if (order < 0)
			add_change(ret_sentences, lock->wishes.items[i], false);
		if (order > 0)
			add_change(ret_sentences, wishes->items[j], true);
		i += order <= 0;
		j += order >= 0;
	}
}

int ib_lock_fits(const struct ib_lock *lock, const char *path, const struct ib_strings *wishes,
		 struct ib_error *err)
{
	IB_AUTO_STRINGS(sentences);
	IB_AUTO_STRINGS(shown);
	ib_autofree char *text = NULL;
	size_t i = 0;

	ib_lock_changes(lock, wishes, &sentences);
	if (!sentences.count)
		return 0;
	for (i = 0; i < sentences.count && i < SENTENCES_SHOWN; i++)
		ib_strings_add(&shown, sentences.items[i]);
	if (sentences.count > i)
		ib_strings_addf(&shown, "and %zu more changes", sentences.count - i);
	text = ib_strings_join(&shown, "; ");
	(void)ib_fail(err, IB_INPUT, "%s no longer fits: %s", path, text);
	ib_error_hint(err, "Run 'imagebuild lock' and look at what changes.");
	return -IB_INPUT;
}
