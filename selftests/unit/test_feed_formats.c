// SPDX-License-Identifier: GPL-2.0-or-later
/* Lists in each format: what is listed, and which lines are told. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "feeds.h"

struct sample {
	enum feed_format format;
	const char *list;
	const char *set;
	const char *lines; /* that are told, 0 for the whole list: "2 5 " */
};

/* The numbers in front of what was told. */
static void lines_of(char *out, const struct told *told)
{
	const char *at = told->text;

	*out = '\0';
	while (*at) {
		out += sprintf(out, "%.*s ", (int)strcspn(at, ":"), at);
		at = strchr(at, '\n') + 1;
	}
}

static void read_sample(const struct sample *sample, const char *list, size_t piece)
{
	static struct set_text text;
	static struct told told;
	struct feed_set set;
	struct feed feed;
	char lines[256];
	int err = memory_feed(&feed, sample->format, (struct memory){list, strlen(list), piece},
			      &told, &set);

	lines_of(lines, &told);
	if (err || strcmp(set_text(&text, &set), sample->set) != 0 ||
	    strcmp(lines, sample->lines) != 0)
		fail_msg("%s:\n%s\ngives %d, `%s', not `%s'; told lines `%s', not `%s':\n%s",
			 feed_format_names[sample->format], list, err, text.text, sample->set,
			 lines, sample->lines, told.text);
	feed_set_free(&set);
	feed_free(&feed);
}

/* The same list with CR LF, with a byte order mark, without its last line feed, in small pieces. */
static void read_in_all_clothes(const struct sample *sample)
{
	char *other = malloc(2 * strlen(sample->list) + 8), *out = other;
	size_t len;

	assert_non_null(other);
	read_sample(sample, sample->list, 0);
	read_sample(sample, sample->list, 1);
	out += sprintf(out, "\xef\xbb\xbf");
	for (const char *in = sample->list; *in; in++)
		out += sprintf(out, "%s%c", *in == '\n' ? "\r" : "", *in);
	read_sample(sample, other, 7);
	strcpy(other, sample->list);
	len = strlen(other);
	if (len && other[len - 1] == '\n')
		other[len - 1] = '\0';
	read_sample(sample, other, 0);
	free(other);
}

static void read_all(const struct sample *samples, size_t count)
{
	for (size_t i = 0; i < count; i++)
		read_in_all_clothes(&samples[i]);
}

#define READ_ALL(samples) read_all(samples, sizeof(samples) / sizeof((samples)[0]))

static void plain_lists(void **state)
{
	static const struct sample samples[] = {
		{FEED_CIDR, "192.0.2.1\n192.0.2.0\n\n  192.0.2.2/31\t\n", "192.0.2.0/30", ""},
		{FEED_CIDR, "# head\n; head\n192.0.2.1 # x\n192.0.2.3; y\n", "192.0.2.1 192.0.2.3",
		 ""},
		/* Host bits are cut off. */
		{FEED_CIDR, "192.0.2.77/24\n2001:db8::77/64\n", "192.0.2.0/24 2001:db8::/64", ""},
		{FEED_CIDR, "192.0.2.1-192.0.2.6\n",
		 "192.0.2.1 192.0.2.2/31 192.0.2.4/31 192.0.2.6", ""},
		{FEED_CIDR, "192.0.2.0 - 192.0.2.3\n2001:db8::-2001:db8::3\n",
		 "192.0.2.0/30 2001:db8::/126", ""},
		{FEED_CIDR, "255.255.255.255\n0.0.0.0\n255.0.0.0/8\n", "0.0.0.0 255.0.0.0/8", ""},
		{FEED_CIDR, "::ffff:192.0.2.1\n::ffff:c000:200/127\n", "192.0.2.0/31", ""},
		{FEED_CIDR, "2001:DB8::1\n2001:db8::1/128\n::/128\n", ":: 2001:db8::1", ""},
		/* What is none. */
		{FEED_CIDR, "192.0.2.256\n192.0.2\n192.0.2.1.\n1.2.3.4.5\nexample.org\n010.0.0.1\n",
		 "", "1 2 3 4 5 6 "},
		{FEED_CIDR, "192.0.2.1/33\n192.0.2.1/\n192.0.2.1/x\n2001:db8::/129\n::1/-1\n", "",
		 "1 2 3 4 5 "},
		{FEED_CIDR,
		 "192.0.2.9-192.0.2.1\n::2-::1\n192.0.2.1-\n192.0.2.1-::1\n::1-9.9.9.9\n", "",
		 "1 2 3 4 5 "},
		{FEED_CIDR, "192.0.2.1 text\n192.0.2.1/24x\n192.0.2.1,5\n2001:db8::1 x\n", "",
		 "1 2 3 4 "},
		{FEED_CIDR, "192.0.2.0/255.255.255.0\n2001:db8\n12345::1\n:::1\n1::2::3\n", "",
		 "1 2 3 4 5 "},
	};

	(void)state;
	READ_ALL(samples);
}

