// SPDX-License-Identifier: GPL-2.0-or-later
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli.h"
#include "../base/escape.h"
#include "../config/config.h"

static int usage(void)
{
	fprintf(stderr,
		"usage: mxdpctl check-config [--json] [FILE]\n"
		"Checks a configuration file (%s where none is named) without using it.\n",
		cli_config());
	return 2;
}

static json_t *lines_to_json(const char *text)
{
	json_t *lines = json_array();

	while (text && *text) {
		size_t len = strcspn(text, "\n");

		json_array_append_new(lines, json_stringn(text, len));
		text += len + (text[len] == '\n');
	}
	return lines;
}

static int report_json(const char *file, bool good, const char *errors)
{
	json_t *report = json_pack("{s:s, s:b, s:o}", "file", file, "good", (int)good, "errors",
				   lines_to_json(errors));
	int failed = !report || json_dumpf(report, stdout, JSON_INDENT(2));

	json_decref(report);
	if (failed || puts("") == EOF || fflush(stdout)) {
		fprintf(stderr, "mxdpctl: cannot write the report\n");
		return 1;
	}
	return good ? 0 : 1;
}

static int report_text(const char *file, bool good, const char *errors)
{
	if (!good) {
		fprintf(stderr, "%s\n", errors);
		return 1;
	}
	printf("%s: good\n", file);
	return 0;
}

static int check(const char *path, bool json)
{
	char shown[512];
	const char *file = escape_bytes(shown, sizeof(shown), path, strlen(path));
	struct config config;
	char *errors;
	bool good = config_load(&config, &errors, path);
	int code;

	if (!good && !errors) {
		fprintf(stderr, "mxdpctl: out of memory\n");
		return 1;
	}
	code = json ? report_json(file, good, errors) : report_text(file, good, errors);
	free(errors);
	if (good)
		config_free(&config);
	return code;
}

int cmd_check_config(int argc, char **argv)
{
	static const struct option words[] = {CLI_WORDS};

	/* Tests call this as often as they like. */
	optind = 0;
	if (cli_next(argc, argv, ":", words) != -1)
		return CLI_USAGE;
	if (argc - optind > 1 || (argc > optind && !strcmp(argv[optind], "-")))
		return usage();
	return check(argc > optind ? argv[optind] : cli_config(), cli.json);
}
