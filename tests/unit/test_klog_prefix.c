// SPDX-License-Identifier: GPL-2.0-only
/*
 * The same report behind every prefix that loggers put before a kernel's line, and behind some that
 * they do not; lines that are not the kernel's.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "klog_run.h"

#define OUT_SIZE (256 * 1024)
#define WHOLE_NS 1795428676000000000ULL /* 2026-11-23 10:11:16 UTC */
#define HEADER_US 305043ULL /* the header's microseconds */
#define BOOT_ID "0123456789abcdef0123456789abcdef"

static struct klog_run run;
static char out[OUT_SIZE], date[64];
static size_t out_len;

__attribute__((format(printf, 1, 2))) static void put(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	out_len += (size_t)vsnprintf(out + out_len, OUT_SIZE - out_len, fmt, args);
	va_end(args);
	assert_true(out_len < OUT_SIZE);
}

/* "10:11:16.305043": the sample's stamps are seconds after 10:11:12. */
static const char *clock_of(unsigned long long us, bool fraction)
{
	snprintf(date, sizeof(date), fraction ? "10:11:%02llu.%06llu" : "10:11:%02llu",
		 12 + us / 1000000, us % 1000000);
	return date;
}

static void raw(unsigned long long us, const char *text)
{
	put("[%5llu.%06llu] %s\n", us / 1000000, us % 1000000, text);
}

static void crlf(unsigned long long us, const char *text)
{
	put("[%5llu.%06llu] %s\r\n", us / 1000000, us % 1000000, text);
}

static void with_caller(unsigned long long us, const char *text)
{
	put("[%5llu.%06llu][  T152] %s\n", us / 1000000, us % 1000000, text);
}

static void dmesg_r(unsigned long long us, const char *text)
{
	put("<4>[%5llu.%06llu] %s\n", us / 1000000, us % 1000000, text);
}

static void dmesg_x(unsigned long long us, const char *text)
{
	put("kern  :warn  : [%5llu.%06llu] %s\n", us / 1000000, us % 1000000, text);
}

static void dmesg_t(unsigned long long us, const char *text)
{
	put("[Mon Nov 23 %s 2026] %s\n", clock_of(us, false), text);
}

static void dmesg_d(unsigned long long us, const char *text)
{
	put("[%5llu.%06llu <    0.000123>] %s\n", us / 1000000, us % 1000000, text);
}

static void dmesg_iso(unsigned long long us, const char *text)
{
	char *dot;

	clock_of(us, true);
	dot = strchr(date, '.');
	*dot = ',';
	put("2026-11-23T%s+00:00 %s\n", date, text);
}

static void kmsg(unsigned long long us, const char *text)
{
	put("4,%llu,%llu,-,caller=T152;%s\n SUBSYSTEM=memory\n", us, us, text);
}

static void syslog_classic(unsigned long long us, const char *text)
{
	put("Nov 23 %s node-7 kernel: [%5llu.%06llu] %s\n", clock_of(us, false), us / 1000000,
	    us % 1000000, text);
}

static void syslog_iso(unsigned long long us, const char *text)
{
	put("2026-11-23T%s+00:00 node-7 kernel: [%5llu.%06llu] %s\n", clock_of(us, true),
	    us / 1000000, us % 1000000, text);
}

static void syslog_5424(unsigned long long us, const char *text)
{
	put("<4>1 2026-11-23T%sZ node-7 kernel - - [meta sequenceId=\"1\\]\"][x y=\"z\"] "
	    "\xef\xbb\xbf[%5llu.%06llu] %s\n",
	    clock_of(us, true), us / 1000000, us % 1000000, text);
}

static void syslog_5424_plain(unsigned long long us, const char *text)
{
	put("<4>1 2026-11-23T%sZ node-7 kernel - - - %s\n", clock_of(us, true), text);
}

static void openwrt(unsigned long long us, const char *text)
{
	put("Mon Nov 23 %s 2026 kern.warn kernel: [%5llu.%06llu] %s\n", clock_of(us, false),
	    us / 1000000, us % 1000000, text);
}

static void journal_short(unsigned long long us, const char *text)
{
	put("Nov 23 %s node-7 kernel: %s\n", clock_of(us, false), text);
}

static void journal_precise(unsigned long long us, const char *text)
{
	put("Nov 23 %s node-7 kernel: %s\n", clock_of(us, true), text);
}

static void journal_iso(unsigned long long us, const char *text)
{
	put("2026-11-23T%s+0000 node-7 kernel: %s\n", clock_of(us, false), text);
}

static void journal_full(unsigned long long us, const char *text)
{
	put("Mon 2026-11-23 %s UTC node-7 kernel: %s\n", clock_of(us, false), text);
}

static void journal_monotonic(unsigned long long us, const char *text)
{
	put("[%5llu.%06llu] node-7 kernel: %s\n", us / 1000000, us % 1000000, text);
}

static void journal_unix(unsigned long long us, const char *text)
{
	put("%llu.%06llu node-7 kernel: %s\n", WHOLE_NS / 1000000000 - 4 + us / 1000000,
	    us % 1000000, text);
}

