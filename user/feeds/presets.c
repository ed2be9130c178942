// SPDX-License-Identifier: GPL-2.0-or-later
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "presets.h"
#include "../dns/presets.h"

#define MINUTE 60
#define HOUR   (60 * MINUTE)
#define DAY    (24 * HOUR)
#define MIB    (1U << 20)

/* Whoever wants more than points says so for each feed: most lists name a good sender some day. */
#define POINTS 3

#define DROP_TERMS                                                                             \
	"free for everybody, also for commerce; its copyright and date stay with it; fetched " \
	"more often than once an hour, addresses are shut out"

const struct feed_preset feed_presets[] = {
	{
		.name = "spamhaus-drop-v4",
		.text = "networks that criminals run or have taken over; blocks, on the ports of "
			"class mx",
		.url = "https://www.spamhaus.org/drop/drop_v4.json",
		.format = FEED_SPAMHAUS_JSON,
		.action = FEED_DROP,
		.least = HOUR,
		.interval = 12 * HOUR,
		.max_age = 7 * DAY,
		.terms = DROP_TERMS,
		.terms_url = "https://www.spamhaus.org/blocklists/do-not-route-or-peer/",
	},
	{
		.name = "spamhaus-drop-v6",
		.text = "the same of IPv6",
		.url = "https://www.spamhaus.org/drop/drop_v6.json",
		.format = FEED_SPAMHAUS_JSON,
		.action = FEED_DROP,
		.least = HOUR,
		.interval = 12 * HOUR,
		.max_age = 7 * DAY,
		.terms = DROP_TERMS,
		.terms_url = "https://www.spamhaus.org/blocklists/do-not-route-or-peer/",
	},
	{
		.name = "uceprotect-1",
		.text = "single addresses that hit traps, for 7 days; strict, hits innocents",
		.url = "http://wget-mirrors.uceprotect.net/rbldnsd-all/dnsbl-1.uceprotect.net.gz",
		.also = "rsync://rsync-mirrors.uceprotect.net/RBLDNSD-ALL/dnsbl-1.uceprotect.net",
		.format = FEED_RBLDNSD_IP4SET,
		.action = FEED_SCORE,
		.least = HOUR,
		.interval = HOUR,
		.max_age = 2 * DAY,
		.terms = "free; built anew every hour, nobody should come more often",
		.terms_url = "https://www.uceprotect.net/en/index.php?m=6&s=0",
	},
	{
		.name = "blocklist-de-mail",
		.text = "addresses that attacked members' mail servers within 48 hours",
		.url = "https://lists.blocklist.de/lists/mail.txt",
		.format = FEED_CIDR,
		.action = FEED_SCORE,
		.least = 30 * MINUTE,
		.interval = HOUR,
		.max_age = 2 * DAY,
		.terms = "free; written anew every half hour",
		.terms_url = "https://www.blocklist.de/en/export.html",
	},
	{
		.name = "psbl",
		.text = "addresses that hit spam traps; easy removal",
		.url = "rsync://psbl-mirror.surriel.com/psbl/psbl.txt",
		.format = FEED_CIDR,
		.action = FEED_SCORE,
		.least = HOUR,
		.interval = HOUR,
		.max_age = 2 * DAY,
		.terms = "free; by rsync, at most once an hour",
		.terms_url = "https://psbl.org/howto/",
	},
	{
		.name = "firehol-level1",
		.text = "several lists of attackers put together, and networks that nobody may "
			"have; once held a large web host",
		.url = "https://iplists.firehol.org/files/firehol_level1.netset",
		.also = "https://raw.githubusercontent.com/firehol/blocklist-ipsets/master/"
			"firehol_level1.netset",
		.format = FEED_CIDR,
		.action = FEED_SCORE,
		.least = 30 * MINUTE,
		.interval = 6 * HOUR,
		.max_age = 3 * DAY,
		.terms = "free; the terms of each list in it hold as well",
		.terms_url = "https://iplists.firehol.org/?ipset=firehol_level1",
	},
	{
		.name = "firehol-level2",
		.text = "attacks of the last 48 hours, several lists put together",
		.url = "https://iplists.firehol.org/files/firehol_level2.netset",
		.also = "https://raw.githubusercontent.com/firehol/blocklist-ipsets/master/"
			"firehol_level2.netset",
		.format = FEED_CIDR,
		.action = FEED_SCORE,
		.least = 30 * MINUTE,
		.interval = HOUR,
		.max_age = 2 * DAY,
		.terms = "free; the terms of each list in it hold as well",
		.terms_url = "https://iplists.firehol.org/?ipset=firehol_level2",
	},
	{
		.name = "bsdly-greytrap",
		.text = "addresses that an OpenBSD spamd trapped within 24 hours",
		.url = "https://www.bsdly.net/~peter/bsdly.net.traplist",
		.format = FEED_SPAMD,
		.action = FEED_SCORE,
		.least = HOUR,
		.interval = HOUR,
		.max_age = DAY,
		.terms = "free; written anew every hour",
		.terms_url = "https://www.bsdly.net/~peter/traplist.shtml",
	},
};

