// SPDX-License-Identifier: GPL-2.0-only
#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <cmocka.h>

#include "map_filler.h"

#define VALUE_MAX 8192

/* No pid (of 4 bytes, or of 8 with a thread's), no memcg's ID and no address is of this kind. */
#define FIRST_KEY (1ULL << 62 | 1ULL << 30)

/* The map of a descriptor of another process; -1: it is none. */
static int map_of(pid_t pid, const char *fd)
{
	char path[320], line[128];
	unsigned int id = 0;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/fdinfo/%s", pid, fd);
	f = fopen(path, "re");
	while (f && !id && fgets(line, sizeof(line), f))
		sscanf(line, "map_id: %u", &id);
	if (f)
		fclose(f);
	return id ? bpf_map_get_fd_by_id(id) : -1;
}

static void take_map(struct map_filler *filler, int fd)
{
	struct bpf_map_info info = { 0 };
	__u32 len = sizeof(info);

	if (bpf_obj_get_info_by_fd(fd, &info, &len) || info.type != BPF_MAP_TYPE_LRU_HASH) {
		close(fd);
		return;
	}
	assert_in_range(info.key_size, sizeof(__u32), sizeof(__u64));
	assert_in_range(info.value_size, 1, VALUE_MAX);
	assert_true(filler->count < MAP_FILLER_MAX);
	filler->maps[filler->count].fd = fd;
	filler->maps[filler->count].entries = info.max_entries;
	filler->count++;
}

static void *fill(void *context)
{
	static const char value[VALUE_MAX];
	struct map_filler *filler = context;
	__u64 key = FIRST_KEY;

	do {
		for (int i = 0; i < filler->count; i++)
			for (__u32 j = 0; j < filler->maps[i].entries; j++, key++)
				bpf_map_update_elem(filler->maps[i].fd, &key, value, BPF_ANY);
		filler->rounds++;
	} while (!filler->ends);
	return NULL;
}

void map_filler_start(struct map_filler *filler, pid_t pid)
{
	struct dirent *entry;
	char path[64];
	DIR *dir;

	memset(filler, 0, sizeof(*filler));
	snprintf(path, sizeof(path), "/proc/%d/fdinfo", pid);
	dir = opendir(path);
	assert_non_null(dir);
	while ((entry = readdir(dir))) {
		int fd = map_of(pid, entry->d_name);

		if (fd >= 0)
			take_map(filler, fd);
	}
	closedir(dir);
	assert_int_equal(pthread_create(&filler->thread, NULL, fill, filler), 0);
	while (!filler->rounds)
		usleep(10000);
}

void map_filler_finish(struct map_filler *filler)
{
	filler->ends = true;
	pthread_join(filler->thread, NULL);
	for (int i = 0; i < filler->count; i++)
		close(filler->maps[i].fd);
}
