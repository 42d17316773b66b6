/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * gen_paths: see gen_paths.h. Sources of the rules: kubelet's CgroupName (NewCgroupName, ToSystemd,
 * ToCgroupfs), runc's ExpandSlice, containerd's getCgroupsPath, CRI-O's cgmgr, moby's WithCgroups,
 * the kernel's kernfs_path_from_node().
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gen_paths.h"

#define PART_LEN 256
#define PARTS_MAX 8

/* kubelet's CgroupName: the list of its parts. */
struct cgroup_name {
	char part[PARTS_MAX][PART_LEN];
	int count;
};

struct node {
	bool systemd; /* kubelet's and the runtime's driver */
	enum runtime runtime;
	struct cgroup_name root;
};

struct pod {
	char uid[PLACE_POD_UID_MAX + 1];
	bool hash;
	enum qos_class qos;
};

/* splitmix64 */
static uint64_t next_random(uint64_t *state)
{
	uint64_t z = *state += 0x9e3779b97f4a7c15ULL;

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
	return z ^ (z >> 31);
}

uint32_t gen_below(uint64_t *state, uint32_t limit)
{
	return (uint32_t)(next_random(state) >> 32) % limit;
}

static bool one_in(uint64_t *state, uint32_t n)
{
	return gen_below(state, n) == 0;
}

static void random_text(uint64_t *state, const char *alphabet, int len, char *ret)
{
	for (int i = 0; i < len; i++)
		ret[i] = alphabet[gen_below(state, (uint32_t)strlen(alphabet))];
	ret[len] = '\0';
}

static void random_hex(uint64_t *state, int len, char *ret)
{
	random_text(state, "0123456789abcdef", len, ret);
}

static void note_depth(struct gen_path *g, enum limit_level level)
{
	if (level == LIMIT_NODE)
		g->want.node_depth = g->want.depth;
	else if (level == LIMIT_QOS)
		g->want.qos_depth = g->want.depth;
	else if (level == LIMIT_POD)
		g->want.pod_depth = g->want.depth;
	else if (level == LIMIT_CONTAINER)
		g->want.container_depth = g->want.depth;
}

/* mkdir one level down */
static void push(struct gen_path *g, enum limit_level level, const char *name)
{
	int depth = ++g->want.depth;

	if (depth > GEN_DEPTH_MAX || g->len + strlen(name) + 2 > sizeof(g->path))
		abort();
	g->path[g->len++] = '/';
	memcpy(g->path + g->len, name, strlen(name) + 1);
	g->len += strlen(name);
	g->at[depth] = level;
	g->end[depth] = g->len;
	g->want.level = level;
	note_depth(g, level);
}

/* @text with what a runtime or systemd writes around it */
static void push_around(struct gen_path *g, enum limit_level level, const char *before,
			const char *text, const char *after)
{
	char name[GEN_PATH_MAX];

	if (strlen(before) + strlen(text) + strlen(after) >= sizeof(name))
		abort();
	strcpy(stpcpy(stpcpy(name, before), text), after);
	push(g, level, name);
}

/* mkdir -p */
static void push_all(struct gen_path *g, enum limit_level level, const char *names)
{
	char copy[GEN_PATH_MAX], *rest = copy;

	if (strlen(names) >= sizeof(copy))
		abort();
	strcpy(copy, names);
	while (rest)
		push(g, level, strsep(&rest, "/"));
}

static void add_part(struct cgroup_name *name, const char *part)
{
	snprintf(name->part[name->count++], PART_LEN, "%s", part);
}

/* CgroupName.ToSystemd: escape each part, join with '-'. */
static void to_systemd(const struct cgroup_name *name, char *ret)
{
	size_t len = 0;

	for (int i = 0; i < name->count; i++) {
		if (i > 0)
			ret[len++] = '-';
		for (const char *c = name->part[i]; *c; c++)
			ret[len++] = *c == '-' ? '_' : *c;
	}
	ret[len] = '\0';
}

/* What part @i of @count is; the first @root_count are the cgroup root's. */
static enum limit_level level_of_part(int root_count, int i, int count, const struct pod *pod)
{
	if (i < root_count)
		return LIMIT_SLICE;
	if (i == root_count)
		return LIMIT_NODE;
	if (i == root_count + 1 && pod->qos != QOS_GUARANTEED)
		return LIMIT_QOS;
	return i == count - 1 ? LIMIT_POD : LIMIT_SLICE;
}

