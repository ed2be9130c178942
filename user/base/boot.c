// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdio.h>
#include <string.h>

#include "boot.h"
#include "clock.h"

bool boot_id(char id[BOOT_ID])
{
	FILE *file = fopen("/proc/sys/kernel/random/boot_id", "re");
	bool found = file && fgets(id, BOOT_ID, file);

	if (file)
		fclose(file);
	id[found ? strcspn(id, "\n") : 0] = '\0';
	return found;
}

int64_t boot_began(void)
{
	return ((int64_t)clock_ns(CLOCK_REALTIME) - (int64_t)clock_ns(CLOCK_BOOTTIME)) / 1000000000;
}
