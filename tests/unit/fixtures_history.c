// SPDX-License-Identifier: GPL-2.0-only
/* Sample events: what led to a kill, and who of the pods is to blame. Judged, not written. */
#include <stdio.h>
#include <string.h>

#include "fixtures.h"
#include "fixtures_make.h"
#include "headline.h"
#include "judge.h"

#define SECOND 1000000000ULL
#define MINUTE (60 * SECOND)

/* Evenly from @age_ns before the kill to the kill. */
static void set_points(struct trend *trend, __u64 age_ns, const __u64 *mib, __u64 count)
{
	trend->points_count = count;
	trend->points_omitted = 11;
	for (__u64 i = 0; i < count; i++) {
		trend->points[i].age_ns = age_ns / (count - 1) * (count - 1 - i);
		trend->points[i].usage_bytes = MIB(mib[i]);
	}
	trend->from_bytes = MIB(mib[0]);
	trend->growth_bytes = mib[count - 1] > mib[0] ? MIB(mib[count - 1] - mib[0]) : 0;
	trend->growth_ns = trend->growth_bytes ? age_ns : 0;
	trend->sample_age_ns = 4 * SECOND;
}

static void set_reclaim(struct trend *trend)
{
	trend->reclaim_evidence = EVIDENCE_EXACT;
	trend->reclaim_passes = 310;
	trend->reclaim_bytes = MIB(77);
	trend->reclaim_ns = 1900 * SECOND / 1000;
	trend->at_limit_ns = 2100 * SECOND / 1000;
	trend->at_limit_passes = 48;
	trend->at_limit_bytes = MIB(3);
	trend->at_limit_reclaim_ns = 1700 * SECOND / 1000;
}

static void judge(struct event *ev)
{
	judge_event(ev);
	headline(ev);
}

/* The design's first report. */
void fixture_before(struct event *ev)
{
	static const __u64 mib[] = {
		180, 190, 215, 240, 262, 290, 320, 350, 380, 410, 440, 476, 512
	};
	struct trend *history = &ev->incident.history;

	fixture_build("container_trap", ev);
	set_points(history, 38 * MINUTE, mib, 13);
	set_reclaim(history);
	history->cgroup_age_ns = 52 * MINUTE;
	history->cgroup_age_is_minimum = 0;
	history->window_ns = 280 * SECOND;
	history->limit_hits = 52;
	judge(ev);
}

/* Too young to have been sampled. */
void fixture_young(struct event *ev)
{
	struct trend *history = &ev->incident.history;

	fixture_build("container_trap", ev);
	set_reclaim(history);
	history->reclaim_evidence = EVIDENCE_INFERRED;
	history->at_limit_ns = 65 * SECOND / 1000;
	history->at_limit_passes = 1;
	history->cgroup_age_ns = 700 * SECOND / 1000;
	history->cgroup_age_is_minimum = 0;
	judge(ev);
}

static struct event_pod *add_pod(struct event *ev, const char *ns, const char *name,
				 const char *uid, __u64 usage_bytes, __u64 request_bytes)
{
	struct event_pod *pod = &ev->incident.pods[ev->incident.pods_count++];
	bool exact = !request_bytes;

	set_who(ev, &pod->who, ns, name, uid, "");
	pod->who.source = IDENTITY_BUNDLE;
	pod->usage_bytes = usage_bytes;
	pod->usage_age_ns = 6 * SECOND;
	pod->cgroup.id = 4700 + ev->incident.pods_count;
	pod->over_request_bytes = usage_bytes > request_bytes ? usage_bytes - request_bytes : 0;
	set_request(&pod->who.request, request_bytes, exact ? 0 : MIB(16),
		    exact ? REQUEST_QOS_CLASS : REQUEST_OOM_SCORE_ADJ);
	return pod;
}

static struct event_pod *add_report(struct event *ev)
{
	struct event_pod *pod = add_pod(ev, "batch", "report-29k4x",
					"325d1c77-0b1e-4b1c-9a0e-6f2f3f6a9d10", MIB(176), 0);

	pod->cgroup.id = 4822;
	pod->usage_age_ns = 0;
	return pod;
}

static void add_others(struct event *ev)
{
	struct incident *incident = &ev->incident;

	add_pod(ev, "search", "es-0", "0a9f6d52-4c0b-4a3e-a2f6-5be1c7d8e901", MIB(2150), MIB(2048));
	add_pod(ev, "web", "front-6c5d97-qk2lm", "77e0b6f0-c2d9-4e7a-9835-5d20c1fe9a44", MIB(410),
		MIB(512));
	incident->pods_omitted = 10;
	incident->pods_unknown = 0;
	incident->pods_age_ns = 8 * SECOND;
}

/* The design's second report. */
void fixture_culprit(struct event *ev)
{
	static const __u64 mib[] = { 3174, 3300, 3700, 4600, 5400, 6400, 7300, 8400, 9626 };
	struct event_pod *trainer;

	fixture_build("node", ev);
	trainer = add_pod(ev, "ml", "trainer-0", "81aa7be4-6d0f-4c6b-b7f0-02d9f2a6c1e8", MIB(9626),
			  MIB(2048));
	trainer->who.container_name = make_text(ev, "train");
	ev->incident.memory.source = MEMORY_FLUSHED;
	ev->incident.memory.age_ns = 2 * SECOND;
	ev->incident.memory.usage_bytes = GIB(13);
	ev->incident.memory.anon_bytes = MIB(12700);
	ev->incident.memory.file_bytes = MIB(300);
	ev->incident.memory.shmem_bytes = MIB(12);
	ev->incident.memory.kernel_bytes = MIB(300);
	set_points(&ev->incident.culprit.history, 4 * MINUTE, mib, 9);
	add_report(ev);
	add_others(ev);
	judge(ev);
}

