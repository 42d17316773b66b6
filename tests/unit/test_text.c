// SPDX-License-Identifier: GPL-2.0-only
/*
 * The text sink and the headline: golden files of each fixture, and what must hold whatever an
 * event says. OOMWHY_GOLDEN is the folder of the golden files; OOMWHY_UPDATE_GOLDEN=1 writes them
 * anew.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/utf8.h"
#include "fixtures.h"
#include "headline.h"
#include "sink/text.h"

#define ROOM 69 /* columns of a line after its label: a longer name passes the edge */
#define SAVED_MAX 32
#define HOSTILE_ROUNDS 100000

static const struct text_style utf8_style = { .utf8 = true };
static const struct text_style ascii_style = { .utf8 = false };

static struct event event;
static struct event saved[SAVED_MAX];
static char out[TEXT_WRITE_MAX];

static __u64 seed = 42;

static __u32 random_number(void)
{
	seed = seed * 6364136223846793005ULL + 1442695040888963407ULL;
	return (__u32)(seed >> 33);
}

static size_t report(const struct fixture *fixture, const struct text_style *style)
{
	fixture->build(&event);
	headline(&event);
	return text_write(&event, style, out, sizeof(out));
}

static void golden_path(const char *name, char *path, size_t size)
{
	const char *dir = getenv("OOMWHY_GOLDEN");

	snprintf(path, size, "%s/text/%s.txt", dir ? dir : "tests/golden", name);
}

static void check_golden(const char *name, const char *text, size_t len)
{
	static char want[TEXT_WRITE_MAX];
	const char *update = getenv("OOMWHY_UPDATE_GOLDEN");
	char path[4096];
	size_t want_len;
	FILE *f;

	golden_path(name, path, sizeof(path));
	f = fopen(path, update ? "w" : "r");
	if (!f)
		fail_msg("%s cannot be opened", path);
	if (update) {
		assert_int_equal(fwrite(text, 1, len, f), len);
		fclose(f);
		return;
	}
	want_len = fread(want, 1, sizeof(want), f);
	fclose(f);
	if (want_len != len || memcmp(want, text, len) != 0)
		fail_msg("%s differs; now it is:\n%.*s", path, (int)len, text);
}

static void goldens(void **state)
{
	char name[64];

	(void)state;
	for (size_t i = 0; i < fixtures_count; i++)
		check_golden(fixtures[i].name, out, report(&fixtures[i], &utf8_style));
	for (size_t i = 0; i < fixtures_count; i++) {
		if (strcmp(fixtures[i].name, "hostile") != 0 &&
		    strcmp(fixtures[i].name, "before") != 0)
			continue;
		snprintf(name, sizeof(name), "%s.ascii", fixtures[i].name);
		check_golden(name, out, report(&fixtures[i], &ascii_style));
	}
}

static void check_printable(const char *s, size_t len)
{
	__u32 cp;

	for (size_t i = 0; i < len;) {
		i += utf8_next(s + i, len - i, &cp);
		assert_true(utf8_is_printable(cp));
	}
}

static void headlines(void **state)
{
	static char lines[TEXT_WRITE_MAX * 2];
	size_t len = 0;

	(void)state;
	for (size_t i = 0; i < fixtures_count; i++) {
		fixtures[i].build(&event);
		headline(&event);
		assert_true(event.message.len > 0);
		check_printable(text_bytes(&event, event.message), event.message.len);
		assert_true(len + event.message.len + 1 < sizeof(lines));
		memcpy(lines + len, text_bytes(&event, event.message), event.message.len);
		len += event.message.len;
		lines[len++] = '\n';
	}
	check_golden("headlines", lines, len);
}

/* Skip one of the four colour codes that are ours; any other escape sequence is somebody else's. */
static size_t skip_colour(const char *s, size_t len)
{
	static const char *const codes[] = { "\033[0m", "\033[1;31m", "\033[2m", "\033[33m" };

	for (size_t i = 0; i < 4; i++)
		if (len >= strlen(codes[i]) && !memcmp(s, codes[i], strlen(codes[i])))
			return strlen(codes[i]);
	return 0;
}

