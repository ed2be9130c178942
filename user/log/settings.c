// SPDX-License-Identifier: GPL-2.0-or-later
#include <syslog.h>

#include "settings.h"

const char *const log_to_names[LOG_TO_COUNT] = {"auto", "stderr", "journald", "syslog"};
const char *const log_format_names[LOG_FORMAT_COUNT] = {"text", "json", "fail2ban"};

const struct log_facility log_facilities[] = {
	{"mail", LOG_MAIL},     {"daemon", LOG_DAEMON}, {"local0", LOG_LOCAL0},
	{"local1", LOG_LOCAL1}, {"local2", LOG_LOCAL2}, {"local3", LOG_LOCAL3},
	{"local4", LOG_LOCAL4}, {"local5", LOG_LOCAL5}, {"local6", LOG_LOCAL6},
	{"local7", LOG_LOCAL7},
};
const unsigned log_facilities_count = sizeof(log_facilities) / sizeof(log_facilities[0]);