static void ipset_save(void **state)
{
	static const struct sample samples[] = {
		{FEED_CIDR,
		 "create a hash:net family inet hashsize 1024\nadd a 192.0.2.0/24\n"
		 "add a 198.51.100.1 timeout 60 comment \"nomatch me\"\n-A a 203.0.113.1\nCOMMIT\n",
		 "192.0.2.0/24 198.51.100.1 203.0.113.1", ""},
		{FEED_CIDR, "add a 192.0.2.0/24\nadd a 192.0.2.0/25 timeout 0 nomatch\n",
		 "192.0.2.128/25", ""},
		{FEED_CIDR, "add a 2001:db8::/64\nadd a\nadd\nadd a 192.0.2.1,tcp:25\nadd a b c\n",
		 "2001:db8::/64", "2 3 4 5 "},
		{FEED_CIDR, "adder 192.0.2.1\ncreated 1.2.3.4\n", "", "1 2 "},
	};

	(void)state;
	READ_ALL(samples);
}

static void too_wide_is_refused(void **state)
{
	static const struct sample samples[] = {
		{FEED_CIDR, "0.0.0.0/0\n10.0.0.0/7\n10.0.0.0/8\n::/0\n2001::/18\n2001::/19\n",
		 "10.0.0.0/8 2001::/19", "1 2 4 5 "},
		{FEED_CIDR, "1.0.0.0-1.255.255.255\n3.0.0.0-4.0.0.0\n::-1fff:ffff::\n", "1.0.0.0/8",
		 "2 3 "},
		/* All of IPv4 in the clothes of IPv6. */
		{FEED_CIDR, "::ffff:0:0/96\n::ffff:0:0/103\n::ffff:1.0.0.0/104\n", "1.0.0.0/8",
		 "1 2 "},
		{FEED_SPAMHAUS_DROP, "0.0.0.0/0 ; SBL1\n2000::/3 ; SBL2\n", "", "1 2 "},
		{FEED_SPAMHAUS_JSON,
		 "{\"cidr\":\"0.0.0.0/7\"}\n{\"type\":\"metadata\",\"records\":1}\n", "", "1 "},
		{FEED_SPAMD, "0.0.0.0/0\n1.0.0.0 - 2.0.0.0\n", "", "1 2 "},
		{FEED_RBLDNSD_IP4SET, "0-255\n10/7\n1-2\n129/8\n!0/1\n!8-9.255\n", "129.0.0.0/8",
		 "1 2 3 6 "},
		/* To except, a network may be as wide as it likes. */
		{FEED_RBLDNSD_IP4TRIE, "0/0\n!0/0\n1.2/16\n", "1.2.0.0/16", "1 "},
		{FEED_RBLDNSD_IP6TRIE, "::/0\n2000::/3\n!2001:db8::/3\n!::/0\n2001:db8::/32\n",
		 "2001:db8::/32", "1 2 3 "},
	};

	(void)state;
	READ_ALL(samples);
}

static void spamhaus_lists(void **state)
{
	static const struct sample samples[] = {
		{FEED_SPAMHAUS_DROP,
		 "; Spamhaus DROP List\n; Expires: soon\n192.0.2.0/24 ; SBL1\n2001:db8::/32 ; "
		 "SBL2\n"
		 "198.51.100.0/24\n",
		 "192.0.2.0/24 198.51.100.0/24 2001:db8::/32", ""},
		{FEED_SPAMHAUS_DROP, "192.0.2.1/24 ; SBL1\n192.0.2.0/24 SBL1\n; \nSBL1\n", "",
		 "1 2 4 "},
		{FEED_SPAMHAUS_JSON,
		 "{\"cidr\":\"192.0.2.0\\/24\",\"sblid\":\"SBL1\",\"rir\":\"apnic\"}\n"
		 "{\"cidr\":\"192.0.2.0/24\",\"sblid\":\"SBL2\"}\n{\"cidr\":\"2001:db8::/32\"}\n"
		 "{\"type\":\"metadata\",\"timestamp\":1790072042,\"size\":99,\"records\":3}\n",
		 "192.0.2.0/24 2001:db8::/32", ""},
		/* Cut off on the way: said so. */
		{FEED_SPAMHAUS_JSON, "{\"cidr\":\"192.0.2.0/24\"}\n", "192.0.2.0/24", "0 "},
		{FEED_SPAMHAUS_JSON,
		 "{\"cidr\":\"192.0.2.0/24\"}\n{\"type\":\"metadata\",\"records\":2}\n",
		 "192.0.2.0/24", "0 "},
		{FEED_SPAMHAUS_JSON,
		 "{\"cidr\":\"192.0.2.1/24\"}\n{\"cidr\":7}\n{\"asn\":64496}\n[]\n\"x\"\nnull\n{\n"
		 "{\"cidr\":\"192.0.2.0/24\",\"cidr\":\"10.0.0.0/8\"}\n{}{}\n192.0.2.1\n"
		 "{\"cidr\":\"192.0.2.0/24\\u0000\"}\n{\"type\":\"metadata\",\"records\":11}\n",
		 "", "1 2 3 4 5 6 7 8 9 10 11 "},
	};

	(void)state;
	READ_ALL(samples);
}

