// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdio.h>
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

/* A source route ("@a,@b:user@domain", RFC 5321 4.1.2) is skipped; the last @ splits. */
static struct path split(const uint8_t *bytes, size_t len)
{
	struct path p = {.local = (const char *)bytes, .local_len = len};
	const char *colon = len && bytes[0] == '@' ? memchr(bytes, ':', len) : NULL;
	const char *at;

	if (colon) {
		p.local = colon + 1;
		p.local_len = len - (size_t)(p.local - (const char *)bytes);
	}
	at = memrchr(p.local, '@', p.local_len);
	if (!at)
		return p;
	p.domain = at + 1;
	p.domain_len = p.local_len - (size_t)(p.domain - p.local);
	p.local_len = (size_t)(at - p.local);
	return p;
}

static bool same(const char *known, const char *text, size_t len)
{
	return strlen(known) == len && !strncasecmp(known, text, len);
}

static bool is_domain_byte(unsigned char c)
{
	return c >= 0x80 || c == '.' || c == '-' || c == '_' || (c >= '0' && c <= '9') ||
	       (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool domain_is_legal(const char *domain, size_t len)
{
	if (len > 2 && domain[0] == '[' && domain[len - 1] == ']')
		return true; /* an address literal */
	for (size_t i = 0; i < len; i++)
		if (!is_domain_byte((unsigned char)domain[i]))
			return false;
	return len > 0;
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
		/* Sendmail and others take a bare local name of their own host; nobody else's does.
		 */
		findings_add(out, FINDING_SENDER_ILLEGAL, false, "<%s>", text);
		return;
	}
	for (size_t i = 0; i < names->our_domains_count; i++)
		if (same(names->our_domains[i], p.domain, p.domain_len))
			findings_add(out, FINDING_SENDER_OUR_DOMAIN, false, "<%s>", text);
}

static bool is_trap(const char *trap, const struct path *p)
{
	const char *at = strchr(trap, '@');

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
	char domain[256];

	if (!p.domain)
		snprintf(text, size, "*");
	else
		snprintf(text, size, "*@%s",
			 escape_bytes(domain, sizeof(domain), p.domain, p.domain_len));
	return text;
}
