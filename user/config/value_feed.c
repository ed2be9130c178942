// SPDX-License-Identifier: GPL-2.0-or-later
/* What stands in the sections of feeds. A value that may hold a secret is not quoted. */
#include <stdio.h>
#include <string.h>

#include "value.h"
#include "../base/addr.h"
#include "../checks/hostname.h"
#include "../feeds/presets.h"

#define HEADER_MAX 1024
#define LOGIN_MAX  255

static bool refuse_silently(char why[WHY_TEXT], const char *problem)
{
	snprintf(why, WHY_TEXT, "%s", problem);
	return false;
}

bool value_feed_format(void *out, const struct config_option *option, const char *text,
		       char why[WHY_TEXT])
{
	(void)option;
	return feed_format_parse(out, text) ||
	       value_refuse(why, text,
			    "is no format: write auto, cidr, spamhaus-json, spamhaus-drop, spamd, "
			    "or rbldnsd-ip4set, -ip4trie, -ip4tset, -ip6trie, -ip6tset");
}

bool value_feed_action(void *out, const struct config_option *option, const char *text,
		       char why[WHY_TEXT])
{
	(void)option;
	return feed_action_parse(out, text) ||
	       value_refuse(why, text,
			    "is nothing to do with a feed's addresses: write drop, reset, watch, "
			    "score or allow");
}

static bool is_printable(const char *text)
{
	for (; *text; text++)
		if (*text <= ' ' || *text > '~')
			return false;
	return true;
}

static bool is_port(const char *text, size_t len)
{
	unsigned port = 0;

	for (size_t i = 0; i < len; i++) {
		if (text[i] < '0' || text[i] > '9' || i == 5)
			return false;
		port = port * 10 + (unsigned)(text[i] - '0');
	}
	return port > 0 && port <= 65535;
}

static bool is_host(const char *text, size_t len)
{
	char name[HOSTNAME_MAX + 1], host[HOSTNAME_MAX + 1];
	struct addr addr;

	if (!len || len >= sizeof(host))
		return false;
	if (text[0] == '[') {
		snprintf(host, sizeof(host), "%.*s", (int)len - 2, text + 1);
		return len > 2 && text[len - 1] == ']' && addr_parse(&addr, host) &&
		       !addr_is_v4(&addr);
	}
	snprintf(host, sizeof(host), "%.*s", (int)len, text);
	return addr_parse(&addr, host) ? addr_is_v4(&addr)
				       : !strcmp(host, "localhost") || hostname_parse(name, host);
}

/* "host", "host:port", "[2001:db8::1]:port" up to a slash or the end; what follows, or NULL. */
static const char *skip_host(const char *text)
{
	size_t len = strcspn(text, "/?#"), host = len;

	for (size_t i = len; i-- && text[i] != ']';)
		if (text[i] == ':')
			host = i;
	if (!is_host(text, host) || (host < len && !is_port(text + host + 1, len - host - 1)))
		return NULL;
	return text + len;
}

/* Behind one of the schemes, or NULL; NULL ends them. */
static const char *skip_scheme(const char *text, const char *const schemes[])
{
	for (; *schemes; schemes++)
		if (!strncmp(text, *schemes, strlen(*schemes)))
			return text + strlen(*schemes);
	return NULL;
}

static const char *file_problem(const char *path)
{
	if (*path != '/')
		return "is no file's URL: write its absolute path behind file://, as in "
		       "file:///var/lib/list.txt";
	return path[strlen(path) - 1] == '/' ? "is a directory: name a file in it" : NULL;
}

static const char *net_problem(const char *text, const char *rest, bool is_rsync)
{
	rest = skip_host(rest);
	if (!rest)
		return "has no proper host behind //: write its name or address, and a port behind "
		       "a colon, as in https://lists.example.net/bad.txt";
	if (strchr(text, '#'))
		return "has a #, which no server sees: take it out";
	if (is_rsync && (!strchr(rest + (*rest == '/'), '/') || rest[strlen(rest) - 1] == '/'))
		return "names no file: write module and file, as in "
		       "rsync://lists.example.net/module/bad.txt";
	return NULL;
}

