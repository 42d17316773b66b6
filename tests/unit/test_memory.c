// SPDX-License-Identifier: GPL-2.0-only
/* What fills the limit owner's memory, from the kernel's records to the model. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "source/bpf_order.h"
#include "stream.h"

#define PAGE 4096ULL
#define VICTIM 700
#define POD_ID 103
#define CONTAINER_ID 104
#define HZ 250

static struct level_spec levels[STREAM_LEVELS];

static int setup(void **state)
{
	stream_setup(state);
	stream_tree(levels);
	return 0;
}

static const struct incident *incident(void)
{
	assert_int_equal(stream.count, 1);
	return &stream.got[0].incident;
}

static struct oomwhy_memory *next_memory(__u64 memcg_id, __s64 anon_pages)
{
	struct oomwhy_memory *memory = stream_next_memory(memcg_id, ASKER(VICTIM));

	memory->usage_pages = STREAM_PAGES;
	memory->items[OOMWHY_ANON] = anon_pages;
	return memory;
}

static void send(__u64 memcg_id, __s64 anon_pages)
{
	stream_send_memory(next_memory(memcg_id, anon_pages));
}

static void each_kind(void **state)
{
	struct oomwhy_memory *memory;
	const struct memory *got;

	(void)state;
	stream_hit(&levels[CONTAINER]);
	stream_decision(&levels[CONTAINER], VICTIM, ASKER(VICTIM));
	memory = next_memory(CONTAINER_ID, 1000);
	memory->items[OOMWHY_FILE] = 300;
	memory->items[OOMWHY_SHMEM] = 100;
	memory->items[OOMWHY_SLAB_RECLAIMABLE] = 10 * PAGE + 8;
	memory->items[OOMWHY_SLAB_UNRECLAIMABLE] = 20 * PAGE;
	memory->items[OOMWHY_KERNEL_STACK] = 16;
	memory->items[OOMWHY_PAGETABLES] = 30;
	memory->items[OOMWHY_SOCK] = 40;
	memory->items[OOMWHY_PERCPU] = 3 * PAGE;
	memory->items[OOMWHY_VMALLOC] = 5;
	memory->items[OOMWHY_KERNEL] = 80;
	memory->items[OOMWHY_SWAP] = 7;
	memory->items[OOMWHY_INACTIVE_FILE] = -3; /* a sum made while others count */
	stream_send_memory(memory);
	stream_victim(levels, VICTIM, ASKER(VICTIM));
	stream_end();
	got = &incident()->memory;
	assert_int_equal(got->source, MEMORY_EXACT);
	assert_int_equal(got->age_ns, NOT_KNOWN);
	assert_int_equal(got->cgroups, 1);
	assert_int_equal(got->usage_bytes, STREAM_PAGES * PAGE);
	assert_int_equal(got->anon_bytes, 1000 * PAGE);
	assert_int_equal(got->file_bytes, 200 * PAGE);
	assert_int_equal(got->shmem_bytes, 100 * PAGE);
	assert_int_equal(got->slab_reclaimable_bytes, 10 * PAGE + 8);
	assert_int_equal(got->slab_unreclaimable_bytes, 20 * PAGE);
	assert_int_equal(got->kernel_stack_bytes, 16 * 1024);
	assert_int_equal(got->pagetables_bytes, 30 * PAGE);
	assert_int_equal(got->sock_bytes, 40 * PAGE);
	assert_int_equal(got->percpu_bytes, 3 * PAGE);
	assert_int_equal(got->vmalloc_bytes, 5 * PAGE);
	assert_int_equal(got->kernel_bytes, 80 * PAGE);
	assert_int_equal(got->swap_bytes, 7 * PAGE);
	assert_int_equal(got->inactive_file_bytes, 0);
	assert_int_equal(got->rest_bytes, (STREAM_PAGES - 1000 - 300 - 40 - 80) * PAGE);
	assert_int_equal(got->left_bytes, NOT_KNOWN);
	assert_int_equal(stream.as.stats.malformed, 0);
}

/* What a kernel does not count is not 0, and is in the rest. */
static void kinds_that_are_not_there(void **state)
{
	struct oomwhy_memory *memory;

	(void)state;
	stream_hit(&levels[CONTAINER]);
	stream_decision(&levels[CONTAINER], VICTIM, ASKER(VICTIM));
	memory = next_memory(CONTAINER_ID, 1000);
	memory->known = 1ULL << OOMWHY_ANON | 1ULL << OOMWHY_SLAB_RECLAIMABLE;
	memory->items[OOMWHY_SLAB_RECLAIMABLE] = 2 * PAGE;
	stream_send_memory(memory);
	stream_victim(levels, VICTIM, ASKER(VICTIM));
	stream_end();
	assert_int_equal(incident()->memory.pagetables_bytes, NOT_KNOWN);
	assert_int_equal(incident()->memory.kernel_bytes, NOT_KNOWN);
	assert_int_equal(incident()->memory.rest_bytes, (STREAM_PAGES - 1002) * PAGE);
}

