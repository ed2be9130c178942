/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Between the files of the verb `feeds'. */
#ifndef MXDP_CLI_FEEDS_H
#define MXDP_CLI_FEEDS_H

#include <jansson.h>
#include <stdbool.h>

/* `names' are all where there is none; NAME and "-" are one feed and its list on standard input. */
int feeds_sync(int count, char **names, bool force);

/* Standard input to the agent; what it is to be called for feeds_sync's request. An exit code. */
int feeds_bring(const char *name, json_int_t *upload);

#endif
