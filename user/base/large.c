// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdint.h>
#include <sys/mman.h>

#include "large.h"

void large_pages(void *memory, size_t bytes)
{
	uintptr_t from = ((uintptr_t)memory + LARGE_PAGE - 1) & -LARGE_PAGE;
	uintptr_t to = ((uintptr_t)memory + bytes) & -LARGE_PAGE;

	if (from < to)
		madvise((void *)from, to - from, MADV_HUGEPAGE);
}
