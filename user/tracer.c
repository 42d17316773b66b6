// SPDX-License-Identifier: GPL-2.0-only
#define _GNU_SOURCE
#include <errno.h>
#include <langinfo.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/privileges.h"
#include "fields.h"
#include "identify.h"
#include "judge.h"
#include "tracer_state.h"

#define QUEUE_BYTES (1024 * 1024)
#define QUEUE_KEPT_BYTES (16 * 1024)
#define TICK_MS 1000 /* how often losses are looked for */
#define WRITER_PATIENCE_MS 2000 /* for a reader that has stopped reading, at the end */

static void count_incident(struct tracer *tracer, const struct incident *incident)
{
	tracer->incidents++;
	tracer->victims += incident->victim.fate == FATE_KILLED;
	tracer->victims += incident->other_victims_omitted;
	for (__u64 i = 0; i < incident->other_victims_count; i++)
		tracer->victims += incident->other_victims[i].fate != FATE_ALREADY_EXITING;
	if (tracer->incidents == tracer->options.count)
		tracer->stop = true;
}

static bool was_hidden(const struct tracer *tracer, const struct event *ev)
{
	for (size_t i = 0; i < TRACER_HIDDEN_MAX; i++)
		if (!strcmp(tracer->hidden[i], ev->id))
			return true;
	return false;
}

/* What is known later is told to whom the first part was told. */
static bool is_shown(struct tracer *tracer, const struct event *ev)
{
	if (ev->type == EVENT_UPDATE)
		return !was_hidden(tracer, ev);
	if (filter_shows(&tracer->options.filter, ev))
		return true;
	tracer->filtered++;
	memcpy(tracer->hidden[tracer->hidden_count++ % TRACER_HIDDEN_MAX], ev->id, sizeof(ev->id));
	return false;
}

/* The end of the assembler's part: place, judge, and on to the writer. */
void tracer_take(void *context, struct event *ev)
{
	struct tracer *tracer = context;
	struct losses losses;
	bool shown;

	if (tracer->stop)
		return;
	keeper_complete(&tracer->keeper, ev);
	identify_event(ev);
	history_fill(&tracer->history, ev);
	gfp_complete(&tracer->probe.gfp, ev);
	ksyms_complete(&tracer->ksyms, ev);
	kubelet_reserve_complete(&tracer->reserve, tracer->machine.memory_total_bytes, ev);
	keeper_name(&tracer->keeper, ev);
	judge_event(ev);
	tracer_audit_take(tracer, ev);
	tracer_past_seen(tracer, ev);
	tracer_metrics_take(tracer, ev); /* whatever is shown */
	shown = is_shown(tracer, ev);
	if (event_has_incident(ev)) {
		if (shown)
			repeat_take(&tracer->repeats, ev);
		tracer_read_losses(tracer, &losses);
		ev->incident.losses_total = losses.total;
	}
	tracer_complete(tracer, ev);
	tracer_state_keep(tracer, ev); /* here, too */
	if (!shown)
		return;
	queue_push(&tracer->queue, ev);
	tracer_history_ask(tracer, ev);
	tracer->stalls += ev->type == EVENT_STALL;
	if (ev->type == EVENT_INCIDENT)
		count_incident(tracer, &ev->incident);
}

/* A kill whose decision began before the hook was attached is none of its misses. */
#define ATTACHING_NS 1000000000ULL

static bool hook_is_silent(const struct tracer *tracer)
{
	const struct assemble_stats *stats = &tracer->assembler.stats;

	return stats->undecided > 1 ||
	       (stats->undecided && stats->undecided_ns > tracer->started_ns + ATTACHING_NS);
}

/*
 * A hook may be attached and never fire (kernel.ftrace_enabled=0). The kill that shows it is told,
 * its owner inferred: what the plan tracepoint has besides is attached from the start, since later
 * nobody may attach any more. The silent hooks stay: they may fire again.
 */
static void watch_hook(struct tracer *tracer)
{
	if (tracer->plan == ATTACH_TRACEPOINT || !hook_is_silent(tracer))
		return;
	log_error("the %s hook on oom_kill_process is attached but did not fire (is "
		  "kernel.ftrace_enabled 0?): from now on limit owners are inferred",
		  attach_names[tracer->plan]);
	tracer->silent_plan = tracer->plan;
	tracer->plan = ATTACH_TRACEPOINT;
	tracer_note_start(tracer);
}

