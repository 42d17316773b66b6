// SPDX-License-Identifier: GPL-2.0-only
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include <bpf/bpf.h>

#include "source/pin_set.h"

_Static_assert(OOMWHY_COUNTERS <= PIN_COUNTERS_MAX, "counters");

#define LINK_PREFIX "link_"
#define VICTIM_LINK "mark_victim"

static bool is_link(const char *name)
{
	return !strncmp(name, LINK_PREFIX, strlen(LINK_PREFIX));
}

static int list_files(struct pin_set *set)
{
	const struct dirent *entry;
	int fd = fcntl(set->dir_fd, F_DUPFD_CLOEXEC, 0), err = 0;
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);

	if (!dir) {
		err = -errno;
		if (fd >= 0)
			close(fd);
		return err;
	}
	rewinddir(dir);
	set->files_count = 0;
	set->links = 0;
	while (!err && (entry = readdir(dir))) {
		if (entry->d_name[0] == '.')
			continue;
		if (set->files_count == PIN_FILES_MAX || strlen(entry->d_name) >= PIN_NAME_MAX)
			err = -E2BIG;
		else
			strcpy(set->files[set->files_count++], entry->d_name);
		set->links += is_link(entry->d_name);
	}
	closedir(dir);
	return err;
}

static int open_map(const char *path, const char *set, const char *name, struct bpf_map_info *ret)
{
	char full[512];
	__u32 size = sizeof(*ret);
	int fd;

	if ((size_t)snprintf(full, sizeof(full), "%s/%s/%s", path, set, name) >= sizeof(full))
		return -ENAMETOOLONG;
	fd = bpf_obj_get(full);
	if (fd < 0)
		return -errno;
	if (!bpf_obj_get_info_by_fd(fd, ret, &size))
		return fd;
	close(fd);
	return -EINVAL;
}

/* Of an array whose values can be mapped. */
static void *map_values(int fd, size_t bytes, int protection)
{
	void *at = mmap(NULL, bytes, protection, MAP_SHARED, fd, 0);

	return at == MAP_FAILED ? NULL : at;
}

static int open_state(struct pin_set *set, const char *path)
{
	const size_t fixed = offsetof(struct pin_state, saved);
	struct bpf_map_info info = { 0 };
	int fd = open_map(path, set->name, "state", &info);

	if (fd < 0)
		return fd;
	set->state_bytes = info.value_size;
	if (info.value_size >= fixed)
		set->state = map_values(fd, set->state_bytes, PROT_READ | PROT_WRITE);
	close(fd);
	if (!set->state)
		return -EINVAL;
	set->state->version[PIN_NAME_MAX - 1] = '\0';
	return set->state->magic == PIN_STATE_MAGIC ? 0 : -EINVAL;
}

static int open_maps(struct pin_set *set, const char *path)
{
	struct bpf_map_info info = { 0 };
	int err;

	set->counters = open_map(path, set->name, "counters", &info);
	if (set->counters < 0)
		return set->counters;
	/* Another version may have fewer: then there are zeros up to the end of the page. */
	set->counts = map_values(set->counters, OOMWHY_COUNTERS * sizeof(__u64), PROT_READ);
	if (!set->counts)
		return -errno;
	set->attempts = open_map(path, set->name, "attempts", &info);
	set->cgroup_ring = open_map(path, set->name, "cgroup_ring", &info);
	set->candidates = open_map(path, set->name, "candidates", &info);
	if (set->attempts < 0 || set->cgroup_ring < 0)
		return -ENOENT;
	set->kill_ring = open_map(path, set->name, "kill_ring", &info);
	if (set->kill_ring < 0 || info.type != BPF_MAP_TYPE_RINGBUF)
		return set->kill_ring < 0 ? set->kill_ring : -EINVAL;
	err = ring_open(&set->ring, set->kill_ring, info.max_entries);
	return err ? err : open_state(set, path);
}

