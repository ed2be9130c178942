// SPDX-License-Identifier: GPL-2.0-or-later
/* Facts -> words for people, and objects for programs. */
#include <stdarg.h>
#include <string.h>

#include "setup.h"
#include "text.h"
#include "../config/config.h"

/* One remark: "- " before it, and blanks before the lines that follow. */
static void remark(FILE *out, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void remark(FILE *out, const char *format, ...)
{
	va_list args;

	fputs("- ", out);
	va_start(args, format);
	vfprintf(out, format, args);
	va_end(args);
	fputc('\n', out);
}

static void tell_kernel(FILE *out, const struct setup_facts *facts)
{
	char shown[TEXT_CELL];
	bool old = facts->kernel_major < 6 || (facts->kernel_major == 6 && facts->kernel_minor < 1);

	if (old)
		remark(out, "Linux %s is too old: mxdp wants 6.1 or newer",
		       text_clean(shown, sizeof(shown), facts->kernel));
	if (*facts->refused)
		remark(out, "mxdpd would not start: %s",
		       text_clean(shown, sizeof(shown), facts->refused));
	if (facts->lockdown)
		remark(out, "the kernel is locked down for confidentiality: if it refuses the "
			    "programs, boot it with lockdown=integrity");
	if (!facts->jit)
		remark(out, "BPF programs are interpreted here, which is several times slower: "
			    "sysctl net.core.bpf_jit_enable=1");
	if (facts->unprivileged_bpf == 1)
		remark(out, "any user may load BPF programs: mxdp does not need that; sysctl "
			    "kernel.unprivileged_bpf_disabled=1");
}

static void tell_listener(FILE *out, const struct setup_listener *one)
{
	char text[ADDR_TEXT], shown[TEXT_CELL];

	remark(out, "port %u on %s: %s", one->port,
	       one->any ? "all addresses" : addr_format(text, &one->addr),
	       *one->process ? text_clean(shown, sizeof(shown), one->process)
			     : "whose, only root can see");
	if (!strcmp(one->process, "docker-proxy"))
		remark(out, "  the mail server is in a container: guard the interface that mail "
			    "comes in "
			    "by, not the bridge; the host's addresses are those that are guarded");
}

static void tell_listeners(FILE *out, const struct setup_facts *facts)
{
	for (size_t i = 0; i < facts->listener_count; i++)
		tell_listener(out, &facts->listener[i]);
	if (!facts->listener_count)
		remark(out,
		       "nobody listens on 25, 465 or 587: if mail is routed or balanced to other "
		       "hosts, write their addresses into protect");
}

static void tell_links(FILE *out, const struct setup_facts *facts)
{
	size_t index[SETUP_LINKS], count = setup_guarded(facts, index);
	char why[SETUP_TEXT], shown[TEXT_CELL];

	for (size_t i = 0; i < count; i++) {
		const struct setup_link *link = &facts->link[index[i]];
		const struct setup_driver *driver = setup_driver_find(link->driver);

		if (*link->refused)
			remark(out, "%s", text_clean(shown, sizeof(shown), link->refused));
		if (!setup_is_native(facts, link, why) && driver && link->mtu > driver->mtu)
			remark(out, "for XDP in the driver of %s: `ip link set %s mtu %u' or less",
			       link->name, link->name, driver->mtu);
		if (!strcmp(link->kind, "bridge"))
			remark(out,
			       "%s is a bridge. Naming the card in it instead brings XDP in the "
			       "driver; mail for virtual machines behind it then needs their "
			       "addresses in protect",
			       link->name);
	}
	if (count > 1)
		remark(out,
		       "replies must leave by an interface that is named, or nothing is seen of "
		       "them; `mxdpctl status' tells");
}

static void tell_resolvers(FILE *out, const struct setup_facts *facts)
{
	char text[ADDR_TEXT];

	for (size_t i = 0; i < facts->server_count; i++)
		if (facts->server[i].kind == SETUP_RESOLVER_PUBLIC)
			remark(out,
			       "the resolver %s is %s's: the big DNS lists do not answer it, or "
			       "answer with an error; that harms your mail server's own lists too. "
			       "Install one of your own, unbound for one",
			       addr_format(text, &facts->server[i].addr), facts->server[i].whose);
}

/* One line each, as the importer said it. */
static void tell_mail(FILE *out, const struct setup_facts *facts)
{
	const char *at = facts->said ? facts->said : "";
	char line[TEXT_CELL], shown[TEXT_CELL];

	while (*at) {
		size_t len = strcspn(at, "\n");

		snprintf(line, sizeof(line), "%.*s", (int)(len < TEXT_CELL ? len : TEXT_CELL), at);
		/* Where the file has no name for itself, the host's own was taken. */
		if (!strstr(line, "myhostname is not set") || !*facts->host)
			remark(out, "%s", text_clean(shown, sizeof(shown), line));
		at += len + (at[len] == '\n');
	}
	if (*facts->relayhost)
		remark(out,
		       "relayhost %s: if it brings mail for you too, its addresses belong into "
		       "trusted_relays",
		       text_clean(shown, sizeof(shown), facts->relayhost));
}

void setup_tell(FILE *out, const struct setup_facts *facts)
{
	fputs("\nFound:\n", out);
	tell_kernel(out, facts);
	tell_listeners(out, facts);
	tell_links(out, facts);
	tell_resolvers(out, facts);
	tell_mail(out, facts);
}

void setup_tell_next(FILE *out, const struct setup_facts *facts, const char *written)
{
	char shown[TEXT_CELL];
	const char *file = written ? text_clean(shown, sizeof(shown), written) : NULL;

	fputs("\nNext:\n", out);
	if (!file) {
		fputs("  mxdpctl setup --write             writes it to " CONFIG_DEFAULT_PATH
		      ", if that is not there\n",
		      out);
		return;
	}
	fprintf(out, "  mxdpctl check-config %s\n", file);
	if (facts->unit && !strcmp(written, CONFIG_DEFAULT_PATH))
		fputs("  systemctl enable --now mxdpd\n", out);
	else
		fprintf(out, "  mxdpd --config %s\n", file);
	fputs("  mxdpctl status                    attached? does it see the replies?\n"
	      "  mxdpctl log -f                    what it finds\n"
	      "  mxdpctl report                    after some days: whom would it have blocked?\n"
	      "  mxdpctl mode enforce --for 2h     goes back by itself\n",
	      out);
}

/* Objects. */

static json_t *text_or_null(const char *text)
{
	char shown[TEXT_CELL];

	return *text ? json_string(text_clean(shown, sizeof(shown), text)) : json_null();
}

static json_t *tristate(int value)
{
	return value < 0 ? json_null() : json_boolean(value);
}

static json_t *addrs_json(const struct setup_link *link)
{
	json_t *list = json_array();
	char text[ADDR_TEXT];

	for (size_t i = 0; i < link->addr_count; i++)
		json_array_append_new(list, json_string(addr_format(text, &link->addr[i])));
	return list;
}

static json_t *links_json(const struct setup_facts *facts)
{
	size_t index[SETUP_LINKS], count = setup_guarded(facts, index);
	json_t *list = json_array();
	char why[SETUP_TEXT];

	for (size_t i = 0; i < facts->link_count; i++) {
		const struct setup_link *link = &facts->link[i];
		bool guarded = false, native = setup_is_native(facts, link, why);

		for (size_t k = 0; k < count; k++)
			guarded |= index[k] == i;
		json_array_append_new(
			list,
			json_pack("{s:o, s:o, s:o, s:i, s:b, s:b, s:o, s:b, s:b, s:o, s:o}", "name",
				  text_or_null(link->name), "kind", text_or_null(link->kind),
				  "driver", text_or_null(link->driver), "mtu", (int)link->mtu, "up",
				  (int)link->up, "gateway", (int)link->gateway, "addrs",
				  addrs_json(link), "guard", (int)guarded, "native", (int)native,
				  "why_not", text_or_null(why), "refused",
				  text_or_null(link->refused)));
	}
	return list;
}

static json_t *listeners_json(const struct setup_facts *facts)
{
	json_t *list = json_array();
	char text[ADDR_TEXT];

	for (size_t i = 0; i < facts->listener_count; i++) {
		const struct setup_listener *one = &facts->listener[i];

		json_array_append_new(list, json_pack("{s:i, s:s, s:o}", "port", (int)one->port,
						      "addr", addr_format(text, &one->addr),
						      "process", text_or_null(one->process)));
	}
	return list;
}

static json_t *servers_json(const struct setup_facts *facts)
{
	json_t *list = json_array();
	char text[ADDR_TEXT];

	for (size_t i = 0; i < facts->server_count; i++) {
		const struct setup_server *one = &facts->server[i];

		json_array_append_new(list, json_pack("{s:s, s:b, s:o}", "addr",
						      addr_format(text, &one->addr), "public",
						      one->kind == SETUP_RESOLVER_PUBLIC, "whose",
						      text_or_null(one->whose ? one->whose : "")));
	}
	return list;
}

json_t *setup_json(const struct setup_facts *facts)
{
	json_t *kernel =
		json_pack("{s:o, s:o, s:b, s:o, s:o}", "release", text_or_null(facts->kernel),
			  "refused", text_or_null(facts->refused), "lockdown", (int)facts->lockdown,
			  "jit", tristate(facts->jit), "unprivileged_bpf",
			  tristate(facts->unprivileged_bpf));

	return json_pack("{s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:b, s:b}", "host",
			 text_or_null(facts->host), "interfaces", links_json(facts), "listeners",
			 listeners_json(facts), "resolvers", servers_json(facts), "main_cf",
			 text_or_null(facts->mail_path), "relayhost",
			 text_or_null(facts->relayhost), "exim", text_or_null(facts->exim_name),
			 "kernel", kernel, "systemd", (int)facts->systemd, "unit",
			 (int)facts->unit);
}
