/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * fixtures_make: the pieces that the fixtures are made of. All figures are bytes.
 */
#ifndef OOMWHY_TESTS_FIXTURES_MAKE_H
#define OOMWHY_TESTS_FIXTURES_MAKE_H

#include "event.h"

#define KIB(n) ((__u64)(n) << 10)
#define MIB(n) ((__u64)(n) << 20)
#define GIB(n) ((__u64)(n) << 30)

struct level {
	enum limit_level level;
	__u64 id, usage_bytes, limit_bytes;
};

struct text make_text(struct event *ev, const char *s);

/* Live, on the fixtures' node; @seconds: of the day 2026-08-21. */
void set_time(struct event *ev, __u64 seconds, __u64 ns);

/* What all kills of these fixtures share; the victim's pid makes the id. */
void begin_kill(struct event *ev, __u64 seconds, const char *comm, __u64 pid, __u64 vpid);

/* The chain of @path: one level for each of its prefixes, innermost first, the root at last. */
void set_chain(struct event *ev, const char *path, const struct level *levels, size_t count);

void set_limit(struct limit *limit, __u64 limit_bytes, __u64 usage, __u64 working_set);
void set_cgroup(struct event *ev, struct event_cgroup *cgroup, const char *path, __u64 id);
/* @bytes: its limit, all of it used. */
void set_owner(struct event *ev, enum limit_level level, const char *path, __u64 id, __u64 bytes);
void set_who(struct event *ev, struct identity *who, const char *ns, const char *pod,
	     const char *uid, const char *container);
void set_request(struct request *request, __u64 bytes, __u64 error_bytes,
		 enum request_source source);
void set_task(struct event *ev, struct event_task *task, const char *comm, __u64 pid, __u64 vpid);
void set_memory(struct event_task *task, __u64 anon, __u64 file, __u64 shmem, __u64 pagetables);
/* set_kin() - process 1 of its container: its parent is the runtime's, outside of all that is the
 * pod's. */
void set_kin(struct event *ev, struct event_task *task);

/* set_filled() - what fills the limit owner; the rest is what these leave of @usage. */
void set_filled(struct event *ev, __u64 usage, __u64 anon, __u64 shmem, __u64 file, __u64 kernel);
/* set_flushed() - the same by the kernel's own sum, @age_ms ago. */
void set_flushed(struct event *ev, __u64 usage, __u64 anon, __u64 age_ms);
void add_child(struct event *ev, const char *name, __u64 id, __u64 usage, __u64 limit,
	       __u64 is_sandbox);
void set_verdict(struct event *ev, enum limit_level level, enum evidence evidence,
		 bool container_ends);
void set_message(struct event *ev, const char *message, const char *field, const char *action);

#endif
