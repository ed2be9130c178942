// SPDX-License-Identifier: GPL-2.0-or-later
/* Names in the DNS through the real resolver, served by NSD, and what the checks make of them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "../../user/dns/names.h"
#include "dns_room.h"

#define NSD_PORT    5302
#define NOBODY_PORT 5305
#define TIMEOUT     700 /* milliseconds */

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

#define HEAD "@ 300 SOA ns.names.lab. h.names.lab. 1 3600 600 86400 77\n@ 300 NS ns.names.lab.\n"

static const char zone_names[] = "$ORIGIN names.lab.\n$TTL 300\n" HEAD "ns A 127.0.0.1\n"
				 "mail A 198.51.100.7\nmail AAAA 2001:db8:7::25\n"
				 "v6only AAAA 2001:db8:7::25\n"
				 "alias CNAME target\ntarget A 198.51.100.14\n"
				 "ping CNAME pong\npong CNAME ping\n"
				 "many-3 A 198.51.100.12\n"
				 "onlymx MX 10 mail\n"
				 "nomail MX 0 .\nnomail A 198.51.100.7\n"
				 "silent TXT \"no address\"\n";
static const char zone_v4[] =
	"$ORIGIN 100.51.198.in-addr.arpa.\n$TTL 300\n" HEAD "7 PTR Mail.Names.Lab.\n"
	"9 PTR mail.names.lab.\n"
	"10 PTR x.broken.lab.\n"
	"11 PTR x.nobody.lab.\n"
	"13 PTR odd\\.dot.names.lab.\n13 PTR \\027[2J.names.lab.\n"
	"13 PTR mail.names.lab.\n"
	"14 PTR alias.names.lab.\n"
	"15 PTR ping.names.lab.\n"
	"16 TXT \"no name\"\n";
static const char zone_v6[] =
	"$ORIGIN 8.b.d.0.1.0.0.2.ip6.arpa.\n$TTL 300\n" HEAD
	"5.2.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.7.0.0.0 PTR v6only.names.lab.\n";

static pid_t nsd;
static const char *no_room;

static void write_many_names(char *zone, size_t size)
{
	size_t n = (size_t)snprintf(zone, size, "%s", zone_v4);

	for (int i = 0; i < 40; i++)
		n += (size_t)snprintf(zone + n, size - n, "12 PTR many-%d.names.lab.\n", i);
}

