// SPDX-License-Identifier: GPL-2.0-only
/* fields_checkup: the doctor's part of the field table. */
#include "checkup.h"
#include "fields_rows.h"

const char *const finding_state_names[] = { "", "ok", "degraded", "missing", NULL };
static const char *const severity_names[] = { "", "INFO", "WARN", "ERROR", NULL };
static const char *const schema_names[] = { "", SCHEMA, SCHEMA, SCHEMA, NULL };
static const char *const type_names[] = { "", CHECKUP_TYPE, CHECKUP_TYPE, CHECKUP_TYPE, NULL };
static const char *const origins[] = { "", "live", "live", "live", NULL };

#define IN struct finding
static const struct field finding_rows[] = {
	CHARS(name, "name", "What was looked at: a word that never changes."),
	ENUM(state, "state", finding_state_names,
	     "degraded: there, but not as it should be; missing: without it something is not told."),
	CHARS(detail, "detail", "What was found."),
	CHARS(fix, "fix", "How to get what is missing; absent: nothing is to be done."),
};
static DEFINE(finding_table, finding_rows);
#undef IN

#define IN struct checkup
/* Described where the other lines' are. */
static const struct field head_rows[] = {
	TIME(time_ns, "time", ""),
	ENUM(severity, "severity", severity_names, ""),
	CHARS(verdict, "message", ""),
	DERIVED(severity, "schema", schema_names, ""),
	DERIVED(severity, "type", type_names, ""),
	CHARS(id, "id", ""),
	DERIVED(severity, "origin", origins, ""),
	CHARS(node_name, "k8s.node.name", ""),
	U64(boot_time_ns, "boot_time_ns", ""),
};
DEFINE(checkup_head, head_rows);

static const struct field checkup_rows[] = {
	CHARS(version, "version", "Version of oomwhy."),
	CHARS(kernel, "kernel", "Release of the running kernel."),
	BOOL(possible, "possible", "True: OOM kills can be told, by tracing or from the log."),
	ENUM(attach, "tracing.attach", attach_names, "How the kernel would be observed."),
	ENUM(evidence, "tracing.evidence", evidence_names, "The best evidence that it gives."),
	LIST(findings, "findings", struct finding, finding_table, "What was looked at."),
};
DEFINE(checkup_table, checkup_rows);
#undef IN
