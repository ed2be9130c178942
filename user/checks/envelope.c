// SPDX-License-Identifier: GPL-2.0-or-later
#include <string.h>
#include <strings.h>

#include "../base/escape.h"
#include "envelope.h"

#define NULL_SENDER_RECIPIENTS 2 /* a bounce goes to one */

struct path {
	const char *local;
	size_t local_len;
	const char *domain; /* NULL where there is none */
	size_t domain_len;
};

/* Behind the local part, "..." or bare; NULL where a quoted one has no end. */
static const char *end_of_local(const char *text, size_t len)
{
	if (!len)
		return NULL;
	if (text[0] != '"')
		return memrchr(text, '@', len);
	for (size_t i = 1; i < len; i++) {
		if (text[i] == '\\')
			i++;
		else if (text[i] == '"')
			return text + i + 1;
	}
	return NULL;
}

/*
 * A source route ("@a,@b:user@domain", RFC 5321 4.1.2) is skipped. The @ that splits is the last
 * one, or that behind the quotes: what they hold is no domain.
 */
static struct path split(const uint8_t *bytes, size_t len)
{
	const char *text = (const char *)bytes, *end = text + len, *at;
	const char *colon = len && text[0] == '@' ? memchr(text, ':', len) : NULL;
	struct path p = {.local = colon ? colon + 1 : text};

	p.local_len = (size_t)(end - p.local);
	at = end_of_local(p.local, p.local_len);
	if (!at || at == end || *at != '@')
		return p;
	p.domain = at + 1;
	p.domain_len = (size_t)(end - p.domain);
	p.local_len = (size_t)(at - p.local);
	return p;
}

static bool same(const char *known, const char *text, size_t len)
{
	return strlen(known) == len && !strncasecmp(known, text, len);
}

static bool is_alphanumeric(unsigned char c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* How many bytes the UTF-8 character at the start takes (RFC 3629 4), 0 where it is none. */
static size_t utf8_len(const unsigned char *text, size_t len)
{
	size_t want = text[0] < 0xc2 ? 0 : text[0] < 0xe0 ? 2 : text[0] < 0xf0 ? 3 : 4;

	if (!want || want > len || text[0] > 0xf4)
		return 0;
	/* Overlong forms, surrogates, beyond U+10FFFF. */
	if ((text[0] == 0xe0 && text[1] < 0xa0) || (text[0] == 0xed && text[1] > 0x9f) ||
	    (text[0] == 0xf0 && text[1] < 0x90) || (text[0] == 0xf4 && text[1] > 0x8f))
		return 0;
	for (size_t i = 1; i < want; i++)
		if ((text[i] & 0xc0) != 0x80)
			return 0;
	return want;
}

/* "[192.0.2.1]", "[IPv6:2001:db8::1]" (RFC 5321 4.1.3). */
static bool literal_is_legal(const char *domain, size_t len)
{
	for (size_t i = 1; i + 1 < len; i++)
		if (!is_alphanumeric((unsigned char)domain[i]) && !memchr(".:-", domain[i], 3))
			return false;
	return len > 2 && domain[len - 1] == ']';
}

static bool domain_is_legal(const char *domain, size_t len)
{
	const unsigned char *text = (const unsigned char *)domain;
	bool named = false;
	size_t step;

	if (len && domain[0] == '[')
		return literal_is_legal(domain, len);
	for (size_t i = 0; i < len; i += step) {
		step = text[i] < 0x80 ? 1 : utf8_len(text + i, len - i);
		if (!step || (step == 1 && !is_alphanumeric(text[i]) && !memchr(".-_", text[i], 3)))
			return false;
		named |= step > 1 || is_alphanumeric(text[i]);
	}
	return named;
}

static bool has_control_bytes(const uint8_t *bytes, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (bytes[i] < 0x20 || bytes[i] == 0x7f)
			return true;
	return false;
}

void envelope_check_sender(struct findings *out, const uint8_t *bytes, size_t len,
			   const struct envelope_names *names)
{
	struct path p = split(bytes, len);
	char text[FINDING_DETAIL / 2];

	if (!len)
		return;
	escape_bytes(text, sizeof(text), bytes, len);
	if (!p.domain || !p.local_len || has_control_bytes(bytes, len) ||
	    !domain_is_legal(p.domain, p.domain_len)) {
		findings_add(out, FINDING_SENDER_ILLEGAL, false, "<%s>", text);
		return;
	}
	for (size_t i = 0; i < names->our_domains_count; i++)
		if (same(names->our_domains[i], p.domain, p.domain_len))
			findings_add(out, FINDING_SENDER_OUR_DOMAIN, false, "<%s>", text);
}

static bool is_trap(const char *trap, const struct path *p)
{
	const char *at = strrchr(trap, '@');

	if (!at || !p->domain || !same(at + 1, p->domain, p->domain_len))
		return false;
	return at == trap || (strlen(trap) - strlen(at) == p->local_len &&
			      !strncasecmp(trap, p->local, p->local_len));
}

void envelope_check_recipient(struct findings *out, const uint8_t *bytes, size_t len,
			      bool null_sender, unsigned recipients,
			      const struct envelope_names *names)
{
	struct path p = split(bytes, len);

	if (null_sender && recipients >= NULL_SENDER_RECIPIENTS)
		findings_add(out, FINDING_NULL_SENDER_MULTI_RCPT, false,
			     "the null sender writes to %u recipients", recipients);
	for (size_t i = 0; i < names->traps_count; i++)
		if (is_trap(names->traps[i], &p))
			findings_add(out, FINDING_RCPT_TRAP, null_sender, "<%s>", names->traps[i]);
}

const char *envelope_redact(char *text, size_t size, const uint8_t *bytes, size_t len)
{
	struct path p = split(bytes, len);

	/* What is no domain may be anything, part of a name too. */
	if (!p.domain || !domain_is_legal(p.domain, p.domain_len)) {
		strcpy(text, "*");
	} else {
		strcpy(text, "*@");
		escape_bytes(text + 2, size - 2, p.domain, p.domain_len);
	}
	return text;
}
