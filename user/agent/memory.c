// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What an administrator said and expects to hold after a restart: allowed networks and graces, and
 * the mode, each with its end as time of day, and beside them when this boot began by that clock.
 * One JSON file, replaced as a whole.
 *
 * A copy is taken on the loop and written by a thread: sixty thousand networks and a slow disk are
 * seconds, in which nobody would be judged.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "../base/boot.h"
#include "../base/clock.h"
#include "../base/fault.h"
#include "../base/file.h"
#include "../base/log.h"
#include "agent.h"

#define SAVE_DELAY 200 /* milliseconds: a bulk change is one write */

static const char *state_path(const struct agent *a, char *path, size_t size, const char *suffix)
{
	snprintf(path, size, "%s/state.json%s", a->options.state_dir, suffix);
	return path;
}

static json_int_t wall_of(uint32_t boot, int64_t began)
{
	return boot == NET_NEVER_EXPIRES ? 0 : began + (json_int_t)boot;
}

/* A moment that can be reckoned with, whatever stands in the file: 35,000 years each way. */
static bool within(json_int_t wall)
{
	return wall > -(1LL << 40) && wall < 1LL << 40;
}

/* False where it is over already. */
static bool boot_of(uint32_t *boot, json_int_t wall, int64_t began)
{
	json_int_t left = !within(wall) ? 0 : wall - began - (json_int_t)boot_seconds();

	*boot = NET_NEVER_EXPIRES;
	if (!wall)
		return true;
	*boot = boot_seconds() + (uint32_t)left;
	return left > 0 && left < 100LL * 365 * 86400;
}

struct snapshot {
	uv_work_t work;
	struct agent *agent;
	struct mode_state mode;
	int64_t began; /* the boot, by the clock as it is now */
	size_t count;
	struct net_reason *list;
	char path[512], fresh[512];
	int err;
};

static void snapshot_free(struct snapshot *s)
{
	if (s)
		free(s->list);
	free(s);
}

static struct snapshot *snapshot_take(struct agent *a)
{
	struct snapshot *s = calloc(1, sizeof(*s));

	if (s)
		s->list = calloc(a->allow.count + 1, sizeof(*s->list));
	if (!s || !s->list) {
		snapshot_free(s);
		return NULL;
	}
	s->work.data = s;
	s->agent = a;
	s->mode = a->mode;
	s->began = boot_began();
	state_path(a, s->path, sizeof(s->path), "");
	state_path(a, s->fresh, sizeof(s->fresh), ".new");
	for (size_t i = 0; i < a->allow.count; i++)
		if (a->allow.list[i].kind >= NET_ADMIN)
			s->list[s->count++] = a->allow.list[i];
	return s;
}

static json_t *allowed_json(const struct snapshot *s)
{
	json_t *list = json_array();

	for (size_t i = 0; i < s->count; i++) {
		const struct net_reason *r = &s->list[i];
		char text[ADDR_TEXT];

		json_array_append_new(
			list, json_pack("{s:s, s:i, s:I, s:s}", "net",
					prefix_format(text, &r->prefix), "kind", (int)r->kind,
					"until", wall_of(r->expires, s->began), "reason", r->text));
	}
	return list;
}

/*
 * What mxdpctl set is kept: a mode for good as "mode", one with an end beside it as "mode_for". All
 * else comes from the configuration or the command line.
 */
static void add_mode(json_t *state, const struct mode_state *m, int64_t began)
{
	const char *by = m->until ? m->after_by : m->by;
	enum mode for_good = m->until ? m->after : m->mode;

	if (!strcmp(by, MODE_BY_MXDPCTL))
		json_object_set_new(state, "mode", json_integer(for_good));
	if (m->until)
		json_object_set_new(state, "mode_for",
				    json_pack("{s:i, s:I}", "mode", (int)m->mode, "until",
					      wall_of(m->until, began)));
}

static int write_whole(int fd, const char *text)
{
	int err = file_write(fd, text, strlen(text));

	return !err && fsync(fd) ? -errno : err;
}

