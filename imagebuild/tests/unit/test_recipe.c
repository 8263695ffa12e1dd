/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <sys/stat.h>

#include "recipe_text.h"

START_TEST(a_short_recipe_has_all_defaults)
{
	struct ib_error err = IB_ERROR_INIT;
	IB_AUTO(ib_recipe) recipe = NULL;

	ck_ok(read_text(GOOD, &recipe, &err));
	ck_assert_str_eq(recipe->id, "node");
	ck_assert_str_eq(recipe->version, "1.0");
	ck_assert_uint_eq(recipe->repositories[0].priority, 99);
	ck_assert_int_eq(recipe->repositories[0].trust, IB_METADATA_SIGNED);
	ck_assert_str_eq(recipe->repositories[0].urls_written[0], "state1");
	ck_assert(ib_str_ends(recipe->repositories[0].urls[0], "/state1"));
	ck_assert(ib_str_ends(recipe->repositories[0].keys[0].file, "/key.asc"));
	ck_assert(!recipe->weak_dependencies && !recipe->documentation);
	ck_assert_str_eq(recipe->root_format, "erofs");
	ck_assert_str_eq(recipe->root_compression, "lz4hc");
	ck_assert_uint_eq(recipe->root_level, 9);
	ck_assert_uint_eq(recipe->root_cluster, 4096);
	ck_assert(!recipe->root_pack_tails);
	ck_assert_uint_eq(recipe->outputs.count, 5);
	ck_assert_str_eq(recipe->outputs.items[0], "disk");
	ck_assert_uint_eq(recipe->kernel_command_line.count, 5);
	ck_assert_str_eq(recipe->kernel_command_line.items[4], "panic=5");
	ck_assert_ptr_null(recipe->secure_boot.key);
}
END_TEST

static const char everything[] = HEAD
	"repositories:\n"
	"  - id: base\n"
	"    url: [\"https://a.example/x\", \"http://b.example/x\", \"file:///srv/x\"]\n"
	"    priority: 10\n"
	"    " KEYS "\n"
	"  - {id: meta, metalink: \"https://a.example/m\", trust: metalink, " KEYS "}\n"
	"  - id: list\n"
	"    mirrorlist: https://a.example/l\n"
	"    trust: none\n"
	"    trust-reason: a laboratory without keys\n"
	"    keys: [{file: k, fingerprint: " FPR ", allow-expired: kept for old packages}]\n"
	"packages: [bash, \"glibc >= 2.34\", bash-5.2-1.x86_64, /usr/bin/sh, \"@core\", "
	"libc.so.6()(64bit)]\n"
	"exclude: [vim-minimal]\n"
	"weak-dependencies: true\n"
	"multilib: true\n"
	"modules: [\"nodejs:18\"]\n"
	"documentation: true\n"
	"languages: [en, pt_BR, sr@latin]\n"
	"prune: {kinds: [headers, caches], paths: [\"/usr/share/gdb/*\"], keep: [\"*.h\"]}\n"
	"package-database: [rpmdb, manifest, rpmdb]\n"
	"hardening:\n"
	"  profile: p.yaml\n"
	"  forbid: [compilers]\n"
	"  elf: {pie: 100, branch-protection: 5}\n"
	"  allow: [{rule: setuid-file, where: /usr/bin/su, value: \"4755\", reason: admins}]\n"
	"budgets: {root-image: 250M, package: 1K, packages: 190, setuid: 12}\n"
	"overlays: [{folder: over, table: over.table}, {folder: /abs}]\n"
	"users:\n"
	"  - {name: op, uid: 1000, group: ops, groups: [wheel], comment: The operator,\n"
	"     home: /var/home/op, shell: /bin/bash, ssh-keys: [ssh-ed25519 AAAAC3Nz op@x]}\n"
	"  - {name: svc}\n"
	"groups: [{name: ops, gid: 990}, {name: more}]\n"
	"units: {enable: [a.service, \"getty@tty1.service\"], disable: [b.timer], mask: [c.socket]}\n"
	"sysctl: {net.ipv4.ip_forward: 0, kernel.kptr_restrict: \"2\"}\n"
	"kernel: {command-line: [console=ttyS0], command-line-defaults: false}\n"
	"initrd: {packages: [systemd], modules: [dm-verity, virtio_blk], level: 19}\n"
	"root: {format: erofs, compression: lz4hc, level: 12, cluster: 64K, slack: 3,\n"
	"  pack-tails: true, selinux: required}\n"
	"outputs: [uki, root, uki]\n"
	"signing:\n"
	"  secure-boot: {key: k/sb.key, certificate: k/sb.crt}\n"
	"  root-hash: {key: k/rh.key, certificate: k/rh.crt}\n"
	"  statements: {key: k/st.key}\n"
	"scriptlets: [{digest: "
	"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa, skip: not needed}]\n"
	"architectures:\n"
	"  x86_64: {packages: [grub2-efi-x64], sysctl: {net.ipv4.ip_forward: 1}}\n"
	"  aarch64: {packages: [grub2-efi-aa64]}\n";

