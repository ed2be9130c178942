/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a program tells of itself: one event, one line. A line holds printable ASCII alone: control
 * bytes and what is beyond ASCII become \xHH, so nothing that came from outside begins a line of
 * its own or speaks to a terminal.
 *
 * Lines go to standard error, with the syslog priority in front where journald reads it ("<4>..."),
 * until somebody takes them over: mxdpd does (user/log/log.h), once its configuration is known.
 * Nothing here allocates or fails. For all threads.
 */
#ifndef MXDP_BASE_LOG_H
#define MXDP_BASE_LOG_H

#include <stdbool.h>
#include "addr.h"

struct json_t;

enum log_level {
	LOG_LEVEL_ERROR = 3,
	LOG_LEVEL_WARNING = 4,
	LOG_LEVEL_INFO = 6,
	LOG_LEVEL_DEBUG = 7,
};

#define LOG_TEXT 1024 /* what is longer ends in "..." */

struct log_line {
	enum log_level level;
	const char *text;
	const struct addr *source;  /* whom it is about; NULL: nobody in particular */
	const struct json_t *event; /* the same for programs (journal/journal.h), or NULL */
};

typedef void (*log_handler)(const struct log_line *line);

/* Lines above `level` are dropped. `priorities` puts "<N>" in front of each line. */
void log_setup(enum log_level level, bool priorities);
/* Who takes lines from now on; NULL: standard error again. */
void log_take_over(log_handler handler);
bool log_wants(enum log_level level);
void log_line(enum log_level level, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* The same, of an event that is about `source`; either may be NULL. */
void log_event(enum log_level level, const struct addr *source, const struct json_t *event,
	       const char *format, ...) __attribute__((format(printf, 4, 5)));
/* A line that is ready, to standard error; `named`: it says itself who speaks. */
void log_print(enum log_level level, const char *text, bool named);

#define log_error(...)   log_line(LOG_LEVEL_ERROR, __VA_ARGS__)
#define log_warning(...) log_line(LOG_LEVEL_WARNING, __VA_ARGS__)
#define log_info(...)    log_line(LOG_LEVEL_INFO, __VA_ARGS__)
#define log_debug(...)   log_line(LOG_LEVEL_DEBUG, __VA_ARGS__)

#endif
