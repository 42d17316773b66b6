// SPDX-License-Identifier: GPL-2.0-only
#include <stdio.h>
#include <string.h>

#include "source/assemble.h"
#include "source/owner.h"
#include "source/record_event.h"
#include "source/record_history.h"

/* The kernel may print its report to a slow serial console between a decision and its victim. */
#define DECISION_PATIENCE_NS (10 * 1000000000ULL)
/*
 * And a line for each victim. Without a visible end as long after one that may be followed by
 * others, of its group or with its memory, these may come.
 */
#define VICTIM_PATIENCE_NS (1 * 1000000000ULL)
/* MEMCG_CHARGE_BATCH: so much may each CPU charge in vain at once. */
#define CHARGE_BATCH_PAGES 64

static void init_parts(struct assembler *as)
{
	const struct assemble_config *config = &as->config;
	struct stalls_config stalls = {
		.page_bytes = config->page_bytes,
		.boot_id = config->boot_id,
		.wall_ns = config->wall_ns,
		.attempts = config->attempts,
		.emit = config->emit,
		.context = config->context,
	};

	struct deaths_config deaths = {
		.wall_ns = config->wall_ns,
		.emit = config->emit,
		.context = config->context,
	};

	deaths_init(&as->deaths, &deaths);
	stalls_init(&as->stalls, &stalls);
}

void assemble_init(struct assembler *as, const struct assemble_config *config)
{
	memset(as, 0, sizeof(*as));
	as->config = *config;
	init_parts(as);
	infer_init(&as->infer, config->cpus);
	as->owner_slack_pages = CHARGE_BATCH_PAGES * (__u64)(config->cpus > 0 ? config->cpus : 1);
}

static void set_id(struct assembler *as)
{
	struct event *ev = &as->ev;

	snprintf(ev->id, sizeof(ev->id), "%.8s-%llu-%llu", as->config.boot_id,
		 ev->boot_time_ns / 1000000000ULL, ev->incident.victim.pid);
}

static void close_incident(struct assembler *as)
{
	struct incident *incident = &as->ev.incident;

	if (!as->open)
		return;
	as->open = false;
	if (incident->victim.pid == NOT_KNOWN) {
		/* Chosen, but gone before it could be marked: nobody was killed. */
		if (!as->gap)
			return;
		/* The kernel had chosen somebody, and the record of who it was is missing. */
		if (as->chosen)
			incident->victim.pid = as->chosen;
	}
	/* The missing record may be its victim's, or its group's that counts the first victim
	 * again. */
	if (as->gap && (incident->victim.counted == NOT_KNOWN ||
			(as->group_id && incident->victim.counted == 1)))
		as->stats.may_be_counted++;
	as->stats.incomplete += as->gap;
	as->stats.incidents++;
	set_id(as);
	as->config.emit(as->config.context, &as->ev);
	deaths_told(&as->deaths, incident->victim.pid, as->ev.id);
}

static void open_incident(struct assembler *as, const struct oomwhy_header *header, __u64 asker)
{
	close_incident(as);
	event_init(&as->ev, EVENT_INCIDENT);
	as->ev.boot_time_ns = header->boot_time_ns;
	as->ev.time_ns = as->config.wall_ns(header->boot_time_ns);
	as->ev.origin = ORIGIN_LIVE;
	as->open = true;
	as->decided = false;
	as->gap = false;
	as->group_id = 0;
	as->asker = asker;
	as->decision = 0;
	as->chosen = 0;
	as->owner_id = 0;
}

/* Numbers, until somebody knows their names. */
static void put_stack(struct assembler *as)
{
	char text[OOMWHY_FRAMES_MAX * 20 + 1];
	size_t len = 0;

	if (as->stack.asker != as->asker)
		return;
	for (__u64 i = 0; i < as->stack.count; i++)
		len += (size_t)snprintf(text + len, sizeof(text) - len, "%s%#llx", i ? ";" : "",
					(unsigned long long)as->stack.frames[i]);
	as->ev.incident.trigger_stack = event_text(&as->ev, text, len);
	as->stack.asker = as->stack.count = 0;
}

