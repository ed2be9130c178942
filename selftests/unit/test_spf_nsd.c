// SPDX-License-Identifier: GPL-2.0-or-later
/* SPF records made into networks, through the real resolver, served by NSD. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "../../user/dns/spf.h"
#include "dns_room.h"

#define NSD_PORT    5306
#define NOBODY_PORT 5307
#define TIMEOUT     700 /* milliseconds */

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

#define HEAD "@ 300 SOA ns.spf.lab. h.spf.lab. 1 3600 600 86400 77\n@ 300 NS ns.spf.lab.\n"

static const char zone[] =
	"$ORIGIN spf.lab.\n$TTL 3000\n" HEAD "ns A 127.0.0.1\n"
	"flat TXT \"some other text\"\n"
	"flat TXT \"v=spf1 ip4:192.0.2.0/25 ip4:192.0.2.1 ip4:198.51.100.7\" "
	"\" ip6:2001:db8:7::/48 ~all\"\n"
	"flat TXT \"v=spf10 ip4:203.0.113.1 all\"\n"
	/* Like the big ones: a redirect, and includes below it, one TTL shorter. */
	"pool TXT \"v=spf1 redirect=_spf.spf.lab.\"\n"
	"_spf TXT \"v=spf1 include:_netblocks.spf.lab include:_netblocks2.spf.lab ~all\"\n"
	"_netblocks TXT \"v=spf1 ip4:198.51.100.0/25 include:_netblocks2.spf.lab ~all\"\n"
	"_netblocks2 120 TXT \"v=spf1 ip6:2001:db8:100::/48 ?all\"\n"
	"hosts TXT \"v=spf1 a/24//64 a:mail.spf.lab mx/30 -all\"\n"
	"hosts A 192.0.2.77\nhosts AAAA 2001:db8:5::77\n"
	"hosts MX 10 mail\nhosts MX 20 v6only\nhosts MX 30 nobody-there\n"
	"mail A 198.51.100.7\nv6only AAAA 2001:db8:7::25\n"
	"qualified TXT \"v=spf1 -ip4:192.0.2.1 ?ip4:192.0.2.2 ~ip4:192.0.2.3 +ip4:192.0.2.4 "
	"?include:broken.lab ip4:192.0.2.5 all ip4:192.0.2.6\"\n"
	"later TXT \"v=spf1 ptr exists:%{i}._x.spf.lab include:%{d}.spf.lab ip4:192.0.2.4\"\n"
	"wide TXT \"v=spf1 ip4:0.0.0.0/0 ip4:64.0.0.0/7 ip4:64.0.0.0/8 ip6:2001::/18 "
	"ip6:::/19 ip6:2001:d00::/24\"\n"
	"half TXT \"v=spf1 ip4:64.0.0.0/8 ip4:65.0.0.0/8 ip4:66.0.0.0/8 ip4:67.0.0.0/8 "
	"ip4:68.0.0.0/32\"\n"
	"self TXT \"v=spf1 ip4:192.0.2.1 include:self2.spf.lab\"\n"
	"self2 TXT \"v=spf1 include:SELF.spf.lab\"\n"
	"two TXT \"v=spf1 mx\"\ntwo TXT \"v=spf1 a\"\n"
	"typo TXT \"v=spf1 ip4:192.0.2.1 ipv4:192.0.2.2\"\n"
	"missing TXT \"v=spf1 ip4:192.0.2.1 include:nothing.spf.lab\"\n"
	"nothing A 192.0.2.1\n"
	"failing TXT \"v=spf1 ip4:192.0.2.1 include:x.broken.lab\"\n"
	"silent TXT \"v=spf1 ip4:192.0.2.1 a:x.nobody.lab\"\n"
	"voids2 TXT \"v=spf1 a:v1.spf.lab mx:mail.spf.lab ip4:192.0.2.1\"\n"
	"voids3 TXT \"v=spf1 a:v1.spf.lab mx:mail.spf.lab a:v2.spf.lab ip4:192.0.2.1\"\n"
	"ten TXT \"v=spf1 a:mail.spf.lab a:mail.spf.lab a:mail.spf.lab a:mail.spf.lab "
	"a:mail.spf.lab ptr ptr -mx -exists:%{i} redirect=flat.spf.lab\"\n"
	"eleven TXT \"v=spf1 ptr include:ten.spf.lab\"\n"
	"cname CNAME flat\n"
	"zero TXT \"v=spf1 ip4:192.0.2.1\\000 all\"\n";

static pid_t nsd;
static const char *no_room;