static void take_kill_record(void *context, const void *record, size_t size)
{
	struct tracer *tracer = context;

	assemble_record(&tracer->assembler, record, size);
}

static void take_cgroup_record(void *context, const void *record, size_t size)
{
	struct tracer *tracer = context;

	keeper_record(&tracer->keeper, record, size);
	tracer_history_cgroup(tracer, record, size);
}

static void take_baseline(void *context, __u64 id, __u64 oom_events)
{
	struct tracer *tracer = context;

	infer_baseline(&tracer->assembler.infer, id, oom_events);
}

static struct oomwhy_attempts read_attempts(void *context, __u32 slot)
{
	struct tracer *tracer = context;

	return bpf_source__attempts(tracer->source, slot);
}

static void init_assembler(struct tracer *tracer)
{
	struct assemble_config config = {
		.page_bytes = tracer->machine.page_bytes,
		.memory_total_bytes = tracer->machine.memory_total_bytes,
		.cpus = tracer->machine.cpus,
		.wall_ns = clock_wall_of_boot,
		.attempts = read_attempts,
		.emit = tracer_take,
		.context = tracer,
	};

	memcpy(config.boot_id, tracer->machine.boot_id, sizeof(config.boot_id));
	assemble_init(&tracer->assembler, &config);
}

static int watch(struct tracer *tracer, int fd, __u32 events)
{
	struct epoll_event event = { .events = events, .data.fd = fd };

	return epoll_ctl(tracer->epoll_fd, EPOLL_CTL_ADD, fd, &event) ? -errno : 0;
}

static int open_loop(struct tracer *tracer)
{
	sigset_t signals;
	int err;

	sigemptyset(&signals);
	sigaddset(&signals, SIGINT);
	sigaddset(&signals, SIGTERM);
	sigprocmask(SIG_BLOCK, &signals, NULL);
	signal(SIGPIPE, SIG_IGN);
	tracer->signal_fd = signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK);
	tracer->writer.stopped_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	tracer->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	if (tracer->signal_fd < 0 || tracer->writer.stopped_fd < 0 || tracer->epoll_fd < 0)
		return -errno;
	err = watch(tracer, tracer->signal_fd, EPOLLIN);
	err = err ? err : watch(tracer, tracer->writer.stopped_fd, EPOLLIN);
	err = err ? err :
		    watch(tracer, tracer_kill_fd(tracer),
			  tracer->pin ? EPOLLIN | EPOLLET : EPOLLIN);
	if (err)
		return err;
	/* A reader that goes is noticed at once, not at the next kill. A file cannot be watched. */
	err = watch(tracer, STDOUT_FILENO, 0);
	return err == -EPERM ? 0 : err;
}

static void consume_cgroups(void *context)
{
	struct tracer *tracer = context;

	if (tracer->kmsg)
		tracer_kmsg_cgroups(tracer);
	else
		bpf_source__consume_cgroups(tracer->source);
}

static __u64 dropped_cgroups(void *context)
{
	const struct tracer *tracer = context;

	if (tracer->kmsg)
		return tracer->rescans;
	return bpf_source__counter(tracer->source, OOMWHY_LOST_CGROUP_RECORDS);
}

/* T2 */
static bool look_up(void *context, const struct place *place, struct container_names *ret)
{
	struct tracer *tracer = context;
	bool found = names_look_up(tracer->names, place, ret);

	tracer_metrics_lookup(tracer, found ? ret->source : IDENTITY_PATH);
	return found;
}

/* T2 */
static bool have_changed(void *context)
{
	const struct tracer *tracer = context;

	return names_have_changed(tracer->names);
}

/* Without the node's files kills are told all the same, with what their paths say. */
static void open_names(struct tracer *tracer)
{
	const struct tracer_options *options = &tracer->options;

	tracer->names = names_open(options->host_root, &options->names_roots,
				   tracer->machine.memory_total_bytes);
	if (!tracer->names)
		log_error("pods and containers stay without names: %s/: %s", options->host_root,
			  strerror(errno));
}

