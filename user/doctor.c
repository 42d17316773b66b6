// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/units.h"
#include "doctor.h"
#include "fields.h"
#include "source/bpf.h"
#include "version.h"

static const enum attach_plan plans[] = { ATTACH_FENTRY, ATTACH_KPROBE, ATTACH_TRACEPOINT };

#define PLANS (sizeof(plans) / sizeof(*plans))

int doctor_read_line(const char *root, const char *path, char *ret, size_t size)
{
	char name[4096];
	FILE *file;
	int err = 0;

	*ret = '\0';
	snprintf(name, sizeof(name), "%s%s", root, path);
	file = fopen(name, "re");
	if (!file)
		return -errno;
	errno = 0;
	if (!fgets(ret, (int)size, file))
		err = errno ? -errno : -ENODATA;
	fclose(file);
	ret[strcspn(ret, "\n")] = '\0';
	return err;
}

static void add_btf(struct doctor *doctor)
{
	const struct probe *probe = &doctor->probe;
	struct finding *finding;

	if (!probe->btf_error) {
		checkup_add(doctor->ret, FINDING_OK, "btf", "/sys/kernel/btf/vmlinux");
		return;
	}
	finding =
		checkup_add(doctor->ret, FINDING_MISSING, "btf", "%s", strerror(-probe->btf_error));
	finding_fix(finding, "%s", probe_btf_hint());
}

static void add_ring_buffer(struct doctor *doctor)
{
	const struct probe *probe = &doctor->probe;
	struct finding *finding;

	if (!probe->bpf_error) {
		checkup_add(doctor->ret, FINDING_OK, "ring_buffer", "bpf() makes one");
		return;
	}
	finding = checkup_add(doctor->ret, FINDING_MISSING, "ring_buffer", "bpf(): %s",
			      strerror(-probe->bpf_error));
	finding_fix(finding, "%s", probe_bpf_hint(probe));
}

static void add_mark_victim(struct doctor *doctor)
{
	if (doctor->probe.btf_error || doctor->probe.tracepoint.step == PROBE_SYMBOL)
		return; /* nothing is known of it */
	checkup_add(doctor->ret, FINDING_OK, "mark_victim", "%s",
		    doctor->probe.mark_victim_has_task ? "the tracepoint gives the task" :
							 "the tracepoint gives a pid");
}

static void ignore_record(void *context, const void *record, size_t size)
{
	(void)context;
	(void)record;
	(void)size;
}

static void ignore_baseline(void *context, __u64 id, __u64 oom_events)
{
	(void)context;
	(void)id;
	(void)oom_events;
}

/* The probes' programs do nothing; what the verifier and lockdown say of the real ones is told by
 * these only. */
static int try_for_real(struct doctor *doctor, enum attach_plan plan)
{
	struct bpf_handlers handlers = {
		.kill = ignore_record,
		.cgroup = ignore_record,
		.baseline = ignore_baseline,
	};
	struct bpf_source *source = NULL;
	int err = bpf_source__open(&doctor->probe, plan, &handlers, NULL, &source);

	if (err)
		return err;
	bpf_source__ring_bytes(source, &doctor->kill_ring_bytes, &doctor->cgroup_ring_bytes);
	bpf_source__close(source);
	return 0;
}

/* The name of the finding without which no plan, or not this one, is possible; NULL: nothing. */
static const char *blocker(const struct probe *probe, enum attach_plan plan)
{
	if (probe->memory_error)
		return "memory_controller";
	if (probe->bpf_error)
		return "ring_buffer";
	if (probe->btf_error)
		return "btf";
	return probe->tracepoint.error && plan != ATTACH_TRACEPOINT ? "tracepoint" : NULL;
}

static const struct probe_try *try_of(const struct probe *probe, enum attach_plan plan)
{
	return plan == ATTACH_FENTRY ? &probe->fentry :
	       plan == ATTACH_KPROBE ? &probe->kprobe :
				       &probe->tracepoint;
}

static void add_failed_try(struct doctor *doctor, enum attach_plan plan)
{
	static const char *const steps[] = {
		[PROBE_SYMBOL] = "is not in this kernel",
		[PROBE_LOAD] = "does not load",
		[PROBE_ATTACH] = "does not attach",
	};
	const struct probe_try *try = try_of(&doctor->probe, plan);
	struct finding *finding;

	if (try->step == PROBE_FIRE)
		finding = checkup_add(doctor->ret, FINDING_MISSING, attach_names[plan],
				      "would attach and never fire");
	else
		finding = checkup_add(doctor->ret, FINDING_MISSING, attach_names[plan], "%s (%s)",
				      steps[try->step], strerror(-try->error));
	finding_fix(finding, "%s", probe_plan_hint(&doctor->probe, plan));
}

static void add_refused(struct doctor *doctor, enum attach_plan plan, int err)
{
	finding_fix(checkup_add(doctor->ret, FINDING_MISSING, attach_names[plan],
				"refuses our programs (%s)", strerror(-err)),
		    "run oomwhy doctor -v: the kernel's own words tell more");
}

