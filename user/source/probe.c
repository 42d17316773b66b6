// SPDX-License-Identifier: GPL-2.0-only
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <linux/bpf.h>
#include <linux/perf_event.h>
#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>

#include "base/privileges.h"
#include "source/libbpf_log.h"
#include "source/probe.h"
#include "source/probe_direct.h"

#define DECISION_FUNCTION "oom_kill_process"

/* Whoever reads /proc/PID/oom_score calls it: so it is seen whether kprobes fire, without a kill.
 */
#define HARMLESS_FUNCTION "oom_badness"
#define HARMLESS_FILE "/proc/self/oom_score"

#define SILENT (-ENOMSG) /* it would be attached, and not fire */
#define KERNELS_ENOTSUPP 524 /* the kernel's own, which strerror() does not know */

/* A program that does nothing: return 0. */
static const struct bpf_insn nothing[] = {
	{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0, .imm = 0 },
	{ .code = BPF_JMP | BPF_EXIT },
};

static struct probe_try failed(enum probe_step step, int error)
{
	return (struct probe_try){ .error = error, .step = step };
}

static int load_tracing(enum bpf_attach_type type, int btf_id)
{
	LIBBPF_OPTS(bpf_prog_load_opts, opts, .expected_attach_type = type,
		    .attach_btf_id = btf_id);
	int fd = bpf_prog_load(BPF_PROG_TYPE_TRACING, NULL, "GPL", nothing, 2, &opts);

	return fd < 0 ? -errno : fd;
}

/* Loading is not enough: with ftrace off 5.10 refuses only to attach. */
static struct probe_try try_tracing(enum bpf_attach_type type, int btf_id)
{
	int fd, link, err;

	if (btf_id < 0)
		return failed(PROBE_SYMBOL, -ENOENT);
	fd = load_tracing(type, btf_id);
	if (fd < 0)
		return failed(PROBE_LOAD, fd);
	link = bpf_raw_tracepoint_open(NULL, fd);
	err = link < 0 ? -errno : 0;
	if (err == -KERNELS_ENOTSUPP)
		err = -EOPNOTSUPP;
	close(fd);
	if (link >= 0)
		close(link);
	return failed(PROBE_ATTACH, err);
}

/*
 * What is attached to a function while ftrace is off never fires. It is not even tried: Linux 5.10
 * and 6.1 may then break (a warning, no ftrace until the next boot, on 5.10 an oops) when it is on
 * again. After that the sysctl is still there, and cannot be read.
 */
static bool ftrace_is_off(void)
{
	FILE *file = fopen("/proc/sys/kernel/ftrace_enabled", "re");
	int enabled;
	bool off;

	if (!file)
		return false;
	off = fscanf(file, "%d", &enabled) != 1 || !enabled;
	fclose(file);
	return off;
}

static struct probe_try try_fentry(const struct btf *btf)
{
	int id = btf__find_by_name_kind(btf, DECISION_FUNCTION, BTF_KIND_FUNC);
	struct probe_try try;

	if (ftrace_is_off())
		return failed(PROBE_FIRE, SILENT);
	try = try_tracing(BPF_TRACE_FENTRY, id);
	if (!try.error)
		try = try_tracing(BPF_TRACE_FEXIT, id);
	return try;
}

static struct probe_try try_tracepoint(const struct btf *btf)
{
	return try_tracing(BPF_TRACE_RAW_TP,
			   btf__find_by_name_kind(btf, "btf_trace_mark_victim", BTF_KIND_TYPEDEF));
}

static int kprobe_pmu_type(void)
{
	FILE *file = fopen("/sys/bus/event_source/devices/kprobe/type", "re");
	int type = -ENOENT;

	if (!file)
		return -ENOENT;
	if (fscanf(file, "%d", &type) != 1)
		type = -ENOENT;
	fclose(file);
	return type;
}