static int start_server(void **state)
{
	static const char *const zones[] = {"names.lab", "100.51.198.in-addr.arpa",
					    "8.b.d.0.1.0.0.2.ip6.arpa", "broken.lab"};
	char many[8192];

	(void)state;
	if (!room_enter(&no_room))
		return 0;
	no_room = NULL;
	write_many_names(many, sizeof(many));
	/* broken.lab is configured and has no file: SERVFAIL. */
	assert_true(room_file(zones[0], zone_names) && room_file(zones[1], many) &&
		    room_file(zones[2], zone_v6));
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

/* The world of one test: a loop and a resolver. */

struct world {
	uv_loop_t loop;
	uv_timer_t guard;
	struct resolver *resolver;
	unsigned calls;
	struct client_facts client;
	struct helo_dns_facts helo;
	struct sender_dns_facts sender;
};

static struct resolver *make_resolver(uv_loop_t *loop)
{
	struct dns_server good = {.port = NSD_PORT}, nobody = {.port = NOBODY_PORT};
	char error[256] = "";
	struct resolver *r;

	assert_true(addr_parse(&good.addr, "127.0.0.1"));
	nobody.addr = good.addr;
	{
		const struct dns_stub stubs[] = {
			{"names.lab", good},
			{"100.51.198.in-addr.arpa", good},
			{"8.b.d.0.1.0.0.2.ip6.arpa", good},
			{"broken.lab", good},
			{"nobody.lab", nobody},
		};
		const struct resolver_settings settings = {
			.stubs_count = COUNT(stubs),
			.stubs = stubs,
			.timeout = TIMEOUT,
			.ttl_min = 60,
			.ttl_max = 3600,
			.negative_ttl_max = 300,
			.cache_bytes = 1 << 20,
			.under_way_max = 1000,
		};

		r = resolver_new(loop, &settings, error, sizeof(error));
	}
	if (!r)
		fail_msg("%s", error);
	return r;
}

static void hangs(uv_timer_t *guard)
{
	(void)guard;
	fail_msg("hangs");
}

static int make_world(void **state)
{
	struct world *w;

	if (no_room)
		return 0;
	w = calloc(1, sizeof(*w));
	assert_non_null(w);
	uv_loop_init(&w->loop);
	uv_timer_init(&w->loop, &w->guard);
	uv_timer_start(&w->guard, hangs, 60000, 0);
	uv_unref((uv_handle_t *)&w->guard);
	w->resolver = make_resolver(&w->loop);
	*state = w;
	return 0;
}

static int end_world(void **state)
{
	struct world *w = *state;
	int err;

	if (no_room)
		return 0;
	resolver_free(w->resolver);
	uv_close((uv_handle_t *)&w->guard, NULL);
	uv_run(&w->loop, UV_RUN_DEFAULT);
	err = uv_loop_close(&w->loop);
	free(w);
	return err;
}

static struct world *enter(void **state)
{
	if (no_room) {
		print_message("skip - test_dns_names_nsd: %s\n", no_room);
		skip();
	}
	return *state;
}

static void on_client(const struct client_facts *facts, void *context)
{
	struct world *w = context;

	w->client = *facts;
	w->calls++;
}

static void on_helo(const struct helo_dns_facts *facts, void *context)
{
	struct world *w = context;

	w->helo = *facts;
	w->calls++;
}

static void on_sender(const struct sender_dns_facts *facts, void *context)
{
	struct world *w = context;

	w->sender = *facts;
	w->calls++;
}

static void wait_for(struct world *w, const struct names_query *query)
{
	assert_non_null(query);
	assert_int_equal(w->calls, 0);
	while (!w->calls)
		uv_run(&w->loop, UV_RUN_ONCE);
	assert_int_equal(w->calls, 1);
	w->calls = 0;
}

static const struct client_facts *ask_client(struct world *w, const char *text)
{
	struct addr addr;

	assert_true(addr_parse(&addr, text));
	wait_for(w, names_ask_client(w->resolver, &addr, on_client, w));
	return &w->client;
}

static void expect_client(struct world *w, const char *addr, enum fact has_name,
			  enum fact confirmed, const char *name)
{
	const struct client_facts *c = ask_client(w, addr);

	if (c->has_name != has_name || c->confirmed != confirmed)
		fail_msg("%s: name %d, confirmed %d", addr, c->has_name, c->confirmed);
	assert_int_equal(!!c->count, !!name);
	if (name)
		assert_string_equal(c->name[0], name);
}

static void clients(void **state)
{
	struct world *w = enter(state);

	expect_client(w, "198.51.100.7", FACT_YES, FACT_YES, "mail.names.lab");
	expect_client(w, "2001:db8:7::25", FACT_YES, FACT_YES, "v6only.names.lab");
	expect_client(w, "198.51.100.8", FACT_NO, FACT_UNKNOWN, NULL);
	expect_client(w, "2001:db8:7::26", FACT_NO, FACT_UNKNOWN, NULL);
	expect_client(w, "198.51.100.16", FACT_NO, FACT_UNKNOWN, NULL);
	expect_client(w, "198.51.100.9", FACT_YES, FACT_NO, "mail.names.lab");
	expect_client(w, "198.51.100.10", FACT_YES, FACT_UNKNOWN, "x.broken.lab");
	expect_client(w, "198.51.100.11", FACT_YES, FACT_UNKNOWN, "x.nobody.lab");
	expect_client(w, "198.51.100.14", FACT_YES, FACT_YES, "alias.names.lab");
}

static void hostile_clients(void **state)
{
	struct world *w = enter(state);
	const struct client_facts *c;

	/* Forty names: four are asked about, nothing follows from the others. */
	c = ask_client(w, "198.51.100.12");
	assert_int_equal(c->has_name, FACT_YES);
	assert_int_equal(c->count, DNS_FACT_NAMES);
	assert_true(c->cut);
	assert_int_not_equal(c->confirmed, FACT_NO);
	assert_in_range(resolver_counts(w->resolver)->asked, 2, 1 + DNS_FACT_NAMES);
	/* A dot inside of a label, an escape sequence, and a name. */
	c = ask_client(w, "198.51.100.13");
	assert_int_equal(c->count, 1);
	assert_string_equal(c->name[0], "mail.names.lab");
	assert_int_equal(c->confirmed, FACT_NO);
	/* Aliases in a circle end, and do not confirm. */
	c = ask_client(w, "198.51.100.15");
	assert_int_equal(c->has_name, FACT_YES);
	assert_int_not_equal(c->confirmed, FACT_YES);
}

static void expect_helo(struct world *w, const char *name, enum fact resolves, size_t count)
{
	wait_for(w, names_ask_helo(w->resolver, name, on_helo, w));
	if (w->helo.resolves != resolves || w->helo.count != count)
		fail_msg("%s: resolves %d, %zu addresses", name, w->helo.resolves, w->helo.count);
}

static void helos(void **state)
{
	struct world *w = enter(state);

	expect_helo(w, "MAIL.names.lab.", FACT_YES, 2);
	assert_true(w->helo.v4_known && w->helo.v6_known);
	expect_helo(w, "v6only.names.lab", FACT_YES, 1);
	assert_true(w->helo.v4_known && w->helo.v6_known);
	expect_helo(w, "onlymx.names.lab", FACT_YES, 0);
	expect_helo(w, "silent.names.lab", FACT_NO, 0);
	expect_helo(w, "nothing.names.lab", FACT_NO, 0);
	expect_helo(w, "x.broken.lab", FACT_UNKNOWN, 0);
	assert_false(w->helo.v4_known || w->helo.v6_known);
	expect_helo(w, "x.nobody.lab", FACT_UNKNOWN, 0);
}

static void expect_sender(struct world *w, const char *domain, enum fact resolves, bool null_mx)
{
	wait_for(w, names_ask_sender(w->resolver, domain, on_sender, w));
	if (w->sender.resolves != resolves || w->sender.null_mx != null_mx)
		fail_msg("%s: resolves %d", domain, w->sender.resolves);
}

static void senders(void **state)
{
	struct world *w = enter(state);

	expect_sender(w, "onlymx.names.lab", FACT_YES, false);
	expect_sender(w, "mail.names.lab", FACT_YES, false);
	expect_sender(w, "v6only.names.lab", FACT_YES, false);
	expect_sender(w, "nomail.names.lab", FACT_NO, true);
	expect_sender(w, "silent.names.lab", FACT_NO, false);
	expect_sender(w, "nothing.names.lab", FACT_NO, false);
	expect_sender(w, "x.broken.lab", FACT_UNKNOWN, false);
	expect_sender(w, "x.nobody.lab", FACT_UNKNOWN, false);
}

/* From the wire to the findings. */
static void what_the_checks_say(void **state)
{
	struct world *w = enter(state);
	struct findings f = {0};

	ask_client(w, "198.51.100.9");
	expect_helo(w, "nothing.names.lab", FACT_NO, 0);
	check_client_dns(&f, &w->client);
	check_helo_dns(&f, &w->helo, &w->client, brands_default, brands_default_count);
	assert_int_equal(f.count, 2);
	assert_non_null(findings_get(&f, FINDING_RDNS_MISMATCH));
	assert_non_null(findings_get(&f, FINDING_HELO_UNRESOLVABLE));
	findings_clear(&f);
	ask_client(w, "198.51.100.11");
	expect_helo(w, "x.broken.lab", FACT_UNKNOWN, 0);
	check_client_dns(&f, &w->client);
	check_helo_dns(&f, &w->helo, &w->client, brands_default, brands_default_count);
	assert_int_equal(f.count, 0);
	ask_client(w, "198.51.100.7");
	expect_helo(w, "mail.names.lab", FACT_YES, 2);
	check_client_dns(&f, &w->client);
	check_helo_dns(&f, &w->helo, &w->client, brands_default, brands_default_count);
	assert_int_equal(f.count, 0);
}

/* Some are cancelled at once, some under way, some left to the end of the resolver. */
static void cancelled(void **state)
{
	struct world *w = enter(state);
	struct names_query *query[60];
	char text[ADDR_TEXT];
	struct addr addr;

	for (unsigned i = 0; i < COUNT(query); i++) {
		snprintf(text, sizeof(text), "198.51.100.%u", i % 20);
		assert_true(addr_parse(&addr, text));
		query[i] = i % 3 ? names_ask_client(w->resolver, &addr, on_client, w)
				 : names_ask_helo(w->resolver, "x.nobody.lab", on_helo, w);
		assert_non_null(query[i]);
	}
	for (unsigned i = 0; i < COUNT(query); i += 2)
		names_cancel(query[i]);
	while (w->calls < COUNT(query) / 2)
		uv_run(&w->loop, UV_RUN_ONCE);
	assert_int_equal(w->calls, COUNT(query) / 2);
	w->calls = 0;
	/* One more, under way: the next call is another's. */
	query[0] = names_ask_helo(w->resolver, "y.nobody.lab", on_helo, w);
	assert_non_null(query[0]);
	uv_run(&w->loop, UV_RUN_NOWAIT);
	names_cancel(query[0]);
	ask_client(w, "198.51.100.7");
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, make_world, end_world)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(clients), TEST(hostile_clients),     TEST(helos),
		TEST(senders), TEST(what_the_checks_say), TEST(cancelled),
	};

	return cmocka_run_group_tests(tests, start_server, stop_server);
}
