// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * import-postfix: main.cf is understood as Postfix's own postconf understands it; what comes out is
 * a good configuration that means the same; what does not come out is told, and keys are not.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include <cmocka.h>

#include "../../user/cli/cli.h"
#include "../../user/cli/import_postfix.h"
#include "../../user/config/sites.h"

#define KEY "abcdefghijklmnopqrstuvwxyz"

/* A directory with a main.cf, and what else a test puts there. */
struct house {
	char dir[32], main_cf[64];
};

static void put(const struct house *house, const char *name, const char *text)
{
	char path[96];
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s", house->dir, name);
	file = fopen(path, "w");
	assert_non_null(file);
	assert_true(fputs(text, file) >= 0);
	assert_int_equal(fclose(file), 0);
}

static struct house house_open(const char *main_cf)
{
	struct house house;

	strcpy(house.dir, "/tmp/test_import.XXXXXX");
	assert_non_null(mkdtemp(house.dir));
	snprintf(house.main_cf, sizeof(house.main_cf), "%s/main.cf", house.dir);
	put(&house, "main.cf", main_cf);
	return house;
}

static void house_close(const struct house *house)
{
	static const char *const names[] = {"main.cf", "access.cidr", "networks", "domains"};
	char path[96];

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		snprintf(path, sizeof(path), "%s/%s", house->dir, names[i]);
		unlink(path);
	}
	assert_int_equal(rmdir(house->dir), 0);
}

/* What the importer makes of a house: owned texts. */
struct result {
	bool good;
	char *out, *said;
	struct config config; /* where good */
};

static void load_out(struct result *r)
{
	int fd = memfd_create("out", 0);
	char path[64], *error;

	assert_true(fd >= 0);
	assert_int_equal(write(fd, r->out, strlen(r->out)), (ssize_t)strlen(r->out));
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	if (!config_load(&r->config, &error, path))
		fail_msg("%s\n%s", error, r->out);
	close(fd);
}

static struct result import_house(const struct house *house, const char *main_cf)
{
	char *text = strdup(main_cf);
	struct result r = {0};
	size_t out_size, said_size;
	FILE *out = open_memstream(&r.out, &out_size);
	FILE *said = open_memstream(&r.said, &said_size);

	assert_true(text && out && said);
	r.good = import_text(out, said, house->main_cf, text, strlen(text), true);
	assert_int_equal(fclose(out) | fclose(said), 0);
	free(text);
	if (strstr(r.said, KEY))
		fail_msg("a key: %s", r.said);
	if (r.good)
		load_out(&r);
	else
		assert_string_equal(r.out, "");
	return r;
}

static void result_free(struct result *r)
{
	if (r->good)
		config_free(&r->config);
	free(r->out);
	free(r->said);
}

static struct result import_alone(const char *main_cf)
{
	struct house house = house_open(main_cf);
	struct result r = import_house(&house, main_cf);

	house_close(&house);
	return r;
}

static void assert_said(const struct result *r, const char *what)
{
	if (!strstr(r->said, what))
		fail_msg("not told: %s\n%s", what, r->said);
}

static void assert_not_said(const struct result *r, const char *what)
{
	if (strstr(r->said, what))
		fail_msg("told: %s", r->said);
}

/* postconf */

static void squeeze(char *text)
{
	char *to = text;

	for (char *from = text; *from; from++) {
		bool blank = strchr(" \t\r\n", *from);

		if (!blank)
			*to++ = *from;
		else if (to > text && to[-1] != ' ')
			*to++ = ' ';
	}
	while (to > text && to[-1] == ' ')
		to--;
	*to = '\0';
}

/* It takes a second or more to refuse a file, so that several are asked at a time. */
static FILE *ask_postconf(const struct house *house, const char *name)
{
	char command[160];
	FILE *pipe;

	snprintf(command, sizeof(command), "postconf -c %s -xh %s 2>/dev/null", house->dir, name);
	pipe = popen(command, "r");
	assert_non_null(pipe);
	return pipe;
}

