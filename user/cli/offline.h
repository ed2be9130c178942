/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What can be told without the agent: the pinned maps, and who hangs on the interfaces, made into
 * the same objects that the agent sends. What only the agent knows is null.
 */
#ifndef MXDP_CLI_OFFLINE_H
#define MXDP_CLI_OFFLINE_H

#include <jansson.h>
#include "ask.h"
#include "../../maps/maps.h"

/* Opens the pins below cli.pin_dir; false where it cannot, which has been said then. */
bool offline_open(struct maps *maps, const struct absence *absence);

/* The status object; NULL where memory ran out or the maps cannot be read, which has been said. */
json_t *offline_status(const struct maps *maps, const struct absence *absence);

/* Gives every unexpired verdict to `data`, as `list` does. Returns the exit code. */
int offline_list(const struct maps *maps, client_fn data, void *context);

#endif
