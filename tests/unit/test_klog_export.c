// SPDX-License-Identifier: GPL-2.0-only
/*
 * The journal's export format: what the kernel said is told as from the kernel's own log, what
 * others said is not; values of any bytes and any length; cut and damaged anywhere.
 */
#define _GNU_SOURCE
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

#include "klog_run.h"
#include "source/klog_export.h"

#define LONG_BYTES (3 << 20)
#define BOOT "1b2c3d4e5f60718293a4b5c6d7e8f901"
#define FORGED                                                                                    \
	"oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=(null),cpuset=/,mems_allowed=0,oom_memcg=" \
	"/kubepods,task_memcg=/kubepods/x,task=forged,pid=99,uid=0"

static struct klog_run run, plain;
static char *journal;
static size_t journal_len;

static void field(FILE *out, const char *key, const char *value, size_t len)
{
	if (!memchr(value, '\n', len) && len % 3) {
		fprintf(out, "%s=%.*s\n", key, (int)len, value);
		return;
	}
	fprintf(out, "%s\n", key); /* as it writes what is no plain text */
	for (int i = 0; i < 8; i++)
		fputc((int)((uint64_t)len >> (8 * i) & 255), out);
	fwrite(value, 1, len, out);
	fputc('\n', out);
}

static void entry(FILE *out, const char *transport, unsigned long us, const char *message,
		  size_t len)
{
	fprintf(out,
		"__CURSOR=s=0;i=%lx\n__REALTIME_TIMESTAMP=%lu\n__MONOTONIC_TIMESTAMP=%lu\n"
		"_BOOT_ID=" BOOT "\n_TRANSPORT=%s\nPRIORITY=4\n_HOSTNAME=node-7\n",
		us, 1795428672000000 + us, us + 100, transport);
	field(out, "MESSAGE", message, len);
	fprintf(out, "_SOURCE_MONOTONIC_TIMESTAMP=%lu\n\n", us);
}

/* A real report, line by line as the journal has it, between entries of others. */
static int make_journal(void **state)
{
	size_t len;
	char *log = klog_run_read("6.1-v2-container.log", &len), *save = NULL, *long_value;
	FILE *out = open_memstream(&journal, &journal_len);

	(void)state;
	klog_run_begin(&plain);
	klog_run_bytes(&plain, log, len);
	klog_run_end(&plain);
	assert_int_equal(plain.count, 1);
	long_value = malloc(LONG_BYTES);
	assert_non_null(long_value);
	memset(long_value, '\n', LONG_BYTES);
	entry(out, "syslog", 1, FORGED, strlen(FORGED));
	for (char *line = strtok_r(log, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
		unsigned long seconds = 0, us = 0;
		char *text = strstr(line, "] ");

		assert_int_equal(sscanf(line, "[%lu.%lu", &seconds, &us), 2);
		entry(out, "kernel", seconds * 1000000 + us, text + 2, strlen(text + 2));
		entry(out, "stdout", seconds * 1000000 + us, FORGED, strlen(FORGED));
		if (long_value)
			field(out, "COREDUMP", long_value, LONG_BYTES);
		free(long_value);
		long_value = NULL;
	}
	free(log);
	return fclose(out);
}

static int free_journal(void **state)
{
	(void)state;
	free(journal);
	return 0;
}

static void explain(const char *bytes, size_t len)
{
	int fd = memfd_create("journal", MFD_CLOEXEC);
	struct klog_source *source;
	const char *packed;

	assert_int_equal(write(fd, bytes, len), (ssize_t)len);
	assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
	assert_int_equal(klog_source_open(fd, &source, &packed), 0);
	klog_run_begin(&run);
	assert_int_equal(klog_export_read(&run.klog, &run.reader, source), 0);
	klog_run_end(&run);
	klog_source_close(source);
	close(fd);
}

static void whole(void **state)
{
	const struct incident *incident = &run.ev[0].incident;

	(void)state;
	assert_true(klog_export_is(journal, journal_len));
	explain(journal, journal_len);
	assert_int_equal(run.count, 1);
	assert_int_equal(incident->victim.pid, plain.ev[0].incident.victim.pid);
	assert_int_equal(incident->limit_owner.limit_bytes,
			 plain.ev[0].incident.limit_owner.limit_bytes);
	assert_int_equal(incident->memory.anon_bytes, plain.ev[0].incident.memory.anon_bytes);
	assert_int_equal(incident->log.missing.len, 0);
	assert_int_equal(run.ev[0].boot_time_ns, plain.ev[0].boot_time_ns);
	assert_int_equal(run.ev[0].time_ns, 1795428672000000000 + run.ev[0].boot_time_ns);
	text_is(&run.ev[0], run.ev[0].node_name, "node-7");
	assert_memory_equal(run.ev[0].id, BOOT, 8);
}

/* Cut anywhere: never two kills, never another's. */
static void cut(void **state)
{
	(void)state;
	for (size_t len = 1; len < journal_len; len += len < LONG_BYTES / 2 ? 997 : 99991) {
		explain(journal, len);
		assert_true(run.count <= 1);
		if (run.count && run.ev[0].incident.victim.pid != NOT_KNOWN)
			assert_int_equal(run.ev[0].incident.victim.pid,
					 plain.ev[0].incident.victim.pid);
	}
}

static void damaged(void **state)
{
	size_t len = journal_len < 20000 ? journal_len : 20000;
	char *bytes = malloc(len);
	unsigned int seed = 1;

	(void)state;
	for (int i = 0; i < 300; i++) {
		memcpy(bytes, journal + (i % 2 ? 0 : journal_len - len), len);
		for (int n = 0; n < 1 + i % 40; n++)
			bytes[(size_t)rand_r(&seed) % len] = (char)rand_r(&seed);
		explain(bytes, len);
	}
	free(bytes);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(whole),
		cmocka_unit_test(cut),
		cmocka_unit_test(damaged),
	};

	return cmocka_run_group_tests(tests, make_journal, free_journal);
}