/* False where postconf refuses the file. */
static bool hear_postconf(char *value, size_t size, FILE *pipe)
{
	size_t len = fread(value, 1, size - 1, pipe);

	value[len] = '\0';
	squeeze(value);
	return pclose(pipe) == 0;
}

static void compare_one(struct import *import, const char *name, FILE *pipe)
{
	char theirs[8192], *ours = postfix_value(import, name);
	bool good = hear_postconf(theirs, sizeof(theirs), pipe);

	if (ours)
		squeeze(ours);
	if (good != (ours != NULL))
		fail_msg("%s: postconf %s, import %s", name, good ? theirs : "refuses",
			 ours ? ours : "refuses");
	if (good && strcmp(ours, theirs) != 0)
		fail_msg("%s: postconf has `%s', import has `%s'", name, theirs, ours);
	free(ours);
}

#define NAMES_MAX 16

/* A main.cf, and what postconf says of some names in it. */
struct comparison {
	struct house house;
	const char *const *names; /* NULL ends them */
	FILE *pipe[NAMES_MAX];
	char *text;
};

static struct comparison comparison_begin(const char *main_cf, const char *const *names)
{
	struct comparison c = {
		.house = house_open(main_cf), .names = names, .text = strdup(main_cf)};

	for (size_t i = 0; names[i]; i++) {
		assert_true(i < NAMES_MAX);
		c.pipe[i] = ask_postconf(&c.house, names[i]);
	}
	return c;
}

static void comparison_end(struct comparison *c)
{
	char *said = NULL;
	size_t size;
	struct import import = {
		.cf = {.path = c->house.main_cf, .dir = c->house.dir, .files = true},
		.say = open_memstream(&said, &size),
	};

	assert_true(c->text && import.say);
	assert_true(postfix_parse(&import, c->text));
	for (size_t i = 0; c->names[i]; i++)
		compare_one(&import, c->names[i], c->pipe[i]);
	fclose(import.say);
	free(import.cf.list);
	free(said);
	free(c->text);
	house_close(&c->house);
}

static void compare_file(const char *main_cf, const char *const *names)
{
	struct comparison c = comparison_begin(main_cf, names);

	comparison_end(&c);
}

#define NAMES(...) ((const char *const[]){__VA_ARGS__, NULL})

static bool no_postconf(void)
{
	return system("postconf -d mail_version >/dev/null 2>&1") != 0;
}

/* Such as stand on real servers. */
static void postconf_agrees_on_real_files(void **state)
{
	(void)state;
	if (no_postconf())
		skip();
	compare_file(
		"# See /usr/share/postfix/main.cf.dist for a commented, more complete version\n"
		"smtpd_banner = $myhostname ESMTP $mail_name (Debian/GNU)\n"
		"biff = no\n\n"
		"# appending .domain is the MUA's job.\n"
		"append_dot_mydomain = no\n"
		"compatibility_level = 3.6\n"
		"myhostname = mail.example.org\n"
		"alias_maps = hash:/etc/aliases\n"
		"myorigin = /etc/mailname\n"
		"mydestination = $myhostname, example.org, localhost.example.org, , localhost\n"
		"relayhost = \n"
		"mynetworks = 127.0.0.0/8 [::ffff:127.0.0.0]/104 [::1]/128\n"
		"mailbox_size_limit = 0\n"
		"recipient_delimiter = +\n",
		NAMES("smtpd_banner", "mydestination", "mynetworks", "myhostname", "mydomain",
		      "relay_domains", "postscreen_dnsbl_threshold", "relayhost",
		      "postscreen_access_list", "virtual_alias_domains"));
	compare_file("myhostname=mx1.example.net\n"
		     "mydomain=example.net\n"
		     "postscreen_access_list = permit_mynetworks,\n"
		     "\tcidr:$config_directory/postscreen_access.cidr\n"
		     "postscreen_dnsbl_sites =\n"
		     "\tzen.spamhaus.org=127.0.0.[2..11]*3\n"
		     "# a comment in between\n"
		     "\n"
		     "   # and an indented one\n"
		     "\tbl.spamcop.net*2, b.barracudacentral.org=127.0.0.2*2\n"
		     "\tlist.dnswl.org=127.0.[0..255].[1..3]*-2\n"
		     "postscreen_dnsbl_threshold = 3\n"
		     "postscreen_dnsbl_whitelist_threshold = -2\n"
		     "virtual_alias_domains = one.example two.example\n"
		     "virtual_mailbox_domains = $virtual_alias_domains, $mydomain\n"
		     "postscreen_dnsbl_threshold = 4\n",
		     NAMES("postscreen_access_list", "postscreen_dnsbl_sites",
			   "postscreen_dnsbl_threshold", "postscreen_dnsbl_allowlist_threshold",
			   "virtual_mailbox_domains", "mydestination", "myorigin"));
	compare_file("my_own = a\r\nOwn_2=b\r\n"
		     "smtpd_banner = ${my_own} $(Own_2) $Own_2.x $Own_2-y $$Own_2 ${Own_2}z\r\n"
		     "mynetworks = 192.0.2.0/24\r\n 2001:db8::/32\r\n\r\n"
		     "empty =\r\nmydestination = $empty x.example\r\n",
		     NAMES("smtpd_banner", "mynetworks", "mydestination"));
}

