// SPDX-License-Identifier: GPL-2.0-only
#define _GNU_SOURCE /* memmem() */
#include <stdbool.h>
#include <stddef.h>
#include <string.h>
#include <linux/types.h>

#include "source/klog_scan.h"

/* As wide as the machine's registers for such, on each of our architectures. */
typedef unsigned char bytes16 __attribute__((vector_size(16)));
typedef __u64 words16 __attribute__((vector_size(16)));

#define STEP 64

static bool begins(const char *at, const char *end, const char *word)
{
	size_t len = strlen(word);

	return (size_t)(end - at) >= len && !memcmp(at, word, len);
}

static bool follows(const char *begin, const char *at, const char *word)
{
	size_t len = strlen(word);

	return (size_t)(at - begin) >= len && !memcmp(at - len, word, len);
}

/* @at: "kill" or "Kill". */
static bool is_report(const char *begin, const char *at, const char *end)
{
	if (*at == 'K')
		return begins(at, end, "Killed process ") || begins(at, end, "Kill process ");
	if (follows(begin, at, "oom-")) /* "invoked oom-killer: ", "oom-kill:" */
		return begins(at, end, "kill:constraint=") || begins(at, end, "killer: gfp_mask=");
	if (follows(begin, at, "oom_"))
		return begins(at, end, "kill_process: ");
	if (follows(begin, at, "no "))
		return begins(at, end, "killable processes");
	return begins(at, end, "killed as a result of limit of ") ||
	       begins(at, end, "killed due to memory.oom.group") ||
	       begins(at, end, "killing the task");
}

static bytes16 load(const char *at)
{
	bytes16 ret;

	memcpy(&ret, at, sizeof(ret));
	return ret;
}

/* In each of the 16 places from @at on: does "kill" or "Kill" begin there? 0xff or 0. */
static bytes16 find_kill(const char *at)
{
	return (bytes16)(((load(at) | 0x20) == 'k') & (load(at + 1) == 'i') &
			 (load(at + 2) == 'l') & (load(at + 3) == 'l'));
}

static bool any(bytes16 places)
{
	words16 words = (words16)places;

	return words[0] | words[1];
}

static const char *scan_slowly(const char *begin, const char *at, const char *stop, const char *end)
{
	for (; at < stop; at++)
		if ((*at | 0x20) == 'k' && end - at >= 4 && !memcmp(at + 1, "ill", 3) &&
		    is_report(begin, at, end))
			return at;
	return NULL;
}

const char *klog_scan(const char *at, const char *end)
{
	const char *begin = at, *found;

	for (; end - at >= STEP + 3; at += STEP) {
		bytes16 places[4];

		for (int i = 0; i < 4; i++)
			places[i] = find_kill(at + 16 * i);
		if (!any(places[0] | places[1] | places[2] | places[3]))
			continue;
		for (int i = 0; i < 4; i++) {
			found = any(places[i]) ?
					scan_slowly(begin, at + 16 * i, at + 16 * i + 16, end) :
					NULL;
			if (found)
				return found;
		}
	}
	return scan_slowly(begin, at, end, end);
}