static void spamd_lists(void **state)
{
	static const struct sample samples[] = {
		{FEED_SPAMD, "# x\n192.0.2.1\n  192.0.2.8/29\n192.0.2.2 - 192.0.2.3\n",
		 "192.0.2.1 192.0.2.2/31 192.0.2.8/29", ""},
		{FEED_SPAMD, "192.0.2.0-192.0.2.3\n192.0.2.4 192.0.2.7\n", "192.0.2.0/29", ""},
		/* What follows an entry is ignored. */
		{FEED_SPAMD,
		 "192.0.2.1 bad host\n192.0.2.2/31 x\n192.0.2.9#y\n192.0.2.11\t7.7.7.7\n",
		 "192.0.2.1 192.0.2.2/31 192.0.2.9 192.0.2.11", ""},
		/* The address begins it, the length makes its size. */
		{FEED_SPAMD, "192.0.2.5/30\n", "192.0.2.5 192.0.2.6/31 192.0.2.8", ""},
		{FEED_SPAMD,
		 "255.255.255.255/31\n192.0.2\n192.0.2.1x\n192.0.2.9 - 192.0.2.1\n::1\nx\n", "",
		 "1 2 3 4 5 6 "},
	};

	(void)state;
	READ_ALL(samples);
}

static void rbldnsd_ip4set(void **state)
{
	static const struct sample samples[] = {
		{FEED_RBLDNSD_IP4SET, "192.0.2.4-7\n127.16-31\n127.32/16\n198.51.100\n",
		 "127.16.0.0/12 127.32.0.0/16 192.0.2.4/30 198.51.100.0/24", ""},
		{FEED_RBLDNSD_IP4SET, "192.0.2.1-192.0.2.2\n192.0-1\n10.1-10.2\n1.2-1.2.3\n",
		 "10.1.0.0/16 10.2.0.0/16 192.0.0.0/15", "4 "},
		/* Blanks around the dash: one address, and a text. */
		{FEED_RBLDNSD_IP4SET, "192.0.2.1 - 192.0.2.9\n", "192.0.2.1", ""},
		/* The finer level has the last word, the exception within it. */
		{FEED_RBLDNSD_IP4SET, "192.0.2/24\n!192.0.2.0/31\n192.0.2.1\n",
		 "192.0.2.2/31 192.0.2.4/30 192.0.2.8/29 192.0.2.16/28 192.0.2.32/27 192.0.2.64/26 "
		 "192.0.2.128/25",
		 ""},
		{FEED_RBLDNSD_IP4SET, "192.0.2.0/31\n!192.0.2\n", "192.0.2.0/31", ""},
		{FEED_RBLDNSD_IP4SET, "!192.0\n192.0.2\n!192.0.2.0/30\n192.0.2.128-255\n",
		 "192.0.2.4/30 192.0.2.8/29 192.0.2.16/28 192.0.2.32/27 192.0.2.64/26 "
		 "192.0.2.128/25",
		 ""},
		{FEED_RBLDNSD_IP4SET,
		 "1 :0: \n10\n192.0.2.0/0\n1.2.3.4/33\n192.0.2.1/24\n!192.0.2.1/24\n", "",
		 "1 2 3 4 5 6 "},
		{FEED_RBLDNSD_IP4SET,
		 "$MAXRANGE4 /25\n192.0.2/24\n192.0.3.0/25\n!192.0.3/24\n"
		 "$MAXRANGE4 300\n$MAXRANGE4 4\n192.0.4.0/29\n192.0.4.0/30\n",
		 "192.0.3.0/25 192.0.4.0/30", "2 4 5 7 "},
		{FEED_RBLDNSD_IP4SET,
		 "$MAXRANGE4 /0\n$MAXRANGE4 0\n$MAXRANGE4 /33\n$MAXRANGE4\n"
		 "$MAXRANGE4 4294967296\n$MAXRANGE4 1 x\n1.2.3/24\n",
		 "1.2.3.0/24", "1 2 3 4 5 6 "},
		{FEED_RBLDNSD_IP4SET,
		 "$SOA x\n#$NS 1 a\n;$TTL 1\n:$0 y\n$= z\n$DATASET ip4set x\n# $q\n"
		 "#$q\n1.2.3.4\n",
		 "1.2.3.4", "6 8 "},
	};

	(void)state;
	READ_ALL(samples);
}

