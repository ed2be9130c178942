// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * mxdpctl without an agent: words in, text out. And what it makes of an agent that hangs up, talks
 * nonsense or says nothing: one thread that plays a script on a socket.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <errno.h>
#include <pthread.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>
#include <cmocka.h>

#include "../../user/cli/ask.h"
#include "../../user/cli/cli.h"
#include "../../user/cli/entries.h"
#include "../../user/cli/event.h"
#include "../../user/cli/fates_show.h"
#include "../../user/cli/lines.h"
#include "../../user/cli/table.h"
#include "../../user/cli/text.h"
#include "../../user/control/protocol.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* What is written to descriptor `fd` meanwhile, in memory. */
struct capture {
	int fd, saved, file;
	char text[65536];
};

static void capture_begin(struct capture *c, int fd)
{
	fflush(NULL);
	c->fd = fd;
	c->saved = dup(fd);
	c->file = memfd_create("capture", 0);
	assert_true(c->saved >= 0 && c->file >= 0 && dup2(c->file, fd) == fd);
}

static const char *capture_end(struct capture *c)
{
	ssize_t len;

	fflush(NULL);
	dup2(c->saved, c->fd);
	len = pread(c->file, c->text, sizeof(c->text) - 1, 0);
	c->text[len > 0 ? len : 0] = '\0';
	close(c->saved);
	close(c->file);
	return c->text;
}

/* Text */

static void bytes_are_cleaned(void **state)
{
	static const struct {
		const char *in, *out;
	} cases[] = {
		{"", ""},
		{"plain", "plain"},
		{"\x1b[2J", "\\x1b[2J"},
		{"a\nb\tc", "a\\x0ab\\x09c"},
		{"back\\x0a", "back\\x0a"}, /* evidence comes escaped: not once more */
		{"\x7f\xc2\x9b", "\\x7f\\xc2\\x9b"},
	};
	char out[64], quoted[TEXT_QUOTE], small[8], long_text[300];

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++)
		assert_string_equal(text_clean(out, sizeof(out), cases[i].in), cases[i].out);
	assert_string_equal(text_clean(small, sizeof(small), "1234567"), "1234567");
	assert_string_equal(text_clean(small, sizeof(small), "12345678"), "1234...");
	assert_string_equal(text_clean(small, sizeof(small), "\x01\x01"), "\\x01...");
	assert_string_equal(text_quote(quoted, "a\rb"), "`a\\x0db'");
	memset(long_text, 'x', sizeof(long_text) - 1);
	long_text[sizeof(long_text) - 1] = '\0';
	text_quote(quoted, long_text);
	assert_int_equal(strlen(quoted), TEXT_QUOTE - 1);
	assert_string_equal(quoted + strlen(quoted) - 5, "x...'");
}

static void json_is_ascii(void **state)
{
	json_t *object = json_pack("{s:s}", "k", "\x1b\x7f\xc2\x9b\x7f");
	struct capture c;

	(void)state;
	capture_begin(&c, 1);
	assert_true(text_json(stdout, object));
	assert_string_equal(capture_end(&c), "{\"k\":\"\\u001B\\u007f\\u009B\\u007f\"}\n");
	json_decref(object);
}

static void fields_of_another_shape(void **state)
{
	json_t *object = json_pack("{s:s, s:f, s:f, s:I, s:n}", "text", "x", "huge", 1e300, "real",
				   12.9, "int", (json_int_t)7, "null");

	(void)state;
	assert_string_equal(field_text(object, "text"), "x");
	assert_null(field_text(object, "int"));
	assert_null(field_text(object, "missing"));
	assert_null(field_text(NULL, "text"));
	assert_int_equal(field_number(object, "int", -1), 7);
	assert_int_equal(field_number(object, "real", -1), 12);
	assert_int_equal(field_number(object, "huge", -1), -1);
	assert_int_equal(field_number(object, "text", -1), -1);
	assert_int_equal(field_number(object, "null", -1), -1);
	assert_int_equal(field_number(NULL, "int", -1), -1);
	json_decref(object);
}

