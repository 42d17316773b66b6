// SPDX-License-Identifier: GPL-2.0-only
#define _GNU_SOURCE
#include "unseen.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>

static bool is_set(void)
{
	const char *mode = getenv("OOMWHY_LOCKDOWN");

	return mode && !strcmp(mode, "confidentiality");
}

/* The kernels that are tested are Debian's: their numbers tell what they can do. */
static int kernel_number(void)
{
	struct utsname name;
	int major = 0, minor = 0;

	if (uname(&name) || sscanf(name.release, "%d.%d", &major, &minor) != 2)
		return 0;
	return major * 100 + minor;
}

struct unseen unseen_here(const struct fixture *fx)
{
	bool fentry = !strcmp(fx->tracer.attach, "fentry");
	int kernel = kernel_number();

	if (!is_set())
		return (struct unseen){ 0 };
	return (struct unseen){
		.any = true,
		.low_bits = kernel < 602,
		.whole_rss = kernel < 602 && !fentry,
		.vpid = kernel < 601,
		.siblings = !fentry,
		.limits = kernel < 601 && !fentry,
		.limits_of_host = kernel < 601,
		.trigger_place = kernel < 511 && fx->h.version == 1,
		.asker = kernel < 511,
		.group = kernel < 601 && !fentry,
		.cpus_parts = kernel >= 602,
		.waiting = kernel < 511,
	};
}

const char *unseen_mistaken(void)
{
	FILE *file = fopen("/sys/kernel/security/lockdown", "re");
	char line[128] = "";
	bool is_so;

	if (file && !fgets(line, sizeof(line), file))
		line[0] = '\0';
	if (file)
		fclose(file);
	is_so = strstr(line, "[confidentiality]");
	if (is_so == is_set())
		return NULL;
	return is_so ? "lockdown=confidentiality, but OOMWHY_LOCKDOWN does not say so" :
		       "OOMWHY_LOCKDOWN=confidentiality, but the kernel is not locked down so";
}

static void excuse(struct facts *facts, const char *key, int plan)
{
	for (int i = 0; i < facts->n; i++)
		if (!strcmp(facts->fact[i].key, key))
			facts->fact[i].excused[plan] = true;
}

/* Counts of each CPU, to which no typed pointer leads. */
static void excuse_memory(struct facts *facts, int plan)
{
	static const char *const keys[] = {
		"memory.source",
		"memory.source=exact",
		"memory.source=sum",
		"memory.left_bytes",
		"memory.source=machine",
		"limit_owner.working_set_bytes",
		"memcgs[].working_set_bytes",
		"limits.host.working_set_bytes",
	};

	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		excuse(facts, keys[i], plan);
}

void unseen_excuse(struct facts *facts, int cgroup_version)
{
	bool is_old = is_set() && kernel_number() < 511;

	for (int plan = 0; is_old && cgroup_version == 1 && plan < FACTS_PLANS; plan++)
		excuse(facts, "trigger.cgroup.id", plan);
	if (is_old)
		excuse(facts, "oom_group.id", facts_plan("tracepoint"));
	for (int plan = 0; is_set() && plan < FACTS_PLANS; plan++)
		excuse_memory(facts, plan);
}
