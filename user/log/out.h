/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where the lines of base/log.h go once the configuration is known: standard error, journald (by
 * its native protocol) or syslog. There is one log, as there is one process.
 *
 * Lines for a receiver are sent by a thread: the loop never waits for one that is slow, and a
 * thousand lines at once find a receiver that takes ten. sd_journal_sendv() and syslog() would
 * wait, and the first of them keeps silent where nobody listens. OUT_QUEUE lines may wait; what
 * finds no room is lost, counted and told.
 *
 * Where the receiver does not answer, lines go to standard error, and each second it is tried
 * again; `status' says so. Before the thread starts and after it ended, the caller sends himself.
 */
#ifndef MXDP_LOG_OUT_H
#define MXDP_LOG_OUT_H

#include <jansson.h>
#include <stdbool.h>
#include "settings.h"

#define OUT_QUEUE 8192

/* Whether standard error is journald's (JOURNAL_STREAM, systemd.exec(5)). */
bool log_out_stderr_is_journald(void);

/* Takes the lines over; again: goes on with other settings. */
void log_out_open(const struct log_settings *settings);
/* Starts the thread, once privileges are dropped. 0, or -errno: then callers go on sending. */
int log_out_start(void);
/* The second hand: tells what was left out or lost. */
void log_out_tick(void);
/* Waits until what was said is sent, a second at most. */
void log_out_settle(void);
/* The same, then lines go to standard error again. */
void log_out_close(void);

/* For `status': {"to", "problem", "lost", "left_out"}, and what is wrong in words. */
json_t *log_out_status(json_t *notes);

#endif
