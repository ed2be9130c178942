/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What somebody may have meant by a name that does not exist here: findings, lists, feeds and
 * patterns, as the configuration has them.
 */
#ifndef MXDP_AGENT_MEANT_H
#define MXDP_AGENT_MEANT_H

#include "agent.h"

#define MEANT_NAME 128
#define MEANT_TEXT (MEANT_NAME + 32)

/*
 * The nearest of helo-our-name, score, zen.spamhaus.org, dnsbl:zen.spamhaus.org, feed:psbl,
 * pattern:mine and so on; NULL where none is near. *exists: it is what was typed.
 */
const char *meant_source(const struct agent *a, const char *typed, char out[MEANT_NAME],
			 bool *exists);
/* The nearest feed; NULL where none is near. */
const char *meant_feed(const struct agent *a, const char *typed);

/* ": did you mean `NAME'?", or `otherwise' where `name' is NULL. */
const char *meant_words(char text[MEANT_TEXT], const char *name, const char *otherwise);

#endif
