/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The configuration for verbs that do without an agent: the file that was named; else the usual one
 * where it exists; else the defaults.
 */
#ifndef MXDP_CLI_READ_CONFIG_H
#define MXDP_CLI_READ_CONFIG_H

#include "../config/config.h"

/* False where it has said what is wrong. Owned by the caller: config_free(). */
bool cli_read_config(struct config *config);

#endif