START_TEST(every_key_reaches_its_member)
{
	struct ib_error err = IB_ERROR_INIT;
	IB_AUTO(ib_recipe) recipe = NULL;

	ck_ok(read_text(everything, &recipe, &err));
	ck_assert_uint_eq(recipe->repository_count, 3);
	ck_assert_uint_eq(recipe->repositories[0].url_count, 3);
	ck_assert_uint_eq(recipe->repositories[0].priority, 10);
	ck_assert_int_eq(recipe->repositories[1].trust, IB_METADATA_METALINK);
	ck_assert_str_eq(recipe->repositories[2].trust_reason, "a laboratory without keys");
	ck_assert_str_eq(recipe->repositories[2].keys[0].allow_expired, "kept for old packages");
	ck_assert_uint_eq(recipe->packages.count, 7);
	ck_assert_str_eq(recipe->packages.items[6], "grub2-efi-x64");
	ck_assert_uint_eq(recipe->exclude.count, 1);
	ck_assert(recipe->weak_dependencies && recipe->documentation);
	ck_assert(recipe->multilib);
	ck_assert_str_eq(recipe->modules.items[0], "nodejs:18");
	ck_assert_uint_eq(recipe->languages.count, 3);
	ck_assert_str_eq(recipe->prune_kinds.items[1], "caches");
	ck_assert_str_eq(recipe->prune_paths.items[0], "/usr/share/gdb/*");
	ck_assert_str_eq(recipe->prune_keep.items[0], "*.h");
	ck_assert_uint_eq(recipe->package_database.count, 2);
	ck_assert_str_eq(recipe->package_database.items[0], "manifest");
	ck_assert(ib_str_ends(recipe->hardening_profile, "/p.yaml"));
	ck_assert_str_eq(recipe->forbidden.items[0], "compilers");
	ck_assert_uint_eq(recipe->elf_percent[0], 100);
	ck_assert_uint_eq(recipe->elf_percent[5], 5);
	ck_assert_str_eq(recipe->allowances[0].value, "4755");
	ck_assert_uint_eq(recipe->budget_root_image, 250 << 20);
	ck_assert_uint_eq(recipe->budget_package, 1024);
	ck_assert_uint_eq(recipe->budget_packages, 190);
	ck_assert_uint_eq(recipe->budget_setuid, 12);
	ck_assert_str_eq(recipe->overlays[1].folder, "/abs");
	ck_assert_ptr_null(recipe->overlays[1].table);
	ck_assert_int_eq(recipe->users[0].uid, 1000);
	ck_assert_uint_eq(recipe->users[0].ssh_key_count, 1);
	ck_assert_int_eq(recipe->users[1].uid, -1);
	ck_assert_str_eq(recipe->users[1].shell, "/usr/sbin/nologin");
	ck_assert_int_eq(recipe->groups[0].gid, 990);
	ck_assert_int_eq(recipe->groups[1].gid, -1);
	ck_assert_str_eq(recipe->units_enable.items[1], "getty@tty1.service");
	ck_assert_uint_eq(recipe->sysctl_count, 2);
	ck_assert_str_eq(recipe->sysctl[0].name, "kernel.kptr_restrict");
	ck_assert_str_eq(recipe->sysctl[1].value, "1");
	ck_assert_uint_eq(recipe->kernel_command_line.count, 1);
	ck_assert_uint_eq(recipe->initrd_modules.count, 2);
	ck_assert_uint_eq(recipe->initrd_level, 19);
	ck_assert_uint_eq(recipe->root_level, 12);
	ck_assert_uint_eq(recipe->root_cluster, 65536);
	ck_assert(recipe->root_pack_tails);
	ck_assert_uint_eq(recipe->root_slack, 3);
	ck_assert_uint_eq(recipe->outputs.count, 2);
	ck_assert_str_eq(recipe->outputs.items[0], "root");
	ck_assert(ib_str_ends(recipe->secure_boot.certificate, "/k/sb.crt"));
	ck_assert_str_eq(recipe->statements.key_written, "k/st.key");
	ck_assert_str_eq(recipe->scriptlets[0].skip, "not needed");
}
END_TEST

