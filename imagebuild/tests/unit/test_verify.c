/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Should-fail: a small but whole set of outputs, in which one thing is wrong,
 * and the link that has to say so. The root image and its hash tree are made
 * by mkfs.erofs and veritysetup, so that nobody here judges their own work.
 */
#include "verify_trust.h"

START_TEST(what_is_right_holds_link_by_link)
{
	static const struct fault none;
	struct ib_error err = IB_ERROR_INIT;
	ib_autofree char *folder = make_outputs(&none);
	IB_AUTO(ib_trust) trust = make_trust(MAKER);
	IB_AUTO(ib_verification) verification = NULL;
	size_t i = 0;

	ck_ok(ib_verify(folder, trust, NULL, &verification, &err));
	for (i = 0; i < verification->count; i++)
		ck_assert_msg(verification->links[i].state == IB_LINK_HOLDS, "%s: %s: %s",
			      verification->links[i].name,
			      ib_link_state_name(verification->links[i].state),
			      verification->links[i].detail);
	/* And what the usual tools say of it. */
	shell("cd out && sha256sum --check SHA256SUMS");
	shell("openssl pkeyutl -verify -rawin -pubin -inkey trust/statements.pub -in out/SHA256SUMS "
	      "-sigfile out/SHA256SUMS.sig");
	shell("sbverify --cert trust/secure-boot.crt out/" STEM ".efi");
	shell("openssl smime -verify -binary -inform der -in out/" STEM ".roothash.p7s "
	      "-content out/" STEM ".roothash -certfile trust/root-hash.crt -nointern -noverify");
}
END_TEST

/* ---- a byte anywhere ----------------------------------------------------- */

static const char *const released[] = {
	".efi",       ".initrd",      ".intoto.jsonl", ".lock",     ".manifest.json",
	".raw",       ".root.erofs",  ".root.verity",  ".roothash", ".roothash.p7s",
	".spdx.json", ".policy.json", ".root.fec",     ".root.tar", ".root.tar.zst",
};

static void flip(const char *path, double where)
{
	struct ib_error err = IB_ERROR_INIT;
	ib_autoclose int fd = open(path, O_RDWR | O_CLOEXEC);
	uint64_t size = 0;
	uint64_t at = 0;
	uint8_t byte = 0;

	ck_ok(ib_fd_size(fd, path, &size, &err));
	at = (uint64_t)((double)(size - 1) * where);
	ck_ok(ib_fd_read_at(fd, &byte, 1, at, path, &err));
	byte ^= 0x01;
	ck_ok(ib_fd_write(fd, &byte, 1, at, path, &err));
}

START_TEST(a_changed_byte_anywhere_is_found)
{
	static const struct fault none;
	static const double places[] = { 0, 0.25, 0.5, 0.9, 1 };
	ib_autofree char *folder = make_outputs(&none);
	ib_autofree char *sums = ib_path_join(folder, "SHA256SUMS");
	ib_autofree char *signature = ib_path_join(folder, "SHA256SUMS.sig");
	IB_AUTO(ib_trust) trust = make_trust(MAKER);
	size_t i = 0;
	size_t j = 0;

	for (j = 0; j < IB_COUNT(places); j++) {
		for (i = 0; i < IB_COUNT(released); i++) {
			ib_autofree char *path = ib_strf("%s/" STEM "%s", folder, released[i]);

			flip(path, places[j]);
			expect(folder, trust, "digests", released[i]);
			flip(path, places[j]);
		}
		flip(sums, places[j]);
		expect(folder, trust, "sums-signature", "carries no signature that fits it and");
		flip(sums, places[j]);
		flip(signature, places[j]);
		expect(folder, trust, "sums-signature", "carries no signature that fits it and");
		flip(signature, places[j]);
	}
	expect(folder, trust, "", "");
}
END_TEST

/* ---- the table ----------------------------------------------------------- */

static void in_folder(const char *folder, const char *command)
{
	ib_autofree char *line = ib_strf("cd '%s' && %s", folder, command);

	ck_assert_msg(system(line) == 0, "%s", command); /* NOLINT(cert-env33-c) */
}

