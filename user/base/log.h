/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One line an event, on standard error, with the syslog priority in front where journald reads it
 * ("<4>..."). Nothing here allocates or fails.
 */
#ifndef MXDP_BASE_LOG_H
#define MXDP_BASE_LOG_H

#include <stdbool.h>

enum log_level {
	LOG_LEVEL_ERROR = 3,
	LOG_LEVEL_WARNING = 4,
	LOG_LEVEL_INFO = 6,
	LOG_LEVEL_DEBUG = 7,
};

/* Lines above `level` are dropped. `priorities` puts "<N>" in front of each line. */
void log_setup(enum log_level level, bool priorities);
bool log_wants(enum log_level level);
void log_line(enum log_level level, const char *format, ...) __attribute__((format(printf, 2, 3)));

#define log_error(...)   log_line(LOG_LEVEL_ERROR, __VA_ARGS__)
#define log_warning(...) log_line(LOG_LEVEL_WARNING, __VA_ARGS__)
#define log_info(...)    log_line(LOG_LEVEL_INFO, __VA_ARGS__)
#define log_debug(...)   log_line(LOG_LEVEL_DEBUG, __VA_ARGS__)

#endif
