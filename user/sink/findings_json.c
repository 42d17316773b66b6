// SPDX-License-Identifier: GPL-2.0-only
#include <string.h>

#include "base/jsonw.h"
#include "base/units.h"
#include "fields.h"
#include "sink/findings.h"

static void put(struct jsonw *w, const char *key, const char *text)
{
	if (*text)
		jsonw_string(w, key, text, strlen(text));
}

static const char *severity(const struct checkup *checkup)
{
	if (!checkup->attach)
		return "ERROR";
	return checkup->evidence == EVIDENCE_EXACT ? "INFO" : "WARN";
}

static void put_head(struct jsonw *w, const struct checkup *checkup)
{
	char time[UNITS_TIMESTAMP_MAX];

	put(w, "time", units_timestamp(checkup->time_ns, time, sizeof(time)));
	put(w, "severity", severity(checkup));
	put(w, "message", checkup->verdict);
	put(w, "schema", SCHEMA);
	put(w, "type", "doctor");
	put(w, "id", checkup->id);
	put(w, "origin", origin_names[ORIGIN_LIVE]);
	put(w, "k8s.node.name", checkup->node_name);
	jsonw_u64(w, "boot_time_ns", checkup->boot_time_ns);
	put(w, "version", checkup->version);
	put(w, "kernel", checkup->kernel);
}

static void put_findings(struct jsonw *w, const struct checkup *checkup)
{
	unsigned int mark = jsonw_list(w, "findings");

	for (size_t i = 0; i < checkup->count; i++) {
		const struct finding *finding = &checkup->findings[i];

		jsonw_item(w);
		put(w, "name", finding->name);
		put(w, "state", finding_state_names[finding->state]);
		put(w, "detail", finding->detail);
		put(w, "fix", finding->fix);
	}
	jsonw_leave(w, mark);
}

int findings_json(const struct checkup *checkup, char *buf, size_t size)
{
	struct jsonw w;

	jsonw_begin(&w, buf, size);
	put_head(&w, checkup);
	jsonw_bool(&w, "possible", checkup->attach != ATTACH_NONE);
	put(&w, "tracing.attach", attach_names[checkup->attach]);
	put(&w, "tracing.evidence", evidence_names[checkup->evidence]);
	put_findings(&w, checkup);
	return jsonw_end(&w);
}
