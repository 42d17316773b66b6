/* SPDX-License-Identifier: GPL-2.0-only */
#define _GNU_SOURCE
#include "usage.h"

#include <dirent.h>
#include <err.h>
#include <errno.h>
#include <linux/bpf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

int usage_measure_kernel(void)
{
	union bpf_attr attr = { .enable_stats.type = BPF_STATS_RUN_TIME };

	/* the descriptor stays open: with it ends the measuring */
	return syscall(SYS_bpf, BPF_ENABLE_STATS, &attr, sizeof(attr)) < 0 ? -errno : 0;
}

/* The first number of a file; or the one behind @key. */
static double number(const char *path, const char *key)
{
	FILE *f = fopen(path, "re");
	double value = 0;
	char line[256];

	while (f && fgets(line, sizeof(line), f))
		if (!strncmp(line, key, strlen(key))) {
			value = strtod(line + strlen(key), NULL);
			break;
		}
	if (f)
		fclose(f);
	return value;
}

/* Sums up @key of all files @dir/…/@file. */
static double sum(const char *dir, const char *file, const char *key)
{
	DIR *d = opendir(dir);
	struct dirent *entry;
	char path[512];
	double total = 0;

	if (!d)
		err(1, "%s", dir);
	while ((entry = readdir(d))) {
		if (entry->d_name[0] == '.')
			continue;
		snprintf(path, sizeof(path), "%s/%s%s", dir, entry->d_name, file);
		total += number(path, key);
	}
	closedir(d);
	return total;
}

struct usage usage_of(pid_t pid)
{
	struct usage usage;
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/task/%d/schedstat", pid, pid);
	usage.first_thread_us = number(path, "") / 1000;
	snprintf(path, sizeof(path), "/proc/%d/task", pid);
	usage.all_threads_us = sum(path, "/schedstat", "") / 1000;
	snprintf(path, sizeof(path), "/proc/%d/fdinfo", pid);
	usage.kernel_us = sum(path, "", "run_time_ns:") / 1000;
	return usage;
}
