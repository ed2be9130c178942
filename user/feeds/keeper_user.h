/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How the keeper gives up all that the agent had, see child.h. */
#ifndef MXDP_FEEDS_KEEPER_USER_H
#define MXDP_FEEDS_KEEPER_USER_H

#include <stddef.h>
#include <sys/types.h>

/* Keeps the descriptor `socket', and no other. 0, or -errno with a line in `error'. */
int keeper_become_nobody(int socket, pid_t agent, char *error, size_t size);

#endif
