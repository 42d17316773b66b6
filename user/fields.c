// SPDX-License-Identifier: GPL-2.0-only
/* fields: the table; but for what led to it and who is to blame, which fields_history.c has. */
#include "fields_rows.h"

const char *const event_type_names[] = {
	"", "start", "oom_kill", "loss", "stop", "oom_stall", "oom_update", NULL,
};
const char *const origin_names[] = { "", "live", "backfill", "log", NULL };
const char *const evidence_names[] = { "", "exact", "inferred", "log", NULL };
const char *const fate_names[] = {
	"", "killed", "group", "shares_memory", "already_exiting", NULL,
};
const char *const cross_check_names[] = { "", "agrees", "differs", NULL };
static const char *const stall_names[] = { "", "nothing_killable", "killer_disabled", NULL };
static const char *const counter_names[] = { "", "memory", "memory+swap", NULL };
static const char *const filled_names[] = {
	"",
	"anon",
	"file",
	"tmpfs",
	"left_behind",
	"slab_reclaimable",
	"slab_unreclaimable",
	"pagetables",
	"kernel_stacks",
	"sockets",
	"percpu",
	"vmalloc",
	"kernel",
	"rest",
	NULL,
};
const char *const memory_source_names[] = { "", "exact", "sum", "flushed", "machine", "log", NULL };
const char *const pins_use_names[] = { "", "made", "taken_over", "replaced", NULL };
const char *const attach_names[] = { "", "fentry", "kprobe", "tracepoint", "kmsg", NULL };
const char *const constraint_names[] = { "", "none", "cpuset", "memory_policy", "memcg", NULL };
const char *const identity_source_names[] = {
	"", "bundle", "log_link", "log_folder", "path", NULL,
};
const char *const request_source_names[] = {
	"", "allocated_pods_state", "oom_score_adj", "qos_class", NULL,
};
/* Derived from the type. */
static const char *const severity_names[] = {
	"", "INFO", "ERROR", "WARN", "INFO", "ERROR", "INFO", NULL,
};
static const char *const schema_names[] = {
	"", SCHEMA, SCHEMA, SCHEMA, SCHEMA, SCHEMA, SCHEMA, NULL,
};

#define IN struct event_cgroup
static const struct field cgroup_rows[] = {
	TEXT(path, "path", "Path in the memory controller's hierarchy; \"/\" is its root."),
	U64(id, "id", "ID of the cgroup: the inode number of its folder."),
};
DEFINE(cgroup_table, cgroup_rows);
#undef IN

