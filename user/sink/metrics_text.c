// SPDX-License-Identifier: GPL-2.0-only
#include "fields.h"
#include "sink/metrics_text.h"

struct out {
	FILE *file;
	enum metrics_format format;
};

static const char *const ends_names[METRICS_ENDS] = { "false", "true", "unknown" };

/* A counter's samples have "_total" after the name; its family has it in the classic format only.
 */
static void counter(struct out *out, const char *name, const char *help)
{
	const char *suffix = out->format == METRICS_CLASSIC ? "_total" : "";

	fprintf(out->file, "# HELP %s%s %s\n# TYPE %s%s counter\n", name, suffix, help, name,
		suffix);
}

static void gauge(struct out *out, const char *name, const char *help)
{
	fprintf(out->file, "# HELP %s %s\n# TYPE %s gauge\n", name, help, name);
}

/* The same for what never changes and ends in "_info"; the classic format has no such type. */
static void info(struct out *out, const char *name, const char *help)
{
	const char *suffix = out->format == METRICS_CLASSIC ? "_info" : "";

	fprintf(out->file, "# HELP %s%s %s\n# TYPE %s%s %s\n", name, suffix, help, name, suffix,
		out->format == METRICS_CLASSIC ? "gauge" : "info");
}

/* A label's value; its name is ours, and so is @before: "{" or ",". */
static void label(struct out *out, const char *before, const char *name, const char *value)
{
	fprintf(out->file, "%s%s=\"", before, name);
	for (; *value; value++) {
		if (*value == '\\' || *value == '"')
			fputc('\\', out->file);
		if (*value == '\n')
			fputs("\\n", out->file);
		else
			fputc(*value, out->file);
	}
	fputc('"', out->file);
}

static void sample(struct out *out, __u64 value)
{
	fprintf(out->file, "} %llu\n", value);
}

static void write_kills(struct out *out, const struct metrics_figures *figures)
{
	counter(out, "oomwhy_oom_kills",
		"Processes seen to be killed by the OOM killer, by whose limit was hit and whether "
		"a container ended with it.");
	for (int level = LIMIT_NONE + 1; level < METRICS_LEVELS; level++)
		for (int ends = 0; ends < METRICS_ENDS; ends++) {
			fprintf(out->file, "oomwhy_oom_kills_total");
			label(out, "{", "limit_level", limit_level_names[level]);
			label(out, ",", "container_ends", ends_names[ends]);
			sample(out, figures->kills[level][ends]);
		}
	counter(out, "oomwhy_oom_incidents",
		"Decisions of the OOM killer, each with one process killed or more, by whose limit "
		"was hit.");
	for (int level = LIMIT_NONE + 1; level < METRICS_LEVELS; level++) {
		fprintf(out->file, "oomwhy_oom_incidents_total");
		label(out, "{", "limit_level", limit_level_names[level]);
		sample(out, figures->incidents[level]);
	}
}

static void entry_labels(struct out *out, const char *name, const struct metrics_entry *entry)
{
	fputs(name, out->file);
	label(out, "{", "namespace", entry->namespace_name);
	label(out, ",", "pod", entry->pod_name);
}

static void timestamp(struct out *out, __u64 ns)
{
	fprintf(out->file, "} %llu.%03llu\n", ns / 1000000000, ns / 1000000 % 1000);
}

static void write_containers(struct out *out, const struct metrics_figures *figures)
{
	const struct metrics_entry *entry, *end = figures->containers + METRICS_CONTAINERS_MAX;

	counter(out, "oomwhy_container_oom_kills",
		"Processes of a container seen to be killed by the OOM killer, by whose limit was "
		"hit.");
	for (entry = figures->containers; entry < end; entry++)
		for (int level = LIMIT_NONE + 1; level < METRICS_LEVELS; level++) {
			if (!entry->kills[level])
				continue;
			entry_labels(out, "oomwhy_container_oom_kills_total", entry);
			label(out, ",", "container", entry->container_name);
			label(out, ",", "limit_level", limit_level_names[level]);
			sample(out, entry->kills[level]);
		}
	gauge(out, "oomwhy_container_last_oom_kill_timestamp_seconds",
	      "When a process of a container was last seen to be killed by the OOM killer.");
	for (entry = figures->containers; entry < end; entry++) {
		if (!entry->used)
			continue;
		entry_labels(out, "oomwhy_container_last_oom_kill_timestamp_seconds", entry);
		label(out, ",", "container", entry->container_name);
		timestamp(out, entry->last_ns);
	}
}

static void write_culprits(struct out *out, const struct metrics_figures *figures)
{
	const struct metrics_entry *entry, *end = figures->culprits + METRICS_CULPRITS_MAX;

	gauge(out, "oomwhy_culprit_last_timestamp_seconds",
	      "When a pod was last the one with most memory above its request as the memory of all "
	      "pods, or of the machine, ran out.");
	for (entry = figures->culprits; entry < end; entry++) {
		if (!entry->used)
			continue;
		entry_labels(out, "oomwhy_culprit_last_timestamp_seconds", entry);
		timestamp(out, entry->last_ns);
	}
}

