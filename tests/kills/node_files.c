/* SPDX-License-Identifier: GPL-2.0-only */
#define _GNU_SOURCE
#include "node_files.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#define ARGS_MAX 12
#define PATH_SIZE 256

const char *node_files(struct fixture *fx)
{
	if (*fx->files)
		return fx->files;
	snprintf(fx->files, sizeof(fx->files), "/tmp/oomwhy-kills.XXXXXX");
	if (!mkdtemp(fx->files))
		fail_msg("%s: %s", fx->files, strerror(errno));
	return fx->files;
}

static void make_folders(const char *path)
{
	char part[PATH_SIZE];

	for (const char *end = path; (end = strchr(end + 1, '/'));) {
		snprintf(part, sizeof(part), "%.*s", (int)(end - path), path);
		if (mkdir(part, 0700) && errno != EEXIST)
			fail_msg("%s: %s", part, strerror(errno));
	}
}

static void bundle_path(struct fixture *fx, const char *container_id, char *ret)
{
	snprintf(ret, PATH_SIZE, "%s/task/k8s.io/%s/config.json", node_files(fx), container_id);
}

static json_t *annotations(const char *pod_uid, const struct node_names *names)
{
	json_t *ret = json_pack("{s:s, s:s, s:s, s:s}", "io.kubernetes.cri.sandbox-namespace",
				names->namespace_name, "io.kubernetes.cri.sandbox-name", names->pod,
				"io.kubernetes.cri.sandbox-uid", pod_uid,
				"io.kubernetes.cri.container-type",
				names->container ? "container" : "sandbox");

	if (!names->container)
		return ret;
	json_object_set_new(ret, "io.kubernetes.cri.container-name", json_string(names->container));
	json_object_set_new(ret, "io.kubernetes.cri.image-name",
			    json_sprintf("registry.test/%s:1", names->container));
	return ret;
}

void node_bundle(struct fixture *fx, const char *pod_uid, const char *container_id,
		 const struct node_names *names, int oom_score_adj)
{
	json_t *config = json_pack("{s:s, s:{s:i}, s:o}", "ociVersion", "1.1.0", "process",
				   "oomScoreAdj", oom_score_adj, "annotations",
				   annotations(pod_uid, names));
	char path[PATH_SIZE];

	bundle_path(fx, container_id, path);
	make_folders(path);
	assert_non_null(config);
	assert_int_equal(json_dump_file(config, path, JSON_COMPACT), 0);
	json_decref(config);
}

void node_remove_bundle(struct fixture *fx, const char *container_id)
{
	char path[PATH_SIZE];

	bundle_path(fx, container_id, path);
	assert_int_equal(unlink(path), 0);
	*strrchr(path, '/') = '\0';
	assert_int_equal(rmdir(path), 0);
}

struct container *node_container(struct fixture *fx, struct pod *pod, int limit,
				 const struct node_names *names)
{
	struct container *c = fixture_new_container(fx, pod);

	node_bundle(fx, pod->uid, c->id, names, NODE_ADJ);
	fixture_make_container(fx, c, limit);
	return c;
}

struct workload *node_die_in(struct fixture *fx, const struct cgroup *cg)
{
	struct workload *w = fixture_eat(fx, cg, OWN_PIDNS, "--adj", "990", NULL);

	fixture_mark(fx);
	assert_int_equal(workload_go(w), 0);
	assert_int_equal(workload_wait_end(w, KILL_MS), 0);
	assert_true(WIFSIGNALED(w->status));
	return w;
}

json_t *node_line_of(struct tracer *t, const struct workload *w)
{
	json_t *line = tracer_kill_of(t, w->pid, TRACER_LINE_MS);

	if (!line)
		fail_msg("no line for process %d", w->pid);
	return line;
}

struct tracer *node_tracer(struct fixture *fx, const struct cgroup *cg, const char *const *args)
{
	char containerd[PATH_SIZE], log_pods[PATH_SIZE];
	const char *all[ARGS_MAX] = { "--json", "--root", containerd, "--root", log_pods };
	int n = 5, procs = -1;

	snprintf(containerd, sizeof(containerd), "containerd=%s/task", node_files(fx));
	snprintf(log_pods, sizeof(log_pods), "log-pods=%s/pods", node_files(fx));
	while (args && *args && n < ARGS_MAX - 1)
		all[n++] = *args++;
	if (cg) {
		procs = cgroup_open_procs(&fx->h, cg);
		assert_true(procs >= 0);
	}
	tracer_free(&fx->own);
	assert_int_equal(tracer_start_in(&fx->own, all, procs), 0);
	if (procs >= 0)
		close(procs);
	tracer_wait_attached(&fx->own);
	return &fx->own;
}

static void check_name(json_t *line, const char *who, const char *key, const char *name)
{
	char path[64];

	snprintf(path, sizeof(path), "%s.k8s.%s", who, key);
	if (strcmp(line_string(line, path), name ? name : "") != 0) {
		char *text = json_dumps(line, JSON_COMPACT);

		fail_msg("%s is not \"%s\": %s", path, name ? name : "", text);
	}
}

void node_check_names(json_t *line, const char *who, const struct node_names *names)
{
	check_name(line, who, "namespace.name", names->namespace_name);
	check_name(line, who, "pod.name", names->pod);
	check_name(line, who, "container.name", names->container);
}
