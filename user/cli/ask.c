// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "ask.h"
#include "cli.h"
#include "entries.h"
#include "text.h"

json_t *ask_request(const char *verb, const struct ask_field *fields)
{
	json_t *request = json_pack("{s:s}", "verb", verb);

	for (; request && fields && fields->key; fields++)
		if (fields->value)
			json_object_set_new(request, fields->key, json_string(fields->value));
	return request;
}

static void say_entry(const struct entries *entries, const json_t *bad)
{
	const char *entry = field_text(bad, "entry"), *error = field_text(bad, "error");
	char quoted[TEXT_QUOTE], why[TEXT_CELL];
	unsigned line = entries && entry ? entries_line(entries, entry) : 0;

	text_quote(quoted, entry ? entry : "?");
	text_clean(why, sizeof(why), error ? error : "refused");
	if (line)
		fprintf(stderr, "stdin:%u: %s: %s\n", line, quoted, why);
	else
		cli_failed("%s: %s", quoted, why);
}

/* {"ok": false, ...} */
static int say_refusal(const struct entries *entries, const json_t *closing)
{
	const json_t *errors = json_object_get(closing, "errors");
	const char *error = field_text(closing, "error");
	char why[TEXT_CELL];
	size_t count = json_array_size(errors);

	for (size_t i = 0; i < count && i < ASK_ERRORS; i++)
		say_entry(entries, json_array_get(errors, i));
	if (count > ASK_ERRORS)
		fprintf(stderr, "... and %zu more\n", count - ASK_ERRORS);
	if (count)
		return cli_failed("nothing was changed");
	return cli_failed("%s", text_clean(why, sizeof(why),
					   error ? error : "the agent refused without a reason"));
}

static int converse(struct client *client, const struct question *q, json_t **closing, char *error)
{
	int err = client_ask(client, q->request, q->data, q->context, closing, error, ASK_ERROR);

	if (err || !q->until_gone || !json_is_true(json_object_get(*closing, "ok")))
		return err;
	client_set_patience(client, ASK_CHANGE);
	if (!client_wait_end(client))
		return 0;
	json_decref(*closing);
	*closing = NULL;
	snprintf(error, ASK_ERROR, "the agent has promised to end, and has not in %u seconds",
		 client->patience);
	return -EBUSY;
}

static int say_failure(const struct question *q, const struct client *client, int err,
		       const char *error)
{
	/* Half an answer was given already: another one from elsewhere must not follow it. */
	bool absent = err == -ENOENT || (err == -ETIMEDOUT && !client->heard);

	if (err == -EPIPE && q->follow && client->heard)
		return cli_failed("the agent has hung up: nothing more will come");
	if (!absent)
		return cli_failed("%s", error);
	if (q->absence) {
		q->absence->absent = true;
		q->absence->hangs = err == -ETIMEDOUT;
		snprintf(q->absence->why, sizeof(q->absence->why), "%s", error);
		return CLI_FAILED;
	}
	if (err == -ENOENT)
		return cli_failed("the agent is not running (%s): start mxdpd, or name its socket "
				  "with --socket",
				  error);
	return cli_failed("%s", error);
}

int ask(const struct question *q, json_t **closing)
{
	char error[ASK_ERROR] = "";
	struct client client = {.fd = -1};
	json_t *last = NULL;
	int err, code = CLI_DONE;

	if (!q->request)
		return cli_failed("out of memory");
	err = client_open(&client, cli.socket, error, sizeof(error));
	if (!err && (q->follow || q->patience))
		client_set_patience(&client, q->follow ? 0 : q->patience);
	if (!err)
		err = converse(&client, q, &last, error);
	if (err == -ECANCELED)
		code = CLI_FAILED; /* the data function has said why */
	else if (err)
		code = say_failure(q, &client, err, error);
	else if (!json_is_true(json_object_get(last, "ok")))
		code = say_refusal(q->entries, last);
	if (code == CLI_DONE && closing) {
		*closing = last;
		last = NULL;
	}
	json_decref(last);
	json_decref(q->request);
	client_close(&client);
	return code;
}

int ask_to_change(const struct question *question, json_int_t *done)
{
	char note[TEXT_CELL];
	json_t *closing;
	int code = ask(question, &closing);

	if (code != CLI_DONE)
		return code;
	*done = field_number(closing, "done", 0);
	if (!cli.json && field_text(closing, "note"))
		fprintf(stderr, "%s\n",
			text_clean(note, sizeof(note), field_text(closing, "note")));
	if (cli.json && !text_json(stdout, closing))
		code = CLI_FAILED;
	json_decref(closing);
	return code;
}

int ask_print_json(const json_t *data, void *unused)
{
	(void)unused;
	return text_json(stdout, data) ? 0 : -1;
}
