// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/hash.h"
#include "base/log.h"
#include "base/thread.h"
#include "base/wait.h"
#include "history/history.h"
#include "place.h"

#define TICK_MS 1000
#define SLOW_TICKS 10
#define ASK_TICKS 60 /* requests change seldom */
#define FAST_MAX 64 /* cgroups near their limits that are looked at each second */
#define YOUNG_MAX 32 /* and of those that were made just now */
#define YOUNG_NS (60 * 1000000000ULL) /* many containers run into their limits right away */
#define SLICE_DEPTH_MAX 2 /* further down, what is no pod's is not sampled */
#define IDS_MAX 128 /* of one bucket of the index */
#define PATH_SIZE 8192

__u64 history_pod_key(const char *path, size_t len)
{
	struct place place;
	size_t pod_len = 0;
	int depth = 0;

	place_path(path, len, &place);
	if (!place.pod_depth)
		return 0;
	while (pod_len < len && !(path[pod_len] == '/' && depth++ == place.pod_depth))
		pod_len++;
	return hash_key(path, pod_len);
}

static bool is_wanted(const struct place *place)
{
	switch (place->level) {
	case LIMIT_CONTAINER:
	case LIMIT_POD:
	case LIMIT_QOS:
	case LIMIT_NODE:
		return true;
	case LIMIT_SLICE:
		return place->depth <= SLICE_DEPTH_MAX;
	default:
		return false;
	}
}

/* The folder of a cgroup; false where it is not known or too long. */
static bool folder_of(const struct history *history, __u64 id, char *ret, size_t *ret_root_len)
{
	size_t root = strlen(history->config.root), len;

	if (root >= PATH_SIZE)
		return false;
	memcpy(ret, history->config.root, root);
	len = index_path(history->config.index, id, ret + root, PATH_SIZE - 1 - root);
	ret[root + len] = '\0';
	*ret_root_len = root;
	return len > 0;
}

/* Boot time of a time of the wall clock; what is not in the past is now. */
static __u64 boot_of_wall(__u64 wall_ns, __u64 boot_time_ns)
{
	__u64 now_ns = clock_wall_ns();
	__u64 ago_ns = wall_ns < now_ns ? now_ns - wall_ns : 0;

	return ago_ns < boot_time_ns ? boot_time_ns - ago_ns : 0;
}

/* @part: of the whole, in sixteenths */
static bool is_near_limit(const struct slot *slot, unsigned int part)
{
	__u64 limit_bytes = slot->last.limit_bytes;

	return limit_bytes < NO_LIMIT && slot->last.usage_bytes >= limit_bytes / 16 * part;
}

static bool is_young(const struct slot *slot, __u64 boot_time_ns)
{
	return !slot->made_before && slot->made_ns + YOUNG_NS > boot_time_ns;
}

/*
 * Where the usage stays and is far from the limit, and memory is not short above it, nothing else
 * moves: that is how most cgroups are most of the time.
 */
static bool is_calm(const struct history *history, const struct slot *slot, __u64 usage_bytes,
		    __u64 boot_time_ns)
{
	return store_usage_stays(slot, usage_bytes) && !is_near_limit(slot, 14) &&
	       !history->pods_are_short && boot_time_ns - slot->all_ns < STORE_WINDOW_NS;
}

static void removed(struct history *history, int index, __u64 boot_time_ns)
{
	usage_files_drop(&history->files, index);
	store_removed(&history->store, index, boot_time_ns);
}

/* From the file that is kept open, if the usage is all that is wanted. Returns whether it was. */
static bool sample_usage(struct history *history, int index, bool all, __u64 boot_time_ns)
{
	struct sample sample = { .boot_time_ns = boot_time_ns };
	int err = usage_files_read(&history->files, index, &sample.usage_bytes);

	if (err == -EBADF ||
	    (!err && all &&
	     !is_calm(history, &history->store.slots[index], sample.usage_bytes, boot_time_ns)))
		return false;
	if (err)
		removed(history, index, boot_time_ns);
	else
		store_put(&history->store, index, &sample, false);
	return true;
}