static void name_pod(const struct node *node, const struct pod *pod, struct cgroup_name *ret)
{
	char last[PART_LEN];

	*ret = node->root;
	add_part(ret, "kubepods");
	if (pod->qos == QOS_BURSTABLE)
		add_part(ret, "burstable");
	if (pod->qos == QOS_BEST_EFFORT)
		add_part(ret, "besteffort");
	snprintf(last, sizeof(last), "pod%s", pod->uid);
	add_part(ret, last);
}

/*
 * The first @count parts of the pod's name: ToCgroupfs makes a folder of each, ExpandSlice nests
 * a slice of i parts in the one of i - 1 parts.
 */
static void push_parts(struct gen_path *g, const struct node *node, const struct pod *pod,
		       int count)
{
	struct cgroup_name name, start;
	char joined[PARTS_MAX * PART_LEN];

	name_pod(node, pod, &name);
	for (int i = 0; i < count; i++) {
		enum limit_level level = level_of_part(node->root.count, i, name.count, pod);

		start = name;
		start.count = i + 1;
		to_systemd(&start, joined);
		if (node->systemd)
			push_around(g, level, "", joined, ".slice");
		else
			push(g, level, name.part[i]);
		if (level == LIMIT_SLICE && strcmp(name.part[i], "kubepods") == 0)
			g->twin_root = g->want.depth;
	}
	if (count > node->root.count + 1)
		g->want.qos = pod->qos;
	if (count == name.count) {
		strcpy(g->want.pod_uid, pod->uid);
		g->want.static_pod = pod->hash;
	}
}

static void random_pod(uint64_t *state, struct pod *ret)
{
	static const int dashes[] = { 8, 13, 18, 23 };

	memset(ret, 0, sizeof(*ret));
	ret->qos = QOS_GUARANTEED + gen_below(state, 3);
	switch (gen_below(state, 4)) {
	case 0: /* static pod: applyDefaults() */
		random_hex(state, 32, ret->uid);
		ret->hash = true;
		break;
	case 1: /* its manifest has a UID; the charset of DNS names and what else people write */
		random_text(state, "abcdefghijklmnopqrstuvwxyzXYZ0189-", 1 + gen_below(state, 31),
			    ret->uid);
		break;
	default:
		random_hex(state, 36, ret->uid);
		for (int i = 0; i < 4; i++)
			ret->uid[dashes[i]] = '-';
	}
}

static void random_node(uint64_t *state, struct node *ret)
{
	static const enum runtime runtimes[] = { RUNTIME_CONTAINERD, RUNTIME_CRIO, RUNTIME_DOCKER };
	int parts = one_in(state, 3) ? 1 + (int)gen_below(state, 3) : 0;
	char part[PART_LEN];

	memset(ret, 0, sizeof(*ret));
	ret->systemd = one_in(state, 2);
	ret->runtime = runtimes[gen_below(state, 3)];
	for (int i = 0; i < parts; i++) {
		/* "r" first: no part is empty or begins with '-' */
		part[0] = 'r';
		random_text(state, "abcdefghijklmnopqrstuvwxyz0189-", (int)gen_below(state, 12),
			    part + 1);
		add_part(&ret->root, part);
	}
	if (one_in(state, 20)) { /* Docker Desktop */
		ret->root.count = 0;
		add_part(&ret->root, "kubepods");
	}
}

/* The runtime's container below the pod's cgroup. */
static void push_container(struct gen_path *g, uint64_t *state, const struct node *node)
{
	static const char *const scope[] = {
		[RUNTIME_CONTAINERD] = "cri-containerd-",
		[RUNTIME_DOCKER] = "docker-",
		[RUNTIME_CRIO] = "crio-",
	};
	bool crio = node->runtime == RUNTIME_CRIO;
	/* dockerd with the cgroupfs driver takes kubelet's slice as a folder */
	bool folder = !node->systemd || (node->runtime == RUNTIME_DOCKER && one_in(state, 3));
	char *id = g->want.container_id;

	random_hex(state, PLACE_CONTAINER_ID_MAX, id);
	g->want.runtime = folder && !crio ? RUNTIME_NONE : node->runtime;
	if (crio && one_in(state, 6)) {
		g->want.monitor = true;
		push_around(g, LIMIT_SLICE, "crio-conmon-", id, folder ? "" : ".scope");
	} else if (folder) {
		push_around(g, LIMIT_CONTAINER, crio ? "crio-" : "", id, "");
	} else {
		/* CRI-O's dropped infra container is a folder without a scope */
		push_around(g, LIMIT_CONTAINER, scope[node->runtime], id,
			    crio && one_in(state, 6) ? "" : ".scope");
	}
}

static void build_pod_path(struct gen_path *g, uint64_t *state, bool whole);

