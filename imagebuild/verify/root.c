/* SPDX-License-Identifier: Apache-2.0 */
/* The root image: under its root hash, readable whole, with the kernel that boots. */
#include <string.h>
#include <sys/stat.h>

#include "boot/boot.h"
#include "image/image.h"
#include "verify/chain.h"

int ib_prove_verity(struct ib_chain *chain, struct ib_error *err)
{
	const struct ib_sum *data = ib_chain_find(chain, ".root.erofs");
	const struct ib_sum *tree = ib_chain_find(chain, ".root.verity");
	uint8_t root[IB_VERITY_ROOT_BYTES];
	ib_autoclose int data_fd = -1;
	ib_autoclose int tree_fd = -1;
	struct ib_region data_region;
	struct ib_region tree_region;

	if (!*chain->root_hash)
		return ib_chain_absent(chain, "no root hash was released");
	if (!data || !tree)
		return ib_fail(err, IB_TRUST, "there is a root hash, but no %s",
			       data ? "hash tree (.root.verity)" : "root image (.root.erofs)");
	IB_TRY(ib_chain_open(chain, data, &data_fd, err));
	IB_TRY(ib_chain_open(chain, tree, &tree_fd, err));
	IB_TRY(ib_region_of_file(data_fd, data->name, &data_region, err));
	IB_TRY(ib_region_of_file(tree_fd, tree->name, &tree_region, err));
	if (!ib_hex_read(chain->root_hash, root, sizeof(root)))
		return ib_fail(err, IB_TRUST, "'%s' is no root hash", chain->root_hash);
	return ib_verity_verify(&data_region, &tree_region, root, 0, err);
}

int ib_prove_root_image(struct ib_chain *chain, struct ib_error *err)
{
	const struct ib_sum *sum = ib_chain_find(chain, ".root.erofs");
	ib_autoclose int fd = -1;
	struct ib_region region;

	if (!sum)
		return ib_chain_absent(chain, "no root image was released");
	IB_TRY(ib_chain_open(chain, sum, &fd, err));
	IB_TRY(ib_region_of_file(fd, sum->name, &region, err));
	IB_TRY(ib_erofs_read_tree(&region, NULL, &chain->root, err));
	ib_chain_says(chain, "%zu paths", ib_tree_path_count(chain->root));
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
