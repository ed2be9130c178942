/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Verdicts for log readers such as fail2ban. Nothing of what a client said stands in them:
 *
 *   block 198.51.100.7 on mx for 1800 s: helo-our-address
 *   would-block 198.51.100.7 on mx for 1800 s: helo-our-address    monitor mode, or it was spared
 *   watch 198.51.100.7 on mx: 6 points
 *
 * The address is the client's, without a port, also where its network is what is blocked.
 * contrib/fail2ban/mxdp.conf reads them.
 */
#ifndef MXDP_LOG_FAIL2BAN_H
#define MXDP_LOG_FAIL2BAN_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#define FAIL2BAN_TEXT 256

/* False where the event is no verdict about an address: nothing is written then. */
bool fail2ban_text(char out[FAIL2BAN_TEXT], const json_t *event);

#endif
