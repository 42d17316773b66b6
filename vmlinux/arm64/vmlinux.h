/* SPDX-License-Identifier: GPL-2.0-only */
/* Kernel types for BPF programs on arm64: the registers at a kprobe, and what is the same everywhere. */
#ifndef __VMLINUX_H__ /* the name by which libbpf's headers know that kernel types are present */
#define __VMLINUX_H__

#include "../kernel.h"

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

/* arch/arm64/include/uapi/asm/ptrace.h */
struct user_pt_regs {
	__u64 regs[31];
	__u64 sp;
	__u64 pc;
	__u64 pstate;
};

struct pt_regs {
	struct user_pt_regs user_regs;
};

#pragma clang attribute pop

#endif
