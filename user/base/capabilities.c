// SPDX-License-Identifier: GPL-2.0-or-later
#include <cap-ng.h>
#include <stdio.h>
#include <string.h>

#include "capabilities.h"

bool capabilities_missing(char *out, size_t size, const struct capability *needed, size_t count)
{
	size_t len = 0;

	*out = '\0';
	if (capng_get_caps_process())
		return false;
	for (size_t i = 0; i < count && len < size; i++) {
		if (capng_have_capability(CAPNG_EFFECTIVE, (unsigned)needed[i].id))
			continue;
		snprintf(out + len, size - len, "%s%s (%s)", len ? ", " : "", needed[i].name,
			 needed[i].why);
		len += strlen(out + len);
	}
	return len;
}
