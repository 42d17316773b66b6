// SPDX-License-Identifier: GPL-2.0-only
/*
 * klog_paths: the lines that name two cgroups and a process, all three named by whoever made them.
 * A cgroup may be called "x,task_memcg=/kubepods" and a process "a,pid=1,uid=0": so each way to
 * split such a line is tried, and those stay which the kernel can have written:
 * - paths are absolute, their components are neither empty nor longer than a name may be;
 * - the victim is in the limit's owner or below it;
 * - a process's name has at most 15 bytes, and the line ends in numbers.
 */
#define _GNU_SOURCE /* memmem() */
#include <string.h>

#include "event.h"
#include "source/klog_time.h"
#include "source/klog_words.h"

#define COMPONENT_MAX 255 /* NAME_MAX */
#define SPLITS_MAX 64 /* tried at most; a line with more is nobody's but an attacker's */

static const char *find(const char *from, const char *end, const char *word)
{
	return from < end ? memmem(from, (size_t)(end - from), word, strlen(word)) : NULL;
}

static bool is_path(struct span path)
{
	size_t component = 0;

	if (!path.len || *path.at != '/')
		return false;
	for (size_t i = 1; i < path.len; i++) {
		component = path.at[i] == '/' ? 0 : component + 1;
		if ((path.at[i] == '/' && path.at[i - 1] == '/') || component > COMPONENT_MAX)
			return false;
	}
	return path.len == 1 || path.at[path.len - 1] != '/';
}

static bool is_below(struct span path, struct span top)
{
	if (top.len == 1)
		return true;
	return path.len >= top.len && !memcmp(path.at, top.at, top.len) &&
	       (path.len == top.len || path.at[top.len] == '/');
}

/* A reading counts once, however it was found. */
static void add(struct klog_oom_kill *ret, struct klog_reading reading)
{
	if (!is_path(reading.memcg) ||
	    (reading.owner.len &&
	     (!is_path(reading.owner) || !is_below(reading.memcg, reading.owner))))
		return;
	for (int i = 0; i < ret->readings && i < KLOG_READINGS_MAX; i++)
		if (span_equal(ret->reading[i].owner, reading.owner) &&
		    span_equal(ret->reading[i].memcg, reading.memcg) &&
		    span_equal(ret->reading[i].comm, reading.comm))
			return;
	if (ret->readings < KLOG_READINGS_MAX)
		ret->reading[ret->readings++] = reading;
}

/* "…,pid=97,uid=0" at the end. Returns where it begins; NULL. */
static const char *read_numbers(const char *text, const char *end, struct klog_oom_kill *ret)
{
	const char *at = end;
	struct cursor c;

	for (int digits = 0; digits < 40 && at > text; digits++, at--)
		if (end - at >= 12 && !memcmp(at, ",pid=", 5))
			break;
	c = (struct cursor){ at, end };
	if (!cursor_skip(&c, ",pid="))
		return NULL;
	while (cursor_at(&c, ' ')) /* 4.20 padded them */
		c.at++;
	if (!cursor_number(&c, 10, &ret->pid) || !cursor_skip(&c, ",uid="))
		return NULL;
	while (cursor_at(&c, ' '))
		c.at++;
	return cursor_number(&c, 10, &ret->uid) && c.at == c.end ? at : NULL;
}

/* Is "mems_allowed=0-1,3" what stands right before @at? */
static bool follows_nodes(const char *text, const char *at)
{
	while (at > text && ((at[-1] >= '0' && at[-1] <= '9') || at[-1] == ',' || at[-1] == '-'))
		at--;
	return at - text > 14 && !memcmp(at - 14, ",mems_allowed=", 14);
}

