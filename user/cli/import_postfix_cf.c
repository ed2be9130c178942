// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "import_postfix.h"
#include "../base/file.h"
#include "../config/problems.h"

#define BLANKS " \t\r\n\v\f"

/* Postfix's defaults that are the same on every machine; those of other parameters are told. */
static const struct {
	const char *name;
	const char *value;
} defaults[] = {
	{"alias_database", "hash:/etc/aliases"},
	{"compatibility_level", "0"},
	{"data_directory", "/var/lib/postfix"},
	{"inet_interfaces", "all"},
	{"mail_name", "Postfix"},
	{"mydestination", "$myhostname, localhost.$mydomain, localhost"},
	{"myorigin", "$myhostname"},
	{"postscreen_access_list", "permit_mynetworks"},
	{"postscreen_dnsbl_action", "ignore"},
	{"postscreen_dnsbl_allowlist_threshold", "${postscreen_dnsbl_whitelist_threshold?"
						 "{$postscreen_dnsbl_whitelist_threshold}:{0}}"},
	{"postscreen_dnsbl_threshold", "1"},
	{"process_id_directory", "pid"},
	{"queue_directory", "/var/spool/postfix"},
	{"relay_domains", "${{$compatibility_level} <level {2} ? {$mydestination} : {}}"},
	{"virtual_alias_maps", "$virtual_maps"},
};

/* Words that are parameters of Postfix, empty unless set. */
static const char *const empty[] = {
	"mynetworks",
	"permit_mx_backup_networks",
	"postscreen_dnsbl_sites",
	"postscreen_dnsbl_whitelist_threshold",
	"proxy_interfaces",
	"relay_recipient_maps",
	"relayhost",
	"smtpd_client_restrictions",
	"smtpd_recipient_restrictions",
	"virtual_alias_domains",
	"virtual_mailbox_domains",
	"virtual_mailbox_maps",
	"virtual_maps",
};

char *text_trim(char *text)
{
	size_t len;

	text += strspn(text, BLANKS);
	len = strlen(text);
	while (len && strchr(BLANKS, text[len - 1]))
		len--;
	text[len] = '\0';
	return text;
}

/* Cuts one physical line off. */
static char *physical_next(struct logical *text)
{
	char *line = text->at, *end;

	if (!line || !*line)
		return NULL;
	end = strchr(line, '\n');
	text->at = end ? end + 1 : NULL;
	if (end)
		*end = '\0';
	text->line++;
	return line;
}

static bool says_nothing(const char *line)
{
	line += strspn(line, BLANKS);
	return !*line || *line == '#';
}

static bool continues(const char *line)
{
	return *line && strchr(BLANKS, *line) && !says_nothing(line);
}

/* Whether comments and blank lines alone stand between here and a line that continues. */
static bool continues_at(const char *at)
{
	while (at && *at) {
		const char *end = strchr(at, '\n');
		size_t blank = strspn(at, " \t\r\v\f");

		if (at[blank] && at[blank] != '\n' && at[blank] != '#')
			return blank > 0;
		at = end ? end + 1 : NULL;
	}
	return false;
}

char *logical_next(struct logical *text)
{
	char *line, *end;

	do
		line = physical_next(text);
	while (line && says_nothing(line));
	if (!line)
		return NULL;
	text->began = text->line;
	end = line + strlen(line);
	while (continues_at(text->at)) {
		char *more;
		size_t len;

		do
			more = physical_next(text);
		while (!continues(more));
		len = strlen(more);
		/* It stands behind the line: there is room, zeros between them included. */
		memmove(end, more, len + 1);
		end += len;
	}
	return line;
}

static bool add_parameter(struct postfix *cf, char *name, char *value, unsigned line)
{
	if (cf->count == cf->room) {
		size_t room = cf->room ? 2 * cf->room : 64;
		struct postfix_parameter *list = realloc(cf->list, room * sizeof(*list));

		if (!list)
			return false;
		cf->list = list;
		cf->room = room;
	}
	cf->list[cf->count++] = (struct postfix_parameter){name, value, line};
	return true;
}

bool postfix_parse(struct import *import, char *text)
{
	struct logical lines = {.at = text};
	char quoted[QUOTE_TEXT], *line;

	while ((line = logical_next(&lines))) {
		char *equal = strchr(line, '=');

		if (strchr(BLANKS, *line)) {
			import_say(import, lines.began,
				   "`%s' begins with blanks, and no line is before it: skipped, as "
				   "Postfix does",
				   quote_zone(quoted, line, strlen(line)));
			continue;
		}
		if (equal)
			*equal = '\0';
		line = text_trim(line);
		if (!equal || !*line) {
			import_say(import, lines.began,
				   "`%s' is no parameter with a value: Postfix would not start; is "
				   "this a main.cf?",
				   quote_zone(quoted, line, strlen(line)));
			return false;
		}
		if (!add_parameter(&import->cf, line, text_trim(equal + 1), lines.began)) {
			import->out_of_memory = true;
			return false;
		}
	}
	return true;
}

void postfix_free(struct postfix *cf)
{
	free(cf->list);
	free(cf->dir);
}

const struct postfix_parameter *postfix_find(const struct postfix *cf, const char *name)
{
	for (size_t i = cf->count; i--;)
		if (!strcmp(cf->list[i].name, name))
			return &cf->list[i];
	return NULL;
}

/* mydomain(5): "mx.example.net" -> "example.net"; NULL where only the machine knows. */
static const char *domain_of_host(const struct postfix *cf)
{
	const struct postfix_parameter *host = postfix_find(cf, "myhostname");
	const char *dot = host ? strchr(host->value, '.') : NULL;

	if (!host)
		return NULL;
	return dot ? dot + 1 : "localdomain";
}

const char *postfix_raw(const struct postfix *cf, const char *name)
{
	const struct postfix_parameter *parameter = postfix_find(cf, name);

	if (parameter)
		return parameter->value;
	if (!strcmp(name, "config_directory"))
		return cf->dir;
	if (!strcmp(name, "mydomain"))
		return domain_of_host(cf);
	for (size_t i = 0; i < sizeof(defaults) / sizeof(defaults[0]); i++)
		if (!strcmp(defaults[i].name, name))
			return defaults[i].value;
	for (size_t i = 0; i < sizeof(empty) / sizeof(empty[0]); i++)
		if (!strcmp(empty[i], name))
			return "";
	return NULL;
}

const char *postfix_word(const char **at, size_t *len)
{
	const char *word = *at + strspn(*at, "," BLANKS), *end = word;
	size_t depth = 0;

	for (; *end && (depth || !strchr("," BLANKS, *end)); end++) {
		depth += *end == '{';
		depth -= *end == '}' && depth;
	}
	*at = end;
	*len = (size_t)(end - word);
	return *len ? word : NULL;
}

char *postfix_place(struct import *import, const char *path)
{
	static const char usual[] = "/etc/postfix/";
	char *place = NULL;

	if (strncmp(path, usual, sizeof(usual) - 1) != 0)
		place = strdup(path);
	else if (asprintf(&place, "%s/%s", import->cf.dir, path + sizeof(usual) - 1) < 0)
		place = NULL;
	import->out_of_memory |= !place;
	return place;
}

char *postfix_file(struct import *import, unsigned line, const char *place)
{
	char quoted[QUOTE_TEXT], *text = NULL;
	size_t len = 0;
	int err = -EPERM;

	if (import->cf.files)
		err = file_read(&text, &len, place, POSTFIX_FILE_MAX);
	if (err)
		import_say(import, line, "the file `%s' is not carried over: %s",
			   quote(quoted, place, strlen(place)), strerror(-err));
	return text;
}