#define IN struct event_task
static const struct field task_rows[] = {
	ENUM(fate, "fate", fate_names, "How it died; victims only."),
	U64(counted, "counted",
	    "Times that the kernel counted it as killed (oom_kill in vmstat); victims only."),
	IDENTITY(who),
	U64(pid, "process.pid", "Process ID (of the thread group) as the node sees it."),
	U64(vpid, "process.vpid", "Process ID in its own PID namespace; 1: the namespace's init."),
	U64(kin.parent_pid, "process.parent_pid", "Process ID of its parent; victims only."),
	U64(uid, "process.real_user.id", "Real user ID as the node sees it."),
	U64(tid, "tid", "Thread ID as the node sees it, where it is not the leader's."),
	TEXT(comm, "comm", "Name of the thread, at most 15 bytes, chosen by the workload."),
	BOOL(kin.is_init, "kin.is_init",
	     "False: it is not process 1 of its PID namespace, though vpid could not be read."),
	U64(kin.pidns_level, "kin.pidns_level",
	    "Depth of its PID namespace; 0: the machine's own. Victims only, as all of kin."),
	TEXT(kin.parent_comm, "kin.parent_comm", "Name of its parent."),
	U64(kin.parent_pidns_level, "kin.parent_pidns_level",
	    "Depth of its parent's PID namespace."),
	BOOL(kin.parent_same_pidns, "kin.parent_same_pidns",
	     "True: its parent is in the same PID namespace."),
	U64(kin.parent_shared_levels, "kin.parent_shared_levels",
	    "Levels, the root included, that its memory cgroup and its parent's share."),
	U64(kin.reaper_shared_levels, "kin.reaper_shared_levels",
	    "The same with process 1 of its PID namespace."),
	TABLE(cgroup, "cgroup", struct event_cgroup, cgroup_table, "Its memory cgroup."),
	S64(oom_score_adj, "oom_score_adj", "-1000 (never chosen) to 1000 (chosen first)."),
	S64(points, "points", "The kernel's badness score in pages; the chosen victim only."),
	U64(rss_bytes, "rss_bytes", "Resident memory: anonymous, file and shared, in bytes."),
	U64(rounded_bytes, "rounded_bytes",
	    "Under lockdown=confidentiality before Linux 6.2: the next four are rounded down to a "
	    "multiple of this, and rss_bytes is their sum unless the kernel's points told it."),
	U64(anon_bytes, "anon_bytes", "Resident anonymous memory in bytes."),
	U64(file_bytes, "file_bytes", "Resident file mappings in bytes."),
	U64(shmem_bytes, "shmem_bytes", "Resident shared memory and tmpfs mappings in bytes."),
	U64(swap_bytes, "swap_bytes", "Swapped-out memory in bytes."),
	U64(pagetables_bytes, "pagetables_bytes", "Page tables in bytes."),
	U64(total_vm_bytes, "total_vm_bytes", "Size of the address space in bytes."),
};
static DEFINE(task_table, task_rows);
#undef IN

#define IN struct survivor
static const struct field survivor_rows[] = {
	U64(pid, "process.pid", "Process ID as the node sees it."),
	TEXT(comm, "comm", "Name of the process, at most 15 bytes, chosen by the workload."),
	S64(oom_score_adj, "oom_score_adj", "-1000: never killed."),
	U64(rss_bytes, "rss_bytes", "Resident memory in bytes."),
};
static DEFINE(survivor_table, survivor_rows);
#undef IN

#define IN struct stall
static const struct field stall_rows[] = {
	ENUM(kind, "kind", stall_names, "Why nobody was killed."),
	U64(attempts, "attempts", "How often the kernel looked for somebody to kill."),
	U64(tasks, "tasks", "Tasks that waited."),
	U64(duration_ns, "duration_ns", "From its first sign to its last, in ns."),
};
static DEFINE(stall_table, stall_rows);
#undef IN

#define IN struct limit
static const struct field limit_rows[] = {
	LIMIT(limit_bytes, "limit_bytes", "The limit in bytes; null: none is set."),
	U64(usage_bytes, "usage_bytes", "Memory charged in bytes."),
	U64(working_set_bytes, "working_set_bytes", "Usage without inactive file cache, in bytes."),
	LIMIT(swap_limit_bytes, "swap_limit_bytes",
	      "Limit of swap (cgroup v1: memory and swap) in bytes; null: none is set."),
	U64(swap_usage_bytes, "swap_usage_bytes",
	    "Swap (cgroup v1: memory and swap) charged in bytes."),
	REQUEST(request, "The container's (pod: the sum of its living containers')"),
	U64(high_bytes, "memory_high_bytes",
	    "memory.high in bytes, where set: beyond it tasks slow down."),
	U64(low_bytes, "memory_low_bytes",
	    "memory.low in bytes, where set: protected if possible."),
	U64(min_bytes, "memory_min_bytes", "memory.min in bytes, where set: protected always."),
	BOOL(oom_group, "oom_group", "memory.oom.group: its processes die together."),
};
static DEFINE(limit_table, limit_rows);
#undef IN

