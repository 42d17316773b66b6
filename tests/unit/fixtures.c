// SPDX-License-Identifier: GPL-2.0-only
/*
 * fixtures: the kills that happen. Figures of container_trap and node are those of the two reports
 * in the design.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fixtures_make.h"
#include "fixtures.h"

#define CART_POD                                    \
	"/kubepods.slice/kubepods-burstable.slice/" \
	"kubepods-burstable-pod7c1d0e2a_93b4_4f6d_8a57_1be0c4d2f395.slice"
#define CART_CID "b6f0c2d94e7a18355d20c1fe9a4487b3e6d1590a7c2f84be13d6a9075fe2c841"
#define CART CART_POD "/cri-containerd-" CART_CID ".scope"

#define REPORT_POD                                   \
	"/kubepods.slice/kubepods-besteffort.slice/" \
	"kubepods-besteffort-pod325d1c77_0b1e_4b1c_9a0e_6f2f3f6a9d10.slice"
#define REPORT_CID "d9a4e3b1570c62f8847e19ab03c5d6f27e81b940c35a6d7e2f10984b6c3d5e7f"
#define REPORT REPORT_POD "/cri-containerd-" REPORT_CID ".scope"

#define TRAINER_CID "50c2f8847e19ab03c5d6f27e81b940c35a6d7e2f10984b6c3d5e7fd9a4e3b157"
#define TRAINER                                                             \
	"/kubepods.slice/kubepods-burstable.slice/"                         \
	"kubepods-burstable-pod81aa7be4_6d0f_4c6b_b7f0_02d9f2a6c1e8.slice/" \
	"cri-containerd-" TRAINER_CID ".scope"

/* cgroup v1, cgroupfs driver: a bare ID, no runtime. */
#define SHOP_POD "/kubepods/burstable/pod0a9f6d52-4c0b-4a3e-a2f6-5be1c7d8e901"
#define SHOP_CID "3e6d1590a7c2f84be13d6a9075fe2c841b6f0c2d94e7a18355d20c1fe9a4487b"
#define SHOP SHOP_POD "/" SHOP_CID

/* The victim of container_trap and of its variations. */
static void set_cart(struct event *ev)
{
	struct event_task *victim = &ev->incident.victim;

	set_who(ev, &victim->who, "shop", "cart-7d9f8c6b5-x2x7q",
		"7c1d0e2a-93b4-4f6d-8a57-1be0c4d2f395", "cart");
	victim->who.container_id = make_text(ev, CART_CID);
	victim->who.image = make_text(ev, "registry.example/shop/cart:1.8.2");
	victim->who.restarts = 2;
	victim->who.is_sandbox = 0;
	victim->who.source = IDENTITY_BUNDLE;
	set_request(&victim->who.request, MIB(256), MIB(16), REQUEST_OOM_SCORE_ADJ);
	victim->who.runtime = RUNTIME_CONTAINERD;
	victim->who.qos = QOS_BURSTABLE;
	set_cgroup(ev, &victim->cgroup, CART, 6120);
	victim->oom_score_adj = 984;
}

