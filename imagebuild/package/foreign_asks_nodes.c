/* SPDX-License-Identifier: Apache-2.0 */
/* Files that ask for packages: what they have in common. */
#include <stdarg.h>
#include <string.h>

#include "package/foreign_draft.h"

int ib_draft_fail(struct ib_draft *draft, const struct ib_yaml_node *node, const char *fmt, ...)
{
	ib_autofree char *words = NULL;
	va_list ap;

	va_start(ap, fmt);
	words = ib_vstrf(fmt, ap);
	va_end(ap);
	(void)ib_foreign_drop_users(words);
	return ib_yaml_fail(draft->path, node, draft->err, "%s", words);
}

int ib_draft_expect(struct ib_draft *draft, const struct ib_yaml_node *node, const char *name,
		    enum ib_yaml_kind kind)
{
	if (node->kind == kind)
		return 0;
	return ib_draft_fail(draft, node, "'%s' must be %s, not %s", name, ib_yaml_kind_name(kind),
			     ib_yaml_kind_name(node->kind));
}

int ib_draft_read_flag(struct ib_draft *draft, const struct ib_yaml_node *node, const char *name,
		       bool *ret_flag)
{
	IB_TRY(ib_draft_expect(draft, node, name, IB_YAML_SCALAR));
	*ret_flag = !strcasecmp(node->text, "true") || !strcasecmp(node->text, "yes");
	if (!node->quoted &&
	    (*ret_flag || !strcasecmp(node->text, "false") || !strcasecmp(node->text, "no")))
		return 0;
	return ib_draft_fail(draft, node, "'%s' of '%s' is neither true nor false", node->text,
			     name);
}

/* {NAME}s that the file itself gives a value; NULL, and left out, when one is of elsewhere. */
static const char *expand_variables(struct ib_draft *draft, const struct ib_yaml_node *node,
				    const char *text)
{
	IB_AUTO_BUFFER(b, IB_FOREIGN_MAX_BYTES + 1); /* and the NUL */
	const char *last = strrchr(text, '}');
	size_t i = 0;

	while (*text) {
		const struct ib_yaml_node *value = NULL;
		ib_autofree char *name = NULL;
		size_t length = 1;

		if (*text != '{' || !last || text > last) {
			if (!ib_draft_spend(draft, 1))
				return NULL;
			ib_buffer_put_u8(&b, (uint8_t)*text++);
			continue;
		}
		length = strcspn(text, "}");
		name = ib_strndup(text + 1, length - 1);
		for (i = 0; i < draft->variable_count && !value; i++)
			value = ib_foreign_get(draft->variables[i], name);
		if (!value || value->kind != IB_YAML_SCALAR) {
			ib_draft_leave_out(draft, node,
					   "'%s' has variable '%s', whose value is elsewhere",
					   node->text, name);
			return NULL;
		}
		if (!ib_draft_spend(draft, strlen(value->text)))
			return NULL;
		ib_buffer_puts(&b, value->text);
		text += length + 1;
	}
	return ib_arena_strdup(draft->arena, ib_buffer_text(&b));
}

/* As far as a recipe's rules can say from the text alone. */
static bool is_wish(const char *text)
{
	return *text && !strpbrk(text, "*?[]{}") && text[0] != '-';
}

void ib_draft_read_item(struct ib_draft *draft, const struct ib_yaml_node *node, const char *text,
			enum ib_draft_list list, unsigned mask)
{
	const char *written = expand_variables(draft, node, text);

	if (!written || !mask)
		return;
	text = ib_foreign_without_users(draft->arena, written);
	if (text != written)
		ib_draft_leave_out(draft, node, "the user and the password in '%s'", text);
	if (list == IB_DRAFT_PACKAGES && !is_wish(text))
		ib_draft_leave_out(draft, node, "'%s' is a pattern, and a recipe names packages",
				   text);
	else if (list == IB_DRAFT_MODULES && !strchr(text, ':'))
		ib_draft_leave_out(draft, node, "module '%s' is named without a stream", text);
	else
		ib_draft_add(draft, list, text, mask);
}