static void take_decision(struct assembler *as, const struct oomwhy_decision *record)
{
	open_incident(as, &record->header, record->asker);
	as->has_trigger = false;
	as->children_count = as->memories_count = 0;
	as->gap_before = false;
	as->decided = true;
	as->decision = record->header.sequence;
	as->chosen = record->chosen_tgid;
	as->chosen_tid = record->chosen_tid;
	as->deadline_ns = record->header.boot_time_ns + DECISION_PATIENCE_NS;
	as->owner_id = record->is_memcg && record->owner.count ? record->owner.level[0].id : 0;
	event_from_decision(&as->ev, record, as->config.page_bytes);
	put_stack(as);
	as->ev.incident.verdict.evidence = EVIDENCE_EXACT;
}

/*
 * It comes right after its decision. Without a visible one it is the first record of its victim,
 * which opens the incident.
 */
static void take_trigger(struct assembler *as, const struct oomwhy_trigger *record)
{
	as->has_trigger = true;
	as->gap_before = false;
	memcpy(&as->trigger, record, record->header.size);
	if (as->open && as->decided && record->header.sequence == as->decision + 1)
		event_from_trigger(&as->ev, record, as->config.page_bytes);
}

static void take_reclaims(struct assembler *as, const struct oomwhy_reclaims *record)
{
	as->has_reclaims = true;
	memcpy(&as->reclaims, record, record->header.size);
}

static void take_children(struct assembler *as, const struct oomwhy_children *record)
{
	/* The outermost of the full ones is seldom asked for: the two lowest are kept. */
	if (as->children_count < 2)
		memcpy(&as->children[as->children_count++], record, record->header.size);
}

static void take_memory(struct assembler *as, const struct oomwhy_memory *record)
{
	const size_t max = sizeof(as->memories) / sizeof(as->memories[0]);

	if (as->memories_count < max)
		as->memories[as->memories_count++] = *record;
}

/* A second mark of the same process: one of its threads, or a group that names its first victim
 * twice. */
static bool was_seen(struct assembler *as, const struct oomwhy_task *task)
{
	for (int i = 0; i < ASSEMBLE_SEEN_MAX; i++)
		if (as->seen[i].tgid == task->tgid &&
		    as->seen[i].start_time_ns == task->start_time_ns)
			return true;
	as->seen[as->seen_next].tgid = task->tgid;
	as->seen[as->seen_next].start_time_ns = task->start_time_ns;
	as->seen_next = (as->seen_next + 1) % ASSEMBLE_SEEN_MAX;
	return false;
}

static void count_kill(struct assembler *as, const struct oomwhy_header *header)
{
	as->stats.counted += header->boot_time_ns >= as->counted_from_ns;
}

static void take_first_victim(struct assembler *as, const struct oomwhy_victim *record)
{
	struct incident *incident = &as->ev.incident;
	int owner;

	event_from_victim(&as->ev, &incident->victim, record, as->config.page_bytes);
	if (as->decided && as->chosen == record->task.tgid)
		event_refine_rss(&as->ev, &record->task, as->config.page_bytes);
	event_from_host(&as->ev, record, as->config.page_bytes, as->config.memory_total_bytes);
	event_from_chain(&as->ev, &record->chain, as->config.page_bytes);
	incident->victim.fate = record->signalled ? FATE_KILLED : FATE_ALREADY_EXITING;
	incident->victim.counted = !!record->signalled;
	if (as->chosen == record->task.tgid && as->chosen_tid != as->chosen)
		incident->victim.tid = as->chosen_tid;
	if (record->asker_is_victim)
		event_trigger_is_victim(&as->ev);
	owner = owner_find(as, record);
	if (!as->decided && as->has_trigger)
		event_from_trigger(&as->ev, &as->trigger, as->config.page_bytes);
	if (as->chosen && as->chosen != record->task.tgid)
		incident->victim.points = NOT_KNOWN_SIGNED; /* the chosen one's record is missing */
	if (!as->decided)
		put_stack(as);
	owner_take(as, record, owner);
	if (record->signalled) {
		deaths_begin(&as->deaths, record);
		count_kill(as, &record->header);
	}
	if (as->has_reclaims && as->reclaims.asker == record->asker)
		event_from_reclaims(&as->ev, &as->reclaims, incident->limit_owner.cgroup.id,
				    as->config.page_bytes);
	as->stats.victims += !!record->signalled;
}

static struct event_task *find_other(struct incident *incident, __u64 pid)
{
	for (__u64 i = 0; i < incident->other_victims_count; i++)
		if (incident->other_victims[i].pid == pid)
			return &incident->other_victims[i];
	return NULL;
}

