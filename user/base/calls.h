/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Allow-lists of system calls, by libseccomp: what our processes have in common. A filter says what
 * may be called; what becomes of the rest, its owner decides. 0 or -errno each.
 */
#ifndef MXDP_BASE_CALLS_H
#define MXDP_BASE_CALLS_H

#include <seccomp.h>
#include <stddef.h>

/* By name, for not every machine has each: what one does not know, nobody there can call. */
int calls_allow(scmp_filter_ctx filter, const char *const *names, size_t count);
/* The same with another end: SCMP_ACT_ERRNO(...). */
int calls_answer(scmp_filter_ctx filter, uint32_t action, const char *const *names, size_t count);

/* Bytes, memory, clocks, looking at files, talking on sockets: nothing that opens or makes one. */
int calls_allow_harmless(scmp_filter_ctx filter);
/* Threads, no processes. By clone, whose flags can be looked at; clone3 must fail with ENOSYS. */
int calls_allow_threads(scmp_filter_ctx filter);
/* Signals to itself: abort(3) shall look like an abort. */
int calls_allow_own_signals(scmp_filter_ctx filter);

#endif
