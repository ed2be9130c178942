/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Errors in the operator's words. Functions of this room fill one line and return -errno; the line
 * names the thing, says what is wrong with it and what to do.
 *
 * libbpf and libxdp talk a lot on standard error: their lines go to the debug log. One of them is
 * worth more, the kernel's own reason for a refused netlink request ("Peer MTU is too large to set
 * XDP"): it is kept for the error line of the call that it belongs to.
 */
#ifndef MXDP_KERNEL_WORDS_H
#define MXDP_KERNEL_WORDS_H

#include <stddef.h>

/* Fills `error` (may be NULL) and returns `err`. */
int words(char *error, size_t size, int err, const char *format, ...)
	__attribute__((format(printf, 4, 5)));

/* Sends what the libraries print to the debug log. Harmless when called again. */
void words_hush(void);

/* Forgets the kernel's reason before a call, and gives it after: " (...)", or "". */
void words_forget_reason(void);
const char *words_reason(void);

#endif
