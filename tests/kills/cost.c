// SPDX-License-Identifier: GPL-2.0-only
#define _GNU_SOURCE
#include "cost.h"

#include <dirent.h>
#include <errno.h>
#include <linux/bpf.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

static int bpf(enum bpf_cmd cmd, union bpf_attr *attr)
{
	int ret = (int)syscall(__NR_bpf, cmd, attr, sizeof(*attr));

	return ret < 0 ? -errno : ret;
}

static int read_program(uint32_t id, struct cost_program *ret)
{
	struct bpf_prog_info info = { 0 };
	union bpf_attr attr = { 0 };
	int fd, err;

	attr.prog_id = id;
	fd = bpf(BPF_PROG_GET_FD_BY_ID, &attr);
	if (fd < 0)
		return fd;
	memset(&attr, 0, sizeof(attr));
	attr.info.bpf_fd = fd;
	attr.info.info_len = sizeof(info);
	attr.info.info = (uintptr_t)&info;
	err = bpf(BPF_OBJ_GET_INFO_BY_FD, &attr);
	close(fd);
	if (err)
		return err;
	ret->id = id;
	memcpy(ret->name, info.name, sizeof(ret->name) - 1);
	ret->name[sizeof(ret->name) - 1] = '\0';
	ret->runs = info.run_cnt;
	ret->time_ns = info.run_time_ns;
	return 0;
}

/* The program behind a file descriptor of @pid's; 0: there is none. */
static uint32_t program_of(pid_t pid, const char *fd)
{
	char path[64], line[128];
	uint32_t id = 0;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/fdinfo/%.16s", pid, fd);
	file = fopen(path, "re");
	while (file && fgets(line, sizeof(line), file)) {
		if (!strncmp(line, "link_type:", 10)) {
			id = 0; /* a link names its program, too */
			break;
		}
		sscanf(line, "prog_id: %u", &id);
	}
	if (file)
		fclose(file);
	return id;
}

static int read_programs(struct cost *cost, pid_t pid)
{
	struct dirent *entry;
	char path[32];
	DIR *dir;

	snprintf(path, sizeof(path), "/proc/%d/fdinfo", pid);
	dir = opendir(path);
	if (!dir)
		return -errno;
	cost->n = 0;
	while (cost->n < COST_PROGRAMS_MAX && (entry = readdir(dir))) {
		uint32_t id = program_of(pid, entry->d_name);

		if (id && !read_program(id, &cost->program[cost->n]))
			cost->n++;
	}
	closedir(dir);
	return 0;
}

int cost_begin(struct cost *cost, pid_t pid)
{
	union bpf_attr attr = { 0 };

	attr.enable_stats.type = BPF_STATS_RUN_TIME;
	cost->stats_fd = bpf(BPF_ENABLE_STATS, &attr);
	return cost->stats_fd < 0 ? cost->stats_fd : read_programs(cost, pid);
}

static const struct cost_program *find(const struct cost *cost, uint32_t id)
{
	for (int i = 0; i < cost->n; i++)
		if (cost->program[i].id == id)
			return &cost->program[i];
	return NULL;
}

int cost_end(struct cost *cost, pid_t pid)
{
	struct cost before = *cost;
	int err = read_programs(cost, pid), ran = 0;

	close(cost->stats_fd);
	cost->stats_fd = -1;
	for (int i = 0; !err && i < cost->n; i++) {
		struct cost_program program = cost->program[i];
		const struct cost_program *old = find(&before, program.id);

		program.runs -= old ? old->runs : 0;
		program.time_ns -= old ? old->time_ns : 0;
		if (program.runs)
			cost->program[ran++] = program;
	}
	cost->n = ran;
	return err ? err : ran;
}