static void journal_json(unsigned long long us, const char *text)
{
	put("{\"__REALTIME_TIMESTAMP\":\"1\",\"_SOURCE_REALTIME_TIMESTAMP\":\"%llu\","
	    "\"_SOURCE_MONOTONIC_TIMESTAMP\":\"%llu\",\"_TRANSPORT\":\"kernel\",\"_BOOT_ID\":\"" BOOT_ID
	    "\",\"SYSLOG_FACILITY\":\"0\",\"_HOSTNAME\":\"node-7\",\"MESSAGE\":\"%s\"}\n",
	    WHOLE_NS / 1000 - 4000000 + us, us, text);
}

/* As the journal writes what is not UTF-8. */
static void journal_bytes(unsigned long long us, const char *text)
{
	put("{\"_SOURCE_MONOTONIC_TIMESTAMP\":\"%llu\",\"_TRANSPORT\":\"kernel\",\"MESSAGE\":[",
	    us);
	for (const char *at = text; *at; at++)
		put("%s%d", at == text ? "" : ",", *at);
	put("]}\n");
}

static void cri(unsigned long long us, const char *text)
{
	put("2026-11-23T%s789Z stdout F [%5llu.%06llu] %s\n", clock_of(us, true), us / 1000000,
	    us % 1000000, text);
}

static void cri_syslog(unsigned long long us, const char *text)
{
	put("2026-11-23T10:30:00.000000789Z stderr F ");
	syslog_iso(us, text);
}

static void docker(unsigned long long us, const char *text)
{
	put("{\"log\":\"[%5llu.%06llu] %s\\n\",\"stream\":\"stdout\",\"time\":\"2026-11-23T%sZ\"}\n",
	    us / 1000000, us % 1000000, text, clock_of(us, true));
}

static void bare(unsigned long long us, const char *text)
{
	(void)us;
	put("%s\n", text);
}

static void unknown_bars(unsigned long long us, const char *text)
{
	put("|node-7|%llu|KERN|%s\n", us / 1000000, text);
}

static void unknown_words(unsigned long long us, const char *text)
{
	(void)us;
	put("23/11/26 10:11:12 node=7 facility=kern msg=%s\n", text);
}

enum clock { NO_CLOCK, SECONDS, MICROSECONDS };

static const struct form {
	const char *name;
	void (*put)(unsigned long long us, const char *text);
	enum clock wall;
	bool boot, host, boot_id;
} forms[] = {
	{ "raw", raw, NO_CLOCK, true, false, false },
	{ "CRLF", crlf, NO_CLOCK, true, false, false },
	{ "caller", with_caller, NO_CLOCK, true, false, false },
	{ "dmesg -r", dmesg_r, NO_CLOCK, true, false, false },
	{ "dmesg -x", dmesg_x, NO_CLOCK, true, false, false },
	{ "dmesg -T", dmesg_t, SECONDS, false, false, false },
	{ "dmesg -d", dmesg_d, NO_CLOCK, true, false, false },
	{ "dmesg iso", dmesg_iso, MICROSECONDS, false, false, false },
	{ "kmsg", kmsg, NO_CLOCK, true, false, false },
	{ "syslog", syslog_classic, SECONDS, true, true, false },
	{ "syslog iso", syslog_iso, MICROSECONDS, true, true, false },
	{ "RFC 5424", syslog_5424, MICROSECONDS, true, true, false },
	{ "RFC 5424, no more", syslog_5424_plain, MICROSECONDS, false, true, false },
	{ "OpenWrt", openwrt, SECONDS, true, false, false },
	{ "short", journal_short, SECONDS, false, true, false },
	{ "short-precise", journal_precise, MICROSECONDS, false, true, false },
	{ "short-iso", journal_iso, SECONDS, false, true, false },
	{ "short-full", journal_full, SECONDS, false, true, false },
	{ "short-monotonic", journal_monotonic, NO_CLOCK, true, true, false },
	{ "short-unix", journal_unix, MICROSECONDS, false, true, false },
	{ "json", journal_json, MICROSECONDS, true, true, true },
	{ "json bytes", journal_bytes, NO_CLOCK, true, false, false },
	{ "CRI", cri, MICROSECONDS, true, false, false },
	{ "CRI, syslog", cri_syslog, MICROSECONDS, true, true, false },
	{ "docker", docker, MICROSECONDS, true, false, false },
	{ "bare", bare, NO_CLOCK, false, false, false },
	{ "unknown, bars", unknown_bars, NO_CLOCK, false, false, false },
	{ "unknown, words", unknown_words, NO_CLOCK, false, false, false },
};

