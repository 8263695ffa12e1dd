/* SPDX-License-Identifier: Apache-2.0 */
/* The root image: under its root hash. */
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
