// SPDX-License-Identifier: GPL-2.0-only
#include <bpf/libbpf.h>

#include "base/hash.h"
#include "source/bpf_fingerprint.h"

#include "oomwhy.skel.h"

static __u64 add_number(__u64 hash, __u64 number)
{
	return hash_add(hash, &number, sizeof(number));
}

__u64 bpf_fingerprint(const struct oomwhy_bpf *skel)
{
	size_t size;
	const void *elf = oomwhy_bpf__elf_bytes(&size);
	__u64 hash = hash_add(HASH_BEGIN, elf, size);
	struct bpf_program *program;
	struct bpf_map *map;

	bpf_object__for_each_program(program, skel->obj)
		hash = add_number(hash, bpf_program__autoload(program));
	bpf_object__for_each_map(map, skel->obj) hash = add_number(hash, bpf_map__max_entries(map));
	return hash_add(hash, skel->rodata, sizeof(*skel->rodata));
}
