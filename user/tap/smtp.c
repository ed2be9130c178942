// SPDX-License-Identifier: GPL-2.0-or-later
#include <string.h>
#include <strings.h>

#include "smtp.h"

static const struct verb {
	const char *word;
	bool last;
} verbs[] = {
#define X(name, word, last) [SMTP_##name] = {word, last},
	SMTP_VERBS(X)
#undef X
};

#define VERBS (sizeof(verbs) / sizeof(verbs[0]))

static bool is_blank(uint8_t c)
{
	return c == ' ' || c == '\t';
}

static uint8_t upper(uint8_t c)
{
	return c >= 'a' && c <= 'z' ? (uint8_t)(c - 'a' + 'A') : c;
}

/* By hand: most differ in the first byte, and each line is held against many words. */
bool smtp_word(const uint8_t *line, size_t len, const char *word)
{
	for (; *word; word++, line++, len--)
		if (!len || upper(*line) != upper((uint8_t)*word))
			return false;
	return !len || is_blank(*line);
}

struct smtp_command smtp_command_parse(const uint8_t *line, size_t len)
{
	struct smtp_command c = {.verb = SMTP_OTHER};
	size_t at = 0;

	/* Postfix skips blanks in front of the verb: they must not hide it from us. */
	for (; len && is_blank(*line); line++)
		len--;
	while (len && is_blank(line[len - 1]))
		len--;
	for (size_t v = 1; v < VERBS; v++)
		if (smtp_word(line, len, verbs[v].word)) {
			c.verb = (enum smtp_verb)v;
			at = strlen(verbs[v].word);
			break;
		}
	while (at < len && is_blank(line[at]))
		at++;
	c.argument = line + at;
	c.argument_len = len - at;
	return c;
}

bool smtp_verb_ends_group(enum smtp_verb verb)
{
	return verb == SMTP_OTHER || verbs[verb].last;
}

const char *smtp_verb_name(enum smtp_verb verb)
{
	return verb == SMTP_OTHER ? "unknown command" : verbs[verb].word;
}

bool smtp_reply_parse(struct smtp_reply *out, const uint8_t *line, size_t len)
{
	if (len < 3 || line[0] < '2' || line[0] > '5' || line[1] < '0' || line[1] > '9' ||
	    line[2] < '0' || line[2] > '9' || (len > 3 && line[3] != ' ' && line[3] != '-'))
		return false;
	out->code = (line[0] - '0') * 100 + (line[1] - '0') * 10 + (line[2] - '0');
	out->last = len == 3 || line[3] == ' ';
	out->text = line + (len > 3 ? 4 : 3);
	out->text_len = len > 4 ? len - 4 : 0;
	return true;
}

/* The bracket that closes a path; one in a quoted local part does not (RFC 5321 4.1.2). */
static const uint8_t *path_close(const uint8_t *at, size_t len)
{
	bool quoted = false;

	for (size_t i = 0; i < len; i++) {
		if (at[i] == '>' && !quoted)
			return at + i;
		if (at[i] == '"')
			quoted = !quoted;
		else if (at[i] == '\\' && quoted)
			i++;
	}
	return memchr(at, '>', len); /* a quotation that never ends is none */
}

bool smtp_path(const uint8_t **path, size_t *path_len, const struct smtp_command *command,
	       const char *keyword)
{
	const uint8_t *at = command->argument;
	size_t len = command->argument_len, n = strlen(keyword);
	const uint8_t *close;

	if (len <= n || strncasecmp((const char *)at, keyword, n))
		return false;
	for (at += n, len -= n; len && is_blank(*at); at++, len--)
		;
	if (!len || *at != ':')
		return false;
	for (at++, len--; len && is_blank(*at); at++, len--)
		;
	if (len && *at == '<') {
		close = path_close(at, len);
		*path = at + 1;
		*path_len = close ? (size_t)(close - at - 1) : len - 1;
		return true;
	}
	*path = at;
	for (*path_len = 0; *path_len < len && !is_blank(at[*path_len]);)
		++*path_len;
	return *path_len > 0;
}

static const struct opening {
	enum smtp_opening what;
	const char *bytes;
	size_t len;
} openings[] = {
	{OPENING_HTTP, "GET ", 4},
	{OPENING_HTTP, "POST ", 5},
	{OPENING_HTTP, "HEAD ", 5},
	{OPENING_HTTP, "PUT ", 4},
	{OPENING_HTTP, "DELETE ", 7},
	{OPENING_HTTP, "OPTIONS ", 8},
	{OPENING_HTTP, "TRACE ", 6},
	{OPENING_HTTP, "PATCH ", 6},
	{OPENING_HTTP, "CONNECT ", 8},
	{OPENING_HTTP, "PRI * HTTP/2", 12},
	{OPENING_SSH, "SSH-", 4},
	{OPENING_RDP, "\x03\x00\x00", 3},   /* TPKT, RFC 1006 */
	{OPENING_SOCKS, "\x04\x01", 2},     /* SOCKS4 CONNECT */
	{OPENING_SOCKS, "\x05\x01\x00", 3}, /* SOCKS5, RFC 1928: one method, none */
	{OPENING_SOCKS, "\x05\x02\x00\x02", 4},
	{OPENING_SOCKS, "\x05\x02\x00\x01", 4},
	{OPENING_TLS, "\x16\x03", 2}, /* a handshake record, RFC 8446 5.1 */
	{OPENING_PROXY, "PROXY ", 6},
	{OPENING_PROXY, "\r\n\r\n\0\r\nQUIT\n", 12},
};

enum smtp_opening smtp_opening_of(const uint8_t *data, size_t len)
{
	bool undecided = false;

	for (size_t i = 0; i < sizeof(openings) / sizeof(openings[0]); i++) {
		const struct opening *o = &openings[i];
		size_t n = len < o->len ? len : o->len;

		if (memcmp(data, o->bytes, n))
			continue;
		if (n == o->len)
			return o->what;
		undecided = true;
	}
	return undecided ? OPENING_UNDECIDED : OPENING_SMTP;
}

const char *smtp_opening_name(enum smtp_opening opening)
{
	static const char *const names[] = {
		[OPENING_UNDECIDED] = "nothing", [OPENING_SMTP] = "SMTP",
		[OPENING_HTTP] = "HTTP",         [OPENING_SSH] = "SSH",
		[OPENING_RDP] = "RDP",           [OPENING_SOCKS] = "SOCKS",
		[OPENING_TLS] = "TLS",           [OPENING_PROXY] = "PROXY",
	};

	return names[opening];
}
