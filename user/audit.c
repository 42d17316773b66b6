// SPDX-License-Identifier: GPL-2.0-only
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "audit.h"
#include "base/hash.h"
#include "base/keyed.h"
#include "base/thread.h"
#include "base/wait.h"

#define DEPTH_MAX 64 /* a descriptor is held for each level */
#define FOLDER (O_RDONLY | O_DIRECTORY | O_CLOEXEC)
#define TICKS 3 /* of T1, until what was counted before must be seen */
#define TICK_MS 1000
#define TRIES 2

struct walk {
	struct audit *audit;
	struct audit_finding *found; /* NULL: all that is counted is taken as known */
	char path[AUDIT_PATH_MAX];
};

__u64 audit_count(const struct audit *audit)
{
	char path[256];
	__u64 kills;

	snprintf(path, sizeof(path), "%s/vmstat", audit->config.proc);
	return keyed_read(AT_FDCWD, path, "oom_kill", &kills) ? kills : NOT_KNOWN;
}

/* Where the kills of a cgroup stand; NULL: nowhere, and there is no room. With the lock. */
static __u64 *kills_of(struct audit *audit, const char *path, size_t len)
{
	__u64 key = hash_key(path, len);

	for (size_t i = 0; i < AUDIT_CGROUPS; i++) {
		size_t at = (key + i) % AUDIT_CGROUPS;

		if (!audit->cgroups[at].key)
			audit->cgroups[at].key = key;
		if (audit->cgroups[at].key == key)
			return &audit->cgroups[at].kills;
	}
	return NULL;
}

static void add(struct audit *audit, const char *path, size_t len, __u64 kills)
{
	__u64 *to = kills_of(audit, path, len);

	if (to)
		*to += kills;
}

static void take_victim(struct audit *audit, const struct event *ev, const struct event_task *task)
{
	const char *path = text_bytes(ev, task->cgroup.path);
	size_t len = task->cgroup.path.len;

	if (len < 2 || !task->counted || task->counted == NOT_KNOWN)
		return;
	for (size_t i = 1; i < len && !audit->config.is_v1; i++)
		if (path[i] == '/')
			add(audit, path, i, task->counted);
	add(audit, path, len, task->counted);
}

void audit_take(struct audit *audit, const struct event *ev)
{
	if (ev->type != EVENT_INCIDENT)
		return;
	pthread_mutex_lock(&audit->lock);
	take_victim(audit, ev, &ev->incident.victim);
	for (__u64 i = 0; i < ev->incident.other_victims_count; i++)
		take_victim(audit, ev, &ev->incident.other_victims[i]);
	pthread_mutex_unlock(&audit->lock);
}

void audit_tick(struct audit *audit, __u64 seen, __u64 may_be_seen)
{
	pthread_mutex_lock(&audit->lock);
	audit->seen = seen;
	audit->may_be_seen = may_be_seen;
	audit->ticks++;
	pthread_mutex_unlock(&audit->lock);
}

__u64 audit_missing(struct audit *audit)
{
	__u64 missing;

	pthread_mutex_lock(&audit->lock);
	missing = audit->finding.missing;
	pthread_mutex_unlock(&audit->lock);
	return missing;
}

void audit_fill(struct audit *audit, struct event *loss)
{
	const struct audit_finding *finding = &audit->finding;

	pthread_mutex_lock(&audit->lock);
	for (__u64 i = 0; i < finding->places_count; i++) {
		const struct audit_place *place = &finding->places[i];

		loss->loss_places[i].cgroup.path =
			event_text_whole(loss, place->path, strlen(place->path));
		loss->loss_places[i].kills = place->kills;
	}
	loss->loss_places_count = finding->places_count;
	loss->loss_places_omitted = finding->places_omitted;
	pthread_mutex_unlock(&audit->lock);
}

static void add_place(struct audit_finding *found, const char *path, __u64 kills)
{
	struct audit_place *place = &found->places[found->places_count];

	if (found->places_count == LOSS_PLACES_MAX) {
		found->places_omitted++;
		return;
	}
	snprintf(place->path, sizeof(place->path), "%s", path);
	place->kills = kills;
	found->places_count++;
}

/* Kills that are counted in the walk's cgroup, and not known. */
static __u64 unknown_of(struct walk *walk, __u64 counted)
{
	struct audit *audit = walk->audit;
	__u64 unknown = 0, *kills;

	pthread_mutex_lock(&audit->lock);
	kills = kills_of(audit, walk->path, strlen(walk->path));
	if (kills && counted > *kills) {
		unknown = counted - *kills;
		if (!walk->found)
			*kills = counted;
	}
	pthread_mutex_unlock(&audit->lock);
	return unknown;
}

static __u64 look(struct walk *walk, int fd, int depth);

static __u64 look_below(struct walk *walk, int fd, int depth)
{
	size_t len = strlen(walk->path);
	struct dirent *entry;
	__u64 missing = 0;
	DIR *dir = fdopendir(fd);

	if (!dir) {
		close(fd);
		return 0;
	}
	while (depth < DEPTH_MAX && (entry = readdir(dir))) {
		if (entry->d_type != DT_DIR || !strcmp(entry->d_name, ".") ||
		    !strcmp(entry->d_name, "..") ||
		    len + 1 + strlen(entry->d_name) >= sizeof(walk->path))
			continue;
		sprintf(walk->path + len, "/%s", entry->d_name);
		missing += look(walk, openat(dirfd(dir), entry->d_name, FOLDER | O_NOFOLLOW),
				depth + 1);
		walk->path[len] = '\0';
	}
	closedir(dir);
	return missing;
}

