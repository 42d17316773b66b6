// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <string.h>
#include <unistd.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "source/bpf_history.h"

#include "oomwhy.skel.h"

/*
 * How a reclaim's memcg is known, best first: the tracepoint says it, the function's argument is
 * it, or the task's memcgs are looked at (which reads kernel memory).
 */
void bpf_history_choose(struct oomwhy_bpf *skel, const struct probe *probe, enum attach_plan plan)
{
	bool is_told = probe->reclaim_has_memcg;
	bool fentry = !is_told && plan == ATTACH_FENTRY && probe->has_memcg_reclaim;
	bool kprobe = !is_told && plan == ATTACH_KPROBE && probe->has_memcg_reclaim;
	bool inferred = !is_told && !fentry && !kprobe && !probe->reads_are_direct;
	struct bpf_program *const programs[] = {
		skel->progs.reclaim_tracepoint,
		skel->progs.reclaim_fentry,
		skel->progs.reclaim_kprobe,
		skel->progs.reclaim_inferred,
	};
	const bool chosen[] = { is_told, fentry, kprobe, inferred };

	for (size_t i = 0; i < sizeof(programs) / sizeof(*programs); i++) {
		bpf_program__set_autoload(programs[i], chosen[i]);
		bpf_program__set_autoattach(programs[i], false);
	}
	skel->rodata->reclaim_is_inferred = inferred;
	bpf_program__set_autoload(skel->progs.candidates, !probe->reads_are_direct);
	bpf_program__set_autoattach(skel->progs.candidates, false);
	/* These read nothing. */
	bpf_program__set_autoload(skel->progs.process_exits, true);
	bpf_program__set_autoattach(skel->progs.process_exits, false);
	bpf_program__set_autoload(skel->progs.memory_is_free, probe->has_exit_mmap);
	bpf_program__set_autoattach(skel->progs.memory_is_free, false);
}

struct bpf_program *bpf_history_begins(const struct oomwhy_bpf *skel)
{
	struct bpf_program *const programs[] = {
		skel->progs.reclaim_tracepoint,
		skel->progs.reclaim_fentry,
		skel->progs.reclaim_kprobe,
		skel->progs.reclaim_inferred,
	};

	for (size_t i = 0; i < sizeof(programs) / sizeof(*programs); i++)
		if (bpf_program__autoload(programs[i]))
			return programs[i];
	return NULL;
}

static int read_candidates(int fd,
			   void (*take)(void *context, const struct oomwhy_candidate *record),
			   void *context)
{
	struct oomwhy_candidate records[64];
	size_t have = 0;
	ssize_t len;

	/* A read may end within a record. */
	while ((len = read(fd, (char *)records + have, sizeof(records) - have)) != 0) {
		size_t count;

		if (len < 0 && (errno == EINTR || errno == EAGAIN))
			continue;
		if (len < 0)
			return -errno;
		have += len;
		count = have / sizeof(*records);
		for (size_t i = 0; i < count; i++)
			take(context, &records[i]);
		have -= count * sizeof(*records);
		memmove(records, records + count, have);
	}
	return 0;
}

int bpf_history_candidates(struct oomwhy_bpf *skel, __u64 owner_id,
			   void (*take)(void *context, const struct oomwhy_candidate *record),
			   void *context)
{
	struct bpf_link *link;
	int fd, err;

	if (!bpf_program__autoload(skel->progs.candidates))
		return -EOPNOTSUPP;
	link = bpf_program__attach_iter(skel->progs.candidates, NULL);
	if (!link)
		return -errno;
	skel->bss->candidates_owner = owner_id;
	fd = bpf_iter_create(bpf_link__fd(link));
	err = fd < 0 ? -errno : read_candidates(fd, take, context);
	if (fd >= 0)
		close(fd);
	bpf_link__destroy(link);
	return err;
}
