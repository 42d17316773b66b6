/* SPDX-License-Identifier: GPL-2.0-only */
/* klog_event: a report of the kernel's log in the words of the model. Pure. */
#ifndef OOMWHY_KLOG_EVENT_H
#define OOMWHY_KLOG_EVENT_H

#include "event.h"
#include "source/klog.h"

/* klog_event_from_report() - an incident, or a stall where nobody could be killed. */
void klog_event_from_report(struct event *ev, const struct klog_report *report,
			    const struct klog_config *config);

/* klog_event_from_loss() - the kernel left out reports: @total so far. */
void klog_event_from_loss(struct event *ev, const struct klog_line *line, __u64 total,
			  const struct klog_config *config);

/* klog_event_owner() - of klog_owner.c: limit_owner, constraint, memcgs, suspects; after the
 * victim. */
void klog_event_owner(struct event *ev, const struct klog_report *report);

/* klog_event_memory() - of klog_memory.c: what filled the owner's memory; after its figures. */
void klog_event_memory(struct event *ev, const struct klog_report *report);

/* klog_event_candidates() - of klog_candidates.c: the table of tasks; after victims and owner. */
void klog_event_candidates(struct event *ev, const struct klog_report *report, __u64 page_bytes);

#endif
