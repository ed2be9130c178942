// SPDX-License-Identifier: GPL-2.0-or-later
/* The mail server's own words: Postfix's main.cf by import_postfix.h, Exim by asking it. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "setup.h"
#include "../base/file.h"
#include "../config/option.h"

#define ENVIRONMENT_MAX (64U << 10)

static bool host_name_is_good(const char *name)
{
	char why[WHY_TEXT];

	return *name &&
	       options[OPTION_OUR_NAMES].parse(NULL, &options[OPTION_OUR_NAMES], name, why);
}

/* An instance of its own directory has it in master's environment: postfix(1), -c. */
static void ask_environment(struct setup_facts *facts, int pid)
{
	static const char key[] = "MAIL_CONFIG=";
	char path[64], *text;
	size_t len;

	snprintf(path, sizeof(path), "/proc/%d/environ", pid);
	if (file_read(&text, &len, path, ENVIRONMENT_MAX))
		return;
	for (const char *at = text; at < text + len; at += strlen(at) + 1)
		if (!strncmp(at, key, strlen(key)) && at[strlen(key)] == '/' &&
		    strlen(at) < sizeof(facts->mail_path) - 16)
			snprintf(facts->mail_path, sizeof(facts->mail_path), "%.*s/main.cf",
				 SETUP_TEXT - 16, at + strlen(key));
	free(text);
}

static void find_main_cf(struct setup_facts *facts)
{
	const struct setup_listener *on25 = setup_listener_on(facts, 25);
	bool is_master = on25 && !strcmp(on25->process, "master");

	if (is_master)
		ask_environment(facts, on25->pid);
	/* What belongs to Exim or another is not told by a main.cf that was left behind. */
	if (!*facts->mail_path && (is_master || !on25 || !*on25->process) &&
	    !access("/etc/postfix/main.cf", R_OK))
		strcpy(facts->mail_path, "/etc/postfix/main.cf");
}

static void take_relayhost(struct setup_facts *facts)
{
	char *value = postfix_value(&facts->import, "relayhost");

	if (value)
		snprintf(facts->relayhost, sizeof(facts->relayhost), "%s", value);
	free(value);
}

static void read_main_cf(struct setup_facts *facts, FILE *said)
{
	size_t len;
	int err = file_read(&facts->mail_text, &len, facts->mail_path, POSTFIX_FILE_MAX);

	if (err) {
		fprintf(said, "%s: %s\n", facts->mail_path, strerror(-err));
		return;
	}
	if (import_read(&facts->import, said, facts->mail_path, facts->mail_text, len, true))
		take_relayhost(facts);
}

static void ask_exim(struct setup_facts *facts)
{
	static const char label[] = "primary_hostname = ";
	/* NOLINTNEXTLINE(cert-env33-c): all its words are ours, its PATH too */
	FILE *exim = popen("PATH=/usr/sbin:/usr/bin:/usr/local/sbin:/usr/exim/bin; "
			   "{ exim4 -bP primary_hostname || exim -bP primary_hostname; } "
			   "</dev/null 2>/dev/null",
			   "re");
	char line[SETUP_TEXT];

	while (exim && fgets(line, sizeof(line), exim)) {
		const char *name = line + strlen(label);

		line[strcspn(line, "\n")] = 0;
		if (!strncmp(line, label, strlen(label)) && host_name_is_good(name))
			snprintf(facts->exim_name, sizeof(facts->exim_name), "%s", name);
	}
	if (exim)
		pclose(exim);
}

static void take_host(struct setup_facts *facts)
{
	char name[SETUP_TEXT] = "";

	/* The same name that Postfix takes where main.cf has none. */
	if (!gethostname(name, sizeof(name) - 1) && strchr(name, '.') && host_name_is_good(name))
		memcpy(facts->host, name, sizeof(name));
}

bool setup_look_at_mail(struct setup_facts *facts)
{
	const struct setup_listener *on25 = setup_listener_on(facts, 25);
	size_t len;
	FILE *said = open_memstream(&facts->said, &len);

	if (!said)
		return false;
	take_host(facts);
	find_main_cf(facts);
	if (*facts->mail_path)
		read_main_cf(facts, said);
	if (on25 && !strncmp(on25->process, "exim", 4))
		ask_exim(facts);
	facts->import.say = NULL;
	return !fclose(said) && !facts->import.out_of_memory;
}