START_TEST(wishes_are_sorted_lines_with_paths_as_written)
{
	struct ib_error err = IB_ERROR_INIT;
	IB_AUTO(ib_recipe) recipe = NULL;
	IB_AUTO_STRINGS(wishes);
	ib_autofree char *text = NULL;

	ck_ok(read_text(GOOD "initrd: {packages: [systemd]}\nexclude: [vim]\nmultilib: true\n"
			     "modules: [\"nodejs:18\"]\n",
			&recipe, &err));
	ib_recipe_wishes(recipe, &wishes);
	text = ib_strings_join(&wishes, "\n");
	ck_assert_str_eq(
		text,
		"architecture: x86_64\nexclude: vim\ninitrd-packages: systemd\n"
		"modules: nodejs:18\nmultilib: true\npackages: bash\nrepository base: key " FPR "\n"
		"repository base: priority 99\nrepository base: trust signed\n"
		"repository base: url state1\nweak-dependencies: false");
}
END_TEST

START_TEST(an_includer_wins_and_its_lists_come_last)
{
	struct ib_error err = IB_ERROR_INIT;
	IB_AUTO(ib_recipe) recipe = NULL;
	ib_autofree char *folder = ib_path_join(test_dir, "part");
	ib_autofree char *a = NULL;
	ib_autofree char *b = NULL;
	ib_autofree char *c = NULL;

	ck_assert_int_eq(mkdir(folder, 0755), 0);
	test_file("part/a.yaml",
		  "format: 1\ninclude: [c.yaml]\n" BASE "packages: [from-a]\ndocumentation: true\n"
		  "root: {compression: lz4}\n"
		  "architectures: {x86_64: {packages: [from-part]}}\n",
		  &a);
	test_file("part/b.yaml", "format: 1\ninclude: [c.yaml]\npackages: [from-b]\n", &b);
	test_file("part/c.yaml", "format: 1\npackages: [from-c]\nweak-dependencies: true\n", &c);
	ck_ok(read_text("format: 1\ninclude: [part/a.yaml, part/b.yaml]\n" IMAGE
			"packages: [own]\ndocumentation: false\n",
			&recipe, &err));
	ck_assert_uint_eq(recipe->packages.count, 5);
	ck_assert_str_eq(recipe->packages.items[0], "from-c");
	ck_assert_str_eq(recipe->packages.items[1], "from-a");
	ck_assert_str_eq(recipe->packages.items[2], "from-part");
	ck_assert_str_eq(recipe->packages.items[3], "from-b");
	ck_assert_str_eq(recipe->packages.items[4], "own");
	ck_assert(!recipe->documentation && recipe->weak_dependencies);
	ck_assert_str_eq(recipe->root_compression, "lz4");
	ck_assert_uint_eq(recipe->root_level, 0);
	ck_assert(ib_str_ends(recipe->repositories[0].urls[0], "/part/state1"));
	ck_assert_str_eq(recipe->repositories[0].urls_written[0], "state1");
}
END_TEST

START_TEST(the_same_repository_in_two_files_names_both_places)
{
	struct ib_error err = IB_ERROR_INIT;
	struct ib_recipe *recipe = NULL;
	ib_autofree char *path = NULL;

	test_file("a.yaml", "format: 1\n" BASE, &path);
	ck_assert_int_eq(
		read_text("format: 1\ninclude: [a.yaml]\n" IMAGE BASE PACKAGES, &recipe, &err),
		-IB_INPUT);
	ck_assert_ptr_nonnull(
		strstr(err.text, "r.yaml:4:16: repository 'base' stands in the recipe twice"));
	ck_assert_ptr_nonnull(strstr(err.hint, "a.yaml:2:16."));
	ib_error_clear(&err);
}
END_TEST

START_TEST(files_that_include_each_other_are_refused)
{
	struct ib_error err = IB_ERROR_INIT;
	struct ib_recipe *recipe = NULL;
	ib_autofree char *path = NULL;

	test_file("a.yaml", "format: 1\ninclude: [r.yaml]\n", &path);
	ck_fails(read_text("format: 1\ninclude: [a.yaml]\n", &recipe, &err), IB_INPUT,
		 "a.yaml:2:11: '");
}
END_TEST

START_TEST(a_chain_of_includes_has_an_end)
{
	struct ib_error err = IB_ERROR_INIT;
	struct ib_recipe *recipe = NULL;
	int i = 0;

	for (i = 0; i < 12; i++) {
		ib_autofree char *name = ib_strf("%d.yaml", i);
		ib_autofree char *text = ib_strf("format: 1\ninclude: [%d.yaml]\n", i + 1);
		ib_autofree char *path = NULL;

		test_file(name, text, &path);
	}
	ck_fails(read_text("format: 1\ninclude: [0.yaml]\n", &recipe, &err), IB_LIMIT,
		 "files included more than 8 deep");
}
END_TEST

