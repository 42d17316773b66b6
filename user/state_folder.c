// SPDX-License-Identifier: GPL-2.0-only
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "state_folder.h"

#define FOLDER (O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
#define FILE_FLAGS (O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK) /* a FIFO there is not waited for */
#define LOCK_TRIES 20 /* a reader does without, in the end */
#define LOCK_PAUSE_NS 50000000

/* The newest has no number. */
static const char *name_of(int age, char *buf, size_t size)
{
	if (age)
		snprintf(buf, size, "incidents.%d.jsonl", age);
	else
		snprintf(buf, size, "incidents.jsonl");
	return buf;
}

/* Ours, or root's, and nobody else may change it. */
static int check_owner(int fd, bool is_folder)
{
	struct stat st;

	if (fstat(fd, &st))
		return -errno;
	if (is_folder ? !S_ISDIR(st.st_mode) : !S_ISREG(st.st_mode))
		return -EINVAL;
	return (st.st_uid && st.st_uid != geteuid()) || st.st_mode & 022 ? -EPERM : 0;
}

static int lock(int dir_fd, int operation)
{
	while (flock(dir_fd, operation))
		if (errno != EINTR)
			return -errno;
	return 0;
}

int state_folder_open(struct state_folder *folder, const char *path, bool may_make)
{
	int err;

	folder->fd = -1;
	if (may_make && mkdir(path, 0700) && errno != EEXIST) {
		folder->dir_fd = -1;
		return -errno;
	}
	folder->dir_fd = open(path, FOLDER);
	if (folder->dir_fd < 0)
		return -errno;
	err = check_owner(folder->dir_fd, true);
	/* kubelet makes one that all may look into. */
	if (!err && fchmod(folder->dir_fd, 0700) && errno != EPERM && errno != EROFS)
		err = -errno;
	if (!err && faccessat(folder->dir_fd, ".", W_OK | X_OK, AT_EACCESS))
		err = -errno;
	if (!err)
		err = lock(folder->dir_fd, LOCK_EX | LOCK_NB);
	/* Somebody else writes just now: it can be locked. */
	if (!err)
		err = lock(folder->dir_fd, LOCK_UN);
	else if (err == -EWOULDBLOCK)
		err = 0;
	if (err)
		state_folder_close(folder);
	return err;
}

static void close_file(struct state_folder *folder)
{
	if (folder->fd >= 0)
		close(folder->fd);
	folder->fd = -1;
}

void state_folder_close(struct state_folder *folder)
{
	close_file(folder);
	if (folder->dir_fd >= 0)
		close(folder->dir_fd);
	folder->dir_fd = -1;
}

/* Another program may have begun a new one, or somebody has removed it. */
static bool is_newest(const struct state_folder *folder)
{
	char name[32];
	struct stat ours, newest;

	return folder->fd >= 0 && !fstat(folder->fd, &ours) &&
	       !fstatat(folder->dir_fd, name_of(0, name, sizeof(name)), &newest,
			AT_SYMLINK_NOFOLLOW) &&
	       ours.st_dev == newest.st_dev && ours.st_ino == newest.st_ino;
}

static int open_newest(struct state_folder *folder)
{
	char name[32];
	int err;

	if (is_newest(folder))
		return 0;
	close_file(folder);
	folder->fd = openat(folder->dir_fd, name_of(0, name, sizeof(name)),
			    O_RDWR | O_APPEND | O_CREAT | FILE_FLAGS, 0600);
	if (folder->fd < 0)
		return -errno;
	err = check_owner(folder->fd, false);
	if (err)
		close_file(folder);
	return err;
}

/* The oldest goes. What is not there has no successor either. */
static int rotate(struct state_folder *folder)
{
	char from[32], to[32];

	for (int age = STATE_FILES - 1; age; age--)
		if (renameat(folder->dir_fd, name_of(age - 1, from, sizeof(from)), folder->dir_fd,
			     name_of(age, to, sizeof(to))) &&
		    errno != ENOENT)
			return -errno;
	return open_newest(folder);
}

static ssize_t size_of(const struct state_folder *folder)
{
	struct stat st;

	return fstat(folder->fd, &st) ? -errno : (ssize_t)st.st_size;
}

/* A line that a crash has cut must not swallow the next one. */
static bool ends_cut(const struct state_folder *folder, ssize_t size)
{
	char last;

	return size > 0 && pread(folder->fd, &last, 1, size - 1) == 1 && last != '\n';
}

static int write_whole(const struct state_folder *folder, ssize_t size, const char *bytes,
		       size_t len)
{
	ssize_t n = write(folder->fd, bytes, len);
	int err = n < 0 ? -errno : -ENOSPC;

	if (n == (ssize_t)len)
		return 0;
	if (n > 0 && ftruncate(folder->fd, size))
		err = -errno; /* the rest of it stays, cut */
	return err;
}

static int append(struct state_folder *folder, const char *line, size_t len)
{
	int err = open_newest(folder);
	ssize_t size;

	if (err)
		return err;
	size = size_of(folder);
	if (size > 0 && (size_t)size + len > STATE_FILE_BYTES) {
		err = rotate(folder);
		size = err ? err : size_of(folder);
	}
	if (size < 0)
		return (int)size;
	if (ends_cut(folder, size)) {
		err = write_whole(folder, size, "\n", 1);
		size += !err;
	}
	return err ? err : write_whole(folder, size, line, len);
}

int state_folder_append(struct state_folder *folder, const char *line, size_t len)
{
	int err = lock(folder->dir_fd, LOCK_EX);

	if (err)
		return err;
	err = append(folder, line, len);
	lock(folder->dir_fd, LOCK_UN);
	return err;
}

int state_folder_sync(struct state_folder *folder)
{
	return folder->fd >= 0 && fdatasync(folder->fd) ? -errno : 0;
}

/* While files are renamed one could be seen twice, or not at all. */
static void lock_for_reading(int dir_fd)
{
	const struct timespec pause = { .tv_nsec = LOCK_PAUSE_NS };

	for (int i = 0; i < LOCK_TRIES && lock(dir_fd, LOCK_SH | LOCK_NB) == -EWOULDBLOCK; i++)
		nanosleep(&pause, NULL);
}

int state_folder_read(const char *path, int ret_fds[STATE_FILES])
{
	int dir_fd = open(path, FOLDER), count = 0, err;
	char name[32];

	if (dir_fd < 0)
		return -errno;
	err = check_owner(dir_fd, true);
	if (!err)
		lock_for_reading(dir_fd);
	for (int age = STATE_FILES - 1; age >= 0 && !err; age--) {
		int fd = openat(dir_fd, name_of(age, name, sizeof(name)), O_RDONLY | FILE_FLAGS);

		if (fd < 0 && errno != ENOENT)
			err = -errno;
		if (fd < 0)
			continue;
		if (check_owner(fd, false))
			close(fd); /* none of ours */
		else
			ret_fds[count++] = fd;
	}
	close(dir_fd);
	if (!err)
		return count;
	while (count)
		close(ret_fds[--count]);
	return err;
}
