// SPDX-License-Identifier: GPL-2.0-only
#include <stdarg.h>
#include <stdio.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/log_limit.h"

#define LINE_BYTES 1024

static bool is_over(const struct log_limit *limit, __u64 now_ns)
{
	return !limit->since_ns || now_ns - limit->since_ns >= LOG_LIMIT_NS;
}

static __u64 take_unsaid(struct log_limit *limit)
{
	__u64 unsaid = limit->unsaid;

	limit->unsaid = 0;
	return unsaid;
}

bool log_limit_admit(struct log_limit *limit, __u64 now_ns, __u64 *ret_unsaid)
{
	*ret_unsaid = 0;
	if (is_over(limit, now_ns)) {
		*ret_unsaid = take_unsaid(limit);
		limit->since_ns = now_ns;
		limit->said = 0;
	}
	if (limit->said >= LOG_LIMIT_LINES) {
		limit->unsaid++;
		return false;
	}
	limit->said++;
	return true;
}

static void tell(__u64 unsaid)
{
	if (unsaid)
		log_error("%llu more lines like these were not written", unsaid);
}

void log_limited(struct log_limit *limit, const char *fmt, ...)
{
	char line[LINE_BYTES];
	__u64 unsaid;
	va_list args;
	bool admitted = log_limit_admit(limit, clock_boot_ns(), &unsaid);

	tell(unsaid);
	if (!admitted)
		return;
	va_start(args, fmt);
	vsnprintf(line, sizeof(line), fmt, args);
	va_end(args);
	log_error("%s", line);
}

void log_limit_tell(struct log_limit *limit, bool now_or_never)
{
	if (limit->unsaid && (now_or_never || is_over(limit, clock_boot_ns())))
		tell(take_unsaid(limit));
}
