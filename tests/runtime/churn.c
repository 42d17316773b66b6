/* SPDX-License-Identifier: GPL-2.0-only */
#define _GNU_SOURCE
#include "churn.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#define CONFIG_BYTES 8192 /* about what CRI's config.json has */

static void bundle_path(const struct cri_container *c, const char *file, char *ret, size_t size)
{
	snprintf(ret, size, "%s/%s%s", WORLD_BUNDLES, c->id, file);
}

static void cgroup_dir(const struct world *w, const struct cri_container *c, char *ret, size_t size)
{
	snprintf(ret, size, "%s%s", w->h.root, c->path);
}

static int write_config(const struct cri_container *c)
{
	static char text[CONFIG_BYTES];
	char path[256];
	int fd, n;

	n = snprintf(text, sizeof(text),
		     "{\"ociVersion\":\"1.0.2-dev\",\"annotations\":{"
		     "\"io.kubernetes.cri.container-type\":\"container\","
		     "\"io.kubernetes.cri.sandbox-id\":\"%s\","
		     "\"io.kubernetes.cri.sandbox-namespace\":\"%s\","
		     "\"io.kubernetes.cri.sandbox-name\":\"%s\","
		     "\"io.kubernetes.cri.sandbox-uid\":\"%s\","
		     "\"io.kubernetes.cri.container-name\":\"%s\"},\"process\":{\"env\":[\"X=",
		     c->pod->sandbox_id, c->pod->namespace_name, c->pod->name, c->pod->uid,
		     c->name);
	memset(text + n, 'x', sizeof(text) - n);
	memcpy(text + sizeof(text) - 4, "\"]}}", 4);
	bundle_path(c, "", path, sizeof(path));
	mkdir(path, 0700);
	bundle_path(c, "/config.json", path, sizeof(path));
	fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	if (fd < 0)
		return -errno;
	n = write(fd, text, sizeof(text)) == (ssize_t)sizeof(text) ? 0 : -EIO;
	close(fd);
	return n;
}

int ghost_make(const struct world *w, const struct cri_container *c)
{
	char path[1024];
	int err = write_config(c);

	if (err)
		return err;
	cgroup_dir(w, c, path, sizeof(path));
	return mkdir(path, 0755) ? -errno : 0;
}

void ghost_remove(const struct world *w, const struct cri_container *c)
{
	char path[1024];

	cgroup_dir(w, c, path, sizeof(path));
	rmdir(path);
	bundle_path(c, "/config.json", path, sizeof(path));
	unlink(path);
	bundle_path(c, "", path, sizeof(path));
	rmdir(path);
}

static void remove_one(struct churn *churn, struct cri_container *c)
{
	if (*c->id)
		ghost_remove(churn->world, c);
	*c->id = '\0';
}

void churn_make(struct churn *churn, unsigned long n)
{
	for (; n; n--) {
		struct cri_container *c = &churn->alive[churn->made % CHURN_ALIVE];

		remove_one(churn, c);
		cri_container(churn->world, c, &churn->pod, 0);
		if (ghost_make(churn->world, c))
			return;
		churn->made++;
	}
}

void churn_init(struct churn *churn, struct world *w)
{
	memset(churn, 0, sizeof(*churn));
	churn->world = w;
	cri_pod(w, &churn->pod, BURSTABLE, false, 0);
	world_make_dirs(WORLD_BUNDLES);
}

static void *run(void *context)
{
	struct churn *churn = context;
	const struct timespec pause = { .tv_nsec = 1000000 };

	while (!atomic_load(&churn->stop)) {
		double due = (world_boot_ns() - churn->began_ns) / 1e9 * churn->rate;

		if (churn->made < due)
			churn_make(churn, (unsigned long)due + 1 - churn->made);
		nanosleep(&pause, NULL);
	}
	return NULL;
}

void churn_start(struct churn *churn, double rate)
{
	churn->rate = rate;
	churn->made = 0;
	churn->began_ns = world_boot_ns();
	atomic_store(&churn->stop, false);
	assert_int_equal(pthread_create(&churn->thread, NULL, run, churn), 0);
}

double churn_stop(struct churn *churn)
{
	atomic_store(&churn->stop, true);
	pthread_join(churn->thread, NULL);
	return churn->made / ((world_boot_ns() - churn->began_ns) / 1e9);
}

void churn_end(struct churn *churn)
{
	for (int i = 0; i < CHURN_ALIVE; i++)
		remove_one(churn, &churn->alive[i]);
}
