/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * fixtures: sample events, one of each kind that a sink must be able to tell. The sinks' golden
 * files are named after them.
 */
#ifndef OOMWHY_TESTS_FIXTURES_H
#define OOMWHY_TESTS_FIXTURES_H

#include "event.h"

struct fixture {
	const char *name;
	void (*build)(struct event *ev);
};

extern const struct fixture fixtures[];
extern const size_t fixtures_count;

/* fixture_build() - the fixture of that name; ends the test program when there is none. */
void fixture_build(const char *name, struct event *ev);

/* Those of fixtures_kinds.c. */
void fixture_resize(struct event *ev);
void fixture_spared(struct event *ev);
void fixture_stall(struct event *ev);
void fixture_disabled(struct event *ev);
void fixture_update(struct event *ev);
void fixture_static_pod(struct event *ev);

/* Those of fixtures_history.c. */
void fixture_before(struct event *ev);
void fixture_young(struct event *ev);
void fixture_culprit(struct event *ev);
void fixture_nobody(struct event *ev);
void fixture_unknown_request(struct event *ev);
void fixture_repeat(struct event *ev);
void fixture_storm(struct event *ev);
void fixture_storm_over(struct event *ev);
void fixture_after(struct event *ev);
void fixture_candidates(struct event *ev);

/* Those of fixtures_filled.c. */
void fixture_tmpfs(struct event *ev);
void fixture_left_behind(struct event *ev);
void fixture_pagetables(struct event *ev);

/* Those of fixtures_odd.c. */
void fixture_start(struct event *ev);
void fixture_loss(struct event *ev);
void fixture_stop(struct event *ev);
void fixture_hostile(struct event *ev);
void fixture_minimal(struct event *ev);
void fixture_huge(struct event *ev);

/* fixture_full() - a line of @type in which each field of the table is known. */
void fixture_full(struct event *ev, enum event_type type);

#endif