struct shape {
	int lines;
	int columns; /* of the widest line without a name that is longer than the room */
};

/* Every byte may stand on a terminal, every line is ours. */
static struct shape check_safe(const char *s, size_t len, const struct text_style *style)
{
	struct shape shape = { 0 };
	int col = 0, word = 0, longest_word = 0;
	bool line_start = true;

	for (size_t i = 0, used; i < len; i += used) {
		__u32 cp;

		used = style->colour ? skip_colour(s + i, len - i) : 0;
		if (used)
			continue;
		if (line_start && shape.lines)
			assert_memory_equal(s + i, "  ", 2);
		line_start = false;
		used = utf8_next(s + i, len - i, &cp);
		if (cp == '\n') {
			shape.lines++;
			if (col > shape.columns && longest_word <= ROOM)
				shape.columns = col;
			col = word = longest_word = 0;
			line_start = true;
			continue;
		}
		if ((cp < 0x20 || cp > 0x7e) &&
		    (!utf8_is_printable(cp) || (!style->utf8 && cp >= 0x80)))
			fail_msg("U+%x reaches the terminal", cp);
		col++;
		word = cp == ' ' ? 0 : word + 1;
		longest_word = word > longest_word ? word : longest_word;
	}
	assert_true(len == 0 || line_start);
	return shape;
}

static void shape_of_all(void **state)
{
	(void)state;
	for (size_t i = 0; i < fixtures_count; i++) {
		for (int bits = 0; bits < 4; bits++) {
			struct text_style style = { .utf8 = bits & 1, .colour = bits & 2 };
			size_t len = report(&fixtures[i], &style);
			struct shape shape = check_safe(out, len, &style);

			assert_in_range(shape.lines, 1, TEXT_LINES_MAX);
			/* One that repeats is told in a line, however long its names are. */
			if (event_has_incident(&event) &&
			    event.incident.repeat.container_kills_1h == NOT_KNOWN)
				assert_in_range(shape.columns, 1, 80);
			else
				assert_int_equal(shape.lines, 1);
			assert_int_equal(out[len], '\0');
		}
	}
}

/* The colours change nothing but the colour. */
static void colour_is_only_colour(void **state)
{
	static char plain[TEXT_WRITE_MAX];
	struct text_style style = utf8_style;

	(void)state;
	for (size_t i = 0; i < fixtures_count; i++) {
		size_t plain_len, len, kept = 0;

		style.colour = true;
		len = report(&fixtures[i], &style);
		style.colour = false;
		plain_len = text_write(&event, &style, plain, sizeof(plain));
		for (size_t at = 0; at < len;) {
			size_t skip = skip_colour(out + at, len - at);

			if (skip)
				at += skip;
			else
				out[kept++] = out[at++];
		}
		assert_int_equal(kept, plain_len);
		assert_memory_equal(out, plain, plain_len);
	}
}

/* Bytes that move cursors, end lines, hide or reorder text, and plain ones between them. */
static void hostile_bytes(char *to, size_t len)
{
	static const char *const nasty[] = {
		"\n",
		"\r",
		"\033[2J",
		"\033]0;x\a",
		"\x7f",
		"\x9b[1A",
		"\xc2\x9b",
		"\xc2\x85",
		"\xe2\x80\xae",
		"\xe2\x80\xa8",
		"\xe2\x81\xa6",
		"\xef\xbb\xbf",
		"\xe2\x80\x8b",
		"\xff",
		"\xc0\xaf",
		"\xed\xa0\x80",
		"\xf4\x90\x80\x80",
		"\"",
		" ",
		", pid 1",
		"\n2026-08-21 03:12:07Z OOM KILL: ",
		"\xe6\xbc\xa2",
		"\xcc\x81",
		"\xf3\xa0\x80\x81",
		"\t",
		"\b\b\b",
		"%s%n",
		"\\",
	};

	for (size_t at = 0; at < len;) {
		const char *bytes = nasty[random_number() % (sizeof(nasty) / sizeof(nasty[0]))];
		size_t n = random_number() % 3 ? 1 : strlen(bytes);
		char one = (char)random_number();

		if (n == 1)
			bytes = &one;
		n = n < len - at ? n : len - at;
		memcpy(to + at, bytes, n);
		at += n;
	}
}

