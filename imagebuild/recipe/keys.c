/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The one table of keys (hardening and budgets: keys_policy.c). Parsing, hints,
 * the JSON Schema, the canonical text and the test of the manual page all read it.
 */
#include "recipe/keys.h"

/* ---- what texts must look like ---- */

const char *const ib_recipe_architectures[] = { "x86_64", "aarch64", NULL };
static const char *const trusts[] = { "signed", "metalink", "none", NULL };
static const char *const root_formats[] = { "erofs", "squashfs", NULL };
static const char *const compressions[] = { "none", "lz4", "lz4hc", "gzip", "xz", "zstd", NULL };
static const char *const databases[] = { "rpmdb", "manifest", NULL };
static const char *const labels[] = { "automatic", "required", "never", NULL };
static const char *const outputs[] = { "root", "uki",     "disk",        "sbom", "provenance",
				       "tar",  "tar.zst", "block-index", NULL };

WORDS_RULE(rule_architecture, ib_recipe_architectures);
WORDS_RULE(rule_trust, trusts);
WORDS_RULE(rule_root_format, root_formats);
WORDS_RULE(rule_compression, compressions);
WORDS_RULE(rule_database, databases);
WORDS_RULE(rule_labels, labels);
WORDS_RULE(rule_output, outputs);

static const struct ib_recipe_rule rule_id = {
	.pattern = "^[0-9a-z][0-9a-z._-]{0,63}$",
	.what = "an image id",
	.hint = "It is made of 0-9 a-z . _ - and goes into IMAGE_ID and all file names.",
};
static const struct ib_recipe_rule rule_version = {
	.pattern = "^[0-9A-Za-z][0-9A-Za-z.~^-]{0,63}$",
	.what = "a version",
	.hint = "It is made of letters, digits and . - ~ ^ (UAPI.10); '+' and '_' are not allowed.",
};
static const struct ib_recipe_rule rule_repository = {
	.pattern = "^[0-9A-Za-z][0-9A-Za-z._-]{0,63}$",
	.what = "a repository id",
	.hint = "It is made of letters, digits and . _ -",
};
static const struct ib_recipe_rule rule_fingerprint = {
	.pattern = "^[0-9A-F]{40}([0-9A-F]{24})?$",
	.what = "a fingerprint",
	.hint = "It is 40 (or 64) upper-case hexadecimal digits without spaces, of the primary key: "
		"'gpg --show-keys FILE' prints it.",
};
static const struct ib_recipe_rule rule_digest = {
	.pattern = "^[0-9a-f]{64}$",
	.what = "a SHA-256",
	.hint = "It is 64 lower-case hexadecimal digits, as 'imagebuild lock' prints them.",
};
const struct ib_recipe_rule ib_recipe_rule_reason = {
	.pattern = "[^ ]",
	.what = "a reason",
	.hint = "Say in a few words why; the lock and the reports repeat it.",
};
static const struct ib_recipe_rule rule_wish = {
	.pattern = "^(@[0-9A-Za-z][0-9A-Za-z_.-]*|/[!-~]+|\\(.+\\)|"
		   "[0-9A-Za-z_][!-;?-~]*( (<|<=|=|>=|>) [0-9A-Za-z][0-9A-Za-z._+~^:-]*)?)$",
	.what = "a wish for a package",
	.hint = "Write a name, name-version-release.arch, 'name >= version', /a/path, @group, "
		"'(a or b)' or what a package provides.",
};
static const struct ib_recipe_rule rule_exclude = {
	.pattern = "^[0-9A-Za-z_*?][!-;?-~]*( (<|<=|=|>=|>) [0-9A-Za-z][0-9A-Za-z._+~^:-]*)?$",
	.what = "a package to leave out",
	.hint = "Write a name, name-version-release.arch or 'name >= version'; * and ? stand for "
		"anything.",
};
static const struct ib_recipe_rule rule_stream = {
	.pattern = "^[0-9A-Za-z][0-9A-Za-z._+-]*:[0-9A-Za-z][0-9A-Za-z._+-]*$",
	.what = "a stream of a module",
	.hint = "Write MODULE:STREAM, like nodejs:18.",
};
static const struct ib_recipe_rule rule_source = {
	.pattern = "^[0-9A-Za-z_][0-9A-Za-z._+-]*$",
	.what = "the name of a source package",
	.hint = "Write it without version, as 'imagebuild lock' prints it.",
};
static const struct ib_recipe_rule rule_package = {
	.pattern = "^[0-9A-Za-z_][0-9A-Za-z._+-]*$",
	.what = "the name of a package",
	.hint = "Write the name alone, without version and architecture.",
};
static const struct ib_recipe_rule rule_evr = {
	.pattern = "^([0-9]+:)?[0-9A-Za-z][0-9A-Za-z._+~^]*(-[0-9A-Za-z._+~^]+)?$",
	.what = "a version",
	.hint = "Write it as [epoch:]version[-release], like 5:5.2.5-1.fc40.",
};
static const struct ib_recipe_rule rule_advisory = {
	.pattern = "^[!-~]+$",
	.what = "an advisory",
	.hint = "Write its id or URL, without spaces.",
};
static const struct ib_recipe_rule rule_language = {
	.pattern = "^[a-z]{2,3}(_[A-Z]{2})?(@[a-z]+)?$",
	.what = "a language",
	.hint = "Write it like en, pt_BR or sr@latin.",
};
/* As tree/prune.c has them; a test compares. */
static const char *const prune_kinds[] = { "caches",          "completions",      "debug",
					   "documentation",   "headers",          "languages",
					   "package-manager", "static-libraries", NULL };
