// SPDX-License-Identifier: GPL-2.0-only
/*
 * text: the order of a report, and its lines except for the table of limits and the sentence above
 * it (text_limits.c).
 */
#define _GNU_SOURCE /* memmem() */
#include <string.h>

#include "text_report.h"

#define OTHERS_NAMED_MAX 4

void report_label(struct report *r, const char *word)
{
	r->w.indent = REPORT_INDENT;
	say_solid(&r->w, "  ");
	put_ink(&r->w, INK_DIM);
	say_solid(&r->w, "%s", word);
	put_ink(&r->w, INK_PLAIN);
	say_solid(&r->w, "%*s", REPORT_INDENT - r->w.col, "");
}

void report_name(struct report *r, struct text name)
{
	put_name(&r->w, text_bytes(r->ev, name), name.len);
}

bool report_who(struct report *r, const struct event_task *task, enum who_part parts)
{
	struct piece pieces[WHO_PIECES_MAX];
	size_t n = headline_who(r->ev, task, parts, pieces);

	for (size_t i = 0; i < n; i++) {
		if (pieces[i].name)
			put_name(&r->w, pieces[i].bytes, pieces[i].len);
		else
			put_words(&r->w, pieces[i].bytes, pieces[i].len);
	}
	return n != 0;
}

void report_container(struct report *r)
{
	const struct identity *who = &incident_subject(r->incident)->who;

	if (who->container_name.len)
		put_quoted(&r->w, text_bytes(r->ev, who->container_name), who->container_name.len);
	else
		say(&r->w, "the container");
}

/* Levels at which the victim's pod is one of many: what it is about is not the victim. */
static bool is_shared(enum limit_level level)
{
	return level != LIMIT_NESTED && level != LIMIT_CONTAINER && level != LIMIT_POD &&
	       level != LIMIT_SLICE;
}

void report_time(struct report *r)
{
	char time[UNITS_MAX];

	if (known(r->ev->time_ns) && r->ev->time_ns)
		say_solid(&r->w, "%s ", units_time(r->ev->time_ns, time, sizeof(time)));
}

static const char *what_happened(const struct report *r)
{
	if (r->ev->type == EVENT_STALL)
		return "OOM STALL:";
	return r->incident->victim.fate == FATE_ALREADY_EXITING ? "OOM, NO KILL:" : "OOM KILL:";
}

static void first_line(struct report *r)
{
	const struct event_task *subject = incident_subject(r->incident);
	char limit[HEADLINE_LIMIT_MAX];

	r->w.indent = REPORT_INDENT;
	report_time(r);
	put_ink(&r->w, INK_ALARM);
	say_solid(&r->w, "%s", what_happened(r));
	put_ink(&r->w, INK_PLAIN);
	say(&r->w, " %s", headline_limit(r->incident, limit, sizeof(limit)));
	if (r->level == LIMIT_SLICE) {
		say(&r->w, " ");
		report_name(r, r->incident->limit_owner.cgroup.path);
	} else if (!is_shared(r->level)) {
		say(&r->w, "  ");
		if (!report_who(r, subject, WHO_POD))
			report_who(r, subject, WHO_ALL);
	} else {
		say(&r->w, "  ");
		report_name(r, r->ev->node_name);
	}
	put_newline(&r->w);
}

static void fix_line(struct report *r)
{
	const struct verdict *verdict = &r->incident->verdict;
	struct text words = verdict->action.len ? verdict->action : verdict->manifest_field;

	if (!words.len)
		return;
	report_label(r, "fix");
	put_ink(&r->w, INK_FIX);
	if (!verdict->action.len)
		say(&r->w, "change ");
	put_words(&r->w, text_bytes(r->ev, words), words.len);
	put_ink(&r->w, INK_PLAIN);
	put_newline(&r->w);
}

static void put_comm_and_pid(struct report *r, const struct event_task *task)
{
	if (task->comm.len)
		report_name(r, task->comm);
	else
		say(&r->w, "a process");
	if (known(task->pid)) {
		say(&r->w, ", ");
		say_solid(&r->w, "pid %llu", (unsigned long long)task->pid);
	}
}