static void postconf_agrees_on_conditions(void **state)
{
	static const char *const values[] = {
		"${set?yes}${set:no}|${unset?yes}${unset:no}",
		"${set?{yes}:{no}}|${unset?{yes}:{no}}|${ set ? { a b } : { c } }",
		"${set ? yes : no}|${set?{yes} : no}|${unset?{yes}: no way }|${unset:  x }",
		"${set?${nested}}|${nested}|${void?{yes}:{no}}|${hollow?{yes}:{no}}",
		"${{$set} == {x} ? {eq} : {ne}} ${{a}!={b}?{ne}} ${{b} <= {a} ? {le} : {gt}}",
		"${{2} < {10} ? {number} : {text}} ${{2x} < {10} ? {number} : {text}}",
		"${{3.10} >=level {3.9} ? {new} : {old}} ${{3} ==level {3.0} ? {same}}",
		"${{x} == {x}}|${{x} == {y}}|${{$set} == {y} : no}",
		"${{ a } == {a} ? {same} : {other}}|${{1} == {01} ? {same} : {other}}",
		"{$set} x{1,2} a = b # no comment",
		"$set, ${set}, $(set)",
		/* These it refuses. */
		"${set",
		"a$",
		"${}",
		"$ x",
		"${set?{x}y}",
		"${a-b}",
		"${{a} = {b}}",
		"${{a} == b}",
		"$circle_a",
		"$(set",
		"${{a} == {b} x}",
	};
#define VALUES (sizeof(values) / sizeof(values[0]))
	static const char *const banner[] = {"smtpd_banner", NULL};
	struct comparison all[VALUES];
	char text[2048];

	(void)state;
	if (no_postconf())
		skip();
	for (size_t i = 0; i < VALUES; i++) {
		snprintf(text, sizeof(text),
			 "set = x\nvoid =\nhollow = $void\nnested = <$set>\n"
			 "circle_a = $circle_b\ncircle_b = $circle_a\n"
			 "compatibility_level = 3.6\nmyhostname = mx.example.net\n"
			 "smtpd_banner = %s\n",
			 values[i]);
		all[i] = comparison_begin(text, banner);
	}
	for (size_t i = 0; i < VALUES; i++)
		comparison_end(&all[i]);
#undef VALUES
}

/* What comes out */