#define IN struct memory
static const struct field memory_rows[] = {
	ENUM(source, "source", memory_source_names,
	     "exact: the limit owner's own counters; sum: and those of all cgroups below it; "
	     "flushed: the kernel's own sum, age_ns old; machine: the machine's counters."),
	U64(age_ns, "age_ns", "How old the kernel's own sum is at most, in ns."),
	U64(cgroups, "cgroups", "Cgroups that were read: the limit owner and those below it."),
	U64(usage_bytes, "usage_bytes", "Memory charged when this was read, in bytes."),
	U64(anon_bytes, "anon_bytes", "Anonymous memory in bytes (cgroup v1's rss)."),
	U64(file_bytes, "file_bytes", "Page cache without shmem, in bytes."),
	U64(shmem_bytes, "shmem_bytes",
	    "tmpfs (emptyDir of medium Memory, /dev/shm) and shared memory in bytes."),
	U64(kernel_bytes, "kernel_bytes",
	    "Kernel memory without sock, in bytes: the next six are parts of it."),
	U64(slab_reclaimable_bytes, "slab_reclaimable_bytes",
	    "Kernel objects that can be reclaimed (dentries, inodes), in bytes."),
	U64(slab_unreclaimable_bytes, "slab_unreclaimable_bytes",
	    "Kernel objects that cannot, in bytes."),
	U64(kernel_stack_bytes, "kernel_stack_bytes", "Kernel stacks of threads in bytes."),
	U64(pagetables_bytes, "pagetables_bytes", "Page tables in bytes."),
	U64(percpu_bytes, "percpu_bytes", "Per-CPU kernel memory in bytes."),
	U64(vmalloc_bytes, "vmalloc_bytes", "Kernel memory of vmalloc in bytes."),
	U64(sock_bytes, "sock_bytes", "Buffers of sockets in bytes; cgroup v1 charges none."),
	U64(rest_bytes, "rest_bytes",
	    "Usage that no other key tells of, in bytes; what CPUs hold in stock is in it."),
	U64(swap_bytes, "swap_bytes", "Swapped out, in bytes; no part of the usage."),
	U64(inactive_file_bytes, "inactive_file_bytes", "Part of the page cache, in bytes."),
	U64(left_bytes, "left_bytes",
	    "What the living cgroups right below the limit owner do not hold, in bytes."),
	U64(left_shmem_bytes, "left_shmem_bytes", "Its part that is shmem, in bytes."),
};
static DEFINE(memory_table, memory_rows);
#undef IN

#define IN struct event_memcg
static const struct field memcg_rows[] = {
	TEXT(path, "path", "Path in the memory controller's hierarchy."),
	U64(id, "id", "ID of the cgroup: the inode number of its folder."),
	ENUM(limit_level, "limit_level", limit_level_names, "What this cgroup is to Kubernetes."),
	U64(usage_bytes, "usage_bytes", "Memory charged in bytes."),
	LIMIT(limit_bytes, "limit_bytes", "The limit in bytes; null: none is set."),
	U64(swap_usage_bytes, "swap_usage_bytes",
	    "Swap (cgroup v1: memory and swap) charged in bytes."),
	LIMIT(swap_limit_bytes, "swap_limit_bytes",
	      "Limit of swap (cgroup v1: memory and swap) in bytes; null: none is set."),
	U64(working_set_bytes, "working_set_bytes", "Usage without inactive file cache, in bytes."),
	U64(high_bytes, "memory_high_bytes", "memory.high in bytes, where set."),
	U64(low_bytes, "memory_low_bytes", "memory.low in bytes, where set."),
	U64(min_bytes, "memory_min_bytes", "memory.min in bytes, where set."),
	U64(oom_events, "oom_events", "Times that it ran into its own limit without remedy."),
	BOOL(oom_group, "oom_group", "memory.oom.group: its processes die together."),
};
static DEFINE(memcg_table, memcg_rows);
#undef IN

