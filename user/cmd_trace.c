// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cmd.h"
#include "cmd_options.h"
#include "fields.h"
#include "source/pins.h"
#include "tracer.h"

struct arguments {
	struct cmd_common common;
	struct tracer_options tracer;
};

static bool parse_count(const char *text, __u64 *ret)
{
	char *end;

	errno = 0;
	*ret = strtoull(text, &end, 10);
	return !errno && *text >= '0' && *text <= '9' && !*end && *ret > 0;
}

static bool parse_attach(const char *text, enum attach_plan *ret)
{
	*ret = ATTACH_NONE;
	if (!strcmp(text, "auto"))
		return true;
	for (size_t i = 1; attach_names[i]; i++)
		if (!strcmp(text, attach_names[i]))
			*ret = i;
	return *ret != ATTACH_NONE;
}

/* "docker=/data/docker/containers" */
static bool parse_root(const char *text, struct names_roots *ret)
{
	const struct {
		const char *name;
		const char **dir;
	} roots[] = {
		{ "containerd", &ret->containerd }, { "crio", &ret->crio },
		{ "docker", &ret->docker },	    { "log-containers", &ret->log_containers },
		{ "log-pods", &ret->log_pods },	    { "kubelet", &ret->kubelet },
	};
	size_t len = strcspn(text, "=");

	for (size_t i = 0; i < sizeof(roots) / sizeof(*roots); i++) {
		if (strlen(roots[i].name) != len || memcmp(roots[i].name, text, len) != 0)
			continue;
		*roots[i].dir = text + len + 1;
		return text[len] && text[len + 1] == '/';
	}
	return false;
}

static bool take_count(void *options, const char *value)
{
	return parse_count(value, &((struct arguments *)options)->tracer.count);
}

static bool take_duration(void *options, const char *value)
{
	return cmd_duration(value, &((struct arguments *)options)->tracer.duration_ns);
}

static bool take_attach(void *options, const char *value)
{
	return parse_attach(value, &((struct arguments *)options)->tracer.attach);
}

static bool take_stacks(void *options, const char *value)
{
	(void)value;
	((struct arguments *)options)->tracer.stacks = true;
	return true;
}

/* "64Ki", "1Mi": what a ring of the kernel can have. */
static bool take_ring(void *options, const char *value)
{
	__u32 *bytes = &((struct arguments *)options)->tracer.ring_bytes;
	char *end;
	unsigned long number;

	errno = 0;
	number = strtoul(value, &end, 10);
	if (errno || *value < '1' || *value > '9' || number > 65536 || number & (number - 1))
		return false;
	*bytes = (__u32)number * (strcmp(end, "Mi") ? 1024 : 1024 * 1024);
	return (!strcmp(end, "Ki") || !strcmp(end, "Mi")) && *bytes >= (__u32)getpagesize() &&
	       *bytes <= 64 * 1024 * 1024;
}

static bool take_root(void *options, const char *value)
{
	return parse_root(value, &((struct arguments *)options)->tracer.names_roots);
}

static bool take_metrics(void *options, const char *value)
{
	return metrics_http_parse(value, &((struct arguments *)options)->tracer.metrics);
}

static bool take_pin(void *options, const char *value)
{
	((struct arguments *)options)->tracer.pin_dir = value ? value : PINS_DIR;
	return pins_dir_is_sound(value ? value : PINS_DIR);
}

static bool take_record(void *options, const char *value)
{
	((struct arguments *)options)->tracer.record = value;
	return *value;
}

static const struct cmd_option count_option = { "count", 0, "N", "end after N incidents",
						take_count };
static const struct cmd_option duration_option = { "duration", 0, "TIME",
						   "end after TIME: 30s, 5m, 1h", take_duration };
