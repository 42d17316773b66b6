// SPDX-License-Identifier: GPL-2.0-only
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "event.h"
#include "history/sample.h"

#define FILE_MAX 8192 /* memory.stat, the longest, has about 2000 bytes */

/* The first line that begins with the word @key, behind it; NULL if there is none. */
static const char *find_line(const char *text, const char *key)
{
	size_t len = strlen(key);

	while (text && *text) {
		if (!strncmp(text, key, len) && (!len || text[len] == ' '))
			return len ? text + len + 1 : text;
		text = strchr(text, '\n');
		text = text ? text + 1 : NULL;
	}
	return NULL;
}

static __u64 number_at(const char *at)
{
	char *end;
	__u64 number;

	if (!at || *at < '0' || *at > '9')
		return NOT_KNOWN;
	errno = 0;
	number = strtoull(at, &end, 10);
	if (errno || (*end && *end != '\n' && *end != ' '))
		return NOT_KNOWN;
	return number;
}

__u64 sample_number(const char *text, const char *key)
{
	const char *at = find_line(text, key);

	if (at && !strncmp(at, "max", 3) && (!at[3] || at[3] == '\n'))
		return NO_LIMIT;
	return number_at(at);
}

__u64 sample_pressure_ns(const char *text, const char *kind)
{
	static const char key[] = " total=";
	const char *line = find_line(text, kind), *end, *at;
	__u64 us;

	if (!line)
		return NOT_KNOWN;
	end = strchrnul(line, '\n');
	at = memmem(line, end - line, key, strlen(key));
	us = at ? number_at(at + strlen(key)) : NOT_KNOWN;
	return us > NO_LIMIT / 1000 ? NOT_KNOWN : us * 1000;
}

/* Returns whether @ret is the whole file, ended by NUL. */
static bool read_file(int folder, const char *name, char *ret, size_t size)
{
	int fd = openat(folder, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	ssize_t len;

	if (fd < 0)
		return false;
	len = read(fd, ret, size);
	close(fd);
	if (len < 0 || (size_t)len == size)
		return false;
	ret[len] = '\0';
	return true;
}

static __u64 read_number(int folder, const char *name)
{
	char text[64];

	return read_file(folder, name, text, sizeof(text)) ? sample_number(text, "") : NOT_KNOWN;
}

static void read_v2(int folder, struct sample *ret)
{
	char text[FILE_MAX];

	ret->limit_bytes = read_number(folder, "memory.max");
	if (read_file(folder, "memory.stat", text, sizeof(text)))
		ret->inactive_file_bytes = sample_number(text, "inactive_file");
	if (read_file(folder, "memory.events", text, sizeof(text))) {
		ret->limit_hits = sample_number(text, "max");
		ret->high_hits = sample_number(text, "high");
		ret->ooms = sample_number(text, "oom");
		ret->oom_kills = sample_number(text, "oom_kill");
	}
	if (read_file(folder, "memory.pressure", text, sizeof(text))) {
		ret->some_ns = sample_pressure_ns(text, "some");
		ret->full_ns = sample_pressure_ns(text, "full");
	}
}

static void read_v1(int folder, struct sample *ret)
{
	char text[FILE_MAX];

	ret->limit_bytes = read_number(folder, "memory.limit_in_bytes");
	if (ret->limit_bytes != NOT_KNOWN && ret->limit_bytes >= LONG_MAX / 65536 * 65536)
		ret->limit_bytes =
			NO_LIMIT; /* LONG_MAX rounded down to a page, of 64 KiB at most */
	ret->limit_hits = read_number(folder, "memory.failcnt");
	if (read_file(folder, "memory.stat", text, sizeof(text)))
		ret->inactive_file_bytes = sample_number(text, "total_inactive_file");
	if (read_file(folder, "memory.oom_control", text, sizeof(text)))
		ret->oom_kills = sample_number(text, "oom_kill");
}

static int check_folder(int folder, __u64 id, struct sample_folder *ret)
{
	struct stat st;

	if (fstat(folder, &st))
		return -errno;
	ret->id = st.st_ino;
	ret->modified_wall_ns = st.st_mtim.tv_sec * 1000000000ULL + st.st_mtim.tv_nsec;
	return id && st.st_ino != id ? -ESTALE : 0;
}

static const char *usage_name(bool is_v1)
{
	return is_v1 ? "memory.usage_in_bytes" : "memory.current";
}

int sample_open_usage(const char *path, __u64 id, bool is_v1)
{
	int folder = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW), fd;
	struct sample_folder unused;

	if (folder < 0)
		return -errno;
	fd = check_folder(folder, id, &unused);
	if (!fd) {
		fd = openat(folder, usage_name(is_v1), O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
		fd = fd < 0 ? -errno : fd;
	}
	close(folder);
	return fd;
}

int sample_read(const char *path, __u64 id, bool is_v1, bool all, struct sample *ret,
		struct sample_folder *ret_folder)
{
	int folder = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW), err;

	if (folder < 0)
		return -errno;
	memset(ret, 0xff, sizeof(*ret)); /* NOT_KNOWN, each of them */
	err = check_folder(folder, id, ret_folder);
	if (!err) {
		ret->usage_bytes = read_number(folder, usage_name(is_v1));
		if (ret->usage_bytes == NOT_KNOWN)
			err = -ENODATA; /* the root has none; or it is being removed */
		else if (all && is_v1)
			read_v1(folder, ret);
		else if (all)
			read_v2(folder, ret);
	}
	close(folder);
	return err;
}
