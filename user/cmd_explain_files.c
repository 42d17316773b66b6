// SPDX-License-Identifier: GPL-2.0-only
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "cmd_explain_files.h"
#include "exit_status.h"
#include "source/jsonl.h"
#include "source/klog_export.h"
#include "source/klog_running.h"
#include "source/klog_source.h"
#include "state_folder.h"

#define LINES_PEEKED 64

struct input {
	const char *name;
	__u64 first_ns; /* of its first line with a date; NOT_KNOWN */
	int at; /* as given */
};

/* A log's dates without a year are of the time when it was last written to. */
static __u64 written_ns(int fd)
{
	struct stat st;

	if (fstat(fd, &st) || !S_ISREG(st.st_mode))
		return clock_wall_ns();
	return (__u64)st.st_mtim.tv_sec * 1000000000ULL + (__u64)st.st_mtim.tv_nsec;
}

static void take_json_line(struct explain *explain, const char *line, size_t len)
{
	const char *why;

	if (!len || (len == 1 && *line == '\r'))
		return;
	if (jsonl_read(&explain->ev, &explain->reader, line, len, &why)) {
		explain_event(explain, &explain->ev);
		return;
	}
	if (!explain->damaged++)
		log_error("a line is passed over: %s", why);
}

/* Our own lines are short: what is longer is none. */
static int read_json_lines(struct explain *explain, struct klog_source *source)
{
	char *buf = malloc(KLOG_LINE_MAX), *line, *newline;
	size_t len = 0;
	ssize_t n;

	if (!buf)
		return -ENOMEM;
	while ((n = klog_source_read(source, buf + len, KLOG_LINE_MAX - len)) > 0) {
		len += (size_t)n;
		for (line = buf; (newline = memchr(line, '\n', (size_t)(buf + len - line)));
		     line = newline + 1)
			take_json_line(explain, line, (size_t)(newline - line));
		len = (size_t)(buf + len - line);
		memmove(buf, line, len);
		if (len == KLOG_LINE_MAX) {
			take_json_line(explain, buf, len);
			len = 0;
		}
	}
	take_json_line(explain, buf, len);
	free(buf);
	return (int)n;
}

static int read_log(struct explain *explain, struct klog_source *source)
{
	size_t size;
	ssize_t n;

	do {
		char *room = klog_feed_room(&explain->feed, &size);

		n = klog_source_read(source, room, size);
		if (n > 0)
			klog_feed_take(&explain->feed, (size_t)n);
	} while (n > 0 && !explain->write_error);
	klog_feed_end(&explain->feed);
	return n < 0 ? (int)n : 0;
}

static int read_fd(struct explain *explain, int fd, const char **ret_packed)
{
	struct klog_source *source;
	const char *first;
	size_t len;
	int err = klog_source_open(fd, &source, ret_packed);

	if (err)
		return err;
	explain->reader.reference_ns = written_ns(fd);
	len = klog_source_peek(source, &first);
	explain->feed.bytes_as_numbers = len && *first == '{';
	if (jsonl_is_ours(first, len))
		err = read_json_lines(explain, source);
	else if (klog_export_is(first, len))
		err = klog_export_read(&explain->klog, &explain->reader, source);
	else
		err = read_log(explain, source);
	klog_source_close(source);
	return err;
}

static bool say_unreadable(const char *name, int err, const char *packed)
{
	if (err == -ENOTSUP)
		log_error(
			"%s is packed in a way that is not read here (%s): unpack it, as in "
			"'zstdcat FILE | oomwhy explain -' or 'journalctl -k -o export --file FILE | "
			"oomwhy explain -'",
			name, packed);
	else if (err == -EBADMSG)
		log_error("%s: damaged or cut; what was before that is told", name);
	else
		log_error("%s: %s", name, strerror(-err));
	return false;
}

/* Returns whether all of it could be read. */
static bool read_file(struct explain *explain, const char *name)
{
	bool is_stdin = !strcmp(name, "-");
	int fd = is_stdin ? STDIN_FILENO : open(name, O_RDONLY | O_CLOEXEC), err;
	const char *packed = "";

	if (fd < 0)
		return say_unreadable(name, -errno, packed);
	explain->is_live = is_stdin;
	err = read_fd(explain, fd, &packed);
	if (!is_stdin)
		close(fd);
	return err ? say_unreadable(is_stdin ? "stdin" : name, err, packed) : true;
}

/* What was kept, by us or by another that runs; the usual folder need not be there. */
static void read_state(struct explain *explain)
{
	const char *path = explain->options->state_dir;
	int fds[STATE_FILES], count = state_folder_read(path, fds);

	if (count < 0 && (count != -ENOENT || strcmp(path, STATE_DEFAULT_DIR)))
		log_error("%s: %s", path, strerror(-count));
	explain->reads_state = true;
	for (int i = 0; i < count; i++) {
		struct klog_source *source;
		const char *packed = "";
		int err = klog_source_open(fds[i], &source, &packed);

		if (!err) {
			err = read_json_lines(explain, source);
			klog_source_close(source);
		}
		if (err)
			say_unreadable(path, err, packed);
		close(fds[i]);
	}
	explain->reads_state = false;
}