static void build_container_trap(struct event *ev)
{
	static const struct level levels[] = {
		{ LIMIT_CONTAINER, 6120, MIB(512) - KIB(296), MIB(512) },
		{ LIMIT_POD, 6004, MIB(512), MIB(512) },
		{ LIMIT_QOS, 3907, MIB(6720), NO_LIMIT },
		{ LIMIT_NODE, 3811, MIB(9318), GIB(13) },
		{ LIMIT_HOST, 1, MIB(10854), NO_LIMIT },
	};
	struct incident *incident = &ev->incident;

	begin_kill(ev, 11527, "java", 48121, 1);
	set_cart(ev);
	incident->victim.points = 255377;
	set_memory(&incident->victim, MIB(493), MIB(2), 0, KIB(1320));
	set_owner(ev, LIMIT_POD, CART_POD, 6004, MIB(512));
	incident->limit_owner.working_set_bytes = MIB(511);
	set_chain(ev, CART, levels, 5);
	incident->memcgs[1].oom_events = 1;
	set_limit(&incident->limits.container, MIB(512), MIB(512) - KIB(296), MIB(511));
	incident->limits.container.request = incident->victim.who.request;
	set_who(ev, &incident->limit_owner.who, "shop", "cart-7d9f8c6b5-x2x7q",
		"7c1d0e2a-93b4-4f6d-8a57-1be0c4d2f395", "");
	incident->limit_owner.who.source = IDENTITY_BUNDLE;
	incident->limit_owner.who.qos = QOS_BURSTABLE;
	set_limit(&incident->limits.pod, MIB(512), MIB(512), MIB(511));
	set_limit(&incident->limits.qos, NO_LIMIT, MIB(6720), MIB(5530));
	set_limit(&incident->limits.node, GIB(13), MIB(9318), MIB(7987));
	add_child(ev, "cri-containerd-" CART_CID ".scope", 6120, MIB(512) - KIB(296), MIB(512), 0);
	add_child(ev,
		  "cri-containerd-77e0b6f0c2d94e7a18355d20c1fe9a4487b3e6d1590a7c2f84be13d6a9075fe2."
		  "scope",
		  6049, KIB(296), NO_LIMIT, 1);
	set_cgroup(ev, &incident->children_of, CART_POD, 6004);
	incident->total_pages_bytes = MIB(512);
	set_filled(ev, MIB(512), MIB(493), MIB(1), MIB(2), MIB(16));
	incident->trigger = incident->victim;
	set_kin(ev, &incident->victim);
	incident->trigger.fate = FATE_NONE;
	incident->trigger.points = NOT_KNOWN_SIGNED;
	incident->trigger.tid = 48177;
	set_verdict(ev, LIMIT_CONTAINER, EVIDENCE_EXACT, true);
	incident->verdict.cross_check = CROSS_CHECK_AGREES;
	incident->verdict.equal_limits = 1;
	set_message(ev,
		    "OOM kill: container limit 512Mi; killed shop/cart-7d9f8c6b5-x2x7q [cart] "
		    "(java, 493Mi); it restarts",
		    "resources.limits.memory",
		    "Raise resources.limits.memory of container \"cart\" (now 512Mi).");
}

static void build_pod(struct event *ev)
{
	static const struct level levels[] = {
		{ LIMIT_CONTAINER, 412, MIB(640), MIB(800) },
		{ LIMIT_POD, 398, GIB(1), GIB(1) },
		{ LIMIT_QOS, 61, MIB(6720), NO_LIMIT },
		{ LIMIT_NODE, 58, MIB(9318), GIB(13) },
		{ LIMIT_HOST, 1, MIB(10854), NO_LIMIT },
	};
	struct incident *incident = &ev->incident;
	struct event_task *victim = &incident->victim;

	begin_kill(ev, 12060, "node", 51377, 17);
	set_who(ev, &victim->who, "shop", "web-5c7b9-abcde", "0a9f6d52-4c0b-4a3e-a2f6-5be1c7d8e901",
		"app");
	victim->who.container_id = make_text(ev, SHOP_CID);
	victim->who.qos = QOS_BURSTABLE;
	set_cgroup(ev, &victim->cgroup, SHOP, 412);
	victim->oom_score_adj = 969;
	victim->points = 410112;
	set_memory(victim, MIB(587), MIB(9), 0, KIB(2040));
	set_owner(ev, LIMIT_POD, SHOP_POD, 398, GIB(1));
	set_chain(ev, SHOP, levels, 5);
	incident->memcgs[1].oom_events = 3;
	set_limit(&incident->limits.container, MIB(800), MIB(640), MIB(633));
	set_limit(&incident->limits.pod, GIB(1), GIB(1), MIB(1012));
	set_request(&victim->who.request, MIB(500), 0, REQUEST_ALLOCATED);
	incident->limits.container.request = victim->who.request;
	set_request(&incident->limits.pod.request, MIB(600), 0, REQUEST_ALLOCATED);
	set_limit(&incident->limits.qos, NO_LIMIT, MIB(6720), MIB(5530));
	set_limit(&incident->limits.node, GIB(13), MIB(9318), MIB(7987));
	add_child(ev, SHOP_CID, 412, MIB(640), MIB(800), 0);
	add_child(ev, "84be13d6a9075fe2c841b6f0c2d94e7a18355d20c1fe9a4487b3e6d1590a7c2f", 417,
		  MIB(383), MIB(400), 0);
	add_child(ev, "c2f84be13d6a9075fe2c841b6f0c2d94e7a18355d20c1fe9a4487b3e6d1590a7", 403,
		  KIB(612), NO_LIMIT, 1);
	set_cgroup(ev, &incident->children_of, SHOP_POD, 398);
	set_task(ev, &incident->trigger, "envoy", 51102, 1);
	set_who(ev, &incident->trigger.who, "shop", "web-5c7b9-abcde",
		"0a9f6d52-4c0b-4a3e-a2f6-5be1c7d8e901", "envoy");
	set_cgroup(ev, &incident->trigger.cgroup,
		   SHOP_POD "/84be13d6a9075fe2c841b6f0c2d94e7a18355d20c1fe9a4487b3e6d1590a7c2f",
		   417);
	incident->cgroup_version = 1;
	set_verdict(ev, LIMIT_POD, EVIDENCE_INFERRED, false);
	set_message(ev,
		    "OOM kill: pod limit 1.0Gi; killed shop/web-5c7b9-abcde [app] (node, 596Mi); "
		    "Kubernetes shows nothing",
		    "spec.resources.limits.memory",
		    "Raise the pod's spec.resources.limits.memory (now 1.0Gi).");
}