/*
 * What is missing in this cgroup and below. v1 counts a kill in the victim's cgroup alone, v2 in
 * all above, too, and there it stays when the cgroup is gone.
 */
static __u64 look(struct walk *walk, int fd, int depth)
{
	bool is_v1 = walk->audit->config.is_v1;
	__u64 counted = 0, missing = 0, below, own;

	if (fd < 0)
		return 0;
	if (keyed_read(fd, is_v1 ? "memory.oom_control" : "memory.events", "oom_kill", &counted) &&
	    counted)
		missing = unknown_of(walk, counted);
	if (!is_v1 && depth && !missing) {
		close(fd);
		return 0;
	}
	below = look_below(walk, fd, depth);
	own = is_v1 ? missing : missing > below ? missing - below : 0;
	if (own && walk->found)
		add_place(walk->found, *walk->path ? walk->path : "/", own);
	return below + own;
}

static void look_at_all(struct audit *audit, struct audit_finding *found)
{
	struct walk walk = { .audit = audit, .found = found };

	if (*audit->config.root)
		look(&walk, open(audit->config.root, FOLDER), 0);
}

void audit_init(struct audit *audit, const struct audit_config *config)
{
	memset(audit, 0, sizeof(*audit));
	audit->config = *config;
	pthread_mutex_init(&audit->lock, NULL);
	audit->stop_fd = -1;
	audit->base = audit_count(audit);
}

void audit_begin(struct audit *audit, __u64 unknown)
{
	if (unknown)
		look_at_all(audit, &audit->finding);
	look_at_all(audit, NULL);
}

__u64 audit_new(struct audit *audit, __u64 counted)
{
	__u64 all = counted - audit->base, accounted, missing;

	if (counted == NOT_KNOWN || audit->base == NOT_KNOWN || counted < audit->base)
		return 0;
	pthread_mutex_lock(&audit->lock);
	accounted = audit->seen + audit->finding.missing + audit->may_be_seen;
	missing = all > accounted ? all - accounted : 0;
	pthread_mutex_unlock(&audit->lock);
	return missing;
}

/* Returns whether it is time to end. */
static bool sleep_ms(const struct audit *audit, int ms)
{
	struct pollfd stop = { .fd = audit->stop_fd, .events = POLLIN };

	return wait_for(&stop, 1, ms) > 0;
}

/* A kill of meanwhile that T1 has not taken yet would be taken for one of those. */
static bool find_places(struct audit *audit, __u64 missing, struct audit_finding *ret)
{
	__u64 counted = audit_count(audit);

	memset(ret, 0, sizeof(*ret));
	if (audit_new(audit, counted) != missing)
		return false;
	look_at_all(audit, ret);
	if (audit_count(audit) == counted)
		return true;
	memset(ret, 0, sizeof(*ret));
	return false;
}

void audit_find(struct audit *audit, __u64 counted)
{
	__u64 missing = audit_new(audit, counted);
	struct audit_finding found;

	if (!missing)
		return;
	for (int i = 0; i < TRIES && !find_places(audit, missing, &found); i++)
		sleep_ms(audit, TICK_MS);
	look_at_all(audit, NULL);
	pthread_mutex_lock(&audit->lock);
	found.missing = audit->finding.missing + missing;
	audit->finding = found;
	pthread_mutex_unlock(&audit->lock);
}

static __u64 ticks_of(struct audit *audit)
{
	__u64 ticks;

	pthread_mutex_lock(&audit->lock);
	ticks = audit->ticks;
	pthread_mutex_unlock(&audit->lock);
	return ticks;
}

/* Until T1 has emptied the rings; false: it is time to end. */
static bool wait_for_ticks(struct audit *audit)
{
	__u64 until = ticks_of(audit) + TICKS;

	while (ticks_of(audit) < until)
		if (sleep_ms(audit, TICK_MS))
			return false;
	return true;
}

static void *run(void *context)
{
	struct audit *audit = context;

	while (!sleep_ms(audit, audit->config.period_ms)) {
		__u64 counted = audit_count(audit);

		for (int i = 0; i < TRIES && audit_new(audit, counted); i++)
			if (!wait_for_ticks(audit))
				return NULL;
		audit_find(audit, counted);
	}
	return NULL;
}

int audit_start(struct audit *audit)
{
	int err;

	if (audit->base == NOT_KNOWN)
		return 0;
	audit->stop_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (audit->stop_fd < 0)
		return -errno;
	err = thread_start(&audit->thread, "oomwhy-audit", PRIVILEGES_NONE, run, audit);
	audit->runs = !err;
	return err;
}

void audit_stop(struct audit *audit)
{
	uint64_t one = 1;

	if (audit->runs && write(audit->stop_fd, &one, sizeof(one)) == sizeof(one))
		pthread_join(audit->thread, NULL);
	audit->runs = false;
	if (audit->stop_fd >= 0)
		close(audit->stop_fd);
	audit->stop_fd = -1;
}
