/* SPDX-License-Identifier: GPL-2.0-only */
/* sample: what the files of one memory cgroup say at one moment. */
#ifndef OOMWHY_HISTORY_SAMPLE_H
#define OOMWHY_HISTORY_SAMPLE_H

#include <stdbool.h>
#include <stddef.h>
#include <linux/types.h>

/* NOT_KNOWN: the kernel does not say, or was not asked. Counters count since the cgroup was made.
 */
struct sample {
	__u64 boot_time_ns;
	__u64 usage_bytes;
	__u64 limit_bytes; /* NO_LIMIT: none */
	__u64 inactive_file_bytes; /* of it and all below */
	/* cgroup v2: of it and all below, so that a limit of its own cannot be told from one below
	 */
	__u64 limit_hits; /* times that the limit held back a charge; v1: its own */
	__u64 high_hits;
	__u64 ooms;
	__u64 oom_kills; /* v1: its own processes */
	/* Pressure stall information: time in which some, or all, of its tasks waited for memory */
	__u64 some_ns, full_ns;
};

/* What of the folder tells one cgroup from another with the same path, and its age. */
struct sample_folder {
	__u64 id; /* inode number */
	__u64 modified_wall_ns; /* not before it was made */
};

/*
 * sample_read() - read the files in the folder @path of a cgroup.
 * @all: false: only the usage, and nothing if it is another cgroup than @id
 * @id: of the cgroup that should be there; 0: any
 * Returns 0 or -errno; -ESTALE: another cgroup is there. @ret->boot_time_ns is the caller's to set.
 */
int sample_read(const char *path, __u64 id, bool is_v1, bool all, struct sample *ret,
		struct sample_folder *ret_folder);

/*
 * sample_open_usage() - the file with the usage of the cgroup @id, whose folder @path is.
 * Returns its descriptor, the caller's to close, or -errno; -ESTALE: another cgroup is there.
 */
int sample_open_usage(const char *path, __u64 id, bool is_v1);

/*
 * sample_number() - the number after @key, a word at the start of a line of @text; "" is the
 * beginning of the text. NOT_KNOWN if there is none; "max" is NO_LIMIT.
 */
__u64 sample_number(const char *text, const char *key);

/* sample_pressure_ns() - "some avg10=… total=MICROSECONDS": that total, of the line @kind. */
__u64 sample_pressure_ns(const char *text, const char *kind);

#endif