#define DAMAGE(name, command) \
	static void name(const char *folder) \
	{ \
		in_folder(folder, command); \
	}

/* Another byte at an offset of a file. */
#define FLIP(file, offset) \
	"printf X | dd of=" STEM file " bs=1 seek=" offset " conv=notrunc 2>/dev/null"

DAMAGE(remove_lock, "rm " STEM ".lock")
DAMAGE(change_stub, FLIP(".efi", "5000"))
DAMAGE(change_sums, "sed -i 's/^0/1/; t; s/^./0/' SHA256SUMS")
DAMAGE(remove_signature, "rm SHA256SUMS.sig")
DAMAGE(add_file_unlisted, "touch unlisted")
DAMAGE(add_hidden, "touch .hidden")
DAMAGE(add_listed, "echo x >node_1.0_x86_64.extra")
DAMAGE(make_link, "mv " STEM ".lock ../lock && ln -s ../lock " STEM ".lock")
DAMAGE(make_pipe, "rm " STEM ".lock && mkfifo " STEM ".lock")
DAMAGE(sums_are_pipe, "rm SHA256SUMS && mkfifo SHA256SUMS")
DAMAGE(sums_are_link, "mv SHA256SUMS ../sums && ln -s ../sums SHA256SUMS")
DAMAGE(signature_is_pipe, "rm SHA256SUMS.sig && mkfifo SHA256SUMS.sig")
DAMAGE(envelope_is_pipe, "rm " STEM ".intoto.jsonl && mkfifo " STEM ".intoto.jsonl")
DAMAGE(make_folder, "mkdir unlisted")
DAMAGE(add_stray, "echo x >node-stray")
DAMAGE(garble_manifest, "sed -i 's/\"sha256\": \"./\"sha256\": \"x/' " STEM ".manifest.json")
DAMAGE(change_manifest, "sed -i 's/\"rootHash\": \"./\"rootHash\": \"x/' " STEM ".manifest.json")
/* The manifest with the list o of what it names made another. */
#define OUTPUTS(o) \
	"python3 - <<'E'\n" \
	"import json; p = '" STEM ".manifest.json'; m = json.load(open(p)); o = m['outputs']\n" \
	"m['outputs'] = " o "; json.dump(m, open(p, 'w'))\n" \
	"E\n"
DAMAGE(empty_manifest, OUTPUTS("[]"))
DAMAGE(short_manifest, OUTPUTS("[f for f in o if not f['name'].endswith('.lock')]"))
DAMAGE(remove_hash_signature, "rm " STEM ".roothash.p7s")
DAMAGE(remove_envelope, "rm " STEM ".intoto.jsonl")
DAMAGE(remove_optional,
       OUTPUTS("[f for f in o if '.tar' not in f['name'] and '.fec' not in f['name']]") "rm " STEM
											".root.fec " STEM
											".root.tar*")
/* These would be told by the manifest as well, further down. */
DAMAGE(sbom_other_version,
       "sed -i 's/\"versionInfo\": \"1-1\"/\"versionInfo\": \"1-2\"/' " STEM ".spdx.json")
DAMAGE(sbom_other_place,
       "sed -i '/SPDXRef-OperatingSystem.*CONTAINS.*SPDXRef-[pP]ackage/s/CONTAINS/OTHER/' " STEM
       ".spdx.json")
DAMAGE(change_lock, "sed -i s/1700000000/1700000001/ " STEM ".lock")
DAMAGE(change_envelope,
       "sed -i 's/\"sig\":\"A/\"sig\":\"B/; t; s/\"sig\":\"./\"sig\":\"A/' " STEM ".intoto.jsonl")
DAMAGE(cut_envelope, "truncate -s -1 " STEM ".intoto.jsonl")
DAMAGE(empty_envelope, ": >" STEM ".intoto.jsonl")
DAMAGE(twice_envelope,
       "cat " STEM ".intoto.jsonl " STEM ".intoto.jsonl >x && mv x " STEM ".intoto.jsonl")
