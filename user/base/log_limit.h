/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * log_limit: diagnostics that somebody else can cause, and so at any rate: at most
 * LOG_LIMIT_LINES a minute, and then how many were not said. For one thread.
 */
#ifndef OOMWHY_LOG_LIMIT_H
#define OOMWHY_LOG_LIMIT_H

#include <stdbool.h>
#include <linux/types.h>

#define LOG_LIMIT_LINES 10
#define LOG_LIMIT_NS 60000000000ULL

struct log_limit { /* all 0 to begin with */
	__u64 since_ns; /* CLOCK_BOOTTIME: when the minute began; 0: none has */
	__u64 said; /* lines of this minute */
	__u64 unsaid;
};

/* log_limited() - log_error(), or counted only. */
void log_limited(struct log_limit *limit, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/* log_limit_tell() - say how many lines were not said, if the minute is over or @now_or_never. */
void log_limit_tell(struct log_limit *limit, bool now_or_never);

/*
 * log_limit_admit() - the decision behind them. Pure.
 * @ret_unsaid: lines of the minute that is over, to be told now; else 0
 * Returns whether one more line may be said at @now_ns.
 */
bool log_limit_admit(struct log_limit *limit, __u64 now_ns, __u64 *ret_unsaid);

#endif
