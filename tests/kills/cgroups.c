/* SPDX-License-Identifier: GPL-2.0-only */
#define _GNU_SOURCE
#include "cgroups.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <mntent.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define ROOT_ID 1 /* the root directory of every cgroup hierarchy has this inode number */
#define REMOVE_TRIES 1000 /* of 10 ms: a killed process gives its memory back first */
#define DEPTH_MAX 16

static void full_path(const struct hierarchy *h, const char *path, const char *file, char *ret,
		      size_t size)
{
	snprintf(ret, size, "%s%s%s%s", h->root, path, *file ? "/" : "", file);
}

static int write_file(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	int err = 0;

	if (fd < 0)
		return -errno;
	if (write(fd, text, strlen(text)) < 0)
		err = -errno;
	close(fd);
	return err;
}

static int write_value(const struct hierarchy *h, const char *cgroup, const char *file,
		       const char *format, ...)
{
	char path[1024], text[64];
	va_list ap;

	full_path(h, cgroup, file, path, sizeof(path));
	va_start(ap, format);
	vsnprintf(text, sizeof(text), format, ap);
	va_end(ap);
	return write_file(path, text);
}

/* The number after @key in a file of "key value" lines; the file's only number when @key is "". */
static int64_t read_value(const char *path, const char *key)
{
	FILE *f = fopen(path, "re");
	int64_t value = -ENODATA;
	char line[256];
	size_t n = strlen(key);

	if (!f)
		return -errno;
	while (value < 0 && fgets(line, sizeof(line), f))
		if (!strncmp(line, key, n) && (!n || line[n] == ' '))
			value = strtoll(line + n, NULL, 10);
	fclose(f);
	return value;
}

int64_t cgroup_read(const struct hierarchy *h, const struct cgroup *cg, const char *file,
		    const char *key)
{
	char path[1024];

	full_path(h, cg->path, file, path, sizeof(path));
	return read_value(path, key);
}

int cgroup_write(const struct hierarchy *h, const struct cgroup *cg, const char *file,
		 const char *text)
{
	return write_value(h, cg->path, file, "%s", text);
}

static bool has_memory(const char *mount)
{
	char path[512], line[512] = "";
	FILE *f;

	snprintf(path, sizeof(path), "%s/cgroup.controllers", mount);
	f = fopen(path, "re");
	if (!f)
		return false;
	if (!fgets(line, sizeof(line), f))
		line[0] = '\0';
	fclose(f);
	return strstr(line, "memory");
}

int hierarchy_find(struct hierarchy *ret)
{
	FILE *mounts = setmntent("/proc/self/mounts", "re");
	struct stat st;
	struct mntent *m;

	memset(ret, 0, sizeof(*ret));
	while (mounts && !ret->version && (m = getmntent(mounts))) {
		if (!strcmp(m->mnt_type, "cgroup") && hasmntopt(m, "memory"))
			ret->version = 1;
		else if (!strcmp(m->mnt_type, "cgroup2") && has_memory(m->mnt_dir))
			ret->version = 2;
		snprintf(ret->root, sizeof(ret->root), "%s", m->mnt_dir);
	}
	if (mounts)
		endmntent(mounts);
	if (!ret->version) {
		snprintf(ret->missing, sizeof(ret->missing),
			 "no cgroup hierarchy with the memory controller is mounted");
		return -ENOENT;
	}
	if (stat(ret->root, &st) || st.st_ino != ROOT_ID) {
		snprintf(ret->missing, sizeof(ret->missing),
			 "%s is not the root of the cgroup hierarchy", ret->root);
		return -ENOENT;
	}
	if (access(ret->root, W_OK)) {
		snprintf(ret->missing, sizeof(ret->missing), "%s cannot be written: %s", ret->root,
			 strerror(errno));
		return -EACCES;
	}
	return 0;
}

/* ---- the ledger ---- */

static const char *ledger_path(void)
{
	return access("/run", W_OK) ? "/tmp/oomwhy-kills" : "/run/oomwhy-kills";
}