/* What Kubernetes will show. The container ends with its process 1 and with nothing else. */
static void put_container_ends(struct report *r)
{
	const struct event_task *victim = &r->incident->victim;
	__u64 ends = r->incident->verdict.container_ends;
	bool first = !known(victim->vpid) || victim->vpid == 1;

	if (!known(ends) || victim->fate == FATE_ALREADY_EXITING)
		return;
	say(&r->w, !ends ? ", not " : first ? ", " : "; with it ");
	if (is_shared(r->level) && victim->who.container_name.len)
		say(&r->w, "its "); /* named just before */
	say_solid(&r->w, "PID 1");
	if (!is_shared(r->level) && victim->who.container_name.len) {
		say(&r->w, " of ");
		report_container(r);
	}
	if (!ends)
		say(&r->w, ": the container runs on, Kubernetes shows nothing now");
	else if (is_shared(r->level))
		say(&r->w, ": the container ends (OOMKilled, 137)");
	else
		say(&r->w, ": the container ends, Kubernetes shows OOMKilled, 137");
	if (ends && r->detail == DETAIL_ALL && known(victim->who.restarts) && victim->who.restarts)
		say(&r->w, "; restarted %llu time%s before",
		    (unsigned long long)victim->who.restarts, victim->who.restarts == 1 ? "" : "s");
}

static void killed_line(struct report *r)
{
	const struct incident *incident = r->incident;
	const struct event_task *victim = &incident->victim;
	bool elsewhere = !text_equal(r->ev, victim->cgroup.path, incident->limit_owner.cgroup.path);
	bool shared = is_shared(r->level);
	char bytes[UNITS_MAX];

	report_label(r, victim->fate == FATE_ALREADY_EXITING ? "exiting" : "killed");
	if (incident->verdict.evidence == EVIDENCE_LOG && victim->fate == FATE_NONE &&
	    !victim->comm.len) {
		say(&r->w, "not known: the log ends before it is said");
		put_newline(&r->w);
		return;
	}
	if ((shared || (r->level == LIMIT_SLICE && elsewhere)) && report_who(r, victim, WHO_ALL))
		say(&r->w, ": ");
	put_comm_and_pid(r, victim);
	if (known(victim->rss_bytes)) {
		say(&r->w, ", ");
		say_solid(&r->w, "rss %s", units_bytes(victim->rss_bytes, bytes, sizeof(bytes)));
	}
	if (shared && victim->oom_score_adj != NOT_KNOWN_SIGNED) {
		const char *qos = qos_class_name((enum qos_class)victim->who.qos);

		say(&r->w, *qos ? ", %s " : ", %s", qos);
		say_solid(&r->w, "(adj %lld)", (long long)victim->oom_score_adj);
	}
	put_container_ends(r);
	if (report_has_pods(r))
		report_blame(r);
	if (victim->fate == FATE_ALREADY_EXITING)
		say(&r->w, ": it was dying already, so nobody was killed; its memory comes free");
	put_newline(&r->w);
}

static const char *why_died(__u64 fate)
{
	static const char *const words[] = {
		[FATE_NONE] = "",
		[FATE_KILLED] = "",
		[FATE_GROUP] = " (memory.oom.group)",
		[FATE_SHARES_MEMORY] = " (shares its memory)",
		[FATE_ALREADY_EXITING] = " (exiting already)",
	};

	return fate < sizeof(words) / sizeof(words[0]) ? words[fate] : "";
}

