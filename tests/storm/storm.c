// SPDX-License-Identifier: GPL-2.0-only
#define _GNU_SOURCE
#include "storm.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#define PER_POD 4
#define LIMIT_BYTES (1LL << 20)
#define VICTIM_BYTES (16UL << 20) /* more than the limit: nobody comes to its end */
#define HOST_VICTIM_BYTES (4UL << 30) /* more than such a machine has */
#define CHURN_ALIVE 64

struct storm_shared {
	atomic_int left; /* victims to start */
	atomic_int ended; /* of those, the ones that have */
	atomic_int stop;
	unsigned long bytes; /* that a victim eats at most */
};

long long storm_now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_BOOTTIME, &now);
	return now.tv_sec * 1000000000LL + now.tv_nsec;
}

static void nap(long ms)
{
	const struct timespec pause = { ms / 1000, ms % 1000 * 1000000 };

	nanosleep(&pause, NULL);
}

/* ---- killers ---- */

static void be_killed(unsigned long bytes)
{
	int fd = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);

	prctl(PR_SET_NAME, STORM_COMM);
	if (fd < 0 || write(fd, "1000", 4) != 4)
		_exit(1);
	mmap(NULL, bytes, PROT_READ | PROT_WRITE,
	     MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_POPULATE, -1, 0);
	_exit(0);
}

/* Lives in the memcg, so that its children do. */
static void be_killer(struct storm_shared *shared, int procs_fd)
{
	if (write(procs_fd, "0", 1) != 1)
		_exit(126);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	while (!atomic_load(&shared->stop)) {
		pid_t pid;

		if (atomic_load(&shared->left) <= 0 || atomic_fetch_sub(&shared->left, 1) <= 0) {
			nap(2);
			continue;
		}
		pid = fork();
		if (!pid)
			be_killed(shared->bytes);
		if (pid > 0)
			waitpid(pid, NULL, 0);
		atomic_fetch_add(&shared->ended, 1);
	}
	_exit(0);
}

static void make_memcg(struct storm *storm, int i, int64_t limit)
{
	struct cgroup *cg = &storm->memcgs[i];
	char path[CGROUP_PATH_MAX];

	snprintf(path, sizeof(path),
		 STORM_CGROUP "/kubepods/burstable/pod%08x-1111-4222-8333-444455556666/%032x%032x",
		 i / PER_POD, 0xc0ffee, i);
	assert_int_equal(cgroup_make(storm->h, path, cg), 0);
	if (limit != CGROUP_NO_LIMIT)
		assert_int_equal(cgroup_set_limit(storm->h, cg, limit), 0);
}

