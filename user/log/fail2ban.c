// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdio.h>
#include <string.h>

#include "../base/endpoint.h"
#include "fail2ban.h"

static const char *text_at(const json_t *event, const char *key)
{
	const char *text = json_string_value(json_object_get(event, key));

	return text ? text : "";
}

static long long number_at(const json_t *event, const char *key)
{
	return (long long)json_integer_value(json_object_get(event, key));
}

bool fail2ban_text(char out[FAIL2BAN_TEXT], const json_t *event)
{
	char address[ADDR_TEXT];
	struct endpoint client;

	if (strcmp(text_at(event, "event"), "verdict") != 0 ||
	    !endpoint_parse(&client, text_at(event, "client")))
		return false;
	addr_format(address, &client.addr);
	if (strcmp(text_at(event, "verdict"), "block") != 0)
		snprintf(out, FAIL2BAN_TEXT, "watch %s on %s: %lld points", address,
			 text_at(event, "ports"), number_at(event, "score"));
	else
		snprintf(out, FAIL2BAN_TEXT, "%s %s on %s for %lld s: %s",
			 json_is_true(json_object_get(event, "enforced")) ? "block" : "would-block",
			 address, text_at(event, "ports"), number_at(event, "ttl"),
			 text_at(event, "cause"));
	return true;
}
