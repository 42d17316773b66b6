/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What other runtimes and kubelet keep of a container on the node, as files of our own making: the
 * names come from the best of them. The container is a cgroup with a process.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "cases.h"
#include "cri.h"
#include "kills/workload.h"

struct scene {
	struct cri_pod pod;
	struct cri_container c;
	struct workload eat;
	int oom_score_adj; /* as kubelet has told the runtime */
};

static void begin(struct world *w, struct scene *s)
{
	memset(s, 0, sizeof(*s));
	cri_pod(w, &s->pod, BURSTABLE, false, 0);
	cri_container(w, &s->c, &s->pod, 16);
	world_trace(w);
}

/* The container appears: what the runtime writes before it has been written. */
static void appear(struct world *w, struct scene *s)
{
	const char *const args[] = { NULL };
	struct cgroup cg;

	assert_int_equal(cgroup_make(&w->h, s->c.path, &cg), 0);
	assert_int_equal(cgroup_set_limit(&w->h, &cg, strtoll(s->c.memory_limit, NULL, 10)), 0);
	assert_int_equal(workload_start(&s->eat, &w->h, &cg, OWN_PIDNS, args), 0);
}

/* It runs into its limit; the line. */
static json_t *finish(struct world *w, struct scene *s, const char *source)
{
	const char *wrong;
	json_t *line;

	assert_int_equal(workload_go(&s->eat), 0);
	assert_int_equal(workload_wait_end(&s->eat, KILL_MS), 0);
	workload_end(&s->eat);
	line = cri_kill_in(w, &s->c);
	if (!line)
		fail_msg("no oom_kill line for the container %s", s->c.id);
	wrong = cri_misnamed(line, "victim", &s->c, source);
	if (wrong)
		fail_msg("%s", wrong);
	return line;
}

/* As kubelet does: the folder before the container is made, the link when it runs. */
static void write_log(const struct scene *s, const char *container, int restarts, char *ret,
		      size_t size)
{
	snprintf(ret, size, "/var/log/pods/%s_%s_%s/%s/%d.log", s->pod.namespace_name, s->pod.name,
		 s->pod.uid, container, restarts);
	world_write(ret, "%s", "");
}

static void link_log(const struct scene *s, const char *target)
{
	char path[512];

	snprintf(path, sizeof(path), "/var/log/containers/%s_%s_%s-%s.log", s->pod.name,
		 s->pod.namespace_name, s->c.name, s->c.id);
	if (symlink(target, path))
		fail_msg("%s: %s", path, strerror(errno));
}

static void check_restarts(json_t *line, int restarts)
{
	assert_int_equal(line_integer(line, "victim.k8s.container.restart_count"), restarts);
}

static void write_bundle(const struct scene *s, const char *task_folder)
{
	char path[512];

	snprintf(path, sizeof(path), "%s/k8s.io/%s/config.json", task_folder, s->c.id);
	world_write(path,
		    "{\"ociVersion\":\"1.0.2-dev\",\"annotations\":{"
		    "\"io.kubernetes.cri.container-name\":\"%s\","
		    "\"io.kubernetes.cri.container-type\":\"container\","
		    "\"io.kubernetes.cri.sandbox-id\":\"%s\","
		    "\"io.kubernetes.cri.sandbox-name\":\"%s\","
		    "\"io.kubernetes.cri.sandbox-namespace\":\"%s\","
		    "\"io.kubernetes.cri.sandbox-uid\":\"%s\"},"
		    "\"process\":{\"oomScoreAdj\":%d}}",
		    s->c.name, s->pod.sandbox_id, s->pod.name, s->pod.namespace_name, s->pod.uid,
		    s->oom_score_adj);
}

/* How often it was started kubelet's log alone tells. */
static void k3s(struct world *w)
{
	struct scene s;
	char path[512];

	begin(w, &s);
	write_bundle(&s, "/run/k3s/containerd/io.containerd.runtime.v2.task");
	write_log(&s, s.c.name, 41, path, sizeof(path));
	appear(w, &s);
	link_log(&s, path);
	check_restarts(finish(w, &s, "bundle"), 41);
}

