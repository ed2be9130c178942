// SPDX-License-Identifier: GPL-2.0-or-later
/* Where the log goes, how, and when it sums up. */
#include <stdio.h>
#include <string.h>

#include "value.h"
#include "../log/settings.h"

/* The index of `text' among `names'; `count' where it is none of them. */
static unsigned index_of(const char *const *names, unsigned count, const char *text)
{
	unsigned i = 0;

	while (i < count && strcmp(names[i], text) != 0)
		i++;
	return i;
}

bool value_log_to(void *out, const struct config_option *option, const char *text,
		  char why[WHY_TEXT])
{
	unsigned i = index_of(log_to_names, LOG_TO_COUNT, text);

	(void)option;
	if (i == LOG_TO_COUNT)
		return value_refuse(why, text,
				    "is no place for the log: write auto, stderr, journald or "
				    "syslog");
	*(enum log_to *)out = (enum log_to)i;
	return true;
}

bool value_log_format(void *out, const struct config_option *option, const char *text,
		      char why[WHY_TEXT])
{
	unsigned i = index_of(log_format_names, LOG_FORMAT_COUNT, text);

	(void)option;
	if (i == LOG_FORMAT_COUNT)
		return value_refuse(why, text,
				    "is no format of the log: write text, json or fail2ban");
	*(enum log_format *)out = (enum log_format)i;
	return true;
}

bool value_log_facility(void *out, const struct config_option *option, const char *text,
			char why[WHY_TEXT])
{
	(void)option;
	for (unsigned i = 0; i < log_facilities_count; i++) {
		if (!strcmp(log_facilities[i].name, text)) {
			*(int *)out = log_facilities[i].value;
			return true;
		}
	}
	return value_refuse(why, text,
			    "is no facility of syslog: write mail, daemon, or local0 to local7");
}

/* "07:00" */
bool value_time_of_day(void *out, const struct config_option *option, const char *text,
		       char why[WHY_TEXT])
{
	unsigned hour, minute;
	int end = 0;

	(void)option;
	if (!strcmp(text, "off")) {
		*(uint32_t *)out = 0;
		return true;
	}
	if (strspn(text, "0123456789:") != strlen(text) ||
	    sscanf(text, "%2u:%2u%n", &hour, &minute, &end) != 2 || text[end] || end != 5 ||
	    hour > 23 || minute > 59)
		return value_refuse(why, text, "is no time of day: write 07:00, or off");
	*(uint32_t *)out = hour * 60 + minute + 1;
	return true;
}
