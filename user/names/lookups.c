// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdint.h>
#include <string.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "names/lookups.h"

#define PATH_SIZE 8192
#define REFRESH_NS (10 * 1000000000ULL) /* so often requests are looked at for changes */
#define SLICE_NS (5 * 1000000ULL) /* then the lifecycle ring comes first again */

int lookups_init(struct lookups *lookups, struct index *index,
		 bool (*look_up)(void *context, const struct place *place,
				 struct container_names *ret),
		 void *context)
{
	pthread_condattr_t attr;

	memset(lookups, 0, sizeof(*lookups));
	lookups->index = index;
	lookups->look_up = look_up;
	lookups->context = context;
	pthread_mutex_init(&lookups->lock, NULL);
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&lookups->answer, &attr);
	pthread_condattr_destroy(&attr);
	lookups->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	return lookups->fd < 0 ? -errno : 0;
}

void lookups_free(struct lookups *lookups)
{
	if (lookups->fd >= 0)
		close(lookups->fd);
	pthread_cond_destroy(&lookups->answer);
	pthread_mutex_destroy(&lookups->lock);
}

static bool are_whole(const struct container_names *names)
{
	return names->pod_name[0] && (names->container_name[0] || names->is_sandbox == 1);
}

/* A log folder does not say whose container's it is; the link to it, that does, comes later. */
bool lookups_suffice(const struct container_names *names)
{
	return are_whole(names) && names->source < IDENTITY_LOG_FOLDER;
}

static bool same_names(const struct container_names *a, const struct container_names *b)
{
	return !strcmp(a->namespace_name, b->namespace_name) && !strcmp(a->pod_name, b->pod_name) &&
	       !strcmp(a->container_name, b->container_name);
}

/*
 * A container never changes its name, but its files go: what was known and is found no more, or
 * from a lesser source, stays. Its request changes with an in-place resize.
 */
static void keep_best(const struct container_names *kept, struct container_names *found)
{
	struct container_names best = *kept;

	if (!are_whole(kept) || (are_whole(found) && found->source < kept->source) ||
	    (same_names(kept, found) && found->source == kept->source))
		return;
	if (same_names(kept, found) && found->request_source == REQUEST_ALLOCATED) {
		best.request_bytes = found->request_bytes;
		best.request_error_bytes = found->request_error_bytes;
		best.request_source = found->request_source;
		best.pod_request_bytes = found->pod_request_bytes;
	}
	*found = best;
}

/* What the names of one container say of its pod; for its other containers, and for itself. */
static void keep_pod(struct lookups *lookups, __u64 id, int up, const struct container_names *names)
{
	struct container_names pod;

	if (!names->pod_name[0] || (index_names(lookups->index, id, up, &pod) &&
				    pod.pod_request_bytes == names->pod_request_bytes))
		return;
	memset(&pod, 0, sizeof(pod));
	memcpy(pod.namespace_name, names->namespace_name, sizeof(pod.namespace_name));
	memcpy(pod.pod_name, names->pod_name, sizeof(pod.pod_name));
	memcpy(pod.pod_uid, names->pod_uid, sizeof(pod.pod_uid));
	pod.restarts = pod.is_sandbox = NOT_KNOWN;
	pod.request_bytes = pod.request_error_bytes = NOT_KNOWN;
	pod.pod_request_bytes = names->pod_request_bytes;
	pod.oom_score_adj = NOT_KNOWN_SIGNED;
	pod.source = names->source;
	index_keep(lookups->index, id, up, &pod);
}

/* @id: the container's cgroup or one below it, as @place says. */
static bool look_up(struct lookups *lookups, __u64 id, const struct place *place,
		    struct container_names *ret)
{
	int up = place->depth - place->container_depth;
	struct container_names kept;

	if (!lookups->look_up(lookups->context, place, ret))
		return false;
	if (index_names(lookups->index, id, up, &kept))
		keep_best(&kept, ret);
	index_keep(lookups->index, id, up, ret);
	if (place->pod_depth)
		keep_pod(lookups, id, place->depth - place->pod_depth, ret);
	return true;
}

