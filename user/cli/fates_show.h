/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The counters of status, in groups by what they mean to an administrator: what was stopped, what
 * was let through and why, what was seen of the mail, what got lost. Those at zero are not shown.
 */
#ifndef MXDP_CLI_FATES_SHOW_H
#define MXDP_CLI_FATES_SHOW_H

#include <jansson.h>

/* `fates` is an object of counters by fate_name(); NULL shows nothing. */
void fates_show(const json_t *fates);

#endif