/* Lines and entries */

static FILE *file_of(const char *bytes, size_t len)
{
	FILE *file = tmpfile();

	assert_non_null(file);
	assert_int_equal(fwrite(bytes, 1, len, file), len);
	rewind(file);
	return file;
}

static void lines_are_bounded(void **state)
{
	static char text[3 * LINES_TEXT];
	struct lines lines = {0};

	(void)state;
	memset(text, 'x', sizeof(text));
	memcpy(text, "one\r\n\na\0b\n", 10);
	text[10 + LINES_TEXT] = '\n';                      /* fits exactly */
	text[10 + LINES_TEXT + 1 + LINES_TEXT + 1] = '\n'; /* one too many */
	lines.file = file_of(text, 10 + LINES_TEXT + 1 + LINES_TEXT + 2 + 3);
	assert_true(lines_next(&lines));
	assert_string_equal(lines.text, "one");
	assert_true(lines_next(&lines));
	assert_int_equal(lines.len, 0);
	assert_true(lines_next(&lines));
	assert_int_equal(lines.len, 3);
	assert_memory_equal(lines.text, "a\0b", 4);
	assert_true(lines_next(&lines));
	assert_int_equal(lines.len, LINES_TEXT);
	assert_false(lines.cut);
	assert_true(lines_next(&lines));
	assert_int_equal(lines.len, LINES_TEXT);
	assert_true(lines.cut);
	assert_true(lines_next(&lines));
	assert_string_equal(lines.text, "xxx"); /* the last one needs no line end */
	assert_int_equal(lines.number, 6);
	assert_false(lines_next(&lines));
	fclose(lines.file);
}

static int read_entries(struct entries *entries, char **argv, const char *in, size_t len,
			struct capture *said)
{
	FILE *file = file_of(in, len);
	int argc = 0, code;

	while (argv[argc])
		argc++;
	optind = 1;
	capture_begin(said, 2);
	code = entries_read(entries, argc, argv, file);
	capture_end(said);
	fclose(file);
	return code;
}

#define ENTRIES(entries, in, said, ...) \
	read_entries(entries, (char *[]){"block", __VA_ARGS__, NULL}, in, sizeof(in) - 1, said)

static const char *entry_at(const struct entries *entries, size_t i)
{
	return json_string_value(json_array_get(entries->list, i));
}

static void entries_from_words_and_lines(void **state)
{
	struct entries entries;
	struct capture said;

	(void)state;
	assert_int_equal(ENTRIES(&entries,
				 "# head\n\n 198.51.100.7 # a comment\r\n\t2001:0db8::/32\n"
				 "::ffff:192.0.2.1",
				 &said, "203.0.113.0/24", "-", "192.0.2.9"),
			 CLI_DONE);
	assert_string_equal(said.text, "");
	assert_int_equal(entries.count, 5);
	assert_int_equal(json_array_size(entries.list), 5);
	assert_string_equal(entry_at(&entries, 0), "203.0.113.0/24");
	assert_string_equal(entry_at(&entries, 1), "198.51.100.7");
	assert_string_equal(entry_at(&entries, 2), "2001:db8::/32");
	assert_string_equal(entry_at(&entries, 3), "192.0.2.1");
	assert_string_equal(entry_at(&entries, 4), "192.0.2.9");
	assert_int_equal(entries_line(&entries, "2001:db8::/32"), 4);
	assert_int_equal(entries_line(&entries, "192.0.2.9"), 0);
	assert_int_equal(entries_line(&entries, "192.0.2.77"), 0);
	entries_free(&entries);
}

