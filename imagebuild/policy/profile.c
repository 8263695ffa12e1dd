/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A profile is a file of data: kernel options and settings with the values that
 * they may have. The kernel's configuration and the sysctl.d files of the image
 * are held against it.
 */
#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "crypto/crypto.h"
#include "policy/internal.h"
#include "yaml/yaml.h"

#define PROFILE_MAX_BYTES (1U << 20)

struct wish {
	const char *name;
	const char *values; /* "y" or "1|2" */
	enum ib_severity severity;
	const char *why;
};

/* ---- reading it ---------------------------------------------------------------- */

static int read_severity(const char *file, const struct ib_yaml_node *node,
			 enum ib_severity *ret_severity, struct ib_error *err)
{
	int i = 0;

	*ret_severity = IB_SEVERITY_WARNING;
	if (!node)
		return 0;
	for (i = 0; i <= IB_SEVERITY_ERROR; i++) {
		if (ib_str_equal(node->text, ib_severity_name((enum ib_severity)i))) {
			*ret_severity = (enum ib_severity)i;
			return 0;
		}
	}
	(void)ib_yaml_fail(file, node, err, "'%s' is not a severity", node->text ? node->text : "");
	ib_error_hint(err, "Write note, warning or error.");
	return -IB_INPUT;
}

static int read_wish(const char *file, const struct ib_yaml_node *node, struct wish *ret_wish,
		     struct ib_error *err)
{
	static const char *const keys[] = { "name", "is", "severity", "why" };
	const char *texts[IB_COUNT(keys)] = { NULL };
	size_t i = 0;
	size_t j = 0;

	if (node->kind != IB_YAML_MAPPING)
		return ib_yaml_fail(file, node, err, "a line of a profile must be a mapping");
	for (i = 0; i < node->count; i++) {
		for (j = 0; j < IB_COUNT(keys); j++)
			if (!strcmp(node->keys[i]->text, keys[j]))
				break;
		if (j == IB_COUNT(keys) || node->values[i]->kind != IB_YAML_SCALAR)
			return ib_yaml_fail(
				file, node->keys[i], err,
				"'%s' is not one of name, is, severity, why with a text",
				node->keys[i]->text);
		texts[j] = node->values[i]->text;
	}
	if (!texts[0] || !texts[1] || !texts[3])
		return ib_yaml_fail(file, node, err, "a line of a profile has name, is and why");
	*ret_wish = (struct wish){ .name = texts[0], .values = texts[1], .why = texts[3] };
	return read_severity(file, ib_yaml_get(node, "severity"), &ret_wish->severity, err);
}

typedef void (*check_fn)(struct ib_examination *examination, const struct wish *wish,
			 const void *context);

static int each_wish(struct ib_examination *examination, const struct ib_yaml *yaml,
		     const char *part, check_fn check, const void *context, struct ib_error *err)
{
	const char *file = examination->settings->profile;
	const struct ib_yaml_node *list = ib_yaml_get(yaml->root, part);
	size_t i = 0;

	if (!list)
		return 0;
	if (list->kind != IB_YAML_SEQUENCE)
		return ib_yaml_fail(file, list, err, "'%s' must be a list", part);
	for (i = 0; i < list->count; i++) {
		struct wish wish = { "", "", IB_SEVERITY_NOTE, "" };

		IB_TRY(read_wish(file, list->values[i], &wish, err));
		check(examination, &wish, context);
	}
	return 0;
}

static bool is_one_of(const char *values, const char *value)
{
	IB_AUTO_STRINGS(list);

	ib_strings_split(&list, values, "|");
	return ib_strings_has(&list, value);
}

static void report(struct ib_examination *examination, const char *rule, const struct wish *wish,
		   const char *value)
{
	ib_autofree char *message = ib_strf("%s is %s, the profile wants %s: %s", wish->name, value,
					    wish->values, wish->why);

	ib_found_as(examination, rule, wish->severity, wish->name, value, message);
}

/* ---- the kernel's configuration -------------------------------------------------- */

static const char *kernel_config(const struct ib_examination *examination)
{
	static const char *const folders[] = { "/usr/lib/modules", "/lib/modules" };
	const struct ib_node *boot = ib_policy_folder(examination, "/boot");
	const char *text = NULL;
	size_t i = 0;
	size_t j = 0;

	for (i = 0; i < IB_COUNT(folders) && !text; i++) {
		const struct ib_node *folder = ib_policy_folder(examination, folders[i]);

		for (j = 0; folder && j < folder->child_count && !text; j++) {
			ib_autofree char *path =
				ib_strf("%s/%s/config", folders[i], folder->children[j]->name);

			text = ib_policy_text(examination, path);
		}
	}
	for (i = 0; boot && i < boot->child_count && !text; i++)
		if (ib_str_starts(boot->children[i]->name, "config-"))
			text = ib_policy_node_text(examination, boot->children[i]);
	return text;
}

/* "CONFIG_A=y" and "# CONFIG_A is not set": a value, or "n"; the caller owns it. */
static char *value_of(const char *text, const char *option)
{
	ib_autofree char *needle = ib_strf("\n%s=", option);
	const char *at = ib_str_starts(text, needle + 1) ? text : strstr(text, needle);

	if (!at)
		return ib_strdup("n");
	at += strlen(needle) - (*at != '\n');
	return ib_strf("%.*s", (int)strcspn(at, "\n"), at);
}

