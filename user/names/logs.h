/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * logs: who a container is as the names of its log files tell.
 *
 *   /var/log/pods/<namespace>_<pod>_<uid>/<container>/<restarts>.log
 *	kubelet makes the folders before it has the container created; they stay until the pod is
 *	removed. They do not tell the container's ID.
 *   /var/log/containers/<pod>_<namespace>_<container>-<id>.log -> the above
 *	kubelet makes the link after the start. A name of more than 255 bytes is cut, and may lose
 *	the ID.
 *
 * The parsers are pure.
 */
#ifndef OOMWHY_NAMES_LOGS_H
#define OOMWHY_NAMES_LOGS_H

#include <stdbool.h>

#include "names/claim.h"
#include "names/reader.h"
#include "place.h"

/* log_link_look_up() - by the container's ID. What contradicts itself or the path is told. */
bool log_link_look_up(struct reader *reader, const struct place *place, struct claim *ret);

/* log_link_restarts() - of a container whose names are known; NOT_KNOWN where no link is yet. */
__u64 log_link_restarts(struct reader *reader, const struct container_names *names,
			const char *container_id);

/*
 * log_folder_look_up() - by the pod's UID.
 * @ret: namespace, pod, UID; and the container, where the pod's folder knows but one
 */
bool log_folder_look_up(struct reader *reader, const char *pod_uid, struct claim *ret);

/* log_folder_exists() - whether kubelet has a folder for just this namespace, pod and UID. */
bool log_folder_exists(struct reader *reader, const struct container_names *names);

/* log_folder_restarts() - the newest log file's number; NOT_KNOWN: there is none. */
__u64 log_folder_restarts(struct reader *reader, const struct container_names *names);

/*
 * Parsers of names; false: it is none such, or something in it was refused.
 * log_parse_link() takes the ID off first; a cut name is none such.
 */
bool log_parse_folder(const char *name, struct claim *ret);
bool log_parse_target(const char *target, struct claim *ret);
bool log_parse_link(const char *name, const char *container_id, struct claim *ret);

/* log_parse_file() - "3.log" */
bool log_parse_file(const char *name, __u64 *ret_restarts);

#endif