static void set_report(struct event *ev, struct event_task *victim)
{
	set_who(ev, &victim->who, "batch", "report-29k4x", "325d1c77-0b1e-4b1c-9a0e-6f2f3f6a9d10",
		"report");
	victim->who.container_id = make_text(ev, REPORT_CID);
	victim->who.runtime = RUNTIME_CONTAINERD;
	victim->who.qos = QOS_BEST_EFFORT;
	set_cgroup(ev, &victim->cgroup, REPORT, 4890);
	victim->oom_score_adj = 1000;
	victim->points = 3452928;
	set_memory(victim, MIB(173), MIB(2), 0, KIB(700));
}

static void set_trainer(struct event *ev, struct event_task *task)
{
	set_task(ev, task, "python", 88120, 1);
	set_who(ev, &task->who, "ml", "trainer-0", "81aa7be4-6d0f-4c6b-b7f0-02d9f2a6c1e8", "train");
	task->who.container_id = make_text(ev, TRAINER_CID);
	task->who.runtime = RUNTIME_CONTAINERD;
	task->who.qos = QOS_BURSTABLE;
	set_cgroup(ev, &task->cgroup, TRAINER, 5533);
	task->uid = 0;
	task->oom_score_adj = 872;
	set_memory(task, MIB(9626), MIB(11), 0, MIB(19));
}

static void build_node(struct event *ev)
{
	static const struct level levels[] = {
		{ LIMIT_CONTAINER, 4890, MIB(176), NO_LIMIT },
		{ LIMIT_POD, 4822, MIB(176) + KIB(288), NO_LIMIT },
		{ LIMIT_QOS, 4740, MIB(177), NO_LIMIT },
		{ LIMIT_NODE, 4711, GIB(13), GIB(13) },
		{ LIMIT_HOST, 1, MIB(14746), NO_LIMIT },
	};
	struct incident *incident = &ev->incident;

	begin_kill(ev, 13255, "report-gen", 90211, 1);
	set_time(ev, 13255, 579928311);
	set_report(ev, &incident->victim);
	set_owner(ev, LIMIT_NODE, "/kubepods.slice", 4711, GIB(13));
	incident->limit_owner.working_set_bytes = 13845393408;
	set_chain(ev, REPORT, levels, 5);
	incident->memcgs[3].oom_events = 1;
	set_limit(&incident->limits.container, NO_LIMIT, MIB(176), MIB(175));
	set_request(&incident->limits.container.request, 0, 0, REQUEST_ALLOCATED);
	set_limit(&incident->limits.pod, NO_LIMIT, MIB(176) + KIB(288), MIB(175));
	set_limit(&incident->limits.qos, NO_LIMIT, MIB(177), MIB(176));
	set_limit(&incident->limits.node, GIB(13), GIB(13), 13845393408);
	set_limit(&incident->limits.host, MIB(15974), MIB(14746), MIB(14100));
	add_child(ev, "kubepods-burstable.slice", 4744, MIB(12032), NO_LIMIT, NOT_KNOWN);
	add_child(ev, "kubepods-besteffort.slice", 4740, MIB(177), NO_LIMIT, NOT_KNOWN);
	add_child(ev, "kubepods-pod5f0c81aa_6d0f_4c6b_b7f0_02d9f2a6c1e8.slice", 4790, MIB(1103),
		  GIB(2), NOT_KNOWN);
	set_cgroup(ev, &incident->children_of, "/kubepods.slice", 4711);
	set_trainer(ev, &incident->trigger);
	incident->total_pages_bytes = GIB(13);
	incident->node_reserve.eviction_bytes = MIB(100);
	incident->node_reserve.hugepages_bytes = 0;
	incident->node_reserve.allocatable_bytes = GIB(13) - MIB(100);
	set_verdict(ev, LIMIT_NODE, EVIDENCE_EXACT, true);
	incident->verdict.cross_check = CROSS_CHECK_AGREES;
	set_message(ev,
		    "OOM kill: node limit for pods 13.0Gi; killed batch/report-29k4x [report] "
		    "(report-gen, 175Mi)",
		    "resources.requests.memory",
		    "Set requests of the pods to what they use; limits of report change nothing.");
}

