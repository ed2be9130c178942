// SPDX-License-Identifier: GPL-2.0-or-later
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <systemd/sd-daemon.h>

#include "notify.h"

#define SIGNS_A_PERIOD 4       /* one or two may be late */
#define STATUS_PAUSE   5000000 /* a manager writes down, and passes on, whatever it is told */

void notify_open(struct notify *n)
{
	uint64_t period = 0;

	memset(n, 0, sizeof(*n));
	if (sd_watchdog_enabled(0, &period) > 0)
		n->pace = period / SIGNS_A_PERIOD;
}

void notify_ready(const struct notify *n)
{
	sd_notifyf(0, "READY=1\nSTATUS=%s", n->status);
}

/* The time lets the manager tell this reload from an earlier one. */
void notify_reloading(const struct notify *n, uint64_t now)
{
	sd_notifyf(0, "RELOADING=1\nMONOTONIC_USEC=%" PRIu64 "\nSTATUS=%s", now, n->status);
}

void notify_stopping(const struct notify *n)
{
	(void)n;
	sd_notify(0, "STOPPING=1\nSTATUS=ending");
}

void notify_alive(struct notify *n, uint64_t now)
{
	if (!n->pace || (n->alive && now - n->alive < n->pace))
		return;
	n->alive = now;
	sd_notify(0, "WATCHDOG=1");
}

void notify_status(struct notify *n, const char *line, uint64_t now)
{
	char cut[NOTIFY_STATUS];

	snprintf(cut, sizeof(cut), "%s", line);
	if (!strcmp(cut, n->status) || (n->told && now - n->told < STATUS_PAUSE))
		return;
	memcpy(n->status, cut, sizeof(cut));
	n->told = now;
	sd_notifyf(0, "STATUS=%s", cut);
}