/* A member of a group that shares the first victim's memory comes twice: as that, and as itself. */
static void add_other(struct assembler *as, const struct oomwhy_victim *record, enum fate fate)
{
	struct incident *incident = &as->ev.incident;
	struct event_task *victim = find_other(incident, record->task.tgid);

	if (!victim && incident->other_victims_count == INCIDENT_OTHER_VICTIMS_MAX) {
		incident->other_victims_omitted++;
		return;
	}
	if (!victim)
		victim = &incident->other_victims[incident->other_victims_count++];
	event_from_victim(&as->ev, victim, record, as->config.page_bytes);
	victim->fate = fate;
	victim->counted = fate == FATE_GROUP;
}

static void take_other_victim(struct assembler *as, const struct oomwhy_victim *record)
{
	__u64 owner_id = as->ev.incident.limit_owner.cgroup.id;

	as->stats.victims += !!record->signalled;
	if (record->signalled)
		count_kill(as, &record->header);
	infer_settle(&as->infer, record, owner_level_of(&record->chain, owner_id));
	add_other(as, record, record->signalled ? FATE_GROUP : FATE_ALREADY_EXITING);
}

static bool is_open_for(const struct assembler *as, __u64 asker, __u64 decision)
{
	return as->open && as->asker == asker && as->decision == decision;
}

/* Killed without a mark, right after the one whose memory it shares. */
static void take_sharer(struct assembler *as, const struct oomwhy_victim *record)
{
	if (is_open_for(as, record->asker, record->decision) &&
	    as->ev.incident.victim.pid != NOT_KNOWN)
		add_other(as, record, FATE_SHARES_MEMORY);
	else
		as->stats.incomplete++; /* its victim's record is missing, or was told already */
}

static void take_again(struct assembler *as, const struct oomwhy_again *record)
{
	struct incident *incident = &as->ev.incident;
	struct event_task *victim;

	count_kill(as, &record->header);
	if (!is_open_for(as, record->asker, record->decision)) {
		as->stats.incomplete++;
		return;
	}
	victim = incident->victim.pid == record->tgid ? &incident->victim :
							find_other(incident, record->tgid);
	if (victim)
		victim->counted++;
}

static void take_survivor(struct assembler *as, const struct oomwhy_survivor *record)
{
	if (as->open && record->decision && as->decision == record->decision)
		event_from_survivor(&as->ev, record, as->config.page_bytes);
}

/* Another decision of the same task? It follows another reclaim. Where that is not known: the limit
 * owner has counted once more since. */
static bool decides_anew(const struct assembler *as, const struct oomwhy_victim *record)
{
	const struct incident *incident = &as->ev.incident;
	const struct oomwhy_memcg *outermost = &record->chain.level[record->chain.count - 1];
	int level = owner_level_of(&record->chain, incident->limit_owner.cgroup.id);

	if ((record->reclaim & ~OOMWHY_RECLAIM_KILLED_SINCE) > OOMWHY_RECLAIM_NONE)
		return !(record->reclaim & OOMWHY_RECLAIM_KILLED_SINCE);
	if (outermost->flags & OOMWHY_MEMCG_NO_EVENTS)
		return record->reclaim;
	for (__u64 i = 0; level >= 0 && i < incident->memcgs_count; i++)
		if (incident->memcgs[i].id == record->chain.level[level].id)
			return record->chain.level[level].oom_events !=
			       incident->memcgs[i].oom_events;
	return false;
}

/* Does this victim belong to the incident that is open? */
static bool continues(const struct assembler *as, const struct oomwhy_victim *record)
{
	if (!as->open || as->asker != record->asker)
		return false;
	if (as->decision || record->decision)
		return record->decision == as->decision;
	return owner_level_of(&record->chain, as->group_id) >= 0 && !decides_anew(as, record);
}

/* Is the last trigger this victim's? Nothing but what is told of the victim's levels stands between
 * them. */
static bool trigger_is_of(const struct assembler *as, const struct oomwhy_victim *record)
{
	__u64 sequence = as->trigger.header.sequence;

	if (!as->has_trigger || as->trigger.asker != record->asker)
		return false;
	if (record->decision)
		return sequence == record->decision + 1;
	return sequence + as->children_count + as->memories_count + 1 == record->header.sequence;
}