#define IN struct event_child
static const struct field child_rows[] = {
	TEXT(name, "name", "Name of the cgroup: the last part of its path."),
	TEXT(container_name, "k8s.container.name", "Name of the container in its pod."),
	U64(id, "id", "ID of the cgroup: the inode number of its folder."),
	U64(usage_bytes, "usage_bytes", "Memory charged in bytes."),
	LIMIT(limit_bytes, "limit_bytes", "The limit in bytes; null: none is set."),
	BOOL(online, "online", "False: it is removed, and what is charged was left behind."),
	BOOL(is_sandbox, "is_sandbox", "True: the pod's own sandbox (pause) container."),
};
static DEFINE(child_table, child_rows);
#undef IN

#define IN struct suspect
static const struct field suspect_rows[] = {
	ENUM(limit_level, "limit_level", limit_level_names, "What it is to Kubernetes."),
	TABLE(cgroup, "cgroup", struct event_cgroup, cgroup_table,
	      "The cgroup; absent: the machine itself."),
};
static DEFINE(suspect_table, suspect_rows);
#undef IN

#define IN struct verdict
static const struct field verdict_rows[] = {
	ENUM(limit_level, "limit_level", limit_level_names, "Whose limit was hit."),
	ENUM(cause, "cause", cause_names, "Why a limit that many pods share was hit."),
	BOOL(victim_is_cause, "victim_is_cause",
	     "True: the victim is of the culprit's pod; false: it is not, or nobody is to blame."),
	ENUM(evidence, "evidence", evidence_names, "How the limit owner is known."),
	ENUM(cross_check, "cross_check", cross_check_names,
	     "Whether the kernel's decision and the cgroups' counters name the same limit owner."),
	BOOL(container_ends, "container_ends",
	     "True: the container's first process died; false: Kubernetes shows nothing."),
	BOOL(equal_limits, "equal_limits", "True: the limit owner's limit is the container's own."),
	ENUM(filled_by, "filled_by", filled_names,
	     "What fills most of the limit owner's memory, or another kind than anon that fills a "
	     "third; left_behind: by dead containers."),
	TEXT(reason, "reason", "The same as a sentence with a figure."),
	TEXT(manifest_field, "manifest_field", "The manifest's field to change."),
	TEXT(action, "action", "What to do, one sentence."),
	LIST(suspects, "suspects", struct suspect, suspect_table,
	     "Possible limit owners, where limit_level is unknown."),
};
static DEFINE(verdict_table, verdict_rows);
#undef IN

#define IN struct limit_owner
static const struct field limit_owner_rows[] = {
	ENUM(limit_level, "limit_level", limit_level_names, "What it is to Kubernetes."),
	IDENTITY(who),
	TABLE(cgroup, "cgroup", struct event_cgroup, cgroup_table, "The cgroup."),
	ENUM(counter, "counter", counter_names, "Which of its limits it was."),
	LIMIT(limit_bytes, "limit_bytes", "Its limit in bytes; null: none is set."),
	U64(usage_bytes, "usage_bytes", "Memory charged to it in bytes."),
	U64(working_set_bytes, "working_set_bytes", "Usage without inactive file cache, in bytes."),
	BOOL(lowered, "lowered", "True: the limit was set below what was in use."),
};
static DEFINE(limit_owner_table, limit_owner_rows);
#undef IN

