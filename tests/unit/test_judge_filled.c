// SPDX-License-Identifier: GPL-2.0-only
/* What the judge says of what fills the memory, and what to do about it. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "filled.h"
#include "fixtures_make.h"
#include "judge.h"

static struct event ev;
static char buf[EVENT_TEXT_MAX];

static const char *string(struct text text)
{
	memcpy(buf, text_bytes(&ev, text), text.len);
	buf[text.len] = '\0';
	return buf;
}

static struct memory *begin(enum limit_level level)
{
	struct memory *memory = &ev.incident.memory;

	event_init(&ev, EVENT_INCIDENT);
	ev.incident.victim.pid = 1;
	ev.incident.limit_owner.limit_level = level;
	ev.incident.limit_owner.limit_bytes = MIB(100);
	ev.incident.limit_owner.usage_bytes = MIB(100);
	memory->source = MEMORY_EXACT;
	memory->usage_bytes = MIB(100);
	return memory;
}

static void check(enum filled by, const char *reason, const char *action)
{
	const struct verdict *verdict = &ev.incident.verdict;

	judge_event(&ev);
	assert_int_equal(verdict->filled_by, by);
	assert_string_equal(string(verdict->reason), reason);
	if (!strstr(string(verdict->action), action))
		fail_msg("no \"%s\" in \"%s\"", action, buf);
}

static void heap(void **state)
{
	struct memory *memory = begin(LIMIT_CONTAINER);

	(void)state;
	memory->anon_bytes = MIB(70);
	memory->shmem_bytes = MIB(30);
	check(FILLED_ANON, "70% of it is anonymous memory (heaps, stacks)",
	      "raise resources.limits.memory of the container (now 100Mi), or stop the growth");
}

/* A third of something else is the cause before two thirds of heap. */
static void odd_kinds(void **state)
{
	static const struct {
		size_t offset;
		enum filled by;
		const char *reason, *action;
	} kinds[] = {
		{ offsetof(struct memory, shmem_bytes), FILLED_TMPFS,
		  "42% of it is tmpfs (emptyDir of medium Memory, /dev/shm)",
		  "bound the tmpfs: emptyDir.sizeLimit" },
		{ offsetof(struct memory, slab_unreclaimable_bytes), FILLED_SLAB_UNRECLAIMABLE,
		  "42% of it is unreclaimable slab (kernel objects)", "hold fewer kernel objects" },
		{ offsetof(struct memory, slab_reclaimable_bytes), FILLED_SLAB_RECLAIMABLE,
		  "42% of it is reclaimable slab (dentries, inodes)", "touch fewer files" },
		{ offsetof(struct memory, pagetables_bytes), FILLED_PAGETABLES,
		  "42% of it is page tables", "huge pages" },
		{ offsetof(struct memory, kernel_stack_bytes), FILLED_KERNEL_STACKS,
		  "42% of it is kernel stacks of threads", "run fewer threads" },
		{ offsetof(struct memory, sock_bytes), FILLED_SOCKETS,
		  "42% of it is buffers of sockets", "read sockets sooner" },
		{ offsetof(struct memory, percpu_bytes), FILLED_PERCPU,
		  "42% of it is per-CPU kernel memory", "raise resources.limits.memory" },
		{ offsetof(struct memory, vmalloc_bytes), FILLED_VMALLOC,
		  "42% of it is vmalloc() kernel memory", "raise resources.limits.memory" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		struct memory *memory = begin(LIMIT_CONTAINER);

		memory->anon_bytes = MIB(58);
		*(__u64 *)((char *)memory + kinds[i].offset) = MIB(42);
		check(kinds[i].by, kinds[i].reason, kinds[i].action);
	}
}

static void kernel_memory_without_a_name(void **state)
{
	struct memory *memory = begin(LIMIT_CONTAINER);

	(void)state;
	memory->anon_bytes = MIB(10);
	memory->kernel_bytes = MIB(90);
	memory->slab_unreclaimable_bytes = MIB(20);
	check(FILLED_KERNEL, "70% of it is other kernel memory (pipes, sockets, large buffers)",
	      "or raise resources.limits.memory of the container (now 100Mi)");
}

/* Kernels that do not count page tables for a memcg: who died tells of its own. */
static void page_tables_of_the_dead(void **state)
{
	struct memory *memory = begin(LIMIT_CONTAINER);

	(void)state;
	memory->anon_bytes = MIB(10);
	memory->rest_bytes = MIB(90);
	ev.incident.victim.pagetables_bytes = MIB(50);
	ev.incident.other_victims[0].pagetables_bytes = MIB(30);
	ev.incident.other_victims_count = 1;
	check(FILLED_PAGETABLES, "80% of it is page tables", "huge pages");
	memory = begin(LIMIT_CONTAINER); /* all kernel memory is known: it is not more than that */
	memory->anon_bytes = MIB(60);
	memory->kernel_bytes = MIB(40);
	memory->pagetables_bytes = 0;
	memory->rest_bytes = 0;
	ev.incident.victim.pagetables_bytes = MIB(500);
	check(FILLED_PAGETABLES, "40% of it is page tables", "huge pages");
}

static void left_by_the_dead(void **state)
{
	struct memory *memory = begin(LIMIT_POD);

	(void)state;
	memory->source = MEMORY_SUM;
	memory->anon_bytes = MIB(60);
	memory->shmem_bytes = MIB(40);
	memory->left_bytes = MIB(30);
	memory->left_shmem_bytes = MIB(29);
	check(FILLED_LEFT_BEHIND, "30Mi belong to no living container (tmpfs left by a dead one)",
	      "delete the pod to free it, and bound it: emptyDir.sizeLimit; or raise the pod's "
	      "limit (now 100Mi)");
	assert_string_equal(string(ev.incident.verdict.manifest_field),
			    "volumes[].emptyDir.sizeLimit, spec.resources.limits.memory");
	memory->left_bytes = MIB(20);
	check(FILLED_TMPFS, "40% of it is tmpfs (emptyDir of medium Memory, /dev/shm)",
	      "bound the tmpfs");
	memory->left_bytes = MIB(30);
	ev.incident.limit_owner.limit_level = LIMIT_CONTAINER; /* its own processes hold it */
	check(FILLED_TMPFS, "40% of it is tmpfs (emptyDir of medium Memory, /dev/shm)",
	      "bound the tmpfs");
}

/* At a level that many pods share the level's own advice stays. */
static void shared_levels(void **state)
{
	struct memory *memory = begin(LIMIT_NODE);

	(void)state;
	memory->shmem_bytes = MIB(90);
	check(FILLED_TMPFS, "90% of it is tmpfs (emptyDir of medium Memory, /dev/shm)",
	      "bring resources.requests.memory");
}

static void nothing_is_known(void **state)
{
	(void)state;
	begin(LIMIT_CONTAINER)->source = MEMORY_NOT_READ;
	ev.incident.memory.anon_bytes = MIB(90);
	check(FILLED_NOT_SAID, "", "raise resources.limits.memory");
	begin(LIMIT_CONTAINER)->usage_bytes = NOT_KNOWN;
	check(FILLED_NOT_SAID, "", "raise resources.limits.memory");
	begin(LIMIT_CONTAINER)->usage_bytes = 0;
	ev.incident.memory.anon_bytes = MIB(1);
	check(FILLED_ANON, "0% of it is anonymous memory (heaps, stacks)", "raise");
}

static void parts_are_in_order(void **state)
{
	struct memory *memory = begin(LIMIT_CONTAINER);
	struct filled_part parts[FILLED_PARTS_MAX];

	(void)state;
	memory->anon_bytes = 5;
	memory->shmem_bytes = 4;
	memory->file_bytes = 9;
	memory->slab_unreclaimable_bytes = 8;
	memory->slab_reclaimable_bytes = 1;
	memory->pagetables_bytes = 2;
	memory->kernel_stack_bytes = 3;
	memory->sock_bytes = 6;
	memory->percpu_bytes = 7;
	memory->vmalloc_bytes = 10;
	memory->kernel_bytes = 43; /* 12 without a name */
	memory->rest_bytes = 11;
	assert_int_equal(filled_parts(&ev.incident, parts), FILLED_PARTS_MAX);
	for (size_t i = 0; i < FILLED_PARTS_MAX; i++)
		assert_int_equal(parts[i].bytes, FILLED_PARTS_MAX - i);
	assert_int_equal(parts[0].kind, FILLED_KERNEL);
	assert_int_equal(parts[11].kind, FILLED_SLAB_RECLAIMABLE);
	memory->anon_bytes = NOT_KNOWN;
	memory->shmem_bytes = 0;
	assert_int_equal(filled_parts(&ev.incident, parts), FILLED_PARTS_MAX - 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(heap),
		cmocka_unit_test(odd_kinds),
		cmocka_unit_test(kernel_memory_without_a_name),
		cmocka_unit_test(page_tables_of_the_dead),
		cmocka_unit_test(left_by_the_dead),
		cmocka_unit_test(shared_levels),
		cmocka_unit_test(nothing_is_known),
		cmocka_unit_test(parts_are_in_order),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