DAMAGE(garble_lock, "echo garbage >" STEM ".lock")
DAMAGE(other_hash, "printf %064d 7 >" STEM ".roothash")
DAMAGE(no_hash, "echo none >" STEM ".roothash")
DAMAGE(garble_signature, "echo garbage >" STEM ".roothash.p7s")
DAMAGE(change_root, FLIP(".root.erofs", "1500"))
DAMAGE(change_tree, FLIP(".root.verity", "5000"))
DAMAGE(change_correction, FLIP(".root.fec", "5000"))
DAMAGE(cut_correction, "truncate -s 4096 " STEM ".root.fec")
DAMAGE(remove_tree, "rm " STEM ".root.verity")
DAMAGE(change_uki, FLIP(".efi", "70000"))
DAMAGE(change_disk_root,
       "o=$(sfdisk -J " STEM ".raw | grep -o '\"start\": *[0-9]*' | sed -n '2s/.* //p'); "
       "o=${o##*:}; printf X | dd of=" STEM
       ".raw bs=1 seek=$((o * 512 + 1500)) conv=notrunc 2>/dev/null")
DAMAGE(change_disk_slack,
       "o=$(sfdisk -J " STEM ".raw | grep -o '\"start\": *[0-9]*' | sed -n '2s/.* //p'); "
       "o=${o##*:}; printf X | dd of=" STEM
       ".raw bs=1 seek=$((o * 512 + 1000000)) conv=notrunc 2>/dev/null")
DAMAGE(change_type, "sfdisk -q --part-type " STEM ".raw 4 0FC63DAF-8483-4772-8E79-3D69D8477DE4")
DAMAGE(change_table, "printf X | dd of=" STEM ".raw bs=1 seek=1060 conv=notrunc 2>/dev/null")
DAMAGE(garble_sbom, "echo '{' >" STEM ".spdx.json")

/* The archive with something done to each member m, its content d and its name n; and something added. */
#define EDIT(each, end) \
	"python3 - <<'E'\n" \
	"import io, tarfile as t\n" \
	"old, new, k = t.open('" STEM ".root.tar'), t.open('x', 'w', format=t.PAX_FORMAT), {}\n" \
	"for m in old:\n" \
	"    n, d = m.name[2:], old.extractfile(m).read() if m.isreg() else b''\n" \
	"    k[n] = (m, io.BytesIO(d))\n" \
	"    " each "\n" \
	"    m.size = len(d)\n" \
	"    new.addfile(m, io.BytesIO(d)) if m.name else 0\n" end "\n" \
	"new.close()\n" \
	"E\n"
#define TAR(name, each, end) DAMAGE(name, EDIT(each, end) "mv x " STEM ".root.tar")

TAR(tar_byte, "d = b'X' + d[1:] if n == 'usr/bash' else d", "")
TAR(tar_size, "d += b'X' if n == 'usr/bash' else b''", "")
TAR(tar_mode, "m.mode ^= 0o2000 if n == 'usr/bash' else 0", "")
TAR(tar_folder_mode, "m.mode ^= 0o22 if n == 'usr' else 0", "")
TAR(tar_owner, "m.uid += 7 * (n == 'etc/passwd')", "")
TAR(tar_group, "m.gid += 7 * (n == 'usr/sh')", "")
TAR(tar_owner_name, "m.uname = 'daemon' if n == 'etc/passwd' else ''", "")
TAR(tar_time, "m.mtime -= n == 'usr/empty'", "")
TAR(tar_target, "m.linkname += 'x' if n == 'usr/sh' else ''", "")
TAR(tar_type, "m.type = t.REGTYPE if n == 'usr/sh' else m.type", "")
TAR(tar_more, "0", "new.addfile(t.TarInfo('./usr/more'))")
TAR(tar_less, "m.name = '' if n == 'usr/empty' else m.name", "")
TAR(tar_twice, "0", "new.addfile(*k['etc/passwd'])")
TAR(tar_other_name, "m.name = 'etc/passwd' if n == 'etc/passwd' else m.name", "")
TAR(tar_through_link, "0", "new.addfile(t.TarInfo('./usr/conf/passwd'))")
TAR(tar_hard,
    "m.type, m.linkname = (t.LNKTYPE, './usr/bash') if n == 'usr/empty' else (m.type, m.linkname)",
    "")
