/* SPDX-License-Identifier: Apache-2.0 */
#include "vmtests/product.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "boot/boot.h"
#include "package/package.h"
#include "vmtests/machine.h"
#include "vmtests/varstore.h"
#include "json/json.h"

#define SPDX_MAX    (256 << 20)
#define EMPTY_STORE "/usr/share/OVMF/OVMF_VARS_4M.fd"

char *product_path(const struct product *product, const char *name)
{
	return ib_path_join(product->logs, name);
}

static int find_file(const char *folder, const char *suffix, char **ret_path, struct ib_error *err)
{
	const struct dirent *entry = NULL;
	DIR *directory = opendir(folder);

	if (!directory)
		return ib_fail_errno(err, errno, "could not open '%s' (make image fills it)",
				     folder);
	while (!*ret_path && (entry = readdir(directory)))
		if (ib_str_ends(entry->d_name, suffix))
			*ret_path = ib_path_join(folder, entry->d_name);
	closedir(directory);
	return *ret_path ? 0 : ib_fail(err, IB_MISSING, "'%s' holds no %s", folder, suffix);
}

static void find_format(struct product *product, const char *image)
{
	ib_autofree char *squashfs = NULL;
	struct ib_error none = IB_ERROR_INIT;

	product->root_format = "erofs";
	if (find_file(image, ".root.squashfs", &squashfs, &none) == 0)
		product->root_format = "squashfs";
	else
		ib_error_clear(&none);
}

static int find_files(struct product *product, struct ib_error *err)
{
	ib_autofree char *image = ib_path_join(product->build, "image");
	ib_autofree char *root_hash = NULL;

	IB_TRY(find_file(image, ".raw", &product->disk, err));
	IB_TRY(find_file(image, ".efi", &product->uki, err));
	IB_TRY(find_file(image, ".spdx.json", &product->spdx, err));
	IB_TRY(find_file(image, ".lock", &product->lock, err));
	IB_TRY(find_file(image, ".roothash", &root_hash, err));
	find_format(product, image);
	return ib_file_read_text(root_hash, 64, &product->root_hash, err);
}

static int read_certificate(const struct product *product, const char *name,
			    struct ib_certificate **ret_certificate, struct ib_error *err)
{
	ib_autofree char *path = ib_strf("%s/keys/%s.crt", product->build, name);

	return ib_certificate_read(path, ret_certificate, err);
}

/* Two firmwares: one that trusts the product's key, one that trusts the test's alone. */
static int make_variables(struct product *product, struct ib_error *err)
{
	IB_AUTO(ib_certificate) platform = NULL;
	IB_AUTO(ib_certificate) exchange = NULL;
	IB_AUTO(ib_certificate) secure_boot = NULL;
	const struct ib_certificate *db[1];
	struct varstore_keys keys = { .db = db, .db_count = 1 };

	IB_TRY(read_certificate(product, "platform-key", &platform, err));
	IB_TRY(read_certificate(product, "exchange-key", &exchange, err));
	IB_TRY(read_certificate(product, "secure-boot", &secure_boot, err));
	keys.pk = platform;
	keys.kek = exchange;
	db[0] = secure_boot;
	product->variables = product_path(product, "product.variables");
	IB_TRY(varstore_write(EMPTY_STORE, &keys, product->variables, err));
	db[0] = product->test_certificate;
	product->test_variables = product_path(product, "test.variables");
	return varstore_write(EMPTY_STORE, &keys, product->test_variables, err);
}

static int read_section(const struct product *product, const char *section,
			struct ib_buffer *content, struct ib_error *err)
{
	ib_autoclose int fd = open(product->uki, O_RDONLY | O_CLOEXEC);
	struct ib_pe pe;

	if (fd < 0)
		return ib_fail_errno(err, errno, "could not open '%s'", product->uki);
	IB_TRY(ib_pe_read(fd, product->uki, &pe, err));
	return ib_pe_section_read(fd, product->uki, &pe, section, content, err);
}

static int probe(struct product *product, struct ib_error *err)
{
	ib_autofree char *kernel = product_path(product, "kernel");
	IB_AUTO_BUFFER(content, 256 << 20);

	IB_TRY(read_section(product, ".linux", &content, err));
	IB_TRY(ib_file_write(kernel, content.data, content.size, 0644, err));
	product->has_kvm = machine_probe_kvm(kernel, product->logs);
	return 0;
}

int product_open(const char *build, struct product *ret_product, struct ib_error *err)
{
	*ret_product = (struct product){ .build = ib_strdup(build) };
	ret_product->logs = ib_path_join(build, "vmtest");
	IB_TRY(ib_file_make_directory(ret_product->logs, 0755, err));
	IB_TRY(find_files(ret_product, err));
	IB_TRY(ib_private_key_generate(IB_KEY_RSA, 2048, &ret_product->test_key, err));
	IB_TRY(ib_certificate_make(ret_product->test_key, "boot test",
				   &ret_product->test_certificate, err));
	IB_TRY(make_variables(ret_product, err));
	return probe(ret_product, err);
}

