/* SPDX-License-Identifier: Apache-2.0 */
/* session - what the commands that build have in common: options, recipe, lock. */
#ifndef IB_CLI_SESSION_H
#define IB_CLI_SESSION_H

#include "build/build.h"
#include "cli/cli.h"

/* Rows for the tables of these commands. */
#define IB_OPTION_LOCK \
	{ \
		"lock", "FILE", "the lock, instead of RECIPE with .lock for .yaml" \
	}
#define IB_OPTION_OFFLINE \
	{ \
		"offline", NULL, "use nothing but what the store holds" \
	}
#define IB_OPTION_ARCH \
	{ \
		"arch", "ARCH", "x86_64 or aarch64, where the recipe is for several" \
	}
#define IB_OPTION_ALLOW_OLDER \
	{ \
		"allow-older", NULL, "accept metadata older than the lock has seen" \
	}
#define IB_OPTION_THREADS \
	{ \
		"threads", "N", "how many threads work (default: one a processor)" \
	}
#define IB_OPTION_EXIT_CODE \
	{ \
		"exit-code", NULL, "end with 10 when there are changes" \
	}

int ib_cli_session(const struct ib_cli *cli, struct ib_session *ret_session, struct ib_error *err)
	IB_MUST_CHECK;
/* --lock, or the recipe's path with .lock in place of .yaml; the caller owns it. */
char *ib_cli_lock_path(const struct ib_cli *cli, const char *recipe);
/* The recipe for the architecture of --arch, or for the one that it names first. */
int ib_cli_read_recipe(const struct ib_cli *cli, const char *path, struct ib_recipe **ret_recipe,
		       struct ib_error *err) IB_MUST_CHECK;
/* The part of the lock that is for the recipe's architecture; if there is none, how to make it. */
int ib_cli_read_lock(const struct ib_cli *cli, const struct ib_recipe *recipe,
		     struct ib_lock **ret_lock, struct ib_error *err) IB_MUST_CHECK;
/* One for each architecture that is asked for. */
enum { IB_CLI_MAX_PARTS = 8 };
struct ib_cli_parts {
	struct ib_recipe *recipes[IB_CLI_MAX_PARTS]; /* owned */
	struct ib_lock *locks[IB_CLI_MAX_PARTS];     /* owned */
	size_t count;
};

#define IB_AUTO_CLI_PARTS(name) \
	__attribute__((cleanup(ib_cli_parts_done))) struct ib_cli_parts name = { .count = 0 }

void ib_cli_parts_done(struct ib_cli_parts *parts);
/* The recipe and its lock for each of its architectures, or for the one of --arch. */
int ib_cli_read_parts(const struct ib_cli *cli, const char *path, struct ib_cli_parts *ret_parts,
		      struct ib_error *err) IB_MUST_CHECK;
/* The text as a JSON string with its quotes, on stdout. */
void ib_cli_print_json_text(const char *text);

#endif
