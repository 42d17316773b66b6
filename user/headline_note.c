// SPDX-License-Identifier: GPL-2.0-only
/* headline_note: headlines of what is neither a kill nor a stall. */
#include "base/units.h"
#include "headline.h"
#include "headline_line.h"

static void update_line(struct line *line, const struct event *ev)
{
	const struct limit_owner *owner = &ev->update.limit_owner;
	const struct stall *stall = &ev->update.stall;
	struct event_task task = { .who = owner->who, .cgroup = owner->cgroup };
	struct piece who[WHO_PIECES_MAX];
	size_t pieces = headline_who(ev, &task, WHO_ALL, who);
	char duration[UNITS_MAX];

	line_putf(line, pieces ? "OOM stall over in " : "OOM stall over");
	for (size_t i = 0; i < pieces; i++)
		line_name(line, who[i].bytes, who[i].len);
	if (known(stall->attempts)) {
		line_putf(line, ": ");
		line_count(line, stall->attempts, "attempt", "attempts");
	} else if (known(stall->tasks)) {
		line_putf(line, ": ");
		line_count(line, stall->tasks, "task waited", "tasks waited");
	}
	if (known(stall->duration_ns))
		line_putf(line, " in %s",
			  units_duration(stall->duration_ns, duration, sizeof(duration)));
}

static void after_line(struct line *line, const struct event *ev)
{
	const struct after *after = &ev->update.after;
	char time[UNITS_MAX];

	line_text(line, ev, after->comm);
	line_putf(line, ", pid %llu, ", (unsigned long long)after->pid);
	if (known(after->ended_ns))
		line_putf(line, "ended %s after its kill",
			  units_duration(after->ended_ns, time, sizeof(time)));
	else
		line_putf(line, "has not ended %s after its kill",
			  units_duration(after->waited_ns, time, sizeof(time)));
	if (known(after->freed_ns))
		line_putf(line, ", its memory was free after %s",
			  units_duration(after->freed_ns, time, sizeof(time)));
}

static void storm_line(struct line *line, const struct storm *storm)
{
	char time[UNITS_MAX];

	line_putf(line, "OOM storm%s: ", storm->is_over == 1 ? " over" : " goes on");
	line_count(line, storm->kills, "kill", "kills");
	if (known(storm->duration_ns))
		line_putf(line, " in %s", units_duration(storm->duration_ns, time, sizeof(time)));
}

static void start_line(struct line *line, const struct start *start)
{
	static const char *const plans[] = { "", " fentry", " kprobe", " tracepoint",
					     " kernel log" };
	static const char *const evidence[] = { "", "exact", "inferred", "log" };
	const char *joint = ":";

	line_putf(line, "watching OOM kills");
	if (start->attach > ATTACH_NONE && start->attach <= ATTACH_KMSG) {
		line_putf(line, "%s%s", joint, plans[start->attach]);
		joint = ",";
	}
	if (known(start->cgroup_version)) {
		line_putf(line, "%s cgroup v%llu", joint,
			  (unsigned long long)start->cgroup_version);
		joint = ",";
	}
	if (start->evidence > EVIDENCE_NONE && start->evidence <= EVIDENCE_LOG)
		line_putf(line, "%s %s", joint, evidence[start->evidence]);
	if (start->pins == PINS_TAKEN_OVER)
		line_putf(line, "; taken over as it was pinned");
	else if (start->pins == PINS_MADE || start->pins == PINS_REPLACED)
		line_putf(line, "; pinned%s",
			  start->pins == PINS_REPLACED ? " in another's place" : "");
	if (start->degraded_from > ATTACH_NONE && start->degraded_from <= ATTACH_KMSG)
		line_putf(line, "; the hooks of%s do not fire", plans[start->degraded_from]);
}

/* Most of those that nobody saw are of a kind of their own. */
static __u64 unexplained_kills(const struct losses *losses)
{
	__u64 explained = known(losses->ring_kills) ? losses->ring_kills : 0;

	explained += known(losses->hook_misses) ? losses->hook_misses : 0;
	if (!known(losses->unseen_kills) || losses->unseen_kills <= explained)
		return 0;
	return losses->unseen_kills - explained;
}