WORDS_RULE(rule_prune_kind, prune_kinds);
static const struct ib_recipe_rule rule_pattern = {
	.pattern = "^[/*].*[^/]$",
	.what = "a pattern of paths",
	.hint = "It starts with / or * and is held against the whole path, where * matches slashes "
		"too: /usr/share/gdb/*",
};
static const struct ib_recipe_rule rule_account = {
	.pattern = "^[a-z_][a-z0-9_-]{0,30}$",
	.what = "a user's or group's name",
	.hint = "It starts with a-z or _ and has at most 31 of a-z 0-9 _ -",
};
static const struct ib_recipe_rule rule_comment = {
	.pattern = "^[^:]*$",
	.what = "a comment of a user",
	.hint = "A colon would end the field of /etc/passwd.",
};
static const struct ib_recipe_rule rule_absolute = {
	.pattern = "^/[^: ]*$",
	.what = "an absolute path",
	.hint = "It starts with / and has no colon and no space.",
};
static const struct ib_recipe_rule rule_ssh_key = {
	.pattern = "^(.+ )?(sk-)?(ssh|ecdsa)-[a-z0-9@.-]+ AAAA[0-9A-Za-z+/]+=*( .*)?$",
	.what = "a line of authorized_keys",
	.hint = "It is what stands in the .pub file, like 'ssh-ed25519 AAAA… name'.",
};
static const struct ib_recipe_rule rule_unit = {
	.pattern =
		"^[0-9A-Za-z:_.\\\\@-]+\\.(automount|device|mount|path|scope|service|slice|socket|"
		"swap|target|timer)$",
	.what = "a unit name",
	.hint = "It needs its suffix, like chronyd.service or tmp.mount.",
};
static const struct ib_recipe_rule rule_sysctl = {
	.pattern = "^-?[0-9A-Za-z_]+([./][0-9A-Za-z_*-]+)+$",
	.what = "the name of a kernel setting",
	.hint = "Write it like kernel.kptr_restrict or net.ipv4.conf.all.rp_filter.",
};
static const struct ib_recipe_rule rule_word = {
	.pattern = "^[!-~]+$",
	.what = "one word of a kernel command line",
	.hint = "It has no spaces; each word is an item of its own.",
};
static const struct ib_recipe_rule rule_module = {
	.pattern = "^[0-9A-Za-z][0-9A-Za-z_-]*$",
	.what = "the name of a kernel module",
	.hint = "Write it without folder and suffix, like dm-verity.",
};

/* ---- the mappings inside others, innermost first ---- */

