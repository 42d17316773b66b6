/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * check: one kill, as the kernel tells it (exit status, counters, log) and as oomwhy does.
 */
#ifndef KILLS_CHECK_H
#define KILLS_CHECK_H

#include "fixture.h"

#define EXPECT_OTHERS_MAX 8
#define ANY_VPID (-1)

/* Somebody besides the first victim. */
struct expect_other {
	pid_t pid;
	const char *fate; /* NULL: a survivor */
	long long rss_bytes; /* -1: does not matter */
};

enum expect_flags {
	EXPECT_THREADS =
		1, /* who asked may be a thread: the log has its number, not the process's */
	EXPECT_ANY_ORDER = 2, /* the allocation may be of more than one page */
	EXPECT_NO_TRIGGER = 4, /* nobody asked */
	EXPECT_LOWERED = 8, /* the limit was set below what is in use */
	EXPECT_OR_UNKNOWN = 16, /* by inference: unknown, with the owner among the suspects */
	EXPECT_NO_LOG = 32, /* the kernel writes nothing */
	EXPECT_CHOSEN_TID = 128, /* the thread was chosen, not marked: only the decision shows it */
	EXPECT_OTHER_OOMS = 64, /* more limits than the owner's are hit at this time */
};

struct expect {
	unsigned int flags;
	/* who dies */
	struct workload *victim; /* a child of ours; or the parent of who dies, which lives on */
	bool victim_is_child;
	pid_t pid, vpid;
	pid_t tid; /* of the thread that was chosen or marked; 0: the leader */
	const char *comm, *fate;
	int oom_score_adj;
	int kills; /* what its cgroup has counted by then */
	long long rss_max_bytes; /* 0: does not matter */
	long long anon_bytes; /* known from elsewhere; 0: as the log says */
	const struct container *container; /* NULL: not Kubernetes */
	const struct cgroup *cgroup; /* NULL: the container's own */
	int container_ends; /* 1, 0, or -1: does not matter */
	/* who else */
	struct expect_other others[EXPECT_OTHERS_MAX], survivors[EXPECT_OTHERS_MAX];
	int n_others, n_survivors;
	const struct cgroup *oom_group;
	/* whose limit; a NULL owner is the machine */
	const char *limit_level, *owner_level, *counter, *constraint;
	const struct cgroup *owner;
	int64_t owner_limit; /* 0: its limit of memory */
	int64_t given_back_bytes; /* as much may its usage have fallen since the decision */
	/* who asked: a process in that cgroup, or this one; neither: does not matter */
	const struct cgroup *trigger_cgroup;
	const struct pod *trigger_pod;
	pid_t trigger;
};

/* `eat` itself dies; as process 1 of @container, or anywhere if that is NULL. */
struct expect expect_death(struct workload *w, const struct container *container, int adj);
/* The same, but @w is no process 1. */
struct expect expect_death_same_pidns(struct workload *w, const struct container *container,
				      int adj);
/* Not process 1 but its child @pid dies. */
void expect_child(struct expect *e, pid_t pid);
/* The verdict; the level of the cgroup that the kernel blames; that cgroup. */
void expect_limit(struct expect *e, const char *limit_level, const char *owner_level,
		  const struct cgroup *owner);
void expect_trigger(struct expect *e, const struct cgroup *cg, const struct pod *pod);
void expect_other(struct expect *e, pid_t pid, const char *fate, long long rss_bytes);
void expect_survivor(struct expect *e, pid_t pid);

/* Waits for the kill and compares; the oom_kill line (borrowed), NULL in kernel-only mode. */
json_t *check_kill(struct fixture *fx, const struct expect *e);
/* Nothing was killed since the mark: by the kernel's counter, and by oomwhy a moment later. */
void check_no_kill(struct fixture *fx);

/*
 * Nobody is killed and tasks wait: the oom_stall line, and after it the oom_update line that ends
 * it (borrowed; NULL in kernel-only mode and where the attach plan does not show it).
 */
json_t *check_stall(struct fixture *fx, const struct expect *e, const char *kind);
json_t *check_stall_end(struct fixture *fx, json_t *stall);

#endif