static void loss_parts(struct line *line, const struct losses *losses)
{
	__u64 unexplained = unexplained_kills(losses);
	const struct {
		__u64 count;
		const char *one, *many;
	} parts[] = {
		{ losses->ring_kills, "kill (kernel buffer full)", "kills (kernel buffer full)" },
		{ losses->downtime, "kill (kernel buffer full while no oomwhy ran)",
		  "kills (kernel buffer full while no oomwhy ran)" },
		{ unexplained, "kill that the kernel counted and nobody saw",
		  "kills that the kernel counted and nobody saw" },
		{ losses->before_start, "kill since boot that nobody knows of",
		  "kills since boot that nobody knows of" },
		{ losses->log_reports, "report left out of the kernel's log (rate limit)",
		  "reports left out of the kernel's log (rate limit)" },
		{ losses->log_overwritten, "record of the kernel's log (overwritten unread)",
		  "records of the kernel's log (overwritten unread)" },
		{ losses->queue, "kill (reader of stdout too slow)",
		  "kills (reader of stdout too slow)" },
		{ losses->queue_others, "other line (reader of stdout too slow)",
		  "other lines (reader of stdout too slow)" },
		{ losses->ring_records, "other record (kernel buffer full)",
		  "other records (kernel buffer full)" },
		{ losses->record, "line not recorded", "lines not recorded" },
		{ losses->incomplete, "incident incomplete", "incidents incomplete" },
		{ losses->hook_misses, "kill of nobody knows whom", "kills of nobody knows whom" },
		{ losses->state, "kill not kept in the state folder",
		  "kills not kept in the state folder" },
		{ losses->ring_cgroups, "cgroup record (repaired by a rescan)",
		  "cgroup records (repaired by a rescan)" },
	};
	const char *joint = "";

	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		if (!known(parts[i].count) || !parts[i].count)
			continue;
		line_putf(line, "%s", joint);
		line_count(line, parts[i].count, parts[i].one, parts[i].many);
		joint = ", ";
	}
	if (*joint)
		return;
	if (known(losses->total))
		line_count(line, losses->total, "kill", "kills");
	else
		line_putf(line, "an unknown number of kills");
}

static void loss_line(struct line *line, const struct event *ev)
{
	line_putf(line, "lost: ");
	loss_parts(line, &ev->loss);
	for (__u64 i = 0; i < ev->loss_places_count; i++) {
		line_putf(line, "%s%llu in ", i ? ", " : "; ",
			  (unsigned long long)ev->loss_places[i].kills);
		line_text(line, ev, ev->loss_places[i].cgroup.path);
	}
	if (ev->loss_places_omitted)
		line_putf(line, " and elsewhere");
}

static void stop_line(struct line *line, const struct stop *stop)
{
	char duration[UNITS_MAX];

	line_putf(line, "stopped: ");
	line_count(line, known(stop->incidents) ? stop->incidents : 0, "incident", "incidents");
	if (known(stop->victims)) {
		line_putf(line, ", ");
		line_count(line, stop->victims, "victim", "victims");
	}
	if (known(stop->stalls) && stop->stalls) {
		line_putf(line, ", ");
		line_count(line, stop->stalls, "stall", "stalls");
	}
	if (known(stop->filtered))
		line_putf(line, ", %llu filtered out", (unsigned long long)stop->filtered);
	if (known(stop->duration_ns))
		line_putf(line, " in %s",
			  units_duration(stop->duration_ns, duration, sizeof(duration)));
	if (known(stop->cross_check_differed) && stop->cross_check_differed)
		line_putf(line, ", %llu of %llu cross-checks differed",
			  (unsigned long long)stop->cross_check_differed,
			  (unsigned long long)(stop->cross_check_differed +
					       (known(stop->cross_check_agreed) ?
							stop->cross_check_agreed :
							0)));
	if (!known(stop->losses.total))
		return;
	line_putf(line, stop->losses.total ? ", lost: " : ", nothing lost");
	if (stop->losses.total)
		loss_parts(line, &stop->losses);
}

void line_of_note(struct line *line, const struct event *ev)
{
	switch (ev->type) {
	case EVENT_START:
		start_line(line, &ev->start);
		break;
	case EVENT_UPDATE:
		if (known(ev->update.after.pid))
			after_line(line, ev);
		else if (ev->update.candidates_count) {
			line_putf(line, "chosen ");
			line_of_candidates(line, ev, ev->update.candidates,
					   ev->update.candidates_count, ev->update.domain_bytes);
		} else if (known(ev->update.storm.kills))
			storm_line(line, &ev->update.storm);
		else
			update_line(line, ev);
		break;
	case EVENT_LOSS:
		loss_line(line, ev);
		break;
	case EVENT_STOP:
		stop_line(line, &ev->stop);
		break;
	default:
		break;
	}
}
