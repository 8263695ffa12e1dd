/* SPDX-License-Identifier: Apache-2.0 */
/*
 * compress - the compressors, each behind a few calls that give the same bytes
 * for the same input, library version and parameters, whatever the threads.
 */
#ifndef IB_COMPRESS_H
#define IB_COMPRESS_H

#include "compress/lz4.h"
#include "compress/unpack.h"
#include "compress/unzstd.h"
#include "compress/zstd.h"
#include "compress/zstd_fill.h"

#endif