static void sample(struct history *history, int index, bool all, __u64 boot_time_ns)
{
	const struct slot *slot = &history->store.slots[index];
	struct sample_folder folder;
	struct sample sample;
	char path[PATH_SIZE];
	size_t root;
	int err = -ENOENT;

	if (sample_usage(history, index, all, boot_time_ns))
		return;
	if (folder_of(history, slot->id, path, &root))
		err = sample_read(path, slot->id, history->config.is_v1, all, &sample, &folder);
	if (!err) {
		sample.boot_time_ns = boot_time_ns;
		store_put(&history->store, index, &sample, all);
		usage_files_keep(&history->files, index, path, slot->id, history->config.is_v1);
	} else if (err == -ENOENT || err == -ESTALE || err == -ENODEV || err == -ENODATA) {
		removed(history, index, boot_time_ns);
	}
}

static void tell_full(struct history *history)
{
	if (!history->told_full)
		log_error("more than %d cgroups: of some there is no history", STORE_SLOTS);
	history->told_full = true;
}

/* A cgroup that was not sampled before. Where there is no room, thousands may ask each time. */
static void begin(struct history *history, __u64 id, __u64 boot_time_ns)
{
	bool is_full = store_is_full(&history->store);
	struct slot slot = { .id = id };
	struct sample_folder folder;
	struct sample sample;
	char path[PATH_SIZE];
	struct place place;
	size_t root;
	int index;

	if ((is_full && history->told_full) || !folder_of(history, id, path, &root))
		return;
	place_path(path + root, strlen(path + root), &place);
	if (!is_wanted(&place))
		return;
	if (is_full) {
		tell_full(history);
		return;
	}
	if (sample_read(path, id, history->config.is_v1, true, &sample, &folder))
		return;
	slot.level = place.level;
	slot.qos = place.qos;
	slot.pod_key = history_pod_key(path + root, strlen(path + root));
	slot.made_ns = boot_of_wall(folder.modified_wall_ns, boot_time_ns);
	index = store_claim(&history->store, &slot);
	if (index < 0)
		return;
	sample.boot_time_ns = boot_time_ns;
	store_put(&history->store, index, &sample, true);
	usage_files_drop(&history->files, index);
	usage_files_keep(&history->files, index, path, id, history->config.is_v1);
}

static void look_for_cgroups(struct history *history, __u64 boot_time_ns)
{
	__u64 ids[IDS_MAX];

	for (size_t bucket = 0; bucket < INDEX_BUCKETS; bucket++) {
		size_t count = index_ids(history->config.index, bucket, ids, IDS_MAX);

		for (size_t i = 0; i < count; i++) {
			int index = store_index(&history->store, ids[i]);

			if (index < 0 || history->store.slots[index].removed_ns)
				begin(history, ids[i], boot_time_ns);
		}
	}
}

/* Files are read late: at first it is asked each time. @index spreads what comes later. */
static bool is_to_ask(const struct history *history, int index, bool is_due, bool is_young)
{
	if (is_young && history->store.slots[index].request.bytes == NOT_KNOWN)
		return true;
	return is_due && (history->ticks < ASK_TICKS || (history->ticks + index) % ASK_TICKS == 0);
}

/* What is known by now. */
static void ask_request(struct history *history, int index)
{
	const struct slot *slot = &history->store.slots[index];
	struct request request = { .source = REQUEST_ALLOCATED };
	struct container_names names;

	if ((slot->level != LIMIT_CONTAINER && slot->level != LIMIT_POD) ||
	    !index_names(history->config.index, slot->id, 0, &names))
		return;
	if (slot->level == LIMIT_POD) {
		request.bytes = names.pod_request_bytes;
	} else {
		request.bytes = names.request_bytes;
		request.error_bytes = names.request_error_bytes;
		request.source = names.request_source;
	}
	store_put_request(&history->store, index, &request, names.is_sandbox);
}

