/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * place: what a cgroup path means to Kubernetes.
 *
 * One pass over the components, outermost first. At each we know where we stand (enum where),
 * and only what kubelet, systemd or a runtime would make at that very spot counts; a name alone
 * proves nothing.
 *
 * kubelet names a pod's cgroup by a list of parts: those of --cgroup-root, "kubepods", a QoS
 * class (Guaranteed has none), "pod" and the UID. Its cgroupfs driver makes a folder of each
 * part. Its systemd driver turns '-' within a part into '_', joins the parts with '-' and
 * appends ".slice"; systemd then nests a-b-c.slice in a-b.slice in a.slice. So with both drivers
 * a cgroup adds one part to its parent's, and the parts alone are judged.
 */
#include <limits.h>
#include <string.h>

#include "place.h"

#define CONTAINER_ID_LEN 64 /* containerd, CRI-O, docker and podman: 32 random bytes in hex */
#define CONFIG_HASH_LEN 32 /* kubelet's UID for a static pod: MD5 or FNV-128a in hex */
#define UUID_LEN 36

struct span {
	const char *at;
	size_t len;
};

/* What the components read so far have led to. */
enum where {
	ABOVE, /* no kubelet's cgroup yet */
	IN_NODE,
	IN_QOS,
	IN_POD,
	IN_CONTAINER, /* final: the workload names what is below */
	ELSEWHERE, /* final: off the structure that kubelet and the runtimes make */
};

struct reader {
	struct place *place;
	enum where where;
	struct span prev; /* the component before; empty at the start */
	int base; /* components up to where a kubelet's view begins: 0, or a node container's */
	bool leading; /* nothing but ".." so far */
	bool foreign; /* since base: systemd units or names in which no kubelet puts its root */
	bool of_users; /* since base: below user.slice, where anyone may make any cgroup */
};

static bool span_is(struct span s, const char *text)
{
	return s.len == strlen(text) && memcmp(s.at, text, s.len) == 0;
}

static bool skip_prefix(struct span *s, const char *prefix)
{
	size_t len = strlen(prefix);

	if (s->len < len || memcmp(s->at, prefix, len) != 0)
		return false;
	s->at += len;
	s->len -= len;
	return true;
}

static bool cut_suffix(struct span *s, const char *suffix)
{
	size_t len = strlen(suffix);

	if (s->len < len || memcmp(s->at + s->len - len, suffix, len) != 0)
		return false;
	s->len -= len;
	return true;
}

/* Take what stands before the next @sep off the front of @rest. False: nothing was left. */
static bool next_piece(struct span *rest, char sep, struct span *ret)
{
	const char *end;

	if (!rest->at)
		return false;
	end = rest->len ? memchr(rest->at, sep, rest->len) : NULL;
	ret->at = rest->at;
	ret->len = end ? (size_t)(end - rest->at) : rest->len;
	rest->at = end ? end + 1 : NULL;
	rest->len = end ? rest->len - ret->len - 1 : 0;
	return true;
}

static bool is_hex(struct span s, size_t len)
{
	for (size_t i = 0; i < s.len; i++)
		if ((s.at[i] < '0' || s.at[i] > '9') && (s.at[i] < 'a' || s.at[i] > 'f'))
			return false;
	return s.len == len;
}

/* As the API server or kubelet make one: a UUID or a hash. */
static bool is_made_uid(struct span s)
{
	for (size_t i = 0; i < s.len; i++)
		if (s.at[i] != '-' && !is_hex((struct span){ &s.at[i], 1 }, 1))
			return false;
	return s.len == UUID_LEN || s.len == CONFIG_HASH_LEN;
}

/*
 * A UID may be any string: a static pod's manifest can set it. We believe what is printable,
 * cannot be taken for "..", and is not longer than we can give back.
 */
static bool is_uid(struct span s)
{
	if (s.len == 0 || s.len > PLACE_POD_UID_MAX || s.at[0] == '.')
		return false;
	for (size_t i = 0; i < s.len; i++)
		if (s.at[i] <= ' ' || s.at[i] > '~')
			return false;
	return true;
}

