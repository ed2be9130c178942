// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "escape.h"
#include "log.h"

static enum log_level threshold = LOG_LEVEL_INFO;
static bool with_priority;
static log_handler taken_by;

void log_setup(enum log_level level, bool priorities)
{
	threshold = level;
	with_priority = priorities;
}

void log_take_over(log_handler handler)
{
	taken_by = handler;
}

bool log_wants(enum log_level level)
{
	return level <= threshold;
}

void log_print(enum log_level level, const char *text, bool named)
{
	if (with_priority)
		fprintf(stderr, "<%d>%s\n", (int)level, text);
	else
		fprintf(stderr, "%s%s\n", named ? "" : "mxdpd: ", text);
}

static void say(const struct log_line *about, const char *format, va_list args)
{
	char raw[LOG_TEXT], text[LOG_TEXT];
	struct log_line line = *about;
	int saved = errno;

	if (!log_wants(line.level))
		return;
	vsnprintf(raw, sizeof(raw), format, args);
	line.text = text_clean(text, sizeof(text), raw);
	if (taken_by)
		taken_by(&line);
	else
		log_print(line.level, line.text, false);
	errno = saved;
}

void log_line(enum log_level level, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	say(&(struct log_line){.level = level}, format, args);
	va_end(args);
}

void log_event(enum log_level level, const struct addr *source, const struct json_t *event,
	       const char *format, ...)
{
	const struct log_line line = {.level = level, .source = source, .event = event};
	va_list args;

	va_start(args, format);
	say(&line, format, args);
	va_end(args);
}
