/* SPDX-License-Identifier: GPL-2.0-only */
#define _GNU_SOURCE
#include "klog.h"
#include "klog_stats.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define KILLS_MAX 256
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

static long long boot_us(void)
{
	struct timespec now;

	clock_gettime(CLOCK_BOOTTIME, &now);
	return now.tv_sec * 1000000LL + now.tv_nsec / 1000;
}

bool klog_clock_ahead_us(long long *ret_us)
{
	static char buf[RECORD_MAX];
	unsigned long long seq, stamp_us;
	char mark[64], *text;
	int fd = open("/dev/kmsg", O_RDWR | O_NONBLOCK | O_CLOEXEC);
	long long now_us;
	bool found = false;

	if (fd < 0 || lseek(fd, 0, SEEK_END) < 0)
		goto out;
	now_us = boot_us();
	snprintf(mark, sizeof(mark), "<15>kills: %lld us since boot\n", now_us);
	if (write(fd, mark, strlen(mark)) < 0)
		goto out;
	*strchr(mark, '\n') = '\0';
	while (!found && read_record(fd, buf, &seq, &text) > 0)
		found = !strcmp(text, mark + strlen("<15>")) &&
			sscanf(buf, "%*[^,],%*u,%llu", &stamp_us) == 1;
	if (found)
		*ret_us = (long long)stamp_us - now_us;
out:
	if (fd >= 0)
		close(fd);
	return found;
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
	char pid[16];

	ret->has_dump = true;
	ret->trigger = trigger;
	ret->global = strstr(text, ",global_oom,");
	if (field(text, ",pid=", pid, sizeof(pid)))
		ret->pid = (pid_t)strtol(pid, NULL, 10);
	field(text, "constraint=", ret->constraint, sizeof(ret->constraint));
	field(text, ",task_memcg=", ret->task_memcg, sizeof(ret->task_memcg));
	field(text, ",oom_memcg=", ret->oom_memcg, sizeof(ret->oom_memcg));
}

static void read_killed(const char *text, pid_t pid, struct klog_kill *ret)
{
	char adj[16];

	ret->has_killed = true;
	ret->killed_pid = pid;
	if (!ret->pid)
		ret->pid = pid;
	ret->anon_bytes = kib_field(text, "anon-rss:");
	ret->rss_bytes =
		ret->anon_bytes + kib_field(text, "file-rss:") + kib_field(text, "shmem-rss:");
	ret->pagetables_bytes = kib_field(text, "pgtables:");
	if (field(text, "oom_score_adj:", adj, sizeof(adj)))
		ret->oom_score_adj = (int)strtol(adj, NULL, 10);
}

/* "gfp_mask=0xcc0(GFP_KERNEL), …" */
static void read_gfp(const char *text, char *ret, size_t size)
{
	const char *at = strstr(text, "gfp_mask=");

	*ret = '\0';
	if (at && (at = strchr(at, '(')))
		snprintf(ret, size, "%.*s", (int)strcspn(at + 1, ")"), at + 1);
}

/* What the lines so far say: oom_lock keeps the reports of two kills apart. */
struct reader {
	pid_t trigger; /* of the report that has begun */
	char gfp[256]; /* of that, too */
	struct klog_table table;
	struct klog_kill *open; /* its "oom-kill:" line is there, its "Killed process" is not */
	struct klog_kill *kills;
	int n, max;
};

static struct klog_kill *add_kill(struct reader *r)
{
	static struct klog_kill spare;
	struct klog_kill *kill = r->n < r->max ? &r->kills[r->n] : &spare;

	r->n++;
	memset(kill, 0, sizeof(*kill));
	return kill;
}

static void read_line(const char *text, struct reader *r)
{
	const char *pid = strstr(text, " PID: "), *killed = strstr(text, "Killed process ");

	if (strstr(text, " invoked oom-killer: ")) {
		r->trigger = 0;
		r->open = NULL;
		klog_table_init(&r->table);
		read_gfp(text, r->gfp, sizeof(r->gfp));
	} else if (!strncmp(text, "CPU: ", 5) && pid) {
		r->trigger = (pid_t)strtol(pid + 6, NULL, 10);
	} else if (!strncmp(text, "oom-kill:", 9)) {
		r->open = add_kill(r);
		read_dump(text, r->trigger, r->open);
		r->open->stats = r->table.stats;
		memcpy(r->open->gfp, r->gfp, sizeof(r->gfp));
	} else if (killed) {
		read_killed(text, (pid_t)strtol(killed + 15, NULL, 10),
			    r->open ? r->open : add_kill(r));
		r->open = NULL;
	} else {
		klog_table_read(&r->table, text);
	}
}

/* Calls @read for each record from @mark on; a negative errno when that cannot be. */
static int walk(unsigned long long mark, void (*each)(const char *text, void *arg), void *arg)
{
	static char buf[RECORD_MAX];
	unsigned long long seq;
	int fd = open_log(), n;
	char *text;

	if (fd < 0)
		return -errno;
	while ((n = read_record(fd, buf, &seq, &text)) > 0)
		if (seq >= mark)
			each(text, arg);
	close(fd);
	return n;
}

static void walk_kills(const char *text, void *arg)
{
	read_line(text, arg);
}

int klog_kills(unsigned long long mark, struct klog_kill *ret, int max)
{
	struct reader r = { .kills = ret, .max = max };
	int err;

	klog_table_init(&r.table);
	err = walk(mark, walk_kills, &r);
	return err ? err : r.n;
}

struct counter {
	const char *needle;
	int n;
};

static void walk_count(const char *text, void *arg)
{
	struct counter *c = arg;

	c->n += !!strstr(text, c->needle);
}

int klog_count(unsigned long long mark, const char *needle)
{
	struct counter c = { .needle = needle };
	int err = walk(mark, walk_count, &c);

	return err ? err : c.n;
}

int klog_find(unsigned long long mark, pid_t victim, struct klog_kill *ret)
{
	static struct klog_kill kills[KILLS_MAX];
	int n = klog_kills(mark, kills, KILLS_MAX);

	memset(ret, 0, sizeof(*ret));
	for (int i = 0; i < n && i < KILLS_MAX; i++)
		if ((kills[i].pid == victim || kills[i].killed_pid == victim) && !ret->has_dump)
			*ret = kills[i];
	return n < 0 ? n : 0;
}

int klog_copy(unsigned long long mark, int fd)
{
	static char buf[RECORD_MAX];
	int log = open_log(), err = 0;
	unsigned long long seq;
	ssize_t n = 0;

	if (log < 0)
		return -errno;
	for (;;) {
		do
			n = read(log, buf, sizeof(buf));
		while (n < 0 && (errno == EPIPE || errno == EINTR));
		if (n <= 0)
			break;
		if (sscanf(buf, "%*[^,],%llu", &seq) != 1 ||
		    (seq >= mark && write(fd, buf, n) != n)) {
			err = -EIO;
			break;
		}
	}
	if (n < 0 && errno != EAGAIN)
		err = -errno;
	close(log);
	return err;
}
