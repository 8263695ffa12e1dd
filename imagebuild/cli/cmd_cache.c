/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>

#include "cli/commands.h"
#include "cli/session.h"
#include "json/json.h"

#define DEFAULT_AGE_DAYS 30
#define MAX_AGE_DAYS     36500
#define MAX_JSON         ((size_t)256 << 20)

static const struct ib_option options[] = {
	{ "age", "DAYS", "prune: what was used in the last DAYS days stays (default: 30)" },
	{ "dry-run", NULL, "prune: say what would go, and remove nothing" },
	{ "only", "KIND", "rpm, metadata, blocks, facts, outputs or solv" },
	{ "remove", NULL, "verify: remove what is damaged" },
};

static const char *const kinds[] = { "rpm", "metadata", "blocks", "facts", "outputs", "solv" };

/* ---- words and JSON ------------------------------------------------------ */

static void put_item(struct ib_json_writer *out, const struct ib_cache_item *item)
{
	char used[32] = "";

	ib_clock_format(item->used, used);
	ib_json_begin_object(out);
	ib_json_member_string(out, "kind", item->kind);
	ib_json_member_string(out, "digest", item->digest);
	if (*item->name)
		ib_json_member_string(out, "package", item->name);
	ib_json_member_integer(out, "size", (int64_t)item->size);
	ib_json_member_string(out, "used", used);
	if (item->damage)
		ib_json_member_string(out, "damage", item->damage);
	ib_json_end_object(out);
}

static int print_json(const struct ib_cache_list *list, struct ib_error *err)
{
	IB_AUTO_BUFFER(text, MAX_JSON);
	IB_AUTO(ib_json_writer) out = ib_json_writer_to_buffer(&text, IB_JSON_LINES);
	size_t i = 0;

	ib_json_begin_array(out);
	for (i = 0; i < list->count; i++)
		put_item(out, &list->items[i]);
	ib_json_end_array(out);
	IB_TRY(ib_json_finish(out, err));
	fputs(ib_buffer_text(&text), stdout);
	return 0;
}

static void print_items(const struct ib_cache_list *list)
{
	size_t i = 0;

	for (i = 0; i < list->count; i++) {
		const struct ib_cache_item *item = &list->items[i];
		char used[32] = "";

		ib_clock_format(item->used, used);
		printf("%-8s %12llu  %.10s  %.16s  %s\n", item->kind,
		       (unsigned long long)item->size, used, item->digest, item->name);
	}
}

static uint64_t sum_of(const struct ib_cache_list *list, const char *kind, size_t *ret_count)
{
	uint64_t sum = 0;
	size_t i = 0;

	*ret_count = 0;
	for (i = 0; i < list->count; i++) {
		if (kind && !ib_str_equal(list->items[i].kind, kind))
			continue;
		sum += list->items[i].size;
		(*ret_count)++;
	}
	return sum;
}

/* ---- the actions --------------------------------------------------------- */

static int run_list(const struct ib_cli *cli, const struct ib_session *session,
		    struct ib_cache_request *request, struct ib_error *err)
{
	IB_AUTO(ib_cache_list) list = NULL;

	request->with_names = true;
	IB_TRY(ib_build_cache_list(session, request, &list, err));
	if (cli->json)
		return print_json(list, err);
	print_items(list);
	return 0;
}

static int print_sizes_json(const struct ib_cache_list *list, struct ib_error *err)
{
	IB_AUTO_BUFFER(text, 1 << 16);
	IB_AUTO(ib_json_writer) out = ib_json_writer_to_buffer(&text, IB_JSON_LINES);
	size_t i = 0;

	ib_json_begin_object(out);
	for (i = 0; i < IB_COUNT(kinds); i++) {
		size_t count = 0;
		uint64_t sum = sum_of(list, kinds[i], &count);

		ib_json_member_object(out, kinds[i]);
		ib_json_member_integer(out, "count", (int64_t)count);
		ib_json_member_integer(out, "size", (int64_t)sum);
		ib_json_end_object(out);
	}
	ib_json_end_object(out);
	IB_TRY(ib_json_finish(out, err));
	fputs(ib_buffer_text(&text), stdout);
	return 0;
}

