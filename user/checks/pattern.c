// SPDX-License-Identifier: GPL-2.0-or-later
#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "pattern.h"

/*
 * Enough for expressions that look at each byte of the longest text a few dozen times; those that
 * try every way to split it give up after a fraction of a millisecond.
 */
#define MATCH_LIMIT 20000U
#define DEPTH_LIMIT 5000U
#define HEAP_LIMIT  1024U /* KiB */

/*
 * The bytes are taken as they are: a text that is no UTF-8 cannot make a match fail. A line feed is
 * a byte like others, so that none of them hides what follows it.
 */
#define OPTIONS (PCRE2_CASELESS | PCRE2_DOTALL | PCRE2_DOLLAR_ENDONLY | PCRE2_NEVER_UTF)

struct pattern {
	enum pattern_subject subject;
	pcre2_code *code;
	pcre2_match_data *match; /* room for one, kept: no allocation for each text */
	pcre2_match_context *limits;
};

static pcre2_code *compile(const char *expression, char *why, size_t why_size)
{
	pcre2_compile_context *context = pcre2_compile_context_create(NULL);
	int error = PCRE2_ERROR_NOMEMORY;
	PCRE2_SIZE offset = 0;
	PCRE2_UCHAR message[128];
	pcre2_code *code = NULL;

	if (context) {
		pcre2_set_max_pattern_length(context, PATTERN_EXPRESSION_MAX);
		code = pcre2_compile((PCRE2_SPTR)expression, PCRE2_ZERO_TERMINATED, OPTIONS, &error,
				     &offset, context);
		pcre2_compile_context_free(context);
	}
	if (!code) {
		pcre2_get_error_message(error, message, sizeof(message));
		snprintf(why, why_size, "%s at offset %zu", (const char *)message, (size_t)offset);
	}
	return code;
}

struct pattern *pattern_new(enum pattern_subject subject, const char *expression, char *why,
			    size_t why_size)
{
	pcre2_code *code = compile(expression, why, why_size);
	struct pattern *pattern;

	if (!code)
		return NULL;
	pattern = calloc(1, sizeof(*pattern));
	if (pattern) {
		pattern->subject = subject;
		pattern->match = pcre2_match_data_create(1, NULL);
		pattern->limits = pcre2_match_context_create(NULL);
	}
	if (!pattern || !pattern->match || !pattern->limits) {
		snprintf(why, why_size, "out of memory");
		pcre2_code_free(code);
		pattern_free(pattern);
		return NULL;
	}
	pattern->code = code;
	pcre2_set_match_limit(pattern->limits, MATCH_LIMIT);
	pcre2_set_depth_limit(pattern->limits, DEPTH_LIMIT);
	pcre2_set_heap_limit(pattern->limits, HEAP_LIMIT);
	/* Where the system forbids it, the interpreter gives the same answers. */
	pcre2_jit_compile(code, PCRE2_JIT_COMPLETE);
	return pattern;
}

void pattern_free(struct pattern *pattern)
{
	if (!pattern)
		return;
	pcre2_match_context_free(pattern->limits);
	pcre2_match_data_free(pattern->match);
	pcre2_code_free(pattern->code);
	free(pattern);
}

enum pattern_subject pattern_subject(const struct pattern *pattern)
{
	return pattern->subject;
}

static bool matches(const struct pattern *pattern, const uint8_t *text, size_t len)
{
	uint32_t options = 0;

	if (len > PATTERN_TEXT_MAX) {
		len = PATTERN_TEXT_MAX;
		options = PCRE2_NOTEOL; /* what is cut does not end there */
	}
	return pcre2_match(pattern->code, len ? text : (PCRE2_SPTR) "", len, 0, options,
			   pattern->match, pattern->limits) >= 0;
}

void patterns_check(struct findings *out, struct pattern *const *patterns, size_t count,
		    enum pattern_subject subject, const uint8_t *text, size_t len,
		    const char *detail)
{
	for (size_t i = 0; i < count; i++)
		if (patterns[i]->subject == subject && matches(patterns[i], text, len))
			findings_put_pattern(out, (unsigned)i, detail);
}
