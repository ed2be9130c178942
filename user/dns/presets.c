// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "group.h"
#include "presets.h"

#define LABEL_LEN 63
#define SPAMHAUS_ERRORS                                                                         \
	"127.255.255.252 a typing error in the zone, .254 a public or open resolver, .255 too " \
	"many questions; with a key .250 disabled, .251 rejected"
#define SPAMHAUS_TERMS                                                                            \
	"free below 100,000 SMTP connections and 300,000 questions a day, not for commerce; not " \
	"through public resolvers; everybody else needs a key"
#define MAILSPIKE_TERMS \
	"free below 100,000 messages and 100,000 questions a day; not through public resolvers"

const struct preset presets[] = {
	{
		.zone = "zen.spamhaus.org",
		.kind = LIST_DNSBL,
		.text = "spam sources, hijacked machines, networks of criminals (SBL, CSS, XBL, "
			"DROP); end users' machines (PBL)",
		.convict = {"127.0.0.[2..4;9]"},
		.score = {"policy=127.0.0.[10;11]*6", "other=127.0.0.[5..8;30]*4"},
		.any = "127.0.0.[2..11;30]",
		.v6 = true,
		.key_zone = "zen.dq.spamhaus.net",
		.errors = SPAMHAUS_ERRORS,
		.terms = SPAMHAUS_TERMS,
		.url = "https://www.spamhaus.org/blocklists/dnsbl-usage-terms/",
	},
	{
		.zone = "dbl.spamhaus.org",
		.kind = LIST_RHSBL_HELO,
		.text = "domains of spam, phishing, malware, botnets; asked about the HELO",
		.score = {"127.0.1.[2..99]*5"},
		.any = "127.0.1.[2..99]",
		.key_zone = "dbl.dq.spamhaus.net",
		.errors = "127.0.1.255 asked about an address; " SPAMHAUS_ERRORS,
		.terms = SPAMHAUS_TERMS,
		.url = "https://www.spamhaus.org/blocklists/dnsbl-usage-terms/",
	},
	{
		.zone = "dbl.spamhaus.org",
		.kind = LIST_RHSBL_SENDER,
		.text = "the same, asked about the sender's domain",
		.score = {"127.0.1.[2..99]*3"},
		.any = "127.0.1.[2..99]",
		.key_zone = "dbl.dq.spamhaus.net",
		.errors = "127.0.1.255 asked about an address; " SPAMHAUS_ERRORS,
		.terms = SPAMHAUS_TERMS,
		.url = "https://www.spamhaus.org/blocklists/dnsbl-usage-terms/",
	},
	{
		.zone = "b.barracudacentral.org",
		.kind = LIST_DNSBL,
		.text = "spam sources seen by Barracuda's customers and traps",
		.score = {"127.0.0.2*4"},
		.any = "127.0.0.2",
		.errors = "a resolver that is not registered gets no answers, or none that list",
		.terms = "free once the address of your resolver is registered",
		.url = "https://www.barracudacentral.org/rbl/how-to-use",
	},
	{
		.zone = "bl.spamcop.net",
		.kind = LIST_DNSBL,
		.text = "sources of mail that users reported; entries live for hours",
		.score = {"127.0.0.2*4"},
		.any = "127.0.0.2",
		.errors = "none of its own; in January 2021 the parked domain listed everybody",
		.terms = "free; its operator advises to score, not to block",
		.url = "https://www.spamcop.net/bl.shtml",
	},
	{
		.zone = "psbl.surriel.com",
		.kind = LIST_DNSBL,
		.text = "addresses that hit spam traps; easy removal",
		.score = {"127.0.0.2*4"},
		.any = "127.0.0.2",
		.errors = "none of its own",
		.terms = "free; large sites copy it by rsync",
		.url = "https://psbl.org/",
	},
	{
		.zone = "bl.mailspike.net",
		.kind = LIST_DNSBL,
		.text = "spam waves of the moment (.2) and bad reputation (.10 worst to .12)",
		.score = {"127.0.0.[2;10..12]*4"},
		.any = "127.0.0.[2;10..12]",
		.daily = 80000,
		.errors = "none of its own",
		.terms = MAILSPIKE_TERMS,
		.url = "https://mailspike.org/usage.html",
	},
	{
		.zone = "bl.blocklist.de",
		.kind = LIST_DNSBL,
		.text = "addresses that attacked members' servers within 48 hours",
		.score = {"127.0.0.[2..254]*4"},
		.any = "127.0.0.[2..254]",
		.errors = "none of its own",
		.terms = "free",
		.url = "https://www.blocklist.de/en/rbldns.html",
	},
	{
		.zone = "dnsbl-1.uceprotect.net",
		.kind = LIST_DNSBL,
		.text = "single addresses that hit traps, for 7 days; strict, hits innocents",
		.score = {"127.0.0.2*2"},
		.any = "127.0.0.2",
		.errors = "none of its own",
		.terms = "free; large sites copy it by rsync",
		.url = "https://www.uceprotect.net/en/index.php?m=6&s=0",
	},
	{
		.zone = "bl.score.senderscore.com",
		.kind = LIST_DNSBL,
		.text = "low reputation with Validity",
		.score = {"127.0.0.[2..254]*4"},
		.any = "127.0.0.[2..254]",
		.errors = "127.255.255.255 the resolver is not registered",
		.terms =
			"free once the address of your resolver is registered; few questions a day",
		.url = "https://senderscore.org/",
	},
	{
		.zone = "combined.mail.abusix.zone",
		.kind = LIST_DNSBL,
		.text = "spam sources (.2, .3, .200), exploited machines (.4), end users' (.11, "
			".12)",
		.score = {"127.0.0.[2..4;200]*4", "policy=127.0.0.[11;12]*4"},
		.any = "127.0.0.[2..4;11;12;200]",
		.v6 = true,
		.daily = 5000,
		.key_zone = "combined.mail.abusix.zone",
		.key_needed = true,
		.errors = "REFUSED where the key is not known or has been used up",
		.terms = "needs a key; free below 5,000 questions a day",
		.url = "https://abusix.com/",
	},
	{
		/*
		 * Its test point answers 127.0.10.0, and 127.0.10.3 for everybody is how it treats
		 * those who ask too often: no code of 127.0.10.x can be told from a refusal.
		 */
		.zone = "list.dnswl.org",
		.kind = LIST_DNSWL,
		.text = "known mail servers: none 0, low -3, medium and high -10",
		.score = {"none=127.0.[2..9;11..20].0*0", "low=127.0.[2..9;11..20].1*-3",
			  "trusted=127.0.[2..9;11..20].[2;3]*-10"},
		.any = "127.0.[2..9;11..20].[0..3]",
		.v6 = true,
		.untested = true,
		.errors = "127.0.0.255 blocked; 127.0.10.x for every address: too many questions",
		.terms = "free below 100,000 questions a day; not through public resolvers",
		.url = "https://www.dnswl.org/?page_id=9",
	},
	{
		.zone = "wl.mailspike.net",
		.kind = LIST_DNSWL,
		.text = "good reputation (.18 good to .20 excellent); not to be trusted alone",
		.score = {"127.0.0.[18..20]*-3"},
		.any = "127.0.0.[18..20]",
		.untested = true,
		.daily = 80000,
		.errors = "none of its own",
		.terms = MAILSPIKE_TERMS,
		.url = "https://mailspike.org/usage.html",
	},
};

