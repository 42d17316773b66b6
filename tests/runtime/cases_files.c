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
		    "\"io.kubernetes.cri.sandbox-uid\":\"%s\"}}",
		    s->c.name, s->pod.sandbox_id, s->pod.name, s->pod.namespace_name, s->pod.uid);
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

static void log_link(struct world *w)
{
	struct scene s;
	char path[512];

	begin(w, &s);
	write_log(&s, s.c.name, 7, path, sizeof(path));
	appear(w, &s);
	link_log(&s, path);
	check_restarts(finish(w, &s, "log_link"), 7);
}

/* The pod has one container: so it is that one. */
static void log_folder(struct world *w)
{
	struct scene s;
	char path[512];

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
	appear(w, &s);
	link_log(&s, path);
	finish(w, &s, "log_link");
	if (pread(w->tracer.err_fd, text, sizeof(text), 0) <= 0)
		fail_msg("a broken config.json is not mentioned on stderr");
}

const struct runtime_case file_cases[] = {
	{ "k3s", "k3s's containerd", k3s },
	{ "cri-o", "CRI-O's storage", crio },
	{ "docker", "docker's containers (cri-dockerd)", docker },
	{ "log-link", "kubelet's link in /var/log/containers", log_link },
	{ "log-folder", "kubelet's folder in /var/log/pods", log_folder },
	{ "log-folders", "the same, of a pod of two containers", log_folders },
	{ "nothing", "no file at all", nothing },
	{ "truncated", "a bundle that ends in the middle", truncated },
};
const int n_file_cases = sizeof(file_cases) / sizeof(file_cases[0]);
