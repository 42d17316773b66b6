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

#include "oomwhy.skel.h"

struct bpf_source {
	struct oomwhy_bpf *skel;
	struct ring_buffer *kills;
	struct ring_buffer *cgroups;
	struct bpf_handlers handlers;
	const __u64 *counters; /* shared with the kernel */
	size_t counters_bytes;
};

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

static void configure(struct oomwhy_bpf *skel, const struct probe *probe, enum attach_plan plan)
{
	skel->rodata->memory_hierarchy = probe->memory_hierarchy;
	skel->rodata->mark_victim_has_task = probe->mark_victim_has_task;
	skel->rodata->possible_nodes = probe->nodes;
	skel->rodata->reclaim_is_tracked = plan == ATTACH_TRACEPOINT;
	bpf_program__set_autoload(skel->progs.memcg_reclaim_ends, plan == ATTACH_TRACEPOINT);
	bpf_program__set_autoload(skel->progs.machine_reclaim_ends, plan == ATTACH_TRACEPOINT);
	bpf_program__set_autoload(skel->progs.decision_fentry, plan == ATTACH_FENTRY);
	bpf_program__set_autoload(skel->progs.decision_fexit, plan == ATTACH_FENTRY);
	bpf_program__set_autoload(skel->progs.decision_kprobe, plan == ATTACH_KPROBE);
	bpf_program__set_autoload(skel->progs.decision_kretprobe, plan == ATTACH_KPROBE);
	bpf_program__set_autoattach(skel->progs.baseline, false);
}

static int map_counters(struct bpf_source *source)
{
	void *counters;

	source->counters_bytes = OOMWHY_COUNTERS * sizeof(__u64);
	counters = mmap(NULL, source->counters_bytes, PROT_READ, MAP_SHARED,
			bpf_map__fd(source->skel->maps.counters), 0);
	if (counters == MAP_FAILED)
		return -errno;
	source->counters = counters;
	return 0;
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
	struct bpf_link *link = bpf_program__attach_iter(source->skel->progs.baseline, NULL);
	int fd, err;

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
	err = oomwhy_bpf__load(source->skel);
	if (err)
		return err;
	err = map_counters(source);
	if (err)
		return err;
	err = open_rings(source);
	if (err)
		return err;
	err = take_baseline(source);
	return err ? err : oomwhy_bpf__attach(source->skel);
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
		log_error("the kernel refuses the tracing programs: %s (--verbose tells more)",
			  strerror(-err));
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
		munmap((void *)source->counters, source->counters_bytes);
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

__u64 bpf_source__counter(const struct bpf_source *source, int counter)
{
	return __atomic_load_n(&source->counters[counter], __ATOMIC_RELAXED);
}
