// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Any JSON as an event of the log, on its way to a terminal: one line of bytes that move nothing
 * there, as a line for people and as JSON, whatever shape its fields have.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "../../user/cli/event.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void tame(const char *text, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (text[i] < ' ' || text[i] > '~')
			abort();
}

static void check_json(const json_t *event)
{
	char *text = NULL;
	size_t len = 0;
	FILE *file = open_memstream(&text, &len);

	if (!file)
		abort();
	if (text_json(file, event) && (fclose(file) || !len || text[len - 1] != '\n'))
		abort();
	tame(text, len ? len - 1 : 0);
	free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	json_t *event = json_loadb((const char *)data, size, JSON_ALLOW_NUL, NULL);
	char line[EVENT_TEXT], quote[TEXT_QUOTE];
	char *words = strndup((const char *)data, size);

	if (!words)
		abort();
	tame(text_quote(quote, words), strlen(quote));
	free(words);
	if (!event)
		return 0;
	tame(event_line(line, event), strlen(line));
	event_paint(event);
	check_json(event);
	json_decref(event);
	return 0;
}
