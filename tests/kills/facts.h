/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * facts: what each attach plan can tell, as tests/facts.md has it, against what was told. Pure: it
 * is given the table's text, and fails no test by itself.
 */
#ifndef KILLS_FACTS_H
#define KILLS_FACTS_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#define FACTS_MAX 96
#define FACTS_PLANS 3
#define FACTS_WHY_MAX 256

/* Where the run takes place: without it a fact of `some` line need not have been told. */
enum facts_place {
	FACTS_V1 = 1,
	FACTS_V2 = 2,
	FACTS_VM = 4,
	FACTS_NUMA = 8,
	FACTS_SWAP = 16,
};

enum fact_rule {
	FACT_EVERY, /* every line */
	FACT_EVERY_WITH, /* every line that has `other` */
	FACT_EVERY_WITHOUT, /* every line that does not have it */
	FACT_SOME, /* some line of the run, in `place` */
};

enum fact_cell {
	FACT_EXACT,
	FACT_INFERRED,
	FACT_NOT_VISIBLE,
};

struct fact {
	char name[64], line[16], key[64], other[64];
	enum fact_rule rule;
	unsigned int place; /* enum facts_place; 0: anywhere */
	enum fact_cell cell[FACTS_PLANS];
	bool excused[FACTS_PLANS]; /* it may be missing all the same (set by the test) */
	int seen[FACTS_PLANS]; /* lines that had it */
};

struct facts {
	struct fact fact[FACTS_MAX];
	int n;
	int lines[FACTS_PLANS]; /* oom_kill lines that were checked */
	char why[FACTS_WHY_MAX]; /* of the last refusal */
};

/* The table of tests/facts.md, as it was when this program was built. */
extern const char facts_text[];

/* facts_parse() - false, with the reason in @ret->why, when a word of it is not known. */
bool facts_parse(struct facts *ret, const char *text);
/* facts_plan() - number of an attach plan; -1: the table does not have it. */
int facts_plan(const char *name);
/* facts_evidence() - how @plan knows the limit owner, in the JSON's word. */
const char *facts_evidence(const struct facts *facts, int plan);
/* facts_line() - false, with the reason in facts->why, when @line has what @plan cannot know or
 * lacks what it must tell. */
bool facts_line(struct facts *facts, json_t *line, int plan);
/* facts_untold() - the first fact from @from on that @plan should have told at least once in
 * @place, but did not; -1: there is none. */
int facts_untold(const struct facts *facts, int plan, unsigned int place, int from);

#endif
