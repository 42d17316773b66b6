// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "cmd_options.h"
#include "exit_status.h"
#include "source/klog_time.h"
#include "state_folder.h"

#define OPTIONS_MAX 32
#define HELP_COLUMN 27
#define LONG_ONLY 256 /* what getopt_long() returns begins here: + index */

static bool take_output(void *options, const char *value)
{
	struct cmd_common *common = options;

	common->json = !strcmp(value, "json");
	return common->json || !strcmp(value, "text");
}

static bool take_json(void *options, const char *value)
{
	return take_output(options, value ? value : "json");
}

static bool take_node(void *options, const char *value)
{
	((struct cmd_common *)options)->node_name = value;
	return *value;
}

static bool take_cluster(void *options, const char *value)
{
	((struct cmd_common *)options)->cluster_name = value;
	return *value;
}

static bool take_host_root(void *options, const char *value)
{
	((struct cmd_common *)options)->host_root = value;
	return *value == '/';
}

static bool take_namespace(void *options, const char *value)
{
	return filter_add(&((struct cmd_common *)options)->filter.namespaces, value);
}

static bool take_container(void *options, const char *value)
{
	return filter_add(&((struct cmd_common *)options)->filter.containers, value);
}

static bool take_level(void *options, const char *value)
{
	return filter_add_levels(&((struct cmd_common *)options)->filter, value);
}

static bool take_since(void *options, const char *value)
{
	return cmd_time(value, &((struct cmd_common *)options)->since_ns);
}

static bool take_state(void *options, const char *value)
{
	bool none = !strcmp(value, "none");

	((struct cmd_common *)options)->state_dir = none ? "" : value;
	return none || *value == '/';
}

static bool take_verbose(void *options, const char *value)
{
	(void)options;
	(void)value;
	return log_is_verbose = true;
}

const struct cmd_option cmd_output = { "output", 'o', "text|json",
				       "reports for people (default), or one JSON object a line",
				       take_output };
const struct cmd_option cmd_json = { "json", 0, NULL, "the same as -o json", take_json };
const struct cmd_option cmd_node = { "node", 0, "NAME",
				     "the node's name (default: $NODE_NAME, else the host name)",
				     take_node };
const struct cmd_option cmd_cluster = { "cluster-name", 0, "NAME", "goes into each JSON line",
					take_cluster };
const struct cmd_option cmd_root_of_host = {
	"host-root", 0, "DIR",
	"where the machine's own / is mounted (default: /host if it\n"
	"is there, else /)",
	take_host_root
};
const struct cmd_option cmd_namespace = { "namespace", 'n', "NS", "who died was in this namespace",
					  take_namespace };
const struct cmd_option cmd_container = { "container", 0, "NAME",
					  "who died was in a container of this name",
					  take_container };
const struct cmd_option cmd_level = { "level", 0, "LEVEL[,...]",
				      "the verdict is container, nested, pod, qos, node, slice,\n"
				      "host, cpuset, manual or unknown",
				      take_level };
const struct cmd_option cmd_since = { "since", 0, "TIME",
				      "only what happened since: 2h, 3d, 2026-11-23 10:11:12,\n"
				      "2026-11-23T10:11:12Z",
				      take_since };
const struct cmd_option cmd_state = {
	"state", 0, "DIR|none",
	"where kills are kept for 'oomwhy last' (default:\n" STATE_DEFAULT_DIR ", if it is there)",
	take_state
};
const struct cmd_option cmd_verbose = { "verbose", 'v', NULL, "say more on stderr", take_verbose };
static const struct cmd_option cmd_help = { "help", 'h', NULL, "this text", NULL };

bool cmd_no_argument(void *options, const char *text)
{
	(void)options;
	(void)text;
	return false;
}

bool cmd_take_pod(void *options, const char *text)
{
	struct cmd_common *common = options;
	const char *slash = strchr(text, '/');
	bool whole = slash && slash != text && slash[1] && !strchr(slash + 1, '/');

	if (!whole && (slash || !common->filter.namespaces.count))
		return false;
	common->asked = text;
	return filter_add(&common->filter.pods, text);
}

bool cmd_duration(const char *text, __u64 *ret_ns)
{
	static const struct {
		const char *suffix;
		__u64 seconds;
	} units[] = { { "", 1 }, { "s", 1 }, { "m", 60 }, { "h", 3600 }, { "d", 86400 } };
	unsigned long long number;
	char *end;

	errno = 0;
	number = strtoull(text, &end, 10);
	if (errno || *text < '0' || *text > '9' || !number)
		return false;
	for (size_t i = 0; i < sizeof(units) / sizeof(*units); i++)
		if (!strcmp(end, units[i].suffix))
			return !__builtin_mul_overflow(number, units[i].seconds * 1000000000ULL,
						       ret_ns);
	return false;
}

