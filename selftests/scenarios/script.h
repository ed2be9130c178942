/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A scene's text: lines, words and escapes.
 *
 * In text that goes over the wire \r, \n, \t, \\ and \xHH stand for their bytes, and {n} for the
 * number of the round where lines are repeated.
 */
#ifndef MXDP_SELFTESTS_SCENARIOS_SCRIPT_H
#define MXDP_SELFTESTS_SCENARIOS_SCRIPT_H

#include <ctype.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SCRIPT_LINES 512

struct script {
	char *line[SCRIPT_LINES]; /* without their ends; comments and empty lines are "" */
	size_t count;
};

/* False where the file cannot be read, or has too many lines. */
static inline bool script_load(struct script *script, const char *path)
{
	FILE *file = fopen(path, "re");
	char *line = NULL;
	size_t size = 0;
	bool whole = file;

	script->count = 0;
	while (file && getline(&line, &size, file) > 0) {
		line[strcspn(line, "\n")] = '\0';
		if (line[0] == '#')
			line[0] = '\0';
		if (script->count == SCRIPT_LINES) {
			whole = false;
			break;
		}
		script->line[script->count++] = strdup(line);
	}
	free(line);
	if (file)
		fclose(file);
	return whole;
}

static inline void script_free(struct script *script)
{
	while (script->count)
		free(script->line[--script->count]);
}

/* Takes the next word, up to blanks or the end; "" where there is none. */
static inline const char *script_word(const char **at, char *word, size_t size)
{
	size_t len;

	*at += strspn(*at, " \t");
	len = strcspn(*at, " \t");
	snprintf(word, size, "%.*s", (int)len, *at);
	*at += len;
	return word;
}

/* The text behind `word` and blanks, where the line begins with it; else NULL. */
static inline const char *script_after(const char *line, const char *word)
{
	size_t len = strlen(word);

	if (strncmp(line, word, len))
		return NULL;
	if (line[len] && line[len] != ' ' && line[len] != '\t' && word[len - 1] != ':')
		return NULL;
	return line + len + strspn(line + len, " \t");
}

static inline int script_hex(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* One escape at `text`, behind its backslash; returns its length, 0 where it is none. */
static inline size_t script_escape(uint8_t *out, const char *text)
{
	static const char names[] = "rnt\\", bytes[] = "\r\n\t\\";
	const char *name = *text ? strchr(names, *text) : NULL;

	if (name) {
		*out = (uint8_t)bytes[name - names];
		return 1;
	}
	if (*text != 'x' || script_hex(text[1]) < 0 || script_hex(text[2]) < 0)
		return 0;
	*out = (uint8_t)(script_hex(text[1]) << 4 | script_hex(text[2]));
	return 3;
}

/* The bytes of `text` in round `n`; false where they do not fit, or an escape is none. */
static inline bool script_bytes(uint8_t *out, size_t size, size_t *len, const char *text,
				unsigned n)
{
	for (*len = 0; *text; ++*len) {
		size_t escape;

		if (size - *len < 16)
			return false;
		if (!strncmp(text, "{n}", 3)) {
			*len += (size_t)snprintf((char *)out + *len, 16, "%u", n) - 1;
			text += 3;
		} else if (*text == '\\') {
			escape = script_escape(out + *len, text + 1);
			if (!escape)
				return false;
			text += 1 + escape;
		} else {
			out[*len] = (uint8_t)*text++;
		}
	}
	return true;
}

#endif
