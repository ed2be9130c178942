/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Connections that are over since a moment: what still comes of them, a segment sent twice or a
 * server's last word to nobody, is no session of its own. Bounded: the table has a fixed size, and
 * one that ends may take the place of one that ended before it, which is then forgotten early.
 */
#ifndef MXDP_TAP_LATELY_H
#define MXDP_TAP_LATELY_H

#include <stdbool.h>
#include <stdint.h>
#include "../../maps/flow.h"

struct lately;

/* They are remembered for `limit` milliseconds. NULL where memory is short. */
struct lately *lately_new(uint32_t limit);
void lately_free(struct lately *l);

/* `hash` is the flow's, with all its bits; `now` is in milliseconds and may run backwards. */
void lately_put(struct lately *l, const struct flow_key *flow, unsigned hash, uint64_t now);
bool lately_has(const struct lately *l, const struct flow_key *flow, unsigned hash, uint64_t now);

#endif
