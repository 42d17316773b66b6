/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * cgroups: scratch cgroups with memory limits, on cgroup v1 and v2, and the kernel's own counters
 * of them.
 *
 * Functions return 0 or a negative errno. Every top-level cgroup that was made here is written to a
 * ledger (path and inode number), so that a later run, or the guard process, can remove it and can
 * tell it from somebody else's.
 */
#ifndef KILLS_CGROUPS_H
#define KILLS_CGROUPS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define CGROUP_PATH_MAX 512
#define CGROUP_NO_LIMIT (-1)

/* The hierarchy that has the memory controller. */
struct hierarchy {
	int version; /* 1 or 2 */
	char root[256]; /* its mount point */
	char missing[512]; /* why it cannot be used; set when hierarchy_find() fails */
};

struct cgroup {
	char path[CGROUP_PATH_MAX]; /* below the hierarchy's root, as the kernel prints it:
				       "/kubepods/…" */
	uint64_t id; /* the directory's inode number, which is the kernel's id of the cgroup */
	int64_t limit; /* bytes, or CGROUP_NO_LIMIT */
};

int hierarchy_find(struct hierarchy *ret);

/* Makes the cgroup and what is missing above it. -EEXIST: its top-level cgroup is there and not
 * ours. */
int cgroup_make(const struct hierarchy *h, const char *path, struct cgroup *ret);
/* One of its files; the number after @key in it, or the only one when @key is "". */
int cgroup_write(const struct hierarchy *h, const struct cgroup *cg, const char *file,
		 const char *text);
int64_t cgroup_read(const struct hierarchy *h, const struct cgroup *cg, const char *file,
		    const char *key);
/* Memory and memory+swap, so that swap plays no part; up or down. */
int cgroup_set_limit(const struct hierarchy *h, struct cgroup *cg, int64_t bytes);
int64_t cgroup_usage(const struct hierarchy *h, const struct cgroup *cg);
/* Kills counted for processes of this very cgroup. */
int64_t cgroup_oom_kills(const struct hierarchy *h, const struct cgroup *cg);
/* The same with those of all cgroups below it, also removed ones; -ENODATA on v1. */
int64_t cgroup_oom_kills_below(const struct hierarchy *h, const struct cgroup *cg);
/* How often this cgroup's own limit ended in an OOM; -ENODATA on v1, which does not say. */
int64_t cgroup_ooms(const struct hierarchy *h, const struct cgroup *cg);
/* The kills of the whole machine; -ENODATA where the kernel does not say. */
int64_t machine_oom_kills(void);
/* Any counter of /proc/vmstat. */
int64_t machine_counter(const char *name);

/* An open cgroup.procs: writing "0" there moves the writer. */
int cgroup_open_procs(const struct hierarchy *h, const struct cgroup *cg);
/* The processes of the cgroup itself; how many there are, also when more than @max. */
int cgroup_members(const struct hierarchy *h, const struct cgroup *cg, pid_t *ret, int max);

/* Removes the cgroup with all below it; members are killed first. Gone already is no error. */
int cgroup_remove(const struct hierarchy *h, const char *path);

/* One run at a time: waits for the lock, which ends with the process. */
int ledger_lock(void);
/* Removes every top-level cgroup that the ledger knows; what cannot be removed is reported on
 * stderr. */
int ledger_clean(const struct hierarchy *h);

#endif
