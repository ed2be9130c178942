/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A line as each receiver wants it. All of it is printable ASCII but for the ends of lines. The
 * result is allocated, and NULL where memory is short.
 *
 *   standard error   the line in the chosen format, without its end; fail2ban's with the time and
 *                    who speaks
 *   syslog           <PRI>Jan 31 12:00:00 mxdpd[PID]: LINE (RFC 3164); JSON behind "@cee: ", which
 *                    rsyslog's mmjsonparse and others look for
 *   journald         NAME=VALUE lines of its native protocol; what JSON would hold stands in fields
 */
#ifndef MXDP_LOG_FORMAT_H
#define MXDP_LOG_FORMAT_H

#include "../base/log.h"
#include "settings.h"

char *log_format_stderr(const struct log_settings *settings, const struct log_line *line);
char *log_format_syslog(const struct log_settings *settings, const struct log_line *line);
char *log_format_journald(const struct log_settings *settings, const struct log_line *line);

#endif
