// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdio.h>
#include <string.h>

#include "../base/clock.h"
#include "../base/names.h"
#include "agent.h"
#include "service.h"

static uint64_t now_us(void)
{
	return clock_ns(CLOCK_MONOTONIC) / 1000;
}

static const struct interface *find_unguarded(const struct agent *a)
{
	for (size_t i = 0; i < a->interface_count; i++)
		if (!a->interface[i].attached)
			return &a->interface[i];
	return NULL;
}

static void list_interfaces(char *text, size_t size, const struct agent *a)
{
	*text = '\0';
	for (size_t i = 0; i < a->interface_count; i++) {
		size_t len = strlen(text);

		snprintf(text + len, size - len, "%s%s", i ? ", " : "", a->interface[i].name);
	}
}

static void describe(char *text, size_t size, const struct agent *a)
{
	const struct interface *open = find_unguarded(a);
	char names[AGENT_INTERFACES * (sizeof(a->interface[0].attachment.name) + 2)];

	if (!a->interface_count) {
		snprintf(text, size, "on no interface: set interfaces in %s, and start mxdpd again",
			 a->options.config_path);
		return;
	}
	if (open) {
		/* Cut where it is long: a line for people, whose whole is in `status'. */
		snprintf(text, size, "%s is not guarded: %.*s", open->name,
			 (int)(NOTIFY_STATUS - 64), open->error);
		return;
	}
	list_interfaces(names, sizeof(names), a);
	snprintf(text, size, "%s mode on %s%s; %zu verdicts in force", mode_name(a->mode.mode),
		 names, a->mode.mode == MODE_MONITOR ? ": nothing is dropped" : "", a->verdicts);
}

static void tell_status(struct agent *a)
{
	char text[NOTIFY_STATUS];

	describe(text, sizeof(text), a);
	notify_status(&a->notify, text, now_us());
}

void service_ready(struct agent *a)
{
	notify_open(&a->notify);
	tell_status(a);
	notify_ready(&a->notify);
}

void service_tick(struct agent *a)
{
	if (!a->ready)
		return;
	notify_alive(&a->notify, now_us());
	tell_status(a);
}

void service_reloading(struct agent *a)
{
	notify_reloading(&a->notify, now_us());
}

void service_reloaded(struct agent *a)
{
	tell_status(a);
	notify_ready(&a->notify);
}

void service_stopping(struct agent *a)
{
	notify_stopping(&a->notify);
}
