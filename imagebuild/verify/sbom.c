/* SPDX-License-Identifier: Apache-2.0 */
/* The SBOM against the lock, the root image and the unified kernel image. */
#include <string.h>
#include <sys/stat.h>

#include "boot/boot.h"
#include "verify/chain.h"

enum { MAX_SBOM = 512 << 20 };

const char *ib_chain_checksum(const struct ib_json *element, const char *algorithm)
{
	const struct ib_json *all = ib_json_get(element, "checksums");
	size_t i = 0;

	for (i = 0; i < ib_json_count(all); i++) {
		const struct ib_json *one = ib_json_at(all, i);

		if (ib_str_equal(ib_json_get_string(one, "algorithm"), algorithm))
			return ib_json_get_string(one, "checksumValue");
	}
	return NULL;
}

/* ---- packages ------------------------------------------------------------ */

static bool is_rpm(const struct ib_json *package)
{
	const struct ib_json *references = ib_json_get(package, "externalRefs");
	const char *locator = ib_json_get_string(ib_json_at(references, 0), "referenceLocator");

	return locator && ib_str_starts(locator, "pkg:rpm/");
}

/* Of the packages that are files beside the SBOM: the root image and the initrd. */
static int check_released(const struct ib_chain *chain, const struct ib_json *package,
			  struct ib_error *err)
{
	const struct ib_sum *const released[] = { ib_chain_find_root(chain),
						  ib_chain_find(chain, ".initrd") };
	const char *file = ib_json_get_string(package, "packageFileName");
	const char *digest = ib_chain_checksum(package, "SHA256");
	size_t i = 0;

	for (i = 0; file && digest && i < IB_COUNT(released); i++) {
		const struct ib_sum *sum = released[i];

		if (sum && !strcmp(sum->name, file) && strcmp(sum->sha256, digest) != 0)
			return ib_fail(err, IB_TRUST,
				       "the SBOM describes another '%s', with SHA-256 %s", file,
				       digest);
	}
	return 0;
}

static int list_packages(const struct ib_chain *chain, struct ib_map *by_digest, size_t *ret_count,
			 struct ib_error *err)
{
	const struct ib_json *packages = ib_json_get(chain->sbom, "packages");
	size_t count = 0;
	size_t i = 0;

	for (i = 0; i < ib_json_count(packages); i++) {
		const struct ib_json *package = ib_json_at(packages, i);
		const char *digest = ib_chain_checksum(package, "SHA256");
		const char *name = ib_json_get_string(package, "name");

		IB_TRY(check_released(chain, package, err));
		if (!is_rpm(package))
			continue;
		if (!digest || !name)
			return ib_fail(err, IB_TRUST, "a package of the SBOM lacks name or digest");
		/* of one digest is one package: the count tells when one stands there twice */
		ib_map_set(by_digest, digest, ib_arena_memdup(chain->arena, &i, sizeof(i)));
		count++;
	}
	*ret_count = count;
	return 0;
}

/* "FROM TO" of everything that contains something. */
static struct ib_map *list_contents(const struct ib_json *sbom)
{
	const struct ib_json *relations = ib_json_get(sbom, "relationships");
	struct ib_map *contents = ib_map_new();
	size_t i = 0;

	for (i = 0; i < ib_json_count(relations); i++) {
		const struct ib_json *relation = ib_json_at(relations, i);
		const char *from = ib_json_get_string(relation, "spdxElementId");
		const char *to = ib_json_get_string(relation, "relatedSpdxElement");
		ib_autofree char *key = ib_strf("%s %s", from ? from : "", to ? to : "");

		if (ib_str_equal(ib_json_get_string(relation, "relationshipType"), "CONTAINS"))
			ib_map_set(contents, key, contents);
	}
	return contents;
}

/* Whether the SBOM says of a package of the lock in which of the two trees it is. */
static int check_place(const struct ib_chain *chain, const struct ib_json *element,
		       const struct ib_lock_package *package, const struct ib_map *contents,
		       struct ib_error *err)
{
	const struct {
		const char *id, *words;
		bool is_there;
	} places[] = { { "SPDXRef-OperatingSystem", "root", package->root },
		       { "SPDXRef-Initrd", "initrd", package->initrd } };
	const char *id = ib_json_get_string(element, "SPDXID");
	/* an image of the root alone has no initrd, though the lock has packages for one */
	size_t count = ib_chain_find(chain, ".initrd") ? 2 : 1;
	size_t i = 0;

