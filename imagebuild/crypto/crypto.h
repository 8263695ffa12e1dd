/* SPDX-License-Identifier: Apache-2.0 */
/* crypto - the front door: digests here, keys and certificates in crypto/keys.h. */
#ifndef IB_CRYPTO_H
#define IB_CRYPTO_H

#include "crypto/digest.h"

#endif