/* What a workload makes below its own cgroup: anything, also the very names of other pods. */
static void push_inner(struct gen_path *g, uint64_t *state)
{
	enum limit_level level = g->want.monitor ? LIMIT_SLICE : LIMIT_NESTED;
	/* crun, CRI-O's exec, systemd as process 1 */
	static const char *const fixed[] = { "container", "container/exec", "init.scope",
					     "system.slice/nginx.service" };
	struct gen_path other = { 0 };
	char id[PLACE_CONTAINER_ID_MAX + 1];

	random_hex(state, PLACE_CONTAINER_ID_MAX, id);
	switch (gen_below(state, 4)) {
	case 0:
		push_all(g, level, fixed[gen_below(state, 4)]);
		break;
	case 1:
		push(g, level, "docker");
		push(g, level, id);
		break;
	case 2:
		push(g, level, "..");
		/* fall through */
	default:
		build_pod_path(&other, state, true);
		push_all(g, level, other.path + 1);
	}
}

/* From the node's view: anything from "kubepods" down. */
static void build_pod_path(struct gen_path *g, uint64_t *state, bool whole)
{
	struct node node;
	struct pod pod;
	int count;

	random_node(state, &node);
	random_pod(state, &pod);
	count = node.root.count + (pod.qos == QOS_GUARANTEED ? 2 : 3);
	if (!whole && one_in(state, 5)) {
		/* kubelet's own levels */
		count = node.root.count + 1 +
			(int)gen_below(state, (uint32_t)(count - node.root.count));
		push_parts(g, &node, &pod, count);
		return;
	}
	push_parts(g, &node, &pod, count);
	push_container(g, state, &node);
	if (!whole && one_in(state, 3))
		push_inner(g, state);
}

/* A node in a container: docker, podman (root's or a user's), LXC, systemd-nspawn. */
static void push_node_container(struct gen_path *g, uint64_t *state)
{
	static const struct {
		const char *above;
		const char *before, *after;
		enum runtime runtime;
	} kinds[] = {
		{ "docker", "", "", RUNTIME_DOCKER },
		{ "system.slice", "docker-", ".scope", RUNTIME_DOCKER },
		{ "machine.slice", "libpod-", ".scope", RUNTIME_PODMAN },
		{ "user.slice/user-1000.slice/user@1000.service/user.slice", "libpod-", ".scope",
		  RUNTIME_PODMAN },
		{ "lxc.payload.node_1", NULL, NULL, RUNTIME_NONE },
		{ "machine.slice/systemd-nspawn@node1.service/payload", NULL, NULL, RUNTIME_NONE },
	};
	uint32_t kind = gen_below(state, 6);

	push_all(g, LIMIT_SLICE, kinds[kind].above);
	if (!kinds[kind].before)
		return;
	random_hex(state, PLACE_CONTAINER_ID_MAX, g->want.container_id);
	push_around(g, LIMIT_SLICE, kinds[kind].before, g->want.container_id, kinds[kind].after);
	g->want.runtime = kinds[kind].runtime;
	if (g->want.runtime == RUNTIME_PODMAN && one_in(state, 2))
		push(g, LIMIT_SLICE, "container"); /* crun */
}

static void build_nested_node(struct gen_path *g, uint64_t *state)
{
	push_node_container(g, state);
	if (one_in(state, 6)) {
		push_all(g, LIMIT_SLICE, "system.slice/containerd.service");
		return;
	}
	g->want.container_id[0] = '\0'; /* what follows is Kubernetes' */
	g->want.runtime = RUNTIME_NONE;
	build_pod_path(g, state, false);
}

/* kubelet with systemd's driver, containerd with cgroupfs: nothing of kubelet's is above it. */
static void build_mismatch(struct gen_path *g, uint64_t *state)
{
	struct cgroup_name name;
	struct node node;
	struct pod pod;
	char joined[PARTS_MAX * PART_LEN], *id = g->want.container_id;

	random_node(state, &node);
	random_pod(state, &pod);
	name_pod(&node, &pod, &name);
	to_systemd(&name, joined);
	random_hex(state, PLACE_CONTAINER_ID_MAX, id);
	push(g, LIMIT_SLICE, "system.slice");
	if (one_in(state, 2)) /* v1 */
		push(g, LIMIT_SLICE, one_in(state, 2) ? "containerd.service" : "k3s.service");
	push_around(g, LIMIT_CONTAINER, joined, ".slice:cri-containerd:", id);
	strcpy(g->want.pod_uid, pod.uid);
	g->want.qos = pod.qos;
	g->want.static_pod = pod.hash;
	g->want.runtime = RUNTIME_CONTAINERD;
	if (one_in(state, 3))
		push_inner(g, state);
}

