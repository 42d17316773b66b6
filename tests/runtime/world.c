/* SPDX-License-Identifier: GPL-2.0-only */
#define _GNU_SOURCE
#include "world.h"

#include <errno.h>
#include <fcntl.h>
#include <mntent.h>
#include <poll.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#define COUNT(a) ((int)(sizeof(a) / sizeof((a)[0])))
#define SOCKET "/run/containerd/containerd.sock"
#define START_MS 30000
#define SETTLE_S 60

long long world_boot_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_BOOTTIME, &now);
	return now.tv_sec * 1000000000LL + now.tv_nsec;
}

/* ---- files ---- */

void world_make_dirs(const char *path)
{
	char part[512];

	snprintf(part, sizeof(part), "%s", path);
	for (char *p = part + 1; (p = strchr(p, '/')); p++) {
		*p = '\0';
		mkdir(part, 0755);
		*p = '/';
	}
	if (mkdir(part, 0755) && errno != EEXIST)
		fail_msg("%s: %s", part, strerror(errno));
}

void world_write(const char *path, const char *format, ...)
{
	char dir[512];
	va_list ap;
	FILE *f;

	snprintf(dir, sizeof(dir), "%s", path);
	*strrchr(dir, '/') = '\0';
	world_make_dirs(dir);
	f = fopen(path, "we");
	if (!f)
		fail_msg("%s: %s", path, strerror(errno));
	va_start(ap, format);
	vfprintf(f, format, ap);
	va_end(ap);
	assert_int_equal(fclose(f), 0);
}

/* ---- the namespace ---- */

/* This machine's folder, with a layer on top in which we write. */
static void put_layer(const struct world *w, const char *path, int serial)
{
	char upper[128], work[128], options[512];

	snprintf(upper, sizeof(upper), "%s/upper%d", w->dir, serial);
	snprintf(work, sizeof(work), "%s/work%d", w->dir, serial);
	world_make_dirs(path); /* a guest may come without it */
	world_make_dirs(upper);
	world_make_dirs(work);
	snprintf(options, sizeof(options), "lowerdir=%s,upperdir=%s,workdir=%s", path, upper, work);
	if (mount("none", path, "overlay", 0, options))
		fail_msg("an overlay on %s: %s", path, strerror(errno));
}

void world_enter(struct world *w)
{
	static const char *const layers[] = { "/run", "/var/log", "/var/lib" };
	static const char *const empty[] = { "/run/containerd",	    "/run/k3s",
					     "/run/containers",	    "/var/log/pods",
					     "/var/log/containers", "/var/lib/kubelet",
					     "/var/lib/containers", "/var/lib/docker" };
	struct cgroup cg;
	int err = cgroup_make(&w->h, WORLD_CGROUP "/system", &cg);

	if (err)
		fail_msg("%s: %s", WORLD_CGROUP, strerror(-err));
	if (unshare(CLONE_NEWNS) || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL))
		fail_msg("a mount namespace: %s", strerror(errno));
	if (mount("none", w->dir, "tmpfs", 0, "mode=0755"))
		fail_msg("%s: %s", w->dir, strerror(errno));
	for (int i = 0; i < COUNT(layers); i++)
		put_layer(w, layers[i], i);
	for (int i = 0; i < COUNT(empty); i++) {
		world_make_dirs(empty[i]);
		if (mount("none", empty[i], "tmpfs", 0, "mode=0755"))
			fail_msg("%s: %s", empty[i], strerror(errno));
	}
	err = cgroup_make(&w->h, WORLD_CGROUP "/kubepods", &w->node);
	if (err)
		fail_msg("%s/kubepods: %s", WORLD_CGROUP, strerror(-err));
}

/* ---- programs ---- */

static void print_file(int fd)
{
	char text[4096];
	ssize_t n;

	for (off_t at = 0; (n = pread(fd, text, sizeof(text), at)) > 0; at += n)
		printf("%.*s", (int)n, text);
}

int world_run(const char *const *argv)
{
	int out = memfd_create("output", MFD_CLOEXEC), status;
	pid_t pid = fork();

	if (!pid) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		dup2(out, STDOUT_FILENO);
		dup2(out, STDERR_FILENO);
		execvp(argv[0], (char *const *)argv);
		_exit(127);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	if (status) {
		printf("  %s %s ...: status 0x%x: ", argv[0], argv[1], status);
		print_file(out);
	}
	close(out);
	return status;
}

/* Only what a container needs; the CRI plugin would want a network, and more rights than root may
 * have here. */
