/* SPDX-License-Identifier: Apache-2.0 */
/* macros - the attributes and the few macros that every file may use. */
#ifndef IB_BASE_MACROS_H
#define IB_BASE_MACROS_H

#define IB_PRINTF(text, first) __attribute__((format(printf, text, first)))
#define IB_MUST_CHECK          __attribute__((warn_unused_result))

/* How many elements an array (not a pointer) has. */
#define IB_COUNT(array) (sizeof(array) / sizeof((array)[0]))

#define IB_MIN(a, b) ((a) < (b) ? (a) : (b))
#define IB_MAX(a, b) ((a) > (b) ? (a) : (b))

#endif