static void build_host(struct event *ev)
{
	static const struct level levels[] = {
		{ LIMIT_CONTAINER, 4890, MIB(176), NO_LIMIT },
		{ LIMIT_POD, 4822, MIB(176) + KIB(288), NO_LIMIT },
		{ LIMIT_QOS, 4740, MIB(177), NO_LIMIT },
		{ LIMIT_NODE, 4711, MIB(12900), GIB(13) },
		{ LIMIT_HOST, 1, MIB(15801), NO_LIMIT },
	};
	struct incident *incident = &ev->incident;

	begin_kill(ev, 14002, "report-gen", 90777, 1);
	set_report(ev, &incident->victim);
	set_chain(ev, REPORT, levels, 5);
	set_limit(&incident->limits.node, GIB(13), MIB(12900), MIB(12800));
	set_limit(&incident->limits.host, MIB(15974), MIB(15801), MIB(15700));
	incident->constraint = OOM_CONSTRAINT_NONE;
	incident->total_pages_bytes = MIB(15974);
	incident->host_free_bytes = MIB(66);
	incident->host_low_bytes = MIB(101);
	set_task(ev, &incident->trigger, "systemd-journal", 411, 411);
	set_cgroup(ev, &incident->trigger.cgroup, "/system.slice/systemd-journald.service", 2207);
	incident->trigger.uid = 0;
	incident->trigger.oom_score_adj = -250;
	set_verdict(ev, LIMIT_HOST, EVIDENCE_EXACT, true);
	set_message(ev,
		    "OOM kill: the machine's memory 15.6Gi; killed batch/report-29k4x [report] "
		    "(report-gen, 175Mi)",
		    "resources.requests.memory",
		    "Reserve more for the system (kubeReserved, systemReserved) or move pods.");
}

static void build_qos(struct event *ev)
{
	build_container_trap(ev);
	struct incident *incident = &ev->incident;

	set_owner(ev, LIMIT_QOS, "/kubepods.slice/kubepods-burstable.slice", 3907, GIB(8));
	incident->limit_owner.working_set_bytes = NOT_KNOWN;
	incident->memcgs[0].usage_bytes = incident->memcgs[1].usage_bytes = MIB(497);
	incident->memcgs[1].oom_events = 0;
	incident->memcgs[2].usage_bytes = incident->memcgs[2].limit_bytes = GIB(8);
	incident->memcgs[2].oom_events = 1;
	set_limit(&incident->limits.container, MIB(512), MIB(497), MIB(496));
	set_limit(&incident->limits.pod, MIB(512), MIB(497), MIB(496));
	set_limit(&incident->limits.qos, GIB(8), GIB(8), MIB(8100));
	set_flushed(ev, GIB(8), MIB(7700), 1700);
	incident->children_count = 0;
	add_child(ev, "kubepods-burstable-pod7c1d0e2a_93b4_4f6d_8a57_1be0c4d2f395.slice", 6004,
		  MIB(497), MIB(512), NOT_KNOWN);
	incident->children_omitted = 21;
	set_cgroup(ev, &incident->children_of, "/kubepods.slice/kubepods-burstable.slice", 3907);
	set_verdict(ev, LIMIT_QOS, EVIDENCE_EXACT, true);
	incident->verdict.equal_limits = NOT_KNOWN;
	set_message(ev,
		    "OOM kill: QoS class limit 8.0Gi (Burstable); killed shop/cart-7d9f8c6b5-x2x7q "
		    "[cart] (java, 493Mi)",
		    "",
		    "Raise the memory limit of the Burstable class (kubelet's qosReserved) or move "
		    "pods.");
}

