/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "cli/commands.h"
#include "cli/session.h"

static const struct ib_option options[] = {
	{ "output", "DIR", "where the outputs go (also -o DIR)" },
	{ "only", "WHAT", "root: the root file system, its hash tree and root hash, nothing else" },
	{ "check", NULL, "where nothing has changed since the last build, hash what lies there" },
	{ "report", "FILE", "write what the rules found there, also when they refuse the image" },
	{ "no-cache", NULL, "use nothing that earlier builds left in the store but packages" },
	{ "remote-cache", "URL", "take packages that others have compressed from there" },
	{ "remote-cache-push", NULL, "and put there what it lacks" },
	{ "remote-cache-trust", "FILE",
	  "a public key whose answers are believed; may be repeated" },
	{ "remote-cache-sign", "FILE", "the private key that signs what is put there" },
	{ "remote-cache-ca", "FILE", "certificates that https is checked with (PEM)" },
	{ "remote-cache-authorization", "FILE", "a file with the value of that header" },
	IB_OPTION_LOCK,
	IB_OPTION_ARCH,
	IB_OPTION_OFFLINE,
	IB_OPTION_THREADS,
};

static void print_names(const struct ib_cli *cli, const char *folder,
			const struct ib_strings *names)
{
	size_t i = 0;

	if (cli->json)
		printf("[");
	for (i = 0; i < names->count; i++) {
		ib_autofree char *path = ib_path_join(folder, names->items[i]);
		struct stat st = { 0 };

		if (stat(path, &st))
			continue;
		if (cli->json) {
			printf("%s\n  {\"size\": %lld, \"path\": ", i ? "," : "",
			       (long long)st.st_size);
			ib_cli_print_json_text(path);
			printf("}");
		} else {
			printf("%12lld  %s\n", (long long)st.st_size, path);
		}
	}
	if (cli->json)
		printf("\n]\n");
}

/* What was given for the remote cache; texts that are made for it are the caller's to free. */
struct remote_options {
	struct ib_remote_cache cache;
	const char **trust;
	char *authorization;
};

static void done_remote(struct remote_options *remote)
{
	ib_free(remote->trust);
	ib_free(remote->authorization);
}

/* One line, which is no word of any message. */
static int read_authorization(const char *path, char **ret_text, struct ib_error *err)
{
	ib_autofree char *text = NULL;
	size_t length = 0;

	IB_TRY(ib_file_read_text(path, 16 << 10, &text, err));
	length = strcspn(text, "\r\n");
	if (!length || text[length + strspn(text + length, "\r\n")])
		return ib_fail(err, IB_INPUT, "'%s' is not one line of text", path);
	text[length] = '\0';
	*ret_text = ib_take(text);
	return 0;
}

/* Options that say something of a remote cache want one. */
static int check_remote(const struct ib_cli *cli, struct ib_error *err)
{
	static const char *const against[] = { "no-cache", "offline" };
	const char *url = ib_cli_option(cli, "remote-cache");
	size_t i = 0;

	for (i = 0; !url && i < cli->option_count; i++)
		if (ib_str_starts(cli->options[i].name, "remote-cache-"))
			return ib_fail(err, IB_INPUT,
				       "'--%s' says something of no '--remote-cache'",
				       cli->options[i].name);
	for (i = 0; url && i < IB_COUNT(against); i++)
		if (ib_cli_option(cli, against[i]))
			return ib_fail(err, IB_INPUT,
				       "'--remote-cache' and '--%s' exclude each other",
				       against[i]);
	return 0;
}

static int read_remote(const struct ib_cli *cli, struct remote_options *remote,
		       struct ib_error *err)
{
	struct ib_remote_cache *cache = &remote->cache;
	const char *authorization = ib_cli_option(cli, "remote-cache-authorization");
	size_t i = 0;

	IB_TRY(check_remote(cli, err));
	cache->url = ib_cli_option(cli, "remote-cache");
	cache->push = ib_cli_option(cli, "remote-cache-push") != NULL;
	cache->sign = ib_cli_option(cli, "remote-cache-sign");
	cache->ca_file = ib_cli_option(cli, "remote-cache-ca");
	remote->trust = ib_alloc_array(cli->option_count + 1, sizeof(*remote->trust));
	for (i = 0; i < cli->option_count; i++)
		if (!strcmp(cli->options[i].name, "remote-cache-trust"))
			remote->trust[cache->trust_count++] = cli->options[i].value;
	cache->trust = remote->trust;
	if (authorization)
		IB_TRY(read_authorization(authorization, &remote->authorization, err));
	cache->authorization = remote->authorization;
	return 0;
}

static int run(const struct ib_cli *cli, size_t count, char *const *args, struct ib_error *err)
{
	IB_AUTO(ib_recipe) recipe = NULL;
	IB_AUTO(ib_lock) lock = NULL;
	IB_AUTO_STRINGS(names);
	ib_autofree char *lock_path = ib_cli_lock_path(cli, args[0]);
	const char *only = ib_cli_option(cli, "only");
	struct ib_build_options build = { .output = ib_cli_option(cli, "output"),
					  .lock_path = lock_path,
					  .only_root = only != NULL,
					  .check = ib_cli_option(cli, "check") != NULL,
					  .no_cache = ib_cli_option(cli, "no-cache") != NULL };
	__attribute__((cleanup(done_remote))) struct remote_options remote = { .trust = NULL };
	IB_AUTO_BUFFER(refusal, IB_POLICY_MAX_DOCUMENT);
	struct ib_session session;
	int r = 0;

	(void)count;
	build.report = ib_cli_option(cli, "report");
	build.refusal = cli->json ? &refusal : NULL;
	if (!build.output) {
		(void)ib_fail(err, IB_INPUT, "no output folder given");
		ib_error_hint(err, "Name one with -o DIR.");
		return -IB_INPUT;
	}
	if (only && strcmp(only, "root") != 0)
		return ib_fail(err, IB_INPUT, "unrecognized value '%s' of '--only': root", only);
	IB_TRY(read_remote(cli, &remote, err));
	build.remote = remote.cache.url ? &remote.cache : NULL;
	IB_TRY(ib_cli_session(cli, &session, err));
	IB_TRY(ib_cli_read_recipe(cli, args[0], &recipe, err));
	IB_TRY(ib_cli_read_lock(cli, recipe, &lock, err));
	r = ib_build_run(&session, recipe, lock, &build, &names, err);
	if (refusal.size)
		(void)fwrite(refusal.data, 1, refusal.size, stdout);
	IB_TRY(r);
	print_names(cli, build.output, &names);
	return 0;
}

const struct ib_command ib_cmd_build = {
	.name = "build",
	.args = "RECIPE -o DIR",
	.summary = "build the image that recipe and lock describe",
	.options = options,
	.option_count = IB_COUNT(options),
	.min_args = 1,
	.max_args = 1,
	.run = run,
};