const size_t feed_presets_count = sizeof(feed_presets) / sizeof(feed_presets[0]);

#define WHOLE_NETWORKS                                                                             \
	"it lists whole networks for what some of their users did, and innocent senders would be " \
	"blocked (level 1, uceprotect-1, lists single addresses)"

const struct refused_feed refused_feeds[] = {
	{"uceprotect-2", WHOLE_NETWORKS},
	{"uceprotect-3", WHOLE_NETWORKS},
	{"nixspam", "it was shut down in January 2025 and is not written any more: take it out"},
};

const size_t refused_feeds_count = sizeof(refused_feeds) / sizeof(refused_feeds[0]);

const struct feed_preset *feed_preset_find(const char *name)
{
	for (size_t i = 0; i < feed_presets_count; i++)
		if (!strcasecmp(feed_presets[i].name, name))
			return &feed_presets[i];
	return NULL;
}

uint32_t feed_preset_least(const char *name)
{
	const struct feed_preset *preset = feed_preset_find(name);

	return preset ? preset->least : 0;
}

void feed_settings_begin(struct feed_settings *out, const char *name,
			 const struct feed_preset *preset)
{
	*out = (struct feed_settings){
		.format = preset ? preset->format : FEED_AUTO,
		.action = preset ? preset->action : FEED_SCORE,
		.ports = {[PORTS_MX] = true},
		.points = POINTS,
		.weight = FEED_WEIGHT_FULL,
		.interval = preset ? preset->interval : HOUR,
		.max_age = preset ? preset->max_age : 2 * DAY,
		/* Ten million addresses, a line each, packed or not. */
		.max_bytes = 256 * MIB,
		.max_unpacked = 512 * MIB,
		.timeout = 2 * MINUTE,
		.guard = 50,
		.url = preset ? strdup(preset->url) : NULL,
	};
	snprintf(out->name, sizeof(out->name), "%s", name);
}

const char *feed_name_refusal(const char *name)
{
	for (size_t i = 0; i < refused_feeds_count; i++)
		if (!strcasecmp(refused_feeds[i].name, name))
			return refused_feeds[i].why;
	return NULL;
}

static bool is_label(char c)
{
	return isalnum((unsigned char)c) || c == '-';
}

/* As a name of its own: "x.dnsbl.sorbs.net.gz" has "dnsbl.sorbs.net", "recordb.org" no "ordb.org".
 */
static bool has_zone(const char *text, const char *zone)
{
	const char *at = text;

	while ((at = strcasestr(at, zone))) {
		if ((at == text || !is_label(at[-1])) && !is_label(at[strlen(zone)]))
			return true;
		at++;
	}
	return false;
}

/* %64 is a d, and fetched as one. */
static void unescape(char out[FEED_URL], const char *url)
{
	size_t n = 0;
	unsigned byte;

	while (*url && n + 1 < FEED_URL) {
		if (url[0] == '%' && isxdigit((unsigned char)url[1]) &&
		    isxdigit((unsigned char)url[2]) && sscanf(url + 1, "%2x", &byte) == 1 && byte) {
			out[n++] = (char)byte;
			url += 3;
		} else {
			out[n++] = *url++;
		}
	}
	out[n] = '\0';
}

const char *feed_url_refusal(const char *url)
{
	char plain[FEED_URL];

	unescape(plain, url);
	for (size_t i = 0; i < refused_lists_count; i++)
		if (has_zone(plain, refused_lists[i].zone))
			return refused_lists[i].why;
	if (has_zone(plain, "nixspam.net") || strcasestr(plain, "nixspam-ip.dump"))
		return feed_name_refusal("nixspam");
	return NULL;
}