static void one_bad_entry_spoils_the_lot(void **state)
{
	struct entries entries;
	struct capture said;

	(void)state;
	assert_int_equal(ENTRIES(&entries, "192.0.2.1\nmx.example\x1b\n192.0.2.1/24\na\0b\n", &said,
				 "-"),
			 CLI_FAILED);
	assert_non_null(strstr(said.text, "stdin:2: `mx.example\\x1b' is neither"));
	assert_non_null(strstr(said.text, "stdin:3: `192.0.2.1/24' has bits set behind its length: "
					  "write 192.0.2.0/24 for the network, or 192.0.2.1"));
	assert_non_null(strstr(said.text, "stdin:4: "));
	assert_non_null(strstr(said.text, "nothing was changed"));
	entries_free(&entries);
	assert_int_equal(ENTRIES(&entries, "", &said, "192.0.2.256", "192.0.2.1"), CLI_USAGE);
	assert_non_null(strstr(said.text, "`192.0.2.256'"));
	entries_free(&entries);
	assert_int_equal(ENTRIES(&entries, "\n# none\n", &said, "-"), CLI_DONE);
	assert_int_equal(entries.count, 0);
	assert_non_null(strstr(said.text, "holds no entry"));
	entries_free(&entries);
}

static void entries_are_bounded(void **state)
{
	size_t size = 8 * (CONTROL_ENTRIES_MAX + 1);
	char *text = malloc(size + 1), *words[] = {"block", "-", NULL};
	struct entries entries;
	struct capture said;

	(void)state;
	assert_non_null(text);
	for (size_t i = 0; i <= CONTROL_ENTRIES_MAX; i++)
		memcpy(text + 8 * i, "1.2.3.4\n", 8);
	assert_int_equal(read_entries(&entries, words, text, size - 8, &said), CLI_DONE);
	assert_int_equal(entries.count, CONTROL_ENTRIES_MAX);
	entries_free(&entries);
	assert_int_equal(read_entries(&entries, words, text, size, &said), CLI_FAILED);
	assert_non_null(strstr(said.text, "more than 100000 entries"));
	entries_free(&entries);
	free(text);
}

static void many_mistakes_are_counted(void **state)
{
	static const char bad[] =
		"x\nx\nx\nx\nx\nx\nx\nx\nx\nx\nx\nx\nx\nx\nx\nx\nx\nx\nx\nx\nx\nx\n";
	struct entries entries;
	struct capture said;

	(void)state;
	assert_int_equal(ENTRIES(&entries, bad, &said, "-"), CLI_FAILED);
	assert_non_null(strstr(said.text, "stdin:20: "));
	assert_null(strstr(said.text, "stdin:21: "));
	assert_non_null(strstr(said.text, "and 2 more"));
	entries_free(&entries);
}

static void reasons_why_not(void **state)
{
	static const struct {
		const char *text, *why;
	} cases[] = {
		{"::1/129", "`::1/129': the length behind the slash goes from 0 to 128"},
		{"192.0.2.0/33", "`192.0.2.0/33': the length behind the slash goes from 0 to 32"},
		{"192.0.2.0/", "`192.0.2.0/': the length behind the slash goes from 0 to 32"},
		{"192.0.2.0/2 4", "`192.0.2.0/2 4': the length behind the slash goes from 0 to 32"},
		{"2001:db8::1/32",
		 "`2001:db8::1/32' has bits set behind its length: write "
		 "2001:db8::/32 for the network, or 2001:db8::1 for the one address"},
		{"/24", "`/24' is neither an IP address nor a network such as 192.0.2.0/24"},
	};
	char why[ENTRY_WHY];

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++)
		assert_string_equal(entry_why(why, cases[i].text), cases[i].why);
}

/* Words of the command line */

static const struct option test_words[] = {
	{"for", required_argument, NULL, 'f'},
	{"yes", no_argument, NULL, 'y'},
	CLI_WORDS,
};

static int read_words(char **argv, struct capture *said)
{
	int argc = 0, c, last = -1;

	while (argv[argc])
		argc++;
	optind = 0;
	capture_begin(said, 2);
	while ((c = cli_next(argc, argv, ":yn:", test_words)) != -1) {
		last = c;
		if (c == '?')
			break;
	}
	capture_end(said);
	return last;
}

#define READ_WORDS(said, ...) read_words((char *[]){"verb", __VA_ARGS__, NULL}, said)

