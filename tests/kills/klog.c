/* SPDX-License-Identifier: GPL-2.0-only */
#define _GNU_SOURCE
#include "klog.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define RECORD_MAX 8192 /* the kernel's own maximum for one record */

/* One record: "prefix,seq,time,flags;text\n CONTINUATION…". 1, or 0 at the end, or a negative
 * errno. */
static int read_record(int fd, char *buf, unsigned long long *ret_seq, char **ret_text)
{
	ssize_t n;
	char *text;

	do
		n = read(fd, buf, RECORD_MAX - 1);
	while (n < 0 && (errno == EPIPE || errno == EINTR)); /* EPIPE: overwritten under our feet */
	if (n < 0)
		return errno == EAGAIN ? 0 : -errno;
	buf[n] = '\0';
	text = strchr(buf, ';');
	if (!text || sscanf(buf, "%*[^,],%llu", ret_seq) != 1)
		return -EBADMSG;
	*ret_text = text + 1;
	*strchrnul(text, '\n') = '\0';
	return n > 0;
}

static int open_log(void)
{
	return open("/dev/kmsg", O_RDONLY | O_NONBLOCK | O_CLOEXEC);
}

unsigned long long klog_mark(void)
{
	static char buf[RECORD_MAX];
	unsigned long long seq, next = 0;
	int fd = open_log();
	char *text;

	if (fd < 0)
		return 0;
	while (read_record(fd, buf, &seq, &text) > 0)
		next = seq + 1;
	close(fd);
	return next;
}

/* The value after @key up to the next comma; our own cgroups have no comma in their names. */
static bool field(const char *text, const char *key, char *ret, size_t size)
{
	const char *at = strstr(text, key);

	if (!at)
		return false;
	at += strlen(key);
	snprintf(ret, size, "%.*s", (int)(strchrnul(at, ',') - at), at);
	return true;
}

static unsigned long long kib_field(const char *text, const char *key)
{
	char value[32];

	return field(text, key, value, sizeof(value)) ? strtoull(value, NULL, 10) * 1024 : 0;
}

static void read_dump(const char *text, pid_t trigger, struct klog_kill *ret)
{
	ret->has_dump = true;
	ret->trigger = trigger;
	ret->global = strstr(text, ",global_oom,");
	field(text, "constraint=", ret->constraint, sizeof(ret->constraint));
	field(text, ",task_memcg=", ret->task_memcg, sizeof(ret->task_memcg));
	field(text, ",oom_memcg=", ret->oom_memcg, sizeof(ret->oom_memcg));
}

static void read_killed(const char *text, struct klog_kill *ret)
{
	char adj[16];

	ret->has_killed = true;
	ret->anon_bytes = kib_field(text, "anon-rss:");
	ret->rss_bytes =
		ret->anon_bytes + kib_field(text, "file-rss:") + kib_field(text, "shmem-rss:");
	if (field(text, "oom_score_adj:", adj, sizeof(adj)))
		ret->oom_score_adj = (int)strtol(adj, NULL, 10);
}

int klog_find(unsigned long long mark, pid_t victim, struct klog_kill *ret)
{
	static char buf[RECORD_MAX];
	unsigned long long seq;
	char *text, dump_key[40], killed_key[40];
	pid_t trigger = 0;
	int fd = open_log(), n;

	memset(ret, 0, sizeof(*ret));
	if (fd < 0)
		return -errno;
	snprintf(dump_key, sizeof(dump_key), ",pid=%d,uid=", victim);
	snprintf(killed_key, sizeof(killed_key), "Killed process %d (", victim);
	while ((n = read_record(fd, buf, &seq, &text)) > 0) {
		const char *pid = strstr(text, " PID: ");

		if (seq < mark)
			continue;
		/* oom_lock keeps reports apart: the last "CPU: … PID: …" belongs to the next
		 * decision. */
		if (strstr(text, " invoked oom-killer: "))
			trigger = 0;
		else if (!strncmp(text, "CPU: ", 5) && pid)
			trigger = (pid_t)strtol(pid + 6, NULL, 10);
		else if (!strncmp(text, "oom-kill:", 9) && strstr(text, dump_key))
			read_dump(text, trigger, ret);
		else if (strstr(text, killed_key))
			read_killed(text, ret);
	}
	close(fd);
	return n;
}