static void build_nested(struct event *ev)
{
	static const struct level levels[] = {
		{ LIMIT_NESTED, 6301, MIB(64), MIB(64) },
		{ LIMIT_NESTED, 6290, MIB(180), NO_LIMIT },
		{ LIMIT_CONTAINER, 6120, MIB(311), MIB(512) },
		{ LIMIT_POD, 6004, MIB(311), MIB(512) },
		{ LIMIT_QOS, 3907, MIB(6720), NO_LIMIT },
		{ LIMIT_NODE, 3811, MIB(9318), GIB(13) },
		{ LIMIT_HOST, 1, MIB(10854), NO_LIMIT },
	};
	struct incident *incident = &ev->incident;

	begin_kill(ev, 15100, "worker", 60333, 9);
	set_cart(ev);
	set_cgroup(ev, &incident->victim.cgroup, CART "/workers/w3", 6301);
	set_memory(&incident->victim, MIB(62), MIB(1), 0, KIB(180));
	set_owner(ev, LIMIT_NESTED, CART "/workers/w3", 6301, MIB(64));
	set_chain(ev, CART "/workers/w3", levels, 7);
	set_limit(&incident->limits.nested, MIB(64), MIB(64), MIB(63));
	set_limit(&incident->limits.container, MIB(512), MIB(311), MIB(305));
	set_limit(&incident->limits.pod, MIB(512), MIB(311), MIB(305));
	set_limit(&incident->limits.node, GIB(13), MIB(9318), MIB(7987));
	set_verdict(ev, LIMIT_NESTED, EVIDENCE_EXACT, false);
	set_message(ev,
		    "OOM kill: limit 64Mi that the workload set below its container; killed "
		    "shop/cart-7d9f8c6b5-x2x7q [cart]",
		    "",
		    "Raise the limit where the workload sets it: workers/w3 below its container.");
}

static void build_slice(struct event *ev)
{
	static const struct level levels[] = {
		{ LIMIT_SLICE, 7100, MIB(256), MIB(256) },
		{ LIMIT_SLICE, 40, MIB(900), NO_LIMIT },
		{ LIMIT_HOST, 1, MIB(10854), NO_LIMIT },
	};
	struct incident *incident = &ev->incident;

	begin_kill(ev, 16004, "rsync", 3021, 3021);
	incident->victim.uid = 0;
	incident->victim.oom_score_adj = 0;
	set_cgroup(ev, &incident->victim.cgroup, "/system.slice/backup.service", 7100);
	set_memory(&incident->victim, MIB(240), MIB(4), 0, KIB(620));
	set_owner(ev, LIMIT_SLICE, "/system.slice/backup.service", 7100, MIB(256));
	set_chain(ev, "/system.slice/backup.service", levels, 3);
	set_limit(&incident->limits.slice, MIB(256), MIB(256), MIB(244));
	set_verdict(ev, LIMIT_SLICE, EVIDENCE_EXACT, false);
	incident->verdict.container_ends = NOT_KNOWN;
	set_message(ev,
		    "OOM kill: limit 256Mi of /system.slice/backup.service; killed rsync, pid 3021 "
		    "(244Mi)",
		    "", "Raise MemoryMax of backup.service (now 256Mi).");
}

static void add_suspect(struct event *ev, enum limit_level level, const char *path, __u64 id)
{
	struct suspect *suspect =
		&ev->incident.verdict.suspects[ev->incident.verdict.suspects_count++];

	suspect->limit_level = level;
	set_cgroup(ev, &suspect->cgroup, path, id);
}

static void build_unknown(struct event *ev)
{
	build_pod(ev);
	struct incident *incident = &ev->incident;

	incident->limit_owner.limit_level = LIMIT_NONE;
	incident->limit_owner.cgroup = (struct event_cgroup){ .id = NOT_KNOWN };
	incident->limit_owner.limit_bytes = incident->limit_owner.usage_bytes = NOT_KNOWN;
	incident->memcgs[0].usage_bytes = incident->memcgs[0].limit_bytes = MIB(800);
	set_limit(&incident->limits.container, MIB(800), MIB(800), MIB(790));
	incident->trigger = incident->other_victims[0]; /* nothing known */
	incident->children[0].usage_bytes = MIB(800);
	incident->children[1].usage_bytes = MIB(223);
	set_verdict(ev, LIMIT_UNKNOWN, EVIDENCE_INFERRED, false);
	add_suspect(ev, LIMIT_CONTAINER, SHOP, 412);
	add_suspect(ev, LIMIT_POD, SHOP_POD, 398);
	ev->message = event_textf(
		ev, "OOM kill: limit not known (container or pod); killed %s [app] (node, 596Mi)",
		"shop/web-5c7b9-abcde");
	incident->verdict.manifest_field = (struct text){ 0 };
	incident->verdict.action = make_text(
		ev, "Load the kernel's BTF, or see the kernel log, to tell the two apart.");
}