/* Only a container's own cgroup is looked up: what is below it was named by its workload. */
static void look_at(struct lookups *lookups, __u64 id, const char *path, size_t len)
{
	struct container_names names;
	struct place place;

	place_path(path, len, &place);
	if (len && place.level != LIMIT_CONTAINER)
		return;
	if (len && look_up(lookups, id, &place, &names) && lookups_suffice(&names))
		return;
	index_again(lookups->index, id, clock_boot_ns());
}

static void answer(struct lookups *lookups)
{
	struct lookup parts[LOOKUPS_ASKED_MAX];
	__u64 asked;
	size_t count;

	pthread_mutex_lock(&lookups->lock);
	asked = lookups->asked;
	count = asked == lookups->answered ? 0 : lookups->count;
	memcpy(parts, lookups->parts, count * sizeof(*parts));
	pthread_mutex_unlock(&lookups->lock);
	for (size_t i = 0; i < count; i++)
		parts[i].found = look_up(lookups, parts[i].id, &parts[i].place, &parts[i].names);
	if (!count)
		return;
	pthread_mutex_lock(&lookups->lock);
	memcpy(lookups->parts, parts, count * sizeof(*parts));
	lookups->answered = asked;
	pthread_cond_signal(&lookups->answer);
	pthread_mutex_unlock(&lookups->lock);
}

static void refresh(struct lookups *lookups, __u64 now_ns)
{
	if (!lookups->have_changed || now_ns - lookups->refreshed_ns < REFRESH_NS)
		return;
	lookups->refreshed_ns = now_ns;
	if (lookups->have_changed(lookups->context))
		index_refresh(lookups->index);
}

void lookups_run(struct lookups *lookups)
{
	__u64 now_ns = clock_boot_ns(), end_ns = now_ns + SLICE_NS, id;
	char path[PATH_SIZE];
	uint64_t asked;
	size_t len;

	if (read(lookups->fd, &asked, sizeof(asked)) < 0 && errno != EAGAIN)
		log_debug("questions for names cannot be read: %s", strerror(errno));
	refresh(lookups, now_ns);
	while (lookups->look_up) {
		answer(lookups);
		id = now_ns < end_ns ?
			     index_take(lookups->index, now_ns, path, sizeof(path), &len) :
			     0;
		if (!id)
			break;
		look_at(lookups, id, path, len);
		now_ns = clock_boot_ns();
	}
}

static struct timespec monotonic_time_of(__u64 boot_ns)
{
	__u64 now_ns = clock_boot_ns();
	struct timespec time;
	__u64 ns;

	clock_gettime(CLOCK_MONOTONIC, &time);
	ns = time.tv_nsec + (boot_ns > now_ns ? boot_ns - now_ns : 0);
	time.tv_sec += ns / 1000000000;
	time.tv_nsec = ns % 1000000000;
	return time;
}

void lookups_ask(struct lookups *lookups, struct lookup *parts, size_t count, __u64 deadline_ns)
{
	struct timespec deadline = monotonic_time_of(deadline_ns);
	uint64_t one = 1;
	int err = 0;

	for (size_t i = 0; i < count; i++)
		parts[i].found = false;
	if (!lookups->look_up || !count)
		return;
	pthread_mutex_lock(&lookups->lock);
	if (lookups->answered == lookups->asked) {
		lookups->asked++;
		lookups->count = count;
		memcpy(lookups->parts, parts, count * sizeof(*parts));
		if (write(lookups->fd, &one, sizeof(one)) < 0)
			err = errno;
		while (!err && lookups->answered != lookups->asked)
			err = pthread_cond_timedwait(&lookups->answer, &lookups->lock, &deadline);
		if (lookups->answered == lookups->asked)
			memcpy(parts, lookups->parts, count * sizeof(*parts));
	}
	pthread_mutex_unlock(&lookups->lock);
}
