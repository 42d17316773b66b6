/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * tracer_state: what the files of the tracer share. tracer.c is the loop, tracer_open.c finds the
 * best way to attach, tracer_lines.c tells what is not a kill: start, losses, stop.
 *
 * All of it is T1's, but for what T2 and T3 take from the keeper, the queue and the writer.
 */
#ifndef OOMWHY_TRACER_STATE_H
#define OOMWHY_TRACER_STATE_H

#include <stdbool.h>

#include "audit.h"
#include "event.h"
#include "exit_status.h"
#include "history/history.h"
#include "history/repeat.h"
#include "machine.h"
#include "names/keeper.h"
#include "names/kubelet_reserve.h"
#include "past.h"
#include "queue.h"
#include "sink/metrics_http.h"
#include "sink/writer.h"
#include "source/assemble.h"
#include "source/bpf.h"
#include "source/kmsg.h"
#include "source/kmsg_stalls.h"
#include "source/ksyms.h"
#include "source/probe.h"
#include "state.h"
#include "tracer.h"

#define TRACER_HIDDEN_MAX 64 /* stalls that were filtered out and may end: so are their ends */

struct tracer_pin;

struct tracer {
	struct tracer_options options;
	struct machine machine;
	struct probe probe;
	struct ksyms ksyms; /* for stacks, if wanted */
	enum attach_plan plan;
	struct bpf_source *source; /* NULL: the log is followed */
	struct tracer_pin *pin; /* NULL: nothing stays when we end */
	struct kmsg *kmsg; /* NULL: BPF is used */
	struct kmsg_stalls log_stalls;
	int rescan_fd; /* then: a timer, at which T2 looks for cgroups */
	__u64 rescan_ns; /* T1's: the last for a report, or the one that is set (CLOCK_BOOTTIME) */
	__u64 rescans; /* T2's */
	struct assembler assembler;
	struct names *names; /* T2's */
	struct kubelet_reserve reserve; /* as it was at start */
	struct keeper keeper;
	struct history history;
	struct repeats repeats;
	struct queue queue;
	struct writer writer;
	struct past *past; /* kills of just before the start, or seen since; NULL: none */
	__u64 past_until_ns; /* boot time: then they were not seen */
	struct audit audit;
	__u64 log_kills; /* where the log is followed: as the kernel counts them, by its log */
	__u64 before_start; /* kills since boot that nobody knows of; NOT_KNOWN: none, or not asked
			     */
	struct state *state; /* NULL: no folder to keep kills in */
	struct metrics *metrics; /* NULL: not asked for */
	struct metrics_http *metrics_http;
	int metrics_fd; /* listens; -1: no, or not ours any more */
	struct event note; /* start, loss and stop lines */
	struct losses reported;
	__u64 started_ns;
	__u64 filtered;
	char hidden[TRACER_HIDDEN_MAX][EVENT_ID_MAX]; /* their ids; the oldest is overwritten */
	__u64 hidden_count;
	__u64 incidents; /* as reported: --count may end in the middle of a burst */
	__u64 victims;
	__u64 stalls;
	bool memory_locked;
	__s64 oom_score_adj; /* our own */
	bool stop;
	bool failed; /* the log that was followed cannot be read any more */
	bool stop_is_told;
	enum attach_plan silent_plan; /* attached, and its hooks did not fire at a kill */
	int epoll_fd, signal_fd;
};

/*
 * tracer_take() - T1: place, names, judge, and on to the writer; the end of each source.
 * @context: the tracer
 */
void tracer_take(void *context, struct event *ev);

/* What wakes T1, and what it does then: the kill ring, or the kernel's log. */
int tracer_kill_fd(const struct tracer *tracer);
void tracer_consume(struct tracer *tracer);

/*
 * The kernel's log instead of BPF; each does nothing where BPF is used.
 * tracer_kmsg_open(): returns 0 or -errno and *@ret_errors
 * tracer_kmsg_tick(): as tracer_history_tick()
 * tracer_kmsg_losses(): what the log has lost
 * tracer_kmsg_cgroups(): T2: the timer
 */
int tracer_kmsg_open(struct tracer *tracer, struct kmsg_errors *ret_errors);
__u64 tracer_kmsg_tick(struct tracer *tracer, __u64 next_ns);
void tracer_kmsg_flush(struct tracer *tracer);
void tracer_kmsg_losses(const struct tracer *tracer, struct losses *ret);
void tracer_kmsg_cgroups(struct tracer *tracer);
void tracer_kmsg_close(struct tracer *tracer);

