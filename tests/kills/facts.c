/* SPDX-License-Identifier: GPL-2.0-only */
#define _GNU_SOURCE
#include "facts.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "line.h"

#define COLUMNS 7

static const char *const plan_names[FACTS_PLANS] = { "fentry", "kprobe", "tracepoint" };
static const char *const cell_names[] = { "exact", "inferred", "not visible" };
static const char *const line_names[] = { "oom_kill", "oom_stall", "oom_update" };
static const char *const header[COLUMNS] = {
	"fact", "line", "key", "in", "fentry", "kprobe", "tracepoint",
};
static const struct {
	const char *name;
	unsigned int place;
} places[] = {
	{ "v1", FACTS_V1 },
	{ "v2", FACTS_V2 },
	{ "vm", FACTS_VM },
	{ "numa", FACTS_NUMA },
	{ "v1 with swap", FACTS_V1 | FACTS_SWAP },
};

#define COUNT(a) ((int)(sizeof(a) / sizeof((a)[0])))

const char facts_text[] =
#include "facts_text.h"
	;

static bool refuse(struct facts *facts, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

static bool refuse(struct facts *facts, const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	vsnprintf(facts->why, sizeof(facts->why), format, ap);
	va_end(ap);
	return false;
}

/* ---- the table ---- */

static int index_of(const char *word, const char *const *words, int n)
{
	for (int i = 0; i < n; i++)
		if (!strcmp(words[i], word))
			return i;
	return -1;
}

static bool copy(char *ret, size_t size, const char *text)
{
	return (size_t)snprintf(ret, size, "%s", text) < size && *text;
}

/* "| a | b |" into its cells; the number of them. */
static int split(char *line, char *ret[COLUMNS])
{
	int n = 0;

	line++;
	for (char *end; (end = strchr(line, '|')); line = end + 1) {
		char *last = end;

		*end = '\0';
		line += strspn(line, " ");
		while (last > line && last[-1] == ' ')
			*--last = '\0';
		if (n < COLUMNS)
			ret[n] = line;
		n++;
	}
	return n;
}

static bool parse_place(struct fact *fact, const char *text)
{
	for (int i = 0; i < COUNT(places); i++)
		if (!strcmp(text, places[i].name))
			fact->place = places[i].place;
	return fact->place;
}

/* every | every with KEY | every without KEY | some | some, PLACE */
static bool parse_rule(struct fact *fact, const char *text)
{
	static const char with[] = "every with ", without[] = "every without ", some[] = "some, ";
	size_t size = sizeof(fact->other);

	if (!strcmp(text, "every")) {
		fact->rule = FACT_EVERY;
		return true;
	}
	if (!strncmp(text, with, strlen(with))) {
		fact->rule = FACT_EVERY_WITH;
		return copy(fact->other, size, text + strlen(with));
	}
	if (!strncmp(text, without, strlen(without))) {
		fact->rule = FACT_EVERY_WITHOUT;
		return copy(fact->other, size, text + strlen(without));
	}
	fact->rule = FACT_SOME;
	if (!strncmp(text, some, strlen(some)))
		return parse_place(fact, text + strlen(some));
	return !strcmp(text, "some");
}

static bool parse_row(struct facts *ret, char *line)
{
	struct fact *fact = &ret->fact[ret->n];
	char *cell[COLUMNS];
	int n = split(line, cell);

	if (n != COLUMNS)
		return refuse(ret, "a row of %d columns, not %d", n, COLUMNS);
	if (ret->n == FACTS_MAX)
		return refuse(ret, "more than %d rows", FACTS_MAX);
	if (!copy(fact->name, sizeof(fact->name), cell[0]) ||
	    !copy(fact->key, sizeof(fact->key), cell[2]))
		return refuse(ret, "\"%s\": no fact or no key, or too long", cell[0]);
	if (index_of(cell[1], line_names, COUNT(line_names)) < 0)
		return refuse(ret, "%s: what is \"%s\"?", cell[0], cell[1]);
	copy(fact->line, sizeof(fact->line), cell[1]);
	if (!parse_rule(fact, cell[3]))
		return refuse(ret, "%s: what is \"%s\"?", cell[0], cell[3]);
	for (int i = 0; i < FACTS_PLANS; i++) {
		int word = index_of(cell[4 + i], cell_names, COUNT(cell_names));

		if (word < 0)
			return refuse(ret, "%s: what is \"%s\"?", cell[0], cell[4 + i]);
		fact->cell[i] = (enum fact_cell)word;
	}
	ret->n++;
	return true;
}

static bool parse_header(struct facts *ret, char *line)
{
	char *cell[COLUMNS];

	if (split(line, cell) != COLUMNS)
		return refuse(ret, "the header does not have %d columns", COLUMNS);
	for (int i = 0; i < COLUMNS; i++)
		if (strcmp(cell[i], header[i]))
			return refuse(ret, "a column is \"%s\", not \"%s\"", cell[i], header[i]);
	return true;
}

/* The evidence of a verdict comes from the first row. */
static bool is_whole(struct facts *facts)
{
	const struct fact *first = &facts->fact[0];

	if (!facts->n || strcmp(first->key, "verdict.limit_level"))
		return refuse(facts, "the first row is not that of verdict.limit_level");
	for (int i = 0; i < FACTS_PLANS; i++)
		if (first->cell[i] == FACT_NOT_VISIBLE)
			return refuse(facts, "a plan without evidence");
	return true;
}

bool facts_parse(struct facts *ret, const char *text)
{
	char line[512];
	int lines = 0;

	memset(ret, 0, sizeof(*ret));
	for (size_t len; *text; text += len + (text[len] == '\n')) {
		len = strcspn(text, "\n");
		if (*text != '|')
			continue;
		if (len >= sizeof(line))
			return refuse(ret, "a row of %zu bytes", len);
		memcpy(line, text, len);
		line[len] = '\0';
		/* the second line is the rule below the header */
		if (lines == 0 ? !parse_header(ret, line) : lines > 1 && !parse_row(ret, line))
			return false;
		lines++;
	}
	return is_whole(ret);
}

int facts_plan(const char *name)
{
	return index_of(name, plan_names, FACTS_PLANS);
}

const char *facts_evidence(const struct facts *facts, int plan)
{
	return cell_names[facts->fact[0].cell[plan]];
}

/* ---- the lines ---- */

static bool is_value(json_t *value, const char *want)
{
	if (!value || json_is_null(value))
		return false;
	if (!want)
		return true;
	if (json_is_boolean(value))
		return !strcmp(want, json_is_true(value) ? "true" : "false");
	return json_is_string(value) && !strcmp(json_string_value(value), want);
}

/* @path up to "[]" is a list: any of its entries may have the rest. */
static bool has_path(json_t *line, const char *path, const char *want)
{
	const char *list = strstr(path, "[]");
	char prefix[64];
	json_t *entry;
	size_t i;

	if (!list)
		return is_value(line_get(line, path), want);
	snprintf(prefix, sizeof(prefix), "%.*s", (int)(list - path), path);
	list += 2 + (list[2] == '.');
	json_array_foreach(line_get(line, prefix), i, entry)
	{
		if (has_path(entry, list, want))
			return true;
	}
	return false;
}

static bool has(json_t *line, const char *key)
{
	const char *want = strchr(key, '=');
	char path[64];

	snprintf(path, sizeof(path), "%.*s", (int)strcspn(key, "="), key);
	return has_path(line, path, want ? want + 1 : NULL);
}

static bool must_have(const struct fact *fact, json_t *line)
{
	switch (fact->rule) {
	case FACT_EVERY:
		return true;
	case FACT_EVERY_WITH:
		return has(line, fact->other);
	case FACT_EVERY_WITHOUT:
		return !has(line, fact->other);
	case FACT_SOME:
		break;
	}
	return false;
}

static bool check_fact(struct facts *facts, struct fact *fact, json_t *line, int plan)
{
	bool told = has(line, fact->key);

	if (fact->cell[plan] == FACT_NOT_VISIBLE) {
		if (told)
			return refuse(facts,
				      "\"%s\" (%s) is told by a %s line, but not visible: %s",
				      fact->key, fact->name, fact->line, plan_names[plan]);
		return true;
	}
	fact->seen[plan] += told;
	if (!told && !fact->excused[plan] && must_have(fact, line))
		return refuse(facts, "\"%s\" (%s) is not told by this %s line: %s", fact->key,
			      fact->name, fact->line, plan_names[plan]);
	return true;
}

bool facts_line(struct facts *facts, json_t *line, int plan)
{
	const char *type = line_string(line, "type");
	const char *evidence = line_string(line, "verdict.evidence");

	for (int i = 0; i < facts->n; i++)
		if (!strcmp(facts->fact[i].line, type) &&
		    !check_fact(facts, &facts->fact[i], line, plan))
			return false;
	if (*evidence && strcmp(evidence, facts_evidence(facts, plan)))
		return refuse(facts, "verdict.evidence is \"%s\", not \"%s\": %s", evidence,
			      facts_evidence(facts, plan), plan_names[plan]);
	facts->lines[plan] += !strcmp(type, "oom_kill");
	return true;
}

int facts_untold(const struct facts *facts, int plan, unsigned int place, int from)
{
	for (int i = from; i < facts->n; i++) {
		const struct fact *fact = &facts->fact[i];

		if (fact->rule == FACT_SOME && !fact->excused[plan] &&
		    fact->cell[plan] != FACT_NOT_VISIBLE && (fact->place & place) == fact->place &&
		    !fact->seen[plan])
			return i;
	}
	return -1;
}
