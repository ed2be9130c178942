// SPDX-License-Identifier: GPL-2.0-or-later
/* Facts -> the text of a configuration. */
#include <string.h>
#include <strings.h>

#include "setup.h"
#include "text.h"
#include "../config/option.h"

#define LINE 100

const struct setup_listener *setup_listener_on(const struct setup_facts *facts, unsigned port)
{
	for (size_t i = 0; i < facts->listener_count; i++)
		if (facts->listener[i].port == port)
			return &facts->listener[i];
	return NULL;
}

static bool has_global(const struct setup_link *link)
{
	for (size_t i = 0; i < link->addr_count; i++)
		if (!addr_special(&link->addr[i]))
			return true;
	return false;
}

/* Whether somebody listens on an address of this link, as mail from outside would find it. */
static bool is_listened_on(const struct setup_facts *facts, const struct setup_link *link)
{
	bool outside = link->gateway || has_global(link);

	for (size_t i = 0; i < facts->listener_count; i++) {
		const struct setup_listener *one = &facts->listener[i];

		if (one->any && outside)
			return true;
		for (size_t k = 0; !one->any && k < link->addr_count; k++)
			if (addr_equal(&one->addr, &link->addr[k]))
				return true;
	}
	return !facts->listener_count && outside;
}

static bool may_guard(const struct setup_link *link)
{
	char why[WHY_TEXT];

	return link->up && !link->loopback &&
	       options[OPTION_INTERFACES].parse(NULL, &options[OPTION_INTERFACES], link->name, why);
}

/* A vlan's packets are seen at the link below it, in its driver. */
static size_t below(const struct setup_facts *facts, size_t i)
{
	for (size_t k = 0; !strcmp(facts->link[i].kind, "vlan") && k < facts->link_count; k++)
		if (facts->link[k].index == facts->link[i].lower && may_guard(&facts->link[k]))
			return k;
	return i;
}

size_t setup_guarded(const struct setup_facts *facts, size_t index[SETUP_LINKS])
{
	bool wanted[SETUP_LINKS] = {false};
	size_t count = 0;

	for (size_t i = 0; i < facts->link_count; i++)
		if (may_guard(&facts->link[i]) && is_listened_on(facts, &facts->link[i]))
			wanted[below(facts, i)] = true;
	for (size_t i = 0; i < facts->link_count; i++)
		if (wanted[i])
			index[count++] = i;
	return count;
}

static void print_link(FILE *out, const struct setup_facts *facts, const struct setup_link *link)
{
	char text[ADDR_TEXT], why[SETUP_TEXT], shown[TEXT_CELL];

	fprintf(out, "#   %s: ", link->name);
	fprintf(out, "%s", text_clean(shown, sizeof(shown), *link->driver ? link->driver : "?"));
	fprintf(out, ", MTU %u%s", link->mtu, link->gateway ? ", the default route" : "");
	for (size_t i = 0; i < link->addr_count; i++)
		fprintf(out, ", %s", addr_format(text, &link->addr[i]));
	if (setup_is_native(facts, link, why))
		fputs("\n#     XDP in its driver is to be expected\n", out);
	else
		fprintf(out,
			"\n#     XDP in generic mode, which is slower and otherwise the same: %s\n",
			text_clean(shown, sizeof(shown), why));
}

static void print_interfaces(FILE *out, const struct setup_facts *facts)
{
	size_t index[SETUP_LINKS], count = setup_guarded(facts, index);

	if (!count) {
		fputs("\n# No interface that mail would come in by was found: name it here.\n"
		      "#interfaces = {eth0}\n",
		      out);
		return;
	}
	fprintf(out, "\n# %s\n",
		facts->listener_count
			? "Mail comes in by these: their addresses are listened on."
			: "Nobody listens on a mail port yet; these have the addresses that the "
			  "world sees.");
	for (size_t i = 0; i < count; i++)
		print_link(out, facts, &facts->link[index[i]]);
	fputs("interfaces = {", out);
	for (size_t i = 0; i < count; i++)
		fprintf(out, "%s\"%s\"", i ? ", " : "", facts->link[index[i]].name);
	fputs("}\n", out);
}

static void print_name(FILE *out, const struct setup_facts *facts)
{
	const char *name = *facts->exim_name ? facts->exim_name : facts->host;

	if (facts->import.our_names.count)
		return;
	if (*name)
		fprintf(out,
			"\n# %s. A client that claims it as its own is convicted.\nour_names = "
			"{\"%s\"}\n",
			*facts->exim_name ? "Exim's primary_hostname" : "This host's own name",
			name);
	else
		fputs("\n# The host name in the mail server's banner was not found. A client that "
		      "claims it as its\n# own is convicted.\n#our_names = {mx.example.net}\n",
		      out);
}

