// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdio.h>
#include <sys/capability.h>
#include <sys/prctl.h>

#include "base/privileges.h"

/* Returns 0 or -errno. */
static int keep_flag(cap_t now, cap_t next, cap_flag_t flag, cap_value_t capability)
{
	cap_flag_value_t value;

	/* One that this kernel does not have yet is not there. */
	if (cap_get_flag(now, capability, flag, &value) || value != CAP_SET)
		return 0;
	return cap_set_flag(next, flag, 1, &capability, CAP_SET) ? -errno : 0;
}

static int set(cap_t now, cap_t next, __u64 kept)
{
	int err = 0;

	for (int capability = 0; capability < 64 && !err; capability++) {
		if (!(kept >> capability & 1))
			continue;
		err = keep_flag(now, next, CAP_EFFECTIVE, capability);
		err = err ? err : keep_flag(now, next, CAP_PERMITTED, capability);
	}
	/* None is inheritable, and ambient ones go with that. */
	return err || !cap_set_proc(next) ? err : -errno;
}

int privileges_keep(__u64 kept)
{
	cap_t now = cap_get_proc(), next = cap_init();
	int err = now && next ? set(now, next, kept) : -errno;

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) && !err)
		err = -errno;
	cap_free(now);
	cap_free(next);
	return err;
}

__u64 privileges_effective(void)
{
	FILE *file = fopen("/proc/thread-self/status", "re");
	unsigned long long effective = 0;
	char line[256];

	while (file && fgets(line, sizeof(line), file))
		if (sscanf(line, "CapEff: %llx", &effective) == 1)
			break;
	if (file)
		fclose(file);
	return effective;
}
