// SPDX-License-Identifier: GPL-2.0-only
#define _GNU_SOURCE
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/log.h"
#include "base/thread.h"

struct beginning {
	__u64 kept;
	void *(*run)(void *);
	void *context;
};

static void *begin(void *context)
{
	struct beginning beginning = *(struct beginning *)context;
	int err = privileges_keep(beginning.kept);

	free(context);
	if (err)
		log_error("a thread keeps its privileges: %s", strerror(-err));
	return beginning.run(beginning.context);
}

static int create(pthread_t *ret, struct beginning *beginning)
{
	sigset_t all, before;
	pthread_attr_t attr;
	int err;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, THREAD_STACK_BYTES);
	err = pthread_create(ret, &attr, begin, beginning);
	pthread_attr_destroy(&attr);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return -err;
}

int thread_start(pthread_t *ret, const char *name, __u64 kept, void *(*run)(void *), void *context)
{
	struct beginning *beginning = malloc(sizeof(*beginning));
	int err;

	if (!beginning)
		return -ENOMEM;
	*beginning = (struct beginning){ kept, run, context };
	err = create(ret, beginning);
	if (err)
		free(beginning);
	else
		pthread_setname_np(*ret, name);
	return err;
}

int thread_join(pthread_t thread, int timeout_ms)
{
	struct timespec until;

	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_sec += timeout_ms / 1000;
	until.tv_nsec += timeout_ms % 1000 * 1000000L;
	if (until.tv_nsec >= 1000000000L) {
		until.tv_sec++;
		until.tv_nsec -= 1000000000L;
	}
	return -pthread_clockjoin_np(thread, NULL, CLOCK_MONOTONIC, &until);
}