static void a_pod_is_the_sum(void **state)
{
	struct oomwhy_memory *memory;
	const struct memory *got;

	(void)state;
	stream_hit(&levels[POD]);
	stream_decision(&levels[POD], VICTIM, ASKER(VICTIM));
	memory = next_memory(POD_ID, 50);
	memory->memcgs = 4;
	memory->items[OOMWHY_SHMEM] = 60000;
	memory->living_pages = STREAM_PAGES - 50000;
	memory->living_shmem_pages = 10500;
	stream_send_memory(memory);
	stream_victim(levels, VICTIM, ASKER(VICTIM));
	stream_end();
	got = &incident()->memory;
	assert_int_equal(got->source, MEMORY_SUM);
	assert_int_equal(got->cgroups, 4);
	assert_int_equal(got->left_bytes, 50000 * PAGE);
	assert_int_equal(got->left_shmem_bytes, 49500 * PAGE);
}

/* Without a visible decision all that may be the owner are told: the owner's is taken. */
static void the_owners_of_several(void **state)
{
	(void)state;
	stream_hit(&levels[POD]);
	stream_trigger(levels, 800, ASKER(800));
	send(CONTAINER_ID, 1);
	send(POD_ID, 2);
	stream_victim(levels, VICTIM, ASKER(800));
	assert_int_equal(incident()->limit_owner.cgroup.id, POD_ID);
	assert_int_equal(incident()->memory.anon_bytes, 2 * PAGE);
	assert_int_equal(incident()->trigger.pid, 800);
}

/* Nor is it the next one's. */
static void nobodys(void **state)
{
	(void)state;
	stream_hit(&levels[CONTAINER]);
	stream_decision(&levels[CONTAINER], VICTIM, ASKER(VICTIM));
	send(POD_ID, 2);
	stream_victim(levels, VICTIM, ASKER(VICTIM));
	stream_end();
	assert_int_equal(incident()->memory.source, MEMORY_NOT_READ);
	stream_hit(&levels[POD]);
	stream_decision(&levels[POD], 701, ASKER(701));
	stream_victim(levels, 701, ASKER(701));
	stream_end();
	assert_int_equal(stream.count, 2);
	assert_int_equal(stream.got[1].incident.memory.source, MEMORY_NOT_READ);
}

static void the_machine(void **state)
{
	struct oomwhy_victim *victim;
	struct oomwhy_memory *memory;
	const struct memory *got;

	(void)state;
	stream_decision(NULL, VICTIM, ASKER(VICTIM));
	memory = next_memory(0, 1000);
	memory->items[OOMWHY_SLAB_UNRECLAIMABLE] = 20; /* pages here */
	memory->items[OOMWHY_INACTIVE_FILE] = 9;
	stream_send_memory(memory);
	victim = stream_next_victim(levels, VICTIM, ASKER(VICTIM));
	victim->host.free_pages = 5000;
	stream_send_victim(victim);
	stream_end();
	got = &incident()->memory;
	assert_int_equal(got->source, MEMORY_MACHINE);
	assert_int_equal(got->slab_unreclaimable_bytes, 20 * PAGE);
	assert_int_equal(got->usage_bytes, (16ULL << 30) - 5000 * PAGE);
	assert_int_equal(incident()->limits.host.working_set_bytes, got->usage_bytes - 9 * PAGE);
}

/* At a memcg's limit only the machine's working set is told of it. */
static void the_machine_aside(void **state)
{
	struct oomwhy_victim *victim;

	(void)state;
	stream_hit(&levels[CONTAINER]);
	stream_decision(&levels[CONTAINER], VICTIM, ASKER(VICTIM));
	stream_send_memory(next_memory(0, 9000));
	send(CONTAINER_ID, 8);
	victim = stream_next_victim(levels, VICTIM, ASKER(VICTIM));
	victim->host.free_pages = 5000;
	stream_send_victim(victim);
	stream_end();
	assert_int_equal(incident()->memory.anon_bytes, 8 * PAGE);
	assert_int_equal(incident()->limits.host.working_set_bytes, (16ULL << 30) - 5000 * PAGE);
}

static __u64 jiffies_at(__u64 seconds, __u64 hz)
{
	return (1ULL << 32) - 300 * hz + seconds * hz;
}

