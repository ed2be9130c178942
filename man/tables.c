// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What the pages and their test take from the code's own tables, so that it stands once:
 *
 *   tables findings   every finding, as a list in mdoc(7)
 *   tables fields     every field of a line of the log, the same
 *   tables options    every option of the configuration, SECTION<TAB>NAME (SECTION may be empty)
 *   tables ids        every finding, ID<TAB>POINTS
 */
#include <stdio.h>
#include <string.h>

#include "../user/checks/finding.h"
#include "../user/config/option.h"
#include "../user/log/fields.h"

static const char *const lives[TTL_COUNT] = {
	[TTL_CONVICTING] = "as the section ttl says of what convicts",
	[TTL_SCORED] = "as the section ttl says of points",
	[TTL_DAY] = "24 hours",
	[TTL_LISTS] = "as long as the list's answer, within ttl_min and ttl_max",
	[TTL_NONE] = "never",
};

/* A hyphen is set as one that can be searched for and copied. */
static void put_text(const char *text)
{
	for (; *text; text++)
		fputs(*text == '-' ? "\\-" : *text == '\\' ? "\\e" : (char[]){*text, 0}, stdout);
}

static void put_finding(const struct finding_type *type)
{
	fputs(".It Li ", stdout);
	put_text(type->id);
	printf("\nClass %s, %d points", finding_class_name(type->class), type->points);
	if (type->mild_points)
		printf(", mild %d", type->mild_points);
	if (type->convicts)
		fputs("; blocks alone", stdout);
	printf(".\nBlocks: %s.\n.br\n", lives[type->ttl]);
	put_text(type->text);
	fputs(".\n", stdout);
}

static void put_field(const struct log_field *field)
{
	fputs(".It Li ", stdout);
	put_text(field->name);
	fputs("\n", stdout);
	put_text(field->text);
	fputs(".\nIn: ", stdout);
	put_text(field->events);
	fputs(".\n", stdout);
}

int main(int argc, char **argv)
{
	const char *what = argc == 2 ? argv[1] : "";
	bool ids = !strcmp(what, "ids");

	if (!strcmp(what, "options")) {
		for (unsigned i = 0; i < OPTION_COUNT; i++)
			printf("%s\t%s\n",
			       section_names[options[i].section] ? section_names[options[i].section]
								 : "",
			       options[i].name);
	} else if (!strcmp(what, "fields")) {
		for (size_t i = 0; i < log_fields_count; i++)
			put_field(&log_fields[i]);
	} else if (ids || !strcmp(what, "findings")) {
		for (unsigned i = 0; i < FINDING_COUNT; i++) {
			if (ids)
				printf("%s\t%d\n", finding_types[i].id, finding_types[i].points);
			else
				put_finding(&finding_types[i]);
		}
	} else {
		fputs("usage: tables findings|fields|options|ids\n", stderr);
		return 2;
	}
	return fflush(stdout) ? 1 : 0;
}
