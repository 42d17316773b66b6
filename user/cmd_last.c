// SPDX-License-Identifier: GPL-2.0-only
/* cmd_last: the kills that this machine still knows, newest first. "None" is an answer. */
#include <stdio.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/units.h"
#include "cmd.h"
#include "cmd_options.h"
#include "past.h"
#include "state_folder.h"

static const struct cmd_option *const options[] = {
	&cmd_namespace, &cmd_container, &cmd_level,	   &cmd_since, &cmd_output, &cmd_json,
	&cmd_node,	&cmd_cluster,	&cmd_root_of_host, &cmd_state, NULL,
};

static const struct cmd_syntax syntax = {
	.command = "last",
	.about =
		"Usage: oomwhy last [OPTION]... [NS/POD]...\n\n"
		"Tells the OOM kills that this machine still knows, newest first: those that were kept\n"
		"in the state folder, and those in the kernel's log, these with the names that the\n"
		"machine's files have now. \"None\" is an answer, too: since when, and whether the\n"
		"kernel's own count agrees.\n\n"
		"  NS/POD                   only kills in pods of that name; '*' stands for anything;\n"
		"                           with -n, POD is enough",
	.notes = "Exit status 4: none.",
	.options = options,
	.take_argument = cmd_take_pod,
};

static void tell(struct past *past)
{
	struct explain *explain = past->explain;
	__u64 now_ns = clock_wall_ns();
	char ago[UNITS_MAX];

	for (size_t i = past->count; i-- && !explain->write_error;) {
		__u64 at_ns = past_when_ns(past, past->kept[i]);

		if (!explain->options->json && at_ns != NOT_KNOWN && at_ns <= now_ns)
			printf("%s%s ago:\n", i + 1 < past->count ? "\n" : "",
			       units_duration(now_ns - at_ns, ago, sizeof(ago)));
		explain_write(explain, past->kept[i]);
	}
	explain->told = past->count;
	if (past->older)
		log_error("%llu older ones are left out", (unsigned long long)past->older);
	if (past->count && past->unnamed)
		log_error("of %llu more nobody knows whose they were: 'oomwhy last' tells them",
			  (unsigned long long)past->unnamed);
}

/* What the kernel has counted and nobody knows may have been anybody's. */
static void say_evidence(FILE *to, const struct past *past)
{
	__u64 missing = past_missing(past), suppressed = past->explain->klog.suppressed;

	if (suppressed)
		fprintf(to, "; the kernel left %llu reports out of its log",
			(unsigned long long)suppressed);
	if (missing && missing != NOT_KNOWN)
		fprintf(to, "; lost: %llu of %llu kills that the kernel has counted since boot",
			(unsigned long long)missing, (unsigned long long)past->kernel_kills);
	else if (!missing)
		fprintf(to, "; nothing lost");
	fprintf(to, "; evidence %s\n", missing || past->unnamed ? "log" : "exact");
}

/* "no OOM kill for shop/cart-0 since …": how far that can be said. */
static void say_none(const struct explain *explain)
{
	const struct past *past = explain->context;
	FILE *to = explain->options->json ? stderr : stdout;
	const struct klog_reach *reach = &explain->reach;
	const char *asked = explain->options->asked;
	char from[UNITS_MAX];
	bool is_boot;
	__u64 from_ns = past_from_ns(past, &is_boot), since_ns = explain->options->since_ns;

	fprintf(to, "no OOM kill%s%s", asked ? " for " : "", asked ? asked : "");
	if (since_ns && (from_ns == NOT_KNOWN || since_ns > from_ns))
		fprintf(to, " since %s", units_time(since_ns, from, sizeof(from)));
	else if (from_ns != NOT_KNOWN)
		fprintf(to, " since %s%s", units_time(from_ns, from, sizeof(from)),
			is_boot ? " (boot)" : "");
	if (reach->first_boot_ns != NOT_KNOWN)
		fprintf(to, "; the kernel's log reaches back to %s",
			units_time(clock_wall_of_boot(reach->first_boot_ns), from, sizeof(from)));
	if (explain->left_out)
		fprintf(to, "; %llu others are known", (unsigned long long)explain->left_out);
	if (past->unnamed)
		fprintf(to, "; of %llu more nobody knows whose they were",
			(unsigned long long)past->unnamed);
	say_evidence(to, past);
	fflush(to);
}

static int run(const struct explain_options *what)
{
	static struct past past;
	bool failed = false;
	int status = past_read(&past, what, &failed);

	if (!status) {
		tell(&past);
		status = explain_end(past.explain, failed, say_none);
	}
	past_free(&past);
	return status;
}

int cmd_last(int argc, char **argv)
{
	struct cmd_common common = { 0 };
	int status = cmd_parse(&syntax, argc, argv, &common);
	struct explain_options what;

	if (status != CMD_GO_ON)
		return status;
	what = (struct explain_options){
		.json = common.json,
		.filter = &common.filter,
		.since_ns = common.since_ns,
		.node_name = common.node_name,
		.cluster_name = common.cluster_name,
		.host_root = common.host_root,
		.state_dir = common.state_dir ? common.state_dir : STATE_DEFAULT_DIR,
		.asked = common.asked,
	};
	return run(&what);
}
