/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a service manager is told that started us and wants to know (sd_notify(3), Type=notify):
 * that we are ready, read the configuration anew, end; one line on how we are; and, where it keeps
 * a watchdog, that we are alive. Where nobody listens (no NOTIFY_SOCKET) nothing is done, and a
 * message that does not arrive costs nothing. Nothing here waits.
 *
 * Times are microseconds of CLOCK_MONOTONIC.
 */
#ifndef MXDP_BASE_NOTIFY_H
#define MXDP_BASE_NOTIFY_H

#include <stdint.h>

#define NOTIFY_STATUS 256

struct notify {
	uint64_t pace;  /* between two signs of life; 0: nobody waits for them */
	uint64_t alive; /* when the last one was given */
	uint64_t told;  /* when the status was last told */
	char status[NOTIFY_STATUS];
};

/* Before any other; looks who listens. */
void notify_open(struct notify *n);
/* A start that is over, or a reload. */
void notify_ready(const struct notify *n);
/* Until notify_ready() is called again. */
void notify_reloading(const struct notify *n, uint64_t now);
void notify_stopping(const struct notify *n);
/* Often; gives the sign of life when it is due. */
void notify_alive(struct notify *n, uint64_t now);
/* Often; tells what is new, every few seconds at most. Longer lines are cut. */
void notify_status(struct notify *n, const char *line, uint64_t now);

#endif