static const char config[] =
	"version = 2\n"
	"root = \"%s/containerd\"\n"
	"state = \"/run/containerd\"\n"
	"disabled_plugins = [\"io.containerd.grpc.v1.cri\", "
	"\"io.containerd.snapshotter.v1.aufs\", \"io.containerd.snapshotter.v1.btrfs\", "
	"\"io.containerd.snapshotter.v1.devmapper\", \"io.containerd.snapshotter.v1.zfs\", "
	"\"io.containerd.internal.v1.opt\"]\n"
	"[grpc]\n"
	"  address = \"" SOCKET "\"\n";

static int is_listening(void)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX, .sun_path = SOCKET };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	int listening = !connect(fd, (struct sockaddr *)&address, sizeof(address));

	close(fd);
	return listening;
}

/* containerd and all shims stay in a cgroup of ours: whoever empties it ends them. */
static void run_containerd(int procs_fd, int log_fd, const char *config_path)
{
	if (write(procs_fd, "0", 1) != 1)
		_exit(126);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	dup2(log_fd, STDOUT_FILENO);
	dup2(log_fd, STDERR_FILENO);
	execlp("containerd", "containerd", "--config", config_path, NULL);
	_exit(127);
}

void world_start_containerd(struct world *w)
{
	const char *image = getenv("OOMWHY_IMAGE");
	const char *import[] = { "ctr", "images", "import", image, NULL };
	char path[128], log[128];
	struct cgroup cg;
	int procs, out;

	if (w->containerd)
		return;
	assert_non_null(image);
	snprintf(path, sizeof(path), "%s/config.toml", w->dir);
	snprintf(log, sizeof(log), "%s/containerd.log", w->dir);
	world_write(path, config, w->dir);
	setenv("CONTAINERD_NAMESPACE", "k8s.io", 1);
	assert_int_equal(cgroup_make(&w->h, WORLD_CGROUP "/system", &cg), 0);
	procs = cgroup_open_procs(&w->h, &cg);
	out = open(log, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	w->containerd = fork();
	if (!w->containerd)
		run_containerd(procs, out, path);
	for (int waited = 0; !is_listening() && waited < START_MS; waited += 20)
		poll(NULL, 0, 20);
	if (!is_listening() || world_run(import)) {
		print_file(out);
		fail_msg("containerd does not work; its log is above");
	}
	close(procs);
	close(out);
}

/* ---- a case ---- */

void world_trace(struct world *w)
{
	static const char *const args[] = { "--json", NULL };

	assert_int_equal(tracer_start(&w->tracer, args), 0);
	w->tracer.mixed = true; /* what a plan can tell is held to elsewhere */
	tracer_wait_attached(&w->tracer);
}

/* Of all its threads, in ticks of some milliseconds. */
static unsigned long cpu_ticks(pid_t pid)
{
	unsigned long user = 0, system = 0;
	char path[64], text[512] = "";
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	f = fopen(path, "re");
	if (!f || !fgets(text, sizeof(text), f) || !strrchr(text, ')') ||
	    sscanf(strrchr(text, ')'), ") %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu",
		   &user, &system) != 2)
		fail_msg("%s cannot be read", path);
	fclose(f);
	return user + system;
}

void world_settle(struct world *w)
{
	unsigned long before, now = cpu_ticks(w->tracer.pid);

	for (int i = 0; i < SETTLE_S; i++) {
		before = now;
		tracer_line(&w->tracer, 1000);
		now = cpu_ticks(w->tracer.pid);
		if (now == before)
			return;
	}
	fail_msg("oomwhy does not come to rest");
}

/* Containers that live are ended, and what containerd knows of them with them. */
static void end_containers(void)
{
	static const char *const end[] = {
		"sh", "-c",
		"for c in $(ctr tasks ls -q); do ctr tasks kill -s KILL $c; done; "
		"for c in $(ctr containers ls -q); do "
		"ctr tasks delete -f $c > /dev/null 2>&1; ctr containers rm $c; done; :",
		NULL
	};

	world_run(end);
}

int world_end_case(struct world *w)
{
	int err;

	tracer_free(&w->tracer);
	if (w->containerd)
		end_containers();
	err = cgroup_remove(&w->h, WORLD_CGROUP "/kubepods");
	return err ? err : cgroup_make(&w->h, WORLD_CGROUP "/kubepods", &w->node);
}

int world_remove(const struct hierarchy *h)
{
	int err = ledger_clean(h);
	FILE *mounts = setmntent("/proc/self/mounts", "re");
	struct mntent *m;

	/* runc makes the cgroup in every hierarchy. */
	while (mounts && (m = getmntent(mounts))) {
		struct hierarchy other = { .version = 1 };
		int failed;

		if (strcmp(m->mnt_type, "cgroup") && strcmp(m->mnt_type, "cgroup2"))
			continue;
		snprintf(other.root, sizeof(other.root), "%s", m->mnt_dir);
		failed = cgroup_remove(&other, WORLD_CGROUP);
		err = err ? err : failed;
	}
	if (mounts)
		endmntent(mounts);
	return err;
}
