// SPDX-License-Identifier: GPL-2.0-or-later
#include <net/if.h>
#include <string.h>

#include "value.h"
#include "../base/endpoint.h"
#include "../checks/helo.h"

#define HOST_NAME_LEN  253 /* RFC 1035 2.3.4, without the root's dot */
#define LABEL_LEN      63
#define LOCAL_PART_LEN 64 /* RFC 5321 4.5.3.1.1 */
#define GROUP_NAME_LEN 32

static bool alphanumeric(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

static bool printable(const char *text)
{
	for (; *text; text++)
		if (*text < 0x21 || *text > 0x7e)
			return false;
	return true;
}

bool value_interface(void *out, const struct config_option *option, const char *text,
		     char why[WHY_TEXT])
{
	size_t len = strlen(text);

	(void)out;
	(void)option;
	/* What the kernel's dev_valid_name() lets through. */
	if (len && len < IF_NAMESIZE && printable(text) && !strpbrk(text, "/:") &&
	    strcmp(text, ".") && strcmp(text, ".."))
		return true;
	return value_refuse(why, text, "is no interface name: `ip link' shows them");
}

/* Letters, digits and hyphens between dots, at least one dot, no dot at the end. */
static bool is_host_name(const char *text)
{
	size_t label = 0, labels = 1;

	if (strlen(text) > HOST_NAME_LEN)
		return false;
	for (const char *at = text; *at; at++) {
		if (*at == '.') {
			if (!label || at[-1] == '-')
				return false;
			label = 0;
			labels++;
		} else if (!alphanumeric(*at) && (*at != '-' || !label)) {
			return false;
		} else if (++label > LABEL_LEN) {
			return false;
		}
	}
	return label && labels > 1 && text[strlen(text) - 1] != '-';
}

static bool host_name_or(const char *problem, const char *text, char why[WHY_TEXT])
{
	return is_host_name(text) || value_refuse(why, text, "%s", problem);
}

bool value_host_name(void *out, const struct config_option *option, const char *text,
		     char why[WHY_TEXT])
{
	(void)out;
	(void)option;
	return host_name_or("is no full host name: write it as the server's banner does, with "
			    "its domain (mx.example.net), in ASCII, without a dot at the end",
			    text, why);
}

bool value_domain(void *out, const struct config_option *option, const char *text,
		  char why[WHY_TEXT])
{
	(void)out;
	(void)option;
	return host_name_or("is no domain of mail addresses: write what stands behind the @ "
			    "(example.net), in ASCII, without a dot at the end",
			    text, why);
}

bool value_allowed_name(void *out, const struct config_option *option, const char *text,
			char why[WHY_TEXT])
{
	(void)out;
	(void)option;
	return is_host_name(text + (*text == '.')) ||
	       value_refuse(why, text,
			    "is no host name: write mail.example.net for that name and those "
			    "below it, .example.net for those below it only");
}

bool value_trap(void *out, const struct config_option *option, const char *text, char why[WHY_TEXT])
{
	const char *at = strrchr(text, '@');

	(void)out;
	(void)option;
	if (at && at - text <= LOCAL_PART_LEN && printable(text) && !strpbrk(text, "<>") &&
	    is_host_name(at + 1))
		return true;
	return value_refuse(why, text,
			    "is no mail address: write user@example.net, or @example.net for all "
			    "of a domain, in ASCII");
}

bool value_helo(void *out, const struct config_option *option, const char *text, char why[WHY_TEXT])
{
	size_t len = strlen(text);

	(void)out;
	(void)option;
	if (!len)
		return value_refuse(why, text,
				    "is empty: write the name as the bot says it, or take it out");
	if (len <= HELO_MAX)
		return true;
	return value_refuse(why, text, "is longer than a HELO can be (255 bytes): shorten it");
}

bool value_group(void *out, const struct config_option *option, const char *text,
		 char why[WHY_TEXT])
{
	(void)out;
	(void)option;
	if (strlen(text) <= GROUP_NAME_LEN && printable(text) && !strpbrk(text, ":,/") &&
	    *text != '-')
		return true;
	return value_refuse(why, text,
			    "is no group name: write a name of `getent group', or \"\" so that "
			    "only root may use the control socket");
}

/* An address that stands for all of them would show the figures to whoever can reach the host. */
bool value_listen(void *out, const struct config_option *option, const char *text,
		  char why[WHY_TEXT])
{
	static const struct addr any;
	struct endpoint at;

	(void)out;
	(void)option;
	if (!*text)
		return true;
	if (!endpoint_parse(&at, text))
		return value_refuse(why, text,
				    "is no address with a port: write both, as in 127.0.0.1:9725 "
				    "or [::1]:9725, or \"\" for none");
	if (addr_equal(&at.addr, &any) || (addr_is_v4(&at.addr) && !at.addr.w[3]))
		return value_refuse(why, text,
				    "stands for all addresses: write a single one, such as "
				    "127.0.0.1:9725");
	return true;
}