void product_done(struct product *product)
{
	ib_private_key_free(product->test_key);
	ib_certificate_free(product->test_certificate);
	ib_free(product->build);
	ib_free(product->logs);
	ib_free(product->disk);
	ib_free(product->uki);
	ib_free(product->spdx);
	ib_free(product->lock);
	ib_free(product->root_hash);
	ib_free(product->variables);
	ib_free(product->test_variables);
}

int product_flip(const struct product *product, enum ib_partition_kind kind, uint64_t offset,
		 const char *path, struct ib_error *err)
{
	ib_autoclose int from = open(product->disk, O_RDONLY | O_CLOEXEC);
	ib_autoclose int to = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	ib_autofree struct ib_disk_table *table = NULL;
	const struct ib_disk_partition *partition = NULL;
	uint64_t size = 0;
	uint64_t at = 0;
	uint8_t byte = 0;

	if (from < 0 || to < 0)
		return ib_fail_errno(err, errno, "could not copy '%s' to '%s'", product->disk,
				     path);
	IB_TRY(ib_disk_read(from, product->disk, &table, err));
	partition = ib_disk_find(table, kind);
	if (!partition || offset >= partition->size)
		return ib_fail(err, IB_MISSING, "'%s' has no such partition", product->disk);
	IB_TRY(ib_fd_size(from, product->disk, &size, err));
	while (at < size) {
		ssize_t copied = copy_file_range(from, NULL, to, NULL, (size_t)(size - at), 0);

		if (copied <= 0)
			return ib_fail_errno(err, errno, "could not copy '%s'", product->disk);
		at += (uint64_t)copied;
	}
	IB_TRY(ib_fd_read_at(to, &byte, 1, partition->offset + offset, path, err));
	byte ^= 1;
	return ib_fd_write(to, &byte, 1, partition->offset + offset, path, err);
}

/* ---- other unified kernel images ----------------------------------------- */

/* systemd's stub out of the package that the lock names; its digest must be the SBOM's. */
static int read_stub(const struct product *product, struct ib_buffer *stub, struct ib_error *err)
{
	ib_autofree char *path = product_path(product, "stub");
	ib_autofree char *command =
		ib_strf("rpm2cpio '%s'/repo/state1/Packages/systemd-boot-efi-*.rpm 2>/dev/null | "
			"cpio -i --quiet --to-stdout '*/linuxx64.efi.stub' >'%s'",
			product->build, path);
	ib_autofree char *text = NULL;
	char sha256[65];

	if (system(command) != 0) /* NOLINT(cert-env33-c): a test's own words */
		return ib_fail(err, IB_FAILED, "could not take the stub out of systemd-boot-efi");
	IB_TRY(ib_file_read(path, stub, err));
	ib_sha256_hex(stub->data, stub->size, sha256);
	IB_TRY(ib_file_read_text(product->spdx, SPDX_MAX, &text, err));
	if (!strstr(text, sha256))
		return ib_fail(err, IB_TRUST, "the SBOM knows no stub with digest %s", sha256);
	return 0;
}

static int add_inside(struct ib_tree *tree, const char *path, const char *name,
		      struct ib_error *err)
{
	ib_autofree char *source = ib_strf("vmtests/inside/%s", name);
	ib_autofree char *text = NULL;
	struct ib_tree_entry entry = { .path = path,
				       .mode = S_IFREG | 0644,
				       .origin = { IB_ORIGIN_GENERATOR, "vmtest" } };

	IB_TRY(ib_file_read_text(source, 1 << 20, &text, err));
	entry.data = text;
	entry.size = strlen(text);
	return ib_tree_put(tree, &entry, NULL, err);
}

static int fill_test_tree(const struct product *product, struct ib_tree *tree, struct ib_error *err)
{
	struct ib_tree_entry link = {
		.path = "/etc/systemd/system/initrd.target.wants/ib-test-copy.service",
		.mode = S_IFLNK | 0777,
		.link = "../ib-test-copy.service",
		.origin = { IB_ORIGIN_GENERATOR, "vmtest" }
	};
	struct ib_tree_entry sample = { .path = "/ib-test/sample",
					.mode = S_IFREG | 0644,
					.origin = { IB_ORIGIN_GENERATOR, "vmtest" } };
	IB_AUTO_BUFFER(sums, 16 << 20);

	IB_TRY(add_inside(tree, "/etc/systemd/system/ib-test-copy.service", "ib-test-copy.service",
			  err));
	IB_TRY(add_inside(tree, "/ib-test/ib-test.service", "ib-test.service", err));
	IB_TRY(add_inside(tree, "/ib-test/look.sh", "look.sh", err));
	IB_TRY(ib_tree_put(tree, &link, NULL, err));
	IB_TRY(product_sample(product, 23, &sums, err));
	sample.data = sums.data;
	sample.size = sums.size;
	IB_TRY(ib_tree_put(tree, &sample, NULL, err));
	ib_tree_finish(tree);
	return 0;
}