/* All splits of "P1,task_memcg=P2,task=COMM" (or, without an owner, of "P2,task=COMM"). */
static void split_paths(struct span rest, bool has_owner, int *tries, struct klog_oom_kill *ret)
{
	static const char task_word[] = ",task=", memcg_word[] = ",task_memcg=";
	const char *end = rest.at + rest.len;

	for (const char *task = find(rest.at, end, task_word); task;
	     task = find(task + 1, end, task_word)) {
		struct klog_reading reading = { .comm = { task + 6, (size_t)(end - task) - 6 } };
		const char *memcg = rest.at;

		if (reading.comm.len > KLOG_COMM_MAX)
			continue;
		if (!has_owner) {
			reading.memcg = (struct span){ rest.at, (size_t)(task - rest.at) };
			add(ret, reading);
			continue;
		}
		while ((memcg = find(memcg, task, memcg_word)) && (*tries)++ < SPLITS_MAX) {
			reading.owner = (struct span){ rest.at, (size_t)(memcg - rest.at) };
			memcg += strlen(memcg_word);
			reading.memcg = (struct span){ memcg, (size_t)(task - memcg) };
			add(ret, reading);
		}
	}
}

bool klog_read_oom_kill(const char *text, size_t len, struct klog_oom_kill *ret)
{
	static const char global_word[] = ",global_oom,task_memcg=", owner_word[] = ",oom_memcg=";
	const char *begin = text + strlen("oom-kill:constraint="), *end, *at;
	bool has_owner;
	int tries = 0;

	memset(ret, 0, sizeof(*ret));
	if (!klog_begins(text, len, "oom-kill:constraint="))
		return false;
	end = read_numbers(text, text + len, ret);
	at = memchr(begin, ',', (size_t)(text + len - begin));
	if (!end || !at || at > end)
		return false;
	ret->constraint = (struct span){ begin, (size_t)(at - begin) };
	has_owner = klog_begins(begin, (size_t)(at - begin), "CONSTRAINT_MEMCG");
	/* The name of the asker's cpuset may look like what follows it. */
	for (at = begin; (at = find(at, end, has_owner ? owner_word : global_word)); at++) {
		size_t word = has_owner ? strlen(owner_word) : strlen(global_word);
		struct span rest = { at + word, (size_t)(end - at) - word };

		if (follows_nodes(begin, at))
			split_paths(rest, has_owner, &tries, ret);
	}
	return ret->readings > 0;
}

bool klog_read_oom_kill_cut(const char *text, size_t len, struct klog_oom_kill *ret)
{
	const char *begin = text + strlen("oom-kill:constraint="), *end = text + len;
	const char *comma, *owner, *memcg;

	memset(ret, 0, sizeof(*ret));
	ret->pid = ret->uid = NOT_KNOWN;
	if (!klog_begins(text, len, "oom-kill:constraint="))
		return false;
	comma = memchr(begin, ',', (size_t)(end - begin));
	if (!comma)
		return false;
	ret->constraint = (struct span){ begin, (size_t)(comma - begin) };
	owner = find(comma, end, ",oom_memcg=");
	memcg = owner ? find(owner, end, ",task_memcg=") : NULL;
	ret->readings = 1;
	if (!memcg || find(owner + 1, end, ",oom_memcg=") || find(memcg + 1, end, ",task_memcg="))
		return true;
	owner += strlen(",oom_memcg=");
	ret->reading[0].owner = (struct span){ owner, (size_t)(memcg - owner) };
	if (!is_path(ret->reading[0].owner))
		ret->reading[0].owner = (struct span){ 0 };
	return true;
}

bool klog_read_task_in(const char *text, size_t len, struct klog_oom_kill *ret)
{
	static const char word[] = " killed as a result of limit of ";
	const char *begin = text + strlen("Task in "), *end = text + len;

	memset(ret, 0, sizeof(*ret));
	ret->pid = ret->uid = NOT_KNOWN;
	if (!klog_begins(text, len, "Task in "))
		return false;
	for (const char *at = find(begin, end, word); at; at = find(at + 1, end, word)) {
		struct klog_reading reading = {
			.memcg = { begin, (size_t)(at - begin) },
			.owner = { at + strlen(word), (size_t)(end - at) - strlen(word) },
		};

		add(ret, reading);
	}
	return ret->readings > 0;
}
