// SPDX-License-Identifier: GPL-2.0-only
#define _GNU_SOURCE /* memmem() */
#include <string.h>

#include "event.h"
#include "source/klog_time.h"
#include "source/klog_words.h"

#define HEADER_WORDS " invoked oom-killer: gfp_mask="
#define GROUP_WORDS " are going to be killed due to memory.oom.group set"

bool span_equal(struct span a, struct span b)
{
	return a.len == b.len && (!a.len || !memcmp(a.at, b.at, a.len));
}

static const char *find(const char *text, size_t len, const char *word)
{
	return memmem(text, len, word, strlen(word));
}

/* Near the beginning: a process's name is all that stands before it. */
static const char *find_near(const char *text, size_t len, const char *word)
{
	size_t near = KLOG_COMM_MAX + strlen(word);

	return find(text, len < near ? len : near, word);
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* "anon 66965504", and before 5.3 " cache:188KB rss:…" */
static bool is_stat(const char *text, size_t len)
{
	size_t i = 0;

	while (i < len &&
	       ((text[i] >= 'a' && text[i] <= 'z') || text[i] == '_' || (i && is_digit(text[i]))))
		i++;
	if (!i || i + 1 >= len || text[i++] != ' ')
		return false;
	return is_digit(text[i]);
}

static enum klog_kind kind_of_bracket(const char *text, size_t len)
{
	size_t i = 1;

	while (i < len && text[i] == ' ')
		i++;
	if (i < len && is_digit(text[i]))
		return KLOG_TASK;
	return klog_begins(text + i, len - i, "pid ") ? KLOG_TASKS : KLOG_OTHER;
}

static enum klog_kind kind_of_number(const char *text, size_t len)
{
	size_t i = 0;

	while (i < len && is_digit(text[i]))
		i++;
	return klog_begins(text + i, len - i, " pages ") ? KLOG_RAM : KLOG_OTHER;
}

static enum klog_kind kind_of_ending(const char *text, size_t len)
{
	/* "Memory cgroup out of memory: …", "Out of memory: …", "Killed process …" */
	if (find(text, len < 80 ? len : 80, "Killed process "))
		return KLOG_KILLED;
	if (find(text, len < 80 ? len : 80, "Kill process ") &&
	    find(text, len, " or sacrifice child"))
		return KLOG_KILL;
	if (find(text, len < 80 ? len : 80, "OOM victim ") && find(text, len, " already exiting"))
		return KLOG_EXITING;
	return find(text, len, "no killable processes") ? KLOG_NOBODY : KLOG_OTHER;
}

/* What follows a process's name. */
static enum klog_kind kind_after_name(const char *at, size_t len)
{
	if (klog_begins(at, len, HEADER_WORDS))
		return KLOG_HEADER;
	if (klog_begins(at, len, " cpuset="))
		return KLOG_CPUSET;
	if (klog_begins(at, len, ": page allocation failure") ||
	    klog_begins(at, len, ": page allocation stalls"))
		return KLOG_ELSE;
	return KLOG_OTHER;
}

static enum klog_kind kind_of_words(const char *text, size_t len)
{
	for (size_t i = 0; i <= KLOG_COMM_MAX && i < len; i++) {
		enum klog_kind kind = KLOG_OTHER;

		if (text[i] == ' ' || text[i] == ':')
			kind = kind_after_name(text + i, len - i);
		if (kind != KLOG_OTHER)
			return kind;
	}
	return is_stat(text, len) ? KLOG_STAT : KLOG_OTHER;
}

static enum klog_kind kind_of_capital(const char *text, size_t len)
{
	if (klog_begins(text, len, "Memory cgroup out of memory") ||
	    klog_begins(text, len, "Out of memory") || klog_begins(text, len, "Killed process ") ||
	    klog_begins(text, len, "Kill process "))
		return kind_of_ending(text, len);
	if (klog_begins(text, len, "Memory cgroup stats"))
		return KLOG_STATS_OF;
	if (klog_begins(text, len, "Memory limit reached of cgroup "))
		return KLOG_STATS_OF;
	if (klog_begins(text, len, "Node ") && find(text, len, " high:"))
		return KLOG_ZONE;
	if (klog_begins(text, len, "Mem-Info:"))
		return KLOG_MEM_INFO;
	if (klog_begins(text, len, "CPU: "))
		return KLOG_CPU;
	if (klog_begins(text, len, "Tasks in ") && find(text, len, GROUP_WORDS))
		return KLOG_GROUP;
	if (klog_begins(text, len, "Task in ") &&
	    find(text, len, " killed as a result of limit of "))
		return KLOG_TASK_IN;
	return KLOG_OTHER;
}

enum klog_kind klog_kind(const char *text, size_t len)
{
	enum klog_kind kind = KLOG_OTHER;

	if (!len)
		return KLOG_OTHER;
	if (*text == '[')
		kind = kind_of_bracket(text, len);
	else if (is_digit(*text))
		kind = kind_of_number(text, len);
	else if (*text >= 'A' && *text <= 'Z')
		kind = kind_of_capital(text, len);
	else if (klog_begins(text, len, "oom-kill:constraint="))
		return KLOG_OOM_KILL;
	else if (klog_begins(text, len, "oom_kill_process: ") &&
		 find(text, len, " callbacks suppressed"))
		return KLOG_SUPPRESSED;
	else if ((*text == 'm' || *text == 's' || *text == 'k') &&
		 find(text, len < 24 ? len : 24, ": usage "))
		return KLOG_COUNTER;
	else if (klog_begins(text, len, "active_anon:") || klog_begins(text, len, " free:"))
		return KLOG_PAGES;
	else if (*text == ' ')
		return klog_begins(text, len, " cache:") ? KLOG_STAT : KLOG_OTHER;
	/* The name of who asked may begin with anything. */
	return kind == KLOG_OTHER ? kind_of_words(text, len) : kind;
}

bool klog_value(const char *text, size_t len, const char *key, __u64 *ret)
{
	const char *at = find(text, len, key);
	struct cursor c;

	if (!at)
		return false;
	c = (struct cursor){ at + strlen(key), text + len };
	if (!cursor_number(&c, 19, ret))
		return false;
	/* What passes 63 bits is no number of a kernel's, nor one of JSON's. */
	if (cursor_left(&c) >= 2 && (*c.at == 'k' || *c.at == 'K') && c.at[1] == 'B' &&
	    __builtin_mul_overflow(*ret, 1024, ret))
		return false;
	return *ret <= KLOG_NUMBER_MAX;
}

static bool signed_value(const char *text, size_t len, const char *key, __s64 *ret)
{
	const char *at = find(text, len, key);
	struct cursor c;
	bool minus;
	__u64 value;

	if (!at)
		return false;
	c = (struct cursor){ at + strlen(key), text + len };
	minus = cursor_skip(&c, "-");
	if (!cursor_number(&c, 9, &value))
		return false;
	*ret = minus ? -(__s64)value : (__s64)value;
	return true;
}

static bool read_hex(const char *at, const char *end, __u64 *ret)
{
	__u64 value = 0;
	int digits = 0;

	for (; at < end && digits < 16; at++, digits++) {
		char lower = *at | 0x20;

		if (is_digit(*at))
			value = value << 4 | (__u64)(*at - '0');
		else if (lower >= 'a' && lower <= 'f')
			value = value << 4 | (__u64)(lower - 'a' + 10);
		else
			break;
	}
	*ret = value;
	return digits > 0;
}

bool klog_read_header(const char *text, size_t len, struct klog_header *ret)
{
	const char *words = find_near(text, len, HEADER_WORDS), *end = text + len, *at;

	if (!words)
		return false;
	*ret = (struct klog_header){ .comm = { text, (size_t)(words - text) },
				     .gfp_mask = NOT_KNOWN,
				     .order = NOT_KNOWN_SIGNED,
				     .oom_score_adj = NOT_KNOWN_SIGNED };
	at = words + strlen(HEADER_WORDS);
	if (klog_begins(at, (size_t)(end - at), "0x"))
		read_hex(at + 2, end, &ret->gfp_mask);
	if (ret->gfp_mask > KLOG_NUMBER_MAX)
		ret->gfp_mask = NOT_KNOWN;
	signed_value(at, (size_t)(end - at), ", order=", &ret->order);
	signed_value(at, (size_t)(end - at), ", oom_score_adj=", &ret->oom_score_adj);
	ret->nodemask = find(at, (size_t)(end - at), "nodemask=") &&
			!find(at, (size_t)(end - at), "nodemask=(null)");
	return true;
}

bool klog_read_cpu(const char *text, size_t len, __u64 *ret_pid, struct span *ret_comm)
{
	const char *comm = find(text, len, " Comm: "), *end;

	if (!comm || !klog_value(text, (size_t)(comm - text), " PID: ", ret_pid))
		return false;
	comm += strlen(" Comm: ");
	len -= (size_t)(comm - text);
	end = find_near(comm, len, " Not tainted ");
	if (!end)
		end = find_near(comm, len, " Tainted: ");
	if (!end)
		return false;
	*ret_comm = (struct span){ comm, (size_t)(end - comm) };
	return true;
}

/* "(java)" at @at, followed by @after: a name may have brackets in it, too. */
static bool read_name(const char *at, const char *end, const char *after, struct span *ret)
{
	if (at >= end || *at != '(')
		return false;
	for (size_t len = KLOG_COMM_MAX + 1; len-- > 0;) {
		if ((size_t)(end - at) < len + 2 || at[1 + len] != ')' ||
		    !klog_begins(at + 2 + len, (size_t)(end - at) - 2 - len, after))
			continue;
		*ret = (struct span){ at + 1, len };
		return true;
	}
	return false;
}

bool klog_read_victim(const char *text, size_t len, const char *words, __u64 *ret_pid,
		      struct span *ret_comm)
{
	const char *at = find(text, len, words);
	struct cursor c;

	if (!at)
		return false;
	c = (struct cursor){ at + strlen(words), text + len };
	return cursor_number(&c, 10, ret_pid) && cursor_skip(&c, " ") &&
	       (read_name(c.at, c.end, " ", ret_comm) || read_name(c.at, c.end, "", ret_comm));
}

/* RHEL 7: "Killed process 12 (x), UID 0, total-vm:…", "Killed process 12, UID 0, (x) total-vm:…" */
static bool killed_name(struct cursor c, struct klog_killed *ret)
{
	const char *open;

	if (cursor_skip(&c, ", UID ")) {
		if (!cursor_number(&c, 10, &ret->uid) || !cursor_skip(&c, ", "))
			return false;
	} else if (!cursor_skip(&c, " ")) {
		return false;
	}
	open = c.at;
	if (read_name(open, c.end, " total-vm:", &ret->comm))
		return true;
	if (!read_name(open, c.end, ", UID ", &ret->comm))
		return false;
	c.at = ret->comm.at + ret->comm.len + strlen("), UID ");
	return cursor_number(&c, 10, &ret->uid);
}

static void kib(const char *text, size_t len, const char *key, __u64 *ret)
{
	if (!klog_value(text, len, key, ret))
		*ret = NOT_KNOWN;
}

bool klog_read_killed(const char *text, size_t len, struct klog_killed *ret)
{
	const char *at = find(text, len, "Killed process "), *figures;
	struct cursor c;
	size_t left;

	if (!at)
		return false;
	*ret = (struct klog_killed){ .uid = NOT_KNOWN, .oom_score_adj = NOT_KNOWN_SIGNED };
	ret->memcg = klog_begins(text, len, "Memory cgroup out of memory");
	ret->global = klog_begins(text, len, "Out of memory");
	c = (struct cursor){ at + strlen("Killed process "), text + len };
	if (!cursor_number(&c, 10, &ret->pid) || !killed_name(c, ret))
		return false;
	figures = ret->comm.at + ret->comm.len;
	left = (size_t)(text + len - figures);
	kib(figures, left, "total-vm:", &ret->total_vm_bytes);
	kib(figures, left, "anon-rss:", &ret->anon_bytes);
	kib(figures, left, "file-rss:", &ret->file_bytes);
	kib(figures, left, "shmem-rss:", &ret->shmem_bytes);
	kib(figures, left, "pgtables:", &ret->pagetables_bytes);
	if (ret->uid == NOT_KNOWN)
		kib(figures, left, " UID:", &ret->uid);
	signed_value(figures, left, " oom_score_adj:", &ret->oom_score_adj);
	return true;
}

bool klog_read_group(const char *text, size_t len, struct span *ret_path)
{
	const char *end = find(text, len, GROUP_WORDS);
	size_t skip = strlen("Tasks in ");

	/* A path may have these words in it: the last ones are the kernel's. */
	for (const char *next = end; next;
	     next = find(next + 1, (size_t)(text + len - next - 1), GROUP_WORDS))
		end = next;
	if (!end || (size_t)(end - text) <= skip || text[skip] != '/')
		return false;
	*ret_path = (struct span){ text + skip, (size_t)(end - text) - skip };
	return true;
}