static void shared_words_stand_anywhere(void **state)
{
	struct cli before = cli;
	struct capture said;

	(void)state;
	assert_int_equal(READ_WORDS(&said, "192.0.2.1", "--json", "--socket", "/s", "--for", "-5",
				    "--pin-dir=/p", "--color", "never", "--config", "c", "-"),
			 'f');
	assert_string_equal(said.text, "");
	assert_true(cli.json);
	assert_string_equal(cli.socket, "/s");
	assert_string_equal(cli.pin_dir, "/p");
	assert_string_equal(cli_config(), "c");
	assert_int_equal(cli.color, COLOR_NEVER);
	cli = before;
}

static void wrong_words_are_quoted(void **state)
{
	struct cli before = cli;
	struct capture said;

	(void)state;
	assert_int_equal(READ_WORDS(&said, "--nons\x1b"), '?');
	assert_string_equal(said.text, "mxdpctl: there is no option `--nons\\x1b'\n");
	assert_int_equal(READ_WORDS(&said, "--for"), '?');
	assert_string_equal(said.text, "mxdpctl: `--for' wants a value\n");
	assert_int_equal(READ_WORDS(&said, "-yn"), '?');
	assert_string_equal(said.text, "mxdpctl: `-n' wants a value\n");
	assert_int_equal(READ_WORDS(&said, "-yx"), '?');
	assert_string_equal(said.text, "mxdpctl: there is no option `-x'\n");
	assert_int_equal(READ_WORDS(&said, "--yes=1"), '?');
	assert_string_equal(said.text, "mxdpctl: `--yes=1': this option takes no value\n");
	assert_int_equal(READ_WORDS(&said, "--color", "alway"), '?');
	assert_non_null(strstr(said.text, "`alway' is unknown: did you mean `always'?"));
	cli = before;
}

static void values_are_checked(void **state)
{
	struct capture said;
	unsigned n = 99;

	(void)state;
	assert_true(cli_number(&n, "0", 10) && n == 0);
	assert_true(cli_number(&n, "10", 10) && n == 10);
	assert_false(cli_number(&n, "11", 10) || cli_number(&n, "", 10) ||
		     cli_number(&n, "-1", 10) || cli_number(&n, "1x", 10) ||
		     cli_number(&n, "18446744073709551617", 10));
	capture_begin(&said, 2);
	assert_true(cli_span_is_good("--for", "1h30m", false));
	assert_true(cli_span_is_good("--for", "forever", true));
	assert_false(cli_span_is_good("--since", "forever", false));
	assert_false(cli_span_is_good("--for", "banana", true));
	assert_true(cli_cause_is_good("--by", "manual"));
	assert_true(cli_cause_is_good("--by", "helo-our-name"));
	assert_false(cli_cause_is_good("--by", "helo-our-nam"));
	assert_true(cli_reason_is_good("M\xc3\xbcll"));
	assert_false(cli_reason_is_good("M\xfcll"));
	capture_end(&said);
	assert_non_null(strstr(said.text, "--for: `banana' is no span of time"));
	assert_non_null(strstr(said.text, "did you mean `helo-our-name'?"));
	assert_non_null(strstr(said.text, "`M\\xfcll' is no UTF-8 text"));
}

/* What is shown */

static const char *show_event(char out[EVENT_TEXT], const char *json)
{
	json_t *event = json_loads(json, 0, NULL);

	assert_non_null(event);
	event_line(out, event);
	json_decref(event);
	return out;
}

