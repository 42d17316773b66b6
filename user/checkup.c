// SPDX-License-Identifier: GPL-2.0-only
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "checkup.h"

struct finding *checkup_add(struct checkup *checkup, enum finding_state state, const char *name,
			    const char *fmt, ...)
{
	struct finding *finding;
	va_list args;

	if (checkup->findings_count == CHECKUP_FINDINGS_MAX) {
		checkup->findings_count--;
		checkup->findings_omitted++;
	}
	finding = &checkup->findings[checkup->findings_count++];
	memset(finding, 0, sizeof(*finding));
	finding->state = state;
	snprintf(finding->name, sizeof(finding->name), "%s", name);
	va_start(args, fmt);
	vsnprintf(finding->detail, sizeof(finding->detail), fmt, args);
	va_end(args);
	return finding;
}

void finding_fix(struct finding *finding, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	vsnprintf(finding->fix, sizeof(finding->fix), fmt, args);
	va_end(args);
}