static void others_line(struct report *r)
{
	const struct incident *incident = r->incident;
	__u64 here = known(incident->other_victims_count) ? incident->other_victims_count : 0;
	__u64 total, named, fate;
	bool same = true;

	if (here > INCIDENT_OTHER_VICTIMS_MAX)
		here = INCIDENT_OTHER_VICTIMS_MAX;
	total = here +
		(known(incident->other_victims_omitted) ? incident->other_victims_omitted : 0);
	if (!total)
		return;
	fate = here ? incident->other_victims[0].fate : FATE_NONE;
	for (__u64 i = 0; i < here; i++)
		same = same && incident->other_victims[i].fate == fate;
	report_label(r, "others");
	say(&r->w, "%llu more died with it%s", (unsigned long long)total,
	    same ? why_died(fate) : "");
	named = r->detail < DETAIL_OTHERS_COUNTED ?
			(here < OTHERS_NAMED_MAX ? here : OTHERS_NAMED_MAX) :
			0;
	for (__u64 i = 0; i < named; i++) {
		say(&r->w, i ? "; " : ": ");
		put_comm_and_pid(r, &incident->other_victims[i]);
		say(&r->w, "%s", same ? "" : why_died(incident->other_victims[i].fate));
	}
	if (named && total > named)
		say(&r->w, "; and %llu more", (unsigned long long)(total - named));
	put_newline(&r->w);
}

/* Members of a group that died, but for these. */
static void spared_line(struct report *r)
{
	const struct incident *incident = r->incident;
	__u64 here = incident->survivors_count, omitted = incident->survivors_omitted;

	if (!here || here > INCIDENT_SURVIVORS_MAX)
		return;
	report_label(r, "spared");
	for (__u64 i = 0; i < here && i < OTHERS_NAMED_MAX; i++) {
		const struct survivor *survivor = &incident->survivors[i];

		say(&r->w, i ? "; " : "");
		report_name(r, survivor->comm);
		say(&r->w, ", ");
		say_solid(&r->w, "pid %llu", (unsigned long long)survivor->pid);
	}
	if (here + omitted > OTHERS_NAMED_MAX)
		say(&r->w, "; and %llu more",
		    (unsigned long long)(here + omitted - OTHERS_NAMED_MAX));
	say(&r->w, ": protected (adj -1000)");
	put_newline(&r->w);
}

static void stalled_line(struct report *r)
{
	const struct event_task *trigger = &r->incident->trigger;

	report_label(r, "stuck");
	if (known(trigger->pid)) {
		put_comm_and_pid(r, trigger);
		say(&r->w, ": ");
	}
	say(&r->w, "%s", headline_stall(&r->incident->stall));
	if (r->incident->stall.kind == STALL_NOTHING_KILLABLE)
		say(&r->w, ", and the kernel tries again and again");
	put_newline(&r->w);
}

static bool same_text(const struct report *r, struct text a, struct text b)
{
	return a.len && text_equal(r->ev, a, b);
}

static void put_where(struct report *r, const struct event_task *trigger)
{
	const struct identity *a = &trigger->who, *b = &r->incident->victim.who;
	bool same_pod = same_text(r, a->pod_uid, b->pod_uid) ||
			same_text(r, a->static_pod_hash, b->static_pod_hash);
	struct piece pieces[WHO_PIECES_MAX];

	if (same_text(r, a->container_id, b->container_id)) {
		say(&r->w, ", same container");
	} else if (same_text(r, trigger->cgroup.path, r->incident->victim.cgroup.path)) {
		say(&r->w, ", same cgroup");
	} else if (same_pod) {
		say(&r->w, trigger->who.container_name.len ? ", same pod, another container " :
							     ", same pod, another ");
		report_who(r, trigger, WHO_CONTAINER);
	} else if (headline_who(r->ev, trigger, WHO_ALL, pieces)) {
		say(&r->w, ", in ");
		report_who(r, trigger, WHO_ALL);
	}
}

static bool has_flag(const struct report *r, const char *word)
{
	struct text flags = r->incident->allocation.gfp_flags;

	return flags.len && memmem(text_bytes(r->ev, flags), flags.len, word, strlen(word));
}

/* A plain GFP_KERNEL may be either: so are anonymous pages charged to a cgroup. */
static const char *whose_page(const struct report *r)
{
	if (has_flag(r, "_ACCOUNT"))
		return " of kernel memory";
	return has_flag(r, "GFP_HIGHUSER_MOVABLE") ? " of a process or of the page cache" : "";
}