int ib_draft_read_list(struct ib_draft *draft, const struct ib_yaml_node *node, const char *name,
		       enum ib_draft_list list)
{
	size_t i = 0;

	IB_TRY(ib_draft_expect(draft, node, name, IB_YAML_SEQUENCE));
	for (i = 0; i < node->count; i++) {
		IB_TRY(ib_draft_expect(draft, node->values[i], name, IB_YAML_SCALAR));
		ib_draft_read_item(draft, node->values[i], node->values[i]->text, list,
				   ib_draft_all(draft));
	}
	return 0;
}

/* The architectures come first: everything else is said for them. */
int ib_draft_read_architectures(struct ib_draft *draft, const struct ib_yaml_node *node)
{
	size_t i = 0;

	if (node)
		IB_TRY(ib_draft_expect(draft, node, "arches", IB_YAML_SEQUENCE));
	for (i = 0; node && i < node->count; i++) {
		IB_TRY(ib_draft_expect(draft, node->values[i], "arches", IB_YAML_SCALAR));
		(void)ib_draft_add_architecture(draft, node->values[i], node->values[i]->text);
	}
	if (draft->architecture_count)
		return 0;
	if (node && node->count)
		return ib_draft_fail(draft, node,
				     "no architecture in it is one that images can "
				     "be made for");
	ib_draft_leave_out(draft, node, "no architecture is named, x86_64 is taken");
	(void)ib_draft_add_architecture(draft, node, "x86_64");
	return 0;
}

/* ---- repositories ----------------------------------------------------------- */

/* Its first text; a list is what dnf allows too. */
static const struct ib_yaml_node *first_text(const struct ib_yaml_node *node)
{
	if (node->kind == IB_YAML_SEQUENCE && node->count)
		node = node->values[0];
	return node->kind == IB_YAML_SCALAR ? node : NULL;
}

static void read_priority(struct ib_draft *draft, const struct ib_yaml_node *node,
			  struct ib_draft_repository *repository)
{
	if (node->kind != IB_YAML_SCALAR || !ib_str_to_u64(node->text, 99, &repository->priority) ||
	    !repository->priority)
		ib_draft_leave_out(draft, node,
				   "a priority of a recipe's repository is a number from 1 to 99");
}

static const char *const place_keys[][2] = { /* theirs, ours; the first that is there counts */
					     { "baseurl", "url" },
					     { "mirrorlist", "mirrorlist" },
					     { "metalink", "metalink" }
};

static void read_place(struct ib_draft *draft, const struct ib_yaml_node *value, size_t i,
		       struct ib_draft_repository *repository)
{
	const struct ib_yaml_node *text = first_text(value);

	if (repository->url) {
		ib_draft_leave_out(draft, value,
				   "repository '%s' is named by its %s, so its %s is left out",
				   repository->id, repository->kind, place_keys[i][0]);
		return;
	}
	repository->url = text ? expand_variables(draft, text, text->text) : NULL;
	repository->kind = place_keys[i][1];
	if (value->kind == IB_YAML_SEQUENCE && value->count > 1)
		ib_draft_leave_out(draft, value,
				   "repository '%s' has several URLs; the first is "
				   "taken",
				   repository->id);
}

/* Options whose values are worth a word; others may be passwords, or lead to them. */
static bool is_shown(const char *key)
{
	static const char *const shown[] = {
		"name",           "enabled",         "cost",
		"sslverify",      "gpgcheck",        "pkg_gpgcheck",
		"repo_gpgcheck",  "gpgkey",          "excludepkgs",
		"includepkgs",    "module_hotfixes", "skip_if_unavailable",
		"metadata_expire"
	};
	size_t i = 0;

	for (i = 0; i < IB_COUNT(shown); i++)
		if (!strcmp(key, shown[i]))
			return true;
	return false;
}

