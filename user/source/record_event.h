/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * record_event: what each kind of record says, in the words of the model: pages to bytes, names to
 * paths.
 *
 * Pure. The records passed record_is_sound(): their counts are within bounds, and not more of them
 * is read than they have.
 */
#ifndef OOMWHY_RECORD_EVENT_H
#define OOMWHY_RECORD_EVENT_H

#include <stdbool.h>
#include <stddef.h>

#include "event.h"
#include "oomwhy_record.h"
#include "source/infer.h"

/* record_is_sound() - is this a record of the kill ring, whole, of a known kind? @size: what there
 * is. */
bool record_is_sound(const void *record, size_t size);

/* asker_is_kthread() - a kernel thread asked; where that is not told, one that may be one. */
bool asker_is_kthread(const struct oomwhy_task *asker);

void event_from_decision(struct event *ev, const struct oomwhy_decision *record, __u64 page_bytes);
void event_from_trigger(struct event *ev, const struct oomwhy_trigger *record, __u64 page_bytes);
void event_from_victim(struct event *ev, struct event_task *victim,
		       const struct oomwhy_victim *record, __u64 page_bytes);

/* event_refine_rss() - the chosen victim's memory, where only its points tell it in full. After
 * event_from_victim(). */
void event_refine_rss(struct event *ev, const struct oomwhy_task *record, __u64 page_bytes);
void event_from_children(struct event *ev, const struct oomwhy_children *record, __u64 page_bytes);

/* event_from_host() - the machine's own memory at the kill; @memory_total_bytes: as user space
 * knows it. */
void event_from_host(struct event *ev, const struct oomwhy_victim *record, __u64 page_bytes,
		     __u64 memory_total_bytes);

/* event_from_chain() - incident.memcgs and the cgroup version; the levels' paths are prefixes of
 * the innermost one's. */
void event_from_chain(struct event *ev, const struct oomwhy_chain *chain, __u64 page_bytes);

/* event_from_inference() - limit_owner and suspects, where no decision was visible. After
 * event_from_chain(). */
void event_from_inference(struct event *ev, const struct oomwhy_victim *record,
			  const struct infer_result *inferred);

/* event_owner_figures() - limit_owner's usage and limit, of the counter that was hit. */
void event_owner_figures(struct event *ev, const struct oomwhy_memcg *record, bool is_v1,
			 __u64 page_bytes);

/*
 * event_owner_level() - limit_owner's path and figures from level @owner of @chain, which
 * incident.memcgs holds, as they were when the victim was marked; -1: not one of them, the
 * decision's own stand.
 */
void event_owner_level(struct event *ev, const struct oomwhy_chain *chain, int owner,
		       __u64 page_bytes);

/* event_memcg_protection() - memory.high, .low and .min, where set, and the working set. In
 * record_memory.c, as is the next. */
void event_memcg_protection(struct event_memcg *memcg, const struct oomwhy_memcg *record,
			    __u64 page_bytes);

/*
 * event_from_memory() - what fills a memcg or the machine. After event_from_host().
 * Of the machine it is told only if that was short; its working set is told in any case.
 */
void event_from_memory(struct event *ev, const struct oomwhy_memory *record, __u64 page_bytes);

void event_from_survivor(struct event *ev, const struct oomwhy_survivor *record, __u64 page_bytes);

/* event_from_stall() - all of an EVENT_STALL but its place in time. */
void event_from_stall(struct event *ev, const struct oomwhy_stall *record, __u64 page_bytes);

/* event_trigger_is_victim() - the victim itself asked for the page that was too much. */
void event_trigger_is_victim(struct event *ev);

#endif