static void forget_culprit(struct event *ev)
{
	fixture_build("node", ev);
	ev->incident.history.cgroup_age_ns = 40 * 24 * 60 * MINUTE;
}

void fixture_nobody(struct event *ev)
{
	static const __u64 mib[] = { 12000, 12400, 12800, 13000, 13312 };

	forget_culprit(ev);
	set_points(&ev->incident.history, 10 * MINUTE, mib, 5);
	add_pod(ev, "ml", "trainer-0", "81aa7be4-6d0f-4c6b-b7f0-02d9f2a6c1e8", MIB(9626),
		MIB(9800));
	set_request(&add_report(ev)->who.request, MIB(192), 0, REQUEST_ALLOCATED);
	ev->incident.pods[1].over_request_bytes = 0;
	add_others(ev);
	ev->incident.pods[2].over_request_bytes = 0;
	set_request(&ev->incident.pods[2].who.request, MIB(2200), 0, REQUEST_ALLOCATED);
	judge(ev);
}

/* Of one that holds more than any known is above its request nobody knows what it requests. */
void fixture_unknown_request(struct event *ev)
{
	struct event_pod *pod;

	forget_culprit(ev);
	add_report(ev);
	add_others(ev);
	pod = add_pod(ev, "ml", "trainer-0", "81aa7be4-6d0f-4c6b-b7f0-02d9f2a6c1e8", MIB(9626), 1);
	set_request(&pod->who.request, NOT_KNOWN, NOT_KNOWN, REQUEST_NONE);
	pod->over_request_bytes = NOT_KNOWN;
	ev->incident.pods_unknown = 1;
	judge(ev);
}

void fixture_repeat(struct event *ev)
{
	fixture_before(ev);
	ev->incident.repeat.container_kills_1h = 7;
	ev->incident.repeat.container_since_ns = 40 * MINUTE;
	ev->incident.repeat.limit_owner_kills_1h = 9;
}

/* The first of a storm; the next ones print nothing. */
void fixture_storm(struct event *ev)
{
	fixture_repeat(ev);
	ev->incident.repeat.storm_kills = 1;
}

static void begin_update(struct event *ev)
{
	event_init(ev, EVENT_UPDATE);
	set_time(ev, 11550, 0);
	snprintf(ev->id, sizeof(ev->id), "1f0c9a6e-376723-48121");
}

void fixture_storm_over(struct event *ev)
{
	begin_update(ev);
	ev->update.storm.kills = 87;
	ev->update.storm.duration_ns = 12 * SECOND;
	ev->update.storm.is_over = 1;
	headline(ev);
}

void fixture_after(struct event *ev)
{
	begin_update(ev);
	ev->update.after.pid = 48121;
	ev->update.after.comm = make_text(ev, "java");
	ev->update.after.ended_ns = 2400 * SECOND / 1000;
	ev->update.after.freed_ns = 3100 * SECOND / 1000;
	ev->update.after.waited_ns = 3100 * SECOND / 1000;
	headline(ev);
}

static void add_candidate(struct event *ev, const char *comm, __u64 pid, __s64 adj, __u64 rss_bytes,
			  __s64 points_bytes, enum spared spared)
{
	struct candidate *it = &ev->update.candidates[ev->update.candidates_count++];

	it->comm = make_text(ev, comm);
	it->pid = pid;
	it->oom_score_adj = adj;
	it->rss_bytes = rss_bytes;
	it->swap_bytes = 0;
	it->pagetables_bytes = KIB(700);
	it->points_bytes = points_bytes;
	it->points = points_bytes == NOT_KNOWN_SIGNED ? NOT_KNOWN_SIGNED : points_bytes / 4096;
	it->spared = spared;
	it->chosen = ev->update.candidates_count == 1;
}

void fixture_candidates(struct event *ev)
{
	begin_update(ev);
	ev->update.domain_bytes = GIB(13);
	add_candidate(ev, "report-gen", 90211, 1000, MIB(175), GIB(13) + MIB(175) + KIB(700),
		      SPARED_NOT_SAID);
	add_candidate(ev, "sh", 90400, 1000, MIB(1), GIB(13) + MIB(1) + KIB(700), SPARED_NOT_SAID);
	add_candidate(ev, "cat", 90401, 1000, KIB(500), GIB(13) + KIB(1200), SPARED_NOT_SAID);
	add_candidate(ev, "python", 88120, 872, MIB(600), MIB(11608) + MIB(600) + KIB(700),
		      SPARED_LOWER_SCORE);
	add_candidate(ev, "kube-proxy", 2410, -1000, MIB(190), NOT_KNOWN_SIGNED, SPARED_PROTECTED);
	add_candidate(ev, "etcd", 1100, -997, GIB(2), NOT_KNOWN_SIGNED, SPARED_OTHER_MEMCG);
	ev->update.candidates[2].fate = FATE_GROUP;
	ev->update.candidates_omitted = 31;
	headline(ev);
}
