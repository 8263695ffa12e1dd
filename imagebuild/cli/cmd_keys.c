/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>

#include "cli/cli.h"
#include "cli/commands.h"
#include "crypto/crypto.h"
#include "json/json.h"

enum { RSA_BITS = 2048 };

struct purpose {
	const char *name;
	enum ib_key_kind kind;
	bool certificate; /* else a bare public key */
	const char *words;
};

/* verify/trust.c reads a role from the same names. Firmware takes nothing but RSA. */
static const struct purpose purposes[] = {
	{ "secure-boot", IB_KEY_RSA, true, "signs the unified kernel image and the boot loader" },
	{ "root-hash", IB_KEY_RSA, true, "signs the root hash of dm-verity" },
	{ "statements", IB_KEY_ED25519, false, "signs SHA256SUMS and the provenance" },
	{ "platform-key", IB_KEY_RSA, true,
	  "PK: owns the firmware of a test machine; signs no image" },
	{ "exchange-key", IB_KEY_RSA, true,
	  "KEK: may change what the firmware of a test machine trusts; signs no image" },
};

static const struct ib_option options[] = {
	{ "subject", "NAME", "common name of the certificates (default: 'imagebuild trial')" },
};

static char *path_of(const char *folder, const struct purpose *purpose, bool public_half)
{
	const char *suffix = !public_half ? "key" : purpose->certificate ? "crt" : "pub";

	return ib_strf("%s/%s.%s", folder, purpose->name, suffix);
}

/* All are looked for first: half a set of keys is worse than none. */
static int refuse_to_overwrite(const char *folder, struct ib_error *err)
{
	size_t i = 0;

	for (i = 0; i < 2 * IB_COUNT(purposes); i++) {
		ib_autofree char *path = path_of(folder, &purposes[i / 2], i % 2 == 1);

		if (!ib_file_exists(path))
			continue;
		(void)ib_fail(err, IB_INPUT, "'%s' is there already", path);
		ib_error_hint(err, "Keys are never overwritten: name another folder, or move the "
				   "old keys away.");
		return -IB_INPUT;
	}
	return 0;
}

static int make_public_half(const char *path, const struct purpose *purpose, const char *subject,
			    const struct ib_private_key *key, struct ib_error *err)
{
	ib_autofree char *common_name = ib_strf("%s %s", subject, purpose->name);
	IB_AUTO(ib_certificate) certificate = NULL;
	IB_AUTO(ib_public_key) half = NULL;
	IB_AUTO_BUFFER(pem, 1 << 16);

	if (purpose->certificate) {
		IB_TRY(ib_certificate_make(key, common_name, &certificate, err));
		ib_certificate_write(certificate, &pem);
	} else {
		half = ib_private_key_public(key);
		ib_public_key_write(half, &pem);
	}
	return ib_file_write(path, pem.data, pem.size, 0644, err);
}

static int make(const char *folder, const struct purpose *purpose, const char *subject,
		struct ib_error *err)
{
	ib_autofree char *key_path = path_of(folder, purpose, false);
	ib_autofree char *public_path = path_of(folder, purpose, true);
	IB_AUTO(ib_private_key) key = NULL;

	IB_TRY(ib_private_key_generate(purpose->kind, RSA_BITS, &key, err));
	IB_TRY(ib_private_key_save(key, key_path, err));
	return make_public_half(public_path, purpose, subject, key, err);
}

static int print_json(const char *folder, struct ib_error *err)
{
	IB_AUTO_BUFFER(text, 1 << 16);
	IB_AUTO(ib_json_writer) out = ib_json_writer_to_buffer(&text, IB_JSON_LINES);
	size_t i = 0;

	ib_json_begin_array(out);
	for (i = 0; i < IB_COUNT(purposes); i++) {
		ib_autofree char *key = path_of(folder, &purposes[i], false);
		ib_autofree char *half = path_of(folder, &purposes[i], true);

		ib_json_begin_object(out);
		ib_json_member_string(out, "name", purposes[i].name);
		ib_json_member_string(out, "key", key);
		ib_json_member_string(out, "public", half);
		ib_json_member_string(out, "purpose", purposes[i].words);
		ib_json_end_object(out);
	}
	ib_json_end_array(out);
	IB_TRY(ib_json_finish(out, err));
	fputs(ib_buffer_text(&text), stdout);
	return 0;
}

static void print_text(const char *folder)
{
	size_t i = 0;

	for (i = 0; i < IB_COUNT(purposes); i++)
		printf("%-12s  .key .%s  %s\n", purposes[i].name,
		       purposes[i].certificate ? "crt" : "pub", purposes[i].words);
	printf("\nThese keys are for trying out: they lie unprotected in '%s', readable by you "
	       "alone.\nFor production make keys where they cannot be copied, and never commit one.\n"
	       "Whoever is to check your images needs secure-boot.crt, root-hash.crt and "
	       "statements.pub:\n    imagebuild verify --trust %s DIR\n",
	       folder, folder);
}

static int run(const struct ib_cli *cli, size_t count, char *const *args, struct ib_error *err)
{
	static const char ignore[] = "# private keys stay here\n*.key\n";
	const char *subject = ib_cli_option(cli, "subject");
	const char *folder = args[0];
	ib_autofree char *ignore_path = ib_path_join(folder, ".gitignore");
	size_t i = 0;

	(void)count;
	IB_TRY(ib_file_make_directory(folder, 0700, err));
	IB_TRY(refuse_to_overwrite(folder, err));
	for (i = 0; i < IB_COUNT(purposes); i++)
		IB_TRY(make(folder, &purposes[i], subject ? subject : "imagebuild trial", err));
	if (!ib_file_exists(ignore_path))
		IB_TRY(ib_file_write(ignore_path, ignore, sizeof(ignore) - 1, 0644, err));
	if (cli->json)
		return print_json(folder, err);
	print_text(folder);
	return 0;
}

const struct ib_command ib_cmd_keys = {
	.name = "keys",
	.args = "DIR",
	.summary = "make throw-away signing keys for trying out",
	.options = options,
	.option_count = IB_COUNT(options),
	.min_args = 1,
	.max_args = 1,
	.run = run,
};
