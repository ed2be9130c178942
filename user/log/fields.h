/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The fields of a line for programs: what the log writes as JSON or gives to journald, each once.
 * mxdp.conf(5) is made of this table. What an event (journal/journal.h) holds besides is not
 * written.
 *
 * journald gets a field's name in capitals behind MXDP_, and of a list one field for each finding,
 * with its id alone; so `journalctl MXDP_ADDRESS=198.51.100.7' finds whom it is about. Its own
 * names are used for message, level and time.
 */
#ifndef MXDP_LOG_FIELDS_H
#define MXDP_LOG_FIELDS_H

#include <jansson.h>
#include "../base/log.h"

struct log_field {
	const char *name;
	const char *events; /* those that have it, for people */
	const char *text;
};

extern const struct log_field log_fields[];
extern const size_t log_fields_count;

/* All that is known of a line as one object, in the order of the table; NULL for want of memory. */
json_t *log_fields_of(const struct log_line *line);

#endif
