/* SPDX-License-Identifier: Apache-2.0 */
/*
 * product - what `make image` left, and what tests make of it: variable
 * stores, copies with a byte changed, and other unified kernel images.
 */
#ifndef IB_VMTESTS_PRODUCT_H
#define IB_VMTESTS_PRODUCT_H

#include <stdbool.h>

#include "base/base.h"
#include "boot/boot.h"
#include "crypto/crypto.h"

struct product {
	char *build; /* folder */
	char *logs;  /* folder: serial logs, disks of the tests, results */
	char *disk;  /* the shipped files */
	char *uki;
	char *spdx;
	char *lock;
	char *root_hash;         /* hex */
	const char *root_format; /* "erofs", "squashfs": as the root image is called */
	char *variables;         /* the firmware of the product: its keys enrolled */
	char *test_variables;    /* a firmware that knows the test's key alone */
	struct ib_private_key *test_key;
	struct ib_certificate *test_certificate;
	bool has_kvm;
};

int product_open(const char *build, struct product *ret_product, struct ib_error *err)
	IB_MUST_CHECK;
void product_done(struct product *product);

/* Where a test's file of that name goes; the caller owns it. */
char *product_path(const struct product *product, const char *name);
/* A copy of the shipped disk with one bit flipped at offset bytes of a partition. */
int product_flip(const struct product *product, enum ib_partition_kind kind, uint64_t offset,
		 const char *path, struct ib_error *err) IB_MUST_CHECK;

/* How a unified kernel image that a test makes differs from the shipped one. */
enum product_uki {
	PRODUCT_UNSIGNED,    /* its signature is gone */
	PRODUCT_OTHER_KEY,   /* it is signed by the test's key */
	PRODUCT_LOOK_INSIDE, /* …and the initrd has the test's cpio behind it */
};
int product_make_uki(const struct product *product, enum product_uki kind, const char *path,
		     struct ib_error *err) IB_MUST_CHECK;
/*
 * IB_DIFFERS unless the image at path has the shipped one's sections, the stub's among them,
 * byte for byte, and behind the initrd at most something more.
 */
int product_compare_uki(const struct product *product, const char *path, struct ib_error *err)
	IB_MUST_CHECK;
/* A disk with nothing but an EFI system partition's content, from which firmware starts that image. */
int product_make_loader(const struct product *product, enum product_uki kind, const char *path,
			struct ib_error *err) IB_MUST_CHECK;
/* Every n-th file of the root as sha256sum --check reads it, from the SBOM. */
int product_sample(const struct product *product, size_t n, struct ib_buffer *out,
		   struct ib_error *err) IB_MUST_CHECK;
/* How many packages SBOM and lock have in the root; they must agree. */
int product_package_count(const struct product *product, size_t *ret_count, struct ib_error *err)
	IB_MUST_CHECK;

#endif
