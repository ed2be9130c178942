/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Memory by the tens of megabytes: in pages of 2 MB where the kernel has them. In small ones each
 * page is asked for by a fault of its own, and each look at a random place waits for page tables.
 */
#ifndef MXDP_BASE_LARGE_H
#define MXDP_BASE_LARGE_H

#include <stddef.h>

#define LARGE_PAGE (2UL << 20)

/* A wish: of what lies at `memory', the whole large pages. Changes nothing that is there. */
void large_pages(void *memory, size_t bytes);

#endif
