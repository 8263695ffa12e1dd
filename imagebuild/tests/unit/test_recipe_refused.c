/* SPDX-License-Identifier: Apache-2.0 */
/* What is wrong with a recipe is told with its place and what to do. */
#include "recipe_text.h"

/* Errors are held against what stands behind the folder's name. */
static const struct refusal {
	const char *text;
	const char *error;
	const char *hint;
} refusals[] = {
	{ IMAGE, "1:1: the first key must be 'format'", "Write 'format: 1' as the first line." },
	{ "[]\n", "1:1: a recipe must be a mapping, not a list", NULL },
	{ "format: 2\n", "1:9: format '2' is not one that this version of imagebuild reads",
	  "It reads format 1; a newer imagebuild may read more." },
	{ GOOD "pakages: [x]\n", "5:1: unrecognized key 'pakages'", "Did you mean 'packages'?" },
	{ GOOD "units: {start: [x]}\n", "5:9: unrecognized key 'start'",
	  "The keys of units are: enable, disable, mask." },
	{ GOOD "packages: [x]\n", "5:1: key 'packages' stands here a second time (first at line 4)",
	  NULL },
	{ GOOD "documentation: no\n", "5:16: 'no' of 'documentation' is not true or false",
	  "Write false." },
	{ GOOD "documentation: On\n", "5:16: 'On' of 'documentation' is not true or false",
	  "Write true." },
	{ GOOD "documentation: maybe\n", "5:16: 'maybe' of 'documentation' is not true or false",
	  NULL },
	{ GOOD "budgets: {package: 1T}\n", "5:20: '1T' of 'package' is not a size",
	  "Write bytes, or K, M or G behind the number: 250M." },
	{ GOOD "hardening: {elf: {pie: 101}}\n",
	  "5:24: '101' of 'pie' is not a number from 0 to 100", NULL },
	{ GOOD "hardening: {allow: [{rule: setuid-file, where: /x}]}\n",
	  "5:21: allowance has no 'reason'", NULL },
	{ GOOD "prune: {kinds: [docs]}\n", "5:17: unrecognized 'docs' of 'kinds'", NULL },
	{ GOOD "prune: {paths: [usr/share/gdb]}\n",
	  "5:17: 'usr/share/gdb' of 'paths' is not a pattern of paths", NULL },
	{ GOOD "exclude:\n", "5:9: 'exclude' has no value",
	  "Take the line out, or write [] for an empty list." },
	{ GOOD "exclude: vim\n", "5:10: 'exclude' must be a list, not a scalar",
	  "Write exclude: [vim]." },
	{ GOOD "units: [x]\n", "5:8: 'units' must be a mapping, not a list", NULL },
	{ GOOD "exclude: [[x]]\n", "5:11: 'exclude' must be one value, not a list", NULL },
	{ "format: 1\nimage: {id: Node}\n", "2:13: 'Node' of 'id' is not an image id",
	  "It is made of 0-9 a-z . _ - and goes into IMAGE_ID and all file names." },
	{ "format: 1\nimage: {version: 1.0+git}\n", "2:18: '1.0+git' of 'version' is not a version",
	  "It is made of letters, digits and . - ~ ^ (UAPI.10); '+' and '_' are not allowed." },
	{ "format: 1\nimage: {architecture: x86-64}\n",
	  "2:23: unrecognized 'x86-64' of 'architecture'", "Did you mean 'x86_64'?" },
	{ "format: 1\nimage: {architecture: sparc}\n",
	  "2:23: unrecognized 'sparc' of 'architecture'", "It is one of: x86_64, aarch64." },
	{ "format: 1\n" BASE PACKAGES, "the recipe has no 'image.id'", NULL },
	{ HEAD PACKAGES, "the recipe has no 'repositories'", NULL },
	{ HEAD BASE, "the recipe has no 'packages'", NULL },
	{ "format: 1\nimage: {id: a-rather-long-name, version: \"10.20.30\", architecture: x86_64}\n",
	  "2:8: image id 'a-rather-long-name' and version '10.20.30' have more than 24 characters "
	  "together",
	  "A partition label 'a-rather-long-name_10.20.30_verity_sig' would have more than 36." },
	{ GOOD "exclude: [bash]\n", "package 'bash' is both asked for and excluded", NULL },
	{ HEAD PACKAGES "repositories: [{url: x, " KEYS "}]\n", "4:16: repository has no 'id'",
	  NULL },
	{ HEAD PACKAGES "repositories: [{id: a, url: x}]\n", "4:16: repository has no 'keys'",
	  NULL },
	{ HEAD PACKAGES "repositories: [{id: a, url: x, keys: []}]\n",
	  "4:16: repository 'a' has no keys",
	  "Name the key that signs its packages, with its fingerprint." },
	{ HEAD PACKAGES "repositories: [{id: a, " KEYS "}]\n",
	  "4:16: repository 'a' has none of 'url', 'mirrorlist' and 'metalink', one is needed",
	  NULL },
	{ HEAD PACKAGES "repositories: [{id: a, url: x, mirrorlist: y, " KEYS "}]\n",
	  "4:16: repository 'a' has several of 'url', 'mirrorlist' and 'metalink', one is needed",
	  NULL },
	{ HEAD PACKAGES "repositories: [{id: a b, url: x, " KEYS "}]\n",
	  "4:21: 'a b' of 'id' is not a repository id", "It is made of letters, digits and . _ -" },
	{ HEAD PACKAGES "repositories: [{id: a, url: x, keys: [{file: k, fingerprint: 0x12}]}]\n",
	  "4:62: '0x12' of 'fingerprint' is not a fingerprint", NULL },
	{ HEAD PACKAGES "repositories: [{id: a, url: x, trust: none, " KEYS "}]\n",
	  "4:16: repository 'a' has trust: none without a 'trust-reason'", NULL },
	{ HEAD PACKAGES "repositories: [{id: a, url: x, trust-reason: y, " KEYS "}]\n",
	  "4:16: repository 'a' has a 'trust-reason', which goes with trust: none only", NULL },
	{ HEAD PACKAGES "repositories: [{id: a, url: x, trust: none, trust-reason: \" \", " KEYS
			"}]\n",
	  "4:59: ' ' of 'trust-reason' is not a reason", NULL },
	{ HEAD PACKAGES "repositories: [{id: a, url: x, trust: metalink, " KEYS "}]\n",
	  "4:16: repository 'a' has trust: metalink and no 'metalink'", NULL },
	{ HEAD PACKAGES "repositories: [{id: a, metalink: http://x.example/, trust: metalink, " KEYS
			"}]\n",
	  "4:16: the metalink of repository 'a' must be fetched with https to be believed",
	  "Write an https URL, or use trust: signed." },
	{ HEAD PACKAGES "repositories: [{id: a, url: ftp://x.example/, " KEYS "}]\n",
	  "4:29: 'ftp://x.example/' of 'url' is no URL that can be fetched",
	  "https, http and file are." },
	{ HEAD PACKAGES "repositories: [{id: a, url: https:///x, " KEYS "}]\n",
	  "4:29: 'https:///x' of 'url' names no server", NULL },
	{ HEAD PACKAGES "repositories: [{id: a, url: file://x/y, " KEYS "}]\n",
	  "4:29: 'file://x/y' of 'url' names no absolute path", NULL },
	{ HEAD PACKAGES "repositories: [{id: a, url: https://me:pw@x.example/, " KEYS "}]\n",
	  "4:29: the URL of 'url' holds a user name or a password",
	  "Recipes are published with the image; take it out." },
	{ HEAD PACKAGES "repositories: [{id: a, url: https://x.example/$basearch, " KEYS "}]\n",
	  "4:29: 'https://x.example/$basearch' of 'url' holds a character no URL has", NULL },
	{ HEAD PACKAGES "repositories: [{id: a, url: x, priority: 100, " KEYS "}]\n",
	  "4:42: '100' of 'priority' is not a number from 1 to 99", NULL },
	{ GOOD "users: [{name: Op}]\n", "5:16: 'Op' of 'name' is not a user's or group's name",
	  NULL },
	{ GOOD "users: [{name: op, uid: 0}]\n",
	  "5:25: '0' of 'uid' is not a number from 1 to 4294967294", NULL },
	{ GOOD "users: [{name: op, uid: 65534}]\n",
	  "5:25: '65534' of 'uid' is taken: 65534 is nobody, 65535 stands for none", NULL },
	{ GOOD "users: [{name: op, home: home/op}]\n",
	  "5:26: 'home/op' of 'home' is not an absolute path", NULL },
	{ GOOD "users: [{name: op, ssh-keys: [secret]}]\n",
	  "5:31: 'secret' of 'ssh-keys' is not a line of authorized_keys", NULL },
	{ GOOD "users: [{name: op}, {name: op}]\n", "5:21: user 'op' stands in the recipe twice",
	  NULL },
	{ GOOD "groups: [{gid: 5}]\n", "5:10: group has no 'name'", NULL },
	{ GOOD "units: {enable: [sshd]}\n", "5:18: 'sshd' of 'enable' is not a unit name",
	  "It needs its suffix, like chronyd.service or tmp.mount." },
	{ GOOD "units: {enable: [a.service], mask: [a.service]}\n",
	  "unit 'a.service' is both enabled and masked", NULL },
	{ GOOD "sysctl: {kptr: 1}\n",
	  "5:10: 'kptr' of 'sysctl' is not the name of a kernel setting", NULL },
	{ GOOD "sysctl: {kernel..x: 1}\n",
	  "5:10: 'kernel..x' of 'sysctl' is not the name of a kernel setting", NULL },
	{ GOOD "sysctl: {kernel.x: \"\"}\n",
	  "5:20: '' of 'kernel.x' is not the value of a kernel setting", NULL },
	{ GOOD "sysctl: {kernel.x: \"1 \"}\n",
	  "5:20: '1 ' of 'kernel.x' is not the value of a kernel setting",
	  "It is one line, not empty, with no blank in front or behind." },
	{ GOOD "users: [{name: a, home: home/a}]\n",
	  "5:25: 'home/a' of 'home' is not an absolute path", NULL },
	{ GOOD "users: [{name: a, shell: bash}]\n",
	  "5:26: 'bash' of 'shell' is not an absolute path", NULL },
	{ GOOD "sysctl: {kernel.x: }\n", "5:20: 'kernel.x' has no value", NULL },
	{ GOOD "kernel: {command-line: [a b]}\n",
	  "5:25: 'a b' of 'command-line' is not one word of a kernel command line",
	  "It has no spaces; each word is an item of its own." },
	{ GOOD "kernel: {command-line: [roothash=00]}\n",
	  "'roothash=00' cannot stand in the kernel command line",
	  "The build itself says which root is booted." },
	{ GOOD "initrd: {modules: [dm-verity.ko]}\n",
	  "5:20: 'dm-verity.ko' of 'modules' is not the name of a kernel module", NULL },
	{ GOOD "root: {format: ext4}\n", "5:16: unrecognized 'ext4' of 'format'",
	  "It is one of: erofs, squashfs." },
	{ GOOD "root: {selinux: enforcing}\n", "5:17: unrecognized 'enforcing' of 'selinux'",
	  NULL },
	{ GOOD "root: {compression: lz4hcc}\n", "5:21: unrecognized 'lz4hcc' of 'compression'",
	  "Did you mean 'lz4hc'?" },
	{ GOOD "root: {compression: lz4, level: 3}\n", "5:7: lz4 of erofs has no 'level'", NULL },
	{ GOOD "root: {format: squashfs, compression: gzip, level: 10}\n",
	  "5:7: gzip of squashfs has levels from 1 to 9, not 10", NULL },
	{ GOOD "root: {format: squashfs, compression: none}\n",
	  "5:7: squashfs has no compression 'none'", "It has: zstd, gzip, xz, lz4, lz4hc." },
	{ GOOD "root: {compression: none, cluster: 4K}\n", "5:7: none of erofs has no 'cluster'",
	  NULL },
	{ GOOD "root: {format: squashfs, cluster: 64K}\n", "5:7: zstd of squashfs has no 'cluster'",
	  NULL },
	{ GOOD "root: {format: squashfs, slack: 2}\n", "5:7: squashfs has no 'slack'", NULL },
	{ GOOD "root: {compression: none, pack-tails: true}\n",
	  "5:7: none of erofs has no 'pack-tails'", NULL },
	{ GOOD "root: {format: squashfs, pack-tails: true}\n",
	  "5:7: zstd of squashfs has no 'pack-tails'", NULL },
	{ GOOD "root: {pack-tails: yes}\n", "5:20: 'yes' of 'pack-tails' is not true or false",
	  "Write true." },
	{ GOOD "root: {cluster: 2K}\n", "5:7: 'cluster' is a power of two from 4K to 1M", NULL },
	{ GOOD "root: {cluster: 2M}\n", "5:7: 'cluster' is a power of two from 4K to 1M", NULL },
	{ GOOD "root: {cluster: 12K}\n", "5:7: 'cluster' is a power of two from 4K to 1M", NULL },
	{ GOOD "root: {level: 13}\n", "5:7: lz4hc of erofs has levels from 1 to 12, not 13", NULL },
	{ GOOD "root: {level: 23}\n", "5:15: '23' of 'level' is not a number from 1 to 22", NULL },
	{ GOOD "outputs: [iso]\n", "5:11: unrecognized 'iso' of 'outputs'", NULL },
	{ GOOD "signing: {secure-boot: {key: k}}\n", "5:24: signing key has no 'certificate'",
	  NULL },
	{ GOOD "signing: {statements: {key: k, certificate: c}}\n",
	  "5:32: unrecognized key 'certificate'", "The keys of signing key are: key." },
	{ GOOD "scriptlets: [{digest: "
	       "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa, skip: x, run: "
	       "y}]\n",
	  "5:14: a scriptlet has either 'skip' or 'run', and its reason", NULL },
	{ GOOD "scriptlets: [{digest: abc, skip: x}]\n", "5:23: 'abc' of 'digest' is not a SHA-256",
	  NULL },
	{ GOOD "packages2: [\"a > > b\"]\n", "5:1: unrecognized key 'packages2'",
	  "Did you mean 'packages'?" },
	{ HEAD BASE "packages: [\"a > > b\"]\n",
	  "4:12: 'a > > b' of 'packages' is not a wish for a "
	  "package",
	  NULL },
	{ GOOD "modules: [nodejs]\n", "5:11: 'nodejs' of 'modules' is not a stream of a module",
	  "Write MODULE:STREAM, like nodejs:18." },
	{ GOOD "languages: [english]\n", "5:13: 'english' of 'languages' is not a language",
	  "Write it like en, pt_BR or sr@latin." },
	{ GOOD "overlays: [{table: t}]\n", "5:12: overlay has no 'folder'", NULL },
	{ GOOD "architectures: {sparc: {}}\n", "5:17: unrecognized 'sparc' of 'architectures'",
	  NULL },
	{ GOOD "architectures: {aarch64: {pakages: [x]}}\n", "5:27: unrecognized key 'pakages'",
	  "Did you mean 'packages'?" },
	{ GOOD "architectures: {x86_64: {image: {id: x}}}\n",
	  "5:26: 'image' cannot stand in a part for one architecture", NULL },
	{ GOOD "include: [missing.yaml]\n", "5:11: could not open '", NULL },
	{ GOOD "include: [r.yaml]\n", "5:11: '", NULL },
};

