/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * check_line: what one line of oomwhy says, against what a case expects. For check.c.
 */
#ifndef KILLS_CHECK_LINE_H
#define KILLS_CHECK_LINE_H

#include "check.h"
#include "klog.h"

/* May that process have asked? In check.c: by the members of the cgroup, or by the kernel's log. */
bool is_trigger(struct fixture *fx, const struct expect *e, pid_t pid);
const struct cgroup *victim_cgroup(const struct expect *e);

/* Each fails with the whole line: what else it says is the way to the mistake. */
void line_wrong(json_t *line, const char *format, ...) __attribute__((format(printf, 2, 3)));
void line_is(json_t *line, const char *key, const char *value);
void line_is_number(json_t *line, const char *key, long long value);

void check_kill_line(struct fixture *fx, const struct expect *e, const struct klog_kill *log,
		     json_t *line);
void check_stall_line(struct fixture *fx, const struct expect *e, const char *kind, json_t *line);

/*
 * check_rss_slack() - how far the log's figures of a process may be from the line's, in bytes: they
 * are taken moments apart, and the log's lack what CPUs keep to themselves: 32 pages each, of each of
 * three kinds.
 */
long long check_rss_slack(void);

#endif