static void crio(struct world *w)
{
	struct scene s;
	char path[512];

	begin(w, &s);
	assert_in_range(snprintf(s.c.path, sizeof(s.c.path), "%.300s/crio-%s", s.pod.cg.path,
				 s.c.id),
			1, sizeof(s.c.path) - 1);
	snprintf(path, sizeof(path),
		 "/run/containers/storage/overlay-containers/%s/userdata/config.json", s.c.id);
	world_write(path,
		    "{\"ociVersion\":\"1.2.0\",\"annotations\":{"
		    "\"io.kubernetes.container.name\":\"%s\","
		    "\"io.kubernetes.cri-o.ContainerType\":\"container\","
		    "\"io.kubernetes.cri-o.SandboxID\":\"%s\","
		    "\"io.kubernetes.pod.name\":\"%s\","
		    "\"io.kubernetes.pod.namespace\":\"%s\","
		    "\"io.kubernetes.pod.uid\":\"%s\"}}",
		    s.c.name, s.pod.sandbox_id, s.pod.name, s.pod.namespace_name, s.pod.uid);
	appear(w, &s);
	finish(w, &s, "bundle");
}

static void docker(struct world *w)
{
	struct scene s;
	char path[512];

	begin(w, &s);
	snprintf(path, sizeof(path), "/var/lib/docker/containers/%s/config.v2.json", s.c.id);
	world_write(path,
		    "{\"ID\":\"%s\",\"Config\":{\"Image\":\"%s\",\"Labels\":{"
		    "\"io.kubernetes.container.name\":\"%s\","
		    "\"io.kubernetes.docker.type\":\"container\","
		    "\"io.kubernetes.sandbox.id\":\"%s\","
		    "\"io.kubernetes.pod.name\":\"%s\","
		    "\"io.kubernetes.pod.namespace\":\"%s\","
		    "\"io.kubernetes.pod.uid\":\"%s\"}}}",
		    s.c.id, WORLD_IMAGE, s.c.name, s.pod.sandbox_id, s.pod.name,
		    s.pod.namespace_name, s.pod.uid);
	appear(w, &s);
	finish(w, &s, "bundle");
}

/* The pod has two containers: only the link tells them apart. It comes after the container. */
static void log_link(struct world *w)
{
	struct scene s;
	char path[512];

	begin(w, &s);
	write_log(&s, "another", 0, path, sizeof(path));
	write_log(&s, s.c.name, 7, path, sizeof(path));
	appear(w, &s);
	link_log(&s, path);
	check_restarts(finish(w, &s, "log_link"), 7);
}

/* The pod has one container, and no sandbox is without a bundle: so it is that one. */
static void log_folder(struct world *w)
{
	struct scene s;
	char path[512];

	world_make_dirs(WORLD_BUNDLES);
	begin(w, &s);
	write_log(&s, s.c.name, 0, path, sizeof(path));
	appear(w, &s);
	finish(w, &s, "log_folder");
}

/* The pod has two: which of them it is nobody knows, and nobody says. */
static void log_folders(struct world *w)
{
	struct scene s;
	char path[512];

	begin(w, &s);
	write_log(&s, s.c.name, 0, path, sizeof(path));
	write_log(&s, "another", 0, path, sizeof(path));
	appear(w, &s);
	*s.c.name = '\0';
	finish(w, &s, "log_folder");
}

static void check_request(json_t *line, const char *source, long long bytes, long long error_max)
{
	long long is = line_integer(line, "victim.request_bytes");
	long long error = line_integer(line, "victim.request_error_bytes");

	assert_string_equal(line_string(line, "victim.request_source"), source);
	if (llabs(is - bytes) > error || error < 0 || error > error_max)
		fail_msg("request_bytes %lld, request_error_bytes %lld, not %lld", is, error,
			 bytes);
}

