/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the service manager is told of this agent, in base/notify.h's words. The sign of life comes
 * from the second hand, which turns only as long as the loop does: an agent that hangs is started
 * anew, and finds its programs, maps and verdicts where they were.
 */
#ifndef MXDP_AGENT_SERVICE_H
#define MXDP_AGENT_SERVICE_H

struct agent;

/* The loop is about to turn. */
void service_ready(struct agent *a);
/* The second hand. */
void service_tick(struct agent *a);
/* Around a reload. */
void service_reloading(struct agent *a);
void service_reloaded(struct agent *a);
void service_stopping(struct agent *a);

#endif