static const char *url_problem(const char *text)
{
	static const char *const web[] = {"https://", "http://", NULL};
	static const char *const rsync[] = {"rsync://", NULL}, *const file[] = {"file://", NULL};
	const char *rest;

	if (strlen(text) >= FEED_URL)
		return "is longer than 1023 bytes: write a shorter URL";
	if (!is_printable(text))
		return "has blanks or bytes that no URL has: write them as %20 and the like";
	if (!strcmp(text, "stdin"))
		return NULL;
	if ((rest = skip_scheme(text, file)))
		return file_problem(rest);
	if ((rest = skip_scheme(text, web)))
		return net_problem(text, rest, false);
	if ((rest = skip_scheme(text, rsync)))
		return net_problem(text, rest, true);
	return "begins with nothing that mxdp can fetch: write https://, http://, rsync://, "
	       "file:///PATH, or stdin for what `mxdpctl feeds sync NAME -' brings";
}

bool value_feed_url(void *out, const struct config_option *option, const char *text,
		    char why[WHY_TEXT])
{
	const char *problem = url_problem(text);

	(void)out;
	(void)option;
	if (strchr(text, '@'))
		return refuse_silently(
			why, "the URL (not shown here) has an @: a user and a password go into "
			     "`username' and `password', which are shown nowhere; an @ of the path "
			     "is written %40");
	if (problem)
		return value_refuse(why, text, "%s", problem);
	if (feed_url_refusal(text))
		return value_refuse(why, text, "is not fetched: %s", feed_url_refusal(text));
	return true;
}

bool value_feed_proxy(void *out, const struct config_option *option, const char *text,
		      char why[WHY_TEXT])
{
	static const char *const schemes[] = {"http://", "https://", "socks5://", "socks5h://",
					      NULL};
	const char *rest = skip_scheme(text, schemes);

	(void)out;
	(void)option;
	if (strchr(text, '@'))
		return refuse_silently(why,
				       "the proxy (not shown here) has an @: one that asks for "
				       "a user and a password cannot be used");
	rest = rest && strlen(text) < FEED_URL && is_printable(text) ? skip_host(rest) : NULL;
	return (rest && (!*rest || !strcmp(rest, "/"))) ||
	       value_refuse(why, text,
			    "is no proxy: write http://, https://, socks5:// or socks5h://, its "
			    "host and its port, as in http://192.0.2.1:3128");
}

/* Bytes that would end the line they are sent in. */
static bool has_control(const char *text)
{
	for (; *text; text++)
		if ((unsigned char)*text < ' ' || *text == 127)
			return true;
	return false;
}

bool value_feed_username(void *out, const struct config_option *option, const char *text,
			 char why[WHY_TEXT])
{
	(void)out;
	(void)option;
	return (*text && strlen(text) <= LOGIN_MAX && !strchr(text, ':') && !has_control(text)) ||
	       refuse_silently(why, "the user (not shown here) is none: it may have 255 bytes, no "
				    "colon and no control bytes");
}

bool value_feed_password(void *out, const struct config_option *option, const char *text,
			 char why[WHY_TEXT])
{
	(void)out;
	(void)option;
	return (*text && strlen(text) <= LOGIN_MAX && !has_control(text)) ||
	       refuse_silently(why, "the password (not shown here) is none: it may have 255 bytes, "
				    "and no control bytes");
}

/* What the fetching decides by itself. */
static bool is_reserved(const char *header, size_t len)
{
	static const char *const names[] = {"Host",
					    "Range",
					    "Accept-Encoding",
					    "Connection",
					    "Content-Length",
					    "Transfer-Encoding",
					    "If-None-Match",
					    "If-Modified-Since"};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strlen(names[i]) == len && !strncasecmp(names[i], header, len))
			return true;
	return false;
}

/* RFC 9110 5.6.2 */
static size_t token_len(const char *text)
{
	return strspn(text, "!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyz"
			    "ABCDEFGHIJKLMNOPQRSTUVWXYZ");
}

bool value_feed_header(void *out, const struct config_option *option, const char *text,
		       char why[WHY_TEXT])
{
	size_t name = token_len(text), blank;

	(void)out;
	(void)option;
	blank = name + (text[name] == ':');
	if (!name || blank == name || strlen(text) > HEADER_MAX || has_control(text) ||
	    !text[blank + strspn(text + blank, " ")])
		return refuse_silently(why,
				       "a header (not shown here) is none: write \"NAME: "
				       "VALUE\", of at most 1024 bytes, without control bytes");
	if (is_reserved(text, name)) {
		snprintf(why, WHY_TEXT, "the header %.*s is mxdp's own to send: take it out",
			 (int)name, text);
		return false;
	}
	return true;
}