static void assert_group(const struct config *c, const char *shown, enum list_kind kind,
			 const char *code, int points)
{
	const struct list *list = lists_find(c->lists, c->lists_count, shown, kind);
	struct addr addr;

	if (!list)
		fail_msg("no %s", shown);
	assert_true(addr_parse(&addr, code));
	for (size_t g = 0; g < list->groups_count; g++) {
		if (!list_codes_match(&list->group[g].codes, &addr))
			continue;
		if (list->group[g].points != points)
			fail_msg("%s %s: %d", shown, code, list->group[g].points);
		assert_int_equal(list->group[g].convicts, points >= 10);
		return;
	}
	fail_msg("%s has no %s", shown, code);
}

static void sites_keep_their_weight(void **state)
{
	struct result r = import_alone(
		"postscreen_dnsbl_threshold = 8\n"
		"postscreen_dnsbl_allowlist_threshold = -4\n"
		"postscreen_dnsbl_action = enforce\n"
		"zen = zen.spamhaus.org\n"
		"postscreen_dnsbl_sites = ${zen}=127.0.0.[10;11]*8 $zen=127.0.0.[4..7]*6\n"
		"  zen.spamhaus.org=127.0.0.3*4\n"
		"  zen.spamhaus.org=127.0.0.2*3\n"
		"  bl.spamcop.net*2, bl.spamcop.net=127.0.0.2*3\n"
		"  bl.mailspike.net=127.0.0.2*5 bl.mailspike.net=127.0.0.[10;11;12]*4\n"
		"  hostkarma.junkemailfilter.com=127.0.0.3*2\n"
		"  hostkarma.junkemailfilter.com=127.0.0.1*-5\n"
		"  hostkarma.junkemailfilter.com=127.0.0.5*-1\n"
		"  list.dnswl.org=127.0.[0..255].0*-2\n"
		"  list.dnswl.org=127.0.[0..255].1*-3\n"
		"  list.dnswl.org=127.0.[0..255].[2..255]*-4\n"
		"  dnsbl-2.uceprotect.net*1 dnsbl.sorbs.net=127.0.0.10*8\n"
		"  bl.example*100\n");
	const struct config *c = &r.config;

	(void)state;
	assert_true(r.good);
	assert_group(c, "zen.spamhaus.org", LIST_DNSBL, "127.0.0.11", 10);
	assert_group(c, "zen.spamhaus.org", LIST_DNSBL, "127.0.0.7", 8);
	assert_group(c, "zen.spamhaus.org", LIST_DNSBL, "127.0.0.3", 5);
	assert_group(c, "zen.spamhaus.org", LIST_DNSBL, "127.0.0.2", 4);
	/* Both, added up as postscreen does. */
	assert_group(c, "bl.spamcop.net", LIST_DNSBL, "127.0.0.2", 6);
	assert_group(c, "bl.mailspike.net", LIST_DNSBL, "127.0.0.12", 5);
	assert_group(c, "hostkarma.junkemailfilter.com", LIST_DNSBL, "127.0.0.3", 3);
	assert_group(c, "hostkarma.junkemailfilter.com", LIST_DNSWL, "127.0.0.5", -1);
	assert_group(c, "list.dnswl.org", LIST_DNSWL, "127.0.5.1", -4);
	assert_group(c, "list.dnswl.org", LIST_DNSWL, "127.0.5.2", -10);
	assert_group(c, "bl.example", LIST_DNSBL, "127.0.0.254", 10);
	assert_int_equal(c->lists_count, 7);
	assert_said(&r, ":5: postscreen_dnsbl_sites: not carried over: "
			"`hostkarma.junkemailfilter.com=127.0.0.1*-5' has codes that are never");
	assert_said(&r, "`dnsbl-2.uceprotect.net' is not used: it lists whole networks");
	assert_said(&r, "`dnsbl.sorbs.net' is not used: it was shut down");
	assert_said(&r, "a block needs 10 points of two classes");
	assert_not_said(&r, "postscreen_dnsbl_action");
	result_free(&r);
}

