// SPDX-License-Identifier: GPL-2.0-only
/* One of our own lines: what is read of it is judged, written, and read back as the same. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "headline.h"
#include "identify.h"
#include "judge.h"
#include "sink/json.h"
#include "sink/text.h"
#include "source/jsonl.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct klog_reader reader;
static struct event event, again;
static char out[TEXT_WRITE_MAX], second[JSON_LINE_MAX];

static void must(_Bool condition)
{
	if (!condition)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct text_style style = { .utf8 = true };
	const char *why = NULL;
	int len;

	if (!reader.scratch)
		must(!klog_reader_init(&reader, 1795500000ULL * 1000000000ULL));
	jsonl_is_ours((const char *)data, size);
	if (!jsonl_read(&event, &reader, (const char *)data, size, &why)) {
		must(why != NULL);
		return 0;
	}
	identify_event(&event);
	judge_event(&event);
	headline(&event);
	text_write(&event, &style, out, sizeof(out));
	len = json_write(&event, out, sizeof(out));
	must(len > 0);
	must(jsonl_read(&again, &reader, out, (size_t)len - 1, &why));
	must(json_write(&again, second, sizeof(second)) > 0);
	return 0;
}
