// SPDX-License-Identifier: GPL-2.0-only
#define _GNU_SOURCE /* memmem() */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "event.h"
#include "source/klog_journal.h"
#include "source/klog_line.h"
#include "source/klog_time.h"

#define TAG_TOKENS_MAX 5 /* host, facility and the like before "kernel:" */
#define FACILITY_SHIFT 3

enum prefix {
	PREFIX_NONE, /* not one of the known */
	PREFIX_READ, /* the text follows */
	PREFIX_FOREIGN, /* not the kernel's */
	PREFIX_INNER, /* another prefix follows */
};

int klog_reader_init(struct klog_reader *reader, __u64 reference_ns)
{
	memset(reader, 0, sizeof(*reader));
	reader->reference_ns = reference_ns;
	reader->scratch = malloc(KLOG_LINE_MAX);
	return reader->scratch ? 0 : -ENOMEM;
}

void klog_reader_free(struct klog_reader *reader)
{
	free(reader->scratch);
	reader->scratch = NULL;
}

/* "[  T126] " or "[    C0] ", as CONFIG_PRINTK_CALLER puts it after the time. */
static void read_caller(struct cursor *c, struct klog_line *line)
{
	struct cursor d = *c;
	bool cpu;
	__u64 id;

	if (!cursor_skip(&d, "["))
		return;
	while (cursor_at(&d, ' '))
		d.at++;
	cpu = cursor_at(&d, 'C');
	if ((!cursor_skip(&d, "T") && !cursor_skip(&d, "C")) || !cursor_number(&d, 9, &id) ||
	    !cursor_skip(&d, "]"))
		return;
	line->caller = cpu ? KLOG_CALLER_CPU | id : id;
	*c = d;
}

/* "[   14.450177] ", with dmesg -T "[Mon Nov 23 10:11:12 2026] ", with -d a delta inside. */
static enum prefix read_brackets(struct klog_reader *reader, struct cursor *c,
				 struct klog_line *line)
{
	struct cursor d = *c;
	const char *day;

	if (!cursor_skip(&d, "["))
		return PREFIX_NONE;
	if (klog_time_stamp(&d, &line->boot_ns)) {
		if (cursor_skip(&d, " <"))
			d.at = memchr(d.at, ']', cursor_left(&d));
	} else {
		struct cursor date = d;

		cursor_token(&date, &day); /* the day of the week */
		if (!klog_time_classic(reader, &date, &line->time_ns))
			return PREFIX_NONE;
		d = date;
	}
	if (!d.at || !cursor_skip(&d, "]"))
		return PREFIX_NONE;
	read_caller(&d, line);
	cursor_skip(&d, " ");
	*c = d;
	return PREFIX_READ;
}

/* What the kernel escapes in /dev/kmsg: \xNN. */
static void unescape(struct klog_reader *reader, struct cursor *c)
{
	static const char digits[] = "0123456789abcdef";
	char *out = reader->scratch;

	if (!memchr(c->at, '\\', cursor_left(c)) || cursor_left(c) > KLOG_LINE_MAX)
		return;
	for (const char *at = c->at; at < c->end; at++) {
		const char *high = NULL, *low = NULL;

		if (c->end - at >= 4 && at[0] == '\\' && at[1] == 'x' && at[2] && at[3]) {
			high = strchr(digits, at[2]);
			low = strchr(digits, at[3]);
		}
		*out++ = high && low ? (char)((high - digits) << 4 | (low - digits)) : *at;
		at += high && low ? 3 : 0;
	}
	c->at = reader->scratch;
	c->end = out;
}

bool klog_kmsg_prefix(struct cursor *c, struct kmsg_prefix *ret)
{
	return cursor_number(c, 4, &ret->priority) && cursor_skip(c, ",") &&
	       cursor_number(c, 19, &ret->sequence) && cursor_skip(c, ",") &&
	       cursor_number(c, 16, &ret->us) && cursor_skip(c, ",");
}

/* "6,394,3829411,-,caller=T126;text" */
static enum prefix read_kmsg(struct klog_reader *reader, struct cursor *c, struct klog_line *line)
{
	const char *text, *caller;
	struct cursor d = *c;
	struct kmsg_prefix prefix;

	if (!klog_kmsg_prefix(&d, &prefix))
		return PREFIX_NONE;
	text = memchr(d.at, ';', cursor_left(&d));
	if (!text)
		return PREFIX_NONE;
	if (prefix.priority >> FACILITY_SHIFT)
		return PREFIX_FOREIGN;
	line->boot_ns = prefix.us * 1000;
	caller = memmem(d.at, (size_t)(text - d.at), ",caller=", 8);
	if (caller) {
		struct cursor id = { caller + 9, text };
		__u64 number;

		if (cursor_number(&id, 9, &number))
			line->caller = caller[8] == 'C' ? KLOG_CALLER_CPU | number : number;
	}
	c->at = text + 1;
	/* Then come lines " KEY=value". */
	text = memchr(c->at, '\n', cursor_left(c));
	c->end = text ? text : c->end;
	unescape(reader, c);
	return PREFIX_READ;
}

