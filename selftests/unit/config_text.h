/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A configuration that stands in the test itself. */
#ifndef MXDP_SELFTESTS_CONFIG_TEXT_H
#define MXDP_SELFTESTS_CONFIG_TEXT_H

#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "../../user/config/config.h"

/* Lets config_load() read a text; the path is good while the descriptor is open. */
static inline int text_file(char path[64], const void *text, size_t len)
{
	int fd = memfd_create("config", 0);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, len), (ssize_t)len);
	snprintf(path, 64, "/proc/self/fd/%d", fd);
	return fd;
}

static inline bool load_text(struct config *config, char **error, const char *text)
{
	char path[64];
	int fd = text_file(path, text, strlen(text));
	bool good = config_load(config, error, path);

	close(fd);
	return good;
}

static inline void load_good_text(struct config *config, const char *text)
{
	char *error;

	if (!load_text(config, &error, text))
		fail_msg("%s: %s", text, error);
}

#endif