static void hostile_text_is_harmless(void **state)
{
	size_t count = fixtures_count < SAVED_MAX ? fixtures_count : SAVED_MAX;

	(void)state;
	for (size_t i = 0; i < count; i++)
		fixtures[i].build(&saved[i]);
	for (int i = 0; i < HOSTILE_ROUNDS; i++) {
		const struct event *from = &saved[random_number() % count];
		struct text_style style = { .utf8 = random_number() & 1,
					    .colour = random_number() & 1,
					    .columns = random_number() % 200 };
		size_t len;

		/* The long one costs as much as the rest together. */
		if (from->text_len > 8192 && i % 16)
			continue;
		memcpy(&event, from, event_size(from));
		hostile_bytes(event.text, event.text_len);
		headline(&event);
		check_printable(text_bytes(&event, event.message), event.message.len);
		len = text_write(&event, &style, out, sizeof(out));
		check_safe(out, len, &style);
	}
}

/* Sizes and counts as somebody's recording may have them. */
static void odd_numbers_are_harmless(void **state)
{
	size_t count = fixtures_count < SAVED_MAX ? fixtures_count : SAVED_MAX;
	static const __u64 odd[] = { 0, 1, NOT_KNOWN, NO_LIMIT, 1ULL << 63, 4096, 255, 11 };

	(void)state;
	for (size_t i = 0; i < count; i++)
		fixtures[i].build(&saved[i]);
	for (int round = 0; round < HOSTILE_ROUNDS; round++) {
		const struct event *from = &saved[random_number() % count];
		__u64 *words = (__u64 *)&event.incident;

		if (from->type != EVENT_INCIDENT || from->text_len > 8192)
			continue;
		memcpy(&event, from, event_size(from));
		/* Texts stay as they are: a reader never makes an offset beyond the pool. */
		words[offsetof(struct incident, verdict.limit_level) / 8] =
			odd[random_number() % 8];
		words[offsetof(struct incident, verdict.evidence) / 8] = odd[random_number() % 8];
		words[offsetof(struct incident, verdict.cross_check) / 8] =
			odd[random_number() % 8];
		words[offsetof(struct incident, verdict.suspects_count) / 8] =
			odd[random_number() % 8];
		words[offsetof(struct incident, limit_owner.limit_level) / 8] =
			odd[random_number() % 8];
		words[offsetof(struct incident, limit_owner.limit_bytes) / 8] =
			odd[random_number() % 8];
		words[offsetof(struct incident, other_victims_count) / 8] =
			odd[random_number() % 8];
		words[offsetof(struct incident, allocation.order) / 8] = odd[random_number() % 8];
		words[offsetof(struct incident, memcgs_count) / 8] = odd[random_number() % 8];
		words[offsetof(struct incident, children_count) / 8] = odd[random_number() % 8];
		for (size_t i = 0; i < sizeof(event.incident.limits) / 8; i++)
			((__u64 *)&event.incident.limits)[i] = odd[random_number() % 8];
		event.time_ns = odd[random_number() % 8];
		headline(&event);
		check_safe(out, text_write(&event, &utf8_style, out, sizeof(out)), &utf8_style);
	}
}

