/* SPDX-License-Identifier: GPL-2.0-only */
/* What the tests of place share. Include it after cmocka.h. */
#ifndef OOMWHY_TESTS_PLACE_CHECKS_H
#define OOMWHY_TESTS_PLACE_CHECKS_H

#include <string.h>

#include "place.h"

#define UID_A "9692aa0e-748e-11e8-8dfa-76d458035df6"
#define UID_A_SYSTEMD "9692aa0e_748e_11e8_8dfa_76d458035df6"
#define UID_B "17efb6ec-09ab-4eec-8ad6-f953eb1a7466"
#define ID_A "d0f631ca1ddba8db3bcfcb9e057cdc98d0379f1bee00e75a545147a27dadd982"
#define ID_B "33bf6fbd7cd8379785a21e233d8e09f824e7bab459168a96312c1c882c1d7e1f"
#define POD_A "/kubepods/besteffort/pod" UID_A

/* What holds for the place of any bytes. */
static inline void check_invariants(const struct place *p)
{
	assert_non_null(memchr(p->pod_uid, '\0', sizeof(p->pod_uid)));
	assert_non_null(memchr(p->container_id, '\0', sizeof(p->container_id)));
	assert_true(p->depth >= 0);
	assert_int_equal(p->level, place_level_at(p, p->depth));
	assert_int_equal(place_level_at(p, 0), LIMIT_HOST);
	assert_int_equal(place_level_at(p, -1), LIMIT_NONE);
	assert_int_equal(place_level_at(p, p->depth + 1), LIMIT_NONE);
	if (p->container_depth)
		assert_true(p->container_id[0] && p->pod_depth < p->container_depth);
	if (p->pod_depth)
		assert_true(p->pod_uid[0] && p->qos_depth < p->pod_depth);
	if (p->qos_depth)
		assert_true(p->qos != QOS_NONE && p->node_depth < p->qos_depth);
	assert_true(p->container_depth <= p->depth && p->node_depth <= p->depth);
}

static inline struct place place_of(const char *path)
{
	struct place place;

	place_path(path, strlen(path), &place);
	return place;
}

/* Nothing of Kubernetes in it, at any depth. */
static inline void check_slice(const char *path)
{
	struct place p = place_of(path);

	check_invariants(&p);
	for (int i = 1; i <= p.depth; i++)
		if (place_level_at(&p, i) != LIMIT_SLICE)
			fail_msg("%s: component %d is taken for a %s", path, i,
				 limit_level_name(place_level_at(&p, i)));
	assert_string_equal(p.pod_uid, "");
	assert_int_equal(p.qos, QOS_NONE);
}

static inline void check_levels(const char *path, int count, ...)
{
	struct place p = place_of(path);
	va_list levels;

	check_invariants(&p);
	assert_int_equal(p.depth, count);
	va_start(levels, count);
	for (int i = 1; i <= count; i++) {
		enum limit_level want = va_arg(levels, int);

		if (place_level_at(&p, i) != want)
			fail_msg("%s: component %d: %s, not %s", path, i,
				 limit_level_name(place_level_at(&p, i)), limit_level_name(want));
	}
	va_end(levels);
}

static inline void check_identity(const char *path, enum limit_level level, const char *uid,
				  const char *id)
{
	struct place p = place_of(path);

	check_invariants(&p);
	if (p.level != level || strcmp(p.pod_uid, uid) != 0 || strcmp(p.container_id, id) != 0)
		fail_msg("%s: %s, pod %s, container %s", path, limit_level_name(p.level), p.pod_uid,
			 p.container_id);
}

#endif
