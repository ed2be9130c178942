// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/mman.h>
#include <unistd.h>

#include "cli.h"
#include "import_postfix.h"
#include "text.h"
#include "../base/escape.h"
#include "../base/file.h"

static void say(struct import *import, const char *path, unsigned line, const char *format,
		va_list args)
{
	char shown[TEXT_CELL];

	fputs(escape_bytes(shown, sizeof(shown), path, strlen(path)), import->say);
	if (line)
		fprintf(import->say, ":%u", line);
	fputs(": ", import->say);
	vfprintf(import->say, format, args);
	fputc('\n', import->say);
}

void import_say(struct import *import, unsigned line, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	say(import, import->cf.path, line, format, args);
	va_end(args);
}

void import_say_of(struct import *import, const char *path, unsigned line, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	say(import, path, line, format, args);
	va_end(args);
}

void import_keep(struct import *import, struct name_list *names, const char *text)
{
	char **item;

	for (size_t i = 0; i < names->count; i++)
		if (!strcasecmp(names->item[i], text))
			return;
	item = realloc(names->item, (names->count + 1) * sizeof(*item));
	if (item)
		names->item = item;
	if (!item || !(item[names->count] = strdup(text)))
		import->out_of_memory = true;
	else
		names->count++;
}

static void names_drop(struct name_list *names)
{
	for (size_t i = 0; i < names->count; i++)
		free(names->item[i]);
	free(names->item);
}

/* Out: all texts have been read by their option's own parser, and have no byte to be escaped. */

static void print_names(FILE *out, const char *option, const struct name_list *names)
{
	if (!names->count)
		return;
	fprintf(out, "\n%s = {\n", option);
	for (size_t i = 0; i < names->count; i++)
		fprintf(out, "\t\"%s\",\n", names->item[i]);
	fputs("}\n", out);
}

static void print_allow(FILE *out, const struct import *import)
{
	char text[ADDR_TEXT];

	if (!import->allow_count)
		return;
	fputs("\n# mynetworks, and what postscreen_access_list permits.\nallow = {\n", out);
	for (size_t i = 0; i < import->allow_count; i++)
		fprintf(out, "\t\"%s\",\n", prefix_format(text, &import->allow[i]));
	fputs("}\n", out);
}

static void print_all(FILE *out, const struct import *import)
{
	char shown[TEXT_CELL];

	fprintf(out,
		"# What `mxdpctl import-postfix' made of %s. Every option that is not here has "
		"its\n"
		"# default; the sample mxdp.conf explains them all.\n\n"
		"mode = monitor\n",
		escape_bytes(shown, sizeof(shown), import->cf.path, strlen(import->cf.path)));
	print_names(out, "our_names", &import->our_names);
	print_names(out, "our_domains", &import->our_domains);
	print_allow(out, import);
	if (import->sites.count)
		fputs("\n# postscreen_dnsbl_sites; postscreen_dnsbl_threshold became 10 points. "
		      "What "
		      "has 10 convicts\n# alone. Customers' keys stand here, if at all: keep the "
		      "file "
		      "from being read by others.",
		      out);
	print_names(out, "dnsbl_sites", &import->sites);
}

/* The configuration that came out must be one: else this program is to blame, and says so. */
static bool is_good(struct import *import, const char *text, size_t len)
{
	int fd = memfd_create("import-postfix", MFD_CLOEXEC);
	struct config config;
	char path[64], *error = NULL;
	bool good;

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	good = fd >= 0 && write(fd, text, len) == (ssize_t)len &&
	       config_load(&config, &error, path);
	if (good)
		config_free(&config);
	else
		import_say(import, 0, "what came of it is no good configuration: %s",
			   error ? error : "out of memory");
	free(error);
	if (fd >= 0)
		close(fd);
	return good;
}

static bool print_checked(FILE *out, struct import *import)
{
	char *text = NULL;
	size_t len = 0;
	FILE *memory = open_memstream(&text, &len);
	bool good = false;

	if (memory) {
		print_all(memory, import);
		good = !fclose(memory) && is_good(import, text, len) &&
		       fwrite(text, 1, len, out) == len;
	}
	free(text);
	return good;
}

static char *directory_of(const char *path)
{
	const char *slash = strrchr(path, '/');

	if (!slash)
		return strdup(".");
	return strndup(path, slash > path ? (size_t)(slash - path) : 1);
}

static bool import_all(FILE *out, struct import *import, char *text)
{
	if (!postfix_parse(import, text))
		return false;
	import_names(import);
	import_nets(import);
	import_sites(import);
	import_tell_others(import);
	if (import->out_of_memory)
		return false;
	if (import->our_names.count || import->our_domains.count || import->sites.count ||
	    import->allow_count)
		return print_checked(out, import);
	import_say(import, 0, "nothing in it is of use to mxdp: is this a main.cf?");
	return false;
}

bool import_text(FILE *out, FILE *messages, const char *path, char *text, size_t len, bool files)
{
	struct import import = {
		.cf = {.path = path, .dir = directory_of(path), .files = files},
		.say = messages,
	};
	bool good = false;

	import.out_of_memory = !import.cf.dir;
	if (strlen(text) < len)
		import_say(&import, 0, "a zero byte: this is no text file; check the path");
	else if (!import.out_of_memory)
		good = import_all(out, &import, text);
	if (import.out_of_memory)
		import_say(&import, 0, "out of memory");
	names_drop(&import.our_names);
	names_drop(&import.our_domains);
	names_drop(&import.sites);
	free(import.allow);
	free(import.denied);
	postfix_free(&import.cf);
	return good;
}

int cmd_import_postfix(int argc, char **argv)
{
	static const struct option words[] = {CLI_WORDS};
	char shown[TEXT_CELL], *text = NULL;
	size_t len;
	int err;
	bool good;

	/* Tests call this as often as they like. */
	optind = 0;
	if (cli_next(argc, argv, ":", words) != -1)
		return CLI_USAGE;
	if (argc - optind != 1)
		return cli_misused("name one main.cf");
	err = file_read(&text, &len, argv[optind], POSTFIX_FILE_MAX);
	if (err)
		return cli_failed("%s: %s: name Postfix's main.cf",
				  text_clean(shown, sizeof(shown), argv[optind]), strerror(-err));
	good = import_text(stdout, stderr, argv[optind], text, len, true);
	free(text);
	if (good && fflush(stdout))
		return cli_failed("cannot write: %s", strerror(errno));
	return good ? CLI_DONE : CLI_FAILED;
}
