// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "base/log.h"
#include "oomwhy_record.h"
#include "source/bpf.h"
#include "source/bpf_direct.h"
#include "source/bpf_history.h"
#include "source/bpf_order.h"

#include "oomwhy.skel.h"

#define EXTRAS_MAX 16

struct bpf_source {
	struct oomwhy_bpf *skel;
	struct ring_buffer *kills;
	struct ring_buffer *cgroups;
	struct bpf_handlers handlers;
	const __u64 *counters; /* shared with the kernel, as is the next */
	const struct oomwhy_attempts *attempts;
	bool memcg_reclaim_is_seen; /* its tracepoint is attached */
	struct bpf_link *links[EXTRAS_MAX + 5]; /* those that the skeleton does not attach */
	int links_count;
};

#define COUNTERS_BYTES (OOMWHY_COUNTERS * sizeof(__u64))
#define ATTEMPTS_BYTES (OOMWHY_ATTEMPTS_MAX * sizeof(struct oomwhy_attempts))

static int take_kill(void *context, void *record, size_t size)
{
	struct bpf_source *source = context;

	source->handlers.kill(source->handlers.kill_context, record, size);
	return 0;
}

static int take_cgroup(void *context, void *record, size_t size)
{
	struct bpf_source *source = context;

	source->handlers.cgroup(source->handlers.cgroup_context, record, size);
	return 0;
}

/* A plan's programs: without them it is none. */
static void choose_decision(struct oomwhy_bpf *skel, enum attach_plan plan)
{
	bpf_program__set_autoload(skel->progs.decision_fentry, plan == ATTACH_FENTRY);
	bpf_program__set_autoload(skel->progs.decision_fexit, plan == ATTACH_FENTRY);
	bpf_program__set_autoload(skel->progs.decision_kprobe, plan == ATTACH_KPROBE);
	bpf_program__set_autoload(skel->progs.decision_kretprobe, plan == ATTACH_KPROBE);
}

/* What they see is told where the kernel has the functions, and a kill is told without them. */
struct extra {
	struct bpf_program *program;
	enum attach_plan plan;
	bool is_there;
};

/* Returns how many. */
static int list_extras(const struct oomwhy_bpf *skel, const struct probe *probe,
		       struct extra ret[EXTRAS_MAX])
{
	bool direct = probe->reads_are_direct, walk = direct && probe->direct_walk_is_seen;
	bool member = probe->has_group_member, synchronize = probe->has_oom_synchronize;
	const struct extra extras[] = {
		{ skel->progs.member_fentry, ATTACH_FENTRY, !direct && member },
		{ skel->progs.member_kprobe, ATTACH_KPROBE, member },
		{ skel->progs.nothing_fexit, ATTACH_FENTRY, !direct },
		{ skel->progs.nothing_kprobe, ATTACH_KPROBE, true },
		{ skel->progs.nothing_kretprobe, ATTACH_KPROBE, true },
		{ skel->progs.wait_fentry, ATTACH_FENTRY, !direct && synchronize },
		{ skel->progs.wait_fexit, ATTACH_FENTRY, !direct && synchronize },
		{ skel->progs.wait_kprobe, ATTACH_KPROBE, synchronize },
		{ skel->progs.wait_kretprobe, ATTACH_KPROBE, synchronize },
		{ skel->progs.direct_member, ATTACH_FENTRY, direct && member },
		{ skel->progs.direct_nothing, ATTACH_FENTRY, direct },
		{ skel->progs.direct_wait, ATTACH_FENTRY, direct && synchronize },
		{ skel->progs.direct_wait_ends, ATTACH_FENTRY, direct && synchronize },
		{ skel->progs.direct_walk_begins, ATTACH_FENTRY, walk },
		{ skel->progs.direct_walk_steps, ATTACH_FENTRY, walk },
		{ skel->progs.direct_walk_ends, ATTACH_FENTRY, walk },
	};

	_Static_assert(sizeof(extras) <= EXTRAS_MAX * sizeof(*ret), "extras");
	memcpy(ret, extras, sizeof(extras));
	return sizeof(extras) / sizeof(*extras);
}

static void choose_extras(const struct oomwhy_bpf *skel, const struct probe *probe,
			  enum attach_plan plan)
{
	struct extra extras[EXTRAS_MAX];
	int count = list_extras(skel, probe, extras);

