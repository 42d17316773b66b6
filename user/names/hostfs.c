// SPDX-License-Identifier: GPL-2.0-only
#define _GNU_SOURCE /* O_PATH */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <linux/openat2.h>

#include "names/hostfs.h"

/* The kernel gives up when something is renamed or mounted while it walks a "..". */
#define ATTEMPTS 8

static int open_below(int root, const char *path, __u64 flags)
{
	struct open_how how = {
		.flags = flags | O_CLOEXEC,
		.resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS,
	};

	for (int i = 0; i < ATTEMPTS; i++) {
		long fd = syscall(SYS_openat2, root, path, &how, sizeof(how));

		if (fd >= 0)
			return (int)fd;
		if (errno != EAGAIN && errno != EINTR)
			break;
	}
	return -errno;
}

int hostfs_open(struct hostfs *fs, const char *root)
{
	int fd;

	fs->root = open(root[0] ? root : "/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (fs->root < 0)
		return -errno;
	fd = open_below(fs->root, ".", O_PATH);
	if (fd < 0) {
		hostfs_close(fs);
		return fd;
	}
	close(fd);
	return 0;
}

void hostfs_close(struct hostfs *fs)
{
	if (fs->root >= 0)
		close(fs->root);
	fs->root = -1;
}

bool hostfs_is_gone(int err)
{
	return err == -ENOENT || err == -ENOTDIR || err == -ESTALE;
}

static int open_file(const struct hostfs *fs, const char *path, struct stat *ret)
{
	int fd = open_below(fs->root, path, O_RDONLY | O_NONBLOCK | O_NOCTTY);
	int err;

	if (fd < 0)
		return fd;
	err = fstat(fd, ret) ? -errno : S_ISREG(ret->st_mode) ? 0 : -EINVAL;
	if (!err)
		return fd;
	close(fd);
	return err;
}

/* The size is a hint only: files grow, and those of /proc have none. */
static int read_all(int fd, size_t hint, size_t max_bytes, char **ret, size_t *ret_len)
{
	size_t size = (hint < max_bytes ? hint : max_bytes) + 2, len = 0;
	char *text = malloc(size);

	while (text) {
		ssize_t count = read(fd, text + len, size - 1 - len);

		if (count < 0 && errno == EINTR)
			continue;
		if (count < 0 || len + (size_t)count > max_bytes) {
			int err = count < 0 ? -errno : -EFBIG;

			free(text);
			return err;
		}
		if (!count) {
			text[len] = '\0';
			*ret = text;
			*ret_len = len;
			return 0;
		}
		len += (size_t)count;
		if (len == size - 1) {
			char *more = realloc(text, size * 2);

			if (!more)
				break;
			text = more;
			size *= 2;
		}
	}
	free(text);
	return -ENOMEM;
}

int hostfs_read(const struct hostfs *fs, const char *path, size_t max_bytes, char **ret,
		size_t *ret_len)
{
	struct stat st;
	int fd = open_file(fs, path, &st), err;

	if (fd < 0)
		return fd;
	if (st.st_size > 0 && (__u64)st.st_size > max_bytes)
		err = -EFBIG;
	else
		err = read_all(fd, (size_t)st.st_size, max_bytes, ret, ret_len);
	close(fd);
	return err;
}

static __s64 ns_of(const struct timespec *time)
{
	return (__s64)time->tv_sec * 1000000000LL + time->tv_nsec;
}

int hostfs_stamp(const struct hostfs *fs, const char *path, struct hostfs_stamp *ret)
{
	struct stat st;
	int fd = open_file(fs, path, &st);

	if (fd < 0)
		return fd;
	close(fd);
	*ret = (struct hostfs_stamp){
		.device = st.st_dev,
		.inode = st.st_ino,
		.size_bytes = (__u64)st.st_size,
		.modified_ns = ns_of(&st.st_mtim),
		.changed_ns = ns_of(&st.st_ctim),
	};
	return 0;
}

bool hostfs_is_folder(const struct hostfs *fs, const char *path)
{
	int fd = open_below(fs->root, path, O_RDONLY | O_DIRECTORY);

	if (fd >= 0)
		close(fd);
	return fd >= 0;
}

static int list(DIR *dir, size_t max_entries,
		bool (*see)(void *context, const char *name, bool may_be_folder), void *context)
{
	struct dirent *entry;
	size_t count = 0;

	for (errno = 0; (entry = readdir(dir)); errno = 0) {
		if (!strcmp(entry->d_name, ".") || !strcmp(entry->d_name, ".."))
			continue;
		if (++count > max_entries)
			return -E2BIG;
		if (!see(context, entry->d_name,
			 entry->d_type == DT_DIR || entry->d_type == DT_UNKNOWN))
			return 0;
	}
	return -errno;
}

int hostfs_list(const struct hostfs *fs, const char *path, size_t max_entries,
		bool (*see)(void *context, const char *name, bool may_be_folder), void *context)
{
	int fd = open_below(fs->root, path, O_RDONLY | O_DIRECTORY), err;
	DIR *dir;

	if (fd < 0)
		return fd;
	dir = fdopendir(fd);
	if (!dir) {
		err = -errno;
		close(fd);
		return err;
	}
	err = list(dir, max_entries, see, context);
	closedir(dir);
	return err;
}

int hostfs_readlink(const struct hostfs *fs, const char *path, char *ret, size_t size)
{
	int fd = open_below(fs->root, path, O_PATH | O_NOFOLLOW), err = 0;
	ssize_t len;

	if (fd < 0)
		return fd;
	len = readlinkat(fd, "", ret, size);
	if (len < 0)
		err = errno == ENOENT ? -EINVAL : -errno; /* what it says of no link */
	else if ((size_t)len >= size)
		err = -ENAMETOOLONG;
	else
		ret[len] = '\0';
	close(fd);
	return err;
}
