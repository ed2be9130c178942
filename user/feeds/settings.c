// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdlib.h>
#include <string.h>

#include "settings.h"

static const char *const actions[FEED_ACTION_COUNT] = {
	[FEED_DROP] = "drop",   [FEED_RESET] = "reset", [FEED_WATCH] = "watch",
	[FEED_SCORE] = "score", [FEED_ALLOW] = "allow",
};

static bool is_letter_or_digit(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

bool feed_name_is_good(const char *name, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (!is_letter_or_digit(name[i]) && (!i || !name[i] || !strchr("-_.", name[i])))
			return false;
	return len && len < FEED_NAME;
}

const char *feed_action_name(enum feed_action action)
{
	return (unsigned)action < FEED_ACTION_COUNT ? actions[action] : "unknown";
}

bool feed_action_parse(enum feed_action *out, const char *text)
{
	for (unsigned i = 0; i < FEED_ACTION_COUNT; i++) {
		if (!strcmp(actions[i], text)) {
			*out = (enum feed_action)i;
			return true;
		}
	}
	return false;
}

const char *feed_settings_path(const struct feed_settings *settings)
{
	static const char scheme[] = "file://";
	size_t len = strlen(scheme);

	return strncmp(settings->url, scheme, len) ? NULL : settings->url + len;
}

void feed_settings_free(struct feed_settings *settings)
{
	for (size_t i = 0; i < settings->headers_count; i++)
		free(settings->headers[i]);
	free(settings->headers);
	free(settings->url);
	free(settings->username);
	free(settings->password);
	free(settings->proxy);
	memset(settings, 0, sizeof(*settings));
}