static int start_threads(struct tracer *tracer)
{
	const char *no_color = getenv("NO_COLOR");
	struct writer *writer = &tracer->writer;
	struct keeper_config keeper = {
		.host_root = tracer->options.host_root,
		.is_v1 = tracer->probe.memory_hierarchy != 0,
		.names_are_unread = tracer->probe.reads_are_direct,
		.fd = tracer->kmsg ? tracer->rescan_fd : bpf_source__cgroup_fd(tracer->source),
		.consume = consume_cgroups,
		.dropped = dropped_cgroups,
		.context = tracer,
		.look_up = tracer->names ? look_up : NULL,
		.have_changed = tracer->names ? have_changed : NULL,
		.names = tracer,
	};
	int err = queue_init(&tracer->queue, QUEUE_BYTES, QUEUE_KEPT_BYTES);

	if (err)
		return err;
	writer->queue = &tracer->queue;
	writer->json = tracer->options.json;
	writer->fd = STDOUT_FILENO;
	writer->style.colour = isatty(STDOUT_FILENO) && !(no_color && *no_color);
	writer->style.utf8 = !strcmp(nl_langinfo(CODESET), "UTF-8");
	err = keeper_start(&tracer->keeper, &keeper);
	if (err)
		return err;
	err = tracer_history_start(tracer);
	if (err)
		goto no_history;
	tracer_pin_start(tracer);
	err = tracer_metrics_start(tracer);
	tracer_raise_priority();
	err = err ? err : writer_start(writer);
	if (!err)
		return 0;
	history_stop(&tracer->history);
no_history:
	keeper_stop(&tracer->keeper);
	return err;
}

/* Milliseconds until the loop has something to do even if nothing happens. */
static __u64 until_next(__u64 deadline_ns, __u64 end_ns)
{
	__u64 now_ns = clock_boot_ns(), next_ns = now_ns + TICK_MS * 1000000ULL;

	if (deadline_ns && deadline_ns < next_ns)
		next_ns = deadline_ns;
	if (end_ns && end_ns < next_ns)
		next_ns = end_ns;
	return next_ns <= now_ns ? 0 : (next_ns - now_ns) / 1000000 + 1;
}

static void loop(struct tracer *tracer)
{
	__u64 duration_ns = tracer->options.duration_ns, deadline_ns = 0;
	__u64 end_ns = duration_ns ? tracer->started_ns + duration_ns : 0;
	__u64 tick_ns = clock_boot_ns();

	while (!tracer->stop) {
		struct epoll_event events[4];
		int count = epoll_wait(tracer->epoll_fd, events, 4,
				       (int)until_next(deadline_ns, end_ns));

		for (int i = 0; i < count; i++)
			if (events[i].data.fd != tracer_kill_fd(tracer))
				tracer->stop = true; /* told to end, or nobody reads any more */
		/* What happened before the end was asked for is still told. */
		if (tracer->stop)
			break;
		tracer_consume(tracer);
		deadline_ns = assemble_tick(&tracer->assembler, clock_boot_ns());
		deadline_ns = tracer_kmsg_tick(tracer, deadline_ns);
		deadline_ns = tracer_history_tick(tracer, deadline_ns);
		deadline_ns = tracer_pin_tick(tracer, deadline_ns);
		watch_hook(tracer);
		if (clock_boot_ns() - tick_ns >= TICK_MS * 1000000ULL) {
			tick_ns = clock_boot_ns();
			tracer_audit_tick(tracer);
			tracer_past_tick(tracer);
			tracer_note_losses(tracer);
		}
		if (end_ns && clock_boot_ns() >= end_ns)
			break;
	}
}

static void finish(struct tracer *tracer)
{
	if (!tracer->options.count || tracer->incidents < tracer->options.count) {
		tracer->stop = false;
		tracer_consume(tracer);
		/* What is still open is left to who comes after us. */
		if (!tracer->pin)
			assemble_flush(&tracer->assembler);
		tracer_kmsg_flush(tracer);
		tracer_audit_end(tracer);
		tracer_note_losses(tracer);
	}
	history_stop(&tracer->history); /* what it was asked is answered first */
	tracer->past_until_ns = 0;
	tracer_past_tick(tracer);
	tracer_note_stop(tracer);
	queue_close(&tracer->queue);
}

static enum exit_status end_of_writer(struct tracer *tracer)
{
	int err = writer_finish(&tracer->writer, WRITER_PATIENCE_MS);