bool cmd_time(const char *text, __u64 *ret_ns)
{
	struct klog_reader reader = { 0 };
	struct cursor c = { text, text + strlen(text) };
	__u64 ago_ns, now_ns = clock_wall_ns();
	bool comma;

	if (cmd_duration(text, &ago_ns)) {
		*ret_ns = ago_ns < now_ns ? now_ns - ago_ns : 0;
		return true;
	}
	return klog_time_iso(&reader, &c, ret_ns, &comma) && c.at == c.end;
}

static bool value_is_optional(const struct cmd_option *option)
{
	return option->value && !strncmp(option->value, "[=", 2);
}

static int value_kind(const struct cmd_option *option)
{
	if (value_is_optional(option))
		return optional_argument;
	return option->value ? required_argument : no_argument;
}

static void print_option(const struct cmd_option *option)
{
	int column;

	if (!option->name) {
		printf("%s", option->help);
		return;
	}
	column = option->letter ? printf("  -%c, --%s", option->letter, option->name) :
				  printf("      --%s", option->name);
	if (option->value)
		column += printf(value_is_optional(option) ? "%s" : " %s", option->value);
	if (column >= HELP_COLUMN) {
		printf("\n");
		column = 0;
	}
	for (const char *line = option->help; *line; column = 0) {
		size_t len = strcspn(line, "\n");

		printf("%*s%.*s\n", HELP_COLUMN - column, "", (int)len, line);
		line += len + (line[len] == '\n');
	}
}

static int help(const struct cmd_syntax *syntax)
{
	printf("%s\n\n", syntax->about);
	for (size_t i = 0; syntax->options[i]; i++)
		print_option(syntax->options[i]);
	print_option(&cmd_help);
	if (syntax->notes)
		printf("\n%s\n", syntax->notes);
	return fflush(stdout) ? STATUS_FAILED : STATUS_DONE;
}

static int mistake(const struct cmd_syntax *syntax, const char *problem, const char *what)
{
	log_error("%s '%s': 'oomwhy %s --help' tells the options", problem, what, syntax->command);
	return STATUS_USAGE;
}

/* getopt's two ways to say it; returns how many long options there are. */
static void list_options(const struct cmd_syntax *syntax, struct option *ret_long, char *ret_short)
{
	int count = 0;

	*ret_short++ = ':';
	*ret_short++ = 'h';
	for (int i = 0; i < OPTIONS_MAX && syntax->options[i]; i++) {
		const struct cmd_option *option = syntax->options[i];

		if (!option->name)
			continue;
		ret_long[count++] =
			(struct option){ option->name, value_kind(option), NULL, LONG_ONLY + i };
		if (option->letter)
			*ret_short++ = option->letter;
		if (option->letter && option->value)
			*ret_short++ = ':';
	}
	ret_long[count++] = (struct option){ "help", no_argument, NULL, 'h' };
	ret_long[count] = (struct option){ NULL, 0, NULL, 0 };
	*ret_short = '\0';
}

static const struct cmd_option *find_option(const struct cmd_syntax *syntax, int found)
{
	if (found >= LONG_ONLY)
		return syntax->options[found - LONG_ONLY];
	for (int i = 0; syntax->options[i]; i++)
		if (syntax->options[i]->name && syntax->options[i]->letter == found)
			return syntax->options[i];
	return NULL;
}

static const char *host_root(const char *given)
{
	struct stat st;

	if (!given)
		return stat("/host/sys/fs/cgroup", &st) == 0 ? "/host" : "";
	if (access(given, R_OK | X_OK)) {
		log_error("--host-root %s: %s", given, strerror(errno));
		return NULL;
	}
	return strcmp(given, "/") ? given : "";
}

int cmd_parse(const struct cmd_syntax *syntax, int argc, char **argv, void *options)
{
	struct option long_options[OPTIONS_MAX + 2];
	char short_options[2 * OPTIONS_MAX + 3];
	struct cmd_common *common = options;
	const char *node = getenv("NODE_NAME");
	const struct cmd_option *option;
	int found;

	list_options(syntax, long_options, short_options);
	if (!syntax->node_is_given && node && *node)
		common->node_name = node;
	opterr = 0;
	while ((found = getopt_long(argc, argv, short_options, long_options, NULL)) != -1) {
		if (found == 'h')
			return help(syntax);
		if (found == '?')
			return mistake(syntax, "unknown option", argv[optind - 1]);
		if (found == ':')
			return mistake(syntax, "a value is missing after", argv[optind - 1]);
		option = find_option(syntax, found);
		if (!option || !option->take(options, optarg))
			return mistake(syntax, "not a value for this option:", optarg);
	}
	for (; syntax->take_argument && optind < argc; optind++)
		if (!syntax->take_argument(options, argv[optind]))
			return mistake(syntax, "unexpected argument", argv[optind]);
	common->host_root = host_root(common->host_root);
	return common->host_root ? CMD_GO_ON : STATUS_FAILED;
}