static bool is_behind_nat(const struct setup_facts *facts)
{
	size_t index[SETUP_LINKS], count = setup_guarded(facts, index);

	for (size_t i = 0; i < facts->link_count; i++)
		if (facts->link[i].up && has_global(&facts->link[i]))
			return false;
	return count;
}

static void print_nat(FILE *out, const struct setup_facts *facts)
{
	if (is_behind_nat(facts))
		fputs("\n# This host has private addresses only, so that somebody translates them. "
		      "The addresses that\n# the internet knows it by: a client that claims one is "
		      "convicted.\n#our_public_addresses = {192.0.2.1}\n",
		      out);
}

/* "[192.0.2.1]:587" is an address; a name is not, and changes. */
static bool relay_addr(struct addr *out, const char *relayhost)
{
	char text[ADDR_TEXT];
	size_t len = strcspn(relayhost, "]");

	if (*relayhost != '[' || !relayhost[len] || len >= sizeof(text))
		return false;
	snprintf(text, sizeof(text), "%.*s", (int)len - 1, relayhost + 1);
	return addr_parse(out, strncasecmp(text, "ipv6:", 5) ? text : text + 5);
}

static void print_relays(FILE *out, const struct setup_facts *facts)
{
	char text[ADDR_TEXT];
	struct addr addr;

	if (relay_addr(&addr, facts->relayhost) && !addr_special(&addr))
		fprintf(out,
			"\n# relayhost, whose bounces come from it. Backup MXs, filters and load "
			"balancers that bring\n# other people's mail belong here too.\n"
			"trusted_relays = {\"%s\"}\n",
			addr_format(text, &addr));
	else
		fputs("\n# Backup MXs, filters and load balancers that bring other people's mail: "
		      "they are never blocked.\n#trusted_relays = {192.0.2.1}\n",
		      out);
}

static const struct setup_server *server_of_kind(const struct setup_facts *facts,
						 enum setup_resolver kind)
{
	for (size_t i = 0; i < facts->server_count; i++)
		if (facts->server[i].kind == kind)
			return &facts->server[i];
	return NULL;
}

static void print_dns(FILE *out, const struct setup_facts *facts)
{
	const struct setup_server *bad = server_of_kind(facts, SETUP_RESOLVER_PUBLIC),
				  *own = server_of_kind(facts, SETUP_RESOLVER_OWN);
	char text[ADDR_TEXT];

	if (!facts->import.sites.count)
		fputs("\n# DNS lists are asked, and told who your clients are, only once they are "
		      "named. Read their terms\n# first: `mxdpctl dnsbl --presets' and `mxdpctl "
		      "feeds --presets' show those that are known.\n"
		      "#list \"zen.spamhaus.org\" { }\n#list \"list.dnswl.org\" { }\n"
		      "#feed \"spamhaus-drop-v4\" { }\n#feed \"spamhaus-drop-v6\" { }\n",
		      out);
	if (bad)
		fprintf(out,
			"\n# The DNS: %s in /etc/resolv.conf is %s's, whom the big lists refuse. "
			"So mxdpd asks the\n# root and whom it points to, by itself, which is its "
			"default.\n",
			addr_format(text, &bad->addr), bad->whose);
	else if (own)
		fprintf(out,
			"\n# The DNS: mxdpd asks the root and whom it points to, by itself. If %s "
			"does the same and\n# does not forward to a provider, it can be shared:\n"
			"#dns { servers = {\"%s\"} }\n",
			addr_format(text, &own->addr), addr_format(text, &own->addr));
}

static void print_import(FILE *out, const struct setup_facts *facts)
{
	const struct import *import = &facts->import;
	char shown[TEXT_CELL];

	if (!import->our_names.count && !import->our_domains.count && !import->sites.count &&
	    !import->allow_count)
		return;
	fprintf(out, "\n# What follows, up to the next remark, says Postfix in %s.\n",
		text_clean(shown, sizeof(shown), facts->mail_path));
	import_print(out, import);
}

void setup_propose(FILE *out, const struct setup_facts *facts)
{
	fputs("# Proposed by `mxdpctl setup' for this host, with its reasons. Every option that is "
	      "not here has\n# its default; mxdp.conf(5) and the sample mxdp.conf explain them "
	      "all.\n"
	      "\n# Count and report, drop nothing. When `mxdpctl report' says after some days that "
	      "enforcing looks\n# safe: `mxdpctl mode enforce --for 2h', and then enforce "
	      "here.\nmode = monitor\n",
	      out);
	print_interfaces(out, facts);
	print_name(out, facts);
	print_import(out, facts);
	print_nat(out, facts);
	print_relays(out, facts);
	print_dns(out, facts);
}
