/* SPDX-License-Identifier: GPL-2.0-only */
#define _GNU_SOURCE
#include "cri.h"

#include <fcntl.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#define COUNT(a) ((int)(sizeof(a) / sizeof((a)[0])))
#define ARGS_MAX 48
#define MIB (1024LL * 1024)
#define LINE_MS 15000

static void __attribute__((format(printf, 2, 3))) make_path(char *ret, const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	assert_in_range(vsnprintf(ret, CGROUP_PATH_MAX, format, ap), 1, CGROUP_PATH_MAX - 1);
	va_end(ap);
}

static void make_id(struct world *w, char *ret)
{
	uint64_t x = ((uint64_t)getpid() << 32) + ++w->serial;

	for (int i = 0; i < 64; i += 16) {
		x = x * 6364136223846793005ULL + 1442695040888963407ULL;
		snprintf(ret + i, 17, "%016llx", (unsigned long long)x);
	}
}

void cri_pod(struct world *w, struct cri_pod *ret, enum cri_qos qos, bool is_static, int limit_mib)
{
	static const char *const classes[] = { "", "/burstable", "/besteffort" };
	char path[CGROUP_PATH_MAX];
	int err;

	memset(ret, 0, sizeof(*ret));
	make_id(w, ret->sandbox_id);
	ret->is_static = is_static;
	snprintf(ret->namespace_name, sizeof(ret->namespace_name), "shop-%u", w->serial);
	snprintf(ret->name, sizeof(ret->name), "cart-7d9f8c6b5-%05u", w->serial);
	if (is_static)
		snprintf(ret->uid, sizeof(ret->uid), "%.32s", ret->sandbox_id + 16);
	else
		snprintf(ret->uid, sizeof(ret->uid), "0007e57a-%04x-4b1d-8a3e-%012x",
			 (unsigned int)getpid() & 0xffff, w->serial);
	make_path(path, "%s%s/pod%s", w->node.path, classes[qos], ret->uid);
	err = cgroup_make(&w->h, path, &ret->cg);
	if (!err && limit_mib)
		err = cgroup_set_limit(&w->h, &ret->cg, limit_mib * MIB);
	/* its containers may have limits */
	if (!err && w->h.version == 2)
		err = cgroup_write(&w->h, &ret->cg, "cgroup.subtree_control", "+memory");
	if (err)
		fail_msg("%s: %s", path, strerror(-err));
}

void cri_container(struct world *w, struct cri_container *ret, const struct cri_pod *pod,
		   int limit_mib)
{
	memset(ret, 0, sizeof(*ret));
	ret->pod = pod;
	make_id(w, ret->id);
	snprintf(ret->name, sizeof(ret->name), "app-%u", w->serial);
	make_path(ret->path, "%s/%s", pod->cg.path, ret->id);
	if (limit_mib)
		snprintf(ret->memory_limit, sizeof(ret->memory_limit), "%lld", limit_mib * MIB);
}

struct cgroup cri_cgroup(const struct cri_container *c)
{
	struct cgroup cg = { .limit = CGROUP_NO_LIMIT };

	snprintf(cg.path, sizeof(cg.path), "%s", c->path);
	return cg;
}

/* ---- ctr ---- */

struct command {
	const char *argv[ARGS_MAX];
	int n;
	char annotations[8][256];
	int n_annotations;
};

static void add(struct command *cmd, const char *arg)
{
	assert_true(cmd->n < ARGS_MAX - 1);
	cmd->argv[cmd->n++] = arg;
}

static void annotate(struct command *cmd, const char *key, const char *value)
{
	char *text = cmd->annotations[cmd->n_annotations++];

	assert_true(cmd->n_annotations <= COUNT(cmd->annotations));
	snprintf(text, sizeof(cmd->annotations[0]), "io.kubernetes.cri.%s=%s", key, value);
	add(cmd, "--annotation");
	add(cmd, text);
}

static void build(struct command *cmd, const struct cri_container *c, const char *how,
		  const char *const *args)
{
	add(cmd, "ctr");
	add(cmd, "run");
	add(cmd, how);
	add(cmd, "--cgroup");
	add(cmd, c->path);
	if (*c->memory_limit) {
		add(cmd, "--memory-limit");
		add(cmd, c->memory_limit);
	}
	annotate(cmd, "container-type", c->is_sandbox ? "sandbox" : "container");
	annotate(cmd, "sandbox-id", c->pod->sandbox_id);
	annotate(cmd, "sandbox-namespace", c->pod->namespace_name);
	annotate(cmd, "sandbox-name", c->pod->name);
	annotate(cmd, "sandbox-uid", c->pod->uid);
	if (!c->is_sandbox) {
		annotate(cmd, "container-name", c->name);
		annotate(cmd, "image-name", WORLD_IMAGE);
	}
	add(cmd, WORLD_IMAGE);
	add(cmd, c->id);
	while (*args)
		add(cmd, *args++);
}

