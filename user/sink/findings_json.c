// SPDX-License-Identifier: GPL-2.0-only
#include "sink/findings.h"
#include "sink/json.h"

int findings_json(const struct checkup *checkup, char *buf, size_t size)
{
	return json_write_tables(checkup, &checkup_head, &checkup_table, buf, size);
}
