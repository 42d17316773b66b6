// SPDX-License-Identifier: GPL-2.0-only
/* text_line: events that are told in one line: all but kills and stalls, and kills that repeat. */
#include "text_report.h"

#define QUICK_NS 1000000000ULL /* a process that ends so soon is not worth a line */

static bool is_in_storm(const struct event *ev)
{
	return ev->type == EVENT_INCIDENT && known(ev->incident.repeat.storm_kills);
}

/* The same container, at the same limit: the report on the first of them tells the rest. */
static bool is_repeat(const struct event *ev)
{
	const struct repeat *repeat = &ev->incident.repeat;

	return ev->type == EVENT_INCIDENT && known(repeat->container_kills_1h) &&
	       repeat->container_kills_1h > 1 && known(repeat->limit_owner_kills_1h) &&
	       repeat->limit_owner_kills_1h > 1;
}

bool report_is_one_line(const struct event *ev)
{
	return !event_has_incident(ev) || is_in_storm(ev) || is_repeat(ev);
}

static bool is_silent(const struct event *ev)
{
	if (!ev->message.len)
		return true;
	if (is_in_storm(ev))
		return ev->incident.repeat.storm_kills > 1;
	if (ev->type == EVENT_UPDATE && ev->update.candidates_count)
		return !headline_had_choice(ev->update.candidates, ev->update.candidates_count);
	return ev->type == EVENT_UPDATE && known(ev->update.after.ended_ns) &&
	       ev->update.after.waited_ns < QUICK_NS;
}

static const char *ordinal(__u64 number)
{
	__u64 last = number % 100 / 10 == 1 ? 0 : number % 10;

	return last == 1 ? "st" : last == 2 ? "nd" : last == 3 ? "rd" : "th";
}

static void put_repeat(struct report *r)
{
	const struct repeat *repeat = &r->ev->incident.repeat;
	char time[UNITS_MAX];

	say(&r->w, "; %llu%s kill", (unsigned long long)repeat->container_kills_1h,
	    ordinal(repeat->container_kills_1h));
	if (known(repeat->container_since_ns))
		say(&r->w, " in %s",
		    units_duration(repeat->container_since_ns, time, sizeof(time)));
}

void report_one_line(struct report *r)
{
	bool alarm = r->ev->type == EVENT_LOSS || r->ev->type == EVENT_INCIDENT;

	if (is_silent(r->ev))
		return;
	r->w.columns = REPORT_ONE_LINE;
	report_time(r);
	put_ink(&r->w, alarm ? INK_ALARM : INK_PLAIN);
	put_words(&r->w, text_bytes(r->ev, r->ev->message), r->ev->message.len);
	put_ink(&r->w, INK_PLAIN);
	if (r->ev->type == EVENT_INCIDENT && is_repeat(r->ev))
		put_repeat(r);
	if (is_in_storm(r->ev))
		say(&r->w, "; a storm: what follows is counted, and told when it is over");
	put_newline(&r->w);
}
