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

/* In each of the 16 places from @at on: does "ill" stand there? 0xff or 0. */
static bytes16 find_ill(const char *at)
{
	return (bytes16)((load(at) == 'i') & (load(at + 1) == 'l') & (load(at + 2) == 'l'));
}

static bool any(bytes16 places)
{
	words16 words = (words16)places;

	return words[0] | words[1];
}

/* The first "kill" of a report whose "ill" begins within [@at, @stop). */
static const char *scan_slowly(const char *begin, const char *at, const char *stop,
			       const char *end)
{
	for (; at < stop && (at = memchr(at, 'i', (size_t)(stop - at))); at++)
		if (end - at >= 3 && at[1] == 'l' && at[2] == 'l' && at > begin &&
		    (at[-1] | 0x20) == 'k' && is_report(begin, at - 1, end))
			return at - 1;
	return NULL;
}

const char *klog_scan(const char *at, const char *end)
{
	const char *begin = at, *found;

	for (; end - at >= STEP + 2; at += STEP) {
		bytes16 places = find_ill(at) | find_ill(at + 16) | find_ill(at + 32) |
				 find_ill(at + 48);

		if (!any(places))
			continue;
		found = scan_slowly(begin, at, at + STEP, end);
		if (found)
			return found;
	}
	return scan_slowly(begin, at, end, end);
}
