/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the agent tells of what it does: one journal event (journal/journal.h says their fields) and
 * one line in the log each.
 */
#ifndef MXDP_AGENT_EVENTS_H
#define MXDP_AGENT_EVENTS_H

#include "agent.h"

struct verdict_event {
	const struct session *session;
	struct decision decision;
	struct prefix prefix; /* what is blocked */
	const char *spared;   /* why it is not, or NULL */
	int error;            /* -errno where the map did not take it */
	const char *doubtful; /* why it only watches, or NULL */
	bool stands;          /* nothing was put: a verdict that says more stands already */
	float latency_us;     /* from the record that completed the proof; 0 where unknown */
};

void events_verdict(struct agent *a, const struct verdict_event *event);
void events_session(struct agent *a, const struct session *session);
void events_unblocked(struct agent *a, const struct verdict_entry *entry, const char *why);
/* {"event": name, "text": ...}, and the text as a line of the log. */
void events_note(struct agent *a, const char *name, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

#endif
