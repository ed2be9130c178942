// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "ask.h"
#include "cli.h"
#include "text.h"
#include "../kernel/attach.h"

static void say(const char *line)
{
	char clean[TEXT_CELL];

	/* Of --json standard output belongs to the object. */
	fprintf(cli.json ? stderr : stdout, "%s\n", text_clean(clean, sizeof(clean), line));
}

static int report(int removed)
{
	json_t *object;
	bool good;

	if (!cli.json) {
		puts("mxdp is off: nothing of it is left in the kernel");
		return CLI_DONE;
	}
	object = json_pack("{s:b, s:i}", "ok", 1, "removed", removed);
	good = text_json(stdout, object);
	json_decref(object);
	return good ? CLI_DONE : CLI_FAILED;
}

static int sweep(const struct absence *absence)
{
	char dir[TEXT_CELL], why[TEXT_CELL];
	int removed;

	text_clean(dir, sizeof(dir), cli.pin_dir);
	text_clean(why, sizeof(why), absence->why);
	/* It would put back what is taken off as soon as it goes on. */
	if (absence->hangs)
		return cli_failed("%s: end it, then run `mxdpctl detach' again", why);
	if (geteuid() != 0)
		return cli_failed("%s; to detach without an agent be root", why);
	removed = attach_sweep(cli.pin_dir, say);
	if (removed == 0)
		return cli_failed("mxdp is not running here: %s and no pins below %s", why, dir);
	if (removed < 0)
		return cli_failed("not all of it is gone: %s", strerror(-removed));
	return report(removed);
}

int cmd_detach(int argc, char **argv)
{
	static const struct option words[] = {CLI_WORDS};
	struct absence absence = {0};
	struct question question = {.absence = &absence, .until_gone = true};
	json_int_t done;
	int code;

	if (cli_next(argc, argv, ":", words) != -1)
		return CLI_USAGE;
	if (optind < argc)
		return cli_misused("`detach' takes everything off, and no arguments");
	question.request = ask_request("detach", NULL);
	code = ask_to_change(&question, &done);
	if (absence.absent)
		return sweep(&absence);
	if (code == CLI_DONE && !cli.json)
		puts("mxdp is off: the agent has taken its programs off and ended");
	return code;
}
