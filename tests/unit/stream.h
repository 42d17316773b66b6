/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * stream: records of kills on their way through an assembler, as a kernel would send them, and the
 * incidents that come out.
 */
#ifndef OOMWHY_TEST_STREAM_H
#define OOMWHY_TEST_STREAM_H

#include "records.h"
#include "source/assemble.h"

#define STREAM_GOT_MAX 48
#define STREAM_MS 1000000ULL

/* The levels of stream_tree(). */
enum { CONTAINER, POD, QOS, NODE, ROOT, STREAM_LEVELS };

#define STREAM_UID "0a9f6d52-4c0b-4a3e-a2f6-5be1c7d8e901"
#define STREAM_CID "3e6d1590a7c2f84be13d6a9075fe2c841b6f0c2d94e7a18355d20c1fe9a4487b"
#define STREAM_POD_PATH "/kubepods/burstable/pod" STREAM_UID
#define STREAM_PATH STREAM_POD_PATH "/" STREAM_CID
#define STREAM_PAGES 131072 /* 512 MiB: the limit of the container and of the pod */

struct stream {
	struct assembler as;
	struct event got[STREAM_GOT_MAX];
	size_t count;
	__u64 sequence; /* of the last record */
	__u64 now_ns;
	__u64 decision; /* of the next victims; 0: none is visible */
	struct oomwhy_attempts attempts[OOMWHY_ATTEMPTS_MAX]; /* as the kernel counts them */
	__u64 lose; /* the record of this sequence is not delivered */
};

/* One for each test program: it is large. */
extern struct stream stream;

/* stream_setup() - cmocka's; a new assembler, nothing lost. */
int stream_setup(void **state);

/* stream_tree() - container, pod, QoS class, kubepods and root, with room everywhere. */
void stream_tree(struct level_spec levels[STREAM_LEVELS]);
/* stream_hit() - the level has run into its limit. */
void stream_hit(struct level_spec *level);

/* stream_send() - any record, as it is: memory checkers see where it ends. */
void stream_send(const void *record, size_t size);

void stream_decision(const struct level_spec *owner, __u32 chosen, __u64 asker);
void stream_trigger(const struct level_spec *levels, __u32 tgid, __u64 asker);
void stream_children(const struct level_spec *children, __u64 parent_id, __u64 asker);
/* stream_next_memory() - a record to be filled and sent. */
struct oomwhy_memory *stream_next_memory(__u64 memcg_id, __u64 asker);
void stream_send_memory(const struct oomwhy_memory *memory);
void stream_victim(const struct level_spec *levels, __u32 tgid, __u64 asker);
void stream_survivor(__u32 tgid);
void stream_end(void);

/* stream_next_victim() - the record that stream_victim() would send; to be changed and sent. */
struct oomwhy_victim *stream_next_victim(const struct level_spec *levels, __u32 tgid, __u64 asker);
void stream_send_victim(const struct oomwhy_victim *victim);

/* The pid_tgid of process @tgid. */
#define ASKER(tgid) ((__u64)(tgid) << 32 | (tgid))

/* stream_text() - as a C string, in a static buffer. */
const char *stream_text(const struct event *ev, struct text text);

#endif
