// SPDX-License-Identifier: GPL-2.0-only
/* cmd_last: the kills that this machine's kernel log still knows, newest first. "None" is an
 * answer. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/units.h"
#include "cmd.h"
#include "cmd_explain_files.h"
#include "cmd_options.h"
#include "exit_status.h"

#define KEPT_MAX 200 /* the newest */

struct last {
	struct explain_options options;
	const char *asked; /* "shop/cart-0"; "": all */
	struct event *kept[KEPT_MAX];
	size_t count; /* of all that were to be kept */
	size_t unnamed; /* of pods whose names nobody knows any more */
};

static const struct cmd_option *const options[] = {
	&cmd_namespace, &cmd_container, &cmd_level,   &cmd_since,	 &cmd_output,
	&cmd_json,	&cmd_node,	&cmd_cluster, &cmd_root_of_host, NULL,
};

static const struct cmd_syntax syntax = {
	.command = "last",
	.about =
		"Usage: oomwhy last [OPTION]... [NS/POD]...\n\n"
		"Tells the OOM kills that this machine's kernel log still knows, newest first; names\n"
		"are those that the machine's files have now. \"None\" is an answer, too: since when,\n"
		"and how far back the log reaches.\n\n"
		"  NS/POD                   only kills in pods of that name; '*' stands for anything;\n"
		"                           with -n, POD is enough",
	.notes = "Exit status 4: none.",
	.options = options,
	.take_argument = cmd_take_pod,
};

/* Who asks for one pod is not helped by kills that may be anybody's: their number is said. */
static bool is_unnamed(const struct last *last, const struct event *ev)
{
	const struct identity *who = &incident_subject(&ev->incident)->who;
	const struct filter *filter = last->options.filter;

	return (filter->pods.count || filter->namespaces.count || filter->containers.count) &&
	       !who->pod_name.len && who->source != IDENTITY_NONE;
}

/* Losses are told in the kills' own lines. */
static void keep(void *context, const struct event *ev)
{
	struct last *last = context;
	struct event **place = &last->kept[last->count % KEPT_MAX];

	if (!event_has_incident(ev))
		return;
	if (is_unnamed(last, ev)) {
		last->unnamed++;
		return;
	}
	free(*place);
	*place = malloc(event_size(ev));
	if (!*place) {
		log_error("out of memory: a kill is left out");
		return;
	}
	memcpy(*place, ev, event_size(ev));
	last->count++;
}

static int newest_first(const void *a, const void *b)
{
	const struct event *const *x = a, *const *y = b;
	__u64 at_x = (*x)->time_ns, at_y = (*y)->time_ns;

	return at_x == at_y ? 0 : at_x < at_y ? 1 : -1;
}

static void tell(struct explain *explain, struct last *last)
{
	size_t count = last->count < KEPT_MAX ? last->count : KEPT_MAX;
	__u64 now_ns = clock_wall_ns();
	char ago[UNITS_MAX];

	qsort(last->kept, count, sizeof(last->kept[0]), newest_first);
	for (size_t i = 0; i < count && !explain->write_error; i++) {
		__u64 at_ns = last->kept[i]->time_ns;

		if (!explain->options->json && at_ns != NOT_KNOWN && at_ns <= now_ns)
			printf("%s%s ago:\n", i ? "\n" : "",
			       units_duration(now_ns - at_ns, ago, sizeof(ago)));
		explain_write(explain, last->kept[i]);
	}
	if (last->count > count)
		log_error("%zu older ones are left out", last->count - count);
	if (count && last->unnamed)
		log_error("of %zu more the pod's name is not known any more: 'oomwhy last' tells "
			  "them",
			  last->unnamed);
}

/* "no OOM kill for shop/cart-0 since …": how far that can be said. */
static void say_none(const struct explain *explain)
{
	const struct last *last = explain->context;
	FILE *to = explain->options->json ? stderr : stdout;
	const struct klog_reach *reach = &explain->reach;
	bool whole = reach->first_sequence == 0;
	char since[UNITS_MAX], from[UNITS_MAX];
	__u64 reach_ns = reach->first_boot_ns == NOT_KNOWN ?
				 NOT_KNOWN :
				 clock_wall_of_boot(reach->first_boot_ns);

	fprintf(to, "no OOM kill%s%s", *last->asked ? " for " : "", last->asked);
	if (explain->options->since_ns)
		fprintf(to, " since %s",
			units_time(explain->options->since_ns, since, sizeof(since)));
	if (reach_ns != NOT_KNOWN)
		fprintf(to, "; the kernel's log reaches back to %s%s",
			units_time(reach_ns, from, sizeof(from)), whole ? " (boot)" : "");
	if (explain->klog.suppressed)
		fprintf(to, "; the kernel left %llu reports out of it",
			(unsigned long long)explain->klog.suppressed);
	if (explain->left_out)
		fprintf(to, "; %llu others are known", (unsigned long long)explain->left_out);
	if (last->unnamed)
		fprintf(to, "; of %zu more the pod's name is not known any more", last->unnamed);
	fprintf(to, "; evidence log\n");
	fflush(to);
}

static int run(struct last *last)
{
	struct explain *explain = explain_begin(&last->options);
	enum exit_status status;
	bool failed = false;

	if (!explain)
		return STATUS_FAILED;
	explain->keep = keep;
	explain->context = last;
	status = explain_files(explain, &failed);
	if (!status) {
		tell(explain, last);
		explain->told = last->count;
		status = explain_end(explain, failed, say_none);
	}
	for (size_t i = 0; i < KEPT_MAX; i++)
		free(last->kept[i]);
	free(explain);
	return status;
}

int cmd_last(int argc, char **argv)
{
	struct cmd_common common = { 0 };
	struct last last;
	int status = cmd_parse(&syntax, argc, argv, &common);

	if (status != CMD_GO_ON)
		return status;
	last = (struct last){
		.options = {
			.json = common.json,
			.filter = &common.filter,
			.since_ns = common.since_ns,
			.node_name = common.node_name,
			.cluster_name = common.cluster_name,
			.host_root = common.host_root,
		},
		.asked = common.asked ? common.asked : "",
	};
	return run(&last);
}