static void default_threshold_convicts(void **state)
{
	struct result r = import_alone("postscreen_dnsbl_sites = bl.example bl2.example*2 "
				       "wl.example*-1 wl2.example*-2\n");

	(void)state;
	assert_true(r.good);
	assert_group(&r.config, "bl.example", LIST_DNSBL, "127.0.0.2", 10);
	assert_group(&r.config, "bl2.example", LIST_DNSBL, "127.0.0.2", 10);
	assert_group(&r.config, "wl.example", LIST_DNSWL, "127.0.0.2", -10);
	assert_said(&r, "postscreen_dnsbl_action is ignore");
	assert_not_said(&r, "two classes");
	result_free(&r);
}

static void codes_in_common_are_taken_apart(void **state)
{
	struct result r = import_alone("postscreen_dnsbl_threshold = 10\n"
				       "postscreen_dnsbl_sites = a.example=127.0.0.[2..9]*2\n"
				       " a.example=127.0.0.[4;5;20]*3 a.example=127.0.0.[5;30]*4\n"
				       " a.example=127.0.[0..9].6*1\n"
				       " b.example=127.0.0.[2..4]*2 b.example=127.0.0.[2..4]*1\n");

	(void)state;
	assert_true(r.good);
	assert_group(&r.config, "a.example", LIST_DNSBL, "127.0.0.2", 2);
	assert_group(&r.config, "a.example", LIST_DNSBL, "127.0.0.4", 5);
	assert_group(&r.config, "a.example", LIST_DNSBL, "127.0.0.5", 9);
	assert_group(&r.config, "a.example", LIST_DNSBL, "127.0.0.20", 3);
	assert_group(&r.config, "a.example", LIST_DNSBL, "127.0.0.30", 4);
	assert_group(&r.config, "b.example", LIST_DNSBL, "127.0.0.3", 3);
	assert_said(&r, "`a.example=127.0.[0..9].6*1' is not carried over: its codes are partly");
	result_free(&r);
}

static void bad_numbers_carry_no_site(void **state)
{
	static const char *const numbers[] = {"0", "-1", "x", "", "1x", "$unset"};
	char text[256];

	(void)state;
	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
		struct result r;

		snprintf(text, sizeof(text),
			 "myhostname = mx.example.net\npostscreen_dnsbl_threshold = %s\n"
			 "postscreen_dnsbl_sites = bl.example\n",
			 numbers[i]);
		r = import_alone(text);
		assert_true(r.good);
		assert_int_equal(r.config.lists_count, 0);
		assert_said(&r, ":2: postscreen_dnsbl_threshold is `");
		result_free(&r);
	}
}

static void keys_come_along_and_are_not_told(void **state)
{
	struct result r = import_alone(
		"postscreen_dnsbl_threshold = 3\n"
		"key = " KEY "\n"
		"postscreen_dnsbl_sites = $key.zen.dq.spamhaus.net=127.0.0.[2..11]*3\n"
		" " KEY ".zen.dq.spamhaus.net=127.0.0.1*3 " KEY ".zen.dq.spamhaus.net=x*3\n"
		" " KEY ".zen.dq.spamhaus.net*y " KEY ".dbl.dq.spamhaus.net=127.0.1.2*3\n"
		" " KEY ".zen.dq.spamhaus.net=127.[0..9].0.2*3\n"
		"smtpd_recipient_restrictions = reject_rbl_client " KEY ".zen.dq.spamhaus.net,\n"
		" reject_rhsbl_sender $key.dbl.dq.spamhaus.net=127.0.1.[2..99]\n"
		"mydestination = " KEY ".zen.dq.spamhaus.net.\n");
	const struct list *list;

	(void)state;
	assert_true(r.good);
	assert_int_equal(r.config.lists_count, 1);
	list = lists_find(r.config.lists, 1, "zen.spamhaus.org", LIST_DNSBL);
	assert_non_null(list);
	assert_string_equal(list->zone, KEY ".zen.dq.spamhaus.net");
	assert_said(&r, "reject_rbl_client `KEY.zen.dq.spamhaus.net' is not carried over: Postfix");
	assert_said(&r, "reject_rhsbl_sender `KEY.dbl.dq.spamhaus.net=127.0.1.[2..99]'");
	assert_said(&r, "lists domains, not addresses");
	result_free(&r);
}

