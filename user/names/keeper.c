// SPDX-License-Identifier: GPL-2.0-only
#define _GNU_SOURCE
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
#define STOP_PATIENCE_MS 2000
#define PATH_SIZE 8192

/*
 * A cgroup whose name the kernel side could not read: it is one of its parent's children. If there
 * is no such folder any more, nothing is lost.
 */
static void look_for(struct keeper *keeper, const struct oomwhy_cgroup *record)
{
	char path[PATH_SIZE];
	size_t len = index_path(&keeper->index, record->parent_id, path, sizeof(path) - 1);

	/* One look has found all that were made meanwhile. */
	if (record->change == OOMWHY_CGROUP_MADE && index_knows(&keeper->index, record->id))
		return;
	path[len] = '\0';
	if (!len || !keeper->root[0] ||
	    walk_children(keeper->root, path, record->parent_id, &keeper->index))
		keeper->stale = true;
}

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
		if (!record->parent_id)
			keeper->stale = true;
		else if (!record->name[0])
			look_for(keeper, record);
		else
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

/* Where the last ones were dropped no later record shows the gap. */
static void look_for_drops(struct keeper *keeper)
{
	__u64 dropped = keeper->config.dropped ? keeper->config.dropped(keeper->config.context) : 0;

	if (dropped != keeper->dropped)
		keeper->stale = true;
	keeper->dropped = dropped;
}

/* Milliseconds until there is something to do even if nothing happens. */
static int pause_ms(struct keeper *keeper)
{
	__u64 due_ns = keeper->config.look_up ? index_due_ns(&keeper->index) : NOT_KNOWN;
	__u64 now_ns = clock_boot_ns();

	if (due_ns <= now_ns)
		return 0;
	return due_ns - now_ns < TICK_MS * 1000000ULL ? (int)((due_ns - now_ns) / 1000000) + 1 :
							TICK_MS;
}

static void *run(void *context)
{
	struct keeper *keeper = context;

	for (;;) {
		struct epoll_event event;
		int count = epoll_wait(keeper->epoll_fd, &event, 1, pause_ms(keeper));

		if (count == 1 && event.data.fd == keeper->stop_fd)
			return NULL;
		keeper->config.consume(keeper->config.context);
		look_for_drops(keeper);
		if (keeper->stale)
			rescan(keeper);
		lookups_run(&keeper->lookups);
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
	err = lookups_init(&keeper->lookups, &keeper->index, config->look_up, config->names);
	if (err)
		return err;
	keeper->lookups.have_changed = config->have_changed;
	keeper->stop_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	keeper->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	if (keeper->stop_fd < 0 || keeper->epoll_fd < 0)
		return -errno;
	if (walk_find_root(config->host_root, config->is_v1, keeper->root, sizeof(keeper->root))) {
		keeper->root[0] = 0;
		log_error("the memory controller's cgroups are not mounted under %s/sys/fs/cgroup: "
			  "paths come from the kernel alone",
			  config->host_root);
	}
	rescan(keeper);
	err = watch(keeper, keeper->stop_fd);
	err = err ? err : watch(keeper, keeper->lookups.fd);
	err = err ? err : watch(keeper, config->fd);
	return err ? err :
		     thread_start(&keeper->thread, "oomwhy-names", PRIVILEGES_READ_FILES, run,
				  keeper);
}

int keeper_stop(struct keeper *keeper)
{
	uint64_t one = 1;

	if (write(keeper->stop_fd, &one, sizeof(one)) == sizeof(one) &&
	    thread_join(keeper->thread, STOP_PATIENCE_MS))
		return -ETIMEDOUT;
	close(keeper->stop_fd);
	close(keeper->epoll_fd);
	lookups_free(&keeper->lookups);
	index_free(&keeper->index);
	return 0;
}

__u64 keeper_cgroups(struct keeper *keeper)
{
	return index_present(&keeper->index);
}
