// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * myhostname -> our_names; the domains that mail is taken for -> our_domains; and what else main.cf
 * says of clients, for which mxdp has another way or none.
 */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "import_postfix.h"
#include "../config/option.h"
#include "../config/problems.h"

static void tell_word(struct import *import, const char *path, unsigned line, const char *name,
		      const char *word, const char *why)
{
	char quoted[QUOTE_TEXT];

	import_say_of(import, path, line, "%s: `%s' is not carried over: %s", name,
		      quote(quoted, word, strlen(word)), why);
}

static void take_host_name(struct import *import)
{
	const struct postfix_parameter *parameter = postfix_find(&import->cf, "myhostname");
	const struct config_option *option = &options[OPTION_OUR_NAMES];
	char why[WHY_TEXT], *value;

	if (!parameter) {
		import_say(
			import, 0,
			"myhostname is not set: Postfix takes the machine's own name, which this "
			"file does not tell; write it into our_names");
		return;
	}
	value = postfix_value(import, "myhostname");
	if (value && option->parse(NULL, option, value, why))
		import_keep(import, &import->our_names, value);
	else if (value)
		import_say(import, parameter->line, "myhostname is not carried over: %s", why);
	free(value);
}

/* Nobody else writes from there. */
static bool is_local(const char *domain)
{
	return !strcasecmp(domain, "localhost") || !strncasecmp(domain, "localhost.", 10);
}

static void take_domain(struct import *import, const char *path, unsigned line, const char *name,
			const char *word)
{
	const struct config_option *option = &options[OPTION_OUR_DOMAINS];
	char why[WHY_TEXT];

	if (is_local(word))
		return;
	if (*word == '!' || *word == '.')
		tell_word(import, path, line, name, word,
			  "our_domains has neither exceptions nor whole trees of domains");
	else if (strchr(word, ':') || *word == '/')
		tell_word(import, path, line, name, word,
			  "tables are not read; write their domains into our_domains");
	else if (option->parse(NULL, option, word, why))
		import_keep(import, &import->our_domains, word);
	else
		import_say_of(import, path, line, "%s: not carried over: %s", name, why);
}

struct words {
	struct import *import;
	const char *path;
	unsigned line;
	const char *name;
};

static void each_domain(const struct words *words, const char *text);

static void take_domains_file(const struct words *words, const char *named)
{
	char *path = postfix_place(words->import, named), *line;
	char *text = path ? postfix_file(words->import, words->line, path) : NULL;
	struct logical lines = {.at = text};

	while ((line = logical_next(&lines))) {
		struct words inside = {words->import, path, lines.began, words->name};

		each_domain(&inside, line);
	}
	free(text);
	free(path);
}

static void each_domain(const struct words *words, const char *text)
{
	bool in_file = words->path != words->import->cf.path;
	const char *word;
	size_t len;

	while ((word = postfix_word(&text, &len))) {
		char *one = strndup(word, len);

		if (one && *one == '/' && !in_file)
			take_domains_file(words, one);
		else if (one)
			take_domain(words->import, words->path, words->line, words->name, one);
		words->import->out_of_memory |= !one;
		free(one);
	}
}

static void take_domains(struct import *import)
{
	static const char *const names[] = {"mydestination", "virtual_alias_domains",
					    "virtual_mailbox_domains", "relay_domains"};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		const struct postfix_parameter *parameter = postfix_find(&import->cf, names[i]);
		struct words words = {import, import->cf.path, parameter ? parameter->line : 0,
				      names[i]};
		char *value = parameter ? postfix_value(import, names[i]) : NULL;

		if (value)
			each_domain(&words, value);
		free(value);
	}
}

/* Where Postfix takes the domains out of a table instead: once set, the parameter is empty. */
static void tell_virtual(struct import *import)
{
	static const struct {
		const char *domains, *maps;
	} both[] = {
		{"virtual_alias_domains", "virtual_alias_maps"},
		{"virtual_mailbox_domains", "virtual_mailbox_maps"},
	};

	for (size_t i = 0; i < sizeof(both) / sizeof(both[0]); i++) {
		const struct postfix_parameter *maps = postfix_find(&import->cf, both[i].maps);

		if (maps && *maps->value && !postfix_find(&import->cf, both[i].domains))
			import_say(import, maps->line,
				   "%s is not set, so that its domains stand in the tables of %s, "
				   "which are not read: write them into our_domains",
				   both[i].domains, both[i].maps);
	}
}