/* Whose allocation ran into the limit. */
static void asked_line(struct report *r)
{
	const struct event_task *trigger = &r->incident->trigger;
	__s64 order = r->incident->allocation.order;
	bool itself = known(trigger->pid) && trigger->pid == r->incident->victim.pid;

	if (r->detail >= (itself ? DETAIL_OTHERS_COUNTED : DETAIL_NO_TRIGGER) ||
	    (!known(trigger->pid) && !trigger->comm.len) || report_culprit_asked(r))
		return;
	report_label(r, "asked");
	if (itself) {
		say(&r->w, r->incident->victim.fate == FATE_ALREADY_EXITING ?
				   "the same process" :
				   "the killed process itself");
	} else {
		put_comm_and_pid(r, trigger);
		put_where(r, trigger);
	}
	if (r->incident->trigger_lowers_limit == 1) {
		say(&r->w, ": not for memory, it set the limit below what was in use");
		put_newline(&r->w);
		return;
	}
	if (r->incident->limit_owner.lowered == 1)
		say(&r->w, ", when the limit had been set below what was in use");
	if (order >= 0 && order < 32)
		say(&r->w, order ? ": %llu pages in one piece" : ": %llu page", 1ULL << order);
	say(&r->w, "%s", whose_page(r));
	put_newline(&r->w);
}

static void id_line(struct report *r)
{
	__u64 lost = r->incident->losses_total;
	struct text node = r->ev->node_name;
	const char *gap = "";

	if (!r->ev->id[0] && !known(lost) && (!node.len || is_shared(r->level)))
		return;
	report_label(r, "id");
	if (r->ev->id[0]) {
		put_name(&r->w, r->ev->id, strnlen(r->ev->id, sizeof(r->ev->id)));
		gap = "   ";
	}
	if (node.len && !is_shared(r->level)) {
		say(&r->w, "%s", gap);
		say_solid(&r->w, "node ");
		report_name(r, node);
		gap = "   ";
	}
	if (report_has_pods(r)) {
		say(&r->w, "%s", gap);
		report_evidence(r, false);
		gap = "   ";
	}
	if (known(lost)) {
		say(&r->w, "%s", gap);
		put_ink(&r->w, lost ? INK_ALARM : INK_PLAIN);
		if (lost)
			say_solid(&r->w, "%llu lost", (unsigned long long)lost);
		else
			say_solid(&r->w, "nothing lost");
		put_ink(&r->w, INK_PLAIN);
	}
	put_newline(&r->w);
}

/* Where it is known who holds the memory, the cause comes before all but the victim. */
static void write_pods(struct report *r)
{
	killed_line(r);
	others_line(r);
	spared_line(r);
	report_cause(r);
	fix_line(r);
	report_pods(r);
	report_filled(r);
	report_limits_line(r);
}

static void write_incident(struct report *r)
{
	first_line(r);
	if (r->ev->type == EVENT_STALL) {
		fix_line(r);
		stalled_line(r);
		report_limit(r);
	} else if (report_has_pods(r)) {
		write_pods(r);
	} else if (is_shared(r->level)) {
		killed_line(r);
		others_line(r);
		spared_line(r);
		report_limit(r);
		fix_line(r);
	} else {
		fix_line(r);
		killed_line(r);
		others_line(r);
		spared_line(r);
		report_limit(r);
	}
	report_before(r);
	if (r->ev->type != EVENT_STALL)
		asked_line(r);
	report_stack(r);
	report_chosen(r);
	report_log(r);
	id_line(r);
}

size_t text_write(const struct event *ev, const struct text_style *style, char *buf, size_t size)
{
	struct report r = { .ev = ev };

	if (report_is_one_line(ev)) {
		writer_init(&r.w, style, buf, size);
		report_one_line(&r);
		return writer_end(&r.w);
	}
	r.incident = &ev->incident;
	r.level = incident_level(r.incident);
	/*
	 * Too long: again with less. What matters most is never left out, so the last try stands.
	 */
	for (; r.detail <= DETAIL_HIT_ONLY; r.detail++) {
		writer_init(&r.w, style, buf, size);
		write_incident(&r);
		if (r.w.lines <= TEXT_LINES_MAX && !r.w.full)
			break;
	}
	return writer_end(&r.w);
}
