// SPDX-License-Identifier: GPL-2.0-or-later
#include <bpf/libbpf.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <xdp/libxdp.h>

#include "../base/log.h"
#include "words.h"

/* Written and read between one library call and the next, on the thread that made it. */
static __thread char reason[160];

int words(char *error, size_t size, int err, const char *format, ...)
{
	va_list args;

	if (!error || !size)
		return err;
	va_start(args, format);
	vsnprintf(error, size, format, args);
	va_end(args);
	return err;
}

static void take_line(const char *who, const char *line)
{
	static const char front[] = "Kernel error message: ";
	const char *text = strstr(line, front);

	if (text)
		snprintf(reason, sizeof(reason), " (%.150s)", text + strlen(front));
	if (*line)
		log_debug("%s: %s", who, line);
}

/* One call may bring many lines: the verifier's log comes whole. */
static int chatter(const char *who, const char *format, va_list args)
{
	char *text, *rest, *line;

	if (vasprintf(&text, format, args) < 0)
		return 0;
	rest = text;
	while ((line = strsep(&rest, "\n")))
		take_line(who, line);
	free(text);
	return 0;
}

static int libbpf_says(enum libbpf_print_level level, const char *format, va_list args)
{
	(void)level;
	return chatter("libbpf", format, args);
}

static int libxdp_says(enum libxdp_print_level level, const char *format, va_list args)
{
	(void)level;
	return chatter("libxdp", format, args);
}

void words_hush(void)
{
	libbpf_set_print(libbpf_says);
	libxdp_set_print(libxdp_says);
}

void words_forget_reason(void)
{
	reason[0] = '\0';
}

const char *words_reason(void)
{
	return reason;
}
