// SPDX-License-Identifier: GPL-2.0-only
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/keyed.h"
#include "event.h"
#include "sink/metrics_node.h"

#define ENTRIES_MAX 4096 /* folders looked at for the one of all pods */

/* "max" and what v1 writes for no limit (the last page before 2^63) are NO_LIMIT. */
static __u64 read_number(const char *folder, const char *name)
{
	char path[PATH_MAX], line[32] = "", *end;
	__u64 number;
	FILE *file;

	if (snprintf(path, sizeof(path), "%s/%s", folder, name) >= (int)sizeof(path))
		return NOT_KNOWN;
	file = fopen(path, "re");
	if (!file)
		return NOT_KNOWN;
	if (!fgets(line, sizeof(line), file))
		line[0] = '\0';
	fclose(file);
	if (!strcmp(line, "max\n"))
		return NO_LIMIT;
	errno = 0;
	number = strtoull(line, &end, 10);
	if (errno || end == line || *end != '\n')
		return NOT_KNOWN;
	return number > LLONG_MAX - (1 << 20) ? NO_LIMIT : number;
}

/* The value of @key in a file of "key value" lines. */
static __u64 read_key(const char *folder, const char *name, const char *key)
{
	char path[PATH_MAX];
	__u64 ret;

	if (snprintf(path, sizeof(path), "%s/%s", folder, name) >= (int)sizeof(path) ||
	    !keyed_read(AT_FDCWD, path, key, &ret))
		return NOT_KNOWN;
	return ret;
}

/*
 * The cgroup of all pods is a child of the root, or where kubelet has a --cgroup-root, as in kind,
 * a child of that.
 * @above: path of @folder in the hierarchy; @ret: gets the folder
 */
static bool find_pods(const char *folder, const char *above, int *looks, char *ret, size_t size)
{
	struct dirent *entry;
	bool found = false;
	char path[512], next[PATH_MAX];
	struct place place;
	DIR *dir = opendir(folder);

	while (dir && !found && (entry = readdir(dir)) && (*looks)++ < ENTRIES_MAX) {
		if (entry->d_type != DT_DIR || entry->d_name[0] == '.' ||
		    snprintf(path, sizeof(path), "%s/%s", above, entry->d_name) >=
			    (int)sizeof(path) ||
		    snprintf(next, sizeof(next), "%s/%s", folder, entry->d_name) >=
			    (int)sizeof(next))
			continue;
		place_path(path, strlen(path), &place);
		if (place.level == LIMIT_NODE)
			found = snprintf(ret, size, "%s", next) < (int)size;
		else if (!*above)
			found = find_pods(next, path, looks, ret, size);
	}
	if (dir)
		closedir(dir);
	return found;
}

static void read_pods(const struct metrics_node *node, struct metrics_readings *ret)
{
	const bool v1 = node->is_v1;
	char folder[PATH_MAX];
	__u64 inactive_bytes;
	int looks = 0;

	if (!*node->cgroup_root ||
	    !find_pods(node->cgroup_root, "", &looks, folder, sizeof(folder)))
		return;
	ret->pods_limit_bytes = read_number(folder, v1 ? "memory.limit_in_bytes" : "memory.max");
	ret->pods_usage_bytes =
		read_number(folder, v1 ? "memory.usage_in_bytes" : "memory.current");
	inactive_bytes =
		read_key(folder, "memory.stat", v1 ? "total_inactive_file" : "inactive_file");
	if (ret->pods_usage_bytes == NOT_KNOWN || inactive_bytes == NOT_KNOWN)
		return;
	/* As kubelet counts it; the two were not read at one moment. */
	ret->pods_working_set_bytes =
		ret->pods_usage_bytes > inactive_bytes ? ret->pods_usage_bytes - inactive_bytes : 0;
}

/*
 * Our own cgroup's folder. "0::/path" (v2) or "9:memory:/path"; in a cgroup namespace of its own
 * the path begins there, and so does the mount; else the machine's hierarchy may be mounted, too.
 */
static bool find_own(const struct metrics_node *node, char *ret, size_t size)
{
	const char *wanted = node->is_v1 ? ":memory:" : "0::";
	char name[PATH_MAX], line[PATH_MAX], *at;
	bool found = false;
	FILE *file;

	snprintf(name, sizeof(name), "%s/self/cgroup", node->proc);
	file = fopen(name, "re");
	while (file && !found && fgets(line, sizeof(line), file)) {
		line[strcspn(line, "\n")] = '\0';
		at = strstr(line, wanted);
		found = at && (node->is_v1 || at == line) && !strstr(at, "/..");
	}
	if (file)
		fclose(file);
	if (!found)
		return false;
	at += strlen(wanted);
	if (snprintf(ret, size, "%s%s%s", node->own_cgroups, node->is_v1 ? "/memory" : "", at) <
		    (int)size &&
	    access(ret, F_OK) == 0)
		return true;
	return *node->cgroup_root && snprintf(ret, size, "%s%s", node->cgroup_root, at) < (int)size;
}

static void read_own(const struct metrics_node *node, struct metrics_readings *ret)
{
	const bool v1 = node->is_v1;
	char own[PATH_MAX];

	if (!find_own(node, own, sizeof(own)))
		return;
	ret->charged_bytes = read_number(own, v1 ? "memory.usage_in_bytes" : "memory.current");
	ret->charged_peak_bytes =
		read_number(own, v1 ? "memory.max_usage_in_bytes" : "memory.peak");
	ret->charged_limit_bytes = read_number(own, v1 ? "memory.limit_in_bytes" : "memory.max");
}

void metrics_node_read(const struct metrics_node *node, struct metrics_readings *ret)
{
	*ret = (struct metrics_readings){ NOT_KNOWN, NOT_KNOWN, NOT_KNOWN, NOT_KNOWN,
					  NOT_KNOWN, NOT_KNOWN, NOT_KNOWN };
	read_pods(node, ret);
	ret->kernel_oom_kills = read_key(node->proc, "vmstat", "oom_kill");
	read_own(node, ret);
}

bool metrics_node_has(const struct metrics_node *node, const char *path)
{
	char name[PATH_MAX];

	if (!*node->cgroup_root ||
	    snprintf(name, sizeof(name), "%s/%s", node->cgroup_root, path) >= (int)sizeof(name))
		return true;
	return access(name, F_OK) == 0 || errno != ENOENT;
}
