/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The words for the enums that people and the control protocol meet, each in one place, and back.
 */
#ifndef MXDP_BASE_NAMES_H
#define MXDP_BASE_NAMES_H

#include <stdbool.h>
#include <stdint.h>
#include "../../maps/live.h"
#include "../../maps/ports.h"
#include "../../maps/verdict.h"

const char *action_name(unsigned action); /* "drop", "reset", "watch" */
bool action_parse(enum action *out, const char *name);

const char *ports_name(unsigned ports); /* "mx", "submission" */
bool ports_parse(enum port_class *out, const char *name);
/* Of several: "mx", "submission", "all", "none". */
const char *ports_words(const bool ports[PORTS_COUNT]);

/* "entry" of one, "entries" of more or none. */
const char *entries_word(uint64_t count);

const char *mode_name(unsigned mode); /* "monitor", "enforce" */
bool mode_parse(enum mode *out, const char *name);

#endif
