// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "cli.h"
#include "read_config.h"
#include "../base/file.h"

bool cli_read_config(struct config *config)
{
	char *errors = NULL;
	bool good;

	if (!cli.config && access(CONFIG_DEFAULT_PATH, F_OK))
		good = config_defaults(config);
	else
		good = config_load(config, &errors, cli_config());
	if (!good && errors)
		fprintf(stderr, "%s\n", errors);
	else if (!good)
		cli_failed("out of memory");
	free(errors);
	return good;
}

bool cli_config_is_good(const char *text, size_t len, char **error)
{
	int fd = memfd_create("mxdp.conf", MFD_CLOEXEC);
	struct config config;
	char path[64];
	bool good;

	*error = NULL;
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	good = fd >= 0 && !file_write(fd, text, len) && config_load(&config, error, path);
	if (good)
		config_free(&config);
	if (fd >= 0)
		close(fd);
	return good;
}
