// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <string.h>
#include <unistd.h>
#include <linux/bpf.h>
#include <bpf/bpf.h>
#include <bpf/btf.h>

#include "source/probe_direct.h"

#define COUNT(a) (sizeof(a) / sizeof(*(a)))

/* Instructions of the programs that are tried. They are never run. */
#define MOVE_REG(to, from) \
	{ .code = BPF_ALU64 | BPF_MOV | BPF_X, .dst_reg = (to), .src_reg = (from) }
#define MOVE(to, value) { .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = (to), .imm = (value) }
#define ADD(to, value) { .code = BPF_ALU64 | BPF_ADD | BPF_K, .dst_reg = (to), .imm = (value) }
#define LOAD(to, from, at) \
	{ .code = BPF_LDX | BPF_MEM | BPF_DW, .dst_reg = (to), .src_reg = (from), .off = (at) }
#define CALL(function) { .code = BPF_JMP | BPF_CALL, .imm = (function) }
#define EXIT { .code = BPF_JMP | BPF_EXIT }

/* A tracing program's descriptor, or -errno. */
static int load(enum bpf_attach_type type, int btf_id, const struct bpf_insn *insns, size_t count)
{
	LIBBPF_OPTS(bpf_prog_load_opts, opts, .expected_attach_type = type,
		    .attach_btf_id = btf_id);
	int fd;

	if (btf_id < 0)
		return -ENOENT;
	fd = bpf_prog_load(BPF_PROG_TYPE_TRACING, NULL, "GPL", insns, count, &opts);
	return fd < 0 ? -errno : fd;
}

static bool can_load(enum bpf_attach_type type, int btf_id, const struct bpf_insn *insns,
		     size_t count)
{
	int fd = load(type, btf_id, insns, count);

	if (fd >= 0)
		close(fd);
	return fd >= 0;
}

/* Where a program that does nothing is taken: is one with the call not? */
static bool reads_are_forbidden(const struct btf *btf)
{
	static const struct bpf_insn nothing[] = { MOVE(BPF_REG_0, 0), EXIT };
	static const struct bpf_insn reading[] = {
		MOVE_REG(BPF_REG_1, BPF_REG_10), ADD(BPF_REG_1, -8),   MOVE(BPF_REG_2, 8),
		MOVE(BPF_REG_3, 0),		 CALL(BPF_FUNC_probe_read_kernel), MOVE(BPF_REG_0, 0),
		EXIT,
	};
	int id = btf__find_by_name_kind(btf, "btf_trace_mark_victim", BTF_KIND_TYPEDEF);

	return can_load(BPF_TRACE_RAW_TP, id, nothing, COUNT(nothing)) &&
	       !can_load(BPF_TRACE_RAW_TP, id, reading, COUNT(reading));
}

/* -1: there is none. */
static int member_offset(const struct btf *btf, const char *name, const char *member)
{
	int id = btf__find_by_name_kind(btf, name, BTF_KIND_STRUCT);
	const struct btf_type *type = id < 0 ? NULL : btf__type_by_id(btf, id);

	for (int i = 0; type && i < btf_vlen(type); i++)
		if (!strcmp(btf__name_by_offset(btf, btf_members(type)[i].name_off), member))
			return (int)(btf_member_bit_offset(type, i) / 8);
	return -1;
}

/*
 * Before they are repaired, verifiers take an element of such an array (of atomic_long_t) for no
 * struct, and deny access to its start.
 */
static bool events_are_denied(const struct btf *btf)
{
	int at = member_offset(btf, "mem_cgroup", "memory_events_local");
	const struct bpf_insn insns[] = {
		LOAD(BPF_REG_1, BPF_REG_1, 0), /* the first argument, a memcg */
		LOAD(BPF_REG_1, BPF_REG_1, (short)at),
		MOVE(BPF_REG_0, 0),
		EXIT,
	};
	int id = btf__find_by_name_kind(btf, "mem_cgroup_scan_tasks", BTF_KIND_FUNC);

	return at < 0 || !can_load(BPF_TRACE_FENTRY, id, insns, COUNT(insns));
}

static bool can_attach(enum bpf_attach_type type, int btf_id)
{
	static const struct bpf_insn nothing[] = { MOVE(BPF_REG_0, 0), EXIT };
	int fd = load(type, btf_id, nothing, COUNT(nothing)), link;

	if (fd < 0)
		return false;
	link = bpf_raw_tracepoint_open(NULL, fd);
	close(fd);
	if (link >= 0)
		close(link);
	return link >= 0;
}

static bool walk_can_be_followed(const struct btf *btf)
{
	int scan = btf__find_by_name_kind(btf, "mem_cgroup_scan_tasks", BTF_KIND_FUNC);
	int step = btf__find_by_name_kind(btf, "mem_cgroup_iter", BTF_KIND_FUNC);

	return can_attach(BPF_TRACE_FENTRY, scan) && can_attach(BPF_TRACE_FEXIT, scan) &&
	       can_attach(BPF_TRACE_FEXIT, step);
}

void probe_direct(struct probe *ret, const struct btf *btf)
{
	ret->reads_are_direct = reads_are_forbidden(btf);
	if (!ret->reads_are_direct)
		return;
	ret->direct_events_are_denied = events_are_denied(btf);
	ret->direct_walk_is_seen = !ret->fentry.error && walk_can_be_followed(btf);
}
