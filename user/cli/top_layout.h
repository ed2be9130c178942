/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which lines of the screen show what in `top', for any size: what matters most at night stays the
 * longest as the screen gets smaller. Pure.
 */
#ifndef MXDP_CLI_TOP_LAYOUT_H
#define MXDP_CLI_TOP_LAYOUT_H

/* Lines from `at' on; none where `lines' is 0. Sections do not overlap, and none ends below. */
struct top_section {
	int at, lines;
};

struct top_layout {
	struct top_section title;
	struct top_section syns;   /* rates in figures */
	struct top_section sparks; /* the same as two lines of bars */
	struct top_section agent;
	struct top_section note;                      /* what is wrong */
	struct top_section blocked, verdicts, health; /* each with a line for its title */
	struct top_section message;
	struct top_section keys;
};

/* `healths' is how many lists and feeds there are. */
struct top_layout top_layout(int lines, int healths);

#endif