static int ledger_add(const char *path, uint64_t id)
{
	FILE *f = fopen(ledger_path(), "ae");

	if (!f)
		return -errno;
	fprintf(f, "%llu %s\n", (unsigned long long)id, path);
	return fclose(f) ? -errno : 0;
}

static bool ledger_has(const char *path, uint64_t id)
{
	FILE *f = fopen(ledger_path(), "re");
	char line[CGROUP_PATH_MAX + 32], want[CGROUP_PATH_MAX + 32];
	bool found = false;

	if (!f)
		return false;
	snprintf(want, sizeof(want), "%llu %s\n", (unsigned long long)id, path);
	while (!found && fgets(line, sizeof(line), f))
		found = !strcmp(line, want);
	fclose(f);
	return found;
}

int ledger_lock(void)
{
	int fd = open(ledger_path(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);

	if (fd < 0)
		return -errno;
	if (!flock(fd, LOCK_EX | LOCK_NB))
		return 0;
	fprintf(stderr, "kills: waiting for another run (it holds %s)\n", ledger_path());
	return flock(fd, LOCK_EX) ? -errno : 0;
}

int ledger_clean(const struct hierarchy *h)
{
	FILE *f = fopen(ledger_path(), "re");
	char line[CGROUP_PATH_MAX + 32], path[1024];
	int err = 0;

	if (!f)
		return 0;
	while (fgets(line, sizeof(line), f)) {
		unsigned long long id;
		struct stat st;
		char top[CGROUP_PATH_MAX];

		if (sscanf(line, "%llu %511s", &id, top) != 2)
			continue;
		full_path(h, top, "", path, sizeof(path));
		if (stat(path, &st) || st.st_ino != id)
			continue;
		int failed = cgroup_remove(h, top);
		if (failed) {
			fprintf(stderr, "kills: %s is left behind: %s\n", path, strerror(-failed));
			err = failed;
		}
	}
	fclose(f);
	/* The lock is on this file, so it is emptied, not removed. */
	return err ? err : truncate(ledger_path(), 0) ? -errno : 0;
}

/* ---- one cgroup ---- */

static int make_one(const struct hierarchy *h, const char *path, bool top)
{
	char dir[1024];
	struct stat st;

	full_path(h, path, "", dir, sizeof(dir));
	if (!mkdir(dir, 0755)) {
		if (stat(dir, &st))
			return -errno;
		return top ? ledger_add(path, st.st_ino) : 0;
	}
	if (errno != EEXIST || stat(dir, &st))
		return -errno;
	return top && !ledger_has(path, st.st_ino) ? -EEXIST : 0;
}

int cgroup_make(const struct hierarchy *h, const char *path, struct cgroup *ret)
{
	char part[CGROUP_PATH_MAX] = "", dir[1024];
	struct stat st;

	for (const char *end = path; *end;) {
		/* v2: a controller has to be handed down before the child is made. */
		if (h->version == 2) {
			int err = write_value(h, part, "cgroup.subtree_control", "+memory");
			if (err)
				return err;
		}
		end = strchrnul(end + 1, '/');
		snprintf(part, sizeof(part), "%.*s", (int)(end - path), path);
		int err = make_one(h, part, !strchr(part + 1, '/'));
		if (err)
			return err;
	}
	full_path(h, path, "", dir, sizeof(dir));
	if (stat(dir, &st))
		return -errno;
	snprintf(ret->path, sizeof(ret->path), "%s", path);
	ret->id = st.st_ino;
	ret->limit = CGROUP_NO_LIMIT;
	return 0;
}

/* A file that this kernel does not have (no swap accounting) sets no limit. */
static int write_optional(const struct hierarchy *h, const char *cgroup, const char *file,
			  int64_t value)
{
	int err = write_value(h, cgroup, file, "%lld", (long long)value);

	return err == -ENOENT ? 0 : err;
}

int cgroup_set_limit(const struct hierarchy *h, struct cgroup *cg, int64_t bytes)
{
	int err;

	if (h->version == 2) {
		err = write_value(h, cg->path, "memory.max", "%lld", (long long)bytes);
		if (!err)
			err = write_optional(h, cg->path, "memory.swap.max", 0);
	} else {
		/* Up: it has to make room first. Down: it cannot yet, which is no error. */
		write_value(h, cg->path, "memory.memsw.limit_in_bytes", "%lld", (long long)bytes);
		err = write_value(h, cg->path, "memory.limit_in_bytes", "%lld", (long long)bytes);
		if (!err)
			err = write_optional(h, cg->path, "memory.memsw.limit_in_bytes", bytes);
	}
	if (!err)
		cg->limit = bytes;
	return err;
}

int64_t cgroup_usage(const struct hierarchy *h, const struct cgroup *cg)
{
	return cgroup_read(h, cg, h->version == 2 ? "memory.current" : "memory.usage_in_bytes", "");
}

int64_t cgroup_oom_kills(const struct hierarchy *h, const struct cgroup *cg)
{
	if (h->version == 1)
		return cgroup_read(h, cg, "memory.oom_control", "oom_kill");
	return cgroup_read(h, cg, "memory.events.local", "oom_kill");
}

int64_t cgroup_oom_kills_below(const struct hierarchy *h, const struct cgroup *cg)
{
	if (h->version == 1)
		return -ENODATA;
	return cgroup_read(h, cg, "memory.events", "oom_kill");
}

int64_t cgroup_ooms(const struct hierarchy *h, const struct cgroup *cg)
{
	if (h->version == 1)
		return -ENODATA;
	return cgroup_read(h, cg, "memory.events.local", "oom");
}

int64_t machine_counter(const char *name)
{
	return read_value("/proc/vmstat", name);
}

int64_t machine_oom_kills(void)
{
	return machine_counter("oom_kill");
}

int cgroup_open_procs(const struct hierarchy *h, const struct cgroup *cg)
{
	char path[1024];
	int fd;

	full_path(h, cg->path, "cgroup.procs", path, sizeof(path));
	fd = open(path, O_WRONLY | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

static int read_members(const char *path, pid_t *ret, int max)
{
	FILE *f = fopen(path, "re");
	char line[32];
	int n = 0;

	if (!f)
		return -errno;
	while (fgets(line, sizeof(line), f)) {
		if (n < max)
			ret[n] = (pid_t)strtol(line, NULL, 10);
		n++;
	}
	fclose(f);
	return n;
}

int cgroup_members(const struct hierarchy *h, const struct cgroup *cg, pid_t *ret, int max)
{
	char path[1024];

	full_path(h, cg->path, "cgroup.procs", path, sizeof(path));
	return read_members(path, ret, max);
}

/* ---- removal, deepest first ---- */

static void kill_members(const char *dir)
{
	pid_t pids[256];
	char path[1200];
	int n;

	snprintf(path, sizeof(path), "%s/cgroup.procs", dir);
	n = read_members(path, pids, 256);
	for (int i = 0; i < n && i < 256; i++)
		if (pids[i] > 1) /* 0: a process of another PID namespace */
			kill(pids[i], SIGKILL);
}

static int remove_dir(const char *dir)
{
	const struct timespec pause = { 0, 10 * 1000 * 1000 };

	for (int i = 0; i < REMOVE_TRIES; i++) {
		if (!rmdir(dir) || errno == ENOENT)
			return 0;
		if (errno != EBUSY)
			return -errno;
		kill_members(dir); /* again: a dying process may have forked */
		nanosleep(&pause, NULL);
	}
	return -EBUSY;
}

static int remove_tree(const char *dir, int depth)
{
	DIR *d = opendir(dir);
	struct dirent *entry;
	int err = 0;

	if (!d)
		return errno == ENOENT ? 0 : -errno;
	kill_members(dir);
	while ((entry = readdir(d)) && depth < DEPTH_MAX) {
		char child[1024];

		if (entry->d_type != DT_DIR || entry->d_name[0] == '.')
			continue;
		snprintf(child, sizeof(child), "%s/%s", dir, entry->d_name);
		int failed = remove_tree(child, depth + 1);
		if (failed)
			err = failed;
	}
	closedir(d);
	return err ? err : remove_dir(dir);
}

int cgroup_remove(const struct hierarchy *h, const char *path)
{
	char dir[1024];

	full_path(h, path, "", dir, sizeof(dir));
	return remove_tree(dir, 0);
}
