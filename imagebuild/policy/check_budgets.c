/* SPDX-License-Identifier: Apache-2.0 */
/* Budgets, and who is to blame when one is exceeded. */
#include <inttypes.h>
#include <string.h>

#include "policy/internal.h"

#define CULPRITS 4

static void largest(const struct ib_size_report *sizes, bool unneeded_only, struct ib_strings *list)
{
	size_t i = 0;

	for (i = 0; i < sizes->package_count && list->count < CULPRITS; i++) {
		const struct ib_size_package *package = &sizes->packages[i];

		if (unneeded_only && package->needed_by)
			continue;
		ib_strings_addf(list, "%s (%" PRIu64 " bytes%s)", package->package->name,
				package->size.installed_bytes,
				package->needed_by ? "" : ", needed by nothing else");
	}
}

static void check_image(struct ib_examination *examination, const struct ib_size_report *sizes)
{
	uint64_t budget = examination->settings->budgets.root_image_bytes;
	uint64_t bytes = examination->subject->root_image_bytes;
	IB_AUTO_STRINGS(culprits);
	ib_autofree char *list = NULL;
	ib_autofree char *value = ib_strf("%" PRIu64, bytes);

	if (!budget || bytes <= budget)
		return;
	largest(sizes, false, &culprits);
	list = ib_strings_join(&culprits, ", ");
	ib_found(examination, "budget-root-image", NULL, "root-image", value,
		 "the root image has %" PRIu64 " bytes, %" PRIu64
		 " more than its budget; the largest packages are %s",
		 bytes, bytes - budget, list);
}

static void check_count(struct ib_examination *examination, const struct ib_size_report *sizes)
{
	uint32_t budget = examination->settings->budgets.packages;
	size_t count = sizes->package_count;
	IB_AUTO_STRINGS(culprits);
	ib_autofree char *list = NULL;
	ib_autofree char *value = ib_strf("%zu", count);

	if (!budget || count <= budget)
		return;
	largest(sizes, true, &culprits);
	list = ib_strings_join(&culprits, ", ");
	ib_found(
		examination, "budget-packages", NULL, "packages", value,
		"there are %zu packages, the budget is %u; of those that no other needs the largest "
		"are %s",
		count, budget, list);
}

static void check_each(struct ib_examination *examination, const struct ib_size_report *sizes)
{
	uint64_t budget = examination->settings->budgets.package_bytes;
	size_t i = 0;

	for (i = 0; budget && i < sizes->package_count; i++) {
		const struct ib_size_package *package = &sizes->packages[i];
		ib_autofree char *value = ib_strf("%" PRIu64, package->size.installed_bytes);

		if (package->size.installed_bytes > budget)
			ib_found(examination, "budget-package", NULL, package->package->name, value,
				 "package '%s' takes %s bytes, the budget is %" PRIu64,
				 package->package->name, value, budget);
	}
}

static void check_setuid(struct ib_examination *examination)
{
	uint32_t budget = examination->settings->budgets.setuid;
	ib_autofree char *list = NULL;
	ib_autofree char *value = ib_strf("%zu", examination->privileged);

	if (!budget || examination->privileged <= budget)
		return;
	list = ib_strings_join(&examination->privileged_paths, ", ");
	ib_found(examination, "budget-setuid", NULL, "setuid", value,
		 "%zu files are setuid or setgid or have capabilities, the budget is %u: %s",
		 examination->privileged, budget, list);
}

int ib_check_budgets(struct ib_examination *examination, struct ib_error *err)
{
	const struct ib_budgets *budgets = &examination->settings->budgets;
	IB_AUTO(ib_size_report) sizes = NULL;

	check_setuid(examination);
	if (!budgets->root_image_bytes && !budgets->packages && !budgets->package_bytes)
		return 0;
	IB_TRY(ib_size_measure(examination->subject, NULL, NULL, &sizes, err));
	check_image(examination, sizes);
	check_count(examination, sizes);
	check_each(examination, sizes);
	return 0;
}
