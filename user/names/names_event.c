// SPDX-License-Identifier: GPL-2.0-only
#include <string.h>

#include "names/names_event.h"

static void put_text(struct event *ev, struct text *ret, const char *string)
{
	if (string[0])
		*ret = event_text_whole(ev, string, strlen(string));
}

static void name(struct names *names, struct event *ev, const struct event_cgroup *cgroup,
		 struct identity *who)
{
	struct container_names found;
	struct place place;

	place_path(text_bytes(ev, cgroup->path), cgroup->path.len, &place);
	if (!place.pod_depth || !names_look_up(names, &place, &found))
		return;
	put_text(ev, &who->namespace_name, found.namespace_name);
	put_text(ev, &who->pod_name, found.pod_name);
	who->source = found.source;
	if (!place.container_depth)
		return;
	put_text(ev, &who->container_name, found.container_name);
	put_text(ev, &who->image, found.image);
}

void names_event(struct names *names, struct event *ev)
{
	struct incident *incident = &ev->incident;

	if (!event_has_incident(ev))
		return;
	name(names, ev, &incident->victim.cgroup, &incident->victim.who);
	name(names, ev, &incident->trigger.cgroup, &incident->trigger.who);
	name(names, ev, &incident->limit_owner.cgroup, &incident->limit_owner.who);
}