TAR(tar_xattr, "m.pax_headers = {'SCHILY.xattr.user.x': 'y'} if n == 'etc/passwd' else {}", "")
TAR(tar_fine_time, "m.mtime += 0.5 * (n == 'etc/passwd')", "")
TAR(tar_behind, "0",
    "new.close(); new = t.open('x', 'a'); new.close()\n"
    "new = t.open('y', 'w'); new.addfile(t.TarInfo('./usr/more')); new.close()\n"
    "open('x', 'ab').write(open('y', 'rb').read()); import os; os.remove('y')")
DAMAGE(tar_cut, "truncate -s 700 " STEM ".root.tar")
DAMAGE(tar_zstd_owner,
       EDIT("m.uid += 7 * (n == 'etc/passwd')", "") "zstd -qf x -o " STEM ".root.tar.zst && rm x")

static const struct {
	const char *link;
	const char *words;
	struct fault fault;
} table[] = {
	/* signed by others */
	{ "sums-signature", "it names as its signer", { .sums = STRANGER } },
	{ "sums-signature",
	  "carries no signature that fits it and",
	  { .sums = STRANGER, .provenance = STRANGER, .hash = STRANGER, .uki = STRANGER } },
	{ "provenance-signature", "no trusted key signed it", { .provenance = STRANGER } },
	{ "root-hash-signature", "carries no signature that fits it and", { .hash = STRANGER } },
	{ "uki-signature", "'CN = a stranger' with fingerprint", { .uki = STRANGER } },
	{ "uki-signature", "carries no signature that fits it and", { .uki = NOBODY } },
	/* files that came, went or changed after signing */
	{ "sums-signature", "SHA256SUMS.sig", { .afterwards = remove_signature } },
	{ "files", "'" STEM ".lock' is in SHA256SUMS, but not", { .afterwards = remove_lock } },
	{ "files", "'unlisted' is in the folder, but not", { .afterwards = add_file_unlisted } },
	{ "files", "'.hidden' is in the folder, but not", { .afterwards = add_hidden } },
	{ "files", "'unlisted' is in the folder, but not", { .afterwards = make_folder } },
	{ "files", "is not a regular file", { .afterwards = make_link } },
	{ "files", "is not a regular file", { .afterwards = make_pipe } },
	{ "sums-signature", "'SHA256SUMS' is not a regular file", { .afterwards = sums_are_pipe } },
	{ "sums-signature", "'SHA256SUMS' is not a regular file", { .afterwards = sums_are_link } },
	{ "sums-signature",
	  "'SHA256SUMS.sig' is not a regular file",
	  { .afterwards = signature_is_pipe } },
	{ "sums-signature",
	  "or it was signed with another key",
	  { .sums = STRANGER, .afterwards = envelope_is_pipe } },
	{ "files", "'node-stray' is no file of image '" STEM "'", { .before_sums = add_stray } },
	/* the sums were signed anew, the provenance was not */
	{ "provenance-signature", "no trusted key signed it", { .before_sums = change_envelope } },
	{ "provenance-signature", "the last line is cut off", { .before_sums = cut_envelope } },
	{ "provenance-signature", "no provenance is in it", { .before_sums = empty_envelope } },
	{ "provenance-signature", "more than one provenance", { .before_sums = twice_envelope } },
	{ "provenance-subjects", "another '" STEM ".lock'", { .before_sums = change_lock } },
	{ "provenance-subjects",
	  "'" STEM ".lock', which is not here",
	  { .before_sums = remove_lock } },
	{ "provenance-subjects",
	  "does not speak of '" STEM ".extra'",
	  { .before_sums = add_listed } },
	{ "provenance-subjects", "is of image 'other_1.0_x86_64'", { .other_image = true } },
	/* everything was signed anew, and something is still wrong */
	{ "lock", "another lock", { .other_lock = true } },
	{ "lock", "does not name package 'more-1-1.x86_64'", { .lock_lacks_input = true } },
	{ "lock", STEM ".lock", { .before_provenance = garble_lock } },
	{ "root-hash-signature",
	  "carries no signature that fits it and",
	  { .before_provenance = other_hash } },
	{ "root-hash-signature", "is not a SHA-256 in hex", { .before_provenance = no_hash } },
	{ "root-hash-signature", "", { .before_provenance = garble_signature } },
	{ "verity", "", { .before_provenance = change_root } },
	{ "verity", "", { .before_provenance = change_tree } },
	{ "error-correction",
	  "does not fit the image and its hash tree",
	  { .before_provenance = change_correction } },
	{ "error-correction",
	  "which is not what corrects",
	  { .before_provenance = cut_correction } },
	{ "manifest", "names the root hash x", { .before_provenance = change_manifest } },
	{ "manifest",
	  "speaks of another '" STEM ".efi'",
	  { .before_provenance = garble_manifest } },
	{ "manifest", "does not speak of '" STEM ".efi'", { .before_provenance = empty_manifest } },
	{ "manifest",
	  "does not speak of '" STEM ".lock'",
	  { .before_provenance = short_manifest } },
	{ "root-hash-signature",
	  "was released without a signature, and",
	  { .before_provenance = remove_hash_signature } },
	{ "policy", "names the root hash x", { .policy = "{\"image\": {\"root_hash\": \"x\"}}" } },
	{ "policy",
	  "a finding that refuses the image: su",
	  { .policy = POLICY("refused", "\"su\"") } },
	{ "policy",
	  "does not say that the image passed",
	  { .policy = POLICY("refused", "\"su\", \"allowed\": \"it has to\"") } },
	{ "root-image", "", { .garble_root = true } },
	{ "verity", "no hash tree", { .before_provenance = remove_tree } },
	{ "uki-signature",
	  "carries no signature that fits it and",
	  { .before_provenance = change_uki } },
	{ "uki-command-line", "does not name one root hash", { .command_line = "quiet" } },
	{ "uki-command-line", "the root hash " D64, { .command_line = "roothash=" D64 } },
	{ "uki-command-line",
	  "does not name one root hash",
	  { .command_line = "roothash=%s roothash=" D64 } },
	{ "uki-kernel", "is no file of the root image", { .uki_kernel = "MZ other" } },
	{ "uki-initrd", "the initrd inside has SHA-256", { .uki_initrd = "evil" } },
	{ "disk", "differs from '" STEM ".root.erofs'", { .before_provenance = change_disk_root } },
	{ "disk",
	  "differs from '" STEM ".root.erofs'",
	  { .before_provenance = change_disk_slack } },
	{ "disk", "", { .before_provenance = change_table } },
	{ "disk",
	  "has a partition 'node_1.0_verity_sig' of type",
	  { .before_provenance = change_type } },
	{ "disk", "for another architecture", { .other_architecture = true } },
	{ "disk", "not that of the root hash", { .wrong_uuid = true } },
	{ "disk", "another signature", { .other_signature = true } },
	{ "disk-esp", "does not hold the unified kernel image", { .no_uki_on_esp = true } },
	{ "disk-esp", "EFI/extra.EFI carries no signature that fits", { .stranger_on_esp = true } },
	/* the archive of the root */
	{ "tar", "with another content than the root image", { .before_provenance = tar_byte } },
	{ "tar", "with another size than", { .before_provenance = tar_size } },
	{ "tar", "'/usr/bash' with another type or mode", { .before_provenance = tar_mode } },
	{ "tar", "'/usr' with another type or mode", { .before_provenance = tar_folder_mode } },
	{ "tar", "'/etc/passwd' with another owner", { .before_provenance = tar_owner } },
	{ "tar", "'/usr/sh' with another owner", { .before_provenance = tar_group } },
	{ "tar", "'/etc/passwd' with another owner", { .before_provenance = tar_owner_name } },
	{ "tar", "'/usr/empty' with another time", { .before_provenance = tar_time } },
	{ "tar", "'/usr/sh' with another target", { .before_provenance = tar_target } },
	{ "tar", "'/usr/sh' with another type or mode", { .before_provenance = tar_type } },
	{ "tar", "'./usr/more', which is not in", { .before_provenance = tar_more } },
	{ "tar", "lacks '/usr/empty', which is in", { .before_provenance = tar_less } },
	{ "tar", "has '/etc/passwd' twice", { .before_provenance = tar_twice } },
	{ "tar", "has 'etc/passwd', which is not in", { .before_provenance = tar_other_name } },
	{ "tar",
	  "has './usr/conf/passwd', which is not in",
	  { .before_provenance = tar_through_link } },
	{ "tar",
	  "'/usr/empty' with another target as a hard link",
	  { .before_provenance = tar_hard } },
	{ "tar", "'/etc/passwd' with another set of extended", { .before_provenance = tar_xattr } },
	{ "tar",
	  "has more than a file of an image can have",
	  { .before_provenance = tar_fine_time } },
	{ "tar", "'./usr/more', which is not in", { .before_provenance = tar_behind } },
	{ "tar", "cannot be read as a tar", { .before_provenance = tar_cut } },
	{ "tar",
	  ".root.tar.zst' has '/etc/passwd' with another owner",
	  { .before_provenance = tar_zstd_owner } },
	{ "sbom-packages", "lacks package '" NEVRA "'", { .sbom_lacks_package = true } },
	{ "sbom-packages",
	  "'all-1-2.x86_64' in place of package",
	  { .before_provenance = sbom_other_version } },
	{ "sbom-packages",
	  "lacks package 'all-1-1.x86_64' in the root",
	  { .before_provenance = sbom_other_place } },
	{ "sbom-packages", "another '" STEM ".root.erofs'", { .sbom_wrong_root = true } },
	{ "sbom-packages", STEM ".spdx.json:", { .before_provenance = garble_sbom } },
	{ "sbom-files", "'/usr/bash' has SHA-256", { .sbom_wrong_file = true } },
	{ "sbom-files",
	  "'/usr/empty' is in the root image, but not in the SBOM",
	  { .sbom_lacks_file = true } },
	{ "sbom-files",
	  "the SBOM has 5 files of the root image, which holds 4",
	  { .sbom_extra_file = true } },
	{ "sbom-uki", "section .cmdline", { .sbom_wrong_section = true } },
};