static const struct ib_recipe_field image[] = {
	{ "id", AT(id), &ib_recipe_text, "Name of the image: IMAGE_ID, labels, file names.",
	  .rule = &rule_id },
	{ "version", AT(version), &ib_recipe_text, "Version of the image: IMAGE_VERSION.",
	  .rule = &rule_version },
	{ "architecture", AT(architecture), &ib_recipe_text,
	  "Machine that the image is for; of several, the one that is meant without --arch.",
	  .rule = &rule_architecture },
	{ "architectures", AT(architectures), &ib_recipe_aside,
	  "All machines that there is an image for, when there are several.",
	  .rule = &rule_architecture },
};
static const struct ib_recipe_table table_image = {
	"image",
	FIELDS(image),
	.mark = AT(image_mark),
	.identity = IB_RECIPE_NOWHERE,
};

#define KEY(member) offsetof(struct ib_recipe_key, member)
static const struct ib_recipe_field keys[] = {
	{ "file", KEY(file), &ib_recipe_path, "OpenPGP public key, armoured or not.",
	  .written = KEY(file_written), .required = true },
	{ "fingerprint", KEY(fingerprint), &ib_recipe_text,
	  "Fingerprint of the primary key in the file; another key there is refused.",
	  .rule = &rule_fingerprint, .required = true },
	{ "allow-expired", KEY(allow_expired), &ib_recipe_text,
	  "Reason why lock takes a key that is expired now.", .rule = &ib_recipe_rule_reason },
};
static const struct ib_recipe_table table_key = {
	"key",
	FIELDS(keys),
	MEMBER(ib_recipe_key, fingerprint),
};

#define REPOSITORY(member) offsetof(struct ib_recipe_repository, member)
static const struct ib_recipe_field repository[] = {
	{ "id", REPOSITORY(id), &ib_recipe_text, "Name of the repository, used in the lock.",
	  .rule = &rule_repository, .required = true },
	{ "url", REPOSITORY(urls), &ib_recipe_urls,
	  "Base URL (https, http, file) or folder, or a list of mirrors of the same.",
	  .written = REPOSITORY(urls_written) },
	{ "mirrorlist", REPOSITORY(mirrorlist), &ib_recipe_url, "Where a list of mirrors is.",
	  .written = REPOSITORY(mirrorlist_written) },
	{ "metalink", REPOSITORY(metalink), &ib_recipe_url, "Where a metalink is.",
	  .written = REPOSITORY(metalink_written) },
	{ "origins", REPOSITORY(origins), &ib_recipe_origins,
	  "Where else its packages may be: mirrors, archives, other stores.",
	  .written = REPOSITORY(origins_written) },
	{ "keys", REPOSITORY(keys), &ib_recipe_mappings,
	  "Keys that its packages, and signed metadata, must be signed by.", .table = &table_key,
	  .required = true },
	{ "trust", REPOSITORY(trust), &ib_recipe_choice,
	  "What the metadata is believed by: signed (the default), metalink or none.",
	  .rule = &rule_trust },
	{ "trust-reason", REPOSITORY(trust_reason), &ib_recipe_text,
	  "Reason for trust: none, which needs one.", .rule = &ib_recipe_rule_reason },
	{ "priority", REPOSITORY(priority), &ib_recipe_number,
	  "1 (asked first) to 99 (the default).", .min = 1, .max = 99 },
	{ "not-automatic", REPOSITORY(not_automatic), &ib_recipe_flag,
	  .summary = "Whether only packages count that a pin or a fast-track takes from it; false "
		     "by default." },
};

static void init_repository(void *base)
{
	struct ib_recipe_repository *new = base;

	new->priority = 99;
}

static const struct ib_recipe_table table_repository = {
	"repository",
	FIELDS(repository),
	MEMBER(ib_recipe_repository, id),
	.init = init_repository,
};

#define OVERLAY(member) offsetof(struct ib_recipe_overlay, member)
static const struct ib_recipe_field overlay[] = {
	{ "folder", OVERLAY(folder), &ib_recipe_path, "Files to lay over the packages' files.",
	  .written = OVERLAY(name), .required = true },
	{ "table", OVERLAY(table), &ib_recipe_path,
	  "Modes, owners and capabilities that differ from root and 0644 or 0755.",
	  .written = OVERLAY(table_written) },
};
static const struct ib_recipe_table table_overlay = {
	"overlay",
	FIELDS(overlay),
	MEMBER(ib_recipe_overlay, folder),
};

