/* SPDX-License-Identifier: GPL-2.0-only */
/* One function per kind of memory that fills a limit: the figures, the sentence, the remedy. */
#define _GNU_SOURCE
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "cases.h"
#include "check.h"
#include "check_filled.h"
#include "check_line.h"

#define COUNT(a) ((int)(sizeof(a) / sizeof((a)[0])))

#define MOST 85 /* percent: nothing else is there but the process itself */

/* A container with 32 MiB that `eat` fills with one kind, and dies. */
static json_t *fill(struct fixture *fx, const char *kind, const char *dir)
{
	struct pod *pod = fixture_pod(fx, BURSTABLE, 96);
	struct container *a = fixture_container(fx, pod, 32);
	struct workload *w =
		fixture_grow(fx, fixture_eat(fx, &a->cg, OWN_PIDNS, "--adj", "990", "--kind", kind,
					     dir ? "--dir" : NULL, dir, NULL));
	struct expect e = expect_death(w, a, 990);

	e.flags = EXPECT_ANY_ORDER;
	expect_limit(&e, "container", "container", &a->cg);
	expect_trigger(&e, &a->cg, pod);
	return check_kill(fx, &e);
}

/* Files in a file system of that type, which outlive the container. */
static json_t *fill_files(struct fixture *fx, const char *kind, const char *type)
{
	char dir[64];

	fx->tmpfs_fd = strcmp(type, "tmpfs") ? nameless_fs(type, "mode=0777") : nameless_tmpfs();
	assert_true(fx->tmpfs_fd >= 0);
	snprintf(dir, sizeof(dir), "/proc/%d/fd/%d", getpid(), fx->tmpfs_fd);
	return fill(fx, kind, dir);
}

static void has_remedy(json_t *line, const char *words)
{
	if (!strstr(line_string(line, "verdict.action"), words))
		line_wrong(line, "no \"%s\" in verdict.action", words);
}

static void filled_anon(struct fixture *fx)
{
	json_t *line = fill(fx, "anon", NULL);

	if (line)
		check_filled_by(fx, line, "anon", "anon_bytes", MOST);
}

/* ramfs keeps its pages, as a disk would that never gets to write them. */
static void filled_file(struct fixture *fx)
{
	json_t *line = fill_files(fx, "file", "ramfs");

	if (line)
		check_filled_by(fx, line, "file", "file_bytes", MOST);
}

static void filled_tmpfs(struct fixture *fx)
{
	json_t *line = fill_files(fx, "file", "tmpfs");

	if (!line)
		return;
	check_filled_by(fx, line, "tmpfs", "shmem_bytes", MOST);
	if (line_get(line, "memory"))
		has_remedy(line, "emptyDir.sizeLimit");
}

static void filled_shmem(struct fixture *fx)
{
	json_t *line = fill(fx, "shmem", NULL);

	if (line)
		check_filled_by(fx, line, "tmpfs", "shmem_bytes", MOST);
}

static void filled_pagetables(struct fixture *fx)
{
	json_t *line = fill(fx, "pagetables", NULL);

	if (line)
		check_filled_by(fx, line, "pagetables", "pagetables_bytes", MOST);
}

static void filled_slab(struct fixture *fx)
{
	json_t *line = fill_files(fx, "dentries", "tmpfs");

	if (line)
		check_filled_by(fx, line, "slab_unreclaimable", "slab_unreclaimable_bytes", 60);
}

/* TCP buffers that nobody reads, half of it; who grows beside it dies. cgroup v1 charges none. */
static void filled_sockets(struct fixture *fx)
{
	struct pod *pod = fixture_pod(fx, BURSTABLE, 96);
	struct container *a = fixture_container(fx, pod, 32);

	fixture_fill(fixture_eat(fx, &a->cg, SAME_PIDNS, "--adj", "0", "--kind", "tcp", "--size",
				 "14", NULL));
	struct workload *w =
		fixture_grow(fx, fixture_eat(fx, &a->cg, OWN_PIDNS, "--adj", "990", NULL));
	struct expect e = expect_death(w, a, 990);

	/* TCP gives back what it had reserved, when it hears of the pressure. */
	e.given_back_bytes = 4 * MIB;
	expect_limit(&e, "container", "container", &a->cg);
	json_t *line = check_kill(fx, &e);
	if (line)
		check_filled_by(fx, line, "sockets", "sock_bytes", 35);
}

/* Files of a container that is gone, in a volume of its pod. */
static void filled_left(struct fixture *fx)
{
	struct pod *pod = fixture_pod(fx, BURSTABLE, 48);
	struct container *dead = fixture_container(fx, pod, 0);
	char dir[64];

	fx->tmpfs_fd = nameless_tmpfs();
	assert_true(fx->tmpfs_fd >= 0);
	snprintf(dir, sizeof(dir), "/proc/%d/fd/%d", getpid(), fx->tmpfs_fd);
	struct workload *writer = fixture_eat(fx, &dead->cg, OWN_PIDNS, "--kind", "file", "--dir",
					      dir, "--size", "20", NULL);
	fixture_fill(writer);
	workload_end(writer);
	assert_int_equal(cgroup_remove(&fx->h, dead->cg.path), 0);
	fx->n_containers--; /* its counters went with it */

	struct container *a = fixture_container(fx, pod, 0);
	struct workload *w =
		fixture_grow(fx, fixture_eat(fx, &a->cg, OWN_PIDNS, "--adj", "990", NULL));
	struct expect e = expect_death(w, a, 990);
	expect_limit(&e, "pod", "pod", &pod->cg);
	expect_trigger(&e, &a->cg, pod);
	json_t *line = check_kill(fx, &e);
	if (!line || !line_get(line, "memory"))
		return;
	check_filled_by(fx, line, "left_behind", "left_shmem_bytes", 40);
	line_is(line, "verdict.reason",
		"20Mi belong to no living container (tmpfs left by a dead one)");
	has_remedy(line, "delete the pod");
}

const struct kill_case filled_cases[] = {
	{ "filled-anon", "a container full of anonymous memory", CASE_ANY_PLAN | CASE_ONE_SHAPE,
	  filled_anon },
	{ "filled-file", "page cache that cannot be written back", CASE_ANY_PLAN | CASE_ONE_SHAPE,
	  filled_file },
	{ "filled-tmpfs", "files in a volume of memory", CASE_ANY_PLAN | CASE_ONE_SHAPE,
	  filled_tmpfs },
	{ "filled-shmem", "shared memory", CASE_ANY_PLAN | CASE_ONE_SHAPE, filled_shmem },
	{ "filled-pagetables", "page tables", CASE_ANY_PLAN | CASE_ONE_SHAPE, filled_pagetables },
	{ "filled-slab", "inodes and names", CASE_ANY_PLAN | CASE_ONE_SHAPE, filled_slab },
	{ "filled-sockets", "TCP buffers that nobody reads",
	  CASE_ANY_PLAN | CASE_ONE_SHAPE | CASE_V2, filled_sockets },
	{ "filled-left", "a pod, half of it left by a dead container",
	  CASE_ANY_PLAN | CASE_ONE_SHAPE, filled_left },
};
const int n_filled_cases = COUNT(filled_cases);
