// SPDX-License-Identifier: GPL-2.0-or-later
/* Any bytes as a configuration file: loaded or refused with words, never both, nothing leaked. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "../../user/config/config.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static int fd = -1;
	static char path[64];
	struct config config;
	char *error;

	if (fd < 0) {
		fd = memfd_create("config", 0);
		snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	}
	if (fd < 0 || ftruncate(fd, 0) || pwrite(fd, data, size, 0) != (ssize_t)size)
		return -1;
	if (config_load(&config, &error, path)) {
		if (error)
			abort();
		config_free(&config);
	} else if (!error || !*error) {
		abort();
	}
	free(error);
	return 0;
}