	for (i = 0; i < count; i++) {
		ib_autofree char *key = ib_strf("%s %s", places[i].id, id ? id : "");

		if (ib_map_has(contents, key) != places[i].is_there)
			return ib_fail(err, IB_TRUST, "the SBOM %s package '%s' in the %s%s",
				       places[i].is_there ? "lacks" : "has", package->nevra,
				       places[i].words, places[i].is_there ? "" : ", the lock not");
	}
	return 0;
}

static int check_package(const struct ib_chain *chain, const struct ib_json *element,
			 const struct ib_lock_package *package, const struct ib_map *contents,
			 struct ib_error *err)
{
	const char *version = ib_json_get_string(element, "versionInfo");
	const char *name = ib_json_get_string(element, "name");
	ib_autofree char *nevra =
		ib_strf("%s-%s.%s", name ? name : "", version ? version : "", package->arch);

	if (!ib_str_equal(name, package->name))
		return ib_fail(err, IB_TRUST, "the SBOM lacks package '%s' of the lock",
			       package->nevra);
	if (strcmp(nevra, package->nevra) != 0)
		return ib_fail(err, IB_TRUST, "the SBOM has '%s' in place of package '%s'", nevra,
			       package->nevra);
	return check_place(chain, element, package, contents, err);
}

int ib_prove_sbom_packages(struct ib_chain *chain, struct ib_error *err)
{
	const struct ib_sum *sum = ib_chain_find(chain, ".spdx.json");
	IB_AUTO_BUFFER(text, MAX_SBOM);
	IB_AUTO(ib_map) by_digest = ib_map_new();
	IB_AUTO(ib_map) contents = NULL;
	const struct ib_json *packages = NULL;
	size_t count = 0;
	size_t i = 0;

	if (!sum)
		return ib_chain_absent(chain, "no SBOM was released");
	IB_TRY(ib_chain_read(chain, sum, &text, err));
	IB_TRY(ib_json_parse(text.data, text.size, sum->name, &chain->sbom, err));
	IB_TRY(list_packages(chain, by_digest, &count, err));
	packages = ib_json_get(chain->sbom, "packages");
	contents = list_contents(chain->sbom);
	for (i = 0; chain->lock && i < chain->lock->package_count; i++) {
		const struct ib_lock_package *package = &chain->lock->packages[i];
		const size_t *place = ib_map_get(by_digest, package->sha256);

		IB_TRY(check_package(chain, place ? ib_json_at(packages, *place) : NULL, package,
				     contents, err));
	}
	if (chain->lock && count != chain->lock->package_count)
		return ib_fail(err, IB_TRUST, "the SBOM has %zu packages, the lock %zu", count,
			       chain->lock->package_count);
	if (!chain->lock)
		return ib_chain_absent(chain, "no lock was released to compare with");
	ib_chain_says(chain, "%zu package%s", count, ib_str_plural(count));
	return 0;
}

/* ---- files --------------------------------------------------------------- */

struct comparison {
	struct ib_map *by_path; /* name as written → element */
	size_t count;           /* files of the image */
};

/* Files of the root image, by their names as the SBOM writes them. */
static int list_files(const struct ib_chain *chain, struct ib_map *by_path, size_t *ret_count,
		      struct ib_error *err)
{
	const struct ib_json *files = ib_json_get(chain->sbom, "files");
	size_t count = 0;
	size_t i = 0;

	for (i = 0; i < ib_json_count(files); i++) {
		const struct ib_json *file = ib_json_at(files, i);
		const char *id = ib_json_get_string(file, "SPDXID");
		const char *name = ib_json_get_string(file, "fileName");
		const char *digest = ib_chain_checksum(file, "SHA256");
		ib_autofree char *path = NULL;

		if (!id || !name || !digest)
			return ib_fail(err, IB_TRUST,
				       "a file of the SBOM lacks id, name or digest");
		if (!ib_str_starts(id, "SPDXRef-root-"))
			continue;
		path = ib_json_decode_bytes(name);
		if (ib_map_set(by_path, path,
			       ib_arena_memdup(chain->arena, digest, strlen(digest) + 1)))
			return ib_fail(err, IB_TRUST, "the SBOM has the file '%s' twice", name);
		count++;
	}
	*ret_count = count;
	return 0;
}

