// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Any bytes as a request of the control socket, through what every verb asks of it: networks, spans
 * and words. All or nothing: a list without an error object, or an error object without a list.
 */
#include <jansson.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "../../user/agent/verbs.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool refuse_some(const struct agent *a, const struct prefix *prefix, char *why, size_t size)
{
	(void)a;
	snprintf(why, size, "ends in an odd byte");
	return prefix->addr.b[15] & 1;
}

/* An error object says so, in words that JSON can carry. */
static void expect_error(json_t *error)
{
	char *line = json_dumps(error, JSON_COMPACT);

	if (!line || !json_is_false(json_object_get(error, "ok")) ||
	    !(json_object_get(error, "error") || json_object_get(error, "errors")))
		abort();
	free(line);
	json_decref(error);
}

static void ask_networks(const json_t *request, refuse_fn refuse)
{
	struct prefix *list;
	size_t count;
	json_t *error = request_prefixes(&list, &count, NULL, request, refuse);

	if (!error == !list)
		abort();
	if (error) {
		expect_error(error);
		return;
	}
	for (size_t i = 0; i < count; i++) {
		struct prefix again = prefix_of(&list[i].addr, list[i].plen);

		if (list[i].plen > ADDR_BITS || !prefix_equal(&again, &list[i]))
			abort();
	}
	free(list);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	json_t *request = json_loadb((const char *)data, size, JSON_REJECT_DUPLICATES, NULL);
	uint32_t seconds = 77;
	json_t *error;

	if (!json_is_object(request)) {
		json_decref(request);
		return 0;
	}
	ask_networks(request, NULL);
	ask_networks(request, refuse_some);
	error = request_span(&seconds, request, "for");
	if (error)
		expect_error(error);
	else if (json_object_get(request, "for") && seconds > 10U * 366 * 86400)
		abort();
	json_decref(request);
	return 0;
}
