// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "cli.h"
#include "import_postfix.h"
#include "read_config.h"
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

void import_print(FILE *out, const struct import *import)
{
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

static void print_all(FILE *out, const struct import *import)
{
	char shown[TEXT_CELL];

	fprintf(out,
		"# What `mxdpctl import-postfix' made of %s. Every option that is not here has "
		"its\n"
		"# default; the sample mxdp.conf explains them all.\n\n"
		"mode = monitor\n",
		escape_bytes(shown, sizeof(shown), import->cf.path, strlen(import->cf.path)));
	import_print(out, import);
}

/* What came out must be a configuration: else this program is to blame, and says so. */
static bool is_good(struct import *import, const char *text, size_t len)
{
	char *error = NULL;
	bool good = cli_config_is_good(text, len, &error);

	if (!good)
		import_say(import, 0, "what came of it is no good configuration: %s",
			   error ? error : "out of memory");
	free(error);
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

static bool read_parameters(struct import *import, char *text)
{
	if (!postfix_parse(import, text))
		return false;
	import_names(import);
	import_nets(import);
	import_sites(import);
	import_tell_others(import);
	return !import->out_of_memory;
}

bool import_read(struct import *import, FILE *messages, const char *path, char *text, size_t len,
		 bool files)
{
	bool good = false;

	memset(import, 0, sizeof(*import));
	import->cf.path = path;
	import->cf.dir = directory_of(path);
	import->cf.files = files;
	import->say = messages;
	import->out_of_memory = !import->cf.dir;
	if (strlen(text) < len)
		import_say(import, 0, "a zero byte: this is no text file; check the path");
	else if (!import->out_of_memory)
		good = read_parameters(import, text);
	if (import->out_of_memory)
		import_say(import, 0, "out of memory");
	return good;
}

void import_free(struct import *import)
{
	names_drop(&import->our_names);
	names_drop(&import->our_domains);
	names_drop(&import->sites);
	free(import->allow);
	free(import->denied);
	postfix_free(&import->cf);
}

static bool print_what_came(FILE *out, struct import *import)
{
	if (import->our_names.count || import->our_domains.count || import->sites.count ||
	    import->allow_count)
		return print_checked(out, import);
	import_say(import, 0, "nothing in it is of use to mxdp: is this a main.cf?");
	return false;
}

bool import_text(FILE *out, FILE *messages, const char *path, char *text, size_t len, bool files)
{
	struct import import;
	bool good = import_read(&import, messages, path, text, len, files) &&
		    print_what_came(out, &import);

	import_free(&import);
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
