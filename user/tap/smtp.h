/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * SMTP line by line (RFC 5321 4.1 and 4.2): a command's verb and argument, a reply's code. Pure,
 * and kind to hostile bytes: lines are bytes and a length, without their line end.
 */
#ifndef MXDP_TAP_SMTP_H
#define MXDP_TAP_SMTP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* X(NAME, word, must be the last of a pipelined group: RFC 2920 3.1, 3207, 4954) */
#define SMTP_VERBS(X)                 \
	X(HELO, "HELO", true)         \
	X(EHLO, "EHLO", true)         \
	X(LHLO, "LHLO", true)         \
	X(MAIL, "MAIL", false)        \
	X(RCPT, "RCPT", false)        \
	X(DATA, "DATA", true)         \
	X(BDAT, "BDAT", false)        \
	X(RSET, "RSET", false)        \
	X(NOOP, "NOOP", true)         \
	X(QUIT, "QUIT", true)         \
	X(VRFY, "VRFY", true)         \
	X(EXPN, "EXPN", true)         \
	X(HELP, "HELP", false)        \
	X(STARTTLS, "STARTTLS", true) \
	X(AUTH, "AUTH", true)         \
	X(XCLIENT, "XCLIENT", true)   \
	X(XFORWARD, "XFORWARD", false)

enum smtp_verb {
	SMTP_OTHER, /* no verb of the table */
#define X(name, word, last) SMTP_##name,
	SMTP_VERBS(X)
#undef X
};

struct smtp_command {
	enum smtp_verb verb;
	const uint8_t *argument; /* behind the verb and blanks; trailing blanks cut */
	size_t argument_len;
};

struct smtp_command smtp_command_parse(const uint8_t *line, size_t len);

/* Whether the client must wait for the reply to this verb before it sends the next command. */
bool smtp_verb_ends_group(enum smtp_verb verb);

/* "MAIL"; "unknown command" for SMTP_OTHER. */
const char *smtp_verb_name(enum smtp_verb verb);

struct smtp_reply {
	int code;  /* 200-599 */
	bool last; /* not "250-" */
	const uint8_t *text;
	size_t text_len;
};

/* False where the line is no reply line. */
bool smtp_reply_parse(struct smtp_reply *out, const uint8_t *line, size_t len);

/* Whether `line` begins with `word` (ASCII, without case), at its end or followed by a blank. */
bool smtp_word(const uint8_t *line, size_t len, const char *word);

/*
 * The path of MAIL FROM:<path> or RCPT TO:<path>, without the brackets and parameters; false where
 * there is none. `keyword` is "FROM" or "TO".
 */
bool smtp_path(const uint8_t **path, size_t *path_len, const struct smtp_command *command,
	       const char *keyword);

/* What opens a connection that is not SMTP at all. */
enum smtp_opening {
	OPENING_UNDECIDED, /* more bytes are needed */
	OPENING_SMTP,      /* nothing known to be foreign */
	OPENING_HTTP,
	OPENING_SSH,
	OPENING_RDP,
	OPENING_SOCKS,
	OPENING_TLS,
	OPENING_PROXY, /* PROXY protocol v1 or v2: a proxy of ours, not an offender */
};

enum smtp_opening smtp_opening_of(const uint8_t *data, size_t len);
const char *smtp_opening_name(enum smtp_opening opening);

#endif
