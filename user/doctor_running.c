// SPDX-License-Identifier: GPL-2.0-only
/* doctor_running: what is in use: memory charged, and what the oomwhy that runs here tells of
 * itself. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/units.h"
#include "doctor.h"
#include "names/walk.h"
#include "sink/metrics_node.h"

#define REPLY_MAX (1 << 20)
#define PATIENCE_S 5
#define PATH_BYTES 4096
#define LOSSES "oomwhy_losses_total{reason=\""

static void add_charged(struct doctor *doctor)
{
	char root[PATH_BYTES] = "", usage[UNITS_MAX], peak[UNITS_MAX], limit[UNITS_MAX];
	struct metrics_node node = {
		.cgroup_root = root,
		.proc = "/proc",
		.own_cgroups = "/sys/fs/cgroup",
		.is_v1 = doctor->probe.memory_hierarchy != 0,
	};
	struct metrics_readings readings;

	if (doctor->probe.memory_error)
		return;
	walk_find_root(doctor->options->host_root, node.is_v1, root, sizeof(root));
	metrics_node_read(&node, &readings);
	if (readings.charged_bytes == NOT_KNOWN) {
		checkup_add(doctor->ret, FINDING_OK, "memory_charged",
			    "not known: our own cgroup is the root, or is not mounted");
		return;
	}
	units_bytes(readings.charged_bytes, usage, sizeof(usage));
	units_bytes(readings.charged_peak_bytes, peak, sizeof(peak));
	units_limit(readings.charged_limit_bytes, limit, sizeof(limit));
	checkup_add(doctor->ret, FINDING_OK, "memory_charged",
		    "%s to our own cgroup, at most %s so far; its limit: %s", usage,
		    readings.charged_peak_bytes == NOT_KNOWN ? "not known" : peak,
		    readings.charged_limit_bytes == NO_LIMIT  ? "none" :
		    readings.charged_limit_bytes == NOT_KNOWN ? "not known" :
								limit);
}

/* All that it answers, as a text. Returns 0 or -errno. */
static int ask(const struct metrics_address *address, char *ret, size_t size)
{
	static const char get[] = "GET /metrics HTTP/1.0\r\n\r\n";
	int fd = socket(address->address.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0), err;
	struct timeval patience = { .tv_sec = PATIENCE_S };
	__u64 until_ns = clock_boot_ns() + PATIENCE_S * 1000000000ULL;
	size_t len = 0;
	ssize_t n = -1;

	if (fd < 0)
		return -errno;
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience));
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	if (!connect(fd, (const struct sockaddr *)&address->address, address->len) &&
	    send(fd, get, strlen(get), MSG_NOSIGNAL) == (ssize_t)strlen(get))
		while (clock_boot_ns() < until_ns &&
		       (n = recv(fd, ret + len, size - 1 - len, 0)) > 0)
			len += (size_t)n;
	err = n < 0 ? -errno : 0;
	close(fd);
	ret[len] = '\0';
	return err;
}

/* The value of a label, where the line at @at has it. */
static bool label(const char *at, const char *name, char ret[32])
{
	char key[40];
	const char *end = at + strcspn(at, "\n"), *found;

	snprintf(key, sizeof(key), "%s=\"", name);
	found = strstr(at, key);
	if (!found || found > end)
		return false;
	snprintf(ret, 32, "%.*s", (int)strcspn(found + strlen(key), "\"\n"), found + strlen(key));
	return true;
}

static void add_losses(struct doctor *doctor, const char *text)
{
	struct finding *finding;
	char rows[120] = "", reason[32];
	size_t len = 0;

	for (const char *at = text; (at = strstr(at, LOSSES)); at++) {
		const char *value = strstr(at, "} ");
		unsigned long long count = value ? strtoull(value + 2, NULL, 10) : 0;

		if (count && label(at, "reason", reason) && len < sizeof(rows))
			len += (size_t)snprintf(rows + len, sizeof(rows) - len, "%s%s %llu",
						len ? ", " : "", reason, count);
	}
	if (!len) {
		checkup_add(doctor->ret, FINDING_OK, "losses", "none since it started");
		return;
	}
	finding =
		checkup_add(doctor->ret, FINDING_DEGRADED, "losses", "since it started: %s", rows);
	finding_fix(finding, "its loss lines tell when; queue: read its stdout faster");
}

static void add_running(struct doctor *doctor)
{
	char *text = malloc(REPLY_MAX), attach[32] = "", evidence[32] = "";
	struct finding *finding;
	const char *info;
	int err = text ? ask(&doctor->options->metrics, text, REPLY_MAX) : -ENOMEM;

	info = err ? NULL : strstr(text, "oomwhy_tracing_info{");
	if (info && label(info, "attach", attach) && label(info, "evidence", evidence)) {
		checkup_add(doctor->ret, FINDING_OK, "running",
			    "oomwhy runs: attach %s, evidence %s", attach, evidence);
		add_losses(doctor, text);
	} else {
		finding = checkup_add(doctor->ret, FINDING_DEGRADED, "running",
				      "no answer of an oomwhy that runs%s%s", err ? ": " : "",
				      err ? strerror(-err) : "");
		finding_fix(finding, "is it started with --metrics, and this address?");
	}
	free(text);
}

void doctor_running(struct doctor *doctor)
{
	add_charged(doctor);
	if (doctor->options->metrics.len)
		add_running(doctor);
	else
		checkup_add(doctor->ret, FINDING_OK, "running",
			    "not asked: --metrics says where the oomwhy that runs serves");
}
