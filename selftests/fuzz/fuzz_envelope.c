// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The envelope checks and the administrator's patterns on any bytes. The first byte chooses what
 * they are; up to a line feed the input is a regular expression, behind it the path. What is found
 * must be of the envelope and safe to print, and a redacted recipient must not show its local part.
 */
#include <stdlib.h>
#include <string.h>

#include "../../user/checks/envelope.h"
#include "../../user/checks/pattern.h"

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size);

static void require(bool condition)
{
	if (!condition)
		abort();
}

static void require_printable(const char *text)
{
	for (; *text; text++)
		require(*text >= 0x20 && *text < 0x7f);
}

static void check_findings(const struct findings *findings)
{
	for (size_t i = 0; i < findings->count; i++) {
		const struct finding *f = &findings->list[i];

		require(finding_types[f->id].class == CLASS_ENVELOPE || f->id == FINDING_PATTERN);
		require(strnlen(f->detail, FINDING_DETAIL) < FINDING_DETAIL);
		require_printable(f->detail);
	}
}

/* A byte that no domain may hold comes from the local part, or from what is no address. */
static void check_redacted(const unsigned char *path, size_t len, size_t size)
{
	char text[300];

	envelope_redact(text, size, path, len);
	require(strnlen(text, size) < size);
	require_printable(text);
	require(text[0] == '*' && (!text[1] || text[1] == '@'));
	require(text[1] == '\0' || !strpbrk(text + 2, "@\"<> ,;!%"));
}

static void check_envelope(const unsigned char *path, size_t len, unsigned char how)
{
	static const char *const ours[] = {"our.example", "b"};
	static const char *const traps[] = {"a@our.example", "@b"};
	static const struct envelope_names names = {ours, 2, traps, 2};
	struct findings findings = {0};

	envelope_check_sender(&findings, path, len, &names);
	require(findings.count <= 1);
	envelope_check_recipient(&findings, path, len, how & 1, how >> 4, &names);
	require(findings.count <= 3);
	check_findings(&findings);
	check_redacted(path, len, 300);
	check_redacted(path, len, 10);
}

static void check_pattern(const char *expression, const unsigned char *text, size_t len)
{
	struct findings findings = {0};
	struct pattern *pattern;
	char why[160] = "";

	pattern = pattern_new(PATTERN_SENDER, expression, why, sizeof(why));
	require(pattern || *why);
	if (!pattern)
		return;
	patterns_check(&findings, &pattern, 1, PATTERN_HELO, text, len, "x");
	require(!findings.count);
	patterns_check(&findings, &pattern, 1, PATTERN_SENDER, text, len, "x");
	patterns_check(&findings, &pattern, 1, PATTERN_SENDER, text, len, "x");
	require(findings.count <= 1);
	check_findings(&findings);
	pattern_free(pattern);
}

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
	const unsigned char *end = size ? memchr(data, '\n', size) : NULL;
	size_t before = end ? (size_t)(end - data) : 0;
	size_t skip = end ? before + 1 : size != 0;
	char expression[PATTERN_EXPRESSION_MAX + 2];
	unsigned char *path;

	if (before > PATTERN_EXPRESSION_MAX + 1)
		return 0;
	/* An exact copy on the heap, so that a read beyond its end is seen. */
	path = malloc(size - skip ? size - skip : 1);
	require(path != NULL);
	memcpy(path, data + skip, size - skip);
	check_envelope(path, size - skip, size ? data[0] : 0);
	if (before > 1) {
		memcpy(expression, data + 1, before - 1);
		expression[before - 1] = '\0';
		check_pattern(expression, path, size - skip);
	}
	free(path);
	return 0;
}
