// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>

#include "base/log.h"
#include "fields.h"
#include "tracer_state.h"

#define WHY_MAX 512

static int open_source(struct tracer *tracer, const struct bpf_handlers *handlers)
{
	return bpf_source__open(&tracer->probe, tracer->plan, handlers, tracer_pin_pins(tracer),
				&tracer->source);
}

/* What is told after a kill must not keep the kill from being told. */
static int try_plan(struct tracer *tracer, const struct bpf_handlers *handlers)
{
	int err = open_source(tracer, handlers), refusal = err;

	if (!err || tracer->probe.reads_are_direct)
		return err;
	tracer->probe.candidates_are_refused = true;
	err = open_source(tracer, handlers);
	tracer->probe.candidates_are_refused = false;
	if (err)
		return refusal;
	log_error("whom else the kernel could have chosen is not told: it refuses that program: %s",
		  strerror(-refusal));
	return 0;
}

/* Resources that end; NULL: the kernel has another reason. */
static const char *lack(const struct probe *probe, int err)
{
	struct rlimit limit;

	if (err == -ENOMEM)
		return "there is no memory for our maps: raise the memory limit of our own cgroup, or "
		       "ask for less with --ring";
	/* libbpf has tried to raise it. */
	if (err == -EPERM && probe->bpf_memory_is_memlocked && !getrlimit(RLIMIT_MEMLOCK, &limit) &&
	    limit.rlim_cur != RLIM_INFINITY)
		return "RLIMIT_MEMLOCK has no room for our maps: run as root, or with CAP_SYS_RESOURCE";
	return NULL;
}

static void say_refusal(const struct tracer *tracer, int err, char why[static WHY_MAX])
{
	const char *lacks = lack(&tracer->probe, err);

	if (lacks)
		snprintf(why, WHY_MAX, "%s cannot be used: %s", attach_names[tracer->plan], lacks);
	else if (tracer->pin && err == -EOPNOTSUPP)
		snprintf(why, WHY_MAX,
			 "--pin: this kernel keeps no program of the plan %s (kprobes: Linux 5.15)",
			 attach_names[tracer->plan]);
	else
		snprintf(why, WHY_MAX,
			 "the kernel refuses our programs for %s: %s (--verbose tells more)",
			 attach_names[tracer->plan], strerror(-err));
}

/* What was asked for, or nothing. */
static enum exit_status open_plan(struct tracer *tracer, const struct bpf_handlers *handlers)
{
	char why[WHY_MAX];
	int err;

	if (probe_plan_error(&tracer->probe, tracer->plan)) {
		log_error("--attach %s is not possible here: %s", attach_names[tracer->plan],
			  probe_plan_hint(&tracer->probe, tracer->plan));
		return STATUS_NOT_POSSIBLE;
	}
	err = try_plan(tracer, handlers);
	if (!err)
		return STATUS_DONE;
	say_refusal(tracer, err, why);
	log_error("--attach %s is not possible here: %s", attach_names[tracer->plan], why);
	return STATUS_NOT_POSSIBLE;
}

/* The plan that shows most of those that work; false: none does, and @why says why. */
static bool open_best(struct tracer *tracer, const struct bpf_handlers *handlers,
		      char why[static WHY_MAX])
{
	int err = 0;

	snprintf(why, WHY_MAX, "%s", probe_plan_hint(&tracer->probe, ATTACH_TRACEPOINT));
	for (tracer->plan = probe_best_plan(&tracer->probe); tracer->plan < ATTACH_KMSG;
	     tracer->plan++) {
		if (probe_plan_error(&tracer->probe, tracer->plan))
			continue;
		err = try_plan(tracer, handlers);
		if (!err) {
			if (tracer->plan != probe_best_plan(&tracer->probe))
				log_error("%s; %s is used", why, attach_names[tracer->plan]);
			return true;
		}
		say_refusal(tracer, err, why);
	}
	return false;
}

/* @why: what keeps BPF from being used; NULL: it was not asked for. */
static enum exit_status open_log(struct tracer *tracer, const char *why)
{
	struct kmsg_errors errors;

	if (tracer_kmsg_open(tracer, &errors)) {
		log_error("%s%s%s the kernel's log cannot be read (/dev/kmsg: %s, syslog(2): %s): "
			  "run as root, or with CAP_SYSLOG",
			  why ? "cannot trace here: " : "--attach kmsg is not possible here",
			  why ? why : "", why ? ". And" : ":", strerror(-errors.device),
			  strerror(-errors.syslog));
		return STATUS_NOT_POSSIBLE;
	}
	tracer_pin_free(tracer); /* the kernel keeps its log itself */
	if (why)
		log_error("no BPF here: %s. The kernel's log is followed instead, which says less: "
			  "evidence log",
			  why);
	return STATUS_DONE;
}

static void want_stacks(struct tracer *tracer)
{
	int err = ksyms_read(&tracer->ksyms, "/proc/kallsyms");

	tracer->probe.stacks_are_wanted = true;
	if (err)
		log_error("stacks are told as addresses, /proc/kallsyms does not name them: %s "
			  "(CAP_SYSLOG may be missing)",
			  strerror(-err));
}

enum exit_status tracer_open_source(struct tracer *tracer, const struct bpf_handlers *handlers)
{
	char why[WHY_MAX];

	tracer->plan = tracer->options.attach;
	if (tracer->plan == ATTACH_KMSG && tracer->pin) {
		log_error("--pin keeps programs, and --attach kmsg has none");
		return STATUS_NOT_POSSIBLE;
	}
	if (tracer->plan == ATTACH_KMSG) {
		probe_machine(&tracer->probe);
		return open_log(tracer, NULL);
	}
	probe_kernel(&tracer->probe);
	if (tracer->options.stacks)
		want_stacks(tracer);
	if (tracer->plan)
		return open_plan(tracer, handlers);
	if (open_best(tracer, handlers, why))
		return STATUS_DONE;
	return open_log(tracer, why);
}
