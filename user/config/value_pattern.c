// SPDX-License-Identifier: GPL-2.0-or-later
/* What a pattern of the administrator's own says, and how much of recipients the log shows. */
#include <stdio.h>
#include <string.h>

#include "value.h"
#include "../checks/pattern.h"

bool value_subject(void *out, const struct config_option *option, const char *text,
		   char why[WHY_TEXT])
{
	(void)option;
	if (!strcmp(text, "helo"))
		*(enum pattern_subject *)out = PATTERN_HELO;
	else if (!strcmp(text, "sender"))
		*(enum pattern_subject *)out = PATTERN_SENDER;
	else if (!strcmp(text, "recipient"))
		*(enum pattern_subject *)out = PATTERN_RECIPIENT;
	else
		return value_refuse(why, text,
				    "is nothing to match on: write helo, sender or recipient");
	return true;
}

bool value_class(void *out, const struct config_option *option, const char *text,
		 char why[WHY_TEXT])
{
	(void)option;
	for (unsigned class = 0; class < CLASS_COUNT; class ++) {
		if (!strcmp(text, finding_class_name((enum finding_class) class))) {
			*(enum finding_class *)out = (enum finding_class) class;
			return true;
		}
	}
	return value_refuse(why, text,
			    "is no class of findings: write protocol, names, envelope or lists");
}

bool value_expression(void *out, const struct config_option *option, const char *text,
		      char why[WHY_TEXT])
{
	struct pattern *pattern;
	char error[160];

	(void)out;
	(void)option;
	if (!*text)
		return value_refuse(why, text,
				    "is empty and would match everything: write a regular "
				    "expression");
	/* The subject changes nothing in how it compiles. */
	pattern = pattern_new(PATTERN_HELO, text, error, sizeof(error));
	pattern_free(pattern);
	return pattern || value_refuse(why, text, "is no regular expression: %s", error);
}

bool value_recipients(void *out, const struct config_option *option, const char *text,
		      char why[WHY_TEXT])
{
	(void)option;
	if (!strcmp(text, "full"))
		*(bool *)out = true;
	else if (!strcmp(text, "redacted"))
		*(bool *)out = false;
	else
		return value_refuse(why, text,
				    "does not say how to show recipients: write redacted or full");
	return true;
}