#define USER(member) offsetof(struct ib_recipe_user, member)
static const struct ib_recipe_field user[] = {
	{ "name", USER(name), &ib_recipe_text, "Name to log in with.", .rule = &rule_account,
	  .required = true },
	{ "uid", USER(uid), &ib_recipe_account, "Number; by default the next free one.", .min = 1,
	  .max = 4294967294 },
	{ "group", USER(group), &ib_recipe_text, "Primary group; by default one of the same name.",
	  .rule = &rule_account },
	{ "groups", USER(groups), &ib_recipe_texts, "Further groups.", .rule = &rule_account },
	{ "comment", USER(comment), &ib_recipe_text, "Full name or purpose.",
	  .rule = &rule_comment },
	{ "home", USER(home), &ib_recipe_text, "Home folder; / by default.",
	  .rule = &rule_absolute },
	{ "shell", USER(shell), &ib_recipe_text, "Shell; /usr/sbin/nologin by default.",
	  .rule = &rule_absolute },
	{ "ssh-keys", USER(ssh_keys), &ib_recipe_texts, "Lines of authorized_keys.",
	  .rule = &rule_ssh_key },
};

static void init_user(void *base)
{
	struct ib_recipe_user *new = base;

	new->uid = -1;
	new->comment = "";
	new->home = "/";
	new->shell = "/usr/sbin/nologin";
}

static const struct ib_recipe_table table_user = {
	"user",
	FIELDS(user),
	MEMBER(ib_recipe_user, name),
	.init = init_user,
};

#define GROUP(member) offsetof(struct ib_recipe_group, member)
static const struct ib_recipe_field group[] = {
	{ "name", GROUP(name), &ib_recipe_text, "Name of the group.", .rule = &rule_account,
	  .required = true },
	{ "gid", GROUP(gid), &ib_recipe_account, "Number; by default the next free one.", .min = 1,
	  .max = 4294967294 },
};

static void init_group(void *base)
{
	struct ib_recipe_group *new = base;

	new->gid = -1;
}

static const struct ib_recipe_table table_group = {
	"group",
	FIELDS(group),
	MEMBER(ib_recipe_group, name),
	.init = init_group,
};

static const struct ib_recipe_field units[] = {
	{ "enable", AT(units_enable), &ib_recipe_texts, "Units to start at boot.",
	  .rule = &rule_unit },
	{ "disable", AT(units_disable), &ib_recipe_texts,
	  "Units not to start at boot, whatever presets say.", .rule = &rule_unit },
	{ "mask", AT(units_mask), &ib_recipe_texts, "Units that nothing may start.",
	  .rule = &rule_unit },
};
static const struct ib_recipe_table table_units = { "units", FIELDS(units), NO_LIST };

static const struct ib_recipe_field prune[] = {
	{ "kinds", AT(prune_kinds), &ib_recipe_texts, "Kinds of files to leave out.",
	  .rule = &rule_prune_kind },
	{ "paths", AT(prune_paths), &ib_recipe_texts, "Patterns of paths to leave out.",
	  .rule = &rule_pattern },
	{ "keep", AT(prune_keep), &ib_recipe_texts, "Patterns of paths to keep all the same.",
	  .rule = &rule_pattern },
};
static const struct ib_recipe_table table_prune = { "prune", FIELDS(prune), NO_LIST };

static const struct ib_recipe_field kernel[] = {
	{ "command-line", AT(kernel_command_line), &ib_recipe_texts,
	  "Words behind the default ones.", .rule = &rule_word },
	{ "command-line-defaults", AT(command_line_defaults), &ib_recipe_flag,
	  .summary = "Whether the default words are there; true by default." },
};
static const struct ib_recipe_table table_kernel = { "kernel", FIELDS(kernel), NO_LIST };

