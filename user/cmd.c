// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"
#include "cmd.h"
#include "exit_status.h"

int cmd_usage(const char *command, const char *problem, const char *what)
{
	log_error("%s '%s': 'oomwhy %s --help' tells the options", problem, what, command);
	return STATUS_USAGE;
}

bool cmd_parse_output(const char *text, bool *ret_json)
{
	*ret_json = !strcmp(text, "json");
	return *ret_json || !strcmp(text, "text");
}

bool cmd_parse_duration(const char *text, __u64 *ret_ns)
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

const char *cmd_node_name(void)
{
	const char *name = getenv("NODE_NAME");

	return name && *name ? name : NULL;
}

const char *cmd_host_root(const char *given)
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