/* Whole lines only, and never a byte beyond the buffer (the allocation is exact: ASan watches). */
static void small_buffers_are_cut_at_a_line(void **state)
{
	static char whole[TEXT_WRITE_MAX];

	(void)state;
	for (size_t i = 0; i < fixtures_count; i++) {
		struct text_style style = { .utf8 = true, .colour = i % 2 };
		size_t whole_len = report(&fixtures[i], &style);

		memcpy(whole, out, whole_len);
		for (size_t size = 0; size < whole_len + 20 && size < 3000; size++) {
			char *buf = malloc(size ? size : 1);
			size_t len = text_write(&event, &style, buf, size);

			assert_true(len == 0 || (len < size && buf[len - 1] == '\n'));
			/* Everything fits: an end of colour, a newline and a NUL are kept free. */
			if (size > whole_len + 10)
				assert_memory_equal(buf, whole, len);
			check_safe(buf, len, &style);
			free(buf);
		}
	}
}

static void has(const char *fixture, const char *words)
{
	for (size_t i = 0; i < fixtures_count; i++) {
		if (strcmp(fixtures[i].name, fixture) != 0)
			continue;
		report(&fixtures[i], &utf8_style);
		if (!strstr(out, words))
			fail_msg("%s does not say \"%s\":\n%s", fixture, words, out);
	}
}

/* What each report is for. */
static void answers(void **state)
{
	(void)state;
	has("container_trap", "OOM KILL: container limit 512Mi  shop/cart-7d9f8c6b5-x2x7q\n");
	has("container_trap", "PID 1 of \"cart\": the container ends");
	has("pod", "OOM KILL: pod limit 1.0Gi");
	has("pod", "Kubernetes shows");
	has("node", "OOM KILL: node limit for pods 13.0Gi");
	has("node", "batch/report-29k4x [report]");
	has("host", "OOM KILL: machine out of memory");
	has("unknown", "<- hit?");
	has("group", "2 more died with it");
	has("manual", "by hand");
	has("hostile", "\\x1b[2J");
}

static void says(const char *words)
{
	headline(&event);
	text_write(&event, &utf8_style, out, sizeof(out));
	if (!strstr(out, words))
		fail_msg("\"%s\" is missing in:\n%s", words, out);
}

/* What no fixture has: each by a small change of one. */
static void rare_sentences(void **state)
{
	struct incident *incident = &event.incident;

	(void)state;
	fixture_build("pod", &event);
	incident->children[1].online = 0;
	says("383Mi belong to no living container");
	incident->verdict.equal_limits = 1;
	says("\"app\" has the same limit, but");

	fixture_build("pod", &event);
	incident->limit_owner.counter = COUNTER_MEMORY_AND_SWAP;
	incident->limits.pod.swap_limit_bytes = incident->limits.pod.swap_usage_bytes = 1ULL << 30;
	says("Full is memory and swap together: 1.0Gi");

	fixture_build("host", &event);
	incident->verdict.limit_level = LIMIT_CPUSET;
	incident->constraint = OOM_CONSTRAINT_MEMORY_POLICY;
	says("NUMA memory policy out of memory");

	fixture_build("node", &event);
	incident->allocation.order = 3;
	incident->losses_total = 2;
	incident->verdict.cross_check = CROSS_CHECK_DIFFERS;
	says("8 pages in one piece");
	says("2 lost");
	says("[exact; cross-check differs]");

	fixture_build("container_trap", &event);
	incident->victim.fate = FATE_ALREADY_EXITING;
	incident->verdict.action.len = 0;
	says("OOM, NO KILL:");
	says("change resources.limits.memory");
	incident->verdict.manifest_field.len = 0;
	incident->victim.who.namespace_name.len = incident->victim.who.pod_name.len = 0;
	incident->victim.who.container_name.len = 0;
	says("7c1d0e2a-93b4-4f6d-8a57-1be0c4d2f395\n  exiting");
	says("this one is its only");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(goldens),
		cmocka_unit_test(headlines),
		cmocka_unit_test(shape_of_all),
		cmocka_unit_test(colour_is_only_colour),
		cmocka_unit_test(answers),
		cmocka_unit_test(rare_sentences),
		cmocka_unit_test(small_buffers_are_cut_at_a_line),
		cmocka_unit_test(hostile_text_is_harmless),
		cmocka_unit_test(odd_numbers_are_harmless),
	};

	return cmocka_run_group_tests_name("text", tests, NULL, NULL);
}
