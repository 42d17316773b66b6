// SPDX-License-Identifier: GPL-2.0-only
#define _GNU_SOURCE
#include <errno.h>
#include <langinfo.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "base/units.h"
#include "cmd_explain_files.h"
#include "exit_status.h"
#include "headline.h"
#include "identify.h"
#include "judge.h"
#include "names/names_event.h"
#include "sink/json.h"
#include "sink/text.h"

static bool is_told(const struct explain *explain, const struct event *ev)
{
	const struct explain_options *options = explain->options;

	if (ev->time_ns == NOT_KNOWN)
		return true; /* a log without dates: nobody can say that it was not then */
	return ev->time_ns >= options->since_ns &&
	       (!options->until_ns || ev->time_ns < options->until_ns);
}

static void set_names(const struct explain *explain, struct event *ev)
{
	const struct explain_options *options = explain->options;

	if (options->node_name)
		ev->node_name = event_textf(ev, "%s", options->node_name);
	else if (!ev->node_name.len && explain->host_name)
		ev->node_name = event_textf(ev, "%s", explain->host_name);
	if (options->cluster_name)
		ev->cluster_name = event_textf(ev, "%s", options->cluster_name);
}

/* The end of each way: place, judge, headline, and out. */
void explain_event(void *context, struct event *ev)
{
	struct explain *explain = context;

	if (explain->write_error)
		return;
	if (explain->reads_state)
		ev->origin = ORIGIN_BACKFILL;
	if (explain->is_new && !explain->is_new(explain->context, ev))
		return;
	if (!is_told(explain, ev)) {
		explain->left_out++;
		return;
	}
	identify_event(ev);
	if (explain->names)
		names_event(explain->names, ev);
	judge_event(ev);
	set_names(explain, ev);
	headline(ev);
	if (explain->options->filter && !filter_shows(explain->options->filter, ev)) {
		explain->left_out++;
		return;
	}
	explain->told += event_has_incident(ev) || ev->type == EVENT_UPDATE;
	if (explain->keep)
		explain->keep(explain->context, ev);
	else
		explain_write(explain, ev);
}

void explain_write(struct explain *explain, const struct event *ev)
{
	size_t len;
	int n;

	if (explain->options->json) {
		n = json_write(ev, explain->buf, sizeof(explain->buf));
		len = n > 0 ? (size_t)n : 0;
	} else {
		len = text_write(ev, &explain->style, explain->buf, sizeof(explain->buf));
	}
	if (fwrite(explain->buf, 1, len, stdout) < len || (explain->is_live && fflush(stdout)))
		explain->write_error = errno ? errno : EIO;
}

static void say_none(const struct explain *explain)
{
	const struct klog_stats *stats = &explain->klog.stats;
	char since[UNITS_MAX] = "";

	if (explain->left_out)
		log_error("no OOM kill in that time; %llu before or after it",
			  (unsigned long long)explain->left_out);
	else if (stats->first_ns != NOT_KNOWN)
		log_error("no OOM kill is told there; its first line about one is of %s",
			  units_time(stats->first_ns, since, sizeof(since)));
	else
		log_error("no OOM kill is told there");
}

enum exit_status explain_end(struct explain *explain, bool failed,
			     void (*none)(const struct explain *explain))
{
	if (!explain->write_error && fflush(stdout))
		explain->write_error = errno ? errno : EIO;
	if (explain->write_error == EPIPE)
		return STATUS_DONE; /* a reader like `head` has seen enough */
	if (explain->write_error) {
		log_error("cannot write to stdout: %s", strerror(explain->write_error));
		return STATUS_FAILED;
	}
	if (failed)
		return STATUS_FAILED;
	if (explain->told)
		return STATUS_DONE;
	none(explain);
	return STATUS_NOT_FOUND;
}

static void set_style(struct explain *explain)
{
	const char *no_color = getenv("NO_COLOR");

	explain->style.colour = isatty(STDOUT_FILENO) && !(no_color && *no_color);
	explain->style.utf8 = !strcmp(nl_langinfo(CODESET), "UTF-8");
}

struct explain *explain_begin(const struct explain_options *options)
{
	struct explain *explain = calloc(1, sizeof(*explain));

	if (!explain) {
		log_error("out of memory");
		return NULL;
	}
	signal(SIGPIPE, SIG_IGN);
	explain->options = options;
	set_style(explain);
	return explain;
}

int explain_run(const struct explain_options *options)
{
	struct explain *explain = explain_begin(options);
	enum exit_status status;
	bool failed = false;

	if (!explain)
		return STATUS_FAILED;
	status = explain_files(explain, &failed);
	if (!status)
		status = explain_end(explain, failed, say_none);
	free(explain);
	return status;
}