static void set_container_id(struct place *p, struct span id, enum runtime runtime)
{
	memcpy(p->container_id, id.at, id.len);
	p->container_id[id.len] = '\0';
	p->runtime = runtime;
}

/* kubelet refuses '_' in its own parts, so turning it back to '-' is exact. */
static void set_pod_uid(struct place *p, struct span uid)
{
	for (size_t i = 0; i < uid.len; i++)
		p->pod_uid[i] = uid.at[i] == '_' ? '-' : uid.at[i];
	p->pod_uid[uid.len] = '\0';
	p->static_pod = is_hex(uid, CONFIG_HASH_LEN);
}

static enum qos_class qos_of(struct span part)
{
	if (span_is(part, "burstable"))
		return QOS_BURSTABLE;
	if (span_is(part, "besteffort"))
		return QOS_BEST_EFFORT;
	return QOS_NONE;
}

/* Where one more part of a kubelet's name leads; what the part says goes to @p, depths do not. */
static enum where step(enum where where, struct span part, struct place *p)
{
	if (where == ABOVE || where == IN_NODE) {
		/* Twice in a row, the first is the cgroup root (Docker Desktop). */
		if (span_is(part, "kubepods"))
			return IN_NODE;
		if (where == ABOVE)
			return ABOVE;
		p->qos = qos_of(part);
		if (p->qos != QOS_NONE)
			return IN_QOS;
	}
	if ((where == IN_NODE || where == IN_QOS) && skip_prefix(&part, "pod") && is_uid(part)) {
		if (where == IN_NODE)
			p->qos = QOS_GUARANTEED;
		set_pod_uid(p, part);
		return IN_POD;
	}
	return ELSEWHERE;
}

/* A slice's name holds all parts from the cgroup root on. */
static enum where step_all(struct span stem, struct place *p)
{
	enum where where = ABOVE;
	struct span part;

	while (next_piece(&stem, '-', &part))
		where = step(where, part, p);
	return where;
}

/*
 * The part that component @c adds to its parent's name, if the two fit together: both slices and
 * the parent's name a prefix, or both plain folders.
 */
static bool own_part(struct span c, struct span parent, struct span *ret)
{
	bool in_slice = cut_suffix(&parent, ".slice");

	*ret = c;
	if (!cut_suffix(ret, ".slice")) {
		bool unit = cut_suffix(&c, ".scope") || cut_suffix(&c, ".service");

		return !in_slice && !unit && !span_is(c, ".") && !span_is(c, "..");
	}
	if (in_slice) {
		if (ret->len <= parent.len || memcmp(ret->at, parent.at, parent.len) != 0)
			return false;
		ret->at += parent.len;
		ret->len -= parent.len;
		if (!skip_prefix(ret, "-"))
			return false;
	}
	return ret->len > 0 && !memchr(ret->at, '-', ret->len);
}

/* How a runtime names the cgroup of a container, before its ID. */
static const struct container_name {
	enum runtime runtime;
	const char *prefix;
	bool cri; /* made for kubelet only */
	bool scope; /* systemd's driver only: the other one's names have no prefix */
	bool monitor;
} container_names[] = {
	{ .runtime = RUNTIME_CONTAINERD, .prefix = "cri-containerd-", .cri = true, .scope = true },
	{ .runtime = RUNTIME_DOCKER, .prefix = "docker-", .scope = true },
	{ .runtime = RUNTIME_CRIO, .prefix = "crio-", .cri = true },
	{ .runtime = RUNTIME_CRIO, .prefix = "crio-conmon-", .monitor = true },
	{ .runtime = RUNTIME_PODMAN, .prefix = "libpod-" },
	{ .runtime = RUNTIME_PODMAN, .prefix = "libpod-conmon-", .monitor = true },
};

static const struct container_name bare_name = { .prefix = "" };