/* After syslog's date: a host's name and so on, "kernel:", perhaps the kernel's own time. */
static enum prefix read_tag(struct klog_reader *reader, struct cursor *c, struct klog_line *line)
{
	struct cursor d = *c;
	const char *token;

	for (int i = 0; i < TAG_TOKENS_MAX && d.at < d.end; i++) {
		size_t len = cursor_token(&d, &token);

		if (len >= 7 && !memcmp(token, "kernel", 6) &&
		    (token[6] == ':' || token[6] == '[') && token[len - 1] == ':') {
			/* One space only: what the kernel wrote may begin with some. */
			c->at = token + len < c->end ? token + len + 1 : c->end;
			read_brackets(reader, c, line);
			return PREFIX_READ;
		}
		if (len && token[len - 1] == ':')
			return PREFIX_FOREIGN;
		/* "kern.warn" of syslogs that write no host */
		if (!i && len && memcmp(token, "kern.", len < 5 ? len : 5) != 0) {
			line->host = token;
			line->host_len = len;
		}
	}
	line->host_len = 0;
	return PREFIX_NONE;
}

/* RFC 5424 after "<PRI>1 ": time, host, program, process, message id, structured data. */
static enum prefix read_5424(struct klog_reader *reader, struct cursor *c, struct klog_line *line)
{
	struct cursor d = *c;
	const char *host, *program, *other;
	size_t host_len, len;
	bool comma;

	if (!cursor_skip(&d, "- ")) {
		if (!klog_time_iso(reader, &d, &line->time_ns, &comma) || !cursor_skip(&d, " "))
			return PREFIX_NONE;
	}
	host_len = cursor_token(&d, &host);
	len = cursor_token(&d, &program);
	if (len != 6 || memcmp(program, "kernel", 6) != 0)
		return PREFIX_FOREIGN;
	cursor_token(&d, &other);
	cursor_token(&d, &other);
	while (cursor_at(&d, '[')) {
		for (d.at++; d.at < d.end && *d.at != ']'; d.at++)
			d.at += *d.at == '\\' && d.at + 1 < d.end;
		if (d.at < d.end)
			d.at++;
	}
	cursor_skip(&d, "-");
	cursor_skip(&d, " ");
	cursor_skip(&d, "\xef\xbb\xbf");
	if (host_len != 1 || *host != '-') {
		line->host = host;
		line->host_len = host_len;
	}
	*c = d;
	read_brackets(reader, c, line);
	return PREFIX_READ;
}

/* "<4>": dmesg -r, or syslog as it travels. */
static enum prefix read_priority(struct klog_reader *reader, struct cursor *c,
				 struct klog_line *line)
{
	struct cursor d = *c;
	__u64 priority;

	if (!cursor_skip(&d, "<") || !cursor_number(&d, 4, &priority) || !cursor_skip(&d, ">"))
		return PREFIX_NONE;
	if (priority >> FACILITY_SHIFT)
		return PREFIX_FOREIGN;
	*c = d;
	if (!cursor_skip(c, "1 "))
		return PREFIX_INNER;
	return read_5424(reader, c, line);
}

/* "2026-11-23T10:11:12.123456789Z stdout F ": what a container wrote. */
static bool skip_cri(struct cursor *c)
{
	struct cursor d = *c;
	const char *token;

	if (!cursor_skip(&d, " stdout ") && !cursor_skip(&d, " stderr "))
		return false;
	if (!cursor_at(&d, 'F') && !cursor_at(&d, 'P'))
		return false;
	cursor_token(&d, &token);
	*c = d;
	return true;
}

static enum prefix read_date(struct klog_reader *reader, struct cursor *c, struct klog_line *line)
{
	struct cursor d = *c;
	const char *token;
	bool comma = false;

	if (!klog_time_iso(reader, &d, &line->time_ns, &comma) &&
	    !klog_time_classic(reader, &d, &line->time_ns)) {
		/* "Mon 2026-11-23 …" of the journal's short-full, "Mon Nov 23 …" */
		if (cursor_token(&d, &token) != 3 ||
		    (!klog_time_iso(reader, &d, &line->time_ns, &comma) &&
		     !klog_time_classic(reader, &d, &line->time_ns)))
			return PREFIX_NONE;
	}
	*c = d;
	if (skip_cri(c))
		return PREFIX_INNER;
	if (!cursor_skip(c, " "))
		return PREFIX_NONE;
	if (comma) { /* dmesg --time-format iso */
		read_caller(c, line);
		return PREFIX_READ;
	}
	return read_tag(reader, c, line);
}

/* "1763892672.123456 host kernel: " of the journal's short-unix. */
static enum prefix read_unix(struct klog_reader *reader, struct cursor *c, struct klog_line *line)
{
	struct cursor d = *c;
	__u64 seconds, us;