/* What could not be read has no sample: 0 would be a claim. */
static void write_bytes(struct out *out, const char *name, const char *help, __u64 bytes)
{
	gauge(out, name, help);
	if (bytes == NO_LIMIT)
		fprintf(out->file, "%s +Inf\n", name);
	else if (bytes != NOT_KNOWN)
		fprintf(out->file, "%s %llu\n", name, bytes);
}

static void write_readings(struct out *out, const struct metrics_readings *readings)
{
	write_bytes(
		out, "oomwhy_pods_memory_limit_bytes",
		"Limit of the cgroup of all pods: the node's allocatable memory and what kubelet "
		"adds to it.",
		readings->pods_limit_bytes);
	write_bytes(out, "oomwhy_pods_memory_usage_bytes",
		    "Memory charged to the cgroup of all pods.", readings->pods_usage_bytes);
	write_bytes(out, "oomwhy_pods_memory_working_set_bytes",
		    "The same without inactive file cache.", readings->pods_working_set_bytes);
	counter(out, "oomwhy_kernel_oom_kills",
		"OOM kills that the kernel has counted since boot (oom_kill in /proc/vmstat).");
	if (readings->kernel_oom_kills != NOT_KNOWN)
		fprintf(out->file, "oomwhy_kernel_oom_kills_total %llu\n",
			readings->kernel_oom_kills);
	write_bytes(out, "oomwhy_memory_charged_bytes",
		    "Memory charged to the cgroup that oomwhy runs in.", readings->charged_bytes);
}

static void write_losses(struct out *out, const struct losses *losses)
{
	const struct {
		const char *reason;
		__u64 count;
	} rows[] = {
		{ "ring_kills", losses->ring_kills },
		{ "ring_records", losses->ring_records },
		{ "ring_cgroups", losses->ring_cgroups },
		{ "queue", losses->queue },
		{ "queue_others", losses->queue_others },
		{ "record", losses->record },
		{ "incomplete", losses->incomplete },
		{ "downtime", losses->downtime == NOT_KNOWN ? 0 : losses->downtime },
		{ "hook_misses", losses->hook_misses },
		{ "log_reports", losses->log_reports },
		{ "log_overwritten", losses->log_overwritten },
		{ "unseen_kills", losses->unseen_kills },
		{ "state", losses->state },
	};

	counter(out, "oomwhy_losses",
		"What was not seen, or not told: kills and other records without room in the kernel's "
		"ring (downtime: kills while no oomwhy read it), cgroup records (repaired by a "
		"rescan), kills and other lines that were read too slowly, lines not recorded, kills "
		"of which a part is missing, kills of nobody knows whom, reports "
		"that the kernel left out of its log, records of that log that were overwritten "
		"before they were read, kills that the kernel counted and nobody saw, kills that the "
		"state folder does not have.");
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		fprintf(out->file, "oomwhy_losses_total");
		label(out, "{", "reason", rows[i].reason);
		sample(out, rows[i].count == NOT_KNOWN ? 0 : rows[i].count);
	}
}

static void write_lookups(struct out *out, const struct metrics_figures *figures)
{
	counter(out, "oomwhy_identity_lookups",
		"Containers looked up in the node's files, by where their names were found; source "
		"path: nothing but their cgroup's path is known.");
	for (int source = IDENTITY_NONE + 1; source < METRICS_SOURCES; source++) {
		fprintf(out->file, "oomwhy_identity_lookups_total");
		label(out, "{", "source", identity_source_names[source]);
		label(out, ",", "result", source == IDENTITY_PATH ? "not_found" : "found");
		sample(out, figures->lookups[source]);
	}
}

static void write_self(struct out *out, const struct metrics_figures *figures)
{
	counter(out, "oomwhy_series_evicted",
		"Series of containers and culprits that were forgotten to make room for others.");
	fprintf(out->file, "oomwhy_series_evicted_total %llu\n", figures->evicted);
	info(out, "oomwhy_tracing", "How the kernel is watched. Absent: it is not.");
	if (figures->attach > ATTACH_NONE && figures->attach <= ATTACH_KMSG) {
		fprintf(out->file, "oomwhy_tracing_info");
		label(out, "{", "attach", attach_names[figures->attach]);
		label(out, ",", "evidence",
		      figures->evidence <= EVIDENCE_LOG ? evidence_names[figures->evidence] : "");
		label(out, ",", "cgroup_version", figures->cgroup_version == 1 ? "1" : "2");
		sample(out, 1);
	}
	info(out, "oomwhy_build", "Version of oomwhy.");
	if (*figures->version) {
		fprintf(out->file, "oomwhy_build_info");
		label(out, "{", "version", figures->version);
		sample(out, 1);
	}
}

void metrics_write(FILE *file, enum metrics_format format, const struct metrics_figures *figures,
		   const struct metrics_readings *readings)
{
	struct out out = { file, format };

	write_kills(&out, figures);
	write_containers(&out, figures);
	write_culprits(&out, figures);
	write_readings(&out, readings);
	write_losses(&out, &figures->losses);
	write_lookups(&out, figures);
	write_self(&out, figures);
	if (format == METRICS_OPEN)
		fputs("# EOF\n", file);
}

const char *metrics_content_type(enum metrics_format format)
{
	return format == METRICS_OPEN ?
		       "application/openmetrics-text; version=1.0.0; charset=utf-8" :
		       "text/plain; version=0.0.4; charset=utf-8";
}
