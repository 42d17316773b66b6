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
#include "source/bpf_baseline.h"
#include "source/bpf_direct.h"
#include "source/bpf_fingerprint.h"
#include "source/bpf_history.h"
#include "source/bpf_order.h"
#include "source/ksyms.h"
#include "version.h"

#include "oomwhy.skel.h"

#define EXTRAS_MAX 16

struct bpf_source {
	struct oomwhy_bpf *skel; /* NULL: what runs was taken over */
	struct pins *pins; /* NULL: nothing stays; not ours */
	int kill_ring, cgroup_ring, counters_map, attempts_map; /* descriptors of somebody's */
	int candidates_map; /* the same; -1: none */
	struct ring_buffer *kills;
	struct ring_buffer *cgroups;
	struct bpf_handlers handlers;
	const __u64 *counters; /* shared with the kernel, as is the next */
	const struct oomwhy_attempts *attempts;
	struct oomwhy_candidates_page *page; /* T2 asks by it; NULL: it cannot */
	bool memcg_reclaim_is_seen; /* its tracepoint is attached */
	struct bpf_link *links[EXTRAS_MAX + 6]; /* those that the skeleton does not attach */
	const char *names[EXTRAS_MAX + 6]; /* of their programs */
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

/* Data of the kernel that has no way to it but its address. */
static void find_symbols(struct oomwhy_bpf *skel)
{
	static const char *const names[] = { "__per_cpu_offset", "mem_cgroup_stats_index",
					     "flush_last_time", "flush_next_time" };
	__u64 addresses[4];

	ksyms_find("/proc/kallsyms", names, addresses, 4);
	skel->rodata->per_cpu_offset_address = addresses[0];
	skel->rodata->stats_index_address = addresses[1];
	skel->rodata->flush_last_time_address = addresses[2];
	skel->rodata->flush_next_time_address = addresses[3];
}

static void configure(struct oomwhy_bpf *skel, const struct probe *probe, enum attach_plan plan)
{
	find_symbols(skel);
	skel->rodata->memory_hierarchy = probe->memory_hierarchy;
	skel->rodata->mark_victim_has_task = probe->mark_victim_has_task;
	skel->rodata->stacks_are_wanted = probe->stacks_are_wanted;
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
	source->names[source->links_count] = bpf_program__name(program);
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
	if (source->page)
		attach(source, source->skel->progs.candidates);
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

static const void *map_shared(int fd, size_t bytes)
{
	void *at = mmap(NULL, bytes, PROT_READ, MAP_SHARED, fd, 0);

	return at == MAP_FAILED ? NULL : at;
}

static int map_counters(struct bpf_source *source)
{
	source->counters = map_shared(source->counters_map, COUNTERS_BYTES);
	source->attempts = map_shared(source->attempts_map, ATTEMPTS_BYTES);
	bpf_history_open(source->candidates_map, &source->page);
	return source->counters && source->attempts ? 0 : -errno;
}

static int open_rings(struct bpf_source *source)
{
	if (!source->pins) {
		source->kills = ring_buffer__new(source->kill_ring, take_kill, source, NULL);
		if (!source->kills)
			return -errno;
	}
	source->cgroups = ring_buffer__new(source->cgroup_ring, take_cgroup, source, NULL);
	return source->cgroups ? 0 : -errno;
}

static void use_own_maps(struct bpf_source *source)
{
	const struct oomwhy_bpf *skel = source->skel;

	source->kill_ring = bpf_map__fd(skel->maps.kill_ring);
	source->cgroup_ring = bpf_map__fd(skel->maps.cgroup_ring);
	source->counters_map = bpf_map__fd(skel->maps.counters);
	source->attempts_map = bpf_map__fd(skel->maps.attempts);
	source->candidates_map = bpf_history_page(skel);
}

static int attach_all(struct bpf_source *source, const struct probe *probe, enum attach_plan plan)
{
	int err = oomwhy_bpf__attach(source->skel);

	if (!err)
		attach_history(source);
	if (!err)
		err = attach_reclaim(source, plan);
	if (!err)
		attach_extras(source, probe);
	return err;
}

static int load(struct bpf_source *source, const struct probe *probe, enum attach_plan plan)
{
	int err = oomwhy_bpf__load(source->skel);

	if (err)
		return err;
	use_own_maps(source);
	err = map_counters(source);
	if (err)
		return err;
	err = open_rings(source);
	if (err)
		return err;
	bpf_order_check(source->skel);
	/* Who takes over knows more of what was before than the counters of now. */
	if (!source->pins || !pins_saved(source->pins))
		err = bpf_baseline_take(source->skel, &source->handlers);
	return err ? err : attach_all(source, probe, plan);
}

/* ---- pins ---- */

static int take_over(struct bpf_source *source, const struct pin_set *set)
{
	int err;

	source->kill_ring = set->kill_ring;
	source->cgroup_ring = set->cgroup_ring;
	source->counters_map = set->counters;
	source->attempts_map = set->attempts;
	source->candidates_map = set->candidates;
	err = map_counters(source);
	return err ? err : open_rings(source);
}

static void list_link(struct pin_content *content, const char *name, const struct bpf_link *link)
{
	if (!link || content->links == PINS_LINKS_MAX)
		return;
	content->link[content->links].name = name;
	content->link[content->links].fd = bpf_link__fd(link);
	content->links++;
}

static int pin(struct bpf_source *source, enum attach_plan plan, __u64 fingerprint)
{
	const struct bpf_object_skeleton *skeleton = source->skel->skeleton;
	struct pin_content content = {
		.fingerprint = fingerprint,
		.attach = plan,
		.version = OOMWHY_VERSION,
		.kill_ring = source->kill_ring,
		.cgroup_ring = source->cgroup_ring,
		.counters = source->counters_map,
		.attempts = source->attempts_map,
		.candidates = source->candidates_map,
	};

	for (int i = 0; i < skeleton->prog_cnt; i++)
		list_link(&content, skeleton->progs[i].name, *skeleton->progs[i].link);
	for (int i = 0; i < source->links_count; i++)
		list_link(&content, source->names[i], source->links[i]);
	return pins_add(source->pins, &content);
}

/* Destroying a link of a kprobe switches it off, pinned or not. */
static void keep_links(const struct bpf_source *source)
{
	const struct bpf_object_skeleton *skeleton = source->skel->skeleton;

	for (int i = 0; i < skeleton->prog_cnt; i++)
		if (*skeleton->progs[i].link)
			bpf_link__disconnect(*skeleton->progs[i].link);
	for (int i = 0; i < source->links_count; i++)
		bpf_link__disconnect(source->links[i]);
}

static int load_pinned(struct bpf_source *source, const struct probe *probe, enum attach_plan plan)
{
	const struct pin_set *set;
	__u64 fingerprint;
	int err;

	source->skel->rodata->kill_wake_flags = BPF_RB_FORCE_WAKEUP;
	fingerprint = bpf_fingerprint(source->skel);
	set = pins_adopt(source->pins, fingerprint);
	if (set) {
		oomwhy_bpf__destroy(source->skel);
		source->skel = NULL;
		err = take_over(source, set);
	} else {
		err = load(source, probe, plan);
		err = err ? err : pin(source, plan, fingerprint);
		if (!err)
			keep_links(source);
	}
	if (!err)
		pins_settle(source->pins);
	return err;
}

static int open_and_load(struct bpf_source *source, const struct probe *probe,
			 enum attach_plan plan)
{
	source->skel = oomwhy_bpf__open();
	if (!source->skel)
		return -errno;
	configure(source->skel, probe, plan);
	if (source->handlers.kill_ring_bytes)
		bpf_map__set_max_entries(source->skel->maps.kill_ring,
					 source->handlers.kill_ring_bytes);
	return source->pins ? load_pinned(source, probe, plan) : load(source, probe, plan);
}

int bpf_source__open(const struct probe *probe, enum attach_plan plan,
		     const struct bpf_handlers *handlers, struct pins *pins,
		     struct bpf_source **ret)
{
	struct bpf_source *source = calloc(1, sizeof(*source));
	int err;

	if (!source)
		return -ENOMEM;
	source->handlers = *handlers;
	source->pins = pins;
	err = open_and_load(source, probe, plan);
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
	if (source->page)
		munmap(source->page, sizeof(*source->page));
	for (int i = 0; i < source->links_count; i++)
		bpf_link__destroy(source->links[i]);
	oomwhy_bpf__destroy(source->skel);
	free(source);
}

int bpf_source__kill_fd(const struct bpf_source *source)
{
	return source->pins ? source->kill_ring : ring_buffer__epoll_fd(source->kills);
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
	if (!source)
		return 0;
	if (source->pins)
		return pins_counter(source->pins, counter);
	return __atomic_load_n(&source->counters[counter], __ATOMIC_RELAXED);
}

struct oomwhy_attempts bpf_source__attempts(const struct bpf_source *source, __u32 slot)
{
	const volatile struct oomwhy_attempts *shared =
		&source->attempts[slot % OOMWHY_ATTEMPTS_MAX];

	return (struct oomwhy_attempts){ shared->memcg_id, shared->count, shared->last_ns };
}

int bpf_source__candidates(struct bpf_source *source, struct candidates *candidates)
{
	return bpf_history_candidates(source->page, candidates);
}