static const struct ib_recipe_field initrd[] = {
	{ "packages", AT(initrd_packages), &ib_recipe_texts, "Wishes for the initrd.",
	  .rule = &rule_wish },
	{ "modules", AT(initrd_modules), &ib_recipe_texts,
	  "Kernel modules for the initrd; what they need comes along.", .rule = &rule_module },
	{ "level", AT(initrd_level), &ib_recipe_number,
	  "Effort of zstd for the initrd: 1 to 19, 3 by default.", .min = 1, .max = 19 },
};
static const struct ib_recipe_table table_initrd = { "initrd", FIELDS(initrd), NO_LIST };

static const struct ib_recipe_field root[] = {
	{ "format", AT(root_format), &ib_recipe_text, "File system of the root; erofs by default.",
	  .rule = &rule_root_format },
	{ "compression", AT(root_compression), &ib_recipe_text,
	  "Compression of the root: of erofs lz4hc (the default), lz4, zstd or none, of squashfs zstd (the "
	  "default), gzip, xz, lz4 or lz4hc.",
	  .rule = &rule_compression },
	{ "level", AT(root_level), &ib_recipe_number,
	  "Effort: of erofs's lz4hc 1 to 12 (9 by default) and zstd 1 to 22 (3), of squashfs's zstd 1 to 22 (15), gzip 1 to 9 "
	  "(9) and xz 1 to 9 (6).",
	  .min = 1, .max = 22 },
	{ "cluster", AT(root_cluster), &ib_recipe_size,
	  .summary = "Most compressed bytes that belong together, 4K to 1M; 4K by default." },
	{ "pack-tails", AT(root_pack_tails), &ib_recipe_flag,
	  .summary =
		  "Whether a file's compressed end that fills no block stands beside its inode; false by default." },
	{ "error-correction", AT(root_error_correction), &ib_recipe_number,
	  "Makes .root.fec, with which dm-verity mends damaged blocks: 2 to 24 check bytes a word.",
	  .min = 2, .max = 24 },
	{ "slack", AT(root_slack), &ib_recipe_number,
	  "Room left behind packages, in percent, so that others stay where they are when one grows: 1 to 50; none by default.",
	  .min = 1, .max = 50 },
	{ "selinux", AT(root_selinux), &ib_recipe_choice,
	  "SELinux labels: automatic (where the image has a policy), required or never.",
	  .rule = &rule_labels },
};
static const struct ib_recipe_table table_root = {
	"root",
	FIELDS(root),
	.mark = AT(root_mark),
	.identity = IB_RECIPE_NOWHERE,
};

#define SIGNER(member) offsetof(struct ib_recipe_signer, member)
#define SIGNER_KEY \
	{ \
		"key", SIGNER(key), &ib_recipe_path, "PEM file of the private key.", \
			.written = SIGNER(key_written), .required = true \
	}
static const struct ib_recipe_field signer[] = {
	SIGNER_KEY,
	{ "certificate", SIGNER(certificate), &ib_recipe_path, "PEM file of its certificate.",
	  .written = SIGNER(certificate_written), .required = true },
};
static const struct ib_recipe_field bare_signer[] = { SIGNER_KEY };
static const struct ib_recipe_table table_signer = {
	"signing key",
	FIELDS(signer),
	.mark = SIGNER(mark),
	.identity = IB_RECIPE_NOWHERE,
};
static const struct ib_recipe_table table_bare_signer = {
	"signing key",
	FIELDS(bare_signer),
	.mark = SIGNER(mark),
	.identity = IB_RECIPE_NOWHERE,
};

static const struct ib_recipe_field signing[] = {
	{ "secure-boot", AT(secure_boot), &ib_recipe_mapping,
	  "Signs the unified kernel image and the boot loader.", .table = &table_signer },
	{ "root-hash", AT(root_hash), &ib_recipe_mapping,
	  "Signs the root hash: .roothash.p7s and the signature partition.",
	  .table = &table_signer },
	{ "statements", AT(statements), &ib_recipe_mapping, "Signs the provenance and SHA256SUMS.",
	  .table = &table_bare_signer },
};
static const struct ib_recipe_table table_signing = { "signing", FIELDS(signing), NO_LIST };

