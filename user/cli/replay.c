// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli.h"
#include "read_config.h"
#include "replay.h"

/* Nothing is blocked here: the map that verdicts go to stays empty. */
#define VERDICTS 64

static bool take_names(struct replay *r)
{
	const struct prefix_list *ours = &r->config.our_public_addresses;

	r->our_addresses = calloc(ours->count + 1, sizeof(*r->our_addresses));
	if (!r->our_addresses) {
		cli_failed("out of memory");
		return false;
	}
	for (size_t i = 0; i < ours->count; i++)
		r->our_addresses[i] = ours->item[i].addr;
	r->rules = sessions_rules(&r->config, r->our_addresses, ours->count);
	return true;
}

static bool play(struct replay *r, const char *path, bool several)
{
	char error[512], name[256];

	if (several && !r->json)
		printf("%s:\n", text_clean(name, sizeof(name), path));
	if (!replay_file(r, path, error, sizeof(error))) {
		cli_failed("%s", error);
		return false;
	}
	if (r->json)
		return !r->no_output;
	if (r->rows)
		table_end(&r->table);
	else
		printf("no conversation on a mail port\n");
	if (several)
		putchar('\n');
	return !r->no_output;
}

static int play_all(struct replay *r, int count, char **paths)
{
	char error[512];
	int code = CLI_DONE;

	if (replay_begin(r, error, sizeof(error))) {
		code = cli_failed("%s", error);
		goto out;
	}
	if (r->asks && !replay_dns_open(r)) {
		code = CLI_FAILED;
		goto out;
	}
	for (int i = 0; i < count; i++)
		if (!play(r, paths[i], count > 1))
			code = CLI_FAILED;
	if (fflush(stdout) || ferror(stdout))
		code = cli_failed("cannot write to standard output");
out:
	offline_dns_close(r->dns);
	replay_end(r);
	return code;
}

int cmd_replay(int argc, char **argv)
{
	static const struct option words[] = {
		{"ignore-never-block", no_argument, NULL, 'i'},
		{"dns", no_argument, NULL, 'd'},
		CLI_WORDS,
	};
	struct replay r = {0};
	int c, code = CLI_FAILED;

	while ((c = cli_next(argc, argv, ":", words)) != -1) {
		if (c != 'i' && c != 'd')
			return CLI_USAGE;
		*(c == 'i' ? &r.ignore_never_block : &r.asks) = true;
	}
	if (optind == argc)
		return cli_misused("which capture? name a .pcap or .pcapng file");
	r.json = cli.json;
	if (!cli_read_config(&r.config))
		return CLI_FAILED;
	r.config.verdicts_max = VERDICTS;
	if (take_names(&r))
		code = play_all(&r, argc - optind, argv + optind);
	free(r.our_addresses);
	config_free(&r.config);
	return code;
}
