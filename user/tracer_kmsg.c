// SPDX-License-Identifier: GPL-2.0-only
/* tracer_kmsg: the kernel's log instead of BPF, and what nobody tells then: new cgroups. */
#include <errno.h>
#include <string.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "tracer_state.h"

#define SECOND_NS 1000000000ULL
#define RESCAN_S 5 /* no kernel side tells of cgroups that come and go */

int tracer_kill_fd(const struct tracer *tracer)
{
	return tracer->kmsg ? tracer->kmsg->fd : bpf_source__kill_fd(tracer->source);
}

void tracer_consume(struct tracer *tracer)
{
	int err;

	if (tracer->pin) {
		tracer_pin_consume(tracer);
		return;
	}
	if (!tracer->kmsg) {
		bpf_source__consume_kills(tracer->source);
		return;
	}
	err = kmsg__consume(tracer->kmsg);
	if (!err || tracer->failed)
		return;
	log_error("the kernel's log cannot be read any more: %s", strerror(-err));
	tracer->failed = tracer->stop = true;
}

static void rescan_in(const struct tracer *tracer, __u64 ns)
{
	struct itimerspec when = { { RESCAN_S, 0 },
				   { (__time_t)(ns / SECOND_NS), (long)(ns % SECOND_NS) } };

	timerfd_settime(tracer->rescan_fd, 0, &when, NULL);
}

/* Who is about to die may be younger than the last look. In a storm once a second is enough. */
static void report_begins(void *context)
{
	struct tracer *tracer = context;
	__u64 now_ns = clock_boot_ns(), due_ns = tracer->rescan_ns + SECOND_NS;

	if (tracer->rescan_ns > now_ns)
		return; /* it is set */
	tracer->rescan_ns = due_ns > now_ns ? due_ns : now_ns;
	rescan_in(tracer, tracer->rescan_ns - now_ns + 1); /* 0 would be never */
}

static void take_report(void *context, struct event *ev)
{
	struct tracer *tracer = context;

	if (ev->type == EVENT_LOSS)
		return; /* told with the others, tracer_note_losses() */
	if (ev->type == EVENT_STALL && !kmsg_stalls_take(&tracer->log_stalls, ev, clock_boot_ns()))
		return;
	ev->origin = ORIGIN_LIVE;
	keeper_find(&tracer->keeper, ev);
	tracer_take(tracer, ev);
}

int tracer_kmsg_open(struct tracer *tracer, struct kmsg_errors *ret_errors)
{
	struct kmsg_config config = {
		.page_bytes = tracer->machine.page_bytes,
		.boot_id = tracer->machine.boot_id,
		.begun = report_begins,
		.emit = take_report,
		.context = tracer,
	};
	int err = kmsg__open(&config, &tracer->kmsg, ret_errors);

	if (err)
		return err;
	tracer->plan = ATTACH_KMSG;
	tracer->rescan_fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
	if (tracer->rescan_fd < 0)
		return -errno;
	rescan_in(tracer, RESCAN_S * SECOND_NS);
	return 0;
}

/* 0: never */
static __u64 earlier(__u64 a_ns, __u64 b_ns)
{
	return !a_ns || (b_ns && b_ns < a_ns) ? b_ns : a_ns;
}

__u64 tracer_kmsg_tick(struct tracer *tracer, __u64 next_ns)
{
	__u64 now_ns = clock_boot_ns(), stall_ns, kmsg_ns;
	struct event *ev;

	if (!tracer->kmsg)
		return next_ns;
	kmsg_ns = kmsg__tick(tracer->kmsg, now_ns);
	while ((ev = kmsg_stalls_end(&tracer->log_stalls, now_ns, &stall_ns))) {
		keeper_find(&tracer->keeper, ev);
		tracer_take(tracer, ev);
	}
	return earlier(earlier(next_ns, kmsg_ns), stall_ns);
}

void tracer_kmsg_flush(struct tracer *tracer)
{
	if (tracer->kmsg)
		kmsg__flush(tracer->kmsg);
}

void tracer_kmsg_losses(const struct tracer *tracer, struct losses *ret)
{
	if (!tracer->kmsg) {
		ret->log_reports = ret->log_overwritten = NOT_KNOWN;
		return;
	}
	ret->log_reports = tracer->kmsg->losses.suppressed;
	ret->log_overwritten = tracer->kmsg->losses.overwritten;
	ret->total += ret->log_reports + ret->log_overwritten;
}

void tracer_kmsg_cgroups(struct tracer *tracer)
{
	__u64 expirations;

	if (read(tracer->rescan_fd, &expirations, sizeof(expirations)) == sizeof(expirations))
		tracer->rescans++; /* as if records had been dropped: it walks */
}

void tracer_kmsg_close(struct tracer *tracer)
{
	if (!tracer->kmsg)
		return;
	close(tracer->rescan_fd);
	kmsg__close(tracer->kmsg);
	tracer->kmsg = NULL;
}
