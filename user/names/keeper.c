// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdint.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/thread.h"
#include "names/keeper.h"
#include "names/walk.h"
#include "oomwhy_record.h"

#define TICK_MS 10000
#define PATH_SIZE 8192

void keeper_record(struct keeper *keeper, const void *data, size_t size)
{
	const struct oomwhy_cgroup *record = data;

	if (size < sizeof(*record) || record->header.kind != OOMWHY_CGROUP ||
	    !memchr(record->name, 0, sizeof(record->name)))
		return;
	if (keeper->sequence && record->header.sequence != keeper->sequence + 1)
		keeper->stale = true;
	keeper->sequence = record->header.sequence;
	switch (record->change) {
	case OOMWHY_CGROUP_MADE:
	case OOMWHY_CGROUP_RENAMED:
		/* The kernel side could not read it, and a part of a path is a wrong path. */
		if (!record->parent_id || !record->name[0]) {
			keeper->stale = true;
			break;
		}
		index_put(&keeper->index, record->id, record->parent_id, record->name);
		break;
	case OOMWHY_CGROUP_REMOVED:
		index_remove(&keeper->index, record->id, record->header.boot_time_ns);
		break;
	}
}

static void rescan(struct keeper *keeper)
{
	keeper->stale = false;
	if (!keeper->root[0])
		return;
	index_rescan_begin(&keeper->index);
	if (walk_cgroups(keeper->root, &keeper->index) == 0)
		index_rescan_end(&keeper->index, clock_boot_ns());
}

static void do_chore(struct keeper *keeper)
{
	uint64_t asked;

	if (read(keeper->chore_fd, &asked, sizeof(asked)) == sizeof(asked))
		keeper->config.chore(keeper->config.context);
}

static void *run(void *context)
{
	struct keeper *keeper = context;

	for (;;) {
		struct epoll_event event;
		int count = epoll_wait(keeper->epoll_fd, &event, 1, TICK_MS);

		if (count == 1 && event.data.fd == keeper->stop_fd)
			return NULL;
		if (count == 1 && event.data.fd == keeper->chore_fd)
			do_chore(keeper);
		keeper->config.consume(keeper->config.context);
		if (keeper->stale)
			rescan(keeper);
		index_expire(&keeper->index, clock_boot_ns());
	}
}

static int watch(struct keeper *keeper, int fd)
{
	struct epoll_event event = { .events = EPOLLIN, .data.fd = fd };

	return epoll_ctl(keeper->epoll_fd, EPOLL_CTL_ADD, fd, &event) ? -errno : 0;
}

int keeper_start(struct keeper *keeper, const struct keeper_config *config)
{
	int err;

	memset(keeper, 0, sizeof(*keeper));
	keeper->config = *config;
	index_init(&keeper->index);
	keeper->stop_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	keeper->chore_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	keeper->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	if (keeper->stop_fd < 0 || keeper->chore_fd < 0 || keeper->epoll_fd < 0)
		return -errno;
	if (walk_find_root(config->host_root, config->is_v1, keeper->root, sizeof(keeper->root))) {
		keeper->root[0] = 0;
		log_error("the memory controller's cgroups are not mounted under %s/sys/fs/cgroup: "
			  "paths come from the kernel alone",
			  config->host_root);
	}
	rescan(keeper);
	err = watch(keeper, keeper->stop_fd);
	err = err ? err : watch(keeper, keeper->chore_fd);
	err = err ? err : watch(keeper, config->fd);
	return err ? err : thread_start(&keeper->thread, "oomwhy-names", run, keeper);
}

void keeper_stop(struct keeper *keeper)
{
	uint64_t one = 1;

	if (write(keeper->stop_fd, &one, sizeof(one)) == sizeof(one))
		pthread_join(keeper->thread, NULL);
	close(keeper->stop_fd);
	close(keeper->chore_fd);
	close(keeper->epoll_fd);
	index_free(&keeper->index);
}

void keeper_ask(struct keeper *keeper)
{
	uint64_t one = 1;

	if (keeper->config.chore && write(keeper->chore_fd, &one, sizeof(one)) < 0)
		log_debug("the keeper cannot be asked: %s", strerror(errno));
}

static void complete(struct keeper *keeper, struct event *ev, struct event_cgroup *cgroup)
{
	char path[PATH_SIZE];

	if (cgroup->path.len || cgroup->id == NOT_KNOWN)
		return;
	cgroup->path = event_text_whole(ev, path,
					index_path(&keeper->index, cgroup->id, path, sizeof(path)));
}

static void complete_memcg(struct keeper *keeper, struct event *ev, struct event_memcg *memcg)
{
	struct event_cgroup cgroup = { .path = memcg->path, .id = memcg->id };

	complete(keeper, ev, &cgroup);
	memcg->path = cgroup.path;
}

void keeper_complete(struct keeper *keeper, struct event *ev)
{
	struct incident *incident = &ev->incident;

	if (ev->type == EVENT_UPDATE)
		complete(keeper, ev, &ev->update.limit_owner.cgroup);
	if (!event_has_incident(ev))
		return;
	complete(keeper, ev, &incident->limit_owner.cgroup);
	complete(keeper, ev, &incident->victim.cgroup);
	complete(keeper, ev, &incident->trigger.cgroup);
	complete(keeper, ev, &incident->oom_group);
	for (__u64 i = 0; i < incident->memcgs_count; i++)
		complete_memcg(keeper, ev, &incident->memcgs[i]);
	for (__u64 i = 0; i < incident->verdict.suspects_count; i++)
		complete(keeper, ev, &incident->verdict.suspects[i].cgroup);
	for (__u64 i = 0; i < incident->other_victims_count; i++)
		complete(keeper, ev, &incident->other_victims[i].cgroup);
}

__u64 keeper_cgroups(struct keeper *keeper)
{
	return index_present(&keeper->index);
}
