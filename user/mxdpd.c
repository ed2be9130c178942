// SPDX-License-Identifier: GPL-2.0-or-later
/* mxdpd: the agent. Stays in the foreground; systemd or scripts/run keeps it. */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/agent.h"
#include "base/log.h"
#include "base/names.h"
#include "base/version.h"
#include "control/protocol.h"
#include "log/out.h"

static const char usage[] =
	"Usage: mxdpd [OPTION]... [INTERFACE]...\n"
	"Guards mail ports on INTERFACE (default: those of the configuration). With none at all "
	"it\n"
	"runs and guards nothing, until the configuration names one and it is started again.\n"
	"\n"
	"  --config FILE       default " CONFIG_DEFAULT_PATH "\n"
	"  --mode MODE         monitor or enforce, instead of the configuration's\n"
	"  --handover          leave the programs attached at the end, for the next start\n"
	"  --pin-dir DIR       default " CONTROL_DEFAULT_PINS "\n"
	"  --state-dir DIR     default " CONTROL_DEFAULT_STATE "\n"
	"  --socket PATH       default " CONTROL_DEFAULT_SOCKET "\n"
	"  -v, --verbose       tell more\n"
	"  --version, --help\n";

enum option_id {
	OPTION_CONFIG = 256,
	OPTION_MODE,
	OPTION_HANDOVER,
	OPTION_PIN_DIR,
	OPTION_STATE_DIR,
	OPTION_SOCKET,
	OPTION_VERSION,
	OPTION_HELP,
};

static const struct option long_options[] = {
	{"config", required_argument, NULL, OPTION_CONFIG},
	{"mode", required_argument, NULL, OPTION_MODE},
	{"handover", no_argument, NULL, OPTION_HANDOVER},
	{"pin-dir", required_argument, NULL, OPTION_PIN_DIR},
	{"state-dir", required_argument, NULL, OPTION_STATE_DIR},
	{"socket", required_argument, NULL, OPTION_SOCKET},
	{"verbose", no_argument, NULL, 'v'},
	{"version", no_argument, NULL, OPTION_VERSION},
	{"help", no_argument, NULL, OPTION_HELP},
	{NULL, 0, NULL, 0},
};

static void finish(const char *text)
{
	fputs(text, stdout);
	exit(0);
}

static int parse_mode(const char *text)
{
	enum mode mode;

	if (mode_parse(&mode, text))
		return (int)mode;
	fprintf(stderr, "mxdpd: `%s' is no mode: monitor or enforce\n", text);
	exit(2);
}

static void parse_options(struct agent_options *o, bool *verbose, int argc, char **argv)
{
	int c;

	while ((c = getopt_long(argc, argv, "v", long_options, NULL)) != -1) {
		switch (c) {
		case OPTION_CONFIG:
			o->config_path = optarg;
			break;
		case OPTION_MODE:
			o->mode = parse_mode(optarg);
			break;
		case OPTION_HANDOVER:
			o->handover = true;
			break;
		case OPTION_PIN_DIR:
			o->pin_dir = optarg;
			break;
		case OPTION_STATE_DIR:
			o->state_dir = optarg;
			break;
		case OPTION_SOCKET:
			o->socket_path = optarg;
			break;
		case 'v':
			*verbose = true;
			break;
		case OPTION_VERSION:
			finish("mxdpd " MXDP_VERSION "\n");
			break;
		case OPTION_HELP:
			finish(usage);
			break;
		default:
			fputs(usage, stderr);
			exit(2);
		}
	}
	o->interfaces = argv + optind;
	o->interface_count = argc - optind;
}

int main(int argc, char **argv)
{
	struct agent_options options = {
		.config_path = CONFIG_DEFAULT_PATH,
		.pin_dir = CONTROL_DEFAULT_PINS,
		.state_dir = CONTROL_DEFAULT_STATE,
		.socket_path = CONTROL_DEFAULT_SOCKET,
		.mode = -1,
	};
	static char error[65536]; /* a configuration can have many mistakes */
	static struct agent agent;
	bool verbose = false;
	int err;

	parse_options(&options, &verbose, argc, argv);
	log_setup(verbose ? LOG_LEVEL_DEBUG : LOG_LEVEL_INFO, log_out_stderr_is_journald());
	err = agent_open(&agent, &options, error, sizeof(error));
	if (err) {
		fprintf(stderr, "mxdpd: %s\n", error);
	} else {
		log_info("ready");
		agent_run(&agent);
	}
	agent_close(&agent);
	return err ? 1 : 0;
}
