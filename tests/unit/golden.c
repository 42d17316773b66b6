// SPDX-License-Identifier: GPL-2.0-only
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "golden.h"

#define GOLDEN_MAX 65536

void golden_check(const char *name, const char *bytes, size_t len)
{
	static char want[GOLDEN_MAX];
	const char *folder = getenv("OOMWHY_GOLDEN");
	const char *update = getenv("OOMWHY_UPDATE_GOLDEN");
	char path[4096];
	size_t want_len;
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", folder ? folder : "tests/golden", name);
	f = fopen(path, update ? "w" : "r");
	if (!f)
		fail_msg("%s cannot be opened", path);
	if (update) {
		assert_int_equal(fwrite(bytes, 1, len, f), len);
		assert_int_equal(fclose(f), 0);
		return;
	}
	want_len = fread(want, 1, sizeof(want), f);
	fclose(f);
	if (want_len != len || memcmp(want, bytes, len) != 0)
		fail_msg("%s differs; now it is:\n%.*s", path, (int)len, bytes);
}
