/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The configuration for verbs that do without an agent: the file that was named; else the usual one
 * where it exists; else the defaults. And the check of what a verb proposes as one.
 */
#ifndef MXDP_CLI_READ_CONFIG_H
#define MXDP_CLI_READ_CONFIG_H

#include "../config/config.h"

/* False where it has said what is wrong. Owned by the caller: config_free(). */
bool cli_read_config(struct config *config);

/*
 * Whether a text that a verb has made is a configuration. Where not, *error is what config_load()
 * says of it, allocated, or NULL where memory ran out.
 */
bool cli_config_is_good(const char *text, size_t len, char **error);

#endif
