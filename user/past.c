// SPDX-License-Identifier: GPL-2.0-only
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/hash.h"
#include "base/keyed.h"
#include "base/log.h"
#include "past.h"

#define SAME_NS (2 * 1000000000ULL) /* printk's stamp and the kernel's other clocks */
/*
 * These do not begin at the same moment of the boot either: 3 s apart were seen in slow guests. No
 * process of the same number dies in the same cgroup that soon again.
 */
#define BOOT_NS (8 * 1000000000ULL)
#define KEY_WAYS 64 /* kills of processes with the same number, modulo the number of keys */

/* As the kernel counts them, since boot; NOT_KNOWN. */
static __u64 kernel_kills(void)
{
	__u64 kills;

	return keyed_read(AT_FDCWD, "/proc/vmstat", "oom_kill", &kills) ? kills : NOT_KNOWN;
}

/* printk's clock is not slewed as CLOCK_BOOTTIME is, nor does it go on while suspended. */
static __u64 clock_slack_ns(void)
{
	__u64 boot_ns = clock_boot_ns(), raw_ns = clock_raw_ns();

	return SAME_NS + (boot_ns > raw_ns ? boot_ns - raw_ns : raw_ns - boot_ns);
}

static bool is_of_this_boot(const struct past *past, const struct event *ev)
{
	return *past->explain->machine.boot_id &&
	       !strncmp(ev->id, past->explain->machine.boot_id, 8);
}

__u64 past_when_ns(const struct past *past, const struct event *ev)
{
	if (!is_of_this_boot(past, ev) || ev->boot_time_ns == NOT_KNOWN)
		return ev->time_ns;
	return past->boot_wall_ns + ev->boot_time_ns;
}

static struct past_key key_of(const struct past *past, const struct event *ev)
{
	const struct event_task *subject = incident_subject(&ev->incident);
	struct text path = subject->cgroup.path;

	return (struct past_key){
		.pid = subject->pid != NOT_KNOWN ? subject->pid : NOT_KNOWN - 1,
		.time_ns = past_when_ns(past, ev),
		.memcg = path.len ? hash_key(text_bytes(ev, path), path.len) : 0,
	};
}

/* A log without dates says nothing of when. */
static bool is_same(const struct past *past, const struct past_key *a, const struct past_key *b)
{
	__u64 apart_ns = a->time_ns > b->time_ns ? a->time_ns - b->time_ns :
						   b->time_ns - a->time_ns;

	return a->pid == b->pid && (!a->memcg || !b->memcg || a->memcg == b->memcg) &&
	       a->time_ns != NOT_KNOWN && b->time_ns != NOT_KNOWN &&
	       apart_ns <= past->slack_ns + BOOT_NS;
}

/* Returns whether it is there already; if not, it is put there. */
static bool is_known(struct past *past, const struct past_key *key)
{
	for (size_t i = 0; i < KEY_WAYS; i++) {
		struct past_key *place = &past->keys[(key->pid + i) % PAST_KEYS];

		if (place->pid && !is_same(past, place, key))
			continue;
		if (place->pid)
			return true;
		*place = *key;
		return false;
	}
	return false;
}

bool past_take(void *context, const struct event *ev)
{
	struct past *past = context;
	struct past_key key;

	if (!event_has_incident(ev))
		return false; /* losses are told in the kills' own lines */
	key = key_of(past, ev);
	if (is_known(past, &key))
		return false;
	if (!is_of_this_boot(past, ev))
		return !past->this_boot;
	if (ev->type == EVENT_INCIDENT)
		past->known_kills += incident_kills(&ev->incident);
	if (past->see)
		past->see(past->context, ev);
	return true;
}

/*
 * The filter has let it pass. Who asks for one pod is not helped by kills that may be anybody's:
 * their number is said.
 */
static bool is_unnamed(const struct past *past, const struct event *ev)
{
	const struct filter *filter = past->explain->options->filter;

	return filter &&
	       (filter->pods.count || filter->namespaces.count || filter->containers.count) &&
	       !incident_subject(&ev->incident)->who.pod_name.len;
}

/* Of all that are kept, as many as there is room for: the newest. PAST_MAX: it is not one of them.
 */
static size_t place_for(struct past *past, const struct event *ev)
{
	size_t oldest = 0;
	__u64 oldest_ns;

	if (past->count < PAST_MAX)
		return past->count;
	past->older++;
	oldest_ns = past_when_ns(past, past->kept[oldest]);
	for (size_t i = 1; i < PAST_MAX; i++) {
		__u64 when_ns = past_when_ns(past, past->kept[i]);

		if (when_ns >= oldest_ns)
			continue;
		oldest = i;
		oldest_ns = when_ns;
	}
	return oldest_ns <= past_when_ns(past, ev) ? oldest : PAST_MAX;
}

void past_keep(void *context, const struct event *ev)
{
	struct past *past = context;
	struct event *copy;
	size_t at;

	if (is_unnamed(past, ev)) {
		past->unnamed++;
		return;
	}
	at = place_for(past, ev);
	if (at == PAST_MAX)
		return;
	copy = malloc(event_size(ev));
	if (!copy) {
		log_error("out of memory: a kill is left out");
		return;
	}
	memcpy(copy, ev, event_size(ev));
	if (at == past->count)
		past->count++;
	else
		free(past->kept[at]);
	past->kept[at] = copy;
}

static int oldest_first(const void *a, const void *b, void *past)
{
	const struct event *const *x = a, *const *y = b;
	__u64 x_ns = past_when_ns(past, *x), y_ns = past_when_ns(past, *y);

	return x_ns == y_ns ? 0 : x_ns < y_ns ? -1 : 1;
}

int past_read(struct past *ret, const struct explain_options *options, bool *ret_failed)
{
	int status;

	ret->slack_ns = clock_slack_ns();
	ret->boot_wall_ns = clock_wall_of_boot(0);
	/* Before the log, so that no kill is in the count alone. */
	ret->kernel_kills = kernel_kills();
	ret->keys = calloc(PAST_KEYS, sizeof(*ret->keys));
	ret->explain = ret->keys ? explain_begin(options) : NULL;
	if (!ret->explain)
		return STATUS_FAILED;
	ret->explain->is_new = past_take;
	ret->explain->keep = past_keep;
	ret->explain->context = ret;
	status = explain_files(ret->explain, ret_failed);
	qsort_r(ret->kept, ret->count, sizeof(ret->kept[0]), oldest_first, ret);
	free(ret->keys);
	ret->keys = NULL;
	return status;
}

void past_free(struct past *past)
{
	for (size_t i = 0; i < past->count; i++)
		free(past->kept[i]);
	free(past->keys);
	free(past->explain);
	memset(past, 0, sizeof(*past));
}

__u64 past_missing(const struct past *past)
{
	if (past->kernel_kills == NOT_KNOWN)
		return NOT_KNOWN;
	return past->kernel_kills > past->known_kills ? past->kernel_kills - past->known_kills : 0;
}

/* Where all that the kernel has counted is known, nothing has happened before the log begins. */
__u64 past_from_ns(const struct past *past, bool *ret_is_boot)
{
	const struct klog_reach *reach = &past->explain->reach;

	*ret_is_boot = reach->first_sequence == 0 || past_missing(past) == 0;
	if (*ret_is_boot)
		return clock_wall_of_boot(0);
	return reach->first_boot_ns == NOT_KNOWN ? NOT_KNOWN :
						   clock_wall_of_boot(reach->first_boot_ns);
}