/* The sample's lines behind that prefix. */
static void write_form(const struct form *form)
{
	size_t len;
	char *log = klog_run_read("6.18-v2-oomgroup.log", &len), *save = NULL;
	unsigned long long seconds, us;
	int at;

	out_len = 0;
	for (char *line = strtok_r(log, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
		assert_int_equal(sscanf(line, "[ %llu.%llu%n", &seconds, &us, &at), 2);
		assert_string_not_equal(line + at, "");
		form->put(seconds * 1000000 + us, line + at + 2);
	}
	free(log);
}

static void check(const struct form *form, const struct event *ev)
{
	const struct incident *incident = &ev->incident;

	print_message("  %s\n", form->name);
	assert_int_equal(incident->verdict.limit_level, LIMIT_CONTAINER);
	assert_int_equal(incident->limit_owner.usage_bytes, 67108864);
	assert_int_equal(incident->limit_owner.working_set_bytes, 67108864);
	assert_int_equal(incident->victim.pid, 152);
	text_is(ev, incident->victim.comm, "gunicorn");
	assert_int_equal(incident->victim.counted, 2);
	assert_int_equal(incident->victim.swap_bytes, 0);
	assert_int_equal(incident->other_victims_count, 3);
	text_is(ev, incident->trigger.comm, "gunicorn");
	assert_int_equal(incident->trigger.pid, 152);
	assert_int_equal(incident->log.missing.len, 0);
	if (form->wall == NO_CLOCK)
		assert_true(ev->time_ns == NOT_KNOWN);
	else
		assert_int_equal(ev->time_ns,
				 WHOLE_NS + (form->wall == SECONDS ? 0 : HEADER_US * 1000) +
					 (form->put == cri ? 789 : 0));
	if (form->boot)
		assert_int_equal(ev->boot_time_ns, 4305043000ULL);
	else
		assert_true(ev->boot_time_ns == NOT_KNOWN);
	text_is(ev, ev->node_name, form->host ? "node-7" : "");
	assert_int_equal(!strncmp(ev->id, "01234567-4-152", 14), form->boot_id);
}

static void every_prefix(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
		write_form(&forms[i]);
		klog_run_begin(&run);
		run.feed.bytes_as_numbers = forms[i].put == journal_bytes;
		klog_run_bytes(&run, out, out_len);
		klog_run_end(&run);
		assert_int_equal(run.count, 1);
		check(&forms[i], &run.ev[0]);
	}
}

#define END \
	"oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=(null),cpuset=/,mems_allowed=0,oom_memcg=/kubepods,task_memcg=/kubepods/a,task=x,pid=5,uid=0\n"

/* Written to /dev/kmsg by a program, or to the same file by another one. */
static void not_the_kernels(void **state)
{
	static const char *const lines[] = {
		"12,394,3829411,-;" END,
		"<12>[    3.829411] " END,
		"user  :notice: [    3.829411] " END,
		"Nov 23 10:11:12 node-7 kubelet[812]: " END,
		"Nov 23 10:11:12 node-7 root: " END,
		"2026-11-23T10:11:12.123456+00:00 node-7 dockerd[1]: " END,
		"<12>1 2026-11-23T10:11:12Z node-7 logger - - - " END,
		"<4>1 2026-11-23T10:11:12Z node-7 logger - - - " END,
		"{\"_TRANSPORT\":\"stdout\",\"SYSLOG_IDENTIFIER\":\"kernel\",\"MESSAGE\":\"oom-kill:"
		"constraint=CONSTRAINT_MEMCG,nodemask=(null),cpuset=/,mems_allowed=0,oom_memcg=/a,"
		"task_memcg=/a,task=x,pid=5,uid=0\"}\n",
		"[    3.829411] usb 1-1: product: " END,
	};

	(void)state;
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		klog_run_text(&run, lines[i]);
		if (run.count)
			fail_msg("told: %s", lines[i]);
	}
}

/* A date without a year is the last such one before the log was written (here: 2026-11-24). */
static void years(void **state)
{
	static const struct {
		const char *date;
		__u64 seconds;
	} dates[] = {
		{ "Nov 23 10:11:12", 1795428672 }, { "Nov 24 06:00:00", 1795500000 },
		{ "Dec 31 23:59:59", 1767225599 }, { "Jan  1 00:00:00", 1767225600 },
		{ "Feb 28 12:00:00", 1772280000 },
	};
	char text[512];

	(void)state;
	for (size_t i = 0; i < sizeof(dates) / sizeof(dates[0]); i++) {
		snprintf(text, sizeof(text), "%s n kernel: %s", dates[i].date, END);
		klog_run_text(&run, text);
		assert_int_equal(run.count, 1);
		assert_int_equal(run.ev[0].time_ns, dates[i].seconds * 1000000000ULL);
	}
}

static void zones(void **state)
{
	static const char *const dates[] = {
		"2026-11-23T10:11:12Z",	     "2026-11-23T10:11:12+00:00",
		"2026-11-23T11:11:12+0100",  "2026-11-22T22:11:12-12:00",
		"2026-11-23T15:56:12+05:45", "2026-11-23T10:11:12",
	};
	char text[512];

	(void)state;
	for (size_t i = 0; i < sizeof(dates) / sizeof(dates[0]); i++) {
		snprintf(text, sizeof(text), "%s n kernel: %s", dates[i], END);
		klog_run_text(&run, text);
		assert_int_equal(run.count, 1);
		assert_int_equal(run.ev[0].time_ns, 1795428672000000000ULL);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_prefix),
		cmocka_unit_test(not_the_kernels),
		cmocka_unit_test(years),
		cmocka_unit_test(zones),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
