// SPDX-License-Identifier: GPL-2.0-only
/* The kernel's symbols, and a stack by their names. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "source/ksyms.h"

static struct ksyms ksyms;
static struct event ev;

static int read_text(const char *text)
{
	char path[] = "/tmp/oomwhy-ksyms-XXXXXX";
	int fd = mkstemp(path), err;

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	close(fd);
	err = ksyms_read(&ksyms, path);
	unlink(path);
	return err;
}

static int teardown(void **state)
{
	(void)state;
	ksyms_free(&ksyms);
	return 0;
}

#define SYMBOLS                                                                 \
	"ffffffff81000300 t charge\n"                                           \
	"ffffffff81000100 T oom_kill_process\n"                                 \
	"ffffffff81000180 d some_data\n"                                        \
	"ffffffff81000200 T out_of_memory\n"                                    \
	"rubbish\n"                                                             \
	"ffffffff81000400 t fault\t[module]\n"                                  \
	"ffffffff81000500 T _einittext\n"                                       \
	"ffffffffc0000000 t bpf_prog_0123456789abcdef_decision_fentry\t[bpf]\n" \
	"ffffffffc0100000 t last\t[module]\n"

static void addresses_of_names(void **state)
{
	static const char *const names[] = { "some_data", "some", "last", "fault", "absent" };
	char path[] = "/tmp/oomwhy-ksyms-XXXXXX", filler[200];
	__u64 found[5];
	int fd = mkstemp(path);

	(void)state;
	assert_true(fd >= 0);
	memset(filler, 'x', sizeof(filler));
	memcpy(filler, "ffffffff81000000 T ", 19);
	filler[sizeof(filler) - 1] = '\n';
	for (int i = 0; i < 1000; i++) /* lines that lie across what is read at once */
		assert_int_equal(write(fd, filler, sizeof(filler)), sizeof(filler));
	assert_int_equal(write(fd, SYMBOLS, strlen(SYMBOLS)), strlen(SYMBOLS));
	close(fd);
	ksyms_find(path, names, found, 5);
	unlink(path);
	assert_true(found[0] == 0xffffffff81000180);
	assert_true(!found[1] && !found[2] && !found[3] && !found[4]); /* a module's are none */
	ksyms_find("/nonexistent", names, found, 5);
	assert_true(!found[0]);
}

static void names_of_addresses(void **state)
{
	(void)state;
	assert_int_equal(read_text(SYMBOLS), 0);
	assert_int_equal(ksyms.count, 6);
	assert_string_equal(ksyms_name(&ksyms, 0xffffffff81000100), "oom_kill_process");
	assert_string_equal(ksyms_name(&ksyms, 0xffffffff810001ff), "oom_kill_process");
	assert_string_equal(ksyms_name(&ksyms, 0xffffffff81000200), "out_of_memory");
	assert_string_equal(ksyms_name(&ksyms, 0xffffffff81000401), "fault");
	assert_null(ksyms_name(&ksyms, 0xffffffff810000ff));
	assert_null(ksyms_name(&ksyms, ~0ULL));
}

static void complete(const char *stack)
{
	event_init(&ev, EVENT_INCIDENT);
	ev.incident.trigger_stack = event_textf(&ev, "%s", stack);
	ksyms_complete(&ksyms, &ev);
}

static void stack_is(const char *stack)
{
	struct text text = ev.incident.trigger_stack;

	assert_int_equal(text.len, strlen(stack));
	assert_memory_equal(text_bytes(&ev, text), stack, text.len);
}

static void a_stack_in_names(void **state)
{
	(void)state;
	assert_int_equal(read_text(SYMBOLS), 0);
	/* BPF's own code, a trampoline, the kernel's. */
	complete("0xffffffffc0000010;0xffffffff81000510;0xffffffff81000110;0xffffffff81000210;"
		 "0xffffffff81000310;0xffffffff81000410");
	stack_is("oom_kill_process;out_of_memory;charge;fault");
	/* What has no name further on stays a number. */
	complete(
		"0xffffffff81000110;0xffffffff81000210;0xffffffff81000210;0xffffffff81000210;"
		"0xffffffff81000210;0xffffffff81000210;0xffffffff81000210;0xffffffff81000210;0x10");
	assert_memory_equal(text_bytes(&ev, ev.incident.trigger_stack) +
				    ev.incident.trigger_stack.len - 5,
			    ";0x10", 5);
	complete("");
	stack_is("");
}

/* kernel.kptr_restrict, without CAP_SYSLOG. */
static void hidden_addresses(void **state)
{
	(void)state;
	assert_int_equal(read_text("0000000000000000 T oom_kill_process\n"), -EPERM);
	assert_int_equal(ksyms_read(&ksyms, "/nonexistent"), -ENOENT);
	complete("0xffffffff81000110;0xffffffff81000210");
	stack_is("0xffffffff81000110;0xffffffff81000210");
}

#define TEST(name) cmocka_unit_test_teardown(name, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(addresses_of_names),
		TEST(names_of_addresses),
		TEST(a_stack_in_names),
		TEST(hidden_addresses),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
