// SPDX-License-Identifier: GPL-2.0-or-later
#include "ceiling.h"

static bool is_over(const struct ceiling *ceiling, uint32_t now)
{
	return now - ceiling->began >= CEILING_MINUTE;
}

bool ceiling_reached(const struct ceiling *ceiling, uint32_t per_minute, uint32_t now)
{
	return per_minute && !is_over(ceiling, now) && ceiling->blocks >= per_minute;
}

void ceiling_blocked(struct ceiling *ceiling, uint32_t now)
{
	if (is_over(ceiling, now) || !ceiling->blocks) {
		ceiling->began = now;
		ceiling->blocks = 0;
	}
	ceiling->blocks++;
}

void ceiling_watched(struct ceiling *ceiling, uint32_t now)
{
	ceiling->beyond++;
	ceiling->beyond_at = now;
}