static void build_lone_container(struct gen_path *g, uint64_t *state)
{
	char *id = g->want.container_id;

	random_hex(state, PLACE_CONTAINER_ID_MAX, id);
	switch (gen_below(state, 3)) {
	case 0: /* containerd's default without a parent from the CRI */
		push(g, LIMIT_SLICE, "k8s.io");
		push(g, LIMIT_CONTAINER, id);
		g->want.runtime = RUNTIME_CONTAINERD;
		break;
	case 1: /* CRI-O's default monitor_cgroup */
		push(g, LIMIT_SLICE, "system.slice");
		push_around(g, LIMIT_SLICE, "crio-conmon-", id, ".scope");
		g->want.runtime = RUNTIME_CRIO;
		g->want.monitor = true;
		break;
	default:
		push(g, LIMIT_SLICE, "docker");
		push(g, LIMIT_SLICE, id);
		g->want.runtime = RUNTIME_DOCKER;
	}
}

/* Nothing of Kubernetes, and what only looks like it. */
static void build_foreign(struct gen_path *g, uint64_t *state)
{
	static const char *const paths[] = {
		"init.scope",
		"system.slice/kubelet.service",
		"system.slice/system-kubepods_x.slice/kubepods",
		"user.slice/user-1000.slice/user@1000.service/kubepods.slice",
		"system.slice/kubepods.slice/kubepods-burstable.slice",
		"besteffort/pod9692aa0e-748e-11e8-8dfa-76d458035df6",
		"kubepodsx/burstable",
		"runtime.slice",
		"podruntime/kubelet",
	};

	push_all(g, LIMIT_SLICE, paths[gen_below(state, sizeof(paths) / sizeof(paths[0]))]);
}

/*
 * The same cgroup as a process in another cgroup namespace reads it: ".." for each level of the
 * namespace's root below the common ancestor, then the rest (kernfs_path_from_node()).
 */
static void make_relative(struct gen_path *ret, const struct gen_path *target, int common, int up)
{
	char name[GEN_PATH_MAX];

	for (int i = 0; i < up; i++)
		push(ret, LIMIT_SLICE, "..");
	for (int i = common; i < target->want.depth; i++) {
		snprintf(name, sizeof(name), "%.*s", (int)(target->end[i + 1] - target->end[i] - 1),
			 target->path + target->end[i] + 1);
		push(ret, target->at[i + 1], name);
	}
	ret->want.runtime = target->want.runtime;
	ret->want.monitor = target->want.monitor;
	ret->want.static_pod = target->want.static_pod;
	strcpy(ret->want.pod_uid, target->want.pod_uid);
	strcpy(ret->want.container_id, target->want.container_id);
}

/*
 * The reader is in another pod of the same QoS class, of another class, or outside of kubepods.
 * With the cgroupfs driver the class is only told where its folder is part of what is left.
 */
static void build_relative(struct gen_path *g, uint64_t *state)
{
	struct gen_path target = { 0 };
	struct node node;
	struct pod pod;
	int common, up;

	random_node(state, &node);
	node.root.count = 0; /* with a root of its own, the same rules one level down */
	do
		random_pod(state, &pod);
	while (strlen(pod.uid) != 36 && !pod.hash);
	push_parts(&target, &node, &pod, pod.qos == QOS_GUARANTEED ? 2 : 3);
	push_container(&target, state, &node);
	if (one_in(state, 3))
		push_inner(&target, state);
	/* 0: from the root, 1: kubepods is common, 2: and the QoS class */
	common = (int)gen_below(state, pod.qos == QOS_GUARANTEED ? 2 : 3);
	up = common == 1 ? 3 : 2;
	if (common == 1 && one_in(state, 2))
		up = 2; /* a Guaranteed reader's cgroup is one level higher */
	make_relative(g, &target, common, up);
	g->want.qos = pod.qos;
	if (!node.systemd && common >= target.want.pod_depth - 1)
		g->want.qos = QOS_NONE;
}

void gen_path(uint64_t *state, struct gen_path *ret)
{
	uint32_t kind = gen_below(state, 20);

	memset(ret, 0, sizeof(*ret));
	ret->at[0] = ret->want.level = LIMIT_HOST;
	if (kind < 10)
		build_pod_path(ret, state, false);
	else if (kind < 13)
		build_nested_node(ret, state);
	else if (kind < 15)
		build_mismatch(ret, state);
	else if (kind < 17)
		build_relative(ret, state);
	else if (kind < 18)
		build_lone_container(ret, state);
	else
		build_foreign(ret, state);
}
