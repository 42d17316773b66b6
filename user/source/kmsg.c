// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "base/clock.h"
#include "source/klog_match.h"
#include "source/klog_time.h"
#include "source/kmsg.h"

#define RECORDS_AT_ONCE 4096 /* then who else wants something comes first */
#define COPY_EVERY_S 1
#define PAST_RECORDS_MAX (1L << 20) /* of a log that is written faster than it is read */

/*
 * After "Killed process" come the lines of those that die with it, at once. A console that is slow
 * holds the kernel up between two lines.
 */
#define QUIET_NS 100000000ULL
#define COPIES_QUIET_NS (QUIET_NS + COPY_EVERY_S * 1000000000ULL)
#define PATIENCE_NS (10 * 1000000000ULL) /* for the rest of one that has no end yet */
#define DRIFT_PER_NS 10000 /* 100 ppm: NTP slews CLOCK_MONOTONIC, and not printk's clock */

static int init(struct kmsg *kmsg, const struct kmsg_config *config)
{
	struct klog_config klog = {
		.page_bytes = config->page_bytes,
		.boot_id = config->boot_id,
		.comes_once = true,
		.emit = config->emit,
		.context = config->context,
	};
	int err = klog_init(&kmsg->klog, &klog);

	kmsg->config = *config;
	return err ? err : klog_reader_init(&kmsg->reader, clock_wall_ns());
}

/* False: it is none. */
static bool note_sequence(struct kmsg *kmsg, const char *record, size_t len)
{
	struct cursor c = { record, record + len };
	struct kmsg_prefix prefix;

	if (!klog_kmsg_prefix(&c, &prefix))
		return false;
	if (kmsg->next_sequence && prefix.sequence > kmsg->next_sequence)
		kmsg->losses.overwritten += prefix.sequence - kmsg->next_sequence;
	kmsg->next_sequence = prefix.sequence + 1;
	return true;
}

/* Over what is there already: the number of the next one shows whether all that comes is read. */
static void skip_past(struct kmsg *kmsg)
{
	for (long i = 0; i < PAST_RECORDS_MAX; i++) {
		ssize_t n = read(kmsg->fd, kmsg->record, sizeof(kmsg->record));

		if (n > 0)
			note_sequence(kmsg, kmsg->record, (size_t)n);
		else if (!n || (errno != EPIPE && errno != EINTR && errno != EINVAL))
			break;
	}
	kmsg->losses.overwritten = 0;
}