	if (err == -EPIPE)
		return STATUS_DONE; /* a reader like `head` has seen enough */
	if (!err && tracer->stop_is_told)
		return STATUS_DONE;
	if (!err) {
		log_error(
			"stdout was read too slowly: %llu incidents and the closing count are lost",
			queue_dropped(&tracer->queue).kills);
		return STATUS_FAILED;
	}
	log_error("cannot write to stdout: %s",
		  err == -ETIMEDOUT ? "its reader does not read" : strerror(-err));
	/* The writer still uses what is ours: no clean-up, the kernel detaches everything. */
	if (err == -ETIMEDOUT)
		_exit(STATUS_FAILED);
	return STATUS_FAILED;
}

/* All is attached and locked; reading the rings, or what is open, needs nothing. */
static void drop_privileges(const struct tracer *tracer)
{
	bool copies = tracer->kmsg && !tracer->kmsg->is_device;
	int err = privileges_keep(copies ? PRIVILEGES_COPY_LOG : PRIVILEGES_NONE);

	if (err)
		log_error("privileges are kept: %s", strerror(-err));
}

/* What was before is told and accounted for; what comes is to be seen. */
static int start_audit(struct tracer *tracer, __u64 attach_ns)
{
	tracer_audit_begin(tracer);
	tracer_past_tell(tracer, attach_ns);
	return audit_start(&tracer->audit);
}

/* Before anything else: what cannot be had is an error of the command line. */
static bool open_outputs(struct tracer *tracer)
{
	const char *path = tracer->options.record;
	int err = tracer_metrics_open(tracer);

	if (err) {
		log_error("metrics cannot be served: %s", strerror(-err));
		return false;
	}
	err = recorder_open(&tracer->writer.recorder, path);
	if (err)
		log_error("cannot record to %s: %s", path, strerror(-err));
	return !err;
}

static enum exit_status trace(struct tracer *tracer)
{
	struct bpf_handlers handlers = {
		.kill = take_kill_record,
		.kill_context = tracer,
		.cgroup = take_cgroup_record,
		.cgroup_context = tracer,
		.baseline = take_baseline,
		.baseline_context = tracer,
		.kill_ring_bytes = tracer->options.ring_bytes,
	};
	enum exit_status status;
	bool all_is_kept;
	__u64 attach_ns;
	int err;

	if (!open_outputs(tracer))
		return STATUS_FAILED;
	machine_read(&tracer->machine);
	init_assembler(tracer);
	attach_ns = clock_boot_ns();
	status = tracer_pin_open(tracer);
	if (!status)
		status = tracer_open_source(tracer, &handlers);
	if (status)
		return status;
	status = tracer_state_open(tracer);
	if (status)
		return status;
	open_names(tracer);
	kubelet_reserve_read(tracer->options.host_root, tracer->machine.memory_total_bytes,
			     &tracer->reserve);
	err = open_loop(tracer);
	err = err ? err : start_threads(tracer);
	err = err ? err : start_audit(tracer, tracer_pin_since(tracer, attach_ns));
	if (err) {
		log_error("cannot start: %s", strerror(-err));
		return STATUS_FAILED;
	}
	tracer_protect(tracer);
	drop_privileges(tracer);
	tracer->started_ns = clock_boot_ns();
	tracer_kmsg_losses(tracer, &tracer->reported); /* none yet; of BPF never any */
	tracer->reported.before_start = NOT_KNOWN;
	tracer_note_start(tracer);
	tracer_note_losses(tracer);
	loop(tracer);
	finish(tracer);
	all_is_kept = tracer_state_close(tracer);
	status = end_of_writer(tracer);
	tracer_pin_close(tracer);
	status = tracer->failed ? STATUS_FAILED : status;
	/* A disk that does not answer keeps nothing from being told, nor us from ending. */
	if (!all_is_kept || keeper_stop(&tracer->keeper))
		_exit(status);
	return status;
}

int tracer_run(const struct tracer_options *options)
{
	struct tracer *tracer = calloc(1, sizeof(*tracer));
	enum exit_status status;

	if (!tracer) {
		log_error("out of memory");
		return STATUS_FAILED;
	}
	tracer->options = *options;
	history_init(&tracer->history);
	status = trace(tracer);
	history_free(&tracer->history);
	tracer_metrics_close(tracer);
	bpf_source__close(tracer->source);
	tracer_pin_free(tracer);
	tracer_kmsg_close(tracer);
	recorder_close(&tracer->writer.recorder);
	queue_free(&tracer->queue);
	names_close(tracer->names);
	free(tracer);
	return status;
}