START_TEST(what_is_wrong_is_told_with_its_place)
{
	const struct refusal *refusal = &refusals[_i];
	struct ib_error err = IB_ERROR_INIT;
	struct ib_recipe *recipe = NULL;
	size_t prefix = 0;

	ck_assert_int_eq(read_text(refusal->text, &recipe, &err), -IB_INPUT);
	ck_assert(ib_str_starts(err.text, test_dir));
	prefix = strlen(test_dir) + strlen("/r.yaml:");
	prefix += err.text[prefix] == ' ';
	if (ib_str_ends(refusal->error, " '"))
		ck_assert(ib_str_starts(err.text + prefix, refusal->error));
	else
		ck_assert_str_eq(err.text + prefix, refusal->error);
	if (refusal->hint)
		ck_assert_pstr_eq(err.hint, refusal->hint);
	ib_error_clear(&err);
}
END_TEST

Suite *ib_suite(void)
{
	Suite *suite = suite_create("recipe_refused");
	TCase *tcase = tcase_create("recipe_refused");

	tcase_add_checked_fixture(tcase, test_dir_make, test_dir_remove);
	tcase_add_loop_test(tcase, what_is_wrong_is_told_with_its_place, 0, IB_COUNT(refusals));
	suite_add_tcase(suite, tcase);
	return suite;
}