static void rbldnsd_others(void **state)
{
	static const struct sample samples[] = {
		{FEED_RBLDNSD_IP4TRIE,
		 "192.0.2.0/30\n!192.0.2.0/29\n!192.0.2.2\n192.0.2.2\n10\n1-2\n",
		 "192.0.2.0/31 192.0.2.3", "5 6 "},
		{FEED_RBLDNSD_IP4TSET, "192.0.2.1 :0:bad\n!192.0.2.2\n192.0.2\n192.0.2.0/31\n:x\n",
		 "192.0.2.1", "2 3 4 5 "},
		{FEED_RBLDNSD_IP6TRIE,
		 "2001:db8\n!2001:db8:1/48\n2001:db8:1::/126 :3:x\n2001\n::\n",
		 ":: 2001:db8::/48 2001:db8:1::/126 2001:db8:2::/47 2001:db8:4::/46 "
		 "2001:db8:8::/45 "
		 "2001:db8:10::/44 2001:db8:20::/43 2001:db8:40::/42 2001:db8:80::/41 "
		 "2001:db8:100::/40 2001:db8:200::/39 2001:db8:400::/38 2001:db8:800::/37 "
		 "2001:db8:1000::/36 2001:db8:2000::/35 2001:db8:4000::/34 2001:db8:8000::/33",
		 "4 "},
		/* A second gap begins a value, a colon alone may follow the first. */
		{FEED_RBLDNSD_IP6TRIE,
		 "1::2::3\n1::3:\n1:2:3:4:5:6:7:8:9\n1:2:3:4:5:6:7::8\n1:2:\n",
		 "1::2/127 1:2:3:4:5:6:7:8", "4 5 "},
		{FEED_RBLDNSD_IP6TRIE, "00001::1\n12345::1\n::12345\n2001:db8::1/64\n::1.2.3.4\n",
		 "1::1", "2 3 4 5 "},
		{FEED_RBLDNSD_IP6TSET,
		 "1:2:3:4\n!1:2:3:9::1\n1:2:3:5/64\n!1:2:3:4\n1:2:3:4::\n::1\n1:2:3\n",
		 "1:2:3:4::/64", "3 4 5 6 7 "},
	};

	(void)state;
	READ_ALL(samples);
}

/* Wherever the exception stands. */
static void ip6tset_excepts_one(void **state)
{
	static const char list[] = "!1:2:3:4::8\n1:2:3:4\n";
	static struct told told;
	struct feed_set set;
	struct feed feed;

	(void)state;
	assert_int_equal(memory_feed(&feed, FEED_RBLDNSD_IP6TSET,
				     (struct memory){list, strlen(list), 0}, &told, &set),
			 0);
	assert_int_equal(set.v6.count, 2);
	assert_int_equal(set.v6.item[0].first.lo, 0);
	assert_int_equal(set.v6.item[0].last.lo, 7);
	assert_int_equal(set.v6.item[1].first.lo, 9);
	assert_true(set.v6.item[1].last.lo == UINT64_MAX);
	assert_int_equal(feed.used, 2);
	feed_set_free(&set);
	feed_free(&feed);
}

