// SPDX-License-Identifier: GPL-2.0-or-later
/* feeds sync NAME -: standard input, piece by piece, to the agent. */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "../control/protocol.h"
#include "ask.h"
#include "cli.h"
#include "feeds.h"
#include "text.h"

/* As much as there is, up to a piece; 0 at the end. */
static ssize_t read_piece(unsigned char bytes[CONTROL_PIECE])
{
	size_t len = 0;

	while (len < CONTROL_PIECE) {
		ssize_t got = read(STDIN_FILENO, bytes + len, CONTROL_PIECE - len);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return cli_failed("cannot read standard input: %s", strerror(errno)), -1;
		if (!got)
			break;
		len += (size_t)got;
	}
	return (ssize_t)len;
}

static json_t *hex_of(const unsigned char *bytes, size_t len)
{
	static const char digits[] = "0123456789abcdef";
	static char text[2 * CONTROL_PIECE];

	for (size_t i = 0; i < len; i++) {
		text[2 * i] = digits[bytes[i] >> 4];
		text[2 * i + 1] = digits[bytes[i] & 15];
	}
	return json_stringn(text, 2 * len);
}

static int begin(const char *name, json_int_t *upload)
{
	const struct ask_field fields[] = {{"bring", name}, {0}};
	struct question question = {.request = ask_request("feeds", fields)};
	json_t *closing;
	int code = ask(&question, &closing);

	if (code != CLI_DONE)
		return code;
	*upload = field_number(closing, "upload", 0);
	json_decref(closing);
	return CLI_DONE;
}

static int send_piece(const char *name, json_int_t upload, const unsigned char *bytes, size_t len)
{
	struct question question = {
		.request = json_pack("{s:s, s:s, s:I, s:o}", "verb", "feeds", "bring", name,
				     "upload", upload, "data", hex_of(bytes, len)),
		.patience = ASK_CHANGE,
	};

	return ask(&question, NULL);
}

int feeds_bring(const char *name, json_int_t *upload)
{
	static unsigned char bytes[CONTROL_PIECE];
	int code = begin(name, upload);
	ssize_t len = 1;

	while (code == CLI_DONE && len) {
		len = read_piece(bytes);
		if (len < 0)
			return CLI_FAILED;
		if (len)
			code = send_piece(name, *upload, bytes, (size_t)len);
	}
	return code;
}
