/* SPDX-License-Identifier: GPL-2.0-only */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "bench/crowd.h"

#define PER_POD 10

void crowd_init(struct crowd *crowd, struct world *world)
{
	crowd->world = world;
	crowd->count = 0;
	crowd->pods = calloc(CROWD_MAX / PER_POD, sizeof(*crowd->pods));
	crowd->containers = calloc(CROWD_MAX, sizeof(*crowd->containers));
	assert_true(crowd->pods && crowd->containers);
}

static void grow(struct crowd *crowd)
{
	struct cri_pod *pod = &crowd->pods[crowd->count / PER_POD];

	if (crowd->count % PER_POD == 0)
		cri_pod(crowd->world, pod, BURSTABLE, false, 0);
	cri_container(crowd->world, &crowd->containers[crowd->count], pod, 0);
	assert_int_equal(ghost_make(crowd->world, &crowd->containers[crowd->count]), 0);
	crowd->count++;
}

static void shrink(struct crowd *crowd)
{
	ghost_remove(crowd->world, &crowd->containers[--crowd->count]);
	if (crowd->count % PER_POD == 0)
		cgroup_remove(&crowd->world->h, crowd->pods[crowd->count / PER_POD].cg.path);
}

void crowd_resize(struct crowd *crowd, int count)
{
	while (crowd->count < count)
		grow(crowd);
	while (crowd->count > count)
		shrink(crowd);
}

void crowd_free(struct crowd *crowd)
{
	free(crowd->pods);
	free(crowd->containers);
}