/* A kprobe that counts, on one CPU or, with cpu -1, for this thread. */
static int open_kprobe(int type, const char *function, int cpu)
{
	struct perf_event_attr attr = { .size = sizeof(attr) };
	int fd;

	attr.type = type;
	attr.kprobe_func = (__u64)(unsigned long)function;
	fd = syscall(SYS_perf_event_open, &attr, cpu < 0 ? 0 : -1, cpu, -1, PERF_FLAG_FD_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

/* Returns false where it cannot be read: then nothing is learned. */
static bool call_harmless_function(void)
{
	int fd = open(HARMLESS_FILE, O_RDONLY | O_CLOEXEC);
	char score[16];
	bool done;

	if (fd < 0)
		return false;
	done = read(fd, score, sizeof(score)) > 0;
	close(fd);
	return done;
}

/* They are where somebody has switched them off in debugfs, which need not be mounted here. */
static bool kprobe_is_silent(int type)
{
	int fd = open_kprobe(type, HARMLESS_FUNCTION, -1);
	__u64 count = 1;

	if (fd < 0)
		return false;
	if (!call_harmless_function() || read(fd, &count, sizeof(count)) != sizeof(count))
		count = 1;
	close(fd);
	return !count;
}

static struct probe_try try_kprobe(void)
{
	int type = kprobe_pmu_type(), fd;

	if (type < 0)
		return failed(PROBE_SYMBOL, type);
	if (ftrace_is_off())
		return failed(PROBE_FIRE, SILENT);
	fd = open_kprobe(type, DECISION_FUNCTION, 0);
	if (fd < 0)
		return failed(fd == -ENOENT ? PROBE_SYMBOL : PROBE_ATTACH, fd);
	close(fd);
	return failed(PROBE_FIRE, kprobe_is_silent(type) ? SILENT : 0);
}

/*
 * typedef void (*btf_trace_NAME)(void *, ARGUMENT 0, …): is there an argument of that number, and
 * is it a pointer?
 */
static bool argument_is_pointer(const struct btf *btf, const char *tracepoint, int number)
{
	const struct btf_type *type;
	int id = btf__find_by_name_kind(btf, tracepoint, BTF_KIND_TYPEDEF);

	if (id < 0)
		return false;
	type = btf__type_by_id(btf, btf__type_by_id(btf, id)->type);
	if (!type || !btf_is_ptr(type))
		return false;
	type = btf__type_by_id(btf, type->type);
	if (!type || !btf_is_func_proto(type) || btf_vlen(type) < number + 2)
		return false;
	type = btf__type_by_id(btf, btf_params(type)[number + 1].type);
	return type && btf_is_ptr(type);
}

/* Kernels without any v1 controller list memory there no more: then it can only be on v2. */
static void find_hierarchy(struct probe *ret)
{
	FILE *file = fopen("/proc/cgroups", "re");
	char line[256], name[64];
	unsigned int hierarchy, count, enabled;

	ret->memory_hierarchy = 0;
	ret->memory_error = access("/sys/fs/cgroup/cgroup.controllers", R_OK) ? -ENOENT : 0;
	while (file && fgets(line, sizeof(line), file)) {
		if (sscanf(line, "%63s %u %u %u", name, &hierarchy, &count, &enabled) != 4)
			continue;
		if (strcmp(name, "memory") != 0)
			continue;
		ret->memory_hierarchy = hierarchy;
		ret->memory_error = enabled ? 0 : -ENOENT;
	}
	if (file)
		fclose(file);
}

/* "0-3" or "0,2": the last number is the highest. */
static int possible_nodes(void)
{
	FILE *file = fopen("/sys/devices/system/node/possible", "re");
	char list[256] = "";
	const char *last;
	int number = 0;

	if (!file)
		return 1;
	if (fgets(list, sizeof(list), file)) {
		last = strrchr(list, '-') > strrchr(list, ',') ? strrchr(list, '-') :
								 strrchr(list, ',');
		if (sscanf(last ? last + 1 : list, "%d", &number) != 1)
			number = 0;
	}
	fclose(file);
	return number + 1;
}

int probe_bpf(void)
{
	LIBBPF_OPTS(bpf_map_create_opts, opts);
	int fd = bpf_map_create(BPF_MAP_TYPE_RINGBUF, NULL, 0, 0, getpagesize(), &opts);

	if (fd < 0)
		return -errno;
	close(fd);
	return 0;
}

static bool has_function(const struct btf *btf, const char *name)
{
	return btf__find_by_name_kind(btf, name, BTF_KIND_FUNC) >= 0;
}

void probe_machine(struct probe *ret)
{
	struct btf *btf;

	libbpf_log_set();
	memset(ret, 0, sizeof(*ret));
	find_hierarchy(ret);
	btf = btf__load_vmlinux_btf();
	gfp_bits_find(&ret->gfp, btf);
	btf__free(btf);
}

void probe_kernel(struct probe *ret)
{
	struct btf *btf;

	libbpf_log_set();
	memset(ret, 0, sizeof(*ret));
	find_hierarchy(ret);
	ret->nodes = possible_nodes();
	ret->cpus = libbpf_num_possible_cpus();
	if (ret->cpus < 1)
		ret->cpus = 1;
	ret->bpf_error = probe_bpf();
	ret->kprobe = try_kprobe();
	btf = btf__load_vmlinux_btf();
	gfp_bits_find(&ret->gfp, btf);
	if (!btf) {
		ret->btf_error = errno ? -errno : -ENOENT;
		ret->tracepoint = ret->fentry = failed(PROBE_LOAD, ret->btf_error);
		return;
	}
	ret->mark_victim_has_task = argument_is_pointer(btf, "btf_trace_mark_victim", 0);
	ret->reclaim_has_memcg =
		argument_is_pointer(btf, "btf_trace_mm_vmscan_memcg_reclaim_begin", 2);
	ret->has_exit_mmap = argument_is_pointer(btf, "btf_trace_exit_mmap", 0);
	ret->has_memcg_reclaim = has_function(btf, "try_to_free_mem_cgroup_pages");
	/* The commit that took this struct away ended the accounting. */
	ret->bpf_memory_is_memlocked =
		btf__find_by_name_kind(btf, "bpf_map_memory", BTF_KIND_STRUCT) >= 0;
	ret->has_group_member = has_function(btf, "oom_kill_memcg_member");
	ret->has_oom_synchronize = ret->memory_hierarchy &&
				   has_function(btf, "mem_cgroup_oom_synchronize");
	ret->tracepoint = try_tracepoint(btf);
	ret->fentry = try_fentry(btf);
	if (!ret->tracepoint.error)
		probe_direct(ret, btf);
	btf__free(btf);
}

int probe_plan_error(const struct probe *probe, enum attach_plan plan)
{
	int base = probe->memory_error ? probe->memory_error :
		   probe->bpf_error    ? probe->bpf_error :
		   probe->btf_error    ? probe->btf_error :
					 probe->tracepoint.error;

	switch (plan) {
	case ATTACH_FENTRY:
		return base ? base : probe->fentry.error;
	case ATTACH_KPROBE:
		return base ? base : probe->kprobe.error;
	case ATTACH_TRACEPOINT:
		return base;
	default:
		return -ENOSYS;
	}
}

enum attach_plan probe_best_plan(const struct probe *probe)
{
	static const enum attach_plan plans[] = { ATTACH_FENTRY, ATTACH_KPROBE, ATTACH_TRACEPOINT };

	for (size_t i = 0; i < sizeof(plans) / sizeof(*plans); i++)
		if (!probe_plan_error(probe, plans[i]))
			return plans[i];
	return ATTACH_KMSG;
}

static bool is_permission(int err)
{
	return err == -EPERM || err == -EACCES;
}

static bool may_use_bpf(void)
{
	return privileges_effective() & (1ULL << CAP_BPF | 1ULL << CAP_SYS_ADMIN);
}

/* Without the capability a kernel may say anything: that its maps' kind is not known, too. */
const char *probe_bpf_hint(const struct probe *probe)
{
	if (!may_use_bpf())
		return "bpf() is not permitted, CAP_BPF is missing: run as root, or with CAP_BPF and CAP_PERFMON "
		       "(before Linux 5.8 CAP_SYS_ADMIN), in Kubernetes as a privileged pod";
	if (is_permission(probe->bpf_error))
		return "bpf() is not permitted, though CAP_BPF is there: a seccomp filter, an LSM or a user namespace "
		       "refuses it, or before Linux 5.11 RLIMIT_MEMLOCK (run as root, or with CAP_SYS_RESOURCE)";
	return "the kernel has no BPF ring buffer: Linux 5.8 with CONFIG_BPF_SYSCALL is needed, and no seccomp "
	       "filter that hides bpf()";
}

const char *probe_btf_hint(void)
{
	return "the kernel tells no BTF in /sys/kernel/btf/vmlinux: build it with CONFIG_DEBUG_INFO_BTF, or "
	       "mount /sys";
}

const char *probe_plan_hint(const struct probe *probe, enum attach_plan plan)
{
	if (probe->memory_error)
		return "the kernel has no memory controller: boot with cgroup_enable=memory, or build it with "
		       "CONFIG_MEMCG";
	if (probe->bpf_error)
		return probe_bpf_hint(probe);
	if (probe->btf_error)
		return probe_btf_hint();
	if (is_permission(probe->tracepoint.error))
		return "loading tracing programs is not permitted: CAP_PERFMON is missing, or lockdown forbids it";
	if (probe->tracepoint.error)
		return "the kernel has no tracepoint oom:mark_victim";
	if (plan == ATTACH_FENTRY && probe->fentry.error == SILENT)
		return "BPF trampolines (fentry) never fire while ftrace is off: sysctl kernel.ftrace_enabled=1";
	if (plan == ATTACH_KPROBE && probe->kprobe.error == SILENT)
		return "kprobes would attach and never fire: sysctl kernel.ftrace_enabled=1, and 1 in "
		       "/sys/kernel/debug/kprobes/enabled";
	if (plan == ATTACH_FENTRY && is_permission(probe->fentry.error))
		return "this kernel refuses BPF trampolines (fentry), whatever the privileges: only another "
		       "kernel helps";
	if (plan == ATTACH_FENTRY)
		return "BPF trampolines (fentry) do not attach: CONFIG_DYNAMIC_FTRACE_WITH_DIRECT_CALLS "
		       "(on arm64 from Linux 6.4 on) and kernel.ftrace_enabled=1 are needed";
	if (plan == ATTACH_KPROBE && is_permission(probe->kprobe.error) && probe->reads_are_direct)
		return "lockdown=confidentiality forbids kprobes: boot with lockdown=integrity, or without "
		       "lockdown";
	if (plan == ATTACH_KPROBE && is_permission(probe->kprobe.error))
		return "kprobes are not permitted: CAP_PERFMON is missing, or lockdown forbids them";
	if (plan == ATTACH_KPROBE)
		return "the kernel has no kprobes, or none on " DECISION_FUNCTION
		       ": CONFIG_KPROBES is needed";
	return "the kernel's log cannot be read: run as root, or with CAP_SYSLOG";
}
