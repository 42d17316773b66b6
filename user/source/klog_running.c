// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/klog.h>
#include <unistd.h>

#include "event.h"
#include "source/klog_running.h"
#include "source/klog_time.h"
#include "source/syslog_actions.h"

static void take_reach(const char *record, size_t len, struct klog_reach *ret)
{
	struct cursor c = { record, record + len };
	struct kmsg_prefix prefix;

	if (ret->first_sequence != NOT_KNOWN || !klog_kmsg_prefix(&c, &prefix))
		return;
	ret->first_sequence = prefix.sequence;
	ret->first_boot_ns = prefix.us * 1000;
}

/* One record a read; -EPIPE: older ones were overwritten meanwhile. */
static int read_kmsg(struct klog_feed *feed, int fd, struct klog_reach *ret_reach)
{
	size_t size;
	ssize_t n;

	for (;;) {
		char *room = klog_feed_room(feed, &size);

		n = read(fd, room, size);
		if (n > 0)
			take_reach(room, (size_t)n, ret_reach);
		if (n > 0)
			klog_feed_take(feed, (size_t)n);
		else if (n == 0 || errno == EAGAIN)
			return 0;
		else if (errno != EPIPE && errno != EINTR)
			return -errno;
	}
}

static int read_syslog(struct klog_feed *feed)
{
	int size = klogctl(SYSLOG_SIZE_BUFFER, NULL, 0), len;
	size_t room, part;
	char *all;

	if (size < 0)
		return -errno;
	all = malloc((size_t)size);
	if (!all)
		return -ENOMEM;
	len = klogctl(SYSLOG_READ_ALL, all, size);
	for (size_t at = 0; len > 0 && at < (size_t)len; at += part) {
		char *to = klog_feed_room(feed, &room);

		part = (size_t)len - at < room ? (size_t)len - at : room;
		memcpy(to, all + at, part);
		klog_feed_take(feed, part);
	}
	free(all);
	return len < 0 ? -errno : 0;
}

int klog_running_read(struct klog_feed *feed, struct klog_reach *ret_reach)
{
	int fd = open("/dev/kmsg", O_RDONLY | O_NONBLOCK | O_CLOEXEC), err = -errno;

	*ret_reach = (struct klog_reach){ NOT_KNOWN, NOT_KNOWN };
	if (fd >= 0) {
		err = read_kmsg(feed, fd, ret_reach);
		close(fd);
	}
	if (err)
		err = read_syslog(feed);
	klog_feed_end(feed);
	return err;
}