static int run_size(const struct ib_cli *cli, const struct ib_session *session,
		    struct ib_cache_request *request, struct ib_error *err)
{
	IB_AUTO(ib_cache_list) list = NULL;
	size_t count = 0;
	uint64_t sum = 0;
	size_t i = 0;

	IB_TRY(ib_build_cache_list(session, request, &list, err));
	if (cli->json)
		return print_sizes_json(list, err);
	for (i = 0; i < IB_COUNT(kinds); i++) {
		sum = sum_of(list, kinds[i], &count);
		if (count)
			printf("%-8s %12llu  in %zu file%s\n", kinds[i], (unsigned long long)sum,
			       count, ib_str_plural(count));
	}
	sum = sum_of(list, NULL, &count);
	printf("%-8s %12llu  in %zu file%s\n", "all", (unsigned long long)sum, count,
	       ib_str_plural(count));
	return 0;
}

static int run_verify(const struct ib_cli *cli, const struct ib_session *session,
		      struct ib_cache_request *request, struct ib_error *err)
{
	IB_AUTO(ib_cache_list) list = NULL;
	size_t i = 0;

	IB_TRY(ib_build_cache_verify(session, request, &list, err));
	if (cli->json)
		IB_TRY(print_json(list, err));
	for (i = 0; i < list->count && !cli->json; i++)
		printf("%s%s%s\n", *list->items[i].name ? list->items[i].name : "",
		       *list->items[i].name ? ": " : "", list->items[i].damage);
	if (!list->count) {
		if (!cli->json && !cli->quiet)
			printf("%zu file%s whole\n", list->checked,
			       list->checked == 1 ? " is" : "s are");
		return 0;
	}
	(void)ib_fail(err, IB_TRUST, "%zu of %zu file%s in store '%s' %s damaged%s", list->count,
		      list->checked, ib_str_plural(list->checked), session->store,
		      list->count == 1 ? "is" : "are",
		      request->remove ? ", and no more there" : "");
	ib_error_hint(err,
		      request->remove
			      ? "'imagebuild fetch RECIPE' brings packages again."
			      : "--remove removes them; 'imagebuild fetch RECIPE' brings packages "
				"again. If it was not the disk, find out who wrote there.");
	return -IB_TRUST;
}

static int run_prune(const struct ib_cli *cli, const struct ib_session *session,
		     struct ib_cache_request *request, struct ib_error *err)
{
	IB_AUTO(ib_cache_list) list = NULL;
	size_t count = 0;
	uint64_t sum = 0;

	IB_TRY(ib_build_cache_prune(session, request, &list, err));
	if (cli->json)
		return print_json(list, err);
	if (request->dry_run || cli->verbose)
		print_items(list);
	sum = sum_of(list, NULL, &count);
	if (!cli->quiet)
		printf("%zu file%s with %llu bytes %s removed\n", count, ib_str_plural(count),
		       (unsigned long long)sum,
		       request->dry_run ? "would be"
		       : count == 1     ? "was"
					: "were");
	return 0;
}

static const struct action {
	const char *name;
	bool takes_locks;
	int (*run)(const struct ib_cli *cli, const struct ib_session *session,
		   struct ib_cache_request *request, struct ib_error *err);
} actions[] = {
	{ "list", false, run_list },
	{ "prune", true, run_prune },
	{ "size", false, run_size },
	{ "verify", false, run_verify },
};

/* ---- the command line ---------------------------------------------------- */