/* Options change their names: any of those between bars will do. */
static void check_option(struct ib_examination *examination, const struct wish *wish,
			 const void *context)
{
	ib_autofree char *value = NULL;
	IB_AUTO_STRINGS(options);
	size_t i = 0;

	if (!context)
		return;
	ib_strings_split(&options, wish->name, "|");
	for (i = 0; i < options.count; i++) {
		ib_free(value);
		value = value_of(context, options.items[i]);
		if (is_one_of(wish->values, value))
			return;
	}
	report(examination, "kernel-config", wish, value ? value : "n");
}

/* ---- sysctl ----------------------------------------------------------------------- */

struct setting {
	char *name; /* owned, with dots; may be a pattern */
	char *value;
};

struct settings {
	struct setting *items;
	size_t count;
};

static void free_settings(struct settings *settings)
{
	size_t i = 0;

	for (i = 0; i < settings->count; i++) {
		ib_free(settings->items[i].name);
		ib_free(settings->items[i].value);
	}
	ib_free(settings->items);
}

static char *trimmed(const char *text, size_t length)
{
	while (length && strchr(" \t", *text)) {
		text++;
		length--;
	}
	while (length && strchr(" \t\r", text[length - 1]))
		length--;
	return ib_strf("%.*s", (int)length, text);
}

/* sysctl.d(5): "-name = value"; slashes stand for dots. */
static void read_settings(const char *text, struct settings *settings)
{
	IB_AUTO_STRINGS(lines);
	size_t i = 0;

	ib_strings_split(&lines, text, "\n");
	for (i = 0; i < lines.count; i++) {
		const char *line = lines.items[i] + strspn(lines.items[i], " \t-");
		const char *equals = strchr(line, '=');
		struct setting setting = { .name = NULL };
		char *p = NULL;

		if (!equals || *line == '#' || *line == ';')
			continue;
		setting.name = trimmed(line, (size_t)(equals - line));
		setting.value = trimmed(equals + 1, strlen(equals + 1));
		if (!strchr(setting.name, '.'))
			for (p = setting.name; (p = strchr(p, '/')); p++)
				*p = '.';
		ib_grow(settings->items, settings->count);
		settings->items[settings->count++] = setting;
	}
}

/* Files of one name: the one in /etc wins; all of them in the order of their names. */
static void read_all_settings(const struct ib_examination *examination, struct settings *settings)
{
	static const char *const folders[] = { "/etc/sysctl.d", "/usr/local/lib/sysctl.d",
					       "/usr/lib/sysctl.d", "/lib/sysctl.d" };
	IB_AUTO_STRINGS(names);
	size_t i = 0;
	size_t j = 0;

	for (i = 0; i < IB_COUNT(folders); i++) {
		const struct ib_node *folder = ib_policy_folder(examination, folders[i]);

		for (j = 0; folder && j < folder->child_count; j++)
			if (ib_str_ends(folder->children[j]->name, ".conf"))
				ib_strings_add(&names, folder->children[j]->name);
	}
	ib_strings_sort_unique(&names);
	for (i = 0; i < names.count; i++) {
		for (j = 0; j < IB_COUNT(folders); j++) {
			ib_autofree char *path = ib_path_join(folders[j], names.items[i]);
			const char *text = ib_policy_text(examination, path);

			if (text)
				read_settings(text, settings);
			if (text || ib_tree_find(examination->subject->tree, path))
				break;
		}
	}
}

static void check_setting(struct ib_examination *examination, const struct wish *wish,
			  const void *context)
{
	const struct settings *settings = context;
	const char *exact = NULL;
	const char *pattern = NULL;
	const char *value = NULL;
	size_t i = 0;

	for (i = 0; i < settings->count; i++) {
		if (!strcmp(settings->items[i].name, wish->name))
			exact = settings->items[i].value;
		else if (!fnmatch(settings->items[i].name, wish->name, 0))
			pattern = settings->items[i].value;
	}
	value = exact ? exact : pattern ? pattern : "not set";
	if (!is_one_of(wish->values, value))
		report(examination, "sysctl", wish, value);
}

/* ---- both --------------------------------------------------------------------------- */

int ib_check_profile(struct ib_examination *examination, struct ib_error *err)
{
	const char *file = examination->settings->profile;
	__attribute__((cleanup(free_settings))) struct settings settings = { NULL, 0 };
	IB_AUTO(ib_yaml) yaml = NULL;
	const char *config = NULL;

	if (!file)
		return 0;
	IB_TRY(ib_yaml_read(file, PROFILE_MAX_BYTES, &yaml, err));
	IB_TRY(ib_sha256_file(file, examination->report->profile_sha256, NULL, err));
	examination->report->profile_name =
		ib_arena_strdup(examination->arena, examination->settings->profile_name);
	if (yaml->root->kind != IB_YAML_MAPPING)
		return ib_yaml_fail(file, yaml->root, err, "a profile must be a mapping");
	config = kernel_config(examination);
	read_all_settings(examination, &settings);
	IB_TRY(each_wish(examination, yaml, "kernel", check_option, config, err));
	return each_wish(examination, yaml, "sysctl", check_setting, &settings, err);
}
