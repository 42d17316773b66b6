// SPDX-License-Identifier: GPL-2.0-only
/*
 * describe schema|manual: writes what is made of the field table (user/fields.c) for others to
 * read. `make schema manual` puts it where it is kept; `make lint` fails where what is kept
 * differs.
 */
#include <stdio.h>
#include <string.h>

#include "tools/describe.h"

static const struct {
	const char *name;
	int (*run)(void);
} kinds[] = {
	{ "schema", describe_schema },
	{ "manual", describe_manual },
};

int main(int argc, char **argv)
{
	for (size_t i = 0; argc == 2 && i < sizeof(kinds) / sizeof(*kinds); i++)
		if (!strcmp(argv[1], kinds[i].name))
			return kinds[i].run() || fflush(stdout) ? 1 : 0;
	fprintf(stderr, "usage: describe KIND\n");
	return 2;
}