static int find_action(const char *name, const struct action **ret_action, struct ib_error *err)
{
	size_t i = 0;

	for (i = 0; i < IB_COUNT(actions); i++) {
		if (!ib_str_equal(actions[i].name, name))
			continue;
		*ret_action = &actions[i];
		return 0;
	}
	(void)ib_fail(err, IB_INPUT, "unrecognized action '%s' of 'cache'", name);
	ib_error_hint(err, "It is one of: list, prune, size, verify.");
	return -IB_INPUT;
}

static int read_request(const struct ib_cli *cli, struct ib_cache_request *request,
			struct ib_error *err)
{
	const char *age = ib_cli_option(cli, "age");
	uint64_t days = DEFAULT_AGE_DAYS;
	size_t i = 0;

	if (age && !ib_str_to_u64(age, MAX_AGE_DAYS, &days))
		return ib_fail(err, IB_INPUT, "'--age %s' is not a number of days", age);
	request->age_days = (uint32_t)days;
	request->now = ib_clock_now();
	request->dry_run = ib_cli_option(cli, "dry-run") != NULL;
	request->remove = ib_cli_option(cli, "remove") != NULL;
	request->only = ib_cli_option(cli, "only");
	for (i = 0; request->only && i < IB_COUNT(kinds); i++)
		if (ib_str_equal(request->only, kinds[i]))
			return 0;
	if (!request->only)
		return 0;
	(void)ib_fail(err, IB_INPUT, "unrecognized kind '%s'", request->only);
	ib_error_hint(err, "It is one of: rpm, metadata, blocks, facts, outputs, solv.");
	return -IB_INPUT;
}

/* What the words name: each is a lock, or a recipe whose lock lies beside it. */
struct named_locks {
	struct ib_locks **files;
	size_t file_count;
	const struct ib_lock **parts; /* of all of them */
	size_t part_count;
};

static int read_locks(const struct ib_cli *cli, size_t count, char *const *words,
		      struct named_locks *named, struct ib_error *err)
{
	size_t i = 0;
	size_t j = 0;

	named->files = ib_alloc_array(count, sizeof(struct ib_locks *));
	for (i = 0; i < count; i++) {
		ib_autofree char *path = ib_str_ends(words[i], ".yaml")
						 ? ib_cli_lock_path(cli, words[i])
						 : ib_strdup(words[i]);

		IB_TRY(ib_locks_read(path, &named->files[i], err));
		named->file_count++;
		for (j = 0; j < named->files[i]->count; j++) {
			ib_grow(named->parts, named->part_count);
			named->parts[named->part_count++] = named->files[i]->parts[j];
		}
	}
	return 0;
}

static void named_locks_done(struct named_locks *named)
{
	size_t i = 0;

	for (i = 0; i < named->file_count; i++)
		ib_locks_free(named->files[i]);
	ib_free(named->files);
	ib_free(named->parts);
}

static int run(const struct ib_cli *cli, size_t count, char *const *args, struct ib_error *err)
{
	__attribute__((cleanup(named_locks_done))) struct named_locks named = { 0 };
	struct ib_cache_request request = { 0 };
	const struct action *action = NULL;
	struct ib_session session;

	IB_TRY(find_action(args[0], &action, err));
	if (count > 1 && !action->takes_locks)
		return ib_fail(err, IB_INPUT, "'cache %s' takes no recipe or lock", action->name);
	IB_TRY(read_request(cli, &request, err));
	IB_TRY(ib_cli_session(cli, &session, err));
	IB_TRY(read_locks(cli, count - 1, args + 1, &named, err));
	request.locks = named.parts;
	request.lock_count = named.part_count;
	return action->run(cli, &session, &request, err);
}

const struct ib_command ib_cmd_cache = {
	.name = "cache",
	.args = "list|size|verify|prune [RECIPE|LOCK…]",
	.summary = "look into the store, check it, or remove from it what nobody uses",
	.options = options,
	.option_count = IB_COUNT(options),
	.min_args = 1,
	.max_args = SIZE_MAX,
	.run = run,
};