/* Who was killed between the two stores has saved for a position that was not given back. */
static void find_saved(struct pin_set *set)
{
	if (set->state->size != sizeof(*set->state) || set->state_bytes < sizeof(*set->state))
		return;
	for (int i = 0; i < 2; i++) {
		const struct pin_saved *saved = &set->state->saved[i];

		if (saved->serial && saved->position == set->ring.position &&
		    (!set->saved || saved->serial > set->saved->serial))
			set->saved = saved;
	}
	if (set->saved)
		memcpy(set->told, set->saved->told, sizeof(set->told));
}

void pin_set_count(struct pin_set *set)
{
	for (int i = 0; i < OOMWHY_COUNTERS; i++)
		set->at_start[i] = __atomic_load_n(&set->counts[i], __ATOMIC_RELAXED);
}

int pin_set_open(int parent_fd, const char *path, const char *name, struct pin_set *ret)
{
	int err;

	memset(ret, 0, sizeof(*ret));
	ret->parent_fd = parent_fd;
	ret->kill_ring = ret->cgroup_ring = ret->counters = ret->attempts = -1;
	ret->candidates = -1;
	snprintf(ret->name, sizeof(ret->name), "%s", name);
	ret->dir_fd = openat(parent_fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (ret->dir_fd < 0)
		return -errno;
	err = list_files(ret);
	err = err ? err : open_maps(ret, path);
	if (err) {
		pin_set_close(ret);
		return err;
	}
	find_saved(ret);
	pin_set_count(ret);
	return 0;
}

void pin_set_close(struct pin_set *set)
{
	const int fds[] = { set->dir_fd,   set->kill_ring, set->cgroup_ring,
			    set->counters, set->attempts,  set->candidates };

	ring_close(&set->ring);
	if (set->counts)
		munmap((void *)set->counts, OOMWHY_COUNTERS * sizeof(__u64));
	if (set->state)
		munmap(set->state, set->state_bytes);
	for (size_t i = 0; i < sizeof(fds) / sizeof(*fds); i++)
		if (fds[i] >= 0)
			close(fds[i]);
	memset(set, 0, sizeof(*set));
	set->dir_fd = set->kill_ring = set->cgroup_ring = set->counters = set->attempts = -1;
	set->candidates = -1;
}

static void unlink_links(struct pin_set *set, bool of_victims)
{
	for (int i = 0; i < set->files_count; i++)
		if (is_link(set->files[i]) && !!strstr(set->files[i], VICTIM_LINK) == of_victims)
			unlinkat(set->dir_fd, set->files[i], 0);
}

/* First what tells of victims: a kill of which only the rest is seen would be told as one. */
void pin_set_detach(struct pin_set *set)
{
	unlink_links(set, true);
	unlink_links(set, false);
}

int pin_set_remove(struct pin_set *set)
{
	pin_set_detach(set);
	for (int i = 0; i < set->files_count; i++)
		unlinkat(set->dir_fd, set->files[i], 0);
	return unlinkat(set->parent_fd, set->name, AT_REMOVEDIR) ? -errno : 0;
}

int pin_set_remove_at(int parent_fd, const char *name)
{
	static struct pin_set set;
	int err;

	memset(&set, 0, sizeof(set));
	set.parent_fd = parent_fd;
	snprintf(set.name, sizeof(set.name), "%s", name);
	set.dir_fd = openat(parent_fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (set.dir_fd < 0)
		return -errno;
	err = list_files(&set);
	err = err ? err : pin_set_remove(&set);
	close(set.dir_fd);
	return err;
}

void pin_set_save(struct pin_set *set, __u64 position, const __u64 told[OOMWHY_COUNTERS],
		  const struct assemble_saved *assembler)
{
	struct pin_state *state = set->state;
	struct pin_saved *saved = set->saved == &state->saved[0] ? &state->saved[1] :
								   &state->saved[0];
	__u64 serial = set->saved ? set->saved->serial + 1 : 1;

	/* The order of these is what a reader after a crash goes by. */
	__atomic_store_n(&saved->serial, 0, __ATOMIC_RELEASE);
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	saved->position = position;
	memcpy(saved->told, told, OOMWHY_COUNTERS * sizeof(*told));
	assemble_copy(&saved->assembler, assembler);
	__atomic_store_n(&saved->serial, serial, __ATOMIC_RELEASE);
	ring_free(&set->ring, position);
	set->saved = saved;
}
