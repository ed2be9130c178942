// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "cli.h"
#include "read_config.h"

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