/* kubelet's arithmetic, for a Burstable pod: 1000 - 1000 * request / memory, from 3 to 999. */
static void begin_burstable(struct world *w, struct scene *s, long long *ret_request,
			    long long *ret_memory)
{
	*ret_memory = sysconf(_SC_PHYS_PAGES) * sysconf(_SC_PAGESIZE);
	*ret_request = *ret_memory / 10 + 123456789;
	begin(w, s);
	s->oom_score_adj = (int)(1000 - 1000 * *ret_request / *ret_memory);
	write_bundle(s, "/run/containerd/io.containerd.runtime.v2.task");
}

static void request_from_adj(struct world *w)
{
	long long request, memory;
	struct scene s;

	begin_burstable(w, &s, &request, &memory);
	appear(w, &s);
	check_request(finish(w, &s, "bundle"), "oom_score_adj", request, memory / 1000 + 1);
}

static void request_exact(struct world *w)
{
	long long request, memory;
	struct scene s;

	begin_burstable(w, &s, &request, &memory);
	world_write(
		"/var/lib/kubelet/allocated_pods_state",
		"{\"data\":\"{\\\"entries\\\":{\\\"%s\\\":{\\\"ContainerResources\\\":"
		"{\\\"%s\\\":{\\\"limits\\\":{\\\"memory\\\":\\\"16Mi\\\"},"
		"\\\"requests\\\":{\\\"cpu\\\":\\\"100m\\\",\\\"memory\\\":\\\"10Mi\\\"}}}}}}\","
		"\"checksum\":1}",
		s.pod.uid, s.c.name);
	appear(w, &s);
	check_request(finish(w, &s, "bundle"), "allocated_pods_state", 10 << 20, 0);
}

static void nothing(struct world *w)
{
	struct scene s;

	begin(w, &s);
	appear(w, &s);
	*s.c.name = *s.pod.name = *s.pod.namespace_name = '\0';
	finish(w, &s, "path");
}

/* A bundle that ends in the middle: said on stderr, and the next source. */
static void truncated(struct world *w)
{
	struct scene s;
	char path[512], text[16];

	begin(w, &s);
	snprintf(path, sizeof(path), "%s/%s/config.json", WORLD_BUNDLES, s.c.id);
	world_write(path, "{\"annotations\":{\"io.kubernetes.cri.sandbox-name\":\"not-thi");
	write_log(&s, s.c.name, 0, path, sizeof(path));
	link_log(&s, path);
	appear(w, &s);
	finish(w, &s, "log_link");
	if (pread(w->tracer.err_fd, text, sizeof(text), 0) <= 0)
		fail_msg("a broken config.json is not mentioned on stderr");
}

/* A bundle that says it is another pod's: the cgroup's path is kubelet's word. */
static void liar(struct world *w)
{
	struct scene s, other = { 0 };
	char path[512], text[16];

	begin(w, &s);
	cri_pod(w, &other.pod, BURSTABLE, false, 0);
	other.c = s.c;
	other.oom_score_adj = 0;
	write_bundle(&other, "/run/containerd/io.containerd.runtime.v2.task");
	write_log(&s, s.c.name, 0, path, sizeof(path));
	write_log(&s, "another", 0, path, sizeof(path));
	appear(w, &s);
	*s.c.name = '\0';
	finish(w, &s, "log_folder");
	if (pread(w->tracer.err_fd, text, sizeof(text), 0) <= 0)
		fail_msg("a config.json of another pod's is not mentioned on stderr");
}

const struct runtime_case file_cases[] = {
	{ "k3s", "k3s's containerd", k3s },
	{ "cri-o", "CRI-O's storage", crio },
	{ "docker", "docker's containers (cri-dockerd)", docker },
	{ "log-link", "kubelet's link in /var/log/containers", log_link },
	{ "log-folder", "kubelet's folder in /var/log/pods", log_folder },
	{ "log-folders", "the same, of a pod of two containers", log_folders },
	{ "request-adj", "a request from oom_score_adj, with its error", request_from_adj },
	{ "request-exact", "a request from kubelet's own state", request_exact },
	{ "nothing", "no file at all", nothing },
	{ "truncated", "a bundle that ends in the middle", truncated },
	{ "liar", "a bundle that says it is another pod's", liar },
};
const int n_file_cases = sizeof(file_cases) / sizeof(file_cases[0]);
