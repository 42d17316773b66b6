// SPDX-License-Identifier: GPL-2.0-only
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>

#include "options.h"

static const char usage[] =
	"usage: storm [OPTION]...\n"
	"  --kills N    that the storm makes (500)\n"
	"  --memcgs N   it makes them in (200)\n"
	"  --churn N    cgroups made and removed a second beside it (500)\n"
	"  --stalled N  kills while nobody takes them (800); 0: only the storm\n"
	"  --host N     only this: the machine itself out of memory, N kills; in a virtual machine\n"
	"  --limit MIB  of memory for the tracer (none)\n"
	"  --counted LIB  that counts what its first thread allocates (counted.so; none)\n"
	"  --lost N     of the kills may be lost, and are counted then (0.1%)\n";

int options_parse(int argc, char **argv, struct options *ret)
{
	static const struct option options[] = { { "kills", required_argument, NULL, 'k' },
						 { "memcgs", required_argument, NULL, 'm' },
						 { "churn", required_argument, NULL, 'c' },
						 { "stalled", required_argument, NULL, 's' },
						 { "host", required_argument, NULL, 'h' },
						 { "limit", required_argument, NULL, 'L' },
						 { "counted", required_argument, NULL, 'C' },
						 { "lost", required_argument, NULL, 'l' },
						 { NULL, 0, NULL, 0 } };
	int c;

	*ret = (struct options){
		.kills = 500, .memcgs = 200, .churn = 500, .stalled = 800, .lost = -1
	};
	while ((c = getopt_long(argc, argv, "", options, NULL)) != -1) {
		int value = optarg && c != 'C' ? atoi(optarg) : 0;

		if (c == 'k')
			ret->kills = value;
		else if (c == 'm')
			ret->memcgs = value;
		else if (c == 'c')
			ret->churn = value;
		else if (c == 's')
			ret->stalled = value;
		else if (c == 'l')
			ret->lost = value;
		else if (c == 'h')
			ret->host = value;
		else if (c == 'L')
			ret->limit = value;
		else if (c == 'C')
			ret->counted_lib = optarg;
		if (c == '?' || value < 0) {
			fputs(usage, stderr);
			return 2;
		}
	}
	if (ret->lost < 0)
		ret->lost = ret->kills / 1000;
	return 0;
}