#define IN struct losses
static const struct field losses_rows[] = {
	U64(total, "total",
	    "Kills that nobody will see; of the kernel's log: its reports and records that are lost."),
	U64(ring_kills, "ring_kills", "Of these: kills that the kernel's ring had no room for."),
	U64(downtime, "downtime", "The same while no oomwhy read it (--pin)."),
	U64(ring_records, "ring_records",
	    "Besides: records without room that are no kills (deaths, stalls)."),
	U64(ring_cgroups, "ring_cgroups", "Cgroup records without room; a rescan repairs these."),
	U64(queue, "queue", "Kills whose lines were dropped: their reader was too slow."),
	U64(queue_others, "queue_others", "Other lines dropped for that reason (updates, stalls)."),
	U64(record, "record", "Lines missing in the file of --record: its disk was full."),
	U64(incomplete, "incomplete", "Kills of which a part is missing."),
	U64(log_reports, "log_reports",
	    "Reports that the kernel left out of its log (10 in 5 s are written)."),
	U64(log_overwritten, "log_overwritten",
	    "Records of the kernel's log that were overwritten before they were read, at least."),
	U64(unseen_kills, "unseen_kills",
	    "Kills that the kernel has counted (oom_kill in /proc/vmstat) and nobody saw: found "
	    "once a minute and at the end."),
	U64(before_start, "before_start",
	    "Kills since boot that neither the kernel's log nor the state folder has; no part of "
	    "the total."),
	U64(state, "state",
	    "Kills that the state folder does not have (the disk is full, or slow); told they are."),
	U64(hook_misses, "hook_misses", "Kills of which the kernel did not tell who died."),
};
static DEFINE(losses_table, losses_rows);
#undef IN

#define IN struct loss_place
static const struct field loss_place_rows[] = {
	TABLE(cgroup, "cgroup", struct event_cgroup, cgroup_table,
	      "The victims' cgroup; one above it, where that is gone."),
	U64(kills, "kills", "Kills there that nobody saw."),
};
static DEFINE(loss_place_table, loss_place_rows);
#undef IN

#define IN struct event
static const struct field common_rows[] = {
	TIME(time_ns, "time", "When it happened, by the node's clock (RFC 3339, UTC)."),
	DERIVED(type, "severity", severity_names, "ERROR for a kill, WARN for a loss, else INFO."),
	TEXT(message, "message", "The headline."),
	DERIVED(type, "schema", schema_names, "Name and number of this format."),
	ENUM(type, "type", event_type_names, "What this line tells."),
	CHARS(id, "id", "Same for each source that tells this kill: boot, seconds, victim."),
	ENUM(origin, "origin", origin_names, "Where the line comes from."),
	TEXT(node_name, "k8s.node.name", "Name of the node."),
	TEXT(cluster_name, "k8s.cluster.name", "Name of the cluster, as given by --cluster-name."),
	U64(boot_time_ns, "boot_time_ns", "When it happened, in ns since boot, suspend included."),
	BOOL(text_cut, "truncated", "True: texts were cut to make the line fit."),
};
DEFINE(fields_common, common_rows);

static const struct field start_rows[] = {
	TEXT(start.version, "version", "Version of oomwhy."),
	TEXT(start.kernel, "kernel", "Release of the running kernel."),
	TEXT(start.boot_id, "boot_id", "The kernel's random ID of this boot."),
	ENUM(start.attach, "tracing.attach", attach_names, "How the kernel is observed."),
	ENUM(start.degraded_from, "tracing.degraded_from", attach_names,
	     "In a second start line: the plan whose hooks are attached but do not fire."),
	ENUM(start.evidence, "tracing.evidence", evidence_names, "The best evidence it gives."),
	ENUM(start.pins, "tracing.pins", pins_use_names,
	     "With --pin: the kernel side was made now, taken over as another process had left "
	     "it, or another's replaced by ours."),
	U64(start.cgroup_version, "cgroup.version", "Of the memory controller: 1 or 2."),
	U64(start.cgroups, "cgroup.count", "Memory cgroups present."),
	U64(start.memory_total_bytes, "memory_total_bytes", "Memory of the machine in bytes."),
	BOOL(start.memory_locked, "memory_locked", "True: our memory cannot be paged out."),
	S64(start.oom_score_adj, "oom_score_adj",
	    "Our own, at which the OOM killer takes us last (-999)."),
};
static DEFINE(start_table, start_rows);