static int open_device(struct kmsg *kmsg)
{
	struct stat st;

	kmsg->fd = open("/dev/kmsg", O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	if (kmsg->fd < 0 || fstat(kmsg->fd, &st))
		return -errno;
	/* In containers other devices stand there. */
	if (!S_ISCHR(st.st_mode) || st.st_rdev != makedev(1, 11))
		return -ENODEV;
	skip_past(kmsg);
	kmsg->is_device = true;
	return 0;
}

static int open_copies(struct kmsg *kmsg)
{
	struct itimerspec every = { { COPY_EVERY_S, 0 }, { COPY_EVERY_S, 0 } };
	int err = kmsg_tail_open(&kmsg->tail);

	if (err)
		return err;
	kmsg->fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
	return kmsg->fd < 0 || timerfd_settime(kmsg->fd, 0, &every, NULL) ? -errno : 0;
}

static int begin(const struct kmsg_config *config, struct kmsg **ret)
{
	struct kmsg *kmsg = calloc(1, sizeof(*kmsg));
	int err;

	if (!kmsg)
		return -ENOMEM;
	kmsg->fd = -1;
	err = init(kmsg, config);
	if (err) {
		kmsg__close(kmsg);
		return err;
	}
	*ret = kmsg;
	return 0;
}

int kmsg__open(const struct kmsg_config *config, struct kmsg **ret, struct kmsg_errors *ret_errors)
{
	struct kmsg *kmsg;
	int err = begin(config, &kmsg);

	*ret_errors = (struct kmsg_errors){ err, err };
	if (err)
		return err;
	ret_errors->device = open_device(kmsg);
	if (ret_errors->device) {
		if (kmsg->fd >= 0)
			close(kmsg->fd);
		kmsg->fd = -1;
		ret_errors->syslog = open_copies(kmsg);
		if (ret_errors->syslog) {
			kmsg__close(kmsg);
			return ret_errors->device;
		}
	}
	*ret = kmsg;
	return 0;
}

int kmsg__open_fd(const struct kmsg_config *config, int fd, struct kmsg **ret)
{
	int err = begin(config, ret);

	if (err)
		return err;
	(*ret)->fd = fd;
	(*ret)->is_device = true;
	return 0;
}

void kmsg__close(struct kmsg *kmsg)
{
	if (!kmsg)
		return;
	if (kmsg->fd >= 0)
		close(kmsg->fd);
	kmsg_tail_close(&kmsg->tail);
	klog_reader_free(&kmsg->reader);
	klog_free(&kmsg->klog);
	free(kmsg);
}

/*
 * printk's clock is none of ours, and drifts away from them by minutes in months. How far shows in
 * each record that is read; our own delay only adds to it: so the least counts, but for the drift
 * that there may have been since.
 */
static void set_time(struct kmsg *kmsg, struct klog_line *line)
{
	__u64 now_ns = clock_monotonic_ns();
	__s64 skew_ns = (__s64)(now_ns - line->boot_ns), known_ns = kmsg->skew_ns;

	if (line->boot_ns == NOT_KNOWN) {
		line->time_ns = clock_wall_ns();
		return;
	}
	known_ns += (__s64)((now_ns - kmsg->skew_at_ns) / DRIFT_PER_NS);
	kmsg->skew_ns = kmsg->skew_at_ns && known_ns < skew_ns ? known_ns : skew_ns;
	kmsg->skew_at_ns = now_ns;
	line->time_ns = clock_wall_ns() - (__u64)(skew_ns - kmsg->skew_ns);
}

static void take(struct kmsg *kmsg, const char *bytes, size_t len)
{
	struct klog_line line;

	if (!klog_read_line(&kmsg->reader, bytes, len, &line))
		return;
	set_time(kmsg, &line);
	klog_take(&kmsg->klog, &line);
}

static int read_device(struct kmsg *kmsg)
{
	for (int i = 0; i < RECORDS_AT_ONCE; i++) {
		ssize_t n = read(kmsg->fd, kmsg->record, sizeof(kmsg->record));

		if (n > 0) {
			if (note_sequence(kmsg, kmsg->record, (size_t)n))
				take(kmsg, kmsg->record, (size_t)n);
		} else if (!n || errno == EAGAIN) {
			break;
		} else if (errno != EPIPE && errno != EINTR && errno != EINVAL) {
			return -errno;
		}
		/* EPIPE: some were overwritten; the next one's number tells how many. */
	}
	return 0;
}

static int read_copy(struct kmsg *kmsg)
{
	const char *line, *newline;
	__u64 expirations;
	bool gap;
	long left;

	if (read(kmsg->fd, &expirations, sizeof(expirations)) < 0 && errno != EAGAIN)
		return -errno;
	left = kmsg_tail_read(&kmsg->tail, &line, &gap);
	if (left < 0)
		return (int)left;
	kmsg->losses.overwritten += gap;
	while (left > 0) {
		newline = memchr(line, '\n', (size_t)left);
		if (!newline)
			newline = line + left;
		take(kmsg, line, (size_t)(newline - line));
		left -= newline + 1 - line;
		line = newline + 1;
	}
	return 0;
}

/* Which reports have grown, or begun. */
static void note_touched(struct kmsg *kmsg)
{
	__u64 now_ns = clock_boot_ns();
	bool begun = false;

	for (int i = 0; i < KLOG_OPEN_MAX; i++) {
		const struct klog_report *report = &kmsg->klog.report[i];

		if (!report->open || report->latest == kmsg->touched_line[i])
			continue;
		begun = begun || report->begun > kmsg->touched_line[i];
		kmsg->touched_line[i] = report->latest;
		kmsg->touched_ns[i] = now_ns;
	}
	if (begun && kmsg->config.begun)
		kmsg->config.begun(kmsg->config.context);
}

int kmsg__consume(struct kmsg *kmsg)
{
	int err = kmsg->is_device ? read_device(kmsg) : read_copy(kmsg);

	note_touched(kmsg);
	kmsg->losses.suppressed = kmsg->klog.suppressed;
	return err;
}

__u64 kmsg__tick(struct kmsg *kmsg, __u64 boot_time_ns)
{
	__u64 quiet_ns = kmsg->is_device ? QUIET_NS : COPIES_QUIET_NS, next_ns = 0;

	for (int i = 0; i < KLOG_OPEN_MAX; i++) {
		struct klog_report *report = &kmsg->klog.report[i];
		__u64 due_ns = kmsg->touched_ns[i];

		if (!report->open)
			continue;
		due_ns += report->parts & (KLOG_HAS_KILLED | KLOG_HAS_EXITING) ? quiet_ns :
										 PATIENCE_NS;
		if (due_ns > boot_time_ns) {
			next_ns = !next_ns || due_ns < next_ns ? due_ns : next_ns;
			continue;
		}
		klog_join_end(&kmsg->klog); /* it may be this one's last line */
		klog_close(&kmsg->klog, report);
	}
	return next_ns;
}

bool kmsg__is_open(const struct kmsg *kmsg)
{
	for (int i = 0; i < KLOG_OPEN_MAX; i++)
		if (kmsg->klog.report[i].open)
			return true;
	return false;
}

void kmsg__flush(struct kmsg *kmsg)
{
	klog_flush(&kmsg->klog);
}
