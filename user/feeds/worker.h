/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One job, in a process of its own: fetch -> unpack -> parse -> set. It confines itself (confine.h)
 * before it reads the first byte from outside, and ends when it has told the outcome.
 */
#ifndef MXDP_FEEDS_WORKER_H
#define MXDP_FEEDS_WORKER_H

#include "job.h"

/* Outcomes go to `socket', with the set's descriptor. */
void __attribute__((noreturn)) worker_run(const struct feed_job *job, int socket);

#endif
