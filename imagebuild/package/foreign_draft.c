/* SPDX-License-Identifier: Apache-2.0 */
/* A draft becomes the text of a recipe, with what was left out in its first lines. */
#include "package/foreign_draft.h"

#include <stdarg.h>
#include <string.h>

#include "base/visible.h"

static const char *const known[IB_DRAFT_ARCHITECTURES] = { "x86_64", "aarch64" };

void ib_draft_done(struct ib_draft *draft)
{
	size_t i = 0;

	for (i = 0; i < IB_DRAFT_LISTS; i++) {
		ib_free(draft->lists[i].items);
		ib_map_free(draft->lists[i].by_text);
	}
	ib_free(draft->repositories);
}

bool ib_draft_spend(struct ib_draft *draft, size_t size)
{
	if (draft->is_over || size > IB_FOREIGN_MAX_BYTES - draft->spent) {
		draft->is_over = true;
		return false;
	}
	draft->spent += size;
	return true;
}

void ib_draft_leave_out(struct ib_draft *draft, const struct ib_yaml_node *node, const char *fmt,
			...)
{
	ib_autofree char *words = NULL;
	va_list ap;

	if (draft->is_over)
		return;
	va_start(ap, fmt);
	words = ib_vstrf(fmt, ap);
	va_end(ap);
	(void)ib_foreign_drop_users(words);
	if (!ib_draft_spend(draft, strlen(words)))
		return;
	if (node)
		ib_strings_addf(draft->left_out, "%s:%u:%u: %s", draft->path, node->line,
				node->column, words);
	else
		ib_strings_addf(draft->left_out, "%s: %s", draft->path, words);
}

bool ib_draft_add_architecture(struct ib_draft *draft, const struct ib_yaml_node *node,
			       const char *architecture)
{
	size_t i = 0;

	if (ib_draft_bit(draft, architecture))
		return true;
	for (i = 0; i < IB_COUNT(known); i++)
		if (ib_str_equal(known[i], architecture)) {
			draft->architectures[draft->architecture_count++] = known[i];
			return true;
		}
	ib_draft_leave_out(draft, node, "no image can be made for architecture '%s'", architecture);
	return false;
}

unsigned ib_draft_bit(const struct ib_draft *draft, const char *architecture)
{
	unsigned i = 0;

	for (i = 0; i < draft->architecture_count; i++)
		if (ib_str_equal(draft->architectures[i], architecture))
			return 1U << i;
	return 0;
}

unsigned ib_draft_all(const struct ib_draft *draft)
{
	return (1U << draft->architecture_count) - 1;
}

void ib_draft_add(struct ib_draft *draft, enum ib_draft_list list, const char *text, unsigned mask)
{
	struct ib_draft_items *items = &draft->lists[list];
	size_t *number = NULL;

	if (!items->by_text)
		items->by_text = ib_map_new();
	number = ib_map_get(items->by_text, text);
	if (number) {
		items->items[*number].mask |= mask;
		return;
	}
	number = ib_arena_memdup(draft->arena, &items->count, sizeof(*number));
	ib_map_set(items->by_text, text, number);
	ib_grow(items->items, items->count);
	items->items[items->count++] =
		(struct ib_draft_item){ ib_arena_strdup(draft->arena, text), mask };
}

static const char *good_id(struct ib_draft *draft, const struct ib_yaml_node *node, const char *id)
{
	char *copy = ib_arena_memdup(draft->arena, id, strlen(id) + 1);
	size_t i = 0;

	for (i = 0; copy[i]; i++)
		if (!strchr("0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ._-",
			    copy[i]))
			copy[i] = '-';
	if (!ib_str_equal(copy, id))
		ib_draft_leave_out(draft, node, "repository '%s' is called '%s' in the recipe", id,
				   copy);
	return copy;
}

void ib_draft_add_repository(struct ib_draft *draft, const struct ib_yaml_node *node,
			     const struct ib_draft_repository *repository)
{
	struct ib_draft_repository *new = NULL;

	ib_grow(draft->repositories, draft->repository_count);
	new = &draft->repositories[draft->repository_count++];
	*new = *repository;
	new->id = good_id(draft, node, repository->id);
	new->url = ib_foreign_without_users(draft->arena, repository->url);
	if (new->url != repository->url)
		ib_draft_leave_out(draft, node,
				   "the user and the password in the URL of repository '%s'",
				   new->id);
}

/* ---- writing ---------------------------------------------------------------- */

struct draft_writer {
	const struct ib_draft *draft;
	struct ib_buffer *b;
	const char *indent;
	const char *architecture; /* NULL: at the top */
};

/* In a part what is said for it but not for all, at the top what is said for all. */
bool ib_draft_belongs(const struct ib_draft *draft, unsigned mask, const char *architecture)
{
	unsigned all = ib_draft_all(draft);

	return architecture ? mask != all && (mask & ib_draft_bit(draft, architecture))
			    : mask == all;
}

static bool belongs(const struct draft_writer *writer, unsigned mask)
{
	return ib_draft_belongs(writer->draft, mask, writer->architecture);
}

/* A URL that says the architecture differs by it. */
unsigned ib_draft_mask_of(const struct ib_draft *draft,
			  const struct ib_draft_repository *repository)
{
	const char *expanded = ib_foreign_expand(draft->arena, repository->url, "");
	unsigned all = ib_draft_all(draft);

	if (draft->architecture_count > 1 && repository->mask == all &&
	    !ib_str_equal(expanded, repository->url))
		return all << 8 | all; /* for all, each in its own part */
	return repository->mask;
}

