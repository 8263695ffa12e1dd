/* SPDX-License-Identifier: Apache-2.0 */
/* base - the ground floor in one include; the single headers may be included too. */
#ifndef IB_BASE_H
#define IB_BASE_H

#include "base/arena.h"
#include "base/buffer.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/file.h"
#include "base/hex.h"
#include "base/log.h"
#include "base/macros.h"
#include "base/map.h"
#include "base/mem.h"
#include "base/path.h"
#include "base/ring.h"
#include "base/strings.h"
#include "base/sync.h"
#include "base/threads.h"

#endif