static void assert_allowed(const struct config *c, const char *const *nets)
{
	char text[ADDR_TEXT];
	size_t i = 0;

	for (; nets[i]; i++) {
		assert_true(i < c->allow.count);
		assert_string_equal(prefix_format(text, &c->allow.item[i]), nets[i]);
	}
	assert_int_equal(c->allow.count, i);
}

static void networks_are_allowed(void **state)
{
	static const char main_cf[] =
		"mynetworks = 127.0.0.0/8 [::ffff:127.0.0.0]/104 [::1]/128, 192.0.2.0/24\n"
		"  [2001:db8::]/32 192.0.2.9 10.0.0.1/8 !192.0.2.7 hash:/etc/postfix/nets\n"
		"  $config_directory/networks 0.0.0.0/0 /etc/postfix/absent\n"
		"postscreen_access_list = permit_mynetworks\n"
		"  cidr:/etc/postfix/access.cidr\n"
		"  cidr:{{198.51.100.9 permit}, {198.51.100.0/24 reject}, {198.51.100.10 permit}}\n"
		"  static:all\n";
	struct house house = house_open(main_cf);
	struct result r;

	(void)state;
	put(&house, "networks",
	    "# ours\n203.0.113.128/25 203.0.113.4\n  203.0.113.5\n!203.0.113.6\n");
	put(&house, "access.cidr",
	    "203.0.113.0/30 permit\n# x\n203.0.113.77 reject\n203.0.113.64/26 PERMIT\n"
	    "203.0.113.77 permit\n2001:db9::/48\n  permit\nif 1.0.0.0/8\n1.2.3.4 permit\nendif\n"
	    "!1.2.3.4 permit\n1.2.3.5/24 permit\n203.0.113.0/24 dunno\n5.5.5.5 ok\nnonsense "
	    "reject\n1.1.1.1\n");
	r = import_house(&house, main_cf);
	assert_true(r.good);
	assert_allowed(&r.config,
		       NAMES("127.0.0.0/8", "::1", "192.0.2.0/24", "2001:db8::/32",
			     "203.0.113.128/25", "203.0.113.4", "203.0.113.5", "203.0.113.0/30",
			     "203.0.113.64/26", "2001:db9::/48", "198.51.100.9"));
	assert_said(&r, "main.cf:1: not carried over: `10.0.0.1/8' has bits set behind its length");
	assert_said(&r, "main.cf:1: mynetworks: `!192.0.2.7' is not carried over");
	assert_said(&r, "main.cf:1: mynetworks: `hash:/etc/postfix/nets' is not carried over");
	assert_said(&r, "main.cf:1: not carried over: `0.0.0.0/0' holds all of IPv4");
	assert_said(&r, "/absent' is not carried over: No such file");
	assert_said(&r, "/networks:4: `!203.0.113.6' is not carried over");
	assert_said(&r, "/access.cidr:5: 203.0.113.77 is not allowed: the entry before it for "
			"203.0.113.77 decides");
	assert_said(&r, "/access.cidr:3: 2 entries from here on say reject");
	assert_said(&r, "/access.cidr:8: 3 entries from here on have conditions");
	assert_said(&r, "/access.cidr:12: not carried over: `1.2.3.5/24' has bits set");
	assert_said(&r, "/access.cidr:13: 1 entries from here on say dunno");
	assert_said(&r, "/access.cidr:14: `ok' is none of permit, reject, dunno");
	assert_said(&r, "/access.cidr:15: `nonsense' is no network");
	assert_said(&r, "main.cf:4: 198.51.100.10 is not allowed: the entry before it for "
			"198.51.100.0/24 decides");
	assert_said(&r, "postscreen_access_list: `static:all' is not carried over");
	result_free(&r);
	house_close(&house);
}

