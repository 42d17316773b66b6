/* SPDX-License-Identifier: GPL-2.0-only */
#define _GNU_SOURCE
#include "workload.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define ARGS_MAX 24
#define READY_FD 3

/* `eat` is installed beside this program. */
static const char *eat_path(void)
{
	static char path[512];
	const char *set = getenv("OOMWHY_EAT");
	ssize_t n;

	if (set)
		return set;
	n = readlink("/proc/self/exe", path, sizeof(path) - 5);
	if (n <= 0)
		return "eat";
	path[n] = '\0';
	dirname(path);
	strcat(path, "/eat");
	return path;
}

/* In the child. Nothing is allocated: the memory would be charged to the workload's cgroup. */
static void run_eat(int procs_fd, int go_fd, int ready_fd, char *const *argv)
{
	sigset_t none;

	if (write(procs_fd, "0", 1) != 1)
		_exit(126);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	signal(SIGPIPE, SIG_DFL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	if (dup2(go_fd, STDIN_FILENO) < 0 || (ready_fd != READY_FD && dup2(ready_fd, READY_FD) < 0))
		_exit(126);
	if (ready_fd == READY_FD)
		fcntl(ready_fd, F_SETFD, 0);
	execv(argv[0], argv);
	_exit(127);
}

int workload_start(struct workload *ret, const struct hierarchy *h, const struct cgroup *cg,
		   enum workload_ns ns, const char *const *args)
{
	const char *argv[ARGS_MAX] = { eat_path(), "--stdin", "--ready-fd", "3" };
	int procs_fd, go[2], ready[2], n = 4;
	long pid;

	while (*args && n < ARGS_MAX - 1)
		argv[n++] = *args++;
	procs_fd = cgroup_open_procs(h, cg);
	if (procs_fd < 0)
		return procs_fd;
	if (pipe2(go, O_CLOEXEC) || pipe2(ready, O_CLOEXEC))
		return -errno;
	/* Like fork(), but the flags can be said; the child only moves itself and execs. */
	pid = syscall(SYS_clone, SIGCHLD | (ns == OWN_PIDNS ? CLONE_NEWPID : 0), 0, 0, 0, 0);
	if (!pid)
		run_eat(procs_fd, go[0], ready[1], (char *const *)argv);
	close(procs_fd);
	close(go[0]);
	close(ready[1]);
	if (pid < 0) {
		close(go[1]);
		close(ready[0]);
		return -errno;
	}
	*ret = (struct workload){ .pid = (pid_t)pid, .go_fd = go[1], .ready_fd = ready[0] };
	return 0;
}

int workload_go(struct workload *w)
{
	return write(w->go_fd, "g", 1) == 1 ? 0 : -errno;
}

int workload_wait_ready(struct workload *w, int timeout_ms)
{
	struct pollfd p = { .fd = w->ready_fd, .events = POLLIN };
	char text[16];
	int n = poll(&p, 1, timeout_ms);

	if (n <= 0)
		return n ? -errno : -ETIME;
	return read(w->ready_fd, text, sizeof(text)) > 0 ? 0 : -ECHILD;
}

int workload_wait_end(struct workload *w, int timeout_ms)
{
	const struct timespec pause = { 0, 5 * 1000 * 1000 };

	for (int waited = 0; !w->ended; waited += 5) {
		pid_t pid = waitpid(w->pid, &w->status, WNOHANG);

		if (pid < 0)
			return -errno;
		w->ended = pid == w->pid;
		if (w->ended)
			break;
		if (waited >= timeout_ms)
			return -ETIME;
		nanosleep(&pause, NULL);
	}
	return 0;
}

void workload_end(struct workload *w)
{
	if (!w->pid)
		return;
	if (!w->ended) {
		kill(w->pid, SIGKILL);
		waitpid(w->pid, &w->status, 0);
	}
	close(w->go_fd);
	close(w->ready_fd);
	memset(w, 0, sizeof(*w));
}

int nameless_fs(const char *type, const char *options)
{
	char dir[] = "/tmp/oomwhy-XXXXXX";
	int fd = -1, err = 0;

	mkdir("/tmp", 01777); /* a guest may come without it */
	if (!mkdtemp(dir))
		return -errno;
	if (mount("none", dir, type, MS_NOSUID | MS_NODEV, options)) {
		err = -errno;
	} else {
		fd = open(dir, O_PATH | O_DIRECTORY | O_CLOEXEC);
		err = fd < 0 ? -errno : 0;
		umount2(dir, MNT_DETACH);
	}
	rmdir(dir);
	return err ? err : fd;
}

int nameless_tmpfs(void)
{
	/* Else as many files as half the machine has pages: few, where pages are large. */
	return nameless_fs("tmpfs", "mode=0777,nr_inodes=0");
}