#define SCRIPTLET(member) offsetof(struct ib_recipe_scriptlet, member)
static const struct ib_recipe_field scriptlet[] = {
	{ "digest", SCRIPTLET(digest), &ib_recipe_text,
	  "SHA-256 of the scriptlet, as lock prints it.", .rule = &rule_digest, .required = true },
	{ "skip", SCRIPTLET(skip), &ib_recipe_text, "Reason why the image can do without it.",
	  .rule = &ib_recipe_rule_reason },
	{ "run", SCRIPTLET(run), &ib_recipe_text,
	  "Reason for running it once, in a sandbox, when the lock is made.",
	  .rule = &ib_recipe_rule_reason },
};
static const struct ib_recipe_table table_scriptlet = {
	"scriptlet",
	FIELDS(scriptlet),
	MEMBER(ib_recipe_scriptlet, digest),
};

#define DIFFERENCE(member) offsetof(struct ib_recipe_difference, member)
static const struct ib_recipe_field difference[] = {
	{ "source", DIFFERENCE(source), &ib_recipe_text, "Name of the source package.",
	  .rule = &rule_source, .required = true },
	{ "reason", DIFFERENCE(reason), &ib_recipe_text, "Why its versions may differ.",
	  .rule = &ib_recipe_rule_reason, .required = true },
};
static const struct ib_recipe_table table_difference = {
	"differing source",
	FIELDS(difference),
	MEMBER(ib_recipe_difference, source),
};

#define HOLD(member) offsetof(struct ib_recipe_hold, member)
static const struct ib_recipe_field hold[] = {
	{ "package", HOLD(package), &ib_recipe_text, "Name of the package.", .rule = &rule_package,
	  .required = true },
	{ "reason", HOLD(reason), &ib_recipe_text, "Why it must not move.",
	  .rule = &ib_recipe_rule_reason, .required = true },
};
static const struct ib_recipe_table table_hold = { "hold", FIELDS(hold),
						   MEMBER(ib_recipe_hold, package) };

#define PIN(member) offsetof(struct ib_recipe_pin, member)
static const struct ib_recipe_field pin[] = {
	{ "package", PIN(package), &ib_recipe_text, "Name of the package.", .rule = &rule_package,
	  .required = true },
	{ "evr", PIN(evr), &ib_recipe_text,
	  "[epoch:]version[-release] that alone counts; without release, any of that version.",
	  .rule = &rule_evr, .required = true },
	{ "repository", PIN(repository), &ib_recipe_text,
	  "Id of the only repository to take it from.", .rule = &rule_repository },
	{ "reason", PIN(reason), &ib_recipe_text, "Why no other version will do.",
	  .rule = &ib_recipe_rule_reason, .required = true },
};
static const struct ib_recipe_table table_pin = { "pin", FIELDS(pin),
						  MEMBER(ib_recipe_pin, package) };

#define FAST_TRACK(member) offsetof(struct ib_recipe_fast_track, member)
static const struct ib_recipe_field fast_track[] = {
	{ "package", FAST_TRACK(package), &ib_recipe_text, "Name of the package.",
	  .rule = &rule_package, .required = true },
	{ "evr", FAST_TRACK(evr), &ib_recipe_text,
	  "[epoch:]version[-release] to take until the other repositories have reached it.",
	  .rule = &rule_evr, .required = true },
	{ "repository", FAST_TRACK(repository), &ib_recipe_text,
	  "Id of the only repository to take it from.", .rule = &rule_repository },
	{ "advisory", FAST_TRACK(advisory), &ib_recipe_text, "Where the update is tracked.",
	  .rule = &rule_advisory },
	{ "reason", FAST_TRACK(reason), &ib_recipe_text, "Why it cannot wait.",
	  .rule = &ib_recipe_rule_reason, .required = true },
};
static const struct ib_recipe_table table_fast_track = { "fast-track", FIELDS(fast_track),
							 MEMBER(ib_recipe_fast_track, package) };

/* ---- the recipe ---- */

