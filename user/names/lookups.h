/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * lookups: T2 asks the node's files for the names of each new container, and puts them into the
 * index. T1 may ask for those that a kill needs before their turn has come.
 */
#ifndef OOMWHY_LOOKUPS_H
#define OOMWHY_LOOKUPS_H

#include <pthread.h>
#include <stdbool.h>
#include <linux/types.h>

#include "names/index.h"
#include "names/names.h"
#include "place.h"

#define LOOKUPS_ASKED_MAX 2 /* containers in one question: the victim's, and the trigger's */

/* A container that T1 asks for, and the answer. */
struct lookup {
	struct place place;
	__u64 id; /* of a cgroup of it, or below it */
	bool found;
	struct container_names names; /* where found */
};

struct lookups {
	struct index *index;
	/* names_look_up(), or a test's */
	bool (*look_up)(void *context, const struct place *place, struct container_names *ret);
	/* names_have_changed(), or a test's; NULL: they never do */
	bool (*have_changed)(void *context);
	void *context;
	__u64 refreshed_ns; /* when it was last asked */
	int fd; /* readable when T1 has asked */
	pthread_mutex_t lock; /* of what follows; never held while a file is read */
	pthread_cond_t answer;
	__u64 asked, answered; /* numbers of questions */
	size_t count;
	struct lookup parts[LOOKUPS_ASKED_MAX];
};

/* lookups_init() - @look_up NULL: no names are looked up. Returns 0 or -errno. */
int lookups_init(struct lookups *lookups, struct index *index,
		 bool (*look_up)(void *context, const struct place *place,
				 struct container_names *ret),
		 void *context);
void lookups_free(struct lookups *lookups);

/* lookups_run() - T2: answer T1, then look up what is due, for some milliseconds. */
void lookups_run(struct lookups *lookups);

/*
 * lookups_ask() - T1: have @parts looked up now, and wait for it until @deadline_ns (boot time).
 * Whom T2 has not even answered the last question is not waited for again. Allocates nothing.
 */
void lookups_ask(struct lookups *lookups, struct lookup *parts, size_t count, __u64 deadline_ns);

/* lookups_suffice() - is there nothing more, or better, to find out? */
bool lookups_suffice(const struct container_names *names);

#endif