static void events_are_lines(void **state)
{
	static const struct {
		const char *json, *line;
	} cases[] = {
		{"{\"time\": \"2026-01-31T12:00:00Z\", \"event\": \"verdict\", \"client\": "
		 "\"198.51.100.7:41234\", \"ports\": \"mx\", \"verdict\": \"block\", \"action\": "
		 "\"drop\", \"ttl\": 1800, \"blocked\": \"198.51.100.7\", \"enforced\": true, "
		 "\"findings\": [{\"id\": \"helo-our-address\", \"points\": 10, \"detail\": "
		 "\"[203.0.113.25]\"}, {\"id\": \"bare-lf\", \"points\": 2, \"detail\": \"\"}]}",
		 "2026-01-31 12:00:00  198.51.100.7:41234       block 198.51.100.7 on mx for 30m, "
		 "drop: helo-our-address (10) [203.0.113.25]; bare-lf (2)"},
		{"{\"event\": \"verdict\", \"verdict\": \"block\", \"enforced\": false, "
		 "\"why_not\": \"monitor mode\", \"blocked\": \"192.0.2.1\", \"ports\": \"mx\", "
		 "\"ttl\": 600, \"action\": \"reset\"}",
		 "-                    -                        would block (monitor mode) "
		 "192.0.2.1 on mx for 10m, reset"},
		{"{\"event\": \"session\", \"client\": \"c\", \"helo\": [\"EHLO a\", \"HELO b\"], "
		 "\"mail_from\": [\"x@y\"], \"rcpt\": 1, \"starttls\": true, \"outcome\": "
		 "\"accepted 1 message\", \"score\": 3, \"seconds\": 1.25, \"partial\": true}",
		 "-                    c                        session EHLO a, HELO b from x@y to "
		 "1 "
		 "recipient, TLS, accepted 1 message, score 3, 1.2 s, not all of it was seen"},
		{"{\"event\": \"note\", \"text\": \"an\\u001besc\"}",
		 "-                    -                        note: an\\x1besc"},
		{"{\"event\": \"new\", \"x\": [1, {\"y\": null}], \"z\": \"\\n\"}",
		 "-                    -                        new x=[1,{\"y\":null}] z=\\x0a"},
		{"{}", "-                    -                        event without a name"},
	};
	char line[EVENT_TEXT];

	(void)state;
	setenv("TZ", "UTC", 1);
	tzset();
	for (size_t i = 0; i < COUNT(cases); i++)
		assert_string_equal(show_event(line, cases[i].json), cases[i].line);
}

static void events_are_bounded(void **state)
{
	char line[EVENT_TEXT], *text = malloc(100001);
	json_t *event;

	(void)state;
	assert_non_null(text);
	memset(text, '\x01', 100000);
	text[100000] = '\0';
	event = json_pack("{s:s, s:s, s:s, s:[s,s]}", "event", "session", "client", text, "outcome",
			  text, "helo", text, text);
	assert_non_null(event);
	event_line(line, event);
	assert_true(strlen(line) < EVENT_TEXT);
	for (const char *c = line; *c; c++)
		assert_true(*c >= 0x20 && *c < 0x7f);
	json_decref(event);
	free(text);
}

static const struct column columns[] = {{"NAME", false}, {"N", true}, {"WHY", false}};

static void tables_line_up(void **state)
{
	const char *first[] = {"a longer name", "7", "because"};
	const char *second[] = {"b\x1b", "1234", NULL};
	struct capture out;
	struct table t;

	(void)state;
	capture_begin(&out, 1);
	table_begin(&t, columns, COUNT(columns));
	assert_true(table_row(&t, 2, PAINT_NONE, first));
	assert_true(table_row(&t, 1, PAINT_NONE, second));
	table_end(&t);
	assert_string_equal(capture_end(&out), "NAME              N  WHY\n"
					       "b\\x1b          1234  -\n"
					       "a longer name     7  because\n");
	capture_begin(&out, 1);
	table_begin(&t, columns, COUNT(columns));
	table_end(&t);
	assert_string_equal(capture_end(&out), "");
}

/* Beyond what is held back rows come as they are, and nothing is kept of them. */
static void large_tables_stream(void **state)
{
	const char *cells[] = {"x", "1", "y"};
	struct capture out;
	struct table t;

	(void)state;
	capture_begin(&out, 1);
	table_begin(&t, columns, COUNT(columns));
	for (uint64_t i = 0; i < TABLE_HELD + 5; i++) {
		assert_true(table_row(&t, TABLE_HELD - i, PAINT_NONE, cells));
		assert_true(t.held < TABLE_HELD);
	}
	assert_int_equal(t.held, 0);
	table_end(&t);
	capture_end(&out);
	assert_int_equal(t.total, TABLE_HELD + 5);
}