START_TEST(what_is_wrong_breaks_its_link)
{
	ib_autofree char *folder = make_outputs(&table[_i].fault);
	IB_AUTO(ib_trust) trust = make_trust(MAKER);

	expect(folder, trust, table[_i].link, table[_i].words);
}
END_TEST

/* A file that was changed is not blamed on a key: nothing is known but that the two do not fit. */
START_TEST(what_is_likely_is_told_as_such)
{
	static const struct {
		struct fault fault;
		const char *hint;
	} cases[] = {
		{ { .afterwards = change_sums }, "It names a key that you trust" },
		{ { .sums = STRANGER, .provenance = STRANGER }, "says that they have another key" },
		{ { .before_provenance = change_stub }, "It names a key that you trust" },
		{ { .uki = STRANGER }, "says that they have another key" },
		{ { .uki = NOBODY }, "says that they have another key" },
		{ { .before_provenance = other_hash }, "says that they have another key" },
	};
	struct ib_error err = IB_ERROR_INIT;
	ib_autofree char *folder = make_outputs(&cases[_i].fault);
	IB_AUTO(ib_trust) trust = make_trust(MAKER);
	IB_AUTO(ib_verification) verification = NULL;

	ck_ok(ib_verify(folder, trust, NULL, &verification, &err));
	ck_assert_int_eq(ib_verification_verdict(verification, &err), -IB_TRUST);
	ck_assert_ptr_nonnull(err.hint);
	ck_assert_msg(strstr(err.hint, cases[_i].hint) != NULL, "%s: %s", err.text, err.hint);
	ib_error_clear(&err);
}
END_TEST