static void assert_texts(const struct name_list *list, const char *const *texts)
{
	size_t i = 0;

	for (; texts[i]; i++) {
		assert_true(i < list->count);
		assert_string_equal(list->item[i], texts[i]);
	}
	assert_int_equal(list->count, i);
}

static void names_come_over(void **state)
{
	static const char main_cf[] =
		"myhostname = mx.example.net\n"
		"mydestination = $myhostname, localhost.$mydomain, localhost, $mydomain\n"
		"virtual_alias_domains = One.example /etc/postfix/domains !two.example "
		".tree.example\n"
		"virtual_mailbox_domains = one.example hash:/etc/postfix/vmailbox [192.0.2.1]\n"
		"relay_domains = $unset_parameter three.example\n"
		"virtual_alias_maps = hash:/etc/postfix/virtual\n"
		"virtual_mailbox_maps = hash:/etc/postfix/vmailbox\n"
		"smtpd_upstream_proxy_protocol = haproxy\n";
	struct house house = house_open(main_cf);
	struct result r;

	(void)state;
	put(&house, "domains", "four.example\n# no\nfive.example six.example\n!seven.example\n");
	r = import_house(&house, main_cf);
	assert_true(r.good);
	assert_texts(&r.config.our_names, NAMES("mx.example.net"));
	assert_texts(&r.config.our_domains,
		     NAMES("mx.example.net", "example.net", "One.example", "four.example",
			   "five.example", "six.example", "three.example"));
	assert_said(&r, "main.cf:3: virtual_alias_domains: `!two.example' is not carried over");
	assert_said(&r, "main.cf:3: virtual_alias_domains: `.tree.example' is not carried over");
	assert_said(&r, "/domains:4: virtual_alias_domains: `!seven.example' is not carried over");
	assert_said(&r,
		    "virtual_mailbox_domains: `hash:/etc/postfix/vmailbox' is not carried over");
	assert_said(&r, "virtual_mailbox_domains: not carried over: `[192.0.2.1]'");
	assert_said(&r,
		    "main.cf:5: relay_domains names $unset_parameter, which is not set in this");
	assert_not_said(&r, "virtual_alias_domains is not set");
	assert_said(&r, "main.cf: mynetworks is not set");
	assert_said(&r, "main.cf:8: smtpd_upstream_proxy_protocol is not carried over: mxdp sees");
	result_free(&r);
	house_close(&house);
	r = import_alone("mydestination = a.example\nvirtual_alias_maps = hash:/etc/postfix/v\n");
	assert_true(r.good);
	assert_said(&r, "main.cf: myhostname is not set");
	assert_said(&r, "main.cf:2: virtual_alias_domains is not set, so that its domains stand");
	result_free(&r);
}

static void the_last_one_wins(void **state)
{
	struct result r = import_alone("myhostname = a.example\nmydestination = $myhostname\n"
				       "myhostname = b.example\nmyhostname = \\\n"
				       "relay_domains = c.example\n");

	(void)state;
	assert_true(r.good);
	assert_texts(&r.config.our_names, NAMES(NULL));
	assert_said(&r, "main.cf:4: myhostname is not carried over: `\\\\' is no full host name");
	result_free(&r);
	r = import_alone("myhostname = a.example\nmydestination = $myhostname\n"
			 "myhostname = b.example\n");
	assert_texts(&r.config.our_domains, NAMES("b.example"));
	result_free(&r);
}

static void assert_fails(const char *main_cf, const char *what)
{
	struct result r = import_alone(main_cf);

	assert_false(r.good);
	assert_said(&r, what);
	result_free(&r);
}