#define IN_LIMITS(name, help) \
	TABLE(incident.limits.name, "limits." #name, struct limit, limit_table, help)

static const struct field incident_rows[] = {
	TABLE(incident.verdict, "verdict", struct verdict, verdict_table, "Our judgement."),
	TABLE(incident.limit_owner, "limit_owner", struct limit_owner, limit_owner_table,
	      "The cgroup whose limit was exceeded; absent for the machine's memory."),
	TABLE(incident.victim, "victim", struct event_task, task_table,
	      "The process that the kernel chose."),
	LIST(incident.other_victims, "other_victims", struct event_task, task_table,
	     "Processes that died with it."),
	TABLE(incident.oom_group, "oom_group", struct event_cgroup, cgroup_table,
	      "The cgroup with memory.oom.group that died as a whole."),
	LIST(incident.survivors, "survivors", struct survivor, survivor_table,
	     "Members of that group that oom_score_adj -1000 protected."),
	TABLE(incident.stall, "stall", struct stall, stall_table,
	      "Where a limit is hit and nobody is killed; oom_stall lines only."),
	TABLE(incident.trigger, "trigger", struct event_task, task_table,
	      "The task whose allocation ran into the limit."),
	BOOL(incident.trigger_lowers_limit, "trigger.lowers_limit",
	     "True: it did not ask for memory, it wrote the limit."),
	TEXT(incident.trigger_stack, "trigger.stack",
	     "With --stacks: its kernel stack, the OOM killer first, with ';' between the functions; "
	     "addresses where the kernel hides its symbols."),
	S64(incident.allocation.order, "trigger.allocation.order", "It asked for 2^order pages."),
	U64(incident.allocation.gfp_mask, "trigger.allocation.gfp_mask",
	    "The request's flags, as this kernel numbers them."),
	TEXT(incident.allocation.gfp_flags, "trigger.allocation.gfp_flags",
	     "The same in the kernel's words: GFP_KERNEL|__GFP_ZERO."),
	ENUM(incident.constraint, "constraint", constraint_names,
	     "What bounded the allocation, in the kernel's words."),
	U64(incident.total_pages_bytes, "domain_bytes",
	    "Memory that the OOM killer took as the whole, in bytes."),
	LIST(incident.candidates, "candidates", struct candidate, candidate_table,
	     "Whom the kernel considered; evidence log only: else an oom_update line tells it."),
	IN_LIMITS(nested, "The cgroup below the container that the workload made."),
	IN_LIMITS(container, "The victim's container."),
	IN_LIMITS(pod, "The victim's pod."),
	IN_LIMITS(qos, "The cgroup of the pod's QoS class."),
	IN_LIMITS(node, "The cgroup of all pods (kubepods)."),
	U64(incident.node_reserve.allocatable_bytes, "limits.node.allocatable_bytes",
	    "Allocatable as kubectl shows it: the limit of all pods without the next two, in bytes; "
	    "only where kubelet enforces it."),
	U64(incident.node_reserve.eviction_bytes, "limits.node.eviction_threshold_bytes",
	    "kubelet's hard eviction threshold of memory.available, in bytes."),
	U64(incident.node_reserve.hugepages_bytes, "limits.node.hugepages_bytes",
	    "Huge pages that are set aside, in bytes."),
	IN_LIMITS(slice, "Any other cgroup."),
	IN_LIMITS(host, "The machine."),
	U64(incident.host_free_bytes, "limits.host.free_bytes", "Free memory of the machine."),
	U64(incident.host_low_bytes, "limits.host.low_bytes",
	    "With less free than this, in bytes, the machine itself is short."),
	TABLE(incident.memory, "memory", struct memory, memory_table,
	      "What fills the limit owner's memory; the machine's, if that ran out."),
	LIST(incident.memcgs, "memcgs", struct event_memcg, memcg_table,
	     "The memory cgroups from the victim's to the root, innermost first."),
	LIST(incident.children, "children", struct event_child, child_table,
	     "Who shares the limit: children of children_of."),
	TABLE(incident.children_of, "children_of", struct event_cgroup, cgroup_table,
	      "The limit owner, else the lowest full cgroup above the victim's."),
	TABLE(incident.repeat, "repeat", struct repeat, repeat_table, "How often before."),
	TABLE(incident.history, "history", struct trend, trend_table,
	      "What led to it: the limit owner's memory in the time before."),
	TABLE(incident.culprit, "culprit", struct culprit, culprit_table,
	      "The pod with most memory above its request, where many share the limit."),
	LIST(incident.pods, "pods", struct event_pod, pod_table,
	     "Who holds the memory, where many share the limit; most above its request first."),
	U64(incident.pods_age_ns, "pods_age_ns", "Age of the oldest figure of any pod, in ns."),
	U64(incident.pods_usage_bytes, "pods_usage_bytes",
	    "What all pods together hold by these figures, in bytes."),
	U64(incident.pods_unknown, "pods_unknown",
	    "Pods whose request is not known: they stand last."),
	U64(incident.cgroup_version, "cgroup.version", "Of the memory controller: 1 or 2."),
	TEXT(incident.log.missing, "log.missing",
	     "Parts of the kernel's report that its log does not have; evidence log only."),
	BOOL(incident.log.ambiguous, "log.ambiguous",
	     "True: a name in the report looks like its own words, so it can be read in two ways."),
	BOOL(incident.log.mixed, "log.mixed",
	     "True: another report's lines stand among its own; figures without an owner are left "
	     "out."),
	U64(incident.losses_total, "losses.total", "Losses up to this line."),
};
static DEFINE(incident_table, incident_rows);

static const struct field update_rows[] = {
	TABLE(update.limit_owner, "limit_owner", struct limit_owner, limit_owner_table,
	      "The cgroup whose limit was hit."),
	TABLE(update.stall, "stall", struct stall, stall_table, "The stall, which has ended."),
	TABLE(update.after, "after", struct after, after_table, "How the victim went."),
	LIST(update.candidates, "candidates", struct candidate, candidate_table,
	     "Whom the kernel considered, right after the kill: the victim, the next by points, then "
	     "bigger ones, the last of them not below the limit."),
	U64(update.domain_bytes, "domain_bytes",
	    "Memory that the OOM killer took as the whole, in bytes."),
	TABLE(update.storm, "storm", struct storm, storm_table,
	      "Kills that came too fast for a report each; the id is that of the first."),
};
static DEFINE(update_table, update_rows);

static const struct field loss_rows[] = {
	TABLE(loss, "losses", struct losses, losses_table, "What was lost since the start."),
	LIST(loss_places, "places", struct loss_place, loss_place_table,
	     "Where the last ones were of the kills that the kernel has counted and nobody saw."),
};
static DEFINE(loss_table, loss_rows);

static const struct field stop_rows[] = {
	U64(stop.incidents, "incidents", "OOM kills (decisions) seen."),
	U64(stop.victims, "victims", "Processes seen to die by them."),
	U64(stop.stalls, "stalls", "Times that a limit was hit and nobody was killed."),
	U64(stop.filtered, "filtered",
	    "Kills and stalls left out by -n, NS/POD, --container or --level; in none of the above."),
	U64(stop.cross_check_agreed, "cross_check.agreed",
	    "Kills for which decision and counters named the same limit owner."),
	U64(stop.cross_check_differed, "cross_check.differed",
	    "Kills for which they did not; the decision was believed."),
	U64(stop.duration_ns, "duration_ns", "Time since the start in ns."),
	TABLE(stop.losses, "losses", struct losses, losses_table, "What was lost."),
};
static DEFINE(stop_table, stop_rows);

const struct field_table *fields_of(enum event_type type)
{
	static const struct field_table none;

	switch (type) {
	case EVENT_START:
		return &start_table;
	case EVENT_INCIDENT:
	case EVENT_STALL:
		return &incident_table;
	case EVENT_UPDATE:
		return &update_table;
	case EVENT_LOSS:
		return &loss_table;
	case EVENT_STOP:
		return &stop_table;
	case EVENT_NONE:
		break;
	}
	return &none;
}