/* Between the link that hashed it and the one that reads it, somebody may have been at it. */
START_TEST(a_file_is_hashed_again_when_it_is_read)
{
	struct ib_error err = IB_ERROR_INIT;
	struct ib_chain chain = { .folder = test_dir, .arena = ib_arena_new() };
	struct ib_sum sum = { .name = "file" };
	ib_autofree char *path = NULL;
	IB_AUTO_BUFFER(data, 64);

	test_file("file", "x", &path);
	ib_sha256_hex("x", 1, sum.sha256);
	ck_ok(ib_chain_read(&chain, &sum, &data, &err));
	ib_free(ib_take(path));
	test_file("file", "y", &path);
	ck_fails(ib_chain_read(&chain, &sum, &data, &err), IB_TRUST,
		 "'file' changed while it was being verified");
	ib_arena_free(chain.arena);
}
END_TEST

/* ---- what is demanded ---------------------------------------------------- */

static void expect_required(const struct fault *fault, const char *names, const char *words)
{
	struct ib_error err = IB_ERROR_INIT;
	ib_autofree char *folder = make_outputs(fault);
	IB_AUTO(ib_trust) trust = make_trust(MAKER);
	IB_AUTO(ib_verification) verification = NULL;
	uint32_t links = 0;

	expect(folder, trust, "", "");
	ck_ok(ib_verify(folder, trust, NULL, &verification, &err));
	ck_ok(ib_links_add(names, &links, &err));
	ib_verification_require(verification, links);
	if (*words)
		ck_fails(ib_verification_verdict(verification, &err), IB_TRUST, words);
	else
		ck_ok(ib_verification_verdict(verification, &err));
}