static void read_option(struct ib_draft *draft, const struct ib_yaml_node *node, size_t i,
			const char *id_key, struct ib_draft_repository *repository)
{
	const struct ib_yaml_node *value = node->values[i];
	const char *key = node->keys[i]->text;
	bool shown = value->kind == IB_YAML_SCALAR && is_shown(key);
	size_t j = 0;

	for (j = 0; j < IB_COUNT(place_keys); j++)
		if (!strcmp(key, place_keys[j][0]))
			return;
	if (!strcmp(key, "priority"))
		read_priority(draft, value, repository);
	else if (strcmp(key, id_key) != 0)
		ib_draft_leave_out(draft, node->keys[i], "option '%s%s%s' of repository '%s'", key,
				   shown ? "=" : "", shown ? value->text : "", repository->id);
}

static void check_url(struct ib_draft *draft, const struct ib_yaml_node *node,
		      const struct ib_draft_repository *repository)
{
	const char *rest = ib_foreign_expand(draft->arena, repository->url, "");

	if (strchr(rest, '$'))
		ib_draft_leave_out(draft, node,
				   "'%s' of repository '%s' has a variable of dnf's: put its value "
				   "there",
				   repository->url, repository->id);
}

int ib_draft_read_repository(struct ib_draft *draft, const struct ib_yaml_node *node,
			     const char *id_key)
{
	struct ib_draft_repository repository = { .mask = ib_draft_all(draft) };
	const struct ib_yaml_node *id = NULL;
	size_t i = 0;

	IB_TRY(ib_draft_expect(draft, node, "repository", IB_YAML_MAPPING));
	id = ib_foreign_get(node, id_key);
	if (!id || id->kind != IB_YAML_SCALAR)
		return ib_draft_fail(draft, node, "a repository has no '%s'", id_key);
	repository.id = id->text;
	for (i = 0; i < IB_COUNT(place_keys); i++) {
		const struct ib_yaml_node *value = ib_foreign_get(node, place_keys[i][0]);

		if (value)
			read_place(draft, value, i, &repository);
	}
	for (i = 0; i < node->count; i++)
		read_option(draft, node, i, id_key, &repository);
	if (!repository.kind)
		return ib_draft_fail(draft, node,
				     "repository '%s' has neither 'baseurl' nor 'metalink' nor "
				     "'mirrorlist'",
				     repository.id);
	if (!repository.url) {
		ib_draft_leave_out(draft, node, "repository '%s'", repository.id);
		return 0;
	}
	check_url(draft, node, &repository);
	ib_draft_add_repository(draft, node, &repository);
	return 0;
}

/* ---- keys --------------------------------------------------------------------- */

static int check_keys(struct ib_draft *draft, const struct ib_yaml_node *node,
		      const struct ib_draft_key *keys, size_t count, const char *what)
{
	ib_autofree const char **names = ib_alloc_array(count, sizeof(*names));
	size_t i = 0;
	size_t j = 0;

	for (j = 0; j < count; j++)
		names[j] = keys[j].name;
	for (i = 0; i < node->count; i++) {
		const char *key = node->keys[i]->text;
		const char *near = NULL;

		for (j = 0; j < count && strcmp(names[j], key) != 0; j++)
			;
		if (j < count)
			continue;
		(void)ib_draft_fail(draft, node->keys[i], "unrecognized key '%s' of %s", key, what);
		near = ib_str_nearest(key, names, count);
		if (near)
			ib_error_hint(draft->err, "Did you mean '%s'?", near);
		return -IB_INPUT;
	}
	return 0;
}

int ib_draft_read_keys(struct ib_draft *draft, const struct ib_yaml_node *node,
		       const struct ib_draft_key *keys, size_t count, const char *what)
{
	size_t i = 0;

	IB_TRY(ib_draft_expect(draft, node, what, IB_YAML_MAPPING));
	IB_TRY(check_keys(draft, node, keys, count, what));
	for (i = 0; i < count; i++) {
		const struct ib_yaml_node *value = ib_foreign_get(node, keys[i].name);

		if (value && keys[i].read)
			IB_TRY(keys[i].read(draft, value, keys[i].name));
		else if (value)
			ib_draft_leave_out(draft, value, "%s: %s", keys[i].name, keys[i].left_out);
	}
	return 0;
}
