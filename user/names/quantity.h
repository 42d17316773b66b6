/* SPDX-License-Identifier: GPL-2.0-only */
/* quantity: Kubernetes' way to write an amount: "512Mi", "1.5Gi", "129e6", "100m". Pure. */
#ifndef OOMWHY_NAMES_QUANTITY_H
#define OOMWHY_NAMES_QUANTITY_H

#include <stdbool.h>
#include <stddef.h>
#include <linux/types.h>

/* quantity_read() - in units, rounded up as Kubernetes does; false: it is none, or not below 2^63.
 */
bool quantity_read(const char *text, size_t len, __u64 *ret);

#endif