static int write_snapshot(const struct snapshot *s)
{
	json_t *state =
		json_pack("{s:i, s:s, s:I, s:o}", "version", 1, "boot", s->agent->memory.boot,
			  "began", (json_int_t)s->began, "allow", allowed_json(s));
	char *text = NULL;
	int fd = -1, err = -ENOMEM;

	if (!state)
		goto out;
	add_mode(state, &s->mode, s->began);
	text = json_dumps(state, JSON_INDENT(1));
	if (!text)
		goto out;
	fd = open(s->fresh, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	err = fd < 0 ? -errno : write_whole(fd, text);
	fault(state_written);
	if (!err && rename(s->fresh, s->path))
		err = -errno;
out:
	if (fd >= 0)
		close(fd);
	free(text);
	json_decref(state);
	return err;
}

static void written(struct agent *a, int err)
{
	if (err && err != a->memory.error)
		log_error("cannot keep the allowed networks and the mode in `%s': %s",
			  a->options.state_dir, strerror(-err));
	a->memory.error = err;
}

static void work(uv_work_t *request)
{
	struct snapshot *s = request->data;

	s->err = write_snapshot(s);
}

static void work_done(uv_work_t *request, int status)
{
	struct snapshot *s = request->data;

	s->agent->memory.writing = false;
	written(s->agent, status ? status : s->err);
	snapshot_free(s);
}

static void save(uv_timer_t *timer)
{
	struct agent *a = timer->data;
	struct snapshot *s;

	if (a->memory.writing) { /* one at a time, or an older one could come last */
		memory_save_soon(a);
		return;
	}
	s = snapshot_take(a);
	if (s && !uv_queue_work(&a->loop, &s->work, work, work_done)) {
		a->memory.writing = true;
		return;
	}
	snapshot_free(s);
	written(a, -ENOMEM);
}

void memory_save_soon(struct agent *a)
{
	uv_timer_start(&a->saver, save, SAVE_DELAY, 0);
}

int memory_save(struct agent *a)
{
	struct snapshot *s = snapshot_take(a);
	int err = s ? write_snapshot(s) : -ENOMEM;

	written(a, err);
	snapshot_free(s);
	return err;
}

static void load_allowed(struct agent *a, const json_t *entry, int64_t began)
{
	const char *net = json_string_value(json_object_get(entry, "net"));
	const char *text = json_string_value(json_object_get(entry, "reason"));
	json_int_t kind = json_integer_value(json_object_get(entry, "kind"));
	struct prefix prefix;
	uint32_t until;

	if (!net || !prefix_parse(&prefix, net) || kind < NET_ADMIN || kind >= NET_KIND_COUNT)
		log_warning("the state file has an entry that is no network: left out");
	else if (boot_of(&until, json_integer_value(json_object_get(entry, "until")), began))
		nets_add(&a->allow, &prefix, (enum net_kind)kind, until, text);
}

static enum mode mode_of(const json_t *value)
{
	return json_integer_value(value) == MODE_ENFORCE ? MODE_ENFORCE : MODE_MONITOR;
}

/* The command line's mode is for this start, whatever was said before. */
static void load_mode(struct agent *a, const json_t *state, int64_t began)
{
	const json_t *mode = json_object_get(state, "mode");
	const json_t *timed = json_object_get(state, "mode_for");
	uint32_t until;

	if (a->options.mode >= 0)
		return;
	if (json_is_integer(mode)) {
		a->mode.mode = mode_of(mode);
		a->mode.by = MODE_BY_MXDPCTL;
	}
	if (!timed ||
	    !boot_of(&until, json_integer_value(json_object_get(timed, "until")), began) ||
	    until == NET_NEVER_EXPIRES)
		return;
	a->mode.after = a->mode.mode;
	a->mode.after_by = a->mode.by;
	a->mode.mode = mode_of(json_object_get(timed, "mode"));
	a->mode.by = MODE_BY_MXDPCTL;
	a->mode.until = until;
}

/* Kept for whoever can make something of it: the next change would write over it. */
static void unreadable(struct agent *a, const char *path, const char *why)
{
	char aside[512];
	int err = rename(path, state_path(a, aside, sizeof(aside), ".bad")) ? errno : 0;

	a->memory.unreadable = true;
	log_error("cannot read `%s' (%s): starting without the networks allowed by hand; %s%s",
		  path, why, err ? "it cannot be moved aside: " : "it is kept as ",
		  err ? strerror(err) : aside);
}

/*
 * When this boot began by the clock that the file goes by: the same boot's was another one, if it
 * has been set since.
 */
static int64_t began_by(const struct agent *a, const json_t *state)
{
	const char *boot = json_string_value(json_object_get(state, "boot"));
	const json_t *began = json_object_get(state, "began");

	if (!boot || !*boot || strcmp(boot, a->memory.boot) != 0 || !json_is_integer(began) ||
	    !within(json_integer_value(began)))
		return boot_began();
	return json_integer_value(began);
}

void memory_load(struct agent *a)
{
	int64_t began;
	char path[512];
	json_error_t problem;
	json_t *state, *entry;
	size_t i;

	uv_timer_init(&a->loop, &a->saver);
	a->saver.data = a;
	boot_id(a->memory.boot);
	state_path(a, path, sizeof(path), "");
	if (access(path, F_OK))
		return;
	state = json_load_file(path, JSON_REJECT_DUPLICATES, &problem);
	if (!state) {
		unreadable(a, path, problem.text);
		return;
	}
	began = began_by(a, state);
	json_array_foreach(json_object_get(state, "allow"), i, entry) load_allowed(a, entry, began);
	load_mode(a, state, began);
	json_decref(state);
}