static void counters_are_grouped(void **state)
{
	json_t *fates = json_pack("{s:i, s:i, s:i, s:i, s:s}", "syn-dropped", 12, "syn-clean", 3,
				  "syn-reset", 0, "from-the-future", 4, "not-mail", "no number");
	struct capture out;

	(void)state;
	capture_begin(&out, 1);
	fates_show(fates);
	fates_show(NULL);
	assert_string_equal(capture_end(&out),
			    "\nstopped\n            12  SYN dropped\n"
			    "\nconnection attempts let through\n"
			    "             3  SYN from a source without a verdict\n"
			    "\nother traffic\n             4  from-the-future\n");
	json_decref(fates);
}

/* Agents */

struct agent {
	char dir[32], path[64];
	int listener;
	pthread_t thread;
	const char *answer;
	size_t len;
	bool silent;         /* hang up only when the client has */
	char request[65536]; /* what was asked, its first line */
};

static void *play_agent(void *context)
{
	struct agent *a = context;
	int fd = accept(a->listener, NULL, NULL);
	size_t len = 0;
	ssize_t n;
	char byte;

	while (fd >= 0 && len < sizeof(a->request) - 1 && !memchr(a->request, '\n', len) &&
	       (n = read(fd, a->request + len, sizeof(a->request) - 1 - len)) > 0)
		len += (size_t)n;
	for (size_t sent = 0; sent < a->len; sent += (size_t)n) {
		n = send(fd, a->answer + sent, a->len - sent, MSG_NOSIGNAL);
		if (n <= 0)
			break;
	}
	while (a->silent && read(fd, &byte, 1) > 0)
		;
	close(fd);
	return NULL;
}

static void agent_begin(struct agent *a, const char *answer, size_t len)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};

	*a = (struct agent){.dir = "/tmp/test_cli.XXXXXX", .answer = answer, .len = len};
	assert_non_null(mkdtemp(a->dir));
	snprintf(a->path, sizeof(a->path), "%s/sock", a->dir);
	strcpy(address.sun_path, a->path);
	a->listener = socket(AF_UNIX, SOCK_STREAM, 0);
	assert_int_equal(bind(a->listener, (struct sockaddr *)&address, sizeof(address)), 0);
	assert_int_equal(listen(a->listener, 1), 0);
}

static void agent_end(struct agent *a)
{
	pthread_join(a->thread, NULL);
	close(a->listener);
	unlink(a->path);
	rmdir(a->dir);
}

static int count_data(const json_t *data, void *count)
{
	(void)data;
	++*(int *)count;
	return 0;
}

/* Asks once; what came of it. */
static int ask_once(struct agent *a, unsigned patience, int *count, json_t **closing, char *error,
		    size_t size)
{
	json_t *request = json_pack("{s:s}", "verb", "list");
	struct client client;
	int err;

	*count = 0;
	assert_int_equal(pthread_create(&a->thread, NULL, play_agent, a), 0);
	assert_int_equal(client_open(&client, a->path, error, size), 0);
	if (patience)
		client_set_patience(&client, patience);
	err = client_ask(&client, request, count_data, count, closing, error, size);
	client_close(&client);
	json_decref(request);
	agent_end(a);
	return err;
}

static void answers_are_taken(void **state)
{
	static const char answer[] =
		"{\"addr\": \"ok\"}\n{\"ok\": 7}\n{\"ok\": true, \"done\": 2}\n";
	json_t *closing = NULL;
	struct agent a;
	char error[ASK_ERROR];
	int count;

	(void)state;
	agent_begin(&a, answer, strlen(answer));
	assert_int_equal(ask_once(&a, 0, &count, &closing, error, sizeof(error)), 0);
	assert_int_equal(count, 2);
	assert_int_equal(field_number(closing, "done", 0), 2);
	assert_string_equal(a.request, "{\"verb\":\"list\"}\n");
	json_decref(closing);
}