/* Whoever may sign statements, and nothing else, leaves out what speaks against them. */
static const struct {
	struct fault fault;
	const char *names, *words;
} demands[] = {
	{ { .before_sums = remove_envelope },
	  "provenance-signature",
	  "link 'provenance-signature' is broken: it is required, but no provenance" },
	{ { .before_sums = remove_envelope }, "verity,lock", "link 'lock' is broken" },
	{ { .before_sums = remove_envelope }, "all", "link 'provenance-signature' is broken" },
	{ { .before_sums = remove_envelope }, "verity,disk", "" },
	{ { .before_provenance = remove_optional }, "all", "" },
	{ { .before_provenance = remove_optional }, "all,tar", "link 'tar' is broken" },
	{ { .before_provenance = remove_optional },
	  "error-correction",
	  "link 'error-correction' is broken" },
};

START_TEST(what_is_demanded_must_be_there)
{
	expect_required(&demands[_i].fault, demands[_i].names, demands[_i].words);
}
END_TEST

START_TEST(what_is_no_link_is_not_demanded)
{
	struct ib_error err = IB_ERROR_INIT;
	uint32_t links = 0;

	ck_fails(ib_links_add("verity,lok", &links, &err), IB_INPUT, "no link 'lok'");
	ck_fails(ib_links_add(",", &links, &err), IB_INPUT, "no link is named");
}
END_TEST

Suite *ib_suite(void)
{
	Suite *suite = suite_create("verify");
	TCase *tcase = tcase_create("verify");

	tcase_set_timeout(tcase, 120);
	tcase_add_unchecked_fixture(tcase, make_signers, free_signers);
	tcase_add_checked_fixture(tcase, test_dir_make, test_dir_remove);
	tcase_add_test(tcase, what_is_right_holds_link_by_link);
	tcase_add_test(tcase, a_changed_byte_anywhere_is_found);
	tcase_add_loop_test(tcase, what_is_wrong_breaks_its_link, 0, (int)IB_COUNT(table));
	tcase_add_loop_test(tcase, what_is_likely_is_told_as_such, 0, 6);
	tcase_add_test(tcase, a_file_is_hashed_again_when_it_is_read);
	tcase_add_loop_test(tcase, what_is_demanded_must_be_there, 0, (int)IB_COUNT(demands));
	tcase_add_test(tcase, what_is_no_link_is_not_demanded);
	suite_add_tcase(suite, tcase);
	return suite;
}