/* The shipped initrd and, behind it, an archive of the test's own: the kernel unpacks both. */
static int make_test_initrd(const struct product *product, struct ib_buffer *initrd,
			    struct ib_error *err)
{
	static const struct ib_content_source nothing = { .package_count = 0 };
	IB_AUTO(ib_tree) tree = ib_tree_new(0);
	ib_autofree char *path = product_path(product, "test.cpio");
	ib_autoclose int fd = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	struct ib_cpio_plan plan = {
		.root = ib_tree_root(tree), .level = 3, .fd = fd, .name = path
	};

	if (fd < 0)
		return ib_fail_errno(err, errno, "could not open '%s'", path);
	IB_TRY(fill_test_tree(product, tree, err));
	IB_TRY(ib_cpio_write(&plan, &nothing, err));
	ib_buffer_align(initrd, 4);
	return ib_file_read(path, initrd, err);
}

static int build_uki(const struct product *product, bool look_inside, const char *path,
		     struct ib_error *err)
{
	static const char *const names[] = { ".linux", ".osrel", ".cmdline", ".initrd", ".uname" };
	struct ib_buffer contents[IB_COUNT(names)];
	struct ib_uki_section sections[IB_COUNT(names)];
	IB_AUTO_BUFFER(stub, IB_UKI_MAX_STUB);
	ib_autoclose int fd = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	struct ib_uki uki = { .sections = sections, .section_count = IB_COUNT(names) };
	size_t i = 0;
	int r = 0;

	if (fd < 0)
		return ib_fail_errno(err, errno, "could not open '%s'", path);
	IB_TRY(read_stub(product, &stub, err));
	uki.stub = stub.data;
	uki.stub_size = stub.size;
	for (i = 0; i < IB_COUNT(names); i++) {
		contents[i] = IB_BUFFER_INIT(512 << 20);
		if (r == 0)
			r = read_section(product, names[i], &contents[i], err);
		if (r == 0 && look_inside && i == 3)
			r = make_test_initrd(product, &contents[i], err);
		sections[i] = (struct ib_uki_section){ .name = names[i],
						       .data = contents[i].data,
						       .fd = -1,
						       .size = contents[i].size };
	}
	if (r == 0)
		r = ib_uki_build(&uki, fd, path, err);
	for (i = 0; i < IB_COUNT(names); i++)
		ib_buffer_done(&contents[i]);
	return r;
}

static int write_loader(const char *uki, const char *path, struct ib_error *err)
{
	ib_autoclose int fd = open(uki, O_RDONLY | O_CLOEXEC);
	ib_autoclose int out = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	struct ib_fat_file file = { .path = "EFI/BOOT/BOOTX64.EFI", .fd = fd };
	struct ib_fat fat = {
		.files = &file, .file_count = 1, .label = "TEST", .time = 1700000000
	};
	struct ib_range to = { .fd = out, .name = path };
	uint64_t size = 0;

	if (fd < 0 || out < 0)
		return ib_fail_errno(err, errno, "could not write '%s'", path);
	IB_TRY(ib_fd_size(fd, uki, &file.size, err));
	IB_TRY(ib_fat_size(&fat, &size, err));
	if (ftruncate(out, (off_t)size))
		return ib_fail_errno(err, errno, "could not make '%s' %llu bytes long", path,
				     (unsigned long long)size);
	return ib_fat_write(&fat, &to, size, err);
}

int product_make_uki(const struct product *product, enum product_uki kind, const char *path,
		     struct ib_error *err)
{
	ib_autoclose int fd = -1;

	IB_TRY(build_uki(product, kind == PRODUCT_LOOK_INSIDE, path, err));
	if (kind == PRODUCT_UNSIGNED)
		return 0;
	fd = open(path, O_RDWR | O_CLOEXEC);
	if (fd < 0)
		return ib_fail_errno(err, errno, "could not open '%s'", path);
	return ib_authenticode_sign(fd, path, product->test_key, product->test_certificate, err);
}

int product_make_loader(const struct product *product, enum product_uki kind, const char *path,
			struct ib_error *err)
{
	ib_autofree char *uki = ib_strf("%s.efi", path);
	int r = product_make_uki(product, kind, uki, err);