static void nonsense_ends_the_talk(void **state)
{
	static const struct {
		const char *answer;
		int err, data;
		const char *says;
	} cases[] = {
		{"", -EPIPE, 0, "hung up without an answer"},
		{"{}\n{}\n{\"ok\": true}", -EPIPE, 2, "hung up amid its answer"},
		{"\x1b[2Jhello\n", -EPROTO, 0, "it said `\\x1b[2Jhello'"},
		{"[]\n", -EPROTO, 0, "no mxdpd"},
		{"{}\nnull\n", -EPROTO, 1, "no mxdpd"},
		{"\n", -EPROTO, 0, "no mxdpd"},
	};
	char error[ASK_ERROR];

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		json_t *closing = NULL;
		struct agent a;
		int count;

		agent_begin(&a, cases[i].answer, strlen(cases[i].answer));
		assert_int_equal(ask_once(&a, 0, &count, &closing, error, sizeof(error)),
				 cases[i].err);
		assert_null(closing);
		assert_int_equal(count, cases[i].data);
		assert_non_null(strstr(error, cases[i].says));
	}
}

static void long_and_deep_lines_are_refused(void **state)
{
	char *text = malloc(CLIENT_LINE_MAX + 2), error[ASK_ERROR];
	json_t *closing = NULL;
	struct agent a;
	int count;

	(void)state;
	assert_non_null(text);
	memset(text, '[', CLIENT_LINE_MAX + 1);
	text[CLIENT_LINE_MAX - 1] = '\n';
	agent_begin(&a, text, CLIENT_LINE_MAX);
	assert_int_equal(ask_once(&a, 0, &count, &closing, error, sizeof(error)), -EPROTO);
	assert_non_null(strstr(error, "no mxdpd"));
	text[CLIENT_LINE_MAX - 1] = '[';
	agent_begin(&a, text, CLIENT_LINE_MAX + 1);
	assert_int_equal(ask_once(&a, 0, &count, &closing, error, sizeof(error)), -EPROTO);
	assert_non_null(strstr(error, "a line of more than"));
	free(text);
}

static void a_silent_agent_is_not_waited_for(void **state)
{
	char error[ASK_ERROR];
	json_t *closing = NULL;
	struct agent a;
	int count;

	(void)state;
	agent_begin(&a, "{}\n", 3);
	a.silent = true;
	assert_int_equal(ask_once(&a, 1, &count, &closing, error, sizeof(error)), -ETIMEDOUT);
	assert_int_equal(count, 1);
	assert_non_null(strstr(error, "has not answered for 1 seconds"));
}

static void nobody_is_there(void **state)
{
	char path[200], error[ASK_ERROR];
	struct client client;

	(void)state;
	assert_int_equal(client_open(&client, "/nowhere/x\x1b", error, sizeof(error)), -ENOENT);
	assert_string_equal(error, "no agent at /nowhere/x\\x1b");
	assert_int_equal(client_open(&client, "/dev/null/x", error, sizeof(error)), -ENOENT);
	memset(path, 'x', sizeof(path) - 1);
	path[sizeof(path) - 1] = '\0';
	assert_int_equal(client_open(&client, path, error, sizeof(error)), -ENAMETOOLONG);
}