static void add_plan(struct doctor *doctor, enum attach_plan plan)
{
	const char *needed = blocker(&doctor->probe, plan);
	int err;

	if (needed) {
		checkup_add(doctor->ret, FINDING_MISSING, attach_names[plan],
			    "needs %s, which is missing", needed);
		return;
	}
	if (probe_plan_error(&doctor->probe, plan)) {
		add_failed_try(doctor, plan);
		return;
	}
	err = try_for_real(doctor, plan);
	if (err) {
		add_refused(doctor, plan, err);
		return;
	}
	checkup_add(doctor->ret, FINDING_OK, attach_names[plan], "loads and attaches our programs");
	if (!doctor->ret->attach)
		doctor->ret->attach = plan;
}

/* Why the plans that show more are not used. */
static void explain(const struct doctor *doctor, char *ret, size_t size)
{
	const struct finding *finding = &doctor->ret->findings[doctor->plans_at];
	size_t len = 0;

	for (; finding->state != FINDING_OK && len < size; finding++)
		len += (size_t)snprintf(ret + len, size - len, "%s %s %s",
					len ? " and" : ", because", finding->name, finding->detail);
	if (!len)
		snprintf(ret, size, ", which shows most");
}

/* No BPF plan works: the log, if it can be read. */
static void conclude_without_bpf(struct doctor *doctor)
{
	struct checkup *checkup = doctor->ret;
	const struct finding *last = &checkup->findings[doctor->plans_at + PLANS - 1];
	const char *fix = *last->fix ? last->fix :
				       probe_plan_hint(&doctor->probe, ATTACH_TRACEPOINT);

	if (doctor->has_log) {
		checkup->attach = ATTACH_KMSG;
		checkup->evidence = EVIDENCE_LOG;
		checkup->severity = CHECKUP_WARN;
		checkup->possible = true;
	}
	snprintf(checkup->verdict, sizeof(checkup->verdict), "%s: %s",
		 doctor->has_log ? "tracing is possible by the kernel's log only, evidence log" :
				   "tracing is not possible",
		 fix);
}

/* What comes faster than it is read waits there; what finds no room is lost, and counted. */
static void add_rings(struct doctor *doctor)
{
	char kills[UNITS_MAX], cgroups[UNITS_MAX];

	if (doctor->kill_ring_bytes)
		checkup_add(doctor->ret, FINDING_OK, "rings", "%s for kills, %s for cgroups",
			    units_bytes(doctor->kill_ring_bytes, kills, sizeof(kills)),
			    units_bytes(doctor->cgroup_ring_bytes, cgroups, sizeof(cgroups)));
}

static void conclude(struct doctor *doctor)
{
	struct checkup *checkup = doctor->ret;
	char why[320] = "";

	if (!checkup->attach) {
		conclude_without_bpf(doctor);
		return;
	}
	checkup->possible = true;
	checkup->evidence = checkup->attach == ATTACH_TRACEPOINT ? EVIDENCE_INFERRED :
								   EVIDENCE_EXACT;
	checkup->severity = checkup->evidence == EVIDENCE_EXACT ? CHECKUP_INFO : CHECKUP_WARN;
	explain(doctor, why, sizeof(why));
	snprintf(checkup->verdict, sizeof(checkup->verdict),
		 "tracing is possible by %s, evidence %s%s", attach_names[checkup->attach],
		 evidence_names[checkup->evidence], why);
}

static void begin(struct doctor *doctor)
{
	struct checkup *ret = doctor->ret;
	const char *node_name = doctor->options->node_name;

	memset(ret, 0, sizeof(*ret));
	ret->severity = CHECKUP_ERROR;
	ret->time_ns = clock_wall_ns();
	ret->boot_time_ns = clock_boot_ns();
	snprintf(ret->version, sizeof(ret->version), "%s", OOMWHY_VERSION);
	snprintf(ret->id, sizeof(ret->id), "%.8s-%llu-doctor", doctor->machine.boot_id,
		 ret->boot_time_ns / 1000000000ULL);
	snprintf(ret->node_name, sizeof(ret->node_name), "%s",
		 node_name ? node_name : doctor->machine.host_name);
	snprintf(ret->kernel, sizeof(ret->kernel), "%s", doctor->machine.kernel);
}

void doctor_examine(const struct doctor_options *options, struct checkup *ret)
{
	struct doctor doctor = { .options = options, .ret = ret };

	machine_read(&doctor.machine);
	doctor_limits(&doctor);
	probe_kernel(&doctor.probe);
	begin(&doctor);
	doctor_machine(&doctor);
	add_btf(&doctor);
	add_ring_buffer(&doctor);
	add_mark_victim(&doctor);
	doctor_rights(&doctor);
	doctor_protect(&doctor);
	doctor_kept(&doctor);
	doctor_pins(&doctor);
	doctor_node(&doctor);
	doctor_running(&doctor);
	doctor.plans_at = ret->findings_count;
	for (size_t i = 0; i < PLANS; i++)
		add_plan(&doctor, plans[i]);
	add_rings(&doctor);
	conclude(&doctor);
}
