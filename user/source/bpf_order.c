// SPDX-License-Identifier: GPL-2.0-only
#include <stdlib.h>
#include <unistd.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "base/log.h"
#include "source/bpf_order.h"

#include "oomwhy.skel.h"

#define PAGES_ASKED 256 /* fewer may be anywhere by chance */
#define FAR 16 /* times; while much is allocated or freed the memcg's count is seconds behind */
#define TRIES 5
#define PAUSE_US 10000

/*
 * Both counts lag behind, by different things, and some pages are no memcg's. But a wrong place
 * would hold something else altogether: two that are near, and none that is far off, are no chance.
 */
bool bpf_order_is_right(const struct oomwhy_order *record)
{
	const size_t count = sizeof(record->memcg_pages) / sizeof(record->memcg_pages[0]);
	int near = 0;

	for (size_t i = 0; i < count; i++) {
		__s64 pages = record->memcg_pages[i], expected = record->machine_pages[i];

		if (pages < 0 || expected < 0)
			return false;
		if (expected < PAGES_ASKED)
			continue;
		if (pages < expected / FAR || pages > expected * FAR)
			return false;
		near += llabs(pages - expected) <= expected / 8;
	}
	return near >= 2;
}

/* Returns false where the kernel tells it by itself: then there is no record. */
static bool read_order(const struct oomwhy_bpf *skel, struct oomwhy_order *ret)
{
	struct bpf_link *link = bpf_program__attach_iter(skel->progs.order, NULL);
	bool done = false;
	int fd;

	if (!link)
		return false;
	fd = bpf_iter_create(bpf_link__fd(link));
	if (fd >= 0) {
		done = read(fd, ret, sizeof(*ret)) == sizeof(*ret);
		close(fd);
	}
	bpf_link__destroy(link);
	return done;
}

void bpf_order_check(struct oomwhy_bpf *skel)
{
	struct oomwhy_order record = { 0 };

	if (!bpf_program__autoload(skel->progs.order))
		return;
	for (int i = 0; i < TRIES && !skel->bss->order_is_right; i++) {
		if (i)
			usleep(PAUSE_US);
		if (!read_order(skel, &record))
			return;
		skel->bss->order_is_right = bpf_order_is_right(&record);
	}
	for (int i = 0; i < 4; i++)
		log_debug("order of a memcg's counts: %lld pages, of the machine's %lld",
			  (long long)record.memcg_pages[i], (long long)record.machine_pages[i]);
	if (!skel->bss->order_is_right)
		log_error("what fills the memory cannot be told: this kernel does not say how it "
			  "counts it (CONFIG_KALLSYMS_ALL)");
}