const size_t presets_count = sizeof(presets) / sizeof(presets[0]);

#define WHOLE_NETWORKS                                                                             \
	"it lists whole networks for what some of their users did, and innocent senders would be " \
	"blocked (level 1, dnsbl-1.uceprotect.net, lists single addresses)"
#define EMPTIED "it was shut down in June 2024 and lists nobody any more: take it out"
#define GONE    "it was shut down, and a zone that is gone may list everybody: take it out"

const struct refused_list refused_lists[] = {
	{"dnsbl-2.uceprotect.net", false, WHOLE_NETWORKS},
	{"dnsbl-3.uceprotect.net", false, WHOLE_NETWORKS},
	{"dnsbl.sorbs.net", true, EMPTIED},
	{"njabl.org", true, GONE},
	{"ahbl.org", true, GONE},
	{"ordb.org", true, GONE},
	{"ix.dnsbl.manitu.net", false, GONE},
};

const size_t refused_lists_count = sizeof(refused_lists) / sizeof(refused_lists[0]);

static bool is_under(const char *zone, const char *of)
{
	size_t len = strlen(zone), of_len = strlen(of);

	return len > of_len && zone[len - of_len - 1] == '.' &&
	       !strcasecmp(zone + len - of_len, of);
}

const char *preset_refusal(const char *zone)
{
	for (size_t i = 0; i < refused_lists_count; i++) {
		const struct refused_list *one = &refused_lists[i];

		if (!strcasecmp(zone, one->zone) || (one->and_below && is_under(zone, one->zone)))
			return one->why;
	}
	return NULL;
}

static bool is_of_kind(const struct preset *preset, enum list_kind kind)
{
	return kind == LIST_KIND_COUNT || preset->kind == kind;
}

const struct preset *preset_find(const char *zone, enum list_kind kind)
{
	for (size_t i = 0; i < presets_count; i++)
		if (is_of_kind(&presets[i], kind) && !strcasecmp(presets[i].zone, zone))
			return &presets[i];
	return NULL;
}

const struct preset *preset_of_zone(const char *asked, enum list_kind kind)
{
	const char *dot = strchr(asked, '.');

	for (size_t i = 0; i < presets_count && dot; i++)
		if (is_of_kind(&presets[i], kind) && presets[i].key_zone &&
		    !strcasecmp(dot + 1, presets[i].key_zone))
			return &presets[i];
	return preset_find(asked, kind);
}

bool preset_key_is_good(const char *key)
{
	size_t len = strspn(key, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-");

	return len && !key[len] && len <= LABEL_LEN && key[0] != '-' && key[len - 1] != '-';
}

void preset_habits(struct list *list, const struct preset *preset)
{
	list->v6 = preset->v6;
	list->tested = !preset->untested;
	if (preset->daily)
		list->daily = preset->daily;
}

static bool add_groups(struct list *out, const char *const texts[PRESET_GROUPS], bool convict)
{
	struct list_group group;
	char why[8];

	for (size_t i = 0; i < PRESET_GROUPS && texts[i]; i++)
		if (!group_parse(&group, texts[i], convict, why, sizeof(why)) ||
		    !group_add(out, &group, why, sizeof(why)))
			return false;
	return true;
}

/* The zone that is shown stays the one without the key. */
static bool put_key(struct list *out, const struct preset *preset, const char *key)
{
	int len;

	if (!preset->key_zone || !preset_key_is_good(key))
		return false;
	len = snprintf(out->zone, sizeof(out->zone), "%s.%s", key, preset->key_zone);
	return len > 0 && (size_t)len < sizeof(out->zone);
}

bool preset_list(struct list *out, const struct preset *preset, const char *key)
{
	char why[8];

	if (!list_init(out, preset->kind, preset->zone, why, sizeof(why)))
		return false;
	preset_habits(out, preset);
	return (!key || put_key(out, preset, key)) && add_groups(out, preset->convict, true) &&
	       add_groups(out, preset->score, false);
}
