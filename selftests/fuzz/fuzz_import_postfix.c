// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Any bytes as a main.cf: a configuration comes out that mxdp takes, or words and nothing else. It
 * may name no files.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../user/cli/import_postfix.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The input may hold the same words, but no line of what is said begins with them then. */
static bool begins_a_line(const char *text, const char *words)
{
	size_t len = strlen(words);

	for (; text; text = strchr(text, '\n')) {
		text += *text == '\n';
		if (!strncmp(text, words, len))
			return true;
	}
	return false;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = malloc(size + 1), *out_text = NULL, *said_text = NULL;
	size_t out_size, said_size;
	FILE *out = open_memstream(&out_text, &out_size);
	FILE *said = open_memstream(&said_text, &said_size);
	bool good;

	if (!text || !out || !said)
		abort();
	memcpy(text, data, size);
	text[size] = '\0';
	good = import_text(out, said, "main.cf", text, size, false);
	fclose(out);
	fclose(said);
	if (good != (out_size > 0) || (!good && !said_size))
		abort();
	/* The importer checks what it made; it must never have made what mxdp refuses. */
	if (begins_a_line(said_text, "main.cf: what came of it is no good configuration"))
		abort();
	/* One line each, and nothing that a terminal would obey. */
	for (size_t i = 0; i < said_size; i++)
		if (said_text[i] != '\n' && (said_text[i] < 0x20 || said_text[i] > 0x7e))
			abort();
	free(text);
	free(out_text);
	free(said_text);
	return 0;
}
