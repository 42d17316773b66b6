/* SPDX-License-Identifier: GPL-2.0-only */
/* klog_export: the journal's export format, "KEY=value" lines and an empty one after each entry. */
#ifndef OOMWHY_KLOG_EXPORT_H
#define OOMWHY_KLOG_EXPORT_H

#include "source/klog.h"
#include "source/klog_line.h"
#include "source/klog_source.h"

/* klog_export_is() - do these first bytes look like it? */
bool klog_export_is(const char *bytes, size_t len);

/* klog_export_read() - all entries of the kernel's, to klog_take(). Returns 0 or -errno. */
int klog_export_read(struct klog *klog, struct klog_reader *reader, struct klog_source *source);

#endif
