/* SPDX-License-Identifier: Apache-2.0 */
/* crypto - the front door: digests, keys and certificates, DER. */
#ifndef IB_CRYPTO_H
#define IB_CRYPTO_H

#include "crypto/by_sha256.h"
#include "crypto/der.h"
#include "crypto/digest.h"
#include "crypto/keys.h"
#include "crypto/purpose.h"
#include "crypto/raw.h"
#include "crypto/rehash.h"

#endif
