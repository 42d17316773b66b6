/* SPDX-License-Identifier: GPL-2.0-only */
/* Kernel types for BPF programs on x86-64: the registers at a kprobe, and what is the same everywhere. */
#ifndef __VMLINUX_H__ /* the name by which libbpf's headers know that kernel types are present */
#define __VMLINUX_H__

#include "../kernel.h"

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

/* arch/x86/include/asm/ptrace.h */
struct pt_regs {
	unsigned long di;
	unsigned long si;
	unsigned long dx;
	unsigned long cx;
	unsigned long r8;
	unsigned long ax;
	unsigned long sp;
	unsigned long ip;
};

#pragma clang attribute pop

#endif