/* What is too much to write by hand: mail servers, and a record without end. */
static void write_zone(char *out, size_t size)
{
	size_t n = (size_t)snprintf(out, size, "%s", zone);

	for (int i = 0; i < 11; i++)
		n += (size_t)snprintf(out + n, size - n,
				      "many MX %d m%d\n%s MX %d m%d\nm%d A "
				      "192.0.2.%d\n",
				      i, i, i < 10 ? "most" : "ns", i, i, i, i + 1);
	n += (size_t)snprintf(out + n, size - n,
			      "many TXT \"v=spf1 mx\"\nmost TXT \"v=spf1 mx\"\n"
			      "long TXT \"v=spf1\"");
	for (int i = 0; i < 200; i++)
		n += (size_t)snprintf(out + n, size - n, " \" ip4:192.0.2.%d\"", i + 1);
	snprintf(out + n, size - n, "\n");
}

static int start_server(void **state)
{
	/* broken.lab has no file. */
	static const char *const zones[] = {"spf.lab", "broken.lab"};
	char text[16384];

	(void)state;
	if (!room_enter(&no_room))
		return 0;
	no_room = NULL;
	write_zone(text, sizeof(text));
	assert_true(room_file(zones[0], text));
	nsd = room_start_nsd(NSD_PORT, zones, COUNT(zones));
	assert_true(room_lives(NSD_PORT));
	return 0;
}

static int stop_server(void **state)
{
	(void)state;
	if (no_room)
		return 0;
	room_stop(nsd);
	room_leave();
	return 0;
}

/* One expansion */

static struct {
	unsigned calls;
	enum spf_outcome outcome;
	uint32_t ttl;
	unsigned left_out, wide;
	char why[SPF_WHY];
	char nets[2048];
} got;

static void keep(const struct spf_result *r, void *context)
{
	char net[ADDR_TEXT];
	size_t n = 0;

	(void)context;
	got.calls++;
	got.outcome = r->outcome;
	got.ttl = r->ttl;
	got.left_out = r->left_out;
	got.wide = r->wide;
	strcpy(got.why, r->why);
	got.nets[0] = '\0';
	for (size_t i = 0; i < r->count; i++)
		n += (size_t)snprintf(got.nets + n, sizeof(got.nets) - n, "%s%s", i ? " " : "",
				      prefix_format(net, &r->net[i]));
}

static struct resolver *make_resolver(uv_loop_t *loop)
{
	struct dns_server good = {.port = NSD_PORT}, nobody = {.port = NOBODY_PORT};
	char error[256] = "";
	struct resolver *r;

	assert_true(addr_parse(&good.addr, "127.0.0.1"));
	nobody.addr = good.addr;
	{
		const struct dns_stub stubs[] = {
			{"spf.lab", good}, {"broken.lab", good}, {"nobody.lab", nobody}};
		const struct resolver_settings settings = {
			.stubs_count = COUNT(stubs),
			.stubs = stubs,
			.timeout = TIMEOUT,
			.ttl_min = 60,
			.ttl_max = 86400,
			.negative_ttl_max = 900,
			.cache_bytes = 1 << 20,
			.under_way_max = 1000,
		};

		r = resolver_new(loop, &settings, error, sizeof(error));
	}
	if (!r)
		fail_msg("%s", error);
	return r;
}

/* Beside another that is given up at once: that one is not told of. */
static void expand(const char *domain)
{
	struct spf_query *cancelled;
	struct resolver *r;
	uv_loop_t loop;

	if (no_room) {
		print_message("skip - test_spf_nsd: %s\n", no_room);
		skip();
	}
	memset(&got, 0, sizeof(got));
	uv_loop_init(&loop);
	r = make_resolver(&loop);
	assert_non_null(spf_ask(r, domain, keep, NULL));
	cancelled = spf_ask(r, "pool.spf.lab", keep, NULL);
	assert_non_null(cancelled);
	spf_cancel(cancelled);
	while (!got.calls)
		uv_run(&loop, UV_RUN_ONCE);
	resolver_free(r);
	uv_run(&loop, UV_RUN_DEFAULT);
	assert_int_equal(uv_loop_close(&loop), 0);
	assert_int_equal(got.calls, 1);
}

static void expect(const char *domain, const char *nets)
{
	expand(domain);
	if (got.outcome != SPF_EXPANDED)
		fail_msg("%s: %s", domain, got.why);
	assert_string_equal(got.nets, nets);
}

static void expect_not(const char *domain, enum spf_outcome outcome, const char *why)
{
	expand(domain);
	assert_string_equal(got.why, why);
	assert_int_equal(got.outcome, outcome);
	assert_string_equal(got.nets, "");
}