static void add_other(struct event *ev, enum fate fate, const char *comm, __u64 pid, __u64 vpid)
{
	struct incident *incident = &ev->incident;
	struct event_task *other = &incident->other_victims[incident->other_victims_count++];

	other->who = incident->victim.who;
	other->cgroup = incident->victim.cgroup;
	other->fate = fate;
	other->uid = 1000;
	other->oom_score_adj = incident->victim.oom_score_adj;
	set_task(ev, other, comm, pid, vpid);
	set_memory(other, MIB(20), MIB(1), KIB(512), KIB(200));
}

static void build_group(struct event *ev)
{
	build_container_trap(ev);
	struct incident *incident = &ev->incident;

	set_owner(ev, LIMIT_CONTAINER, CART, 6120, MIB(512));
	incident->memcgs[0].usage_bytes = MIB(512);
	incident->memcgs[0].oom_events = 1;
	incident->memcgs[0].oom_group = 1;
	incident->memcgs[1].oom_events = 0;
	incident->verdict.equal_limits = NOT_KNOWN;
	incident->children_count = 0;
	incident->children_of = (struct event_cgroup){ .id = NOT_KNOWN };
	add_other(ev, FATE_GROUP, "java", 48190, 44);
	add_other(ev, FATE_SHARES_MEMORY, "log-shipper", 48201, 51);
	set_message(ev,
		    "OOM kill: container limit 512Mi; killed shop/cart-7d9f8c6b5-x2x7q [cart] "
		    "(java and 2 more); it restarts",
		    "resources.limits.memory",
		    "Raise resources.limits.memory of container \"cart\" (now 512Mi).");
}

/* sysrq-f: no limit, no trigger, nobody's fault. */
static void build_manual(struct event *ev)
{
	begin_kill(ev, 18000, "java", 48121, 1);
	set_cart(ev);
	ev->incident.allocation.order = -1;
	ev->incident.constraint = OOM_CONSTRAINT_NONE;
	set_verdict(ev, LIMIT_MANUAL, EVIDENCE_EXACT, true);
	set_message(ev,
		    "OOM kill: by hand (sysrq); killed shop/cart-7d9f8c6b5-x2x7q [cart] (java, pid "
		    "48121)",
		    "", "Nothing: somebody asked for it (sysrq-f).");
}

const struct fixture fixtures[] = {
	{ "start", fixture_start },
	{ "container_trap", build_container_trap },
	{ "pod", build_pod },
	{ "node", build_node },
	{ "host", build_host },
	{ "qos", build_qos },
	{ "nested", build_nested },
	{ "slice", build_slice },
	{ "unknown", build_unknown },
	{ "group", build_group },
	{ "static_pod", fixture_static_pod },
	{ "manual", build_manual },
	{ "tmpfs", fixture_tmpfs },
	{ "left_behind", fixture_left_behind },
	{ "pagetables", fixture_pagetables },
	{ "resize", fixture_resize },
	{ "spared", fixture_spared },
	{ "stall", fixture_stall },
	{ "disabled", fixture_disabled },
	{ "update", fixture_update },
	{ "before", fixture_before },
	{ "young", fixture_young },
	{ "culprit", fixture_culprit },
	{ "nobody", fixture_nobody },
	{ "unknown_request", fixture_unknown_request },
	{ "repeat", fixture_repeat },
	{ "storm", fixture_storm },
	{ "storm_over", fixture_storm_over },
	{ "after", fixture_after },
	{ "candidates", fixture_candidates },
	{ "hostile", fixture_hostile },
	{ "minimal", fixture_minimal },
	{ "huge", fixture_huge },
	{ "loss", fixture_loss },
	{ "stop", fixture_stop },
};
const size_t fixtures_count = sizeof(fixtures) / sizeof(fixtures[0]);

void fixture_build(const char *name, struct event *ev)
{
	for (size_t i = 0; i < fixtures_count; i++) {
		if (strcmp(fixtures[i].name, name))
			continue;
		fixtures[i].build(ev);
		return;
	}
	fprintf(stderr, "no fixture %s\n", name);
	abort();
}