pid_t cri_spawn(const struct cri_container *c, const char *how, int out_fd, const char *const *args)
{
	struct command cmd = { .n = 0 };
	pid_t pid;

	build(&cmd, c, how, args);
	pid = fork();
	if (!pid) {
		int null = open("/dev/null", O_RDWR);

		prctl(PR_SET_PDEATHSIG, SIGKILL);
		dup2(null, STDIN_FILENO);
		dup2(out_fd < 0 ? null : out_fd, STDOUT_FILENO);
		execvp(cmd.argv[0], (char *const *)cmd.argv);
		_exit(127);
	}
	assert_true(pid > 0);
	return pid;
}

static void start(struct world *w, const struct cri_container *c, const char *const *args)
{
	struct cgroup cg = cri_cgroup(c);
	pid_t pid = cri_spawn(c, "-d", -1, args), member;
	int status;

	assert_int_equal(waitpid(pid, &status, 0), pid);
	if (status || cgroup_members(&w->h, &cg, &member, 1) < 1)
		fail_msg("ctr run %s: status 0x%x, or nothing runs in %s", args[0], status,
			 c->path);
}

void cri_start(struct world *w, const struct cri_container *c, ...)
{
	const char *args[16];
	int n = 0;
	va_list ap;

	va_start(ap, c);
	do
		args[n] = va_arg(ap, const char *);
	while (args[n++] && n < COUNT(args));
	va_end(ap);
	start(w, c, args);
}

void cri_sandbox(struct world *w, struct cri_container *ret, const struct cri_pod *pod,
		 int limit_mib)
{
	cri_container(w, ret, pod, limit_mib);
	strcpy(ret->id, pod->sandbox_id);
	make_path(ret->path, "%s/%s", pod->cg.path, ret->id);
	ret->is_sandbox = true;
	*ret->name = '\0';
}

void cri_start_sandbox(struct world *w, const struct cri_pod *pod)
{
	struct cri_container c;

	cri_sandbox(w, &c, pod, 0);
	cri_start(w, &c, "/eat", "--size-kib", "16", NULL);
}

void cri_touch(const struct cri_container *c, const char *name)
{
	char path[512];

	snprintf(path, sizeof(path), "%s/%s/rootfs/%s", WORLD_BUNDLES, c->id, name);
	world_write(path, "%s", "");
}

void cri_hide_bundle(const struct cri_container *c, bool hide)
{
	char path[256], hidden[256];

	snprintf(path, sizeof(path), "%s/%s/config.json", WORLD_BUNDLES, c->id);
	snprintf(hidden, sizeof(hidden), "%s/%s/hidden", WORLD_BUNDLES, c->id);
	assert_int_equal(rename(hide ? path : hidden, hide ? hidden : path), 0);
}

void cri_wait_usage(struct world *w, const struct cri_container *c, int mib)
{
	struct cgroup cg = cri_cgroup(c);

	for (int waited = 0; cgroup_usage(&w->h, &cg) < mib * MIB; waited += 5) {
		if (waited > KILL_MS)
			fail_msg("%s does not hold %d MiB", c->path, mib);
		poll(NULL, 0, 5);
	}
}

/* ---- lines ---- */

const char *cri_misnamed(json_t *line, const char *task, const struct cri_container *c,
			 const char *source)
{
	static char why[1024];
	const struct cri_pod *pod = c->pod;
	const struct {
		const char *key, *want;
	} rows[] = {
		{ "container.id", c->id },
		{ "cgroup.path", c->path },
		{ "k8s.namespace.name", pod->namespace_name },
		{ "k8s.pod.name", pod->name },
		{ "k8s.pod.uid", pod->is_static ? "" : pod->uid },
		{ "static_pod_hash", pod->is_static ? pod->uid : "" },
		{ "k8s.container.name", c->name },
		{ "identity_source", source },
	};
	size_t n = 0;

	for (int i = 0; i < COUNT(rows); i++) {
		char path[96];
		const char *is;

		snprintf(path, sizeof(path), "%s.%s", task, rows[i].key);
		is = line_string(line, path);
		if (strcmp(is, rows[i].want) && n < sizeof(why))
			n += snprintf(why + n, sizeof(why) - n, "%s is \"%s\", not \"%s\"; ", path,
				      is, rows[i].want);
	}
	return n ? why : NULL;
}

json_t *cri_kill_in(struct world *w, const struct cri_container *c)
{
	json_t *line;

	while ((line = tracer_line(&w->tracer, LINE_MS)))
		if (!strcmp(line_string(line, "type"), "oom_kill") &&
		    !strcmp(line_string(line, "victim.container.id"), c->id))
			return line;
	tracer_print(&w->tracer);
	return NULL;
}