static int compare_file(void *context, struct ib_node *node, struct ib_error *err)
{
	struct comparison *comparison = context;
	const struct ib_inode *inode = node->inode;
	ib_autofree char *path = NULL;
	ib_autofree char *name = NULL;
	const char *digest = NULL;
	char hex[65];

	if (!S_ISREG(inode->mode))
		return 0;
	comparison->count++;
	path = ib_node_path(node);
	name = ib_strf(".%s", path);
	digest = ib_map_get(comparison->by_path, name);
	if (!digest)
		return ib_fail(err, IB_TRUST, "'%s' is in the root image, but not in the SBOM",
			       path);
	ib_hex_write(inode->sha256, IB_SHA256_SIZE, hex);
	if (!inode->has_sha256 || strcmp(hex, digest) != 0)
		return ib_fail(err, IB_TRUST, "'%s' has SHA-256 %s, in the SBOM %s", path, hex,
			       digest);
	return 0;
}

int ib_prove_sbom_files(struct ib_chain *chain, struct ib_error *err)
{
	IB_AUTO(ib_map) by_path = ib_map_new();
	struct comparison comparison = { .by_path = by_path };
	size_t listed = 0;

	if (!chain->sbom || !chain->root)
		return ib_chain_absent(chain, "no %s was released",
				       chain->sbom ? "root image" : "SBOM");
	IB_TRY(list_files(chain, by_path, &listed, err));
	IB_TRY(ib_tree_walk(chain->root, compare_file, &comparison, err));
	if (listed != comparison.count)
		return ib_fail(err, IB_TRUST,
			       "the SBOM has %zu files of the root image, which holds %zu", listed,
			       comparison.count);
	ib_chain_says(chain, "%zu file%s", listed, ib_str_plural(listed));
	return 0;
}

/* ---- the unified kernel image -------------------------------------------- */

static int compare_section(const struct ib_chain *chain, int fd, const char *name,
			   const char *section, struct ib_error *err)
{
	const struct ib_json *files = ib_json_get(chain->sbom, "files");
	ib_autofree char *id = ib_strf("SPDXRef-uki-%s", section + 1);
	const char *digest = NULL;
	char hex[65];
	size_t i = 0;

	for (i = 0; i < ib_json_count(files) && !digest; i++)
		if (ib_str_equal(ib_json_get_string(ib_json_at(files, i), "SPDXID"), id))
			digest = ib_chain_checksum(ib_json_at(files, i), "SHA256");
	if (!digest)
		return ib_fail(err, IB_TRUST, "the SBOM lacks section %s of '%s'", section, name);
	IB_TRY(ib_chain_section_digest(fd, name, section, hex, err));
	if (strcmp(hex, digest) != 0)
		return ib_fail(err, IB_TRUST, "section %s of '%s' has SHA-256 %s, in the SBOM %s",
			       section, name, hex, digest);
	return 0;
}

int ib_prove_sbom_uki(struct ib_chain *chain, struct ib_error *err)
{
	/* UAPI.5; what else is in the file belongs to the stub. */
	static const char *const sections[] = { ".linux",  ".osrel",  ".cmdline", ".initrd",
						".ucode",  ".splash", ".dtb",     ".uname",
						".pcrsig", ".pcrpkey" };
	const struct ib_sum *sum = ib_chain_find(chain, ".efi");
	ib_autoclose int fd = -1;
	struct ib_pe pe;
	size_t count = 0;
	size_t i = 0;

	if (!chain->sbom || !sum)
		return ib_chain_absent(chain, "no %s was released",
				       sum ? "SBOM" : "unified kernel image");
	IB_TRY(ib_chain_open(chain, sum, &fd, err));
	IB_TRY(ib_pe_read(fd, sum->name, &pe, err));
	for (i = 0; i < IB_COUNT(sections); i++) {
		if (!ib_pe_find(&pe, sections[i]))
			continue;
		IB_TRY(compare_section(chain, fd, sum->name, sections[i], err));
		count++;
	}
	ib_chain_says(chain, "%zu section%s", count, ib_str_plural(count));
	return 0;
}
