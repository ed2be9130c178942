// SPDX-License-Identifier: GPL-2.0-or-later
#include <string.h>
#include <strings.h>

#include "hostname.h"

#define LABEL_MAX 63

bool hostname_has_legal_bytes(const char *name)
{
	return !name[strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789-._")];
}

bool hostname_has_legal_labels(const char *name)
{
	for (const char *label = name;; label++) {
		size_t len = strcspn(label, ".");

		if (len < 1 || len > LABEL_MAX)
			return false;
		label += len;
		if (!*label)
			return true;
	}
}

bool hostname_has_numeric_tld(const char *name)
{
	const char *dot = strrchr(name, '.');
	const char *last = dot ? dot + 1 : name;

	return *last && !last[strspn(last, "0123456789")];
}

bool hostname_parse(char out[HOSTNAME_MAX + 1], const char *text)
{
	size_t len = strlen(text);

	if (len && text[len - 1] == '.')
		len--;
	if (!len || len > HOSTNAME_MAX)
		return false;
	for (size_t i = 0; i < len; i++)
		out[i] = hostname_lower(text[i]);
	out[len] = '\0';
	return strchr(out, '.') && hostname_has_legal_bytes(out) &&
	       hostname_has_legal_labels(out) && !hostname_has_numeric_tld(out);
}

bool hostname_is_under(const char *name, const char *domain)
{
	size_t len = strlen(name), suffix = strlen(domain);

	if (len < suffix || strcasecmp(name + len - suffix, domain))
		return false;
	return len == suffix || name[len - suffix - 1] == '.';
}

/* The last `labels` labels, or all of `name` where it has no more. */
static const char *last_labels(const char *name, int labels)
{
	const char *at = name + strlen(name);

	while (at > name) {
		if (at[-1] == '.' && !--labels)
			break;
		at--;
	}
	return at;
}

/* "co" of "co.uk": where countries sort their registrations. */
static bool is_category(const char *label, size_t len)
{
	static const char *const categories[] = {
		"ac", "co", "com", "edu", "gob", "gov", "go", "ne", "net", "nom", "or", "org",
	};

	for (size_t i = 0; i < sizeof(categories) / sizeof(categories[0]); i++)
		if (len == strlen(categories[i]) && !memcmp(label, categories[i], len))
			return true;
	return false;
}

const char *hostname_domain(const char *name)
{
	const char *two = last_labels(name, 2);
	size_t second = strcspn(two, ".");
	bool country = strlen(two) == second + sizeof(".uk") - 1;

	return country && is_category(two, second) ? last_labels(name, 3) : two;
}