/* Opens the incident of a victim whose decision nobody saw. */
static void open_at_victim(struct assembler *as, const struct oomwhy_victim *record)
{
	open_incident(as, &record->header, record->asker);
	as->gap = record->decision || as->gap_before;
	as->decision = record->decision;
}

static void take_new_victim(struct assembler *as, const struct oomwhy_victim *record)
{
	if (!record->decision && record->signalled) {
		as->stats.undecided++;
		as->stats.undecided_ns = record->header.boot_time_ns;
	}
	if (!continues(as, record))
		open_at_victim(as, record);
	if (as->ev.incident.victim.pid == NOT_KNOWN)
		take_first_victim(as, record);
	else
		take_other_victim(as, record);
	/* Without a visible end: who may still follow? */
	if (!record->decision && !as->group_id && !(record->task.flags & OOMWHY_TASK_MM_SHARED))
		close_incident(as);
	else
		as->deadline_ns = record->header.boot_time_ns + VICTIM_PATIENCE_NS;
}

static void take_victim(struct assembler *as, const struct oomwhy_victim *record)
{
	/* A dying task marks itself to get at reserves, outside of any decision: nobody is killed
	 * by that. */
	bool marks_itself = !record->decision && !record->signalled && record->asker_is_victim;

	if (record->shares_memory)
		return take_sharer(as, record);
	as->has_trigger = trigger_is_of(as, record);
	if (marks_itself || was_seen(as, &record->task))
		owner_settle_only(as, record);
	else
		take_new_victim(as, record);
	as->children_count = as->memories_count = 0;
	as->has_trigger = as->has_reclaims = false;
	as->gap_before = false;
}

static void take_end(struct assembler *as, const struct oomwhy_end *record)
{
	as->gap_before = false;
	if (as->open && record->decision && record->decision == as->decision)
		close_incident(as);
}

static void check_sequence(struct assembler *as, const struct oomwhy_header *header)
{
	if (!header->sequence)
		return;
	if (as->sequence && header->sequence > as->sequence + 1) {
		as->stats.lost_records += header->sequence - as->sequence - 1;
		as->gap = as->gap_before = true;
		/* Perhaps those of a victim that is missing. */
		as->children_count = as->memories_count = 0;
		as->has_reclaims = false;
	}
	as->sequence = header->sequence;
}

void assemble_record(struct assembler *as, const void *record, size_t size)
{
	const struct oomwhy_header *header = record;

	if (!record_is_sound(record, size)) {
		as->stats.malformed++;
		return;
	}
	check_sequence(as, header);
	switch (header->kind) {
	case OOMWHY_DECISION:
		return take_decision(as, record);
	case OOMWHY_TRIGGER:
		return take_trigger(as, record);
	case OOMWHY_RECLAIMS:
		return take_reclaims(as, record);
	case OOMWHY_CHILDREN:
		return take_children(as, record);
	case OOMWHY_MEMORY:
		return take_memory(as, record);
	case OOMWHY_VICTIM:
		return take_victim(as, record);
	case OOMWHY_AGAIN:
		return take_again(as, record);
	case OOMWHY_SURVIVOR:
		return take_survivor(as, record);
	case OOMWHY_END:
		return take_end(as, record);
	case OOMWHY_STALL:
		return stalls_record(&as->stalls, record);
	case OOMWHY_WAIT:
		return stalls_wait(&as->stalls, record);
	case OOMWHY_STACK:
		as->stack = *(const struct oomwhy_stack *)record;
		return;
	case OOMWHY_DEATH:
		return deaths_record(&as->deaths, record);
	}
}

/* 0 is never. */
static __u64 earlier(__u64 a_ns, __u64 b_ns)
{
	return a_ns && (!b_ns || a_ns < b_ns) ? a_ns : b_ns;
}

__u64 assemble_tick(struct assembler *as, __u64 boot_time_ns)
{
	__u64 next_ns = stalls_tick(&as->stalls, boot_time_ns);

	if (as->open && boot_time_ns >= as->deadline_ns)
		close_incident(as);
	next_ns = earlier(next_ns, deaths_tick(&as->deaths, boot_time_ns));
	return as->open ? earlier(next_ns, as->deadline_ns) : next_ns;
}

void assemble_flush(struct assembler *as)
{
	close_incident(as);
}