static void time_stamps(void **state)
{
	static const struct sample samples[] = {
		{FEED_RBLDNSD_IP4TSET, "$TIMESTAMP 2026:06:30\n192.0.2.1\n", "192.0.2.1", ""},
		{FEED_RBLDNSD_IP4TSET, "$timestamp 0 2037-01-01\n192.0.2.1\n", "192.0.2.1", ""},
		/* Expired: listed, and told. */
		{FEED_RBLDNSD_IP4TSET, "$TIMESTAMP 20260601 +1d\n192.0.2.1\n", "192.0.2.1", "0 "},
		{FEED_RBLDNSD_IP4TSET, "$TIMESTAMP - 2026:06:30:12\n192.0.2.1\n", "192.0.2.1",
		 "0 "},
		{FEED_RBLDNSD_IP4TSET,
		 "$TIMESTAMP 2026:02:29\n$TIMESTAMP 2026:13:01\n$TIMESTAMP x\n$TIMESTAMP "
		 "2026:01:01 +0\n"
		 "$TIMESTAMP 0 +1d\n$TIMESTAMP 2026:01:01 +1x\n$TIMESTAMP 1969:01:01\n192.0.2.1\n",
		 "192.0.2.1", "1 2 3 4 5 6 7 "},
	};
	static const char future[] = "192.0.2.1\n$TIMESTAMP 2026:07:02\n192.0.2.2\n";
	static struct told told;
	struct feed_set set;
	struct feed feed;

	(void)state;
	READ_ALL(samples);
	/* FEEDS_NOW is the first of July: of tomorrow, nothing is taken. */
	assert_int_equal(memory_feed(&feed, FEED_RBLDNSD_IP4TSET,
				     (struct memory){future, strlen(future), 0}, &told, &set),
			 -EBADMSG);
	assert_true(feed_set_is_empty(&set));
	assert_non_null(strstr(told.text, "2: $TIMESTAMP is 86400 s in the future"));
	feed_free(&feed);
}

static void formats_are_recognised(void **state)
{
	static const struct {
		const char *list;
		enum feed_format format;
	} lists[] = {
		{"192.0.2.1\n", FEED_CIDR},
		{"nothing known\n", FEED_CIDR},
		{"# head\n192.0.2.0/24 # x\n2001:db8::/32\n192.0.2.300\n", FEED_CIDR},
		{"add x 192.0.2.1 timeout 5\n", FEED_CIDR},
		{"192.0.2.1-192.0.2.3\n", FEED_CIDR},
		{"64496\n192.0.2.1\n", FEED_CIDR},
		{"{\"cidr\":\"192.0.2.0/24\"}\n", FEED_SPAMHAUS_JSON},
		{"\n; DROP\n192.0.2.0/24 ; SBL1\n", FEED_SPAMHAUS_DROP},
		{"192.0.2.1\n192.0.2.1 - 192.0.2.4\n", FEED_SPAMD},
		{"$SOA 0 a b 0 1 1 1 1\n192.0.2.1\n", FEED_RBLDNSD_IP4SET},
		{"# x\n#$TTL 5\n192.0.2.1 - 192.0.2.4\n", FEED_RBLDNSD_IP4SET},
		{":2:listed\n192.0.2.1\n", FEED_RBLDNSD_IP4SET},
		{"192.0.2.1 :127.0.0.2:listed\n", FEED_RBLDNSD_IP4SET},
		{"127.16/12\n", FEED_RBLDNSD_IP4SET},
		{"!192.0.2.1\n", FEED_RBLDNSD_IP4SET},
		{"127.0.0.2\n!192.0.2.1\n2001:db8::\n", FEED_RBLDNSD_IP4SET},
		{":2:x\n2001:db8::/32\n", FEED_RBLDNSD_IP6TRIE},
		{"2001:db8:0:1\n2001:db8:0:2\n", FEED_RBLDNSD_IP6TSET},
		{"2001:db8:0:1\n2001:db8:0:2::/64\n", FEED_RBLDNSD_IP6TRIE},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++) {
		enum feed_format got = feed_recognise(lists[i].list, strlen(lists[i].list));

		if (got != lists[i].format)
			fail_msg("%s is taken for %s, not for %s", lists[i].list,
				 feed_format_names[got], feed_format_names[lists[i].format]);
	}
}

static void names_and_formats(void **state)
{
	enum feed_format format;

	(void)state;
	for (unsigned i = 0; i < FEED_FORMAT_COUNT; i++) {
		assert_true(feed_format_parse(&format, feed_format_names[i]));
		assert_int_equal(format, i);
	}
	assert_false(feed_format_parse(&format, "CIDR"));
	assert_false(feed_format_parse(&format, ""));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(plain_lists),         cmocka_unit_test(ipset_save),
		cmocka_unit_test(too_wide_is_refused), cmocka_unit_test(spamhaus_lists),
		cmocka_unit_test(spamd_lists),         cmocka_unit_test(rbldnsd_ip4set),
		cmocka_unit_test(rbldnsd_others),      cmocka_unit_test(ip6tset_excepts_one),
		cmocka_unit_test(time_stamps),         cmocka_unit_test(formats_are_recognised),
		cmocka_unit_test(names_and_formats),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
