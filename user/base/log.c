// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>

#include "log.h"

static enum log_level threshold = LOG_LEVEL_INFO;
static bool with_priority;

void log_setup(enum log_level level, bool priorities)
{
	threshold = level;
	with_priority = priorities;
}

bool log_wants(enum log_level level)
{
	return level <= threshold;
}

void log_line(enum log_level level, const char *format, ...)
{
	int saved = errno;
	char line[1024];
	va_list args;

	if (!log_wants(level))
		return;
	va_start(args, format);
	vsnprintf(line, sizeof(line), format, args);
	va_end(args);
	if (with_priority)
		fprintf(stderr, "<%d>%s\n", (int)level, line);
	else
		fprintf(stderr, "mxdpd: %s\n", line);
	errno = saved;
}