	for (int i = 0; i < count; i++) {
		bpf_program__set_autoload(extras[i].program,
					  extras[i].plan == plan && extras[i].is_there);
		bpf_program__set_autoattach(extras[i].program, false);
	}
}

static void configure(struct oomwhy_bpf *skel, const struct probe *probe, enum attach_plan plan)
{
	skel->rodata->memory_hierarchy = probe->memory_hierarchy;
	skel->rodata->mark_victim_has_task = probe->mark_victim_has_task;
	skel->rodata->possible_nodes = probe->nodes;
	skel->rodata->possible_cpus = probe->cpus;
	choose_decision(skel, plan);
	choose_extras(skel, probe, plan);
	bpf_program__set_autoload(skel->progs.memcg_reclaim_ends, true);
	bpf_program__set_autoload(skel->progs.machine_reclaim_ends, true);
	bpf_program__set_autoattach(skel->progs.memcg_reclaim_ends, false);
	bpf_program__set_autoattach(skel->progs.machine_reclaim_ends, false);
	bpf_program__set_autoattach(skel->progs.baseline, false);
	bpf_program__set_autoattach(skel->progs.order, false);
	if (probe->reads_are_direct)
		bpf_direct_choose(skel, probe, plan);
	else
		bpf_direct_shrink(skel);
	bpf_history_choose(skel, probe, plan);
}

static int attach(struct bpf_source *source, struct bpf_program *program)
{
	struct bpf_link *link = bpf_program__attach(program);

	if (!link) {
		int err = -errno;

		log_debug("%s is not attached: %s", bpf_program__name(program), strerror(-err));
		return err;
	}
	source->links[source->links_count++] = link;
	return 0;
}

static void attach_extras(struct bpf_source *source, const struct probe *probe)
{
	struct extra extras[EXTRAS_MAX];
	int count = list_extras(source->skel, probe, extras);

	for (int i = 0; i < count; i++)
		if (bpf_program__autoload(extras[i].program))
			attach(source, extras[i].program); /* refused: going on without */
}

/* What is reclaimed for memcgs' limits, and how the dead go: a kill is told without it. */
static void attach_history(struct bpf_source *source)
{
	struct bpf_program *begins = bpf_history_begins(source->skel);

	attach(source, source->skel->progs.process_exits);
	if (bpf_program__autoload(source->skel->progs.memory_is_free))
		attach(source, source->skel->progs.memory_is_free);
	if (begins && !attach(source, begins))
		source->memcg_reclaim_is_seen =
			!attach(source, source->skel->progs.memcg_reclaim_ends);
}

/*
 * What tells a memcg's limit from the machine's where the decision is not visible. The plans that
 * see it have this as well: their hook may fall silent, and then nothing can be attached any more.
 */
static int attach_reclaim(struct bpf_source *source, enum attach_plan plan)
{
	int err = 0;

	if (!source->memcg_reclaim_is_seen)
		err = attach(source, source->skel->progs.memcg_reclaim_ends);
	err = err ? err : attach(source, source->skel->progs.machine_reclaim_ends);
	source->skel->bss->reclaim_is_tracked = !err;
	return plan == ATTACH_TRACEPOINT ? err : 0;
}

static const void *map_shared(const struct bpf_map *map, size_t bytes)
{
	void *at = mmap(NULL, bytes, PROT_READ, MAP_SHARED, bpf_map__fd(map), 0);

	return at == MAP_FAILED ? NULL : at;
}

static int map_counters(struct bpf_source *source)
{
	source->counters = map_shared(source->skel->maps.counters, COUNTERS_BYTES);
	source->attempts = map_shared(source->skel->maps.attempts, ATTEMPTS_BYTES);
	return source->counters && source->attempts ? 0 : -errno;
}

static int open_rings(struct bpf_source *source)
{
	struct oomwhy_bpf *skel = source->skel;

	source->kills =
		ring_buffer__new(bpf_map__fd(skel->maps.kill_ring), take_kill, source, NULL);
	if (!source->kills)
		return -errno;
	source->cgroups =
		ring_buffer__new(bpf_map__fd(skel->maps.cgroup_ring), take_cgroup, source, NULL);
	return source->cgroups ? 0 : -errno;
}

