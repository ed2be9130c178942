/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where mxdpd's log goes, and how: the section log of the configuration. */
#ifndef MXDP_LOG_SETTINGS_H
#define MXDP_LOG_SETTINGS_H

#include <stdint.h>

enum log_to {
	LOG_TO_AUTO, /* journald where it is what reads standard error, else standard error */
	LOG_TO_STDERR,
	LOG_TO_JOURNALD,
	LOG_TO_SYSLOG,
	LOG_TO_COUNT,
};

enum log_format {
	LOG_FORMAT_TEXT,
	LOG_FORMAT_JSON,
	LOG_FORMAT_FAIL2BAN,
	LOG_FORMAT_COUNT,
};

struct log_settings {
	enum log_to to;
	enum log_format format;
	int facility;  /* as in syslog(3): LOG_MAIL */
	uint32_t rate; /* lines a minute about one source; 0: all */
};

extern const char *const log_to_names[LOG_TO_COUNT];
extern const char *const log_format_names[LOG_FORMAT_COUNT];

struct log_facility {
	const char *name;
	int value;
};

extern const struct log_facility log_facilities[];
extern const unsigned log_facilities_count;

#endif
