// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What an administrator said and expects to hold after a restart: allowed networks and graces, and
 * the mode, each with its end as time of day. One small JSON file, replaced as a whole.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "../base/clock.h"
#include "../base/log.h"
#include "agent.h"

#define SAVE_DELAY 200 /* milliseconds: a bulk change is one write */

static const char *state_path(const struct agent *a, char *path, size_t size, const char *suffix)
{
	snprintf(path, size, "%s/state.json%s", a->options.state_dir, suffix);
	return path;
}

static json_int_t wall_of(uint32_t boot)
{
	return boot == NET_NEVER_EXPIRES
		       ? 0
		       : (json_int_t)time(NULL) + boot - (json_int_t)boot_seconds();
}

/* False where it is over already. */
static bool boot_of(uint32_t *boot, json_int_t wall)
{
	json_int_t left = wall - (json_int_t)time(NULL);

	*boot = NET_NEVER_EXPIRES;
	if (!wall)
		return true;
	*boot = boot_seconds() + (uint32_t)left;
	return left > 0 && left < 100LL * 365 * 86400;
}

static json_t *allowed(const struct agent *a)
{
	json_t *list = json_array();

	for (size_t i = 0; i < a->allow.count; i++) {
		const struct net_reason *r = &a->allow.list[i];
		char text[ADDR_TEXT];

		if (r->kind != NET_ADMIN && r->kind != NET_GRACE && r->kind != NET_RELAY)
			continue;
		json_array_append_new(list, json_pack("{s:s, s:i, s:I, s:s}", "net",
						      prefix_format(text, &r->prefix), "kind",
						      (int)r->kind, "until", wall_of(r->expires),
						      "reason", r->text));
	}
	return list;
}

int memory_save(struct agent *a)
{
	char path[512], fresh[512];
	json_t *state = json_pack("{s:i, s:o}", "version", 1, "allow", allowed(a));
	int fd, err = 0;

	/* Mode changes of mxdpctl without an end are kept; others come from the configuration. */
	if (state && !strcmp(a->mode.by, "mxdpctl") && !a->mode.until)
		json_object_set_new(state, "mode", json_integer(a->mode.mode));
	state_path(a, path, sizeof(path), "");
	state_path(a, fresh, sizeof(fresh), ".new");
	fd = state ? open(fresh, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600) : -1;
	if (fd < 0)
		err = -errno;
	else if (json_dumpfd(state, fd, JSON_INDENT(1)) || fsync(fd))
		err = -EIO;
	if (fd >= 0)
		close(fd);
	if (!err && rename(fresh, path))
		err = -errno;
	json_decref(state);
	if (err)
		log_error("cannot keep the allowed networks in `%s': %s", path, strerror(-err));
	return err;
}

static void save(uv_timer_t *timer)
{
	memory_save(timer->data);
}

void memory_save_soon(struct agent *a)
{
	uv_timer_start(&a->saver, save, SAVE_DELAY, 0);
}

static void load_allowed(struct agent *a, const json_t *entry)
{
	const char *net = json_string_value(json_object_get(entry, "net"));
	const char *text = json_string_value(json_object_get(entry, "reason"));
	json_int_t kind = json_integer_value(json_object_get(entry, "kind"));
	struct prefix prefix;
	uint32_t until;

	if (!net || !prefix_parse(&prefix, net) || kind < NET_ADMIN || kind >= NET_KIND_COUNT)
		log_warning("the state file has an entry that is no network: left out");
	else if (boot_of(&until, json_integer_value(json_object_get(entry, "until"))))
		nets_add(&a->allow, &prefix, (enum net_kind)kind, until, text);
}

void memory_load(struct agent *a)
{
	char path[512];
	json_error_t problem;
	json_t *state, *mode;
	size_t i;
	json_t *entry;

	uv_timer_init(&a->loop, &a->saver);
	a->saver.data = a;
	state_path(a, path, sizeof(path), "");
	if (access(path, F_OK))
		return;
	state = json_load_file(path, JSON_REJECT_DUPLICATES, &problem);
	if (!state) {
		log_error("cannot read `%s' (%s): starting without the networks allowed by hand",
			  path, problem.text);
		return;
	}
	json_array_foreach(json_object_get(state, "allow"), i, entry) load_allowed(a, entry);
	mode = json_object_get(state, "mode");
	if (json_is_integer(mode) && a->options.mode < 0) {
		a->mode.mode =
			json_integer_value(mode) == MODE_ENFORCE ? MODE_ENFORCE : MODE_MONITOR;
		a->mode.by = "mxdpctl";
	}
	json_decref(state);
}
