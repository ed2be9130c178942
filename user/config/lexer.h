/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The words of a configuration text, by libConfuse's own rules: names and values bare or in quotes,
 * { } = += , and comments (#, //, C style).
 *
 * It goes before libConfuse for what that passes over in silence (stray characters, an open comment
 * at the end, ${VARIABLES}) or gets wrong: libConfuse counts the line of a comment twice, so that
 * its line numbers are useless in a commented file. Comments are overwritten with blanks here.
 */
#ifndef MXDP_CONFIG_LEXER_H
#define MXDP_CONFIG_LEXER_H

#include <stdbool.h>
#include <stddef.h>
#include "problems.h"

/* A token's kind is its character; "+=" is '+'. */
#define TOKEN_END  '\0'
#define TOKEN_WORD 'w'

struct token {
	char kind;
	const char *text; /* of a word: without its quotes, escapes as typed; not terminated */
	size_t len;
	size_t start; /* offsets of the whole token */
	size_t end;
	unsigned line;
};

struct lexer {
	char *text; /* not owned; overwritten where said above */
	size_t len;
	size_t at;
	unsigned line;
	bool broken; /* a mistake was reported after which nothing makes sense: all that follows
			is TOKEN_END */
	struct problems *problems;
};

struct token lexer_next(struct lexer *lexer);

/* Makes blanks of a part of the text; lines stay. */
void lexer_blank(struct lexer *lexer, size_t start, size_t end);

#endif
