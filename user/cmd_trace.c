// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "cmd.h"
#include "exit_status.h"
#include "fields.h"
#include "tracer.h"

enum {
	OPT_JSON = 256,
	OPT_COUNT,
	OPT_DURATION,
	OPT_ATTACH,
	OPT_NODE,
	OPT_CLUSTER,
	OPT_HOST_ROOT,
	OPT_ROOT,
	OPT_CONTAINER,
	OPT_LEVEL,
	OPT_METRICS,
};

static const struct option long_options[] = {
	{ "output", required_argument, NULL, 'o' },
	{ "json", no_argument, NULL, OPT_JSON },
	{ "count", required_argument, NULL, OPT_COUNT },
	{ "duration", required_argument, NULL, OPT_DURATION },
	{ "attach", required_argument, NULL, OPT_ATTACH },
	{ "node", required_argument, NULL, OPT_NODE },
	{ "cluster-name", required_argument, NULL, OPT_CLUSTER },
	{ "host-root", required_argument, NULL, OPT_HOST_ROOT },
	{ "root", required_argument, NULL, OPT_ROOT },
	{ "namespace", required_argument, NULL, 'n' },
	{ "container", required_argument, NULL, OPT_CONTAINER },
	{ "level", required_argument, NULL, OPT_LEVEL },
	{ "metrics", required_argument, NULL, OPT_METRICS },
	{ "verbose", no_argument, NULL, 'v' },
	{ "help", no_argument, NULL, 'h' },
	{ NULL, 0, NULL, 0 },
};

static int help(void)
{
	printf("Usage: oomwhy [trace] [OPTION]... [NS/POD]...\n\n"
	       "Tells each OOM kill as it happens: whose limit was hit, who died, who asked for\n"
	       "the memory, and what to change. Reports go to stdout, everything else to stderr.\n\n"
	       "  -o, --output text|json   reports for people (default), or one JSON object a line\n"
	       "      --json               the same as -o json\n"
	       "      --count N            end after N incidents\n"
	       "      --duration TIME      end after TIME: 30s, 5m, 1h\n"
	       "      --attach PLAN        how the kernel is watched: auto (default), fentry, kprobe,\n"
	       "                           tracepoint; auto takes the first that works\n"
	       "      --node NAME          this node's name (default: $NODE_NAME, else the host name)\n"
	       "      --cluster-name NAME  goes into each JSON line\n"
	       "      --host-root DIR      where the machine's own / is mounted (default: /host if it\n"
	       "                           is there, else /)\n"
	       "      --root NAME=DIR      below the host root, where names are read from, if not in\n"
	       "                           one of the usual folders: containerd (its\n"
	       "                           io.containerd.runtime.v2.task), crio (overlay-containers),\n"
	       "                           docker (containers), log-containers, log-pods, kubelet\n"
	       "      --metrics [ADDR:]PORT\n"
	       "                           count for Prometheus: http://ADDR:PORT/metrics, without ADDR\n"
	       "                           for this machine only\n"
	       "  -v, --verbose            say more on stderr\n"
	       "  -h, --help               this text\n\n");
	printf("Only some kills are told (each may be given several times; '*' stands for anything):\n\n"
	       "  NS/POD                   who died was in this pod; with -n, POD is enough\n"
	       "  -n, --namespace NS       who died was in this namespace\n"
	       "      --container NAME     who died was in a container of this name\n"
	       "      --level LEVEL[,...]  the verdict is container, nested, pod, qos, node, slice,\n"
	       "                           host, cpuset, manual or unknown\n\n"
	       "Where nobody died (a stall), who waits counts. One of several that died is enough.\n"
	       "A kill whose names or whose level cannot be told is shown, not dropped. --count\n"
	       "counts what is shown; losses, start and stop are always told.\n\n"
	       "SIGINT and SIGTERM end it with a closing count. NO_COLOR=1 turns colours off.\n");
	return fflush(stdout) ? STATUS_FAILED : STATUS_DONE;
}

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

static bool take_filter(int option, struct filter *ret)
{
	if (option == 'n')
		return filter_add(&ret->namespaces, optarg);
	if (option == OPT_CONTAINER)
		return filter_add(&ret->containers, optarg);
	return filter_add_levels(ret, optarg);
}

/* "NS/POD", or with -n "POD" */
static bool take_pod(const char *text, struct filter *ret)
{
	const char *slash = strchr(text, '/');

	if (slash ? slash == text || !slash[1] || strchr(slash + 1, '/') : !ret->namespaces.count)
		return false;
	return filter_add(&ret->pods, text);
}

/* Returns whether the option's value is a good one. */
static bool take_option(int option, struct tracer_options *ret)
{
	switch (option) {
	case 'n':
	case OPT_CONTAINER:
	case OPT_LEVEL:
		return take_filter(option, &ret->filter);
	case OPT_ROOT:
		return parse_root(optarg, &ret->names_roots);
	case 'o':
		return cmd_parse_output(optarg, &ret->json);
	case OPT_METRICS:
		return metrics_http_parse(optarg, &ret->metrics);
	case OPT_JSON:
		ret->json = true;
		return true;
	case OPT_COUNT:
		return parse_count(optarg, &ret->count);
	case OPT_DURATION:
		return cmd_parse_duration(optarg, &ret->duration_ns);
	case OPT_ATTACH:
		return parse_attach(optarg, &ret->attach);
	case OPT_NODE:
		ret->node_name = optarg;
		return *optarg;
	case OPT_CLUSTER:
		ret->cluster_name = optarg;
		return *optarg;
	case OPT_HOST_ROOT:
		ret->host_root = optarg;
		return *optarg == '/';
	}
	log_is_verbose = true;
	return true;
}

int cmd_trace(int argc, char **argv)
{
	struct tracer_options options = { .node_name = cmd_node_name() };
	int option, index = 0;

	opterr = 0;
	while ((option = getopt_long(argc, argv, ":o:n:vh", long_options, &index)) != -1) {
		if (option == 'h')
			return help();
		if (option == '?')
			return cmd_usage("trace", "unknown option", argv[optind - 1]);
		if (option == ':')
			return cmd_usage("trace", "a value is missing after", argv[optind - 1]);
		if (!take_option(option, &options))
			return cmd_usage("trace", "not a value for this option:", optarg);
	}
	for (; optind < argc; optind++)
		if (!take_pod(argv[optind], &options.filter))
			return cmd_usage("trace", "unexpected argument", argv[optind]);
	options.host_root = cmd_host_root(options.host_root);
	if (!options.host_root)
		return STATUS_FAILED;
	return tracer_run(&options);
}