	if (r == 0)
		r = write_loader(uki, path, err);
	unlink(uki);
	return r;
}

static int read_whole_section(const char *path, const char *section, struct ib_buffer *content,
			      struct ib_error *err)
{
	ib_autoclose int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct ib_pe pe;

	if (fd < 0)
		return ib_fail_errno(err, errno, "could not open '%s'", path);
	IB_TRY(ib_pe_read(fd, path, &pe, err));
	return ib_pe_section_read(fd, path, &pe, section, content, err);
}

static int compare_section(const struct product *product, const char *path, const char *section,
			   struct ib_error *err)
{
	bool may_be_longer = ib_str_equal(section, ".initrd");
	IB_AUTO_BUFFER(shipped, 512 << 20);
	IB_AUTO_BUFFER(other, 512 << 20);

	IB_TRY(read_whole_section(product->uki, section, &shipped, err));
	IB_TRY(read_whole_section(path, section, &other, err));
	if (other.size < shipped.size || (other.size > shipped.size && !may_be_longer) ||
	    memcmp(other.data, shipped.data, shipped.size) != 0)
		return ib_fail(err, IB_DIFFERS, "section %s of '%s' is not the shipped one",
			       section, path);
	return 0;
}

int product_compare_uki(const struct product *product, const char *path, struct ib_error *err)
{
	ib_autoclose int shipped_fd = open(product->uki, O_RDONLY | O_CLOEXEC);
	ib_autoclose int other_fd = open(path, O_RDONLY | O_CLOEXEC);
	struct ib_pe shipped;
	struct ib_pe other;
	size_t i = 0;

	if (shipped_fd < 0 || other_fd < 0)
		return ib_fail_errno(err, errno, "could not open '%s'", path);
	IB_TRY(ib_pe_read(shipped_fd, product->uki, &shipped, err));
	IB_TRY(ib_pe_read(other_fd, path, &other, err));
	if (shipped.section_count != other.section_count)
		return ib_fail(err, IB_DIFFERS, "'%s' has %zu sections, not %zu", path,
			       other.section_count, shipped.section_count);
	/* those of the stub, too: its code is in .text, .data and their like */
	for (i = 0; i < shipped.section_count; i++)
		IB_TRY(compare_section(product, path, shipped.sections[i].name, err));
	return 0;
}

/* ---- what the SBOM says -------------------------------------------------- */

static const char *sha256_of(const struct ib_json *file)
{
	const struct ib_json *checksums = ib_json_get(file, "checksums");
	size_t i = 0;

	for (i = 0; i < ib_json_count(checksums); i++) {
		const struct ib_json *checksum = ib_json_at(checksums, i);

		if (ib_str_equal(ib_json_get_string(checksum, "algorithm"), "SHA256"))
			return ib_json_get_string(checksum, "checksumValue");
	}
	return NULL;
}

int product_sample(const struct product *product, size_t n, struct ib_buffer *out,
		   struct ib_error *err)
{
	IB_AUTO(ib_json) spdx = NULL;
	const struct ib_json *files = NULL;
	size_t i = 0;

	IB_TRY(ib_json_read(product->spdx, SPDX_MAX, &spdx, err));
	files = ib_json_get(spdx, "files");
	for (i = 0; i < ib_json_count(files); i += n) {
		const struct ib_json *file = ib_json_at(files, i);
		const char *name = ib_json_get_string(file, "fileName");
		const char *sha256 = sha256_of(file);

		/* those of the initrd and of the kernel image carry a comment; /var is volatile */
		if (name && sha256 && !ib_json_get_string(file, "comment") && !strchr(name, '\\') &&
		    !ib_str_starts(name, "./var/"))
			ib_buffer_putf(out, "%s  %s\n", sha256, name);
	}
	return 0;
}

int product_package_count(const struct product *product, size_t *ret_count, struct ib_error *err)
{
	IB_AUTO(ib_lock) lock = NULL;
	IB_AUTO(ib_json) spdx = NULL;
	const struct ib_json *packages = NULL;
	size_t locked = 0;
	size_t named = 0;
	size_t i = 0;

	IB_TRY(ib_lock_read(product->lock, NULL, &lock, err));
	IB_TRY(ib_json_read(product->spdx, SPDX_MAX, &spdx, err));
	packages = ib_json_get(spdx, "packages");
	for (i = 0; i < ib_json_count(packages); i++)
		if (ib_json_count(ib_json_get(ib_json_at(packages, i), "externalRefs")))
			named++;
	if (named != lock->package_count)
		return ib_fail(err, IB_TRUST, "the SBOM names %zu RPMs, the lock %zu", named,
			       lock->package_count);
	for (i = 0; i < lock->package_count; i++)
		locked += lock->packages[i].root;
	*ret_count = locked;
	return 0;
}
