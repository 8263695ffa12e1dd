/* SPDX-License-Identifier: Apache-2.0 */
/* licences - the tables of SPDX's licence list (licence_names.c). */
#ifndef IB_EVIDENCE_LICENCES_H
#define IB_EVIDENCE_LICENCES_H

#define IB_LICENCE_LIST_VERSION "3.28"

extern const char ib_licence_names[];
extern const char ib_licence_exceptions[];

#endif
