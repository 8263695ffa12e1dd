/* SPDX-License-Identifier: Apache-2.0 */
/* The two layouts of trusted authorities, each in a file of its own: inside state/ only. */
#ifndef IB_STATE_CERTIFICATES_H
#define IB_STATE_CERTIFICATES_H

#include "state/context.h"

int ib_certificates_fedora(struct ib_state *state, struct ib_error *err) IB_MUST_CHECK;

#endif
