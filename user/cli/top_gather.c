// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "ask.h"
#include "cli.h"
#include "offline.h"
#include "text.h"
#include "top_gather.h"
#include "../base/clock.h"

static int add_to(const json_t *data, void *array)
{
	return json_array_append(array, (json_t *)data);
}

static int take_status(const json_t *data, void *snapshot)
{
	return json_object_set(snapshot, "status", (json_t *)data);
}

static int take_top(const json_t *data, void *snapshot)
{
	const char *array = field_text(data, "event") ? "verdicts" : "blocked";

	return json_array_append(json_object_get(snapshot, array), (json_t *)data);
}

/* 0, or -errno with one line in `error'; an agent that does not know the verb says that. */
static int ask_one(struct client *client, const char *verb, client_fn take, void *context,
		   char *error)
{
	json_t *request = ask_request(verb, NULL), *closing = NULL;
	const char *refusal;
	int err = request ? client_ask(client, request, take, context, &closing, error, ASK_ERROR)
			  : -ENOMEM;

	refusal = field_text(closing, "error");
	if (!err && !field_is_true(closing, "ok")) {
		err = -EPROTO;
		snprintf(error, ASK_ERROR, "%s: %s", verb,
			 refusal ? refusal : "the agent refused without a reason");
	}
	json_decref(request);
	json_decref(closing);
	return err;
}

static int ask_all(struct client *client, json_t *snapshot, char *error)
{
	int err = ask_one(client, "status", take_status, snapshot, error);

	if (!err)
		err = ask_one(client, "top", take_top, snapshot, error);
	if (!err)
		err = ask_one(client, "dnsbl", add_to, json_object_get(snapshot, "lists"), error);
	if (!err)
		err = ask_one(client, "feeds", add_to, json_object_get(snapshot, "feeds"), error);
	return err;
}

/* What it holds in memory now, as its kernel says. */
static json_t *memory_of(pid_t agent)
{
	unsigned long long whole, held;
	char path[64];
	FILE *file;
	int n = 0;

	snprintf(path, sizeof(path), "/proc/%d/statm", (int)agent);
	file = agent > 0 ? fopen(path, "re") : NULL;
	if (file) {
		n = fscanf(file, "%llu %llu", &whole, &held);
		fclose(file);
	}
	return n == 2 ? json_integer((json_int_t)(held * (unsigned long long)getpagesize()))
		      : json_null();
}

/* The gate goes on without its agent: its counters tell of it. */
static json_t *status_from_pins(const char *why)
{
	struct absence absence = {.absent = true};
	json_t *status = NULL;
	struct maps maps;

	snprintf(absence.why, sizeof(absence.why), "%s", why);
	if (!maps_from_pins(&maps, cli.pin_dir)) {
		status = offline_status(&maps, &absence);
		maps_close(&maps, 1);
	}
	return status ? status : json_null();
}

static void add_absence(json_t *snapshot, char *why)
{
	json_object_set_new(snapshot, "agent", json_false());
	json_object_set_new(snapshot, "why", json_string(why));
	json_object_set_new(snapshot, "status", status_from_pins(why));
}

json_t *top_gather(unsigned patience)
{
	struct client client = {.fd = -1};
	char error[ASK_ERROR] = "out of memory", now[32] = "";
	time_t seconds = time(NULL);
	struct tm tm;
	json_t *snapshot;
	int err;

	if (gmtime_r(&seconds, &tm))
		strftime(now, sizeof(now), "%Y-%m-%dT%H:%M:%SZ", &tm);
	snapshot = json_pack("{s:s, s:f, s:b, s:n, s:n, s:[], s:[], s:[], s:[]}", "time", now,
			     "clock", (double)clock_ns(CLOCK_MONOTONIC) / 1e9, "agent", 1, "memory",
			     "status", "blocked", "verdicts", "lists", "feeds");
	if (!snapshot)
		return NULL;
	err = client_open(&client, cli.socket, error, sizeof(error));
	if (!err) {
		client_set_patience(&client, patience);
		err = ask_all(&client, snapshot, error);
	}
	if (!err)
		json_object_set_new(snapshot, "memory", memory_of(client.agent));
	else
		add_absence(snapshot, error);
	client_close(&client);
	return snapshot;
}
