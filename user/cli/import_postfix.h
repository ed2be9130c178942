/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * import-postfix: a mxdp configuration out of Postfix's main.cf. The file may come from another
 * machine: nothing is asked of an installed Postfix, and what the file leaves to Postfix's defaults
 * or to the machine is not guessed, but told.
 *
 *   main.cf -> logical lines -> parameters -> $names expanded -> sites, networks, names -> text
 *
 * import_postfix_cf.c and _expand.c read main.cf as postconf(5) says; _sites.c, _nets.c, _names.c
 * take out what mxdp has a use for; import_postfix.c prints it, and checks what it printed. What
 * cannot be carried over is told on standard error, a line each, with FILE:LINE. A customer's key
 * in front of a list's zone stands in what is printed, and in no message.
 */
#ifndef MXDP_CLI_IMPORT_POSTFIX_H
#define MXDP_CLI_IMPORT_POSTFIX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include "../base/addr.h"
#include "../config/config.h"

#define POSTFIX_FILE_MAX (1U << 20)
#define POSTFIX_WHY      192
#define POSTFIX_NAME     64

struct postfix_parameter {
	char *name;
	char *value;   /* as written, on one line */
	unsigned line; /* where it begins */
};

/* main.cf; a parameter that is given twice stands here twice, and the last one counts. */
struct postfix {
	const char *path;
	char *dir;  /* what $config_directory is, unless the file says otherwise */
	bool files; /* whether files that it names are read too */
	size_t count, room;
	struct postfix_parameter *list;
};

struct import {
	struct postfix cf;
	FILE *say;                                      /* messages */
	struct name_list our_names, our_domains, sites; /* texts for the configuration */
	size_t allow_count, allow_room;
	struct prefix *allow;
	size_t denied_count, denied_room;
	struct prefix
		*denied; /* networks that the access list has decided about without a permit */
	bool out_of_memory;
};

/* import_postfix.c */
/* All of it on text that is in memory: what came out on `out`. False where nothing did. */
bool import_text(FILE *out, FILE *say, const char *path, char *text, size_t len, bool files);
/*
 * The same in steps. import_read() changes the text, which must live as long as the rest is used;
 * false, with a message, where it is no main.cf. import_free() is due in either case.
 */
bool import_read(struct import *import, FILE *say, const char *path, char *text, size_t len,
		 bool files);
void import_print(FILE *out, const struct import *import);
void import_free(struct import *import);
/* "MAIN.CF:LINE: ..."; a line of 0 is left out. */
void import_say(struct import *import, unsigned line, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
void import_say_of(struct import *import, const char *path, unsigned line, const char *format, ...)
	__attribute__((format(printf, 4, 5)));
/* A copy at the end, unless it is there already (without case). */
void import_keep(struct import *import, struct name_list *names, const char *text);

/* import_postfix_cf.c */
/*
 * The next logical line (postconf(5), cidr_table(5)): comments and blank lines left out, lines that
 * begin with blanks joined to the one before. Changes the text; NULL at its end.
 */
struct logical {
	char *at;       /* what is still to be read */
	unsigned line;  /* of `at` */
	unsigned began; /* where the line that was returned begins */
};
char *logical_next(struct logical *text);
/* Blanks at both ends cut; what is before the first of `separators` and what is behind it. */
char *text_trim(char *text);

/* The parameters of the text; false with a message where Postfix would not start. */
bool postfix_parse(struct import *import, char *text);
void postfix_free(struct postfix *cf);
/* The last one of that name; NULL where the file does not set it. */
const struct postfix_parameter *postfix_find(const struct postfix *cf, const char *name);
/* As written, or Postfix's default where that does not depend on the machine; or NULL. */
const char *postfix_raw(const struct postfix *cf, const char *name);

/* A word of a list (separated by commas and blanks, but not inside of { }); its end, or NULL. */
const char *postfix_word(const char **at, size_t *len);
/*
 * Where a file that main.cf names is read, allocated: what it names in /etc/postfix has come along
 * with it, if main.cf is not there itself.
 */
char *postfix_place(struct import *import, const char *path);
/* The text of the file in such a place, allocated; NULL with a message. */
char *postfix_file(struct import *import, unsigned line, const char *place);

/* import_postfix_expand.c */
/*
 * With $names replaced, allocated; NULL with `why`. `unset` is the first name that stands for
 * nothing because its value is not known, or "".
 */
char *postfix_expand(const struct postfix *cf, const char *text, char why[POSTFIX_WHY],
		     char unset[POSTFIX_NAME]);
/* The same of a parameter's value, "" where it is not set; NULL with a message. */
char *postfix_value(struct import *import, const char *name);

/* The rest: each takes its part out of import->cf. */
void import_sites(struct import *import);
void import_nets(struct import *import);
void import_names(struct import *import);
void import_tell_others(struct import *import);

#endif
