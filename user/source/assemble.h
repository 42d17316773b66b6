/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * assemble: records of the kill ring -> one incident.
 *
 * oom_lock serialises decisions, so there is at most one open incident. It is complete
 * - with its END, where the decision is visible;
 * - with its VICTIM, where it is not and neither memory.oom.group nor shared memory can bring more;
 * - else with the next decision, or after a time without records.
 *
 * Where nobody is killed there is no incident: see stalls.h.
 *
 * Knows the kernel's records and the model; nothing of Kubernetes, output or files. Allocates
 * nothing.
 */
#ifndef OOMWHY_ASSEMBLE_H
#define OOMWHY_ASSEMBLE_H

#include <stdbool.h>
#include <stddef.h>
#include <linux/types.h>

#include "event.h"
#include "oomwhy_record.h"
#include "source/deaths.h"
#include "source/infer.h"
#include "source/stalls.h"

#define ASSEMBLE_SEEN_MAX \
	64 /* victims remembered, so that a second mark of one makes no second victim */

struct assemble_config {
	__u64 page_bytes;
	__u64 memory_total_bytes; /* of the machine */
	int cpus;
	char boot_id[37];
	/* Wall clock of a boot time, in ns. */
	__u64 (*wall_ns)(__u64 boot_time_ns);
	/* The kernel's count of attempts, see struct oomwhy_stall. */
	struct oomwhy_attempts (*attempts)(void *context, __u32 slot);
	/* Takes a complete event: an incident, a stall, its end; may change it. */
	void (*emit)(void *context, struct event *ev);
	void *context;
};

struct assemble_stats {
	__u64 incidents;
	__u64 victims; /* fates killed and group */
	__u64 counted; /* kills, as the kernel counts them, from counted_from_ns on */
	__u64 may_be_counted; /* so many more: of a part that is missing */
	__u64 incomplete; /* incidents of which a record is missing */
	__u64 lost_records; /* gaps in the sequence */
	__u64 malformed; /* records that are none */
	__u64 undecided; /* kills whose decision no hook saw */
	__u64 undecided_ns; /* when the last of them was marked */
	__u64 agreed; /* inference and oom_control */
	__u64 differed;
};

struct assembler {
	struct assemble_config config;
	struct assemble_stats stats;
	struct infer infer;
	struct stalls stalls;
	struct deaths deaths;
	__u64 owner_slack_pages; /* so far above its limit may charges alone bring a memcg */
	struct event ev; /* the open incident */
	__u64 counted_from_ns; /* boot time; see the stats */
	bool open;
	bool decided; /* it began with a DECISION */
	bool gap; /* a record of it is missing */
	bool gap_before; /* a record is missing that may have been the next victim's */
	__u64 group_id; /* memcg with memory.oom.group that dies: more victims may follow; 0: none
			 */
	__u64 asker;
	__u64 decision; /* sequence of the DECISION, seen or missing; 0: none was made visible */
	__u64 chosen; /* pid that the DECISION named; 0: not known */
	__u64 chosen_tid; /* and the thread */
	__u64 owner_id; /* exact limit owner; 0: none or not known */
	__u64 deadline_ns; /* boot time at which it counts as complete */
	__u64 sequence; /* of the last record */
	bool has_trigger;
	struct oomwhy_trigger trigger; /* of the open incident, or of the victim that comes next */
	struct oomwhy_stack stack; /* of the decision or the victim that comes next; asker 0: none */
	bool has_reclaims;
	struct oomwhy_reclaims reclaims; /* of the next victim's memcgs */
	__u64 children_count;
	struct oomwhy_children
		children[2]; /* of the levels above the next victim, innermost first */
	__u64 memories_count;
	struct oomwhy_memory memories[3]; /* of the next victim's levels, and the machine */
	struct {
		__u64 tgid;
		__u64 start_time_ns;
	} seen[ASSEMBLE_SEEN_MAX];
	__u32 seen_next;
};

void assemble_init(struct assembler *as, const struct assemble_config *config);

/*
 * assemble_record() - take one record of the kill ring.
 * @size: as the ring says; what is shorter than it claims is counted as malformed, not read.
 */
void assemble_record(struct assembler *as, const void *record, size_t size);

/*
 * assemble_tick() - let time pass.
 * Returns the boot time at which it wants to be called again, 0 if nothing is open.
 */
__u64 assemble_tick(struct assembler *as, __u64 boot_time_ns);

/* assemble_flush() - no more records will come: emit what is open. */
void assemble_flush(struct assembler *as);

#endif
