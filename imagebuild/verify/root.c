/* SPDX-License-Identifier: Apache-2.0 */
/* The root image: under its root hash, readable whole, with the kernel that boots. */
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "boot/boot.h"
#include "image/image.h"
#include "verify/chain.h"

/* The root image and its hash tree, opened. */
struct root_files {
	int data_fd;
	int tree_fd;
	struct ib_region data;
	struct ib_region tree;
};

static void root_files_done(struct root_files *files)
{
	if (files->data_fd >= 0)
		close(files->data_fd);
	if (files->tree_fd >= 0)
		close(files->tree_fd);
}

#define AUTO_ROOT_FILES(name) \
	__attribute__((cleanup(root_files_done))) struct root_files name = { -1, -1, { 0 }, { 0 } }

static int open_root(struct ib_chain *chain, struct root_files *files, struct ib_error *err)
{
	const struct ib_sum *data = ib_chain_find_root(chain);
	const struct ib_sum *tree = ib_chain_find(chain, ".root.verity");

	if (!data || !tree)
		return ib_fail(err, IB_TRUST, "there is a root hash, but no %s",
			       data ? "hash tree (.root.verity)" : "root image (.root.*)");
	IB_TRY(ib_chain_open(chain, data, &files->data_fd, err));
	IB_TRY(ib_chain_open(chain, tree, &files->tree_fd, err));
	IB_TRY(ib_region_of_file(files->data_fd, data->name, &files->data, err));
	return ib_region_of_file(files->tree_fd, tree->name, &files->tree, err);
}

int ib_prove_verity(struct ib_chain *chain, struct ib_error *err)
{
	uint8_t root[IB_VERITY_ROOT_BYTES];
	AUTO_ROOT_FILES(files);

	if (!*chain->root_hash)
		return ib_chain_absent(chain, "no root hash was released");
	IB_TRY(open_root(chain, &files, err));
	if (!ib_hex_read(chain->root_hash, root, sizeof(root)))
		return ib_fail(err, IB_TRUST, "'%s' is no root hash", chain->root_hash);
	return ib_verity_verify(&files.data, &files.tree, root, 0, err);
}

int ib_prove_error_correction(struct ib_chain *chain, struct ib_error *err)
{
	const struct ib_sum *sum = ib_chain_find(chain, ".root.fec");
	struct ib_fec_params params = { .threads = 0 };
	ib_autoclose int fd = -1;
	struct ib_region fec;
	unsigned roots = 0;
	AUTO_ROOT_FILES(files);

	if (!sum)
		return ib_chain_absent(chain, "no error correction was released");
	if (!*chain->root_hash)
		return ib_fail(err, IB_TRUST, "there is error correction, but no root hash");
	IB_TRY(open_root(chain, &files, err));
	params.data = files.data;
	params.tree = files.tree;
	IB_TRY(ib_chain_open(chain, sum, &fd, err));
	IB_TRY(ib_region_of_file(fd, sum->name, &fec, err));
	IB_TRY(ib_fec_verify(&params, &fec, &roots, err));
	ib_chain_says(chain, "%u roots", roots);
	return 0;
}

int ib_prove_root_image(struct ib_chain *chain, struct ib_error *err)
{
	const struct ib_sum *sum = ib_chain_find_root(chain);
	ib_autoclose int fd = -1;
	IB_AUTO(ib_image) image = NULL;
	struct ib_region region;

	if (!sum)
		return ib_chain_absent(chain, "no root image was released");
	IB_TRY(ib_chain_open(chain, sum, &fd, err));
	IB_TRY(ib_region_of_file(fd, sum->name, &region, err));
	IB_TRY(ib_image_open(&region, &image, err));
	IB_TRY(ib_image_read_tree(image, NULL, &chain->root, err));
	if (ib_chain_find(chain, ib_chain_tars[0]) || ib_chain_find(chain, ib_chain_tars[1]))
		IB_TRY(ib_owners_read(image, chain->root, &chain->owners, err));
	ib_chain_says(chain, "%zu path%s", ib_tree_path_count(chain->root),
		      ib_str_plural(ib_tree_path_count(chain->root)));
	return 0;
}

/* ---- the kernel ---------------------------------------------------------- */

struct search {
	uint8_t sha256[IB_SHA256_SIZE];
	char *path; /* owned; of the first file with that digest */
};

static int look_at(void *context, struct ib_node *node, struct ib_error *err)
{
	struct search *search = context;
	const struct ib_inode *inode = node->inode;

	(void)err;
	if (!search->path && S_ISREG(inode->mode) && inode->has_sha256 &&
	    !memcmp(inode->sha256, search->sha256, sizeof(search->sha256)))
		search->path = ib_node_path(node);
	return 0;
}

int ib_prove_uki_kernel(struct ib_chain *chain, struct ib_error *err)
{
	const struct ib_sum *sum = ib_chain_find(chain, ".efi");
	struct search search = { .path = NULL };
	ib_autoclose int fd = -1;
	char hex[65];

	if (!sum || !chain->root)
		return ib_chain_absent(chain, "no %s was released",
				       sum ? "root image" : "unified kernel image");
	IB_TRY(ib_chain_open(chain, sum, &fd, err));
	IB_TRY(ib_chain_section_digest(fd, sum->name, ".linux", hex, err));
	if (!ib_hex_read(hex, search.sha256, sizeof(search.sha256)))
		return ib_fail(err, IB_FAILED, "'%s' is no SHA-256", hex);
	IB_TRY(ib_tree_walk(chain->root, look_at, &search, err));
	if (!search.path)
		return ib_fail(err, IB_TRUST,
			       "the kernel inside, with SHA-256 %s, is no file of the root image",
			       hex);
	ib_chain_says(chain, "%s", search.path);
	ib_free(search.path);
	return 0;
}
