// SPDX-License-Identifier: GPL-2.0-only
#define _GNU_SOURCE
#include <errno.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <bpf/libbpf.h>

#include "source/bpf_history.h"

#include "oomwhy.skel.h"

#define TRIES_MAX 3
#define PAGES_MAX 1024

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
	bpf_program__set_autoload(skel->progs.candidates,
				  !probe->reads_are_direct && !probe->candidates_are_refused);
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

int bpf_history_page(const struct oomwhy_bpf *skel)
{
	return bpf_program__autoload(skel->progs.candidates) ?
		       bpf_map__fd(skel->maps.candidates_page) :
		       -1;
}

void bpf_history_open(int page_map, struct oomwhy_candidates_page **ret)
{
	void *at = MAP_FAILED;
	struct stat pidns;

	if (page_map >= 0 && !stat("/proc/self/ns/pid", &pidns))
		at = mmap(NULL, sizeof(**ret), PROT_READ | PROT_WRITE, MAP_SHARED, page_map, 0);
	*ret = at == MAP_FAILED ? NULL : at;
	if (!*ret)
		return;
	(*ret)->pidns_dev = pidns.st_dev;
	(*ret)->pidns_inode = pidns.st_ino;
	(*ret)->asker_tgid = (__u32)getpid();
}

/* The program runs within the call; unless the kernel is just running it, for somebody else. */
static bool ask(struct oomwhy_candidates_page *page)
{
	char name[16];

	if (prctl(PR_GET_NAME, name))
		return false;
	for (int i = 0; i < TRIES_MAX && __atomic_load_n(&page->is_asked, __ATOMIC_ACQUIRE); i++)
		prctl(PR_SET_NAME, name);
	return !__atomic_load_n(&page->is_asked, __ATOMIC_ACQUIRE);
}

int bpf_history_candidates(struct oomwhy_candidates_page *page, struct candidates *candidates)
{
	const struct oomwhy_task *victim = &candidates->ask.victim.task;

	if (!page)
		return -EOPNOTSUPP;
	page->asker_tid = (__u32)gettid();
	page->owner_id = candidates->ask.owner_id;
	page->victim_pages = victim->anon_pages + victim->file_pages + victim->shmem_pages;
	page->from = 0;
	for (int i = 0; i < PAGES_MAX; i++) {
		__atomic_store_n(&page->is_asked, 1, __ATOMIC_RELEASE);
		if (!ask(page))
			return -EAGAIN;
		for (__u32 k = 0; k < page->count && k < OOMWHY_CANDIDATES_MAX; k++)
			candidates_add(candidates, &page->list[k]);
		if (page->is_last)
			return 0;
		page->from = page->next;
	}
	return -E2BIG;
}