static void prepare(struct storm *storm, const struct hierarchy *h, int count, int64_t limit,
		    unsigned long bytes)
{
	memset(storm, 0, sizeof(*storm));
	storm->h = h;
	storm->shared = mmap(NULL, sizeof(*storm->shared), PROT_READ | PROT_WRITE,
			     MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	assert_true(storm->shared != MAP_FAILED && count <= STORM_MEMCGS_MAX);
	storm->shared->bytes = bytes;
	for (; storm->count < count; storm->count++) {
		int i = storm->count, fd;

		make_memcg(storm, i, limit);
		fd = cgroup_open_procs(h, &storm->memcgs[i]);
		assert_true(fd >= 0);
		storm->killers[i] = fork();
		if (!storm->killers[i])
			be_killer(storm->shared, fd);
		close(fd);
		assert_true(storm->killers[i] > 0);
	}
}

void storm_prepare(struct storm *storm, const struct hierarchy *h, int count)
{
	prepare(storm, h, count, LIMIT_BYTES, VICTIM_BYTES);
}

void storm_prepare_host(struct storm *storm, const struct hierarchy *h, int count)
{
	prepare(storm, h, count, CGROUP_NO_LIMIT, HOST_VICTIM_BYTES);
}

static int64_t counted(const struct storm *storm)
{
	int64_t kills = 0;

	for (int i = 0; i < storm->count; i++)
		kills += cgroup_oom_kills(storm->h, &storm->memcgs[i]);
	return kills;
}

void storm_begin(struct storm *storm, int kills)
{
	storm->kills_before = counted(storm);
	storm->began_ns = storm_now_ns();
	atomic_store(&storm->shared->ended, 0);
	atomic_store(&storm->shared->left, kills);
}

/* A killer that is gone has taken a victim along that is not waited for any more. */
static int killers_gone(struct storm *storm)
{
	int gone = 0;

	for (int i = 0; i < storm->count; i++) {
		if (storm->killers[i] && waitpid(storm->killers[i], NULL, WNOHANG))
			storm->killers[i] = 0;
		gone += !storm->killers[i];
	}
	return gone;
}

void storm_wait_made(struct storm *storm, int kills)
{
	while (atomic_load(&storm->shared->ended) + killers_gone(storm) < kills)
		nap(2);
}

void storm_wait(struct storm *storm)
{
	while (atomic_load(&storm->shared->left) > 0)
		nap(5);
	for (int64_t before = -1, now = counted(storm); now != before; now = counted(storm)) {
		before = now;
		nap(300);
	}
}

int64_t storm_made(const struct storm *storm)
{
	return counted(storm) - storm->kills_before;
}

void storm_end(struct storm *storm)
{
	if (!storm->shared)
		return;
	atomic_store(&storm->shared->stop, 1);
	for (int i = 0; i < storm->count; i++)
		if (storm->killers[i] > 0) {
			kill(storm->killers[i], SIGKILL);
			waitpid(storm->killers[i], NULL, 0);
		}
	munmap(storm->shared, sizeof(*storm->shared));
	memset(storm, 0, sizeof(*storm));
}

/* ---- churn ---- */

static void churn_path(const struct storm_churn *churn, unsigned long serial, char ret[1024])
{
	snprintf(ret, 1024,
		 "%s" STORM_CGROUP
		 "/kubepods/besteffort/podcccccccc-1111-4222-8333-444455556666/%032x%032lx",
		 churn->h->root, 0xc4u, serial);
}

static void make_next(struct storm_churn *churn)
{
	char path[1024];

	churn_path(churn, churn->made, path);
	if (mkdir(path, 0755))
		churn->failed++;
	if (churn->made++ < CHURN_ALIVE)
		return;
	churn_path(churn, churn->made - 1 - CHURN_ALIVE, path);
	rmdir(path);
}

static void *run_churn(void *context)
{
	struct storm_churn *churn = context;

	setpriority(PRIO_PROCESS, 0, -10); /* else all that dies leaves it no time */
	while (!atomic_load(&churn->stop)) {
		double due = (storm_now_ns() - churn->began_ns) / 1e9 * churn->rate;

		while (churn->made < due && !atomic_load(&churn->stop))
			make_next(churn);
		nap(1);
	}
	return NULL;
}

void storm_churn_start(struct storm_churn *churn, const struct hierarchy *h, double rate)
{
	struct cgroup pod;

	memset(churn, 0, sizeof(*churn));
	churn->h = h;
	churn->rate = rate;
	assert_int_equal(cgroup_make(h,
				     STORM_CGROUP
				     "/kubepods/besteffort/podcccccccc-1111-4222-8333-444455556666",
				     &pod),
			 0);
	churn->began_ns = storm_now_ns();
	assert_int_equal(pthread_create(&churn->thread, NULL, run_churn, churn), 0);
}

double storm_churn_stop(struct storm_churn *churn)
{
	char path[1024];
	double rate;

	atomic_store(&churn->stop, true);
	pthread_join(churn->thread, NULL);
	rate = (churn->made - churn->failed) / ((storm_now_ns() - churn->began_ns) / 1e9);
	for (unsigned long i = churn->made > CHURN_ALIVE ? churn->made - CHURN_ALIVE : 0;
	     i < churn->made; i++) {
		churn_path(churn, i, path);
		rmdir(path);
	}
	return rate;
}