/* tracer_read_losses() - everything not seen or not told, so far. */
void tracer_read_losses(struct tracer *tracer, struct losses *ret);

/* tracer_complete() - an event for its sinks. */
void tracer_complete(struct tracer *tracer, struct event *ev);

/* tracer_send() - complete an event and queue it; false: no room, it is counted. */
bool tracer_send(struct tracer *tracer, struct event *ev);

/* tracer_raise_priority() - T1's, and that of the threads which begin after this. */
void tracer_raise_priority(void);

/* tracer_protect() - when all is allocated and all threads run; before privileges are dropped. */
void tracer_protect(struct tracer *tracer);

/*
 * The state folder. Open it before privileges are given up; close it after the last event: false,
 * if a disk that does not answer keeps its thread.
 */
enum exit_status tracer_state_open(struct tracer *tracer);
void tracer_state_keep(struct tracer *tracer, const struct event *ev); /* T1 */
bool tracer_state_close(struct tracer *tracer);

/*
 * What is known since boot, told first, if it was asked for. @attach_ns: boot time from which on
 * kills may be seen live, too: these are told once.
 */
void tracer_past_tell(struct tracer *tracer, __u64 attach_ns);
void tracer_past_seen(struct tracer *tracer, const struct event *ev); /* T1: told live */
void tracer_past_tick(struct tracer *tracer); /* T1 */

/* The audit. Begins when all is attached; the end is T1's, after the loop. */
void tracer_audit_begin(struct tracer *tracer);
void tracer_audit_take(struct tracer *tracer, const struct event *ev); /* T1 */
void tracer_audit_tick(struct tracer *tracer); /* T1 */
void tracer_audit_end(struct tracer *tracer);

/* The metrics, where they were asked for: listen before anything else is done, then serve. -errno.
 */
int tracer_metrics_open(struct tracer *tracer);
int tracer_metrics_start(struct tracer *tracer);
void tracer_metrics_take(struct tracer *tracer, const struct event *ev); /* T1 */
void tracer_metrics_lookup(struct tracer *tracer, enum identity_source source); /* T2 */
void tracer_metrics_close(struct tracer *tracer);

/* Lines of their own. tracer_note_losses() tells them only if they have grown. */
void tracer_note_start(struct tracer *tracer);
void tracer_note_losses(struct tracer *tracer);
void tracer_note_stop(struct tracer *tracer);

/*
 * tracer_open_source() - load the programs of the plan that was asked for, or of the best that the
 * kernel takes: the probes may pass and the programs still be refused. Where it takes none its log
 * is followed. Errors, and what that costs, are told on stderr.
 */
enum exit_status tracer_open_source(struct tracer *tracer, const struct bpf_handlers *handlers);

/*
 * --pin (tracer_pin.c): what is read of the kill ring is given back to the kernel when its lines
 * are written, not before, so that a process that follows us tells it again if we are killed.
 */
enum exit_status tracer_pin_open(struct tracer *tracer);
struct pins *tracer_pin_pins(const struct tracer *tracer); /* NULL without --pin */
enum pins_use tracer_pin_use(const struct tracer *tracer);
/* After the source is open, before the writer starts. */
void tracer_pin_start(struct tracer *tracer);
/* T1: as far as the queue has room. */
void tracer_pin_consume(struct tracer *tracer);
/* T1: more is there to be read, and the queue has no room for it. */
bool tracer_pin_is_behind(const struct tracer *tracer);
/* From when on kills are told from the rings: @attach_ns, or earlier; all in boot time. */
__u64 tracer_pin_since(const struct tracer *tracer, __u64 attach_ns);
/* T1: give back what is told. @next_ns as for tracer_history_tick(). */
__u64 tracer_pin_tick(struct tracer *tracer, __u64 next_ns);
void tracer_pin_close(struct tracer *tracer); /* all is written that will be */
void tracer_pin_free(struct tracer *tracer); /* after the source */

/* tracer_history_start() - after the keeper, which it asks. Returns 0 or -errno. */
int tracer_history_start(struct tracer *tracer);

/*
 * tracer_history_tick() - T1: tell of a storm.
 * @next_ns: boot time at which something is due anyway, 0: never. Returns the earlier one.
 */
__u64 tracer_history_tick(struct tracer *tracer, __u64 next_ns);

/* tracer_history_ask() - T1: of a kill that was told: who else could have been chosen. */
void tracer_history_ask(struct tracer *tracer, const struct event *ev);

/* tracer_history_cgroup() - T2: one record of the lifecycle ring. */
void tracer_history_cgroup(struct tracer *tracer, const void *data, size_t size);

#endif
