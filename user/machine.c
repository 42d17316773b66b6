// SPDX-License-Identifier: GPL-2.0-only
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "machine.h"

static void read_boot_id(char *ret, size_t size)
{
	FILE *file = fopen("/proc/sys/kernel/random/boot_id", "re");

	if (!file)
		return;
	if (fgets(ret, (int)size, file))
		ret[strcspn(ret, "\n")] = 0;
	fclose(file);
}

static __u64 read_memory_total(void)
{
	FILE *file = fopen("/proc/meminfo", "re");
	char line[128];
	unsigned long long kib = 0;

	if (!file)
		return 0;
	while (fgets(line, sizeof(line), file))
		if (sscanf(line, "MemTotal: %llu kB", &kib) == 1)
			break;
	fclose(file);
	return kib * 1024;
}

void machine_read(struct machine *ret)
{
	struct utsname name;

	memset(ret, 0, sizeof(*ret));
	ret->page_bytes = sysconf(_SC_PAGESIZE);
	ret->cpus = (int)sysconf(_SC_NPROCESSORS_CONF);
	ret->memory_total_bytes = read_memory_total();
	read_boot_id(ret->boot_id, sizeof(ret->boot_id));
	if (uname(&name) == 0) {
		snprintf(ret->kernel, sizeof(ret->kernel), "%s", name.release);
		snprintf(ret->host_name, sizeof(ret->host_name), "%s", name.nodename);
	}
}