static void networks(void **state)
{
	(void)state;
	expect("flat.spf.lab", "192.0.2.0/25 198.51.100.7 2001:db8:7::/48");
	assert_in_range(got.ttl, 2990, 3000);
	expect("cname.spf.lab", "192.0.2.0/25 198.51.100.7 2001:db8:7::/48");
}

static void pool_of_pools(void **state)
{
	(void)state;
	expect("Pool.SPF.lab", "198.51.100.0/25 2001:db8:100::/48");
	assert_in_range(got.ttl, 110, 120);
}

static void hosts_and_mail_servers(void **state)
{
	(void)state;
	expect("hosts.spf.lab", "192.0.2.0/24 198.51.100.4/30 2001:db8:5::/64 2001:db8:7::25");
	expect("most.spf.lab", "192.0.2.1 192.0.2.2 192.0.2.3 192.0.2.4 192.0.2.5 192.0.2.6 "
			       "192.0.2.7 192.0.2.8 192.0.2.9 192.0.2.10");
}

static void only_what_passes(void **state)
{
	(void)state;
	expect("qualified.spf.lab", "192.0.2.4 192.0.2.5");
}

static void what_cannot_be_known(void **state)
{
	(void)state;
	expect("later.spf.lab", "192.0.2.4");
	assert_int_equal(got.left_out, 3);
}

static void too_wide(void **state)
{
	(void)state;
	expect("wide.spf.lab", "64.0.0.0/8 2001:d00::/24");
	assert_int_equal(got.wide, 4);
	expect_not("half.spf.lab", SPF_BROKEN, "names more than a 64th of all IPv4 addresses");
}

static void broken_records(void **state)
{
	(void)state;
	expect_not("self.spf.lab", SPF_BROKEN, "self.spf.lab includes itself");
	expect_not("two.spf.lab", SPF_BROKEN, "two.spf.lab has 2 SPF records");
	expect_not("typo.spf.lab", SPF_BROKEN, "typo.spf.lab: `ipv4:192.0.2.2' is no term of SPF");
	expect_not("missing.spf.lab", SPF_BROKEN, "nothing.spf.lab has no SPF record");
	expect_not("long.spf.lab", SPF_BROKEN,
		   "long.spf.lab has an SPF record of more than 2047 bytes, or not of text");
	expect_not("zero.spf.lab", SPF_BROKEN,
		   "zero.spf.lab has an SPF record of more than 2047 bytes, or not of text");
	expect_not("many.spf.lab", SPF_BROKEN,
		   "many.spf.lab has more than 10 MX records (RFC 7208 4.6.4)");
}

static void limits(void **state)
{
	(void)state;
	expect("voids2.spf.lab", "192.0.2.1");
	expect_not("voids3.spf.lab", SPF_BROKEN,
		   "asks in vain more than twice (RFC 7208 4.6.4), at last for v2.spf.lab");
	expect("ten.spf.lab", "192.0.2.0/25 198.51.100.7 2001:db8:7::/48");
	expect_not("eleven.spf.lab", SPF_BROKEN, "asks for more than 10 lookups (RFC 7208 4.6.4)");
}

static void no_record(void **state)
{
	(void)state;
	expect_not("nothing.spf.lab", SPF_NO_RECORD, "nothing.spf.lab has no SPF record");
	expect_not("nobody.spf.lab", SPF_NO_RECORD, "nobody.spf.lab has no SPF record");
	assert_in_range(got.ttl, 1, 77);
}

static void failures_say_nothing(void **state)
{
	(void)state;
	expect_not("failing.spf.lab", SPF_UNKNOWN, "the server failed when asked for x.broken.lab");
	expand("silent.spf.lab");
	assert_int_equal(got.outcome, SPF_UNKNOWN);
	assert_string_equal(got.nets, "");
	expand("x.broken.lab");
	assert_int_equal(got.outcome, SPF_UNKNOWN);
	assert_int_equal(got.ttl, 0);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(networks),
		cmocka_unit_test(pool_of_pools),
		cmocka_unit_test(hosts_and_mail_servers),
		cmocka_unit_test(only_what_passes),
		cmocka_unit_test(what_cannot_be_known),
		cmocka_unit_test(too_wide),
		cmocka_unit_test(broken_records),
		cmocka_unit_test(limits),
		cmocka_unit_test(no_record),
		cmocka_unit_test(failures_say_nothing),
	};

	return cmocka_run_group_tests(tests, start_server, stop_server);
}
