// SPDX-License-Identifier: GPL-2.0-only
/* headline_candidates: whom the kernel could choose, and the arithmetic by which it chose. */
#include <string.h>

#include "base/units.h"
#include "headline.h"
#include "headline_line.h"

static const char *introduction(const struct candidate *it)
{
	static const char *const words[] = {
		[SPARED_NOT_SAID] = "; next ",
		[SPARED_PROTECTED] = "; bigger, but protected: ",
		[SPARED_LOWER_SCORE] = "; bigger, but with fewer points: ",
		[SPARED_OTHER_MEMCG] = "; bigger, but not below this limit: ",
		[SPARED_INIT] = "; bigger, but the machine's process 1: ",
		[SPARED_ASKER_DIES] = "; bigger, but vm.oom_kill_allocating_task takes who asks: ",
		[SPARED_UNKNOWN] = "; bigger by now: ",
	};

	return it->spared < sizeof(words) / sizeof(words[0]) ? words[it->spared] : "; ";
}

static __u64 held_bytes(const struct candidate *it)
{
	return it->rss_bytes + (known(it->swap_bytes) ? it->swap_bytes : 0) +
	       (known(it->pagetables_bytes) ? it->pagetables_bytes : 0);
}

static void put_points(struct line *line, const struct candidate *it, __u64 domain_bytes)
{
	char bytes[UNITS_MAX], held[UNITS_MAX], domain[UNITS_MAX];
	__s64 points = it->points_bytes;

	line_putf(line, ": %s%s points = %s held", points < 0 ? "-" : "",
		  units_bytes((__u64)(points < 0 ? -points : points), bytes, sizeof(bytes)),
		  units_bytes(held_bytes(it), held, sizeof(held)));
	if (it->oom_score_adj && known(domain_bytes))
		line_putf(line, " %c %lld/1000 of %s", it->oom_score_adj < 0 ? '-' : '+',
			  (long long)(it->oom_score_adj < 0 ? -it->oom_score_adj :
							      it->oom_score_adj),
			  units_limit(domain_bytes, domain, sizeof(domain)));
}

static void put_candidate(struct line *line, const struct event *ev, const struct candidate *it,
			  __u64 domain_bytes)
{
	char bytes[UNITS_MAX];

	line_text(line, ev, it->comm);
	line_putf(line, ", pid %llu", (unsigned long long)it->pid);
	if (it->points_bytes != NOT_KNOWN_SIGNED) {
		put_points(line, it, domain_bytes);
		return;
	}
	line_putf(line, ", %s", units_bytes(it->rss_bytes, bytes, sizeof(bytes)));
	if (it->spared != SPARED_OTHER_MEMCG && it->spared != SPARED_INIT)
		line_putf(line, ", adj %lld", (long long)it->oom_score_adj);
}

bool headline_had_choice(const struct candidate *list, __u64 count)
{
	for (__u64 i = 1; i < count && i < CANDIDATES_MAX; i++)
		if (!list[i].fate && list[i].spared != SPARED_OTHER_MEMCG)
			return true;
	return false;
}

/* Of those that hold no more than the victim the next one will do; of each other kind the first. */
void line_of_candidates(struct line *line, const struct event *ev, const struct candidate *list,
			__u64 count, __u64 domain_bytes)
{
	__u64 told = 0;

	put_candidate(line, ev, &list[0], domain_bytes);
	if (!headline_had_choice(list, count))
		line_putf(line, "; no other could be");
	for (__u64 i = 1; i < count && i < CANDIDATES_MAX; i++) {
		const struct candidate *it = &list[i];

		if (it->fate || it->spared > SPARED_UNKNOWN || told >> it->spared & 1)
			continue;
		told |= 1ULL << it->spared;
		line_putf(line, "%s", introduction(it));
		put_candidate(line, ev, it, domain_bytes);
	}
}

size_t headline_candidates(const struct event *ev, char *buf, size_t size)
{
	const struct incident *incident = &ev->incident;
	struct line line = { .len = 0 };
	size_t len;

	if (!headline_had_choice(incident->candidates, incident->candidates_count))
		return 0;
	line_of_candidates(&line, ev, incident->candidates, incident->candidates_count,
			   incident->total_pages_bytes);
	len = line.len < size ? line.len : size;
	memcpy(buf, line.text, len);
	return len;
}
