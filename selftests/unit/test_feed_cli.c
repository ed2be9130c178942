// SPDX-License-Identifier: GPL-2.0-or-later
/* parse-feed as a person calls it: words, standard output, standard error, exit codes. */
#include <fcntl.h>
#include <jansson.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include <cmocka.h>

#include "../../user/cli/cli.h"

static char list_path[] = "/tmp/mxdp-list-XXXXXX", config_path[] = "/tmp/mxdp-conf-XXXXXX";
static char out[65536], err[262144];

static void write_file(const char *path, const char *text)
{
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	assert_true(fputs(text, file) != EOF);
	assert_int_equal(fclose(file), 0);
}

static int swap_fd(int fd, int with)
{
	int saved = dup(fd);

	assert_true(saved >= 0 && dup2(with, fd) == fd);
	return saved;
}

static void take_back(int fd, int saved, int memory, char *text, size_t size)
{
	ssize_t got;

	assert_true(dup2(saved, fd) == fd);
	close(saved);
	got = pread(memory, text, size - 1, 0);
	assert_true(got >= 0 && (size_t)got < size - 1);
	text[got] = '\0';
	close(memory);
}

/* `words` ends in NULL; standard input is the list. Returns the exit code. */
static int parse_feed(const char *const *words)
{
	int in = open(list_path, O_RDONLY), o = memfd_create("out", 0), e = memfd_create("err", 0);
	int saved_in, saved_out, saved_err, argc = 1, code;
	char *argv[16] = {"parse-feed"};

	for (; *words; words++)
		argv[argc++] = (char *)*words;
	assert_true(in >= 0 && o >= 0 && e >= 0);
	fflush(stdout);
	saved_in = swap_fd(STDIN_FILENO, in);
	saved_out = swap_fd(STDOUT_FILENO, o);
	saved_err = swap_fd(STDERR_FILENO, e);
	optind = 0;
	cli.json = false;
	cli.config = NULL;
	code = cmd_parse_feed(argc, argv);
	fflush(stdout);
	dup2(saved_in, STDIN_FILENO);
	close(saved_in);
	close(in);
	take_back(STDOUT_FILENO, saved_out, o, out, sizeof(out));
	take_back(STDERR_FILENO, saved_err, e, err, sizeof(err));
	return code;
}

#define PARSE_FEED(...) parse_feed((const char *const[]){__VA_ARGS__, NULL})

static void expect(int code, int wanted, const char *set, const char *said)
{
	if (code != wanted || strcmp(out, set) != 0 || !strstr(err, said))
		fail_msg("exit %d, not %d; printed:\n%s\nsaid:\n%s", code, wanted, out, err);
}

static void a_list_is_printed(void **state)
{
	char said[128];

	(void)state;
	write_file(list_path, "192.0.2.1\n2001:db8::/33\n10.0.0.0/9\nfoo\x1b\n192.0.2.0\n");
	expect(PARSE_FEED("--format", "cidr", list_path), 0,
	       "10.0.0.0/9\n192.0.2.0/31\n2001:db8::/33\n", "");
	snprintf(said, sizeof(said), "%s:4: `foo\\x1b' is neither", list_path);
	assert_int_equal(strncmp(err, said, strlen(said)), 0);
	expect(PARSE_FEED("--format=cidr", "-"), 0, "10.0.0.0/9\n192.0.2.0/31\n2001:db8::/33\n",
	       "stdin:4: ");
	expect(PARSE_FEED(list_path), 0, "10.0.0.0/9\n192.0.2.0/31\n2001:db8::/33\n",
	       ": taken for cidr\n");
}

static void objects_are_printed(void **state)
{
	json_t *object;
	char *second;

	(void)state;
	write_file(list_path, "192.0.2.0/24\nx\n");
	assert_int_equal(PARSE_FEED("--json", "--format", "cidr", list_path), 0);
	second = strchr(out, '\n');
	assert_non_null(second);
	*second++ = '\0';
	assert_string_equal(out, "{\"cidr\":\"192.0.2.0/24\"}");
	object = json_loads(second, 0, NULL);
	assert_non_null(object);
	assert_string_equal(json_string_value(json_object_get(object, "type")), "metadata");
	assert_string_equal(json_string_value(json_object_get(object, "format")), "cidr");
	assert_int_equal(json_integer_value(json_object_get(object, "lines")), 2);
	assert_int_equal(json_integer_value(json_object_get(object, "used")), 1);
	assert_int_equal(json_integer_value(json_object_get(object, "unusable")), 1);
	assert_int_equal(json_integer_value(json_object_get(object, "records")), 1);
	json_decref(object);
	/* It is a list itself. */
	second[-1] = '\n';
	write_file(list_path, out);
	expect(PARSE_FEED(list_path), 0, "192.0.2.0/24\n", "taken for spamhaus-json");
}