/* The date of one of its first lines; NOT_KNOWN. */
static __u64 first_date(struct explain *explain, const char *name)
{
	int fd = open(name, O_RDONLY | O_CLOEXEC);
	struct klog_source *source = NULL;
	const char *at, *newline, *packed;
	struct klog_line line = { .time_ns = NOT_KNOWN };
	size_t len;

	if (fd >= 0 && !klog_source_open(fd, &source, &packed)) {
		explain->reader.reference_ns = written_ns(fd);
		len = klog_source_peek(source, &at);
		for (int i = 0; i < LINES_PEEKED && line.time_ns == NOT_KNOWN &&
				(newline = memchr(at, '\n', len));
		     i++) {
			klog_read_line(&explain->reader, at, (size_t)(newline - at), &line);
			len -= (size_t)(newline + 1 - at);
			at = newline + 1;
		}
		klog_source_close(source);
	}
	if (fd >= 0)
		close(fd);
	return line.time_ns;
}

static int by_date(const void *a, const void *b)
{
	const struct input *x = a, *y = b;

	if (x->first_ns != y->first_ns)
		return x->first_ns < y->first_ns ? -1 : 1;
	return x->at - y->at;
}

/* A report may begin in one file and end in the next: oldest first, where all have dates. */
static int read_files(struct explain *explain, bool *ret_failed)
{
	int count = explain->options->files_count;
	struct input *inputs = calloc((size_t)count, sizeof(*inputs));
	bool dated = count > 1;

	if (!inputs) {
		log_error("out of memory");
		return STATUS_FAILED;
	}
	for (int i = 0; i < count; i++) {
		inputs[i].name = explain->options->files[i];
		inputs[i].at = i;
		dated = dated && strcmp(inputs[i].name, "-") != 0;
	}
	for (int i = 0; i < count && dated; i++) {
		inputs[i].first_ns = first_date(explain, inputs[i].name);
		dated = inputs[i].first_ns != NOT_KNOWN;
	}
	if (dated)
		qsort(inputs, (size_t)count, sizeof(*inputs), by_date);
	for (int i = 0; i < count; i++)
		*ret_failed = !read_file(explain, inputs[i].name) || *ret_failed;
	free(inputs);
	return 0;
}

/* journalctl knows its own files; it runs as we do, and its output is a log like others. */
static bool read_journal(struct explain *explain)
{
	static const char *const folders[] = { "/var/log/journal", "/run/log/journal" };
	char command[4096 + 128], path[4096];
	bool done = false;
	FILE *pipe;

	for (size_t i = 0; i < 2 && !done; i++) {
		snprintf(path, sizeof(path), "%s%s", explain->options->host_root, folders[i]);
		if (access(path, R_OK | X_OK) || strchr(path, '\''))
			continue;
		snprintf(command, sizeof(command),
			 "exec journalctl --quiet -o export -D '%s' _TRANSPORT=kernel 2>/dev/null",
			 path);
		pipe = popen(command, "re"); /* NOLINT(cert-env33-c): the path is quoted */
		if (!pipe)
			continue;
		const char *packed;
		int err = read_fd(explain, fileno(pipe), &packed);

		done = pclose(pipe) == 0 && !err;
	}
	return done;
}

/* This machine's: the kernel's own buffer, else what was written down of it. */
static int read_machine(struct explain *explain)
{
	static const char *const files[] = { "/var/log/syslog", "/var/log/kern.log",
					     "/var/log/messages" };
	struct klog_config *config = &explain->klog.config;
	char path[4096];
	int err;

	explain->host_name = explain->machine.host_name;
	config->boot_id = explain->machine.boot_id;
	config->wall_ns = clock_wall_of_boot;
	explain->names =
		names_open(explain->options->host_root, NULL, explain->machine.memory_total_bytes);
	err = klog_running_read(&explain->feed, &explain->reach);
	if (!err)
		return 0;
	log_error("the kernel's log cannot be read (%s; CAP_SYSLOG): looking for its files",
		  strerror(-err));
	names_close(explain->names); /* a file's boot may be another one */
	explain->names = NULL;
	config->boot_id = NULL;
	config->wall_ns = NULL;
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		snprintf(path, sizeof(path), "%s%s", explain->options->host_root, files[i]);
		if (!access(path, R_OK) && read_file(explain, path))
			return 0;
	}
	if (read_journal(explain))
		return 0;
	log_error("no kernel log is readable: neither /dev/kmsg nor %s/var/log/{syslog,kern.log,"
		  "messages,journal}",
		  explain->options->host_root);
	return STATUS_NOT_POSSIBLE;
}

int explain_files(struct explain *explain, bool *ret_failed)
{
	struct klog_config config = { .emit = explain_event, .context = explain };
	int status;

	machine_read(&explain->machine);
	if (klog_init(&explain->klog, &config) ||
	    klog_reader_init(&explain->reader, clock_wall_ns()) ||
	    klog_feed_init(&explain->feed, &explain->klog, &explain->reader)) {
		log_error("out of memory");
		return STATUS_FAILED;
	}
	if (explain->options->state_dir && *explain->options->state_dir)
		read_state(explain);
	status = explain->options->files_count ? read_files(explain, ret_failed) :
						 read_machine(explain);
	klog_flush(&explain->klog);
	if (explain->damaged > 1)
		log_error("%llu lines were passed over in all",
			  (unsigned long long)explain->damaged);
	klog_feed_free(&explain->feed);
	klog_free(&explain->klog);
	names_close(explain->names);
	explain->names = NULL;
	klog_reader_free(&explain->reader);
	return status;
}
