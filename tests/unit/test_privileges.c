// SPDX-License-Identifier: GPL-2.0-only
/* What a thread gives up it has not, and cannot get back. Needs privileges to lose: else skipped.
 */
#define _GNU_SOURCE
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/capability.h>
#include <sys/prctl.h>
#include <unistd.h>
#include <cmocka.h>

#include "base/privileges.h"
#include "base/thread.h"
#include "source/probe.h"

struct seen {
	unsigned long long effective, permitted, inheritable, ambient, after_exec;
	int no_new_privs, bpf_error, raised;
};

static unsigned long long read_line(FILE *file, const char *key)
{
	size_t len = strlen(key);
	char line[256];

	rewind(file);
	while (fgets(line, sizeof(line), file))
		if (!strncmp(line, key, len) && line[len] == ':')
			return strtoull(line + len + 1, NULL, 16);
	return ~0ULL;
}

/* A program that root starts gets everything again, unless that was given up as well. */
static unsigned long long after_exec(void)
{
	unsigned long long value = ~0ULL;
	FILE *pipe = popen("sed -n 's/^CapEff:[^0-9a-f]*//p' /proc/self/status", "r");

	if (!pipe || fscanf(pipe, "%llx", &value) != 1)
		value = ~0ULL;
	if (pipe)
		pclose(pipe);
	return value;
}

static int try_to_raise(void)
{
	cap_value_t admin = CAP_SYS_ADMIN;
	cap_t caps = cap_get_proc();
	int failed;

	cap_set_flag(caps, CAP_EFFECTIVE, 1, &admin, CAP_SET);
	cap_set_flag(caps, CAP_PERMITTED, 1, &admin, CAP_SET);
	failed = cap_set_proc(caps);
	cap_free(caps);
	return !failed;
}

static void *look(void *context)
{
	struct seen *seen = context;
	FILE *file = fopen("/proc/thread-self/status", "re");

	seen->effective = read_line(file, "CapEff");
	seen->permitted = read_line(file, "CapPrm");
	seen->inheritable = read_line(file, "CapInh");
	seen->ambient = read_line(file, "CapAmb");
	fclose(file);
	seen->no_new_privs = prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0);
	seen->bpf_error = probe_bpf();
	seen->raised = try_to_raise();
	seen->after_exec = after_exec();
	return NULL;
}

static struct seen look_with(__u64 kept)
{
	struct seen seen;
	pthread_t thread;

	assert_int_equal(thread_start(&thread, "test", kept, look, &seen), 0);
	assert_int_equal(pthread_join(thread, NULL), 0);
	return seen;
}

static void need_privileges(void)
{
	__u64 wanted = 1ULL << CAP_SYS_ADMIN | PRIVILEGES_READ_FILES;

	if ((privileges_effective() & wanted) != wanted) {
		print_message("skipped: there are no privileges to lose\n");
		skip();
	}
}

static void nothing_is_left(void **state)
{
	__u64 before = privileges_effective();
	struct seen seen;

	(void)state;
	need_privileges();
	seen = look_with(PRIVILEGES_NONE);
	assert_int_equal(seen.effective | seen.permitted | seen.inheritable | seen.ambient, 0);
	assert_int_equal(seen.after_exec, 0);
	assert_int_equal(seen.no_new_privs, 1);
	assert_false(seen.raised);
	/* Those of the other threads are theirs. */
	assert_true(privileges_effective() == before);
	assert_int_equal(prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0), 0);
}

static void only_what_is_kept_is_left(void **state)
{
	struct seen seen;

	(void)state;
	need_privileges();
	seen = look_with(PRIVILEGES_READ_FILES);
	assert_int_equal(seen.effective, PRIVILEGES_READ_FILES);
	assert_int_equal(seen.permitted, PRIVILEGES_READ_FILES);
	assert_int_equal(seen.inheritable | seen.ambient, 0);
	assert_false(seen.raised);
	/* A number that no kernel has yet. */
	seen = look_with(1ULL << 63 | PRIVILEGES_READ_FILES);
	assert_int_equal(seen.effective, PRIVILEGES_READ_FILES);
}

static bool bpf_is_for_anybody(void)
{
	FILE *file = fopen("/proc/sys/kernel/unprivileged_bpf_disabled", "re");
	int disabled = 1;

	if (file) {
		if (fscanf(file, "%d", &disabled) != 1)
			disabled = 1;
		fclose(file);
	}
	return !disabled;
}

static void bpf_is_refused(void **state)
{
	(void)state;
	need_privileges();
	if (bpf_is_for_anybody() || probe_bpf())
		skip();
	assert_int_equal(look_with(PRIVILEGES_NONE).bpf_error, -EPERM);
	assert_int_equal(look_with(PRIVILEGES_READ_FILES).bpf_error, -EPERM);
	assert_int_equal(look_with(1ULL << CAP_BPF).bpf_error, 0);
}

/* Whoever has none to give up gives none up. */
static void nothing_to_lose(void **state)
{
	struct seen seen;

	(void)state;
	seen = look_with(PRIVILEGES_NONE);
	assert_int_equal(seen.effective, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_is_left),
		cmocka_unit_test(only_what_is_kept_is_left),
		cmocka_unit_test(bpf_is_refused),
		cmocka_unit_test(nothing_to_lose),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
