/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * `mxdpctl top': a live view of a terminal. One process draws and reads keys and never waits for
 * anybody; others, started by it, ask the agent: one for a snapshot (top_gather.h) a second, and
 * for what a key asks for the verb itself, whose words are shown.
 *
 * top.c: the loop; top_gather.c: a snapshot; top_model.c: rates and rows of it; top_layout.c: which
 * line shows what; top_draw.c: the screen; top_page.c: what is longer than a line; top_keys.c: what
 * keys do; top_job.c: the other processes.
 */
#ifndef MXDP_CLI_TOP_H
#define MXDP_CLI_TOP_H

#include <stdbool.h>
#include <sys/types.h>
#include "text.h"
#include "top_layout.h"
#include "top_model.h"
#include "../base/addr.h"

/* Another process, and what it says. */
struct top_job {
	pid_t pid;  /* 0: none */
	int fd;     /* to read from */
	char *text; /* zero-terminated, the first `used' bytes of it are done with */
	size_t used, filled, room;
	bool ended; /* it says no more */
	int status; /* as waitpid() says, once it ended */
};

#define TOP_JOB_MOST (4U << 20) /* of one line of a snapshot, or of all that a verb says */

/* A text of many lines over the whole screen: explain, help. */
struct top_page {
	char *text; /* owned; NULL: none is shown */
	const char *title;
	size_t first; /* line of it, as wrapped, at the top of the screen */
};

enum top_focus { TOP_ON_BLOCKED, TOP_ON_VERDICTS, TOP_FOCUSES };

/* A table's chosen line stays with what it is about, wherever that moves. */
struct top_choice {
	char key[ADDR_TEXT + 64]; /* "" : the first line */
	size_t at, first;         /* the line, and the one at the top */
};

/* What a key asks for: it wants a yes, and then runs. */
enum top_ask { TOP_ASK_NOTHING, TOP_ASK_EXPLAIN, TOP_ASK_UNBLOCK, TOP_ASK_ALLOW };

struct top {
	struct top_model model;
	struct top_page page;
	enum top_focus focus;
	struct top_choice choice[TOP_FOCUSES];
	bool paused, quit, colors, unicode;
	enum top_ask asking;   /* waits for y or n */
	enum top_ask doing;    /* `verb' runs */
	char about[ADDR_TEXT]; /* whom */
	char message[TEXT_CELL];
	bool message_is_bad;
	struct top_job stream, verb;
};

/* top_draw.c, within curses */
void top_colors(struct top *top);
void top_draw(struct top *top);

/* top_page.c */
void top_page_open(struct top *top, const char *title, const char *text);
void top_page_draw(struct top *top);
void top_page_key(struct top *top, int key);

/* top_keys.c */
void top_key(struct top *top, int key);
/* `verb' has ended: tells what came of it. */
void top_verb_ended(struct top *top);
/* The lines that a focus has, and the address that one of them is about ("" for none). */
size_t top_lines(const struct top *top, enum top_focus focus);
const char *top_line_key(char *out, size_t size, const struct top *top, enum top_focus focus,
			 size_t i);
bool top_line_address(char out[ADDR_TEXT], const struct top *top, enum top_focus focus, size_t i);
/* After a snapshot or another order: the choices follow what they are about. */
void top_follow(struct top *top);

/* top_job.c */
/* Runs `fn' in a process of its own, its output ours to read. False where there is no more. */
bool top_job_start(struct top_job *job, int (*fn)(void *context), void *context);
/* Reads what there is; to be called when its descriptor is readable. */
void top_job_read(struct top_job *job);
/* The next whole line of it, without its end; NULL where there is none yet. Valid until it reads.
 */
char *top_job_line(struct top_job *job);
/* Ends it where it runs still, and frees. */
void top_job_end(struct top_job *job);

#endif
