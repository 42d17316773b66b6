// SPDX-License-Identifier: GPL-2.0-only
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>
#include <linux/magic.h>

#include "names/walk.h"

#define DEPTH_MAX 128 /* a descriptor is held for each level */
#define FOLDER (O_RDONLY | O_DIRECTORY | O_CLOEXEC)

static bool is_mounted(const char *path, long magic)
{
	struct statfs fs;

	return statfs(path, &fs) == 0 && fs.f_type == magic;
}

int walk_find_root(const char *host_root, bool is_v1, char *ret, size_t size)
{
	static const char *const v1[] = { "/sys/fs/cgroup/memory", NULL };
	static const char *const v2[] = { "/sys/fs/cgroup", "/sys/fs/cgroup/unified", NULL };

	for (const char *const *place = is_v1 ? v1 : v2; *place; place++) {
		if (snprintf(ret, size, "%s%s", host_root, *place) >= (int)size)
			return -ENAMETOOLONG;
		if (is_mounted(ret, is_v1 ? CGROUP_SUPER_MAGIC : CGROUP2_SUPER_MAGIC))
			return 0;
	}
	return -ENOENT;
}

/*
 * The inode number of a cgroup's folder is its id; readdir() tells it without a stat() for each.
 * @depth: DEPTH_MAX: not into its folders
 */
static void walk(int fd, __u64 id, struct index *index, int depth)
{
	struct dirent *entry;
	DIR *dir;

	dir = fd < 0 ? NULL : fdopendir(fd);
	if (!dir) {
		if (fd >= 0)
			close(fd);
		return;
	}
	while ((entry = readdir(dir))) {
		if (entry->d_type != DT_DIR || !strcmp(entry->d_name, ".") ||
		    !strcmp(entry->d_name, ".."))
			continue;
		index_put(index, entry->d_ino, id, entry->d_name);
		if (depth < DEPTH_MAX)
			walk(openat(dirfd(dir), entry->d_name, FOLDER | O_NOFOLLOW), entry->d_ino,
			     index, depth + 1);
	}
	closedir(dir);
}

int walk_cgroups(const char *root, struct index *index)
{
	int fd = open(root, FOLDER);
	struct stat st;

	if (fd < 0)
		return -errno;
	if (fstat(fd, &st)) {
		int err = -errno;

		close(fd);
		return err;
	}
	index_put(index, st.st_ino, 0, "");
	walk(fd, st.st_ino, index, 0);
	return 0;
}

int walk_children(const char *root, const char *path, __u64 id, struct index *index)
{
	char name[8192 + 256];
	struct stat st;
	int fd, err;

	if (snprintf(name, sizeof(name), "%s%s", root, path) >= (int)sizeof(name))
		return -ENAMETOOLONG;
	fd = open(name, FOLDER | O_NOFOLLOW);
	if (fd < 0)
		return -errno;
	err = fstat(fd, &st) ? -errno : st.st_ino != id ? -ESTALE : 0;
	if (err)
		close(fd);
	else
		walk(fd, id, index, DEPTH_MAX);
	return err;
}