static const struct ib_recipe_field recipe[] = {
	{ "format", 0, &ib_recipe_format, "Version of this file's format; always the first key.",
	  .required = true, .whole = true },
	{ "include", 0, &ib_recipe_include,
	  "Recipe files to read first, relative to this one; what stands here wins.",
	  .whole = true },
	{ "image", 0, &ib_recipe_mapping, "What the image is called.", .table = &table_image,
	  .whole = true },
	{ "repositories", AT(repositories), &ib_recipe_mappings, "Where packages come from.",
	  .table = &table_repository },
	{ "packages", AT(packages), &ib_recipe_texts,
	  "Wishes: names, versioned names, NEVRAs, paths, @groups, what is provided.",
	  .rule = &rule_wish },
	{ "exclude", AT(exclude), &ib_recipe_texts, "Packages that must not get in.",
	  .rule = &rule_exclude },
	{ "weak-dependencies", AT(weak_dependencies), &ib_recipe_flag,
	  .summary = "Whether recommended packages come along; false by default." },
	{ "multilib", AT(multilib), &ib_recipe_flag,
	  .summary = "Whether 32-bit packages may come along on x86_64; false by default." },
	{ "modules", AT(modules), &ib_recipe_texts,
	  "Module streams that count instead of default ones, as MODULE:STREAM.",
	  .rule = &rule_stream },
	{ "documentation", AT(documentation), &ib_recipe_flag,
	  .summary = "Whether files marked as documentation are kept; false by default." },
	{ "languages", AT(languages), &ib_recipe_texts,
	  "Languages whose files are kept; all when there is none.", .rule = &rule_language },
	{ "prune", 0, &ib_recipe_mapping, "Which files of packages are left out of the root.",
	  .table = &table_prune },
	{ "package-database", AT(package_database), &ib_recipe_texts,
	  "What tells of the packages in the image: rpmdb (the default), manifest or both.",
	  .rule = &rule_database },
	{ "overlays", AT(overlays), &ib_recipe_mappings, "Own files, later ones over earlier ones.",
	  .table = &table_overlay },
	{ "users", AT(users), &ib_recipe_mappings, "Users beside those of the packages.",
	  .table = &table_user },
	{ "groups", AT(groups), &ib_recipe_mappings, "Groups beside those of the packages.",
	  .table = &table_group },
	{ "units", 0, &ib_recipe_mapping, "What systemd starts.", .table = &table_units },
	{ "sysctl", AT(sysctl), &ib_recipe_settings, "Kernel settings by name.",
	  .rule = &rule_sysctl, .max = 1024 },
	{ "hardening", 0, &ib_recipe_mapping, "What the finished root is held against.",
	  .table = &ib_recipe_table_hardening },
	{ "budgets", 0, &ib_recipe_mapping, "What may not be exceeded.",
	  .table = &ib_recipe_table_budgets },
	{ "kernel", 0, &ib_recipe_mapping, "How the kernel is started.", .table = &table_kernel },
	{ "initrd", 0, &ib_recipe_mapping, "What the initrd is made of.", .table = &table_initrd },
	{ "root", 0, &ib_recipe_mapping, "How the root file system is written.",
	  .table = &table_root },
	{ "outputs", AT(outputs), &ib_recipe_texts, "What to make; everything by default.",
	  .rule = &rule_output },
	{ "signing", 0, &ib_recipe_mapping, "Keys to sign with; what has none is not signed.",
	  .table = &table_signing },
	{ "scriptlets", AT(scriptlets), &ib_recipe_mappings,
	  "Decisions on scriptlets that nothing else covers.", .table = &table_scriptlet },
	{ "differing-sources", AT(differences), &ib_recipe_mappings,
	  "Source packages that may be at different versions on different architectures.",
	  .table = &table_difference },
	{ "holds", AT(holds), &ib_recipe_mappings_aside,
	  "Packages that stay where the lock has them.", .table = &table_hold },
	{ "pins", AT(pins), &ib_recipe_mappings, "Packages of which one version alone counts.",
	  .table = &table_pin },
	{ "fast-tracks", AT(fast_tracks), &ib_recipe_mappings,
	  "Packages that are ahead of the repositories until these have caught up.",
	  .table = &table_fast_track },
	{ "architectures", 0, &ib_recipe_parts,
	  "By architecture, more of the keys above, for images of that one only.", .whole = true },
};

const struct ib_recipe_table ib_recipe_table_root = { "a recipe", FIELDS(recipe), NO_LIST };
