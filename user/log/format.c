// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "../base/escape.h"
#include "fail2ban.h"
#include "fields.h"
#include "format.h"

__attribute__((format(printf, 1, 2))) static char *allocated(const char *format, ...)
{
	char *text;
	va_list args;
	int n;

	va_start(args, format);
	n = vasprintf(&text, format, args);
	va_end(args);
	return n < 0 ? NULL : text;
}

/* DEL is the one control byte that JSON_ENSURE_ASCII lets through; no name and no number has it. */
static char *as_json(const struct log_line *line)
{
	json_t *fields = log_fields_of(line);
	char *text = fields ? json_dumps(fields, JSON_COMPACT | JSON_ENSURE_ASCII) : NULL;

	json_decref(fields);
	for (char *del = text; del && (del = strchr(del, 0x7f));)
		*del = '?';
	return text;
}

/* For people, or for log readers. */
static const char *words_of(const struct log_settings *settings, const struct log_line *line,
			    char words[FAIL2BAN_TEXT])
{
	return settings->format == LOG_FORMAT_FAIL2BAN && fail2ban_text(words, line->event)
		       ? words
		       : line->text;
}

char *log_format_stderr(const struct log_settings *settings, const struct log_line *line)
{
	char words[FAIL2BAN_TEXT], stamp[32] = "";
	time_t now = time(NULL);
	struct tm tm;

	switch (settings->format) {
	case LOG_FORMAT_JSON:
		return as_json(line);
	case LOG_FORMAT_FAIL2BAN:
		if (gmtime_r(&now, &tm))
			strftime(stamp, sizeof(stamp), "%Y-%m-%dT%H:%M:%SZ", &tm);
		return allocated("%s mxdpd: %s", stamp, words_of(settings, line, words));
	default:
		return strdup(line->text);
	}
}

/* "Jan 31 12:00:00": in English whatever the locale, which mxdpd leaves alone. */
char *log_format_syslog(const struct log_settings *settings, const struct log_line *line)
{
	char words[FAIL2BAN_TEXT], stamp[32] = "", *json = NULL, *text;
	time_t now = time(NULL);
	struct tm tm;

	if (localtime_r(&now, &tm))
		strftime(stamp, sizeof(stamp), "%b %e %T", &tm);
	if (settings->format == LOG_FORMAT_JSON) {
		json = as_json(line);
		if (!json)
			return NULL;
	}
	text = allocated("<%d>%s mxdpd[%d]: %s%s", settings->facility | (int)line->level, stamp,
			 (int)getpid(), json ? "@cee: " : "",
			 json ? json : words_of(settings, line, words));
	free(json);
	return text;
}

/* A number, a truth or a text as the value of a field. */
static const char *value_text(char out[LOG_TEXT], const json_t *value)
{
	if (json_is_string(value))
		return text_clean(out, LOG_TEXT, json_string_value(value));
	if (json_is_real(value))
		snprintf(out, LOG_TEXT, "%.1f", json_real_value(value));
	else if (json_is_integer(value))
		snprintf(out, LOG_TEXT, "%lld", (long long)json_integer_value(value));
	else
		snprintf(out, LOG_TEXT, "%s", json_is_true(value) ? "true" : "false");
	return out;
}

static void put_field(FILE *out, const char *name, const json_t *value)
{
	char text[LOG_TEXT];

	fputs("MXDP_", out);
	for (; *name; name++)
		fputc(*name >= 'a' && *name <= 'z' ? *name - 'a' + 'A' : *name, out);
	fprintf(out, "=%s\n", value_text(text, value));
}

/* What has a name of journald's own stands under that. */
static bool is_head(const char *name)
{
	return !strcmp(name, "time") || !strcmp(name, "level") || !strcmp(name, "message");
}

static void put_fields(FILE *out, json_t *fields)
{
	const char *name;
	json_t *value, *one;
	size_t i;

	json_object_foreach(fields, name, value)
	{
		if (is_head(name))
			continue;
		if (!json_is_array(value))
			put_field(out, name, value);
		json_array_foreach(value, i, one) put_field(out, name, json_object_get(one, "id"));
	}
}

char *log_format_journald(const struct log_settings *settings, const struct log_line *line)
{
	char words[FAIL2BAN_TEXT], *text = NULL;
	json_t *fields = log_fields_of(line);
	size_t size;
	FILE *out = open_memstream(&text, &size);

	if (out) {
		fprintf(out,
			"MESSAGE=%s\nPRIORITY=%d\nSYSLOG_IDENTIFIER=mxdpd\nSYSLOG_FACILITY=%d\n",
			words_of(settings, line, words), (int)line->level, settings->facility >> 3);
		put_fields(out, fields);
		if (fclose(out)) {
			free(text);
			text = NULL;
		}
	}
	json_decref(fields);
	return text;
}