static int read_baseline(const struct bpf_source *source, int fd)
{
	struct oomwhy_baseline records[256];
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
			source->handlers.baseline(source->handlers.baseline_context, records[i].id,
						  records[i].oom_events);
		have -= count * sizeof(*records);
		memmove(records, records + count, have);
	}
	return 0;
}

/* Before the other programs are attached, or the kills that they see would be in the baseline
 * already. */
static int take_baseline(const struct bpf_source *source)
{
	const struct bpf_program *program = bpf_direct_baseline(source->skel);
	struct bpf_link *link;
	int fd, err;

	if (!program)
		return 0;
	link = bpf_program__attach_iter(program, NULL);
	if (!link)
		return -errno;
	fd = bpf_iter_create(bpf_link__fd(link));
	err = fd < 0 ? -errno : read_baseline(source, fd);
	if (fd >= 0)
		close(fd);
	bpf_link__destroy(link);
	return err;
}

static int load(struct bpf_source *source, const struct probe *probe, enum attach_plan plan)
{
	int err;

	source->skel = oomwhy_bpf__open();
	if (!source->skel)
		return -errno;
	configure(source->skel, probe, plan);
	if (source->handlers.kill_ring_bytes)
		bpf_map__set_max_entries(source->skel->maps.kill_ring,
					 source->handlers.kill_ring_bytes);
	err = oomwhy_bpf__load(source->skel);
	if (err)
		return err;
	err = map_counters(source);
	if (err)
		return err;
	err = open_rings(source);
	if (err)
		return err;
	bpf_order_check(source->skel);
	err = take_baseline(source);
	err = err ? err : oomwhy_bpf__attach(source->skel);
	if (!err)
		attach_history(source);
	if (!err)
		err = attach_reclaim(source, plan);
	if (!err)
		attach_extras(source, probe);
	return err;
}

int bpf_source__open(const struct probe *probe, enum attach_plan plan,
		     const struct bpf_handlers *handlers, struct bpf_source **ret)
{
	struct bpf_source *source = calloc(1, sizeof(*source));
	int err;

	if (!source)
		return -ENOMEM;
	source->handlers = *handlers;
	err = load(source, probe, plan);
	if (err) {
		bpf_source__close(source);
		return err;
	}
	*ret = source;
	return 0;
}

void bpf_source__close(struct bpf_source *source)
{
	if (!source)
		return;
	ring_buffer__free(source->kills);
	ring_buffer__free(source->cgroups);
	if (source->counters)
		munmap((void *)source->counters, COUNTERS_BYTES);
	if (source->attempts)
		munmap((void *)source->attempts, ATTEMPTS_BYTES);
	for (int i = 0; i < source->links_count; i++)
		bpf_link__destroy(source->links[i]);
	oomwhy_bpf__destroy(source->skel);
	free(source);
}

int bpf_source__kill_fd(const struct bpf_source *source)
{
	return ring_buffer__epoll_fd(source->kills);
}

int bpf_source__cgroup_fd(const struct bpf_source *source)
{
	return ring_buffer__epoll_fd(source->cgroups);
}

void bpf_source__consume_kills(struct bpf_source *source)
{
	ring_buffer__consume(source->kills);
}

void bpf_source__consume_cgroups(struct bpf_source *source)
{
	ring_buffer__consume(source->cgroups);
}

void bpf_source__ring_bytes(const struct bpf_source *source, __u64 *ret_kills, __u64 *ret_cgroups)
{
	*ret_kills = bpf_map__max_entries(source->skel->maps.kill_ring);
	*ret_cgroups = bpf_map__max_entries(source->skel->maps.cgroup_ring);
}

__u64 bpf_source__counter(const struct bpf_source *source, int counter)
{
	return source ? __atomic_load_n(&source->counters[counter], __ATOMIC_RELAXED) : 0;
}

struct oomwhy_attempts bpf_source__attempts(const struct bpf_source *source, __u32 slot)
{
	const volatile struct oomwhy_attempts *shared =
		&source->attempts[slot % OOMWHY_ATTEMPTS_MAX];

	return (struct oomwhy_attempts){ shared->memcg_id, shared->count, shared->last_ns };
}
