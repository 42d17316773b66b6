/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * names: who a container is, as the files of this machine's runtimes and of its kubelet tell it.
 *
 * Best first: the runtime's own folder of the container (its bundle), the link in
 * /var/log/containers, the pod's folder in /var/log/pods; else nothing but what the path tells.
 * Sources are merged only where they agree with the path and with each other: rather no name than
 * a wrong one.
 *
 * The files are written by others: each is opened below the host's root only, read up to a bound,
 * and what is malformed is told on stderr (a bounded number of lines a minute) and passed over.
 * Reads files: for T2 only, and for one thread at a time.
 */
#ifndef OOMWHY_NAMES_NAMES_H
#define OOMWHY_NAMES_NAMES_H

#include <stdbool.h>
#include <stddef.h>
#include <linux/types.h>

#include "event.h"
#include "place.h"

#define NAMES_NAMESPACE_MAX 63
#define NAMES_NAME_MAX 253
#define NAMES_IMAGE_MAX 511

/*
 * Folders, as the host sees them; a link in them is followed below host_root only. NULL or "":
 * all the known ones are tried.
 */
struct names_roots {
	const char *containerd; /* tasks: …/io.containerd.runtime.v2.task */
	const char *crio; /* storage: …/overlay-containers */
	const char *docker; /* …/docker/containers */
	const char *log_containers; /* /var/log/containers */
	const char *log_pods; /* /var/log/pods */
	const char *kubelet; /* /var/lib/kubelet */
};

/* Text ends with NUL, "" is "not said"; all of it is printable UTF-8, names are DNS names. */
struct container_names {
	char namespace_name[NAMES_NAMESPACE_MAX + 1];
	char pod_name[NAMES_NAME_MAX + 1];
	char pod_uid[PLACE_POD_UID_MAX + 1]; /* as in the path: a static pod's is its config hash */
	char container_name[NAMES_NAME_MAX + 1]; /* "" for a sandbox */
	char image[NAMES_IMAGE_MAX + 1];
	__u64 restarts; /* NOT_KNOWN */
	__s64 oom_score_adj; /* as the runtime was told at start; NOT_KNOWN_SIGNED */
	__u64 is_sandbox; /* bool, or NOT_KNOWN */
	__u64 request_bytes; /* NOT_KNOWN; 0: it has none */
	__u64 request_error_bytes; /* the request is at most this away; 0: exact; NOT_KNOWN */
	enum request_source request_source;
	__u64 pod_request_bytes; /* the pod's own, above its containers'; NOT_KNOWN: it has none, or
				    nobody tells */
	enum identity_source source;
};

struct names;

/*
 * names_open() - get ready to look up.
 * @host_root: the folder below which the host's files are; "" or "/" is this system's own root
 * @roots: copied; NULL is the same as all of them NULL
 * @memory_total_bytes: MemTotal, by which kubelet computes oom_score_adj; NOT_KNOWN or 0: requests
 * are not told from it
 * Returns NULL with errno set when @host_root cannot be opened or memory is short.
 */
struct names *names_open(const char *host_root, const struct names_roots *roots,
			 __u64 memory_total_bytes);

void names_close(struct names *names); /* NULL: nothing */

/*
 * names_count_denied() - from now on, what this process may not read is counted in *@count, not
 * told on stderr, each time that it is tried. NULL: told, as in the beginning.
 */
void names_count_denied(struct names *names, __u64 *count);

/*
 * names_look_up() - who the container, or the pod, of @place is.
 * @place: a path that is in no pod has no names
 * @ret: filled always
 * Returns whether more than the path's own facts was found; false: worth asking again later, the
 * files may not have been written yet.
 */
bool names_look_up(struct names *names, const struct place *place, struct container_names *ret);

/*
 * names_have_changed() - whether requests may have since it was last asked: kubelet has written its
 * state anew. Names do not change.
 */
bool names_have_changed(struct names *names);

/*
 * names_folders() - which kinds of folders are there to read, in the words of --root:
 * "containerd, log-pods". Returns how many.
 */
int names_folders(const struct names *names, char *buf, size_t size);

#endif