void import_names(struct import *import)
{
	take_host_name(import);
	take_domains(import);
	tell_virtual(import);
}

/* Told where they are set. */
static const struct {
	const char *name;
	const char *why;
} others[] = {
	{"postscreen_blacklist_action",
	 "mxdp's configuration holds no blocks; use `mxdpctl block'"},
	{"postscreen_denylist_action", "mxdp's configuration holds no blocks; use `mxdpctl block'"},
	{"postscreen_dnsbl_max_ttl", "it is ttl_max in dns { }, where 1h is the default too"},
	{"postscreen_dnsbl_min_ttl", "it is ttl_min in dns { }, where 60s is the default too"},
	{"postscreen_dnsbl_reply_map", "mxdp answers nobody, and shows no keys"},
	{"postscreen_dnsbl_timeout", "it is timeout in dns { }, 5s by default"},
	{"postscreen_dnsbl_ttl", "a verdict lives as long as the list's answer says"},
	{"postscreen_upstream_proxy_protocol",
	 "mxdp sees the proxy, not the clients behind it: write its address into trusted_relays"},
	{"proxy_interfaces", "write its addresses into our_public_addresses"},
	{"smtpd_authorized_xclient_hosts", "write its addresses into trusted_relays"},
	{"smtpd_upstream_proxy_protocol",
	 "mxdp sees the proxy, not the clients behind it: write its address into trusted_relays"},
};

/* Words of restrictions that ask lists or tables about clients. */
static const struct {
	const char *word;
	const char *why;
} restrictions[] = {
	{"check_client_access", "what the table permits belongs into allow"},
	{"permit_dnswl_client", "Postfix goes on asking; mxdp asks it too once dnsbl_sites has it, "
				"with points below 0"},
	{"reject_rbl_client", "Postfix goes on asking; mxdp asks it too once dnsbl_sites has it"},
	{"reject_rhsbl_client", "mxdp asks lists of domains about HELO and sender only"},
	{"reject_rhsbl_helo", "Postfix goes on asking; mxdp asks it too in a section list \"ZONE\" "
			      "{ kind = rhsbl-helo }"},
	{"reject_rhsbl_sender", "Postfix goes on asking; mxdp asks it too in a section list "
				"\"ZONE\" { kind = rhsbl-sender }"},
};

static const char *why_restriction(const char *word)
{
	for (size_t i = 0; i < sizeof(restrictions) / sizeof(restrictions[0]); i++)
		if (!strcasecmp(word, restrictions[i].word))
			return restrictions[i].why;
	return NULL;
}

static void tell_restrictions(struct import *import, const char *name)
{
	const struct postfix_parameter *parameter = postfix_find(&import->cf, name);
	char *value = parameter ? postfix_value(import, name) : NULL;
	char word[64], argument[256], quoted[QUOTE_TEXT];
	const char *words = value, *at;
	size_t len;

	while (value && (at = postfix_word(&words, &len))) {
		const char *why;

		snprintf(word, sizeof(word), "%.*s", (int)(len < 64 ? len : 63), at);
		why = why_restriction(word);
		if (!why)
			continue;
		at = postfix_word(&words, &len);
		snprintf(argument, sizeof(argument), "%.*s", (int)(len < 256 ? len : 255),
			 at ? at : "");
		import_say(import, parameter->line, "%s: %s `%s' is not carried over: %s", name,
			   word, quote_zone(quoted, argument, strlen(argument)), why);
	}
	free(value);
}

void import_tell_others(struct import *import)
{
	static const char *const lists[] = {
		"smtpd_client_restrictions",    "smtpd_helo_restrictions",
		"smtpd_sender_restrictions",    "smtpd_relay_restrictions",
		"smtpd_recipient_restrictions", "smtpd_data_restrictions"};

	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		const struct postfix_parameter *parameter =
			postfix_find(&import->cf, others[i].name);

		if (parameter && *parameter->value)
			import_say(import, parameter->line, "%s is not carried over: %s",
				   others[i].name, others[i].why);
	}
	for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++)
		tell_restrictions(import, lists[i]);
}