static void what_is_no_main_cf_fails(void **state)
{
	char zero[] = "myhostname = mx.example.net\n\0", *out = NULL, *said = NULL;
	size_t size;
	FILE *to = open_memstream(&out, &size), *say = open_memstream(&said, &size);

	(void)state;
	assert_fails("", "main.cf: nothing in it is of use to mxdp");
	assert_fails("mode = monitor\n", "nothing in it is of use");
	assert_fails("mode monitor\n", "main.cf:1: `mode monitor' is no parameter with a value");
	/* import_house() looks for the key. */
	assert_fails("zen.example " KEY ".zen.dq.spamhaus.net*3\n", ":1: `zen.example KEY.zen.dq.");
	assert_fails("  " KEY ".zen.dq.spamhaus.net*3\n", ":1: `  KEY.zen.dq.spamhaus.net*3'");
	assert_fails("# x\n\n= y\n", "main.cf:3: `' is no parameter with a value");
	assert_fails("  mode = x\n  y\n", "main.cf:1: `  mode = x  y' begins with blanks");
	assert_fails("myhostname = $a\na = $b$b\nb = $a\n",
		     "main.cf:1: myhostname is not carried over: parameters name each other in a "
		     "circle");
	assert_false(import_text(to, say, "x\x1b/main.cf", zero, sizeof(zero) - 1, true));
	assert_int_equal(fclose(to) | fclose(say), 0);
	assert_non_null(strstr(said, "x\\x1b/main.cf: a zero byte"));
	free(out);
	free(said);
}

/* Each names the next twice: 2^40 steps, or as many bytes. */
static void doubling_ends(void **state)
{
	char text[4096];

	(void)state;
	for (int bytes = 0; bytes < 2; bytes++) {
		size_t len = (size_t)sprintf(text, "myhostname = $p0\nmydestination = a.example\n");
		struct result r;

		for (int i = 0; i < 20; i++)
			len += (size_t)sprintf(text + len, "p%d = $p%d$p%d\n", i, i + 1, i + 1);
		sprintf(text + len, "p20 = %s\n", bytes ? "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx" : "");
		r = import_alone(text);
		assert_true(r.good);
		assert_said(&r, "main.cf:1: myhostname is not carried over:");
		result_free(&r);
	}
}

static int run(char **argv, int *out_len)
{
	int file = memfd_create("output", 0), saved = dup(1), argc = 0, code;

	while (argv[argc])
		argc++;
	fflush(stdout);
	assert_true(file >= 0 && saved >= 0 && dup2(file, 1) == 1);
	code = cmd_import_postfix(argc, argv);
	fflush(stdout);
	dup2(saved, 1);
	*out_len = (int)lseek(file, 0, SEEK_END);
	close(file);
	close(saved);
	return code;
}

#define WORDS(...) ((char *[]){"import-postfix", __VA_ARGS__, NULL})

static void verb_answers(void **state)
{
	struct house house = house_open("myhostname = mx.example.net\nmynetworks = 192.0.2.0/24\n");
	int len;

	(void)state;
	assert_int_equal(run(WORDS(house.main_cf), &len), 0);
	assert_true(len > 0);
	assert_int_equal(run(WORDS(house.dir), &len), 1);
	assert_int_equal(len, 0);
	assert_int_equal(run(WORDS("/nowhere/main.cf"), &len), 1);
	assert_int_equal(run(WORDS(house.main_cf, "x"), &len), 2);
	assert_int_equal(run(WORDS("--nonsense"), &len), 2);
	assert_int_equal(run((char *[]){"import-postfix", NULL}, &len), 2);
	house_close(&house);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(postconf_agrees_on_real_files),
		cmocka_unit_test(postconf_agrees_on_conditions),
		cmocka_unit_test(sites_keep_their_weight),
		cmocka_unit_test(default_threshold_convicts),
		cmocka_unit_test(codes_in_common_are_taken_apart),
		cmocka_unit_test(bad_numbers_carry_no_site),
		cmocka_unit_test(keys_come_along_and_are_not_told),
		cmocka_unit_test(networks_are_allowed),
		cmocka_unit_test(names_come_over),
		cmocka_unit_test(the_last_one_wins),
		cmocka_unit_test(what_is_no_main_cf_fails),
		cmocka_unit_test(doubling_ends),
		cmocka_unit_test(verb_answers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