static const struct cmd_option attach_option = {
	"attach", 0, "PLAN",
	"how the kernel is watched: auto (default), fentry, kprobe,\n"
	"tracepoint, kmsg (the kernel's log); auto takes the first\n"
	"that works",
	take_attach
};
static const struct cmd_option stacks_option = {
	"stacks", 0, NULL, "the kernel stack of the task that asked for memory", take_stacks
};
static const struct cmd_option root_option = {
	"root", 0, "NAME=DIR",
	"below the host root, where names are read from, if not in\n"
	"one of the usual folders: containerd (its\n"
	"io.containerd.runtime.v2.task), crio (overlay-containers),\n"
	"docker (containers), log-containers, log-pods, kubelet",
	take_root
};
static const struct cmd_option metrics_option = {
	"metrics", 0, "[ADDR:]PORT",
	"count for Prometheus: http://ADDR:PORT/metrics, without ADDR\n"
	"for this machine only",
	take_metrics
};
static const struct cmd_option pin_option = {
	"pin", 0, "[=DIR]",
	"the kernel goes on taking down kills when oomwhy has ended,\n"
	"and the next oomwhy --pin tells them; DIR, in a BPF file\n"
	"system, is /sys/fs/bpf/oomwhy by default",
	take_pin
};
static const struct cmd_option record_option = {
	"record", 0, "FILE",
	"append all lines to FILE, too, as JSON; a full disk is told,\n"
	"and tracing goes on",
	take_record
};
static const struct cmd_option ring_option = {
	"ring", 0, "SIZE",
	"room in the kernel for kills that are not read yet:\n"
	"64Ki, 1Mi (default), 16Mi",
	take_ring
};
static const struct cmd_option filters_heading = {
	.help = "\nOnly some kills are told (each may be given several times; '*' stands for anything):\n\n"
		"  NS/POD                   who died was in this pod; with -n, POD is enough\n",
};
static const struct cmd_option filters_end = { .help = "\n" };

static const struct cmd_option *const options[] = {
	&cmd_output,	  &cmd_json,	  &count_option,  &duration_option,
	&attach_option,	  &cmd_node,	  &cmd_cluster,	  &cmd_root_of_host,
	&root_option,	  &stacks_option, &cmd_state,	  &metrics_option,
	&record_option,	  &ring_option,	  &pin_option,	  &cmd_verbose,
	&filters_heading, &cmd_namespace, &cmd_container, &cmd_level,
	&filters_end,	  NULL,
};

static const struct cmd_syntax syntax = {
	.command = "trace",
	.about =
		"Usage: oomwhy [trace] [OPTION]... [NS/POD]...\n\n"
		"Tells each OOM kill as it happens: whose limit was hit, who died, who asked for\n"
		"the memory, and what to change. Reports go to stdout, everything else to stderr.\n"
		"Without 'trace' the kills since boot that are still known come first.",
	.notes =
		"Where nobody died (a stall), who waits counts. One of several that died is enough.\n"
		"A kill whose names or whose level cannot be told is shown, not dropped. --count\n"
		"counts what is shown; losses, start and stop are always told.\n\n"
		"SIGINT and SIGTERM end it with a closing count. NO_COLOR=1 turns colours off.",
	.options = options,
	.take_argument = cmd_take_pod,
};

static int run(int argc, char **argv, bool tells_past)
{
	static struct arguments arguments;
	const struct cmd_common *common = &arguments.common;
	struct tracer_options *tracer = &arguments.tracer;
	int status = cmd_parse(&syntax, argc, argv, &arguments);

	if (status != CMD_GO_ON)
		return status;
	tracer->json = common->json;
	tracer->node_name = common->node_name;
	tracer->cluster_name = common->cluster_name;
	tracer->host_root = common->host_root;
	tracer->filter = common->filter;
	tracer->state_dir = common->state_dir;
	tracer->tells_past = tells_past;
	return tracer_run(tracer);
}

int cmd_trace(int argc, char **argv)
{
	return run(argc, argv, false);
}

int cmd_default(int argc, char **argv)
{
	return run(argc, argv, true);
}
