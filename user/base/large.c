// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdint.h>
#include <sys/mman.h>

#include "large.h"

void large_pages(void *memory, size_t bytes)
{
	size_t skipped = -(uintptr_t)memory % LARGE_PAGE;

	if (bytes >= skipped + LARGE_PAGE)
		madvise((char *)memory + skipped, (bytes - skipped) & -LARGE_PAGE, MADV_HUGEPAGE);
}
