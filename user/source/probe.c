// SPDX-License-Identifier: GPL-2.0-only
#define _GNU_SOURCE
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <linux/bpf.h>
#include <linux/perf_event.h>
#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>

#include "source/libbpf_log.h"
#include "source/probe.h"

#define DECISION_FUNCTION "oom_kill_process"

/* A program that does nothing: return 0. */
static const struct bpf_insn nothing[] = {
	{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0, .imm = 0 },
	{ .code = BPF_JMP | BPF_EXIT },
};

static int load_tracing(enum bpf_attach_type type, int btf_id)
{
	LIBBPF_OPTS(bpf_prog_load_opts, opts, .expected_attach_type = type,
		    .attach_btf_id = btf_id);
	int fd = bpf_prog_load(BPF_PROG_TYPE_TRACING, NULL, "GPL", nothing, 2, &opts);

	return fd < 0 ? -errno : fd;
}

/* Loading is not enough: with ftrace off 5.10 refuses only to attach. */
static int try_trampoline(enum bpf_attach_type type, int btf_id)
{
	int fd = load_tracing(type, btf_id), link;

	if (fd < 0)
		return fd;
	link = bpf_raw_tracepoint_open(NULL, fd);
	if (link < 0)
		link = -errno;
	close(fd);
	if (link < 0)
		return link;
	close(link);
	return 0;
}

static int try_fentry(const struct btf *btf)
{
	int id = btf__find_by_name_kind(btf, DECISION_FUNCTION, BTF_KIND_FUNC), err;

	if (id < 0)
		return -ENOENT;
	err = try_trampoline(BPF_TRACE_FENTRY, id);
	return err ? err : try_trampoline(BPF_TRACE_FEXIT, id);
}

static int try_tracepoint(const struct btf *btf)
{
	int id = btf__find_by_name_kind(btf, "btf_trace_mark_victim", BTF_KIND_TYPEDEF), fd;

	if (id < 0)
		return -ENOENT;
	fd = load_tracing(BPF_TRACE_RAW_TP, id);
	if (fd < 0)
		return fd;
	close(fd);
	return 0;
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

static int try_kprobe(void)
{
	static const char function[] = DECISION_FUNCTION;
	struct perf_event_attr attr = { .size = sizeof(attr) };
	int type = kprobe_pmu_type(), fd;

	if (type < 0)
		return type;
	attr.type = type;
	attr.kprobe_func = (__u64)(unsigned long)function;
	fd = syscall(SYS_perf_event_open, &attr, -1, 0, -1, PERF_FLAG_FD_CLOEXEC);
	if (fd < 0)
		return -errno;
	close(fd);
	return 0;
}

/* typedef void (*btf_trace_mark_victim)(void *, struct task_struct * | int, …) */
static bool victim_is_pointer(const struct btf *btf)
{
	const struct btf_type *type;
	int id = btf__find_by_name_kind(btf, "btf_trace_mark_victim", BTF_KIND_TYPEDEF);

	if (id < 0)
		return false;
	type = btf__type_by_id(btf, btf__type_by_id(btf, id)->type);
	if (!type || !btf_is_ptr(type))
		return false;
	type = btf__type_by_id(btf, type->type);
	if (!type || !btf_is_func_proto(type) || btf_vlen(type) < 2)
		return false;
	type = btf__type_by_id(btf, btf_params(type)[1].type);
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

static int try_bpf(void)
{
	LIBBPF_OPTS(bpf_map_create_opts, opts);
	int fd = bpf_map_create(BPF_MAP_TYPE_RINGBUF, NULL, 0, 0, getpagesize(), &opts);

	if (fd < 0)
		return -errno;
	close(fd);
	return 0;
}

void probe_kernel(struct probe *ret)
{
	struct btf *btf;

	libbpf_log_set();
	memset(ret, 0, sizeof(*ret));
	find_hierarchy(ret);
	ret->nodes = possible_nodes();
	ret->bpf_error = try_bpf();
	ret->kprobe_error = try_kprobe();
	btf = btf__load_vmlinux_btf();
	if (!btf) {
		ret->btf_error = errno ? -errno : -ENOENT;
		ret->tracepoint_error = ret->fentry_error = ret->btf_error;
		return;
	}
	ret->mark_victim_has_task = victim_is_pointer(btf);
	ret->tracepoint_error = try_tracepoint(btf);
	ret->fentry_error = try_fentry(btf);
	btf__free(btf);
}

int probe_plan_error(const struct probe *probe, enum attach_plan plan)
{
	int base = probe->memory_error ? probe->memory_error :
		   probe->bpf_error    ? probe->bpf_error :
		   probe->btf_error    ? probe->btf_error :
					 probe->tracepoint_error;

	switch (plan) {
	case ATTACH_FENTRY:
		return base ? base : probe->fentry_error;
	case ATTACH_KPROBE:
		return base ? base : probe->kprobe_error;
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

const char *probe_plan_hint(const struct probe *probe, enum attach_plan plan)
{
	if (probe->memory_error)
		return "the kernel has no memory controller: boot with cgroup_enable=memory, or build it with "
		       "CONFIG_MEMCG";
	if (is_permission(probe->bpf_error))
		return "bpf() is not permitted: run as root, or with CAP_BPF and CAP_PERFMON (before Linux 5.8 "
		       "CAP_SYS_ADMIN), in Kubernetes as a privileged pod";
	if (probe->bpf_error)
		return "the kernel has no BPF ring buffer: Linux 5.8 with CONFIG_BPF_SYSCALL is needed";
	if (probe->btf_error)
		return "the kernel tells no BTF in /sys/kernel/btf/vmlinux: build it with CONFIG_DEBUG_INFO_BTF, "
		       "or mount /sys";
	if (is_permission(probe->tracepoint_error))
		return "loading tracing programs is not permitted: CAP_PERFMON is missing, or lockdown forbids it";
	if (probe->tracepoint_error)
		return "the kernel has no tracepoint oom:mark_victim";
	if (plan == ATTACH_FENTRY && is_permission(probe->fentry_error))
		return "this kernel refuses BPF trampolines (fentry)";
	if (plan == ATTACH_FENTRY)
		return "BPF trampolines (fentry) do not attach: CONFIG_DYNAMIC_FTRACE_WITH_DIRECT_CALLS and "
		       "kernel.ftrace_enabled=1 are needed";
	if (plan == ATTACH_KPROBE && is_permission(probe->kprobe_error))
		return "kprobes are not permitted: CAP_PERFMON is missing, or lockdown forbids them";
	if (plan == ATTACH_KPROBE)
		return "the kernel has no kprobes, or none on " DECISION_FUNCTION
		       ": CONFIG_KPROBES is needed";
	return "it is not there yet: the kernel log cannot be followed by this version";
}