static void refusals_name_their_line(void **state)
{
	static const char answer[] = "{\"ok\": false, \"errors\": [{\"entry\": \"192.0.2.2\", "
				     "\"error\": \"our own\\u001b\"}, {\"entry\": 7}]}\n";
	static const struct ask_field fields[] = {{"for", "2h"}, {"reason", NULL}, {0}};
	struct cli before = cli;
	struct entries entries;
	struct capture said;
	struct agent a;
	json_int_t done;
	int code;

	(void)state;
	assert_int_equal(ENTRIES(&entries, "# head\n192.0.2.1\n192.0.2.2\n", &said, "-"), CLI_DONE);
	agent_begin(&a, answer, strlen(answer));
	cli.socket = a.path;
	assert_int_equal(pthread_create(&a.thread, NULL, play_agent, &a), 0);
	capture_begin(&said, 2);
	code = entries_send(&entries, ask_request("block", fields), &done);
	capture_end(&said);
	agent_end(&a);
	assert_int_equal(code, CLI_FAILED);
	assert_string_equal(a.request, "{\"verb\":\"block\",\"for\":\"2h\",\"entries\":"
				       "[\"192.0.2.1\",\"192.0.2.2\"]}\n");
	assert_string_equal(said.text, "stdin:3: `192.0.2.2': our own\\x1b\n"
				       "mxdpctl: `?': refused\n"
				       "mxdpctl: nothing was changed\n");
	entries_free(&entries);
	cli = before;
}

/* judge */

static int judge(char **argv, struct capture *out)
{
	struct cli before = cli;
	int argc = 0, code;

	while (argv[argc])
		argc++;
	optind = 0;
	capture_begin(out, 1);
	code = cmd_judge(argc, argv);
	capture_end(out);
	cli = before;
	return code;
}

#define JUDGE(out, ...) judge((char *[]){"judge", "--config", "mxdp.conf", __VA_ARGS__, NULL}, out)

static void judge_says_what_it_found(void **state)
{
	struct capture out;

	(void)state;
	assert_int_equal(JUDGE(&out, "--client", "198.51.100.7", "--server", "203.0.113.25",
			       "--helo", "[203.0.113.25]", "--json"),
			 CLI_DONE);
	assert_string_equal(out.text, "{\"client\":\"198.51.100.7\",\"helo\":\"[203.0.113.25]\","
				      "\"findings\":[{\"id\":\"helo-our-address\",\"points\":10,"
				      "\"detail\":\"[203.0.113.25]\"}],\"score\":10,"
				      "\"verdict\":\"block\",\"ttl\":1800}\n");
	assert_int_equal(JUDGE(&out, "--client", "198.51.100.7", "--helo", "User"), CLI_DONE);
	assert_non_null(strstr(out.text, "watch  198.51.100.7  HELO User  score 6\n"));
	assert_int_equal(JUDGE(&out, "--client", "2001:db8::1", "--helo", "mail.example.org"),
			 CLI_DONE);
	assert_string_equal(out.text, "pass   2001:db8::1  HELO mail.example.org  score 0\n");
	assert_int_equal(JUDGE(&out, "--client", "198.51.100.7", "--helo", "a\x1b[2J"), CLI_DONE);
	assert_null(strchr(out.text, '\x1b'));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(bytes_are_cleaned),
		cmocka_unit_test(json_is_ascii),
		cmocka_unit_test(fields_of_another_shape),
		cmocka_unit_test(lines_are_bounded),
		cmocka_unit_test(entries_from_words_and_lines),
		cmocka_unit_test(one_bad_entry_spoils_the_lot),
		cmocka_unit_test(entries_are_bounded),
		cmocka_unit_test(many_mistakes_are_counted),
		cmocka_unit_test(reasons_why_not),
		cmocka_unit_test(shared_words_stand_anywhere),
		cmocka_unit_test(wrong_words_are_quoted),
		cmocka_unit_test(values_are_checked),
		cmocka_unit_test(events_are_lines),
		cmocka_unit_test(events_are_bounded),
		cmocka_unit_test(tables_line_up),
		cmocka_unit_test(large_tables_stream),
		cmocka_unit_test(counters_are_grouped),
		cmocka_unit_test(answers_are_taken),
		cmocka_unit_test(nonsense_ends_the_talk),
		cmocka_unit_test(long_and_deep_lines_are_refused),
		cmocka_unit_test(a_silent_agent_is_not_waited_for),
		cmocka_unit_test(nobody_is_there),
		cmocka_unit_test(refusals_name_their_line),
		cmocka_unit_test(judge_says_what_it_found),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
