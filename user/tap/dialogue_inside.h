/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the files of the dialogue share: dialogue.c takes bytes and makes lines, opening.c judges
 * how a session begins, commands.c what the client says, replies.c what the server answers.
 */
#ifndef MXDP_TAP_DIALOGUE_INSIDE_H
#define MXDP_TAP_DIALOGUE_INSIDE_H

#include "dialogue.h"

/* dialogue.c */
/*
 * Holds it against the client, unless it is a relay or the finding does not count on these ports;
 * waits for the banner's proof.
 */
void accuse(struct dialogue *d, enum finding_id id, bool mild, const char *format, ...)
	__attribute__((format(printf, 4, 5)));
/* The same for what a check found. */
void accuse_of(struct dialogue *d, const struct finding *found);
void accuse_all(struct dialogue *d, const struct findings *found);
void release_held(struct dialogue *d);
/* This was joined in its middle: nothing that rests on the beginning is held against it. */
void join_midway(struct dialogue *d);
/* Commands or replies were missed: which belongs to which is not known any more. */
void lose_track(struct dialogue *d);
/* Wiped, because it may have held credentials. */
void line_clear(struct line *line);
/* Bytes of the line that are kept, less all CRs at its end. */
size_t line_text(const struct line *line);
bool listens_to_commands(const struct dialogue *d);

/* opening.c */
void note_early_talk(struct dialogue *d, uint32_t ack);
void settle_early_talk(struct dialogue *d);
/* What the server made of a PROXY header: took it, or answered with an error. */
void settle_proxy(struct dialogue *d, bool taken);
/* The first bytes: foreign protocols show themselves before any line is complete. */
void take_opening(struct dialogue *d, const uint8_t *data, size_t len);

/* Another reading of the first bytes: foreign protocols only. */
void judge_other_opening(struct dialogue *d, const uint8_t *data, size_t len);

/* commands.c */
void take_command(struct dialogue *d, const struct line *line);
/* The same line in another reading: its HELO and its envelope, without following it. */
void judge_other_line(struct dialogue *d, const struct line *line);
/* What is still held of helo-our-name is decided. */
void release_our_name(struct dialogue *d, bool mild);
/* The oldest RCPT that waits is answered; its hash, or 0 where it is not known. */
uint32_t pop_recipient(struct dialogue *d);

/* replies.c */
void take_server_line(struct dialogue *d, const struct line *line, uint32_t end);
void open_foreign(struct dialogue *d);

#endif