static void put_repository(const struct draft_writer *writer,
			   const struct ib_draft_repository *repository)
{
	const char *architecture =
		writer->architecture ? writer->architecture : writer->draft->architectures[0];
	struct ib_buffer *b = writer->b;

	ib_buffer_putf(b, "%s  - id: ", writer->indent);
	ib_yaml_put_scalar(b, repository->id);
	ib_buffer_putf(b, "\n%s    %s: ", writer->indent, repository->kind);
	ib_yaml_put_scalar(b,
			   ib_foreign_expand(writer->draft->arena, repository->url, architecture));
	if (repository->note)
		ib_buffer_putf(b, " # %s", repository->note);
	if (repository->priority)
		ib_buffer_putf(b, "\n%s    priority: %llu", writer->indent,
			       (unsigned long long)repository->priority);
	ib_buffer_putf(b,
		       "\n%s    keys: [] # pin the keys that its packages are signed by: "
		       "{file: …, fingerprint: …}\n",
		       writer->indent);
}

static void put_repositories(const struct draft_writer *writer)
{
	bool first = true;
	size_t i = 0;

	for (i = 0; i < writer->draft->repository_count; i++) {
		const struct ib_draft_repository *repository = &writer->draft->repositories[i];

		if (!belongs(writer, ib_draft_mask_of(writer->draft, repository)))
			continue;
		if (first)
			ib_buffer_putf(writer->b, "%srepositories:\n", writer->indent);
		first = false;
		put_repository(writer, repository);
	}
}

const char *ib_draft_list_key(enum ib_draft_list list)
{
	static const char *const keys[IB_DRAFT_LISTS] = { "packages", "exclude", "modules" };

	return keys[list];
}

static void put_list(const struct draft_writer *writer, enum ib_draft_list list)
{
	const struct ib_draft_items *items = &writer->draft->lists[list];
	bool first = true;
	size_t i = 0;

	for (i = 0; i < items->count; i++) {
		if (!belongs(writer, items->items[i].mask))
			continue;
		if (first)
			ib_buffer_putf(writer->b, "%s%s:\n", writer->indent,
				       ib_draft_list_key(list));
		first = false;
		ib_buffer_putf(writer->b, "%s  - ", writer->indent);
		ib_yaml_put_scalar(writer->b, items->items[i].text);
		ib_buffer_puts(writer->b, "\n");
	}
}

static void put_lists(const struct draft_writer *writer)
{
	put_repositories(writer);
	put_list(writer, IB_DRAFT_PACKAGES);
	put_list(writer, IB_DRAFT_EXCLUDE);
	put_list(writer, IB_DRAFT_MODULES);
}

/* A text of theirs may hold whatever ends a comment for some reader: it is spelled out. */
static void put_comment(struct ib_buffer *b, const char *text)
{
	ib_buffer_puts(b, "#   ");
	ib_visible_put(b, text + (*text == ' '));
	ib_buffer_puts(b, "\n");
}

static void put_head(const struct ib_draft *draft, struct ib_buffer *b)
{
	size_t i = 0;

	ib_buffer_puts(b, "# Made by 'imagebuild import' from ");
	ib_visible_put(b, ib_path_name(draft->path));
	ib_buffer_puts(b, ".\n");
	if (draft->left_out->count)
		ib_buffer_puts(b, "# What that says and this recipe does not:\n");
	for (i = 0; i < draft->left_out->count; i++)
		put_comment(b, draft->left_out->items[i] + strlen(draft->path) + 1);
	ib_buffer_puts(b, "format: 1\nimage:\n  id: imported\n  version: \"1\"\n");
	ib_buffer_putf(b, "  architecture: %s\n", draft->architectures[0]);
	if (draft->architecture_count > 1)
		ib_buffer_putf(b, "  architectures: [%s, %s]\n", draft->architectures[0],
			       draft->architectures[1]);
}

static bool has_part(const struct draft_writer *writer)
{
	const struct ib_draft *draft = writer->draft;
	size_t i = 0;
	size_t j = 0;

	for (i = 0; i < draft->repository_count; i++)
		if (belongs(writer, ib_draft_mask_of(draft, &draft->repositories[i])))
			return true;
	for (i = 0; i < IB_DRAFT_LISTS; i++)
		for (j = 0; j < draft->lists[i].count; j++)
			if (belongs(writer, draft->lists[i].items[j].mask))
				return true;
	return false;
}

void ib_draft_put(const struct ib_draft *draft, struct ib_buffer *b)
{
	struct draft_writer writer = { draft, b, "", NULL };
	bool first = true;
	unsigned i = 0;

	put_head(draft, b);
	put_lists(&writer);
	if (draft->weak_dependencies)
		ib_buffer_puts(b, "weak-dependencies: true\n");
	if (draft->multilib)
		ib_buffer_puts(b, "multilib: true\n");
	writer.indent = "    ";
	for (i = 0; i < draft->architecture_count; i++) {
		writer.architecture = draft->architectures[i];
		if (!has_part(&writer))
			continue;
		ib_buffer_putf(b, "%s  %s:\n", first ? "architectures:\n" : "",
			       writer.architecture);
		first = false;
		put_lists(&writer);
	}
}
