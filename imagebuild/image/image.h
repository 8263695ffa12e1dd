/* SPDX-License-Identifier: Apache-2.0 */
/* image - the front door: a tree becomes a file system, and its bytes are proved. */
#ifndef IB_IMAGE_H
#define IB_IMAGE_H

#include "image/erofs.h"
#include "image/erofs_read.h"
#include "image/fec.h"
#include "image/format.h"
#include "image/image_file.h"
#include "image/layout.h"
#include "image/owners.h"
#include "image/pieces.h"
#include "image/region.h"
#include "image/squashfs.h"
#include "image/verity.h"

#endif