/* Is @c a container's name or that of its monitor? Then @id is the container's ID. */
static const struct container_name *container_name(struct span c, struct span *id)
{
	bool scope = cut_suffix(&c, ".scope");

	for (size_t i = 0; i < sizeof(container_names) / sizeof(container_names[0]); i++) {
		const struct container_name *name = &container_names[i];

		*id = c;
		if (skip_prefix(id, name->prefix) && is_hex(*id, CONTAINER_ID_LEN))
			return scope || !name->scope ? name : NULL;
	}
	*id = c;
	return is_hex(c, CONTAINER_ID_LEN) && !scope ? &bare_name : NULL;
}

static void enter_container(struct reader *r, struct span id, enum runtime runtime)
{
	set_container_id(r->place, id, runtime);
	r->place->container_depth = r->place->depth;
	r->where = IN_CONTAINER;
}

/*
 * kubelet with systemd's driver hands containerd "<slice>:cri-containerd:<id>". A containerd
 * without it takes that for a folder's name, below its own cgroup: a container of the pod for
 * which neither the pod's limit nor the node's counts.
 */
static bool read_driver_mismatch(struct reader *r, struct span c)
{
	struct place pod = *r->place;
	struct span rest = c, slice, runtime, id, more;

	if (!next_piece(&rest, ':', &slice) || !next_piece(&rest, ':', &runtime) ||
	    !next_piece(&rest, ':', &id) || next_piece(&rest, ':', &more))
		return false;
	if (!span_is(runtime, "cri-containerd") || !is_hex(id, CONTAINER_ID_LEN) ||
	    !cut_suffix(&slice, ".slice") || step_all(slice, &pod) != IN_POD)
		return false;
	*r->place = pod;
	enter_container(r, id, RUNTIME_CONTAINERD);
	return true;
}

/* A kubelet in a node container (kind, k3d, minikube, systemd's machines) sees its root there. */
static void start_view(struct reader *r)
{
	r->base = r->place->depth;
	r->foreign = false;
	r->of_users = false;
}

static bool is_machine(const struct reader *r, struct span c)
{
	if (!span_is(r->prev, "machine.slice") || r->place->depth != r->base + 2)
		return false;
	if (skip_prefix(&c, "machine-"))
		return cut_suffix(&c, ".scope");
	return skip_prefix(&c, "systemd-nspawn@") && cut_suffix(&c, ".service");
}

/* A container that stands in no pod. */
static bool read_lone_container(struct reader *r, struct span c)
{
	struct place *p = r->place;
	struct span id;
	const struct container_name *name = container_name(c, &id);
	bool bare = name == &bare_name;

	if (!name)
		return false;
	/* containerd's CRI plugin without a parent from kubelet: /<containerd's namespace>/<id>. */
	if (bare && p->depth == r->base + 2 && span_is(r->prev, "k8s.io")) {
		enter_container(r, id, RUNTIME_CONTAINERD);
	} else if (name->cri && !r->of_users) {
		enter_container(r, id, name->runtime);
	} else {
		bool docker = bare && span_is(r->prev, "docker");

		if (!p->container_id[0]) { /* else the outermost stays */
			set_container_id(p, id, docker ? RUNTIME_DOCKER : name->runtime);
			p->monitor = name->monitor;
		}
		r->where = name->monitor ? ELSEWHERE : ABOVE;
		start_view(r);
	}
	return true;
}

/* What an unknown runtime may call a container: no longer than a UID, and no unit of another kind.
 */
static bool is_plain_name(struct span c)
{
	return is_uid(c) && !memchr(c.at, ':', c.len) && !cut_suffix(&c, ".slice") &&
	       !cut_suffix(&c, ".service");
}

/*
 * Below a pod: only runtimes make cgroups here, so each is a container, or a helper that is known
 * by name. A runtime that we do not know names it after the container, as the CRI asks for.
 */
static void read_below_pod(struct reader *r, struct span c)
{
	struct place *p = r->place;
	struct span id;
	const struct container_name *name = container_name(c, &id);

	r->where = ELSEWHERE;
	if (name && name->monitor) {
		set_container_id(p, id, name->runtime);
		p->monitor = true;
	} else if (name) {
		enter_container(r, id, name->runtime);
	} else {
		cut_suffix(&c, ".scope");
		if (is_plain_name(c))
			enter_container(r, c, RUNTIME_NONE);
	}
}

