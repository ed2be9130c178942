// SPDX-License-Identifier: GPL-2.0-or-later
/* Words, numbers, sizes and times; networks and names stand in value_net.c and value_name.c. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "config.h"
#include "value.h"
#include "../base/duration.h"

bool value_refuse(char why[WHY_TEXT], const char *text, const char *format, ...)
{
	char quoted[QUOTE_TEXT];
	va_list args;
	int n;

	n = snprintf(why, WHY_TEXT, "`%s' ", quote(quoted, text, strlen(text)));
	va_start(args, format);
	vsnprintf(why + n, WHY_TEXT - (size_t)n, format, args);
	va_end(args);
	return false;
}

bool value_mode(void *out, const struct config_option *option, const char *text, char why[WHY_TEXT])
{
	(void)option;
	if (!strcmp(text, "monitor"))
		*(enum mode *)out = MODE_MONITOR;
	else if (!strcmp(text, "enforce"))
		*(enum mode *)out = MODE_ENFORCE;
	else
		return value_refuse(why, text, "is no mode: write monitor or enforce");
	return true;
}

bool value_xdp_mode(void *out, const struct config_option *option, const char *text,
		    char why[WHY_TEXT])
{
	(void)option;
	if (!strcmp(text, "auto"))
		*(enum xdp_mode *)out = XDP_ATTACH_AUTO;
	else if (!strcmp(text, "native"))
		*(enum xdp_mode *)out = XDP_ATTACH_NATIVE;
	else if (!strcmp(text, "generic"))
		*(enum xdp_mode *)out = XDP_ATTACH_GENERIC;
	else
		return value_refuse(why, text,
				    "is no way to attach: write auto, native or generic");
	return true;
}

bool value_bool(void *out, const struct config_option *option, const char *text, char why[WHY_TEXT])
{
	(void)option;
	if (!strcasecmp(text, "true") || !strcasecmp(text, "yes") || !strcasecmp(text, "on"))
		*(bool *)out = true;
	else if (!strcasecmp(text, "false") || !strcasecmp(text, "no") || !strcasecmp(text, "off"))
		*(bool *)out = false;
	else
		return value_refuse(why, text, "is neither true nor false: write one of them");
	return true;
}

/* Digits from the start; *end is behind them. False where there are none or too many. */
static bool digits(uint64_t *out, const char *text, const char **end)
{
	uint64_t n = 0;
	const char *at = text;

	for (; *at >= '0' && *at <= '9'; at++) {
		n = n * 10 + (uint64_t)(*at - '0');
		if (n > UINT32_MAX)
			return false;
	}
	*out = n;
	*end = at;
	return at > text;
}

bool value_number(void *out, const struct config_option *option, const char *text,
		  char why[WHY_TEXT])
{
	const char *end = text;
	uint64_t n = 0;

	if (digits(&n, text, &end) && !*end && n >= option->min && n <= option->max) {
		*(uint32_t *)out = (uint32_t)n;
		return true;
	}
	return value_refuse(why, text, "is no whole number from %u to %u: write one", option->min,
			    option->max);
}

bool value_points(void *out, const struct config_option *option, const char *text,
		  char why[WHY_TEXT])
{
	uint32_t n;

	if (!value_number(&n, option, text, why))
		return false;
	*(int *)out = (int)n;
	return true;
}

bool value_port(void *out, const struct config_option *option, const char *text, char why[WHY_TEXT])
{
	uint32_t n;

	if (!value_number(&n, option, text, why))
		return false;
	*(uint16_t *)out = (uint16_t)n;
	return true;
}

static unsigned unit_shift(char unit)
{
	return unit == 'K' || unit == 'k' ? 10 : unit == 'M' || unit == 'm' ? 20 : 30;
}

/* "16M" where the number is whole in that unit. */
static const char *size_text(char text[16], uint32_t bytes)
{
	static const char units[] = "GMK";

	for (const char *unit = units; *unit; unit++) {
		if (bytes && !(bytes & ((1U << unit_shift(*unit)) - 1))) {
			snprintf(text, 16, "%u%c", bytes >> unit_shift(*unit), *unit);
			return text;
		}
	}
	snprintf(text, 16, "%u", bytes);
	return text;
}

bool value_bytes(void *out, const struct config_option *option, const char *text,
		 char why[WHY_TEXT])
{
	char min[16], max[16];
	const char *end = text;
	uint64_t n = 0;

	if (digits(&n, text, &end)) {
		if (*end && strchr("KkMmGg", *end))
			n <<= unit_shift(*end++);
		if (!*end && n >= option->min && n <= option->max) {
			*(uint32_t *)out = (uint32_t)n;
			return true;
		}
	}
	return value_refuse(why, text, "is no size from %s to %s: write bytes, or 8K, 16M, 1G",
			    size_text(min, option->min), size_text(max, option->max));
}

bool value_ring(void *out, const struct config_option *option, const char *text, char why[WHY_TEXT])
{
	char below[16], above[16];
	uint32_t bytes, floor;

	if (!value_bytes(&bytes, option, text, why))
		return false;
	for (floor = option->min; floor * 2 <= bytes;)
		floor *= 2;
	if (floor != bytes)
		return value_refuse(why, text, "is no power of two: write %s or %s",
				    size_text(below, floor), size_text(above, floor * 2));
	*(uint32_t *)out = bytes;
	return true;
}

static bool duration_or(void *out, const struct config_option *option, const char *text,
			const char *zero_word, char why[WHY_TEXT])
{
	char min[DURATION_TEXT], max[DURATION_TEXT];
	uint32_t seconds = 0;

	if (zero_word && !strcmp(text, zero_word)) {
		*(uint32_t *)out = 0;
		return true;
	}
	if (duration_parse(&seconds, text) && seconds >= option->min && seconds <= option->max) {
		*(uint32_t *)out = seconds;
		return true;
	}
	return value_refuse(why, text,
			    "is no time from %s to %s: write seconds, or 90s, 30m, 1h30m, 7d%s%s",
			    duration_format(min, option->min), duration_format(max, option->max),
			    zero_word ? ", or " : "", zero_word ? zero_word : "");
}

bool value_duration(void *out, const struct config_option *option, const char *text,
		    char why[WHY_TEXT])
{
	return duration_or(out, option, text, NULL, why);
}

bool value_duration_or_off(void *out, const struct config_option *option, const char *text,
			   char why[WHY_TEXT])
{
	return duration_or(out, option, text, "off", why);
}

bool value_duration_or_class(void *out, const struct config_option *option, const char *text,
			     char why[WHY_TEXT])
{
	return duration_or(out, option, text, "class", why);
}
