// SPDX-License-Identifier: GPL-2.0-or-later
#include <string.h>

#include "lexer.h"

static bool at_end(const struct lexer *lexer)
{
	return lexer->at >= lexer->len;
}

/* The character `ahead` of the present one, zero behind the end: no zero stands in the text. */
static char peek(const struct lexer *lexer, size_t ahead)
{
	return lexer->at + ahead < lexer->len ? lexer->text[lexer->at + ahead] : '\0';
}

void lexer_blank(struct lexer *lexer, size_t start, size_t end)
{
	for (size_t i = start; i < end; i++)
		if (lexer->text[i] != '\n')
			lexer->text[i] = ' ';
}

static void broken(struct lexer *lexer, unsigned line, const char *why)
{
	problem_add(lexer->problems, line, "%s", why);
	lexer->broken = true;
}

static void skip_line_comment(struct lexer *lexer)
{
	size_t start = lexer->at;

	while (!at_end(lexer) && peek(lexer, 0) != '\n')
		lexer->at++;
	lexer_blank(lexer, start, lexer->at);
}

static void skip_block_comment(struct lexer *lexer)
{
	size_t start = lexer->at;
	unsigned line = lexer->line;

	for (lexer->at += 2; !at_end(lexer); lexer->at++) {
		if (peek(lexer, 0) == '*' && peek(lexer, 1) == '/') {
			lexer->at += 2;
			lexer_blank(lexer, start, lexer->at);
			return;
		}
		if (peek(lexer, 0) == '\n')
			lexer->line++;
	}
	lexer_blank(lexer, start, lexer->at);
	broken(lexer, line, "the comment that begins here has no end: add `*/'");
}

static void skip_blanks(struct lexer *lexer)
{
	while (!at_end(lexer) && !lexer->broken) {
		char c = peek(lexer, 0);

		if (c == '#' || (c == '/' && peek(lexer, 1) == '/')) {
			skip_line_comment(lexer);
		} else if (c == '/' && peek(lexer, 1) == '*') {
			skip_block_comment(lexer);
		} else if (c == '\n' || c == ' ' || c == '\t' || c == '\r') {
			lexer->line += c == '\n';
			lexer->at++;
		} else {
			return;
		}
	}
}

static bool names_variable(struct lexer *lexer)
{
	if (peek(lexer, 0) != '$' || peek(lexer, 1) != '{')
		return false;
	broken(lexer, lexer->line,
	       "`${...}': variables of the environment are not used here; write the value itself");
	return true;
}

static void take_string(struct lexer *lexer, struct token *token)
{
	char mark = peek(lexer, 0);

	lexer->at++;
	token->text = lexer->text + lexer->at;
	for (; !at_end(lexer) && peek(lexer, 0) != '\n'; lexer->at++) {
		if (peek(lexer, 0) == mark) {
			token->len = (size_t)(lexer->text + lexer->at - token->text);
			lexer->at++;
			return;
		}
		if (mark == '"' && names_variable(lexer))
			return;
		if (peek(lexer, 0) == '\\' && peek(lexer, 1) && peek(lexer, 1) != '\n')
			lexer->at++;
	}
	broken(lexer, lexer->line,
	       mark == '"' ? "a string does not end on its line: add `\"'"
			   : "a string does not end on its line: add `''");
}

static bool in_word(char c)
{
	return c && !strchr(" #\"'\t\n\r={}()+,*", c);
}

static void take_word(struct lexer *lexer, struct token *token)
{
	token->text = lexer->text + lexer->at;
	if (names_variable(lexer))
		return;
	while (in_word(peek(lexer, 0)))
		lexer->at++;
	token->len = (size_t)(lexer->text + lexer->at - token->text);
}

/* libConfuse would skip it without a word. */
static void skip_stray(struct lexer *lexer)
{
	problem_add(lexer->problems, lexer->line,
		    "stray `%c': take it out, or put the value into quotes", peek(lexer, 0));
	lexer_blank(lexer, lexer->at, lexer->at + 1);
	lexer->at++;
}

struct token lexer_next(struct lexer *lexer)
{
	struct token token = {.kind = TOKEN_END};
	char c;

	skip_blanks(lexer);
	while ((c = peek(lexer, 0)) == '*' || (c == '+' && peek(lexer, 1) != '=')) {
		skip_stray(lexer);
		skip_blanks(lexer);
	}
	token.start = lexer->at;
	token.line = lexer->line;
	if (c == '"' || c == '\'') {
		token.kind = TOKEN_WORD;
		take_string(lexer, &token);
	} else if (in_word(c)) {
		token.kind = TOKEN_WORD;
		take_word(lexer, &token);
	} else if (c) {
		token.kind = c;
		lexer->at += c == '+' ? 2 : 1;
	}
	if (lexer->broken)
		token.kind = TOKEN_END;
	token.end = lexer->at;
	return token;
}
