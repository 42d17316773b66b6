// SPDX-License-Identifier: GPL-2.0-only
/*
 * describe_manual: the manual's FIELDS, in mdoc(7): what every line has, what each type of line
 * has, then each struct that these contain, once.
 */
#include <stdio.h>
#include <string.h>

#include "checkup.h"
#include "fields.h"
#include "tools/describe.h"

#define TABLES_MAX 64
#define WIDTH 76
#define MARK "FIELDS\n"

/* The structs that were met, in the order in which they are told. */
static const struct field_table *tables[TABLES_MAX];
static size_t tables_count;

/* "task" of task_table; "limit owner" of limit_owner_table. */
static void print_name(const struct field_table *table)
{
	size_t len = strlen(table->name) - strlen("_table");

	for (size_t i = 0; i < len; i++)
		putchar(table->name[i] == '_' ? ' ' : table->name[i]);
}

static bool meet(const struct field_table *table)
{
	for (size_t i = 0; i < tables_count; i++)
		if (tables[i] == table)
			return true;
	if (tables_count == TABLES_MAX)
		return false;
	tables[tables_count++] = table;
	return true;
}

/* One word, in which nothing is a macro. */
static void print_word(const char *word, size_t len)
{
	if (*word == '.' || *word == '\'')
		fputs("\\&", stdout);
	for (size_t i = 0; i < len; i++)
		if (word[i] == '\\')
			fputs("\\e", stdout);
		else
			putchar(word[i]);
}

/* Lines of at most WIDTH, and a new one for each sentence, as mdoc wants it. */
static void print_text(const char *text)
{
	size_t column = 0, len;
	bool ended = false;

	for (; *text; text += len + strspn(text + len, " ")) {
		len = strcspn(text, " ");
		if (column && (ended || column + 1 + len > WIDTH)) {
			putchar('\n');
			column = 0;
		} else if (column) {
			putchar(' ');
			column++;
		}
		print_word(text, len);
		column += len;
		ended = text[len - 1] == '.';
	}
	putchar('\n');
}

static const char *type_name(const struct field *field)
{
	switch ((enum field_type)field->type) {
	case FIELD_U64:
	case FIELD_S64:
		return "integer";
	case FIELD_LIMIT:
		return "integer or null";
	case FIELD_BOOL:
		return "boolean";
	case FIELD_TABLE:
		return "object";
	case FIELD_LIST:
		return "list";
	default:
		return "string";
	}
}

static bool is_first(const struct field *field, size_t i)
{
	for (size_t j = 1; j < i; j++)
		if (!strcmp(field->names[j], field->names[i]))
			return false;
	return true;
}

static void print_names(const struct field *field)
{
	printf("One of");
	for (size_t i = 1; field->names[i]; i++)
		if (is_first(field, i))
			printf("%s\n.Ql %s", i > 1 ? " ," : "", field->names[i]);
	printf(" .\n");
}

static bool print_field(const struct field *field)
{
	printf(".It Va %s Pq %s\n", field->key, type_name(field));
	print_text(field->help);
	if (field->type == FIELD_ENUM || field->type == FIELD_DERIVED)
		print_names(field);
	if (!field->table)
		return true;
	printf("See\n.Sx Fields of ");
	print_name(field->table);
	printf(" .\n");
	return meet(field->table);
}

static bool print_fields(const struct field_table *table)
{
	printf(".Bl -tag -width Ds -compact\n");
	for (size_t i = 0; i < table->count; i++)
		if (!print_field(&table->fields[i]))
			return false;
	printf(".El\n");
	return true;
}

/* Types that share a table are told together. */
static bool print_type(enum event_type type)
{
	const struct field_table *table = fields_of(type);

	for (enum event_type other = 1; other < type; other++)
		if (fields_of(other) == table)
			return true;
	printf(".Ss Lines of type");
	for (enum event_type other = type; event_type_names[other]; other++)
		if (fields_of(other) == table)
			printf("%s %s", other == type ? "" : " and", event_type_names[other]);
	printf("\n");
	return print_fields(table);
}

static bool print_all(void)
{
	printf(".Ss Every line\n");
	if (!print_fields(&fields_common))
		return false;
	for (enum event_type type = 1; event_type_names[type]; type++)
		if (!print_type(type))
			return false;
	printf(".Ss The line of doctor\n");
	if (!print_fields(&checkup_table))
		return false;
	for (size_t i = 0; i < tables_count; i++) {
		printf(".Ss Fields of ");
		print_name(tables[i]);
		printf("\n");
		if (!print_fields(tables[i]))
			return false;
	}
	return true;
}

int describe_manual(void)
{
	char line[1024];
	bool found = false;

	while (fgets(line, sizeof(line), stdin)) {
		if (strcmp(line, MARK)) {
			fputs(line, stdout);
			continue;
		}
		found = true;
		if (!print_all())
			return 1;
	}
	if (!found)
		fprintf(stderr, "describe manual: the manual on stdin has no line %s", MARK);
	return !found || ferror(stdin) || ferror(stdout);
}
