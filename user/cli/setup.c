// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli.h"
#include "read_config.h"
#include "setup.h"
#include "text.h"
#include "../base/file.h"

struct wishes {
	bool write, force;
	const char *file;
};

bool setup_look(struct setup_facts *facts)
{
	memset(facts, 0, sizeof(*facts));
	setup_look_at_system(facts);
	setup_look_at_links(facts);
	setup_look_at_listeners(facts);
	return setup_look_at_mail(facts);
}

void setup_free(struct setup_facts *facts)
{
	import_free(&facts->import);
	free(facts->mail_text);
	free(facts->said);
}

/* NULL, and it has said so, where no good text came of it. */
static char *propose(const struct setup_facts *facts, size_t *len)
{
	char *text = NULL, *error = NULL;
	FILE *memory = open_memstream(&text, len);

	if (!memory) {
		cli_failed("out of memory");
		return NULL;
	}
	setup_propose(memory, facts);
	if (!fclose(memory) && cli_config_is_good(text, *len, &error))
		return text;
	cli_failed("what came of it is no good configuration: %s", error ? error : "out of memory");
	free(error);
	free(text);
	return NULL;
}

/* The directory of the default path may be missing; one that somebody named is his to make. */
static int make_directory(const char *path)
{
	char copy[PATH_MAX];

	if (strcmp(path, CONFIG_DEFAULT_PATH) != 0)
		return 0;
	snprintf(copy, sizeof(copy), "%s", path);
	return mkdir(dirname(copy), 0755) && errno != EEXIST ? -errno : 0;
}

/* Whole or not at all: written beside its place, then put there; link(2) spares what is there. */
static int put_file(const char *path, const char *text, size_t len, bool force)
{
	char fresh[PATH_MAX];
	int err = make_directory(path), fd;

	if (err)
		return err;
	if ((size_t)snprintf(fresh, sizeof(fresh), "%s.XXXXXX", path) >= sizeof(fresh))
		return -ENAMETOOLONG;
	fd = mkostemp(fresh, O_CLOEXEC);
	if (fd < 0)
		return -errno;
	err = file_write(fd, text, len);
	/* Lists may have brought a customer's key: not for everybody, as the sample is not. */
	if (!err && (fchmod(fd, 0640) || fsync(fd)))
		err = -errno;
	if (!err && (force ? rename(fresh, path) : link(fresh, path)))
		err = -errno;
	close(fd);
	if (err || !force)
		unlink(fresh);
	return err;
}

static int write_proposal(const struct wishes *wishes, const char *text, size_t len)
{
	char shown[TEXT_QUOTE];
	int err = put_file(wishes->file, text, len, wishes->force);

	text_quote(shown, wishes->file);
	if (err == -EEXIST)
		return cli_failed("%s is there already: look at what setup prints without --write, "
				  "or replace it by --force",
				  shown);
	if (err)
		return cli_failed("cannot write %s: %s", shown, strerror(-err));
	fprintf(stderr, "%s is written.\n", shown);
	return CLI_DONE;
}

static int print_facts(const struct setup_facts *facts, const char *text)
{
	json_t *object = setup_json(facts);
	bool good = object && !json_object_set_new(object, "proposal", json_string(text)) &&
		    text_json(stdout, object);

	json_decref(object);
	return good ? CLI_DONE : cli_failed("cannot write the facts");
}

static int show(const struct setup_facts *facts, const struct wishes *wishes)
{
	size_t len;
	char *text = propose(facts, &len);
	int code = text ? CLI_DONE : CLI_FAILED;

	if (text && wishes->write)
		code = write_proposal(wishes, text, len);
	if (text && code == CLI_DONE && cli.json)
		code = print_facts(facts, text);
	else if (text && !wishes->write && fwrite(text, 1, len, stdout) != len)
		code = cli_failed("cannot write: %s", strerror(errno));
	free(text);
	if (code != CLI_DONE || cli.json)
		return code;
	fflush(stdout);
	setup_tell(stderr, facts);
	setup_tell_next(stderr, facts, wishes->write ? wishes->file : NULL);
	return code;
}

int cmd_setup(int argc, char **argv)
{
	static const struct option words[] = {
		{"write", no_argument, NULL, 'w'},
		{"force", no_argument, NULL, 'f'},
		CLI_WORDS,
	};
	static struct setup_facts facts;
	struct wishes wishes = {0};
	int c, code;

	while ((c = cli_next(argc, argv, ":", words)) != -1) {
		if (c != 'w' && c != 'f')
			return CLI_USAGE;
		wishes.write |= c == 'w';
		wishes.force |= c == 'f';
	}
	if (argc - optind > wishes.write)
		return cli_misused(wishes.write ? "one file at a time"
						: "a file is named behind --write");
	if (wishes.force && !wishes.write)
		return cli_misused("--force is for --write");
	wishes.file = optind < argc ? argv[optind] : cli_config();
	code = setup_look(&facts) ? show(&facts, &wishes) : cli_failed("out of memory");
	setup_free(&facts);
	return code;
}
