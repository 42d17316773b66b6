// SPDX-License-Identifier: GPL-2.0-only
#include <stdio.h>
#include <string.h>

#include "fixtures_make.h"

struct text make_text(struct event *ev, const char *s)
{
	return event_text(ev, s, strlen(s));
}

void set_chain(struct event *ev, const char *path, const struct level *levels, size_t count)
{
	struct incident *incident = &ev->incident;
	size_t len = strlen(path);

	for (size_t i = 0; i < count; i++) {
		incident->memcgs[i].path = len ? event_text(ev, path, len) : make_text(ev, "/");
		incident->memcgs[i].limit_level = levels[i].level;
		incident->memcgs[i].id = levels[i].id;
		incident->memcgs[i].usage_bytes = levels[i].usage_bytes;
		incident->memcgs[i].limit_bytes = levels[i].limit_bytes;
		incident->memcgs[i].oom_events = 0;
		incident->memcgs[i].oom_group = 0;
		while (len && path[--len] != '/')
			;
	}
	incident->memcgs_count = count;
}

void set_limit(struct limit *limit, __u64 limit_bytes, __u64 usage_bytes, __u64 working_set_bytes)
{
	limit->limit_bytes = limit_bytes;
	limit->usage_bytes = usage_bytes;
	limit->working_set_bytes = working_set_bytes;
}

void set_cgroup(struct event *ev, struct event_cgroup *cgroup, const char *path, __u64 id)
{
	cgroup->path = make_text(ev, path);
	cgroup->id = id;
}

void set_owner(struct event *ev, enum limit_level level, const char *path, __u64 id, __u64 bytes)
{
	struct limit_owner *owner = &ev->incident.limit_owner;

	owner->limit_level = level;
	set_cgroup(ev, &owner->cgroup, path, id);
	owner->limit_bytes = bytes;
	owner->usage_bytes = bytes;
}

void set_who(struct event *ev, struct identity *who, const char *ns, const char *pod,
	     const char *uid, const char *container)
{
	who->namespace_name = make_text(ev, ns);
	who->pod_name = make_text(ev, pod);
	who->pod_uid = make_text(ev, uid);
	who->container_name = make_text(ev, container);
}

void set_request(struct request *request, __u64 bytes, __u64 error_bytes,
		 enum request_source source)
{
	request->bytes = bytes;
	request->error_bytes = error_bytes;
	request->source = source;
}

void set_task(struct event *ev, struct event_task *task, const char *comm, __u64 pid, __u64 vpid)
{
	task->comm = make_text(ev, comm);
	task->pid = pid;
	task->vpid = vpid;
}

void set_memory(struct event_task *task, __u64 anon, __u64 file, __u64 shmem, __u64 pagetables)
{
	task->rss_bytes = anon + file + shmem;
	task->anon_bytes = anon;
	task->file_bytes = file;
	task->shmem_bytes = shmem;
	task->swap_bytes = 0;
	task->pagetables_bytes = pagetables;
	task->total_vm_bytes = 4 * (anon + file + shmem);
}

void set_kin(struct event *ev, struct event_task *task)
{
	task->kin.pidns_level = 1;
	task->kin.parent_pid = 47903;
	task->kin.parent_comm = make_text(ev, "containerd-shim");
	task->kin.parent_pidns_level = 0;
	task->kin.parent_same_pidns = 0;
	task->kin.parent_shared_levels = 1;
	task->kin.reaper_shared_levels = 5;
}

void set_filled(struct event *ev, __u64 usage, __u64 anon, __u64 shmem, __u64 file, __u64 kernel)
{
	struct memory *memory = &ev->incident.memory;

	memory->source = MEMORY_EXACT;
	memory->cgroups = 1;
	memory->usage_bytes = usage;
	memory->anon_bytes = anon;
	memory->shmem_bytes = shmem;
	memory->file_bytes = file;
	memory->inactive_file_bytes = file / 2;
	memory->kernel_bytes = kernel;
	memory->slab_reclaimable_bytes = kernel / 8;
	memory->slab_unreclaimable_bytes = kernel / 2;
	memory->kernel_stack_bytes = memory->pagetables_bytes = kernel / 8;
	memory->percpu_bytes = memory->vmalloc_bytes = memory->sock_bytes = 0;
	memory->swap_bytes = 0;
	memory->rest_bytes = usage - anon - shmem - file - kernel;
}

void set_flushed(struct event *ev, __u64 usage, __u64 anon, __u64 age_ms)
{
	set_filled(ev, usage, anon, MIB(40), MIB(60), MIB(200));
	ev->incident.memory.source = MEMORY_FLUSHED;
	ev->incident.memory.age_ns = age_ms * 1000000ULL;
}

void add_child(struct event *ev, const char *name, __u64 id, __u64 usage, __u64 limit,
	       __u64 is_sandbox)
{
	struct event_child *child = &ev->incident.children[ev->incident.children_count++];

	child->name = make_text(ev, name);
	child->id = id;
	child->usage_bytes = usage;
	child->limit_bytes = limit;
	child->online = 1;
	child->is_sandbox = is_sandbox;
}

void set_verdict(struct event *ev, enum limit_level level, enum evidence evidence,
		 bool container_ends)
{
	ev->incident.verdict.limit_level = level;
	ev->incident.verdict.evidence = evidence;
	ev->incident.verdict.container_ends = container_ends;
}

void set_time(struct event *ev, __u64 seconds, __u64 ns)
{
	ev->time_ns = (1787270400 + seconds) * 1000000000ULL + ns;
	ev->boot_time_ns = (365196 + seconds) * 1000000000ULL + ns;
	ev->origin = ORIGIN_LIVE;
	ev->node_name = make_text(ev, "aks-np1-vmss000002");
}

void begin_kill(struct event *ev, __u64 seconds, const char *comm, __u64 pid, __u64 vpid)
{
	struct incident *incident = &ev->incident;

	event_init(ev, EVENT_INCIDENT);
	set_time(ev, seconds, 204117385);
	snprintf(ev->id, sizeof(ev->id), "1f0c9a6e-%llu-%llu", ev->boot_time_ns / 1000000000ULL,
		 pid);
	set_task(ev, &incident->victim, comm, pid, vpid);
	incident->victim.fate = FATE_KILLED;
	incident->victim.uid = 1000;
	incident->allocation.order = 0;
	incident->allocation.gfp_mask = 0xcc0;
	incident->constraint = OOM_CONSTRAINT_MEMCG;
	incident->cgroup_version = 2;
	incident->losses_total = 0;
	set_limit(&incident->limits.host, MIB(15974), MIB(10854), MIB(9216));
}

void set_message(struct event *ev, const char *message, const char *field, const char *action)
{
	ev->message = make_text(ev, message);
	ev->incident.verdict.manifest_field = make_text(ev, field);
	ev->incident.verdict.action = make_text(ev, action);
}