static __u64 age_of(__u64 hz, __u64 flushed_s, __u64 now_s, __u32 flags)
{
	struct oomwhy_memory *memory;

	setup(NULL);
	stream_hit(&levels[POD]);
	stream_decision(&levels[POD], VICTIM, ASKER(VICTIM));
	memory = next_memory(POD_ID, 50);
	memory->flags = flags;
	memory->monotonic_ns = now_s * RECORD_SECOND;
	memory->jiffies = jiffies_at(now_s, hz);
	memory->flush_jiffies = flushed_s ? jiffies_at(flushed_s, hz) : 0;
	stream_send_memory(memory);
	stream_victim(levels, VICTIM, ASKER(VICTIM));
	stream_end();
	assert_int_equal(incident()->memory.source, MEMORY_FLUSHED);
	return incident()->memory.age_ns;
}

static void age_of_the_kernels_sum(void **state)
{
	static const __u64 hz[] = { 100, 250, 300, 1000 };

	(void)state;
	for (size_t i = 0; i < sizeof(hz) / sizeof(hz[0]); i++) {
		assert_int_equal(age_of(hz[i], 498, 500, 0), 2 * RECORD_SECOND);
		assert_int_equal(age_of(hz[i], 40000, 40000, 0), 0);
		/* Until Linux 6.8: the next one is due in 3 s, so that the last was 1 s ago. */
		assert_int_equal(age_of(hz[i], 503, 500, OOMWHY_MEMORY_FLUSH_NEXT), RECORD_SECOND);
		assert_int_equal(age_of(hz[i], 0, 500, 0), NOT_KNOWN);
	}
	assert_int_equal(age_of(77, 498, 100000, 0), NOT_KNOWN);
}

static void working_sets_and_protection(void **state)
{
	struct oomwhy_victim *victim;
	const struct event_memcg *memcg;

	(void)state;
	stream_hit(&levels[CONTAINER]);
	stream_decision(&levels[CONTAINER], VICTIM, ASKER(VICTIM));
	victim = stream_next_victim(levels, VICTIM, ASKER(VICTIM));
	victim->chain.level[CONTAINER].inactive_file_pages = 500;
	victim->chain.level[CONTAINER].high_pages = 7777;
	victim->chain.level[CONTAINER].low_pages = 5;
	victim->chain.level[CONTAINER].min_pages = 3;
	victim->chain.level[POD].flags |= OOMWHY_MEMCG_NO_STATS;
	victim->chain.level[QOS].inactive_file_pages = levels[QOS].usage_pages + 1;
	stream_send_victim(victim);
	stream_end();
	memcg = incident()->memcgs;
	assert_int_equal(memcg[CONTAINER].working_set_bytes, (STREAM_PAGES - 500) * PAGE);
	assert_int_equal(memcg[CONTAINER].high_bytes, 7777 * PAGE);
	assert_int_equal(memcg[CONTAINER].low_bytes, 5 * PAGE);
	assert_int_equal(memcg[CONTAINER].min_bytes, 3 * PAGE);
	assert_int_equal(memcg[POD].working_set_bytes, NOT_KNOWN);
	assert_int_equal(memcg[POD].high_bytes, NOT_KNOWN);
	assert_int_equal(memcg[POD].low_bytes, NOT_KNOWN);
	assert_int_equal(memcg[QOS].working_set_bytes, 0);
	assert_int_equal(incident()->limit_owner.working_set_bytes, (STREAM_PAGES - 500) * PAGE);
}

/* Where the kernel does not say in which order it counts. */
static void order(void **state)
{
	struct oomwhy_order right = { { 88824, 170997, 2218, 55060 },
				      { 76310, 171083, 2229, 55163 } };
	struct oomwhy_order moved = { { 170997, 2218, 55060, 88824 },
				      { 76310, 171083, 2229, 55163 } };
	struct oomwhy_order nothing = { { 0, 0, 0, 0 }, { 76310, 171083, 2229, 55163 } };
	struct oomwhy_order little = { { 90, 100, 3, 255 }, { 90, 100, 3, 255 } };
	struct oomwhy_order odd = { { -1, 171083, 2229, 55163 }, { 76310, 171083, 2229, 55163 } };

	(void)state;
	assert_true(bpf_order_is_right(&right));
	assert_false(bpf_order_is_right(&moved));
	assert_false(bpf_order_is_right(&nothing));
	assert_false(bpf_order_is_right(&little)); /* shows nothing */
	assert_false(bpf_order_is_right(&odd));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(each_kind, setup),
		cmocka_unit_test_setup(kinds_that_are_not_there, setup),
		cmocka_unit_test_setup(a_pod_is_the_sum, setup),
		cmocka_unit_test_setup(the_owners_of_several, setup),
		cmocka_unit_test_setup(nobodys, setup),
		cmocka_unit_test_setup(the_machine, setup),
		cmocka_unit_test_setup(the_machine_aside, setup),
		cmocka_unit_test(age_of_the_kernels_sum),
		cmocka_unit_test_setup(working_sets_and_protection, setup),
		cmocka_unit_test(order),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
