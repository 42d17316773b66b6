// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdint.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/thread.h"
#include "names/keeper.h"
#include "names/walk.h"
#include "oomwhy_record.h"

#define TICK_MS 10000
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

/* A path that the victim's begins with, as those of its levels do, is not kept twice. */
static struct text put_path(struct event *ev, const char *path, size_t len)
{
	struct text victims = ev->type == EVENT_INCIDENT ? ev->incident.victim.cgroup.path :
							   (struct text){ 0 };

	if (len && len <= victims.len && !memcmp(text_bytes(ev, victims), path, len))
		return (struct text){ victims.off, (__u16)len };
	return event_text_whole(ev, path, len);
}

static void complete(struct keeper *keeper, struct event *ev, struct event_cgroup *cgroup)
{
	char path[PATH_SIZE];

	if (cgroup->path.len || cgroup->id == NOT_KNOWN)
		return;
	cgroup->path =
		put_path(ev, path, index_path(&keeper->index, cgroup->id, path, sizeof(path)));
}

static void complete_memcg(struct keeper *keeper, struct event *ev, struct event_memcg *memcg)
{
	struct event_cgroup cgroup = { .path = memcg->path, .id = memcg->id };

	complete(keeper, ev, &cgroup);
	memcg->path = cgroup.path;
}

static void complete_child(struct keeper *keeper, struct event *ev, struct event_child *child)
{
	char name[OOMWHY_NAME_SIZE];

	if (child->name.len || child->id == NOT_KNOWN)
		return;
	child->name = event_text_whole(ev, name,
				       index_name(&keeper->index, child->id, name, sizeof(name)));
}

static bool is_awaited(struct keeper *keeper, const struct event_cgroup *cgroup)
{
	return !cgroup->path.len && cgroup->id != NOT_KNOWN &&
	       !index_knows(&keeper->index, cgroup->id);
}

/*
 * A container may run into its limit before its name has been looked for. T1 waits for nobody
 * longer than this.
 */
#define PATIENCE_MS 50

static void wait_for_names(struct keeper *keeper, const struct incident *incident)
{
	struct timespec pause = { .tv_nsec = 1000000 };

	for (int i = 0; i < PATIENCE_MS; i++) {
		if (!is_awaited(keeper, &incident->victim.cgroup) &&
		    !is_awaited(keeper, &incident->limit_owner.cgroup) &&
		    !is_awaited(keeper, &incident->trigger.cgroup))
			return;
		nanosleep(&pause, NULL);
	}
}

void keeper_complete(struct keeper *keeper, struct event *ev)
{
	struct incident *incident = &ev->incident;

	if (ev->type == EVENT_UPDATE)
		complete(keeper, ev, &ev->update.limit_owner.cgroup);
	if (!event_has_incident(ev))
		return;
	if (keeper->config.names_are_unread && keeper->root[0])
		wait_for_names(keeper, incident);
	complete(keeper, ev, &incident->victim.cgroup);
	complete(keeper, ev, &incident->limit_owner.cgroup);
	complete(keeper, ev, &incident->trigger.cgroup);
	complete(keeper, ev, &incident->oom_group);
	complete(keeper, ev, &incident->children_of);
	for (__u64 i = 0; i < incident->memcgs_count; i++)
		complete_memcg(keeper, ev, &incident->memcgs[i]);
	for (__u64 i = 0; i < incident->children_count; i++)
		complete_child(keeper, ev, &incident->children[i]);
	for (__u64 i = 0; i < incident->verdict.suspects_count; i++)
		complete(keeper, ev, &incident->verdict.suspects[i].cgroup);
	for (__u64 i = 0; i < incident->other_victims_count; i++)
		complete(keeper, ev, &incident->other_victims[i].cgroup);
}

__u64 keeper_cgroups(struct keeper *keeper)
{
	return index_present(&keeper->index);
}