	if (!cursor_number(&d, 10, &seconds) || !cursor_skip(&d, ".") ||
	    !cursor_number(&d, 6, &us) || !cursor_skip(&d, " "))
		return PREFIX_NONE;
	line->time_ns = seconds * 1000000000ULL + us * 1000;
	*c = d;
	return read_tag(reader, c, line);
}

/* "kern  :warn  : " of dmesg -x */
static enum prefix read_words(struct cursor *c)
{
	struct cursor d = *c;
	bool kernel = cursor_skip(&d, "kern");

	for (int colons = 0; colons < 2; d.at++) {
		if (d.at == d.end || d.at - c->at > 16)
			return PREFIX_NONE;
		if (*d.at == ':')
			colons++;
		else if (*d.at != ' ' && (*d.at < '0' || *d.at > 'z'))
			return PREFIX_NONE;
	}
	if (!cursor_skip(&d, " ") || !cursor_at(&d, '['))
		return PREFIX_NONE;
	*c = d;
	return kernel ? PREFIX_INNER : PREFIX_FOREIGN;
}

static enum prefix read_digits(struct klog_reader *reader, struct cursor *c, struct klog_line *line)
{
	enum prefix found;

	if (cursor_left(c) > 4 && c->at[4] == '-')
		return read_date(reader, c, line);
	found = read_kmsg(reader, c, line);
	return found == PREFIX_NONE ? read_unix(reader, c, line) : found;
}

static enum prefix read_object(struct klog_reader *reader, struct cursor *c, struct klog_line *line)
{
	enum json_line kind = klog_read_json(reader, c->at, cursor_left(c), line);

	if (kind == JSON_NOT)
		return PREFIX_NONE;
	if (kind == JSON_FOREIGN)
		return PREFIX_FOREIGN;
	c->at = line->text;
	c->end = line->text + line->len;
	return kind == JSON_KERNEL ? PREFIX_READ : PREFIX_INNER;
}

/* dmesg; the journal's short-monotonic has the host and "kernel:" after the time. */
static enum prefix read_monotonic(struct klog_reader *reader, struct cursor *c,
				  struct klog_line *line)
{
	enum prefix found = read_brackets(reader, c, line);
	struct cursor d = *c;
	const char *host;
	size_t len;

	if (found != PREFIX_READ)
		return found;
	len = cursor_token(&d, &host);
	if (cursor_skip(&d, "kernel:")) {
		line->host = host;
		line->host_len = len;
		cursor_skip(&d, " ");
		*c = d;
	}
	return found;
}

static enum prefix read_prefix(struct klog_reader *reader, struct cursor *c, struct klog_line *line)
{
	if (c->at == c->end)
		return PREFIX_NONE;
	if (*c->at == '[')
		return read_monotonic(reader, c, line);
	if (*c->at == '<')
		return read_priority(reader, c, line);
	if (*c->at >= '0' && *c->at <= '9')
		return read_digits(reader, c, line);
	if (*c->at == '{')
		return read_object(reader, c, line);
	if (*c->at >= 'A' && *c->at <= 'Z')
		return read_date(reader, c, line);
	return read_words(c);
}

bool klog_read_line(struct klog_reader *reader, const char *bytes, size_t len,
		    struct klog_line *ret)
{
	struct cursor c = { bytes, bytes + len };
	enum prefix found = PREFIX_INNER;

	*ret = (struct klog_line){ .time_ns = NOT_KNOWN, .boot_ns = NOT_KNOWN };
	if (len && bytes[len - 1] == '\r')
		c.end--;
	cursor_skip(&c, "\xef\xbb\xbf");
	for (int i = 0; i < 4 && found == PREFIX_INNER; i++)
		found = read_prefix(reader, &c, ret);
	ret->text = c.at;
	ret->len = cursor_left(&c);
	ret->prefixed = found == PREFIX_READ;
	return found != PREFIX_FOREIGN;
}

static const char *find_name(const char *bytes, const char *end)
{
	const char *at = end;

	while (at > bytes && end - at < 15 && !strchr(" \t|=>];", at[-1]))
		at--;
	return at;
}

const char *klog_find_text(const char *bytes, size_t len)
{
	static const char *const words[] = {
		"oom-kill:constraint=",
		"Memory cgroup out of memory",
		"Out of memory",
		"Tasks in ",
		"Task in ",
		"CPU: ",
		"Memory cgroup stats for ",
		"memory: usage ",
		"memory+swap: usage ",
		"swap: usage ",
		"Mem-Info:",
		"Tasks state ",
		"Node 0 ",
		"[  pid  ]",
		"[ pid ]",
		"Killed process ",
		"oom_kill_process: ",
	};
	const char *found = memmem(bytes, len, " invoked oom-killer: ", 21);

	if (found) /* the name before it, or its last part */
		return find_name(bytes, found);
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		found = memmem(bytes, len, words[i], strlen(words[i]));
		if (found)
			return found;
	}
	return NULL;
}