/* A cgroup that kubelet made: note where it is, and forget the node container around it. */
static void enter(struct reader *r, enum where where)
{
	struct place *p = r->place;

	r->where = where;
	if (where == IN_NODE)
		p->node_depth = p->depth;
	else if (where == IN_QOS)
		p->qos_depth = p->depth;
	else if (where == IN_POD)
		p->pod_depth = p->depth;
	if (where != ABOVE && where != ELSEWHERE) {
		p->container_id[0] = '\0';
		p->runtime = RUNTIME_NONE;
	}
}

/*
 * "/../../x": the path is relative to the cgroup namespace of the process that read it, and x's
 * parent is not told. A slice's name is enough. A folder's name is not, so a pod's UID must look
 * like one here.
 */
static bool read_after_dots(struct reader *r, struct span c)
{
	struct place *p = r->place;
	struct span uid = c;

	if (cut_suffix(&c, ".slice")) {
		enter(r, step_all(c, p));
	} else if (skip_prefix(&uid, "pod") && is_made_uid(uid)) {
		set_pod_uid(p, uid);
		enter(r, IN_POD);
	} else {
		p->qos = qos_of(c);
		if (p->qos == QOS_NONE)
			return false;
		enter(r, IN_QOS);
	}
	return true;
}

static void read_kubelet_part(struct reader *r, struct span c)
{
	struct span part;
	bool known = own_part(c, r->prev, &part);

	/* The cgroupfs driver changes no byte, and kubelet refuses a part with '_'. */
	if (known && !cut_suffix(&c, ".slice"))
		known = !memchr(c.at, '_', c.len);
	enter(r, known ? step(r->where, part, r->place) : ELSEWHERE);
}

/* Above a kubelet's cgroups, or nowhere near one. */
static void read_above(struct reader *r, struct span c)
{
	struct place *p = r->place;
	struct span part;
	bool relative = r->leading && p->depth > 1;

	r->leading = r->leading && span_is(c, "..");
	if (r->leading || is_machine(r, c)) {
		start_view(r);
		return;
	}
	if (p->depth == r->base + 1 && span_is(c, "user.slice"))
		r->of_users = true;
	if (!r->of_users && read_driver_mismatch(r, c))
		return;
	if (read_lone_container(r, c))
		return;
	if (relative && read_after_dots(r, c))
		return;
	if (!own_part(c, r->prev, &part))
		r->foreign = true;
	if (!r->foreign && !r->of_users)
		enter(r, step(ABOVE, part, p));
}

static void read_component(struct reader *r, struct span c)
{
	switch (r->where) {
	case ABOVE:
		read_above(r, c);
		break;
	case IN_NODE:
	case IN_QOS:
		read_kubelet_part(r, c);
		break;
	case IN_POD:
		read_below_pod(r, c);
		break;
	case IN_CONTAINER:
	case ELSEWHERE:
		break;
	}
	r->prev = c;
}

void place_path(const char *path, size_t len, struct place *ret)
{
	struct reader r = { .place = ret, .prev = { "", 0 }, .leading = true };
	struct span rest = { path, len }, c;

	memset(ret, 0, sizeof(*ret));
	while (ret->depth < INT_MAX && next_piece(&rest, '/', &c)) {
		if (c.len == 0)
			continue;
		ret->depth++;
		read_component(&r, c);
	}
	ret->level = place_level_at(ret, ret->depth);
}

enum limit_level place_level_at(const struct place *place, int depth)
{
	if (depth < 0 || depth > place->depth)
		return LIMIT_NONE;
	if (depth == 0)
		return LIMIT_HOST;
	if (place->container_depth && depth >= place->container_depth)
		return depth == place->container_depth ? LIMIT_CONTAINER : LIMIT_NESTED;
	if (depth == place->pod_depth)
		return LIMIT_POD;
	if (depth == place->qos_depth)
		return LIMIT_QOS;
	return depth == place->node_depth ? LIMIT_NODE : LIMIT_SLICE;
}
