// SPDX-License-Identifier: GPL-2.0-or-later
#include <dirent.h>
#include <errno.h>
#include <net/if.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "attach.h"
#include "clsact.h"
#include "egress.h"
#include "pins.h"
#include "words.h"
#include "xdp.h"

/* libxdp makes it for its dispatchers, and leaves it. */
#define LIBXDP_PINS "/sys/fs/bpf/xdp"

/* One thing that does not go must not keep the others: go on, and remember the first failure. */
struct sweep {
	const char *pin_dir;
	void (*say)(const char *line);
	int gone;
	int err;
};

__attribute__((format(printf, 2, 3))) static void say(const struct sweep *s, const char *format,
						      ...)
{
	char line[PATH_MAX + 128];
	va_list args;

	if (!s->say)
		return;
	va_start(args, format);
	vsnprintf(line, sizeof(line), format, args);
	va_end(args);
	s->say(line);
}

/* Counts what went, says what did not. What was gone already, or went meanwhile, is neither. */
static void note(struct sweep *s, int err, const char *what, const char *where)
{
	if (err == -ENOENT || err == -ENODEV)
		return;
	if (err) {
		say(s, "NOT removed: %s %s (%s)", what, where, strerror(-err));
		s->err = s->err ? s->err : err;
		return;
	}
	say(s, "removed: %s %s", what, where);
	s->gone++;
}

/* A dispatcher may hold gates of several starts that died in between: each look finds one. */
static void sweep_xdp(struct sweep *s, int ifindex, const char *name)
{
	struct xdp_seen seen;
	int err = 0;

	for (int i = 0; i < 10 && !err; i++) {
		if (xdp_look(&seen, ifindex) || !seen.gate_id)
			return;
		err = xdp_take_off(ifindex, &seen);
		note(s, err,
		     seen.holder == XDP_HOLDER_DISPATCHER ? "the gate in the dispatcher of"
							  : "the gate on",
		     name);
	}
}

static void sweep_clsact(struct sweep *s, int ifindex, const char *name)
{
	bool made = clsact_is_made(ifindex, s->pin_dir);
	int count = clsact_count(ifindex);

	if (count < 0)
		note(s, count, "the tap on clsact of", name);
	else if (count || made)
		note(s, clsact_take_off(ifindex, made, s->pin_dir), "the tap on clsact of", name);
}

static void sweep_interfaces(struct sweep *s)
{
	struct if_nameindex *all = if_nameindex();

	if (!all) {
		s->err = -errno;
		return;
	}
	for (const struct if_nameindex *one = all; one->if_index; one++) {
		sweep_xdp(s, (int)one->if_index, one->if_name);
		sweep_clsact(s, (int)one->if_index, one->if_name);
	}
	if_freenameindex(all);
}

static bool begins(const char *text, const char *front)
{
	return !strncmp(text, front, strlen(front));
}

/* Links, and notes of qdiscs on interfaces that are gone. */
static void sweep_pin(struct sweep *s, const char *name)
{
	char path[PATH_MAX];
	int ifindex;

	if (pins_path(path, s->pin_dir, name))
		return;
	if (begins(name, "egress-"))
		note(s, egress_drop_pin(path), "the tap pinned at", path);
	else if (sscanf(name, "clsact-%d", &ifindex) == 1 && clsact_count(ifindex) == -ENODEV)
		rmdir(path);
}

static bool among(const int *list, size_t count, int ifindex)
{
	for (size_t i = 0; i < count; i++)
		if (list[i] == ifindex)
			return true;
	return false;
}

/* The gate of another mxdpd, with pins of its own, has other maps and is its own affair. */
static void sweep_other(struct sweep *s, __u32 map, int ifindex, const char *name)
{
	struct xdp_seen seen;

	if (xdp_look(&seen, ifindex) || !seen.gate_id || !program_uses_map(seen.gate_id, map))
		return;
	sweep_xdp(s, ifindex, name);
	sweep_clsact(s, ifindex, name);
}

static void sweep_other_pins(struct sweep *s, const int *keep, size_t count)
{
	DIR *dir = opendir(s->pin_dir);
	struct dirent *entry;
	int ifindex;

	while (dir && (entry = readdir(dir)))
		if (sscanf(entry->d_name, "egress-%d", &ifindex) == 1 &&
		    !among(keep, count, ifindex))
			sweep_pin(s, entry->d_name);
	if (dir)
		closedir(dir);
}

int attach_sweep_others(const struct programs *programs, const char *pin_dir, const int *keep,
			size_t count, void (*say_line)(const char *line))
{
	struct sweep s = {.pin_dir = pin_dir, .say = say_line};
	struct if_nameindex *all = if_nameindex();
	__u32 map = object_live_id(programs);

	if (!all)
		return -errno;
	for (const struct if_nameindex *one = all; map && one->if_index; one++)
		if (!among(keep, count, (int)one->if_index))
			sweep_other(&s, map, (int)one->if_index, one->if_name);
	if_freenameindex(all);
	sweep_other_pins(&s, keep, count);
	return s.err ? s.err : s.gone;
}

static void sweep_pins(struct sweep *s)
{
	DIR *dir = opendir(s->pin_dir);
	struct dirent *entry;
	int maps;

	if (!dir) {
		if (errno != ENOENT)
			note(s, -errno, "the pins below", s->pin_dir);
		return;
	}
	while ((entry = readdir(dir)))
		sweep_pin(s, entry->d_name);
	closedir(dir);
	maps = pins_remove_maps(s->pin_dir);
	if (maps < 0)
		note(s, maps, "the pinned maps below", s->pin_dir);
	else if (maps)
		note(s, 0, "the pinned maps below", s->pin_dir);
	if (rmdir(s->pin_dir) && errno == ENOTEMPTY && !s->err)
		say(s, "left: %s, which holds what is not mxdp's", s->pin_dir);
}

int attach_sweep(const char *pin_dir, void (*say_line)(const char *line))
{
	struct sweep s = {.pin_dir = pin_dir, .say = say_line};

	words_hush();
	sweep_interfaces(&s);
	/* Only pins are unlinked, whatever directory was typed. */
	if (pins_on_bpffs(pin_dir))
		sweep_pins(&s);
	rmdir(LIBXDP_PINS); /* goes only where it is empty: nobody else uses libxdp here */
	return s.err ? s.err : s.gone;
}

int attach_sweep_ours(const struct programs *programs, const char *pin_dir,
		      void (*say_line)(const char *line))
{
	struct sweep s = {.pin_dir = pin_dir, .say = say_line};

	s.err = attach_sweep_others(programs, pin_dir, NULL, 0, say_line);
	if (s.err > 0) {
		s.gone = s.err;
		s.err = 0;
	}
	sweep_pins(&s);
	rmdir(LIBXDP_PINS);
	return s.err ? s.err : s.gone;
}