static void never_blocked_networks_go(void **state)
{
	(void)state;
	write_file(config_path, "allow = {\"192.0.2.0/25\"}\ntrusted_relays = {\"198.51.100.7\"}\n"
				"our_public_addresses = {\"198.51.100.4\"}\n"
				"protect = {\"2001:db8:25::/48\"}\n");
	write_file(list_path, "10.0.0.0/8\n127.0.0.2\n192.0.2.0/24\n198.51.100.4/30\nfe80::/10\n"
			      "2001:db8:24::/47\n::1\n");
	expect(PARSE_FEED("--format", "cidr", "--effective", "--config", config_path, list_path), 0,
	       "192.0.2.128/25\n198.51.100.5\n198.51.100.6\n2001:db8:24::/48\n", "");
	/* An IPv6 network around ::ffff:0:0/96 must not come to mean all of IPv4. */
	write_file(list_path, "::fffe:0:0-::1:0:0:0\n");
	expect(PARSE_FEED("--format", "cidr", "--effective", "--config", config_path, list_path), 0,
	       "::fffe:0:0/96\n::1:0:0:0\n", "");
	write_file(list_path, "10.0.0.0/8\n");
	expect(PARSE_FEED("--format", "cidr", "--effective", "--config", config_path, list_path), 0,
	       "", "all that it lists is never blocked");
	write_file(config_path, "allow = {\"192.0.2.0/33\"}\n");
	expect(PARSE_FEED("--format", "cidr", "--effective", "--config", config_path, list_path), 1,
	       "", config_path);
}

static void what_holds_no_list_fails(void **state)
{
	(void)state;
	write_file(list_path, "");
	expect(PARSE_FEED(list_path), 1, "", ": empty");
	write_file(list_path, "<html>\n192.0.2.1\n");
	expect(PARSE_FEED("--format", "cidr", list_path), 1, "", ": an HTML page");
	write_file(list_path, "a\nb\n");
	expect(PARSE_FEED("--format", "cidr", list_path), 1, "", ": no line of it can be used");
	write_file(list_path, "# nobody today\n");
	expect(PARSE_FEED("--format", "cidr", list_path), 1, "", ": it holds no entry");
	/* It was read, and says: nobody. */
	write_file(list_path, "!192.0.2.1\n");
	expect(PARSE_FEED("--format", "rbldnsd-ip4set", list_path), 0, "",
	       ": it excepts all that it lists");
	expect(PARSE_FEED("/nonexistent/list"), 1, "", "/nonexistent/list: No such file");
	expect(PARSE_FEED("/"), 1, "", "/: Is a directory");
}

static void a_flood_of_reasons_is_cut(void **state)
{
	char *list = malloc(4 * 1002 + 16);

	(void)state;
	assert_non_null(list);
	for (size_t i = 0; i < 1002; i++)
		strcpy(list + 4 * i, "bad\n");
	strcpy(list + 4 * 1002, "192.0.2.1\n");
	write_file(list_path, list);
	expect(PARSE_FEED("--format", "cidr", "-"), 0, "192.0.2.1\n", "stdin:1000: ");
	assert_null(strstr(err, "stdin:1001: "));
	assert_non_null(strstr(err, "stdin: ... and 2 more\n"));
	free(list);
}

static void wrong_words_are_told(void **state)
{
	(void)state;
	expect(PARSE_FEED("--format", "cidrs", list_path), 2, "", "did you mean `cidr'?");
	expect(PARSE_FEED("--format", "cidr"), 2, "", "name one file");
	expect(PARSE_FEED("a", "b"), 2, "", "name one file");
	expect(PARSE_FEED("--formt", "cidr", list_path), 2, "", "there is no option `--formt'");
	expect(PARSE_FEED(list_path, "--format"), 2, "", "wants a value");
}

static int make_files(void **state)
{
	int list = mkstemp(list_path), config = mkstemp(config_path);

	(void)state;
	return list < 0 || config < 0 || close(list) || close(config);
}

static int remove_files(void **state)
{
	(void)state;
	return unlink(list_path) || unlink(config_path);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_list_is_printed),
		cmocka_unit_test(objects_are_printed),
		cmocka_unit_test(never_blocked_networks_go),
		cmocka_unit_test(what_holds_no_list_fails),
		cmocka_unit_test(a_flood_of_reasons_is_cut),
		cmocka_unit_test(wrong_words_are_told),
	};

	return cmocka_run_group_tests(tests, make_files, remove_files);
}