/* The machine's own: less than a sixteenth could be had without swapping. */
static bool machine_is_short(void)
{
	unsigned long long total_kib = 0, available_kib = 0;
	FILE *file = fopen("/proc/meminfo", "re");
	char line[128];

	if (!file)
		return false;
	while (fgets(line, sizeof(line), file)) {
		if (sscanf(line, "MemTotal: %llu kB", &total_kib) == 1)
			continue;
		if (sscanf(line, "MemAvailable: %llu kB", &available_kib) == 1)
			break;
	}
	fclose(file);
	return available_kib && available_kib < total_kib / 16;
}

void history_tick(struct history *history, __u64 boot_time_ns)
{
	int fast = 0, young = 0;
	bool pods_are_short;

	if (!history->config.root[0])
		return;
	pods_are_short = machine_is_short();
	if (__atomic_exchange_n(&history->stale, false, __ATOMIC_ACQ_REL) ||
	    history->ticks % SLOW_TICKS == 0)
		look_for_cgroups(history, boot_time_ns);
	for (int i = 0; i < (int)history->store.used; i++) {
		const struct slot *slot = &history->store.slots[i];
		bool is_due = (history->ticks + i) % SLOW_TICKS == 0;
		bool is_short_pod = history->pods_are_short && slot->level == LIMIT_POD;
		bool is_new;

		if (slot->removed_ns || slot->last.boot_time_ns == boot_time_ns)
			continue;
		is_new = is_young(slot, boot_time_ns) && young++ < YOUNG_MAX;
		if (is_due || is_short_pod || is_new ||
		    (is_near_limit(slot, 14) && fast++ < FAST_MAX))
			sample(history, i, is_due, boot_time_ns);
		if (is_to_ask(history, i, is_due, is_new))
			ask_request(history, i);
		if (slot->level == LIMIT_NODE)
			pods_are_short |= is_near_limit(slot, 15);
	}
	history->pods_are_short = pods_are_short;
	history->ticks++;
}

static void *run(void *context)
{
	struct history *history = context;
	struct pollfd fds[] = { { .fd = history->stop_fd, .events = POLLIN },
				{ .fd = history->ask_fd, .events = POLLIN } };
	__u64 due_ns = 0;

	while (!fds[0].revents) {
		__u64 now_ns = clock_boot_ns();

		if (now_ns >= due_ns) {
			history_tick(history, now_ns);
			due_ns = now_ns + TICK_MS * 1000000ULL;
		}
		now_ns = clock_boot_ns();
		wait_for(fds, 2, now_ns < due_ns ? (int)((due_ns - now_ns) / 1000000) + 1 : 0);
		history_answer(history); /* also what was asked right before the end */
	}
	return NULL;
}

void history_init(struct history *history)
{
	memset(history, 0, sizeof(*history));
	store_init(&history->store);
	pthread_mutex_init(&history->asks_lock, NULL);
	usage_files_init(&history->files);
}

int history_start(struct history *history, const struct history_config *config)
{
	history->config = *config;
	usage_files_allow(&history->files);
	history->stop_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	history->ask_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (history->stop_fd < 0 || history->ask_fd < 0)
		return -errno;
	return thread_start(&history->thread, "oomwhy-history", PRIVILEGES_NONE, run, history);
}

void history_stop(struct history *history)
{
	uint64_t one = 1;

	if (write(history->stop_fd, &one, sizeof(one)) == sizeof(one))
		pthread_join(history->thread, NULL);
	close(history->stop_fd);
	close(history->ask_fd);
}

void history_free(struct history *history)
{
	usage_files_free(&history->files);
	store_free(&history->store);
}

void history_made(struct history *history, __u64 cgroup_id, __u64 boot_time_ns)
{
	store_born(&history->store, cgroup_id, boot_time_ns);
	__atomic_store_n(&history->stale, true, __ATOMIC_RELEASE);
}
