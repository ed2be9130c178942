/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The verbs of mxdpctl. Each is a function over its own words: argv[0] is the verb. Exit codes:
 * 0 done, 1 failed (said why on standard error), 2 the words were wrong (usage shown).
 */
#ifndef MXDP_CLI_CLI_H
#define MXDP_CLI_CLI_H

int cmd_check_config(int argc, char **argv);

#endif