START_TEST(files_are_looked_for_only_when_asked)
{
	struct ib_error err = IB_ERROR_INIT;
	IB_AUTO(ib_recipe) recipe = NULL;
	ib_autofree char *key = NULL;
	ib_autofree char *table = NULL;

	ck_ok(read_text(GOOD "signing: {statements: {key: keys/st.key}}\n"
			     "overlays: [{folder: ., table: t}]\n",
			&recipe, &err));
	ck_assert_int_eq(ib_recipe_check_files(recipe, IB_RECIPE_FILES_SIGNING, &err), -IB_INPUT);
	ck_assert_ptr_nonnull(strstr(err.text, "r.yaml:5:23: there is no key '"));
	ck_assert_ptr_nonnull(strstr(err.hint, "/keys' makes throw-away ones for trying out."));
	ib_error_clear(&err);
	ck_fails(ib_recipe_check_files(recipe, IB_RECIPE_FILES_KEYS, &err), IB_INPUT,
		 "r.yaml:3:47: there is no key '");
	test_file("key.asc", "", &key);
	ck_ok(ib_recipe_check_files(recipe, IB_RECIPE_FILES_KEYS, &err));
	ck_fails(ib_recipe_check_files(recipe, IB_RECIPE_FILES_ALL, &err), IB_INPUT,
		 "r.yaml:6:12: there is no table '");
	test_file("t", "", &table);
	ck_ok(ib_recipe_check_files(recipe, IB_RECIPE_FILES_OVERLAYS, &err));
}
END_TEST

START_TEST(the_canonical_text_does_not_know_the_folder)
{
	struct ib_error err = IB_ERROR_INIT;
	IB_AUTO(ib_recipe) recipe = NULL;
	IB_AUTO(ib_recipe) again = NULL;
	ib_autofree char *text = NULL;
	ib_autofree char *same = NULL;

	ck_ok(read_text(everything, &recipe, &err));
	text = ib_recipe_canonical(recipe);
	ck_assert_ptr_null(strstr(text, test_dir));
	ck_assert(ib_str_starts(text, "{\"budgets\":{\"package\":1024,\"packages\":190,"));
	test_dir_remove();
	test_dir_make();
	ck_ok(read_text(everything, &again, &err));
	same = ib_recipe_canonical(again);
	ck_assert_str_eq(text, same);
}
END_TEST

#define SEVERAL "format: 1\nimage: {id: node, version: \"1\", architectures: [x86_64, aarch64]}\n"
#define DIFFER  "differing-sources: [{source: kernel, reason: the mirror lags}]\n"

START_TEST(a_recipe_for_several_architectures_is_read_for_one_of_them)
{
	struct ib_error err = IB_ERROR_INIT;
	IB_AUTO(ib_recipe) first = NULL;
	IB_AUTO(ib_recipe) other = NULL;
	struct ib_recipe *none = NULL;
	IB_AUTO_STRINGS(wishes);
	ib_autofree char *canonical = NULL;
	ib_autofree char *path = NULL;

	test_file("node.yaml",
		  SEVERAL BASE PACKAGES DIFFER "architectures: {aarch64: {packages: [arm]}}\n",
		  &path);
	ck_ok(ib_recipe_read(path, &first, &err));
	ck_assert_str_eq(first->architecture, "x86_64");
	ck_assert_uint_eq(first->architectures.count, 2);
	ck_assert_str_eq(first->architectures.items[0], "aarch64");
	ck_assert_uint_eq(first->packages.count, 1);
	ck_ok(ib_recipe_read_for(path, "aarch64", &other, &err));
	ck_assert_str_eq(other->architecture, "aarch64");
	ck_assert_uint_eq(other->packages.count, 2);
	ib_recipe_wishes(other, &wishes);
	ck_assert(ib_strings_has(&wishes, "architecture: aarch64"));
	ck_assert(ib_strings_has(&wishes, "differing-sources: kernel the mirror lags"));
	/* One more architecture changes nothing for the others. */
	canonical = ib_recipe_canonical(first);
	ck_assert_ptr_null(strstr(canonical, "architectures"));
	ck_assert_ptr_null(strstr(canonical, "aarch64"));
	ck_fails(ib_recipe_read_for(path, "sparc", &none, &err), IB_INPUT,
		 "the recipe is for aarch64 and x86_64, not for sparc");
}
END_TEST

