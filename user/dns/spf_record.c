// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "../base/escape.h"
#include "spf_record.h"
#include "wire.h"

#define WORD 512 /* no term is longer: names have 253 bytes, and macros are short */

static const char version[] = "v=spf1";

static bool is_alpha(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* Without leading zeros and signs, up to `most`. */
static bool parse_length(unsigned *out, const char *text, unsigned most)
{
	*out = 0;
	if (!*text || (*text == '0' && text[1]))
		return false;
	for (; *text; text++) {
		if (!is_digit(*text))
			return false;
		*out = *out * 10 + (unsigned)(*text - '0');
		if (*out > most)
			return false;
	}
	return true;
}

/* "/24", "//64", "/24//64" or nothing. */
static bool parse_lengths(struct spf_term *out, char *text)
{
	char *six = strstr(text, "//");

	out->plen4 = 32;
	out->plen6 = ADDR_BITS;
	if (six) {
		*six = '\0';
		if (!parse_length(&out->plen6, six + 2, ADDR_BITS))
			return false;
	}
	if (*text && (*text != '/' || !parse_length(&out->plen4, text + 1, 32)))
		return false;
	out->plen4 += ADDR_V4_BITS;
	return true;
}

/* "%{i}", "%%", "%_", "%-": a percent sign stands for nothing else (7.1). */
static bool has_good_macros(const char *text)
{
	for (; *text; text++) {
		if (*text != '%')
			continue;
		text++;
		if (*text == '{') {
			text = strchr(text, '}');
			if (!text)
				return false;
		} else if (!*text || !strchr("%_-", *text)) {
			return false;
		}
	}
	return true;
}

static bool parse_domain(struct spf_term *out, char *text)
{
	size_t len = strlen(text);

	if (strchr(text, '%')) {
		out->macro = true;
		return has_good_macros(text);
	}
	if (len && text[len - 1] == '.')
		text[len - 1] = '\0';
	/* The last of at least two labels is no number: 192.0.2.1 is no domain (7.1). */
	return wire_name_copy(out->domain, text) && strchr(out->domain, '.') &&
	       strspn(strrchr(out->domain, '.'), ".0123456789") !=
		       strlen(strrchr(out->domain, '.'));
}

/* Host bits that are set do no harm there (5.6). */
static bool parse_network(struct spf_term *out, char *text)
{
	bool v4 = out->kind == SPF_IP4;
	unsigned plen = v4 ? 32 : ADDR_BITS;
	char *slash = strchr(text, '/');
	struct addr addr;

	if (slash) {
		*slash = '\0';
		if (!parse_length(&plen, slash + 1, plen))
			return false;
	}
	if (!addr_parse(&addr, text) || (strchr(text, ':') ? v4 : !v4))
		return false;
	out->net = prefix_of(&addr, plen + (v4 ? ADDR_V4_BITS : 0));
	return true;
}

static const struct mechanism {
	const char *name;
	enum spf_kind kind;
	enum { DOMAIN_NONE, DOMAIN_OPTIONAL, DOMAIN_NEEDED } domain;
	bool lengths;
} mechanisms[] = {
	{"all", SPF_ALL, DOMAIN_NONE, false},     {"include", SPF_INCLUDE, DOMAIN_NEEDED, false},
	{"a", SPF_A, DOMAIN_OPTIONAL, true},      {"mx", SPF_MX, DOMAIN_OPTIONAL, true},
	{"ptr", SPF_PTR, DOMAIN_OPTIONAL, false}, {"ip4", SPF_IP4, DOMAIN_NEEDED, false},
	{"ip6", SPF_IP6, DOMAIN_NEEDED, false},   {"exists", SPF_EXISTS, DOMAIN_NEEDED, false},
};

static const struct mechanism *find_mechanism(const char *word, size_t len)
{
	for (size_t i = 0; i < sizeof(mechanisms) / sizeof(mechanisms[0]); i++)
		if (strlen(mechanisms[i].name) == len &&
		    !strncasecmp(mechanisms[i].name, word, len))
			return &mechanisms[i];
	return NULL;
}

static bool parse_mechanism(struct spf_term *out, char *word)
{
	size_t len = strcspn(word, ":/");
	const struct mechanism *m = find_mechanism(word, len);
	char *rest = word + len, *slash;
	bool good = true;

	if (!m || (*rest == ':' ? m->domain == DOMAIN_NONE : m->domain == DOMAIN_NEEDED))
		return false;
	out->kind = m->kind;
	if (m->kind == SPF_IP4 || m->kind == SPF_IP6)
		return parse_network(out, rest + 1);
	if (m->lengths) {
		slash = strchr(rest, '/');
		good = parse_lengths(out, slash ? slash : rest + strlen(rest));
		if (slash)
			*slash = '\0';
	}
	if (*rest == ':')
		return good && parse_domain(out, rest + 1);
	return good && !*rest;
}

/* Whether it is a modifier: a name that begins with a letter, "=", anything. */
static bool is_modifier(const char *word, size_t *name)
{
	size_t n = 0;

	while (is_alpha(word[n]) ||
	       (n && (is_digit(word[n]) || word[n] == '-' || word[n] == '_' || word[n] == '.')))
		n++;
	*name = n;
	return n && word[n] == '=';
}

static bool called(const char *word, size_t len, const char *name)
{
	return len == strlen(name) && !strncasecmp(word, name, len);
}

static bool parse_modifier(struct spf_term *out, char *word, size_t name)
{
	char *value = word + name + 1;

	out->qualifier = 0;
	out->kind = called(word, name, "redirect") ? SPF_REDIRECT : SPF_MODIFIER;
	if (out->kind == SPF_REDIRECT)
		return parse_domain(out, value);
	return has_good_macros(value);
}

static bool parse_term(struct spf_term *out, char *word)
{
	size_t name;

	if (is_modifier(word, &name))
		return parse_modifier(out, word, name);
	out->qualifier = '+';
	if (strchr("+-~?", *word))
		out->qualifier = *word++;
	return parse_mechanism(out, word);
}

static bool is_printable(const char *text, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (text[i] <= ' ' || text[i] > '~')
			return false;
	return true;
}

static enum spf_kind next_term(struct spf_term *out, const char **at)
{
	char word[WORD];

	if (!strncasecmp(*at, version, sizeof(version) - 1))
		*at += sizeof(version) - 1;
	*at += strspn(*at, " ");
	memset(out, 0, sizeof(*out));
	out->text = *at;
	out->len = strcspn(*at, " ");
	*at += out->len;
	if (!out->len)
		return SPF_END;
	if (out->len >= sizeof(word) || !is_printable(out->text, out->len))
		return SPF_BAD;
	memcpy(word, out->text, out->len);
	word[out->len] = '\0';
	return parse_term(out, word) ? out->kind : SPF_BAD;
}

/* From any place in a record on. */
static bool has_all(const char *at)
{
	struct spf_term term;
	enum spf_kind kind;

	while ((kind = next_term(&term, &at)) != SPF_END)
		if (kind == SPF_ALL)
			return true;
	return false;
}

/* Nothing is tested behind `all'; a redirect stands for what comes where no `all' is. */
enum spf_kind spf_next(struct spf_term *out, const char **at)
{
	enum spf_kind kind = next_term(out, at);

	if (kind == SPF_REDIRECT && has_all(*at))
		return out->kind = SPF_MODIFIER;
	if (kind == SPF_ALL)
		*at += strlen(*at);
	return kind;
}

bool spf_record_check(const char *record, char why[SPF_WHY])
{
	unsigned redirects = 0, explanations = 0;
	struct spf_term term;
	enum spf_kind kind;
	char quoted[128];

	while ((kind = next_term(&term, &record)) != SPF_END) {
		redirects += kind == SPF_REDIRECT;
		explanations += kind == SPF_MODIFIER && !strncasecmp(term.text, "exp=", 4);
		if (kind != SPF_BAD && redirects < 2 && explanations < 2)
			continue;
		snprintf(why, SPF_WHY, "`%s' %s",
			 escape_bytes(quoted, sizeof(quoted), term.text, term.len),
			 kind == SPF_BAD ? "is no term of SPF" : "stands there twice");
		return false;
	}
	return true;
}
