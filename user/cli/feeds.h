/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Between the files of the verb `feeds'. */
#ifndef MXDP_CLI_FEEDS_H
#define MXDP_CLI_FEEDS_H

#include <stdbool.h>

/* `names' are all where there is none; the last may be "-": standard input. */
int feeds_sync(int count, char **names, bool force);

#endif