START_TEST(the_architecture_that_is_meant_can_be_said)
{
	struct ib_error err = IB_ERROR_INIT;
	IB_AUTO(ib_recipe) recipe = NULL;
	struct ib_recipe *none = NULL;
	ib_autofree char *path = NULL;

	test_file("node.yaml",
		  "format: 1\nimage: {id: node, version: \"1\", architecture: aarch64, "
		  "architectures: [x86_64, aarch64]}\n" BASE PACKAGES,
		  &path);
	ck_ok(ib_recipe_read(path, &recipe, &err));
	ck_assert_str_eq(recipe->architecture, "aarch64");
	ck_fails(read_text("format: 1\nimage: {id: node, version: \"1\", architecture: aarch64, "
			   "architectures: [x86_64]}\n" BASE PACKAGES,
			   &none, &err),
		 IB_INPUT, "architecture 'aarch64' is none of 'architectures', which are x86_64");
}
END_TEST

/* The default one includes what 'make repo' makes: a stand-in does here. */
START_TEST(the_default_recipe_is_in_order)
{
	struct ib_error err = IB_ERROR_INIT;
	IB_AUTO(ib_recipe) recipe = NULL;
	IB_AUTO_BUFFER(text, 1 << 20);
	ib_autofree char *folder = ib_path_join(test_dir, "build/repo");
	ib_autofree char *recipes = ib_path_join(test_dir, "recipes");
	ib_autofree char *path = NULL;
	ib_autofree char *repository = NULL;

	ck_ok(ib_file_make_directory(folder, 0755, &err));
	ck_ok(ib_file_make_directory(recipes, 0755, &err));
	test_file("build/repo/repository.yaml", "format: 1\n" BASE, &repository);
	ck_ok(ib_file_read("recipes/node.yaml", &text, &err));
	test_file("recipes/node.yaml", ib_buffer_text(&text), &path);
	ck_ok(ib_recipe_read(path, &recipe, &err));
	ck_assert_str_eq(recipe->repositories[0].urls_written[0], "state1");
	ck_assert_ptr_nonnull(recipe->secure_boot.key);
}
END_TEST

START_TEST(every_key_stands_in_the_manual_page_and_in_the_schema)
{
	struct ib_error err = IB_ERROR_INIT;
	IB_AUTO_STRINGS(names);
	ib_autofree char *page = NULL;
	ib_autofree char *schema = ib_recipe_schema();
	size_t i = 0;

	ck_ok(ib_file_read_text("imagebuild/man/imagebuild-recipe.5", 1 << 20, &page, &err));
	ib_recipe_key_names(&names);
	ck_assert_uint_gt(names.count, 60);
	for (i = 0; i < names.count; i++) {
		const char *dot = strrchr(names.items[i], '.');
		ib_autofree char *item = ib_strf("\n.It Cm %s\n", names.items[i]);
		ib_autofree char *property =
			ib_strf("\"%s\":{\"description\":", dot ? dot + 1 : names.items[i]);

		ck_assert_msg(strstr(page, item) != NULL, "'%s' is not in the manual page",
			      names.items[i]);
		ck_assert_msg(strstr(schema, property) != NULL, "'%s' is not in the schema",
			      names.items[i]);
	}
}
END_TEST

Suite *ib_suite(void)
{
	Suite *suite = suite_create("recipe");
	TCase *tcase = tcase_create("recipe");

	tcase_add_checked_fixture(tcase, test_dir_make, test_dir_remove);
	tcase_add_test(tcase, a_short_recipe_has_all_defaults);
	tcase_add_test(tcase, every_key_reaches_its_member);
	tcase_add_test(tcase, wishes_are_sorted_lines_with_paths_as_written);
	tcase_add_test(tcase, an_includer_wins_and_its_lists_come_last);
	tcase_add_test(tcase, the_same_repository_in_two_files_names_both_places);
	tcase_add_test(tcase, files_that_include_each_other_are_refused);
	tcase_add_test(tcase, a_chain_of_includes_has_an_end);
	tcase_add_test(tcase, files_are_looked_for_only_when_asked);
	tcase_add_test(tcase, the_canonical_text_does_not_know_the_folder);
	tcase_add_test(tcase, a_recipe_for_several_architectures_is_read_for_one_of_them);
	tcase_add_test(tcase, the_architecture_that_is_meant_can_be_said);
	tcase_add_test(tcase, the_default_recipe_is_in_order);
	tcase_add_test(tcase, every_key_stands_in_the_manual_page_and_in_the_schema);
	suite_add_tcase(suite, tcase);
	return suite;
}
