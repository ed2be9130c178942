// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Lists at work: real zones of a real rbldnsd, through the real resolver, with the loop in the
 * test's own hands. Lists that are empty, parked, refuse, are silent, lie, change and die.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "../../user/base/log.h"
#include "../../user/dns/lists.h"
#include "dns_room.h"

#define PORT        5306
#define SILENT_PORT 5307
#define TIMEOUT     700 /* milliseconds, of a question */
#define PATIENCE_NS 30000000000ULL
#define HITS        64

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define SOA          "$SOA 1 ns.lab.example h.lab.example 1 1h 1h 1h 1\n$TTL 1\n"
#define NIBBLES      "0.0.0.0.0.f.7.f.f.f.f.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0"
#define KEY          "k3y0123456789abcdefghijk"

/* One zone of the server holds all lists: NAME.lab.example. */
static const char *const lab_lines[] = {
	"2.0.0.127.good :127.0.0.2:test",
	"7.100.51.198.good :127.0.0.4:spam from $",
	"8.100.51.198.good :127.0.0.10:policy",
	"9.100.51.198.good :127.0.0.99:new",
	"2.0.0.127.other :127.0.0.2:test",
	"7.100.51.198.other :127.0.0.3:x",
	"2.0.0.127.changing :127.0.0.2:test",
	"7.100.51.198.changing :127.0.0.2:x",
	"2.0.0.127.wl :127.0.0.2:test",
	"7.100.51.198.wl :127.0.5.2:x",
	"2.0.0.127." KEY ".secret :127.0.0.2:test",
	"7.100.51.198." KEY ".secret :127.0.0.2:see bl/" KEY,
	"2." NIBBLES ".six :127.0.0.2:test",
	"5.2.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.7.0.0.0.8.b.d.0.1.0.0.2.six :127.0.0.2:x",
	".0.0.0.0.8.0.0.0.8.b.d.0.1.0.0.2.six :127.0.0.2:x",
	"test.names :127.0.1.2:test",
	"spam.example.names :127.0.1.4:x",
	/* What is wrong with the others. */
	"2.0.0.127.mad :127.0.0.2:test",
	".100.51.198.mad :127.0.0.2:x",
	"2.0.0.127.v4only :127.0.0.2:test",
	"7.100.51.198.v4only :127.0.0.2:x",
	"5.2.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.7.0.0.0.8.b.d.0.1.0.0.2.v4only :127.0.0.2:x",
	"2.0.0.127.mute :127.0.0.2:test",
	"7.100.51.198.mute :127.0.0.2:x",
	"2.0.0.127.mapped :127.0.0.2:test",
	"2." NIBBLES ".mapped :127.0.0.2:test",
	"1." NIBBLES ".mapped :127.0.0.2:x",
	"2.0.0.127.bait :127.0.0.2:test",
	"4.0.41.198.bait :127.0.0.2:x",
	".sly :127.0.0.2:x",
	"!4.0.41.198.sly",
	".wild :127.0.0.2:x",
	".odd :127.0.0.77:x",
	".park :203.0.113.9:x",
	".one :127.0.0.1:x",
	".r252 :127.255.255.252:x",
	".r254 :127.255.255.254:x",
	".r255 :127.255.255.255:x",
	".wl255 :127.0.0.255:x",
	".wl103 :127.0.10.3:x",
};
static char lab[8192];

static const char lasting[] = "$SOA 1 ns.l.example h.l.example 1 1h 1h 1h 1\n$TTL 240\n"
			      "2.0.0.127.good :127.0.0.2:test\n7.100.51.198.good :127.0.0.2:x\n";
/* rbldnsd does not serve it any more: SERVFAIL. */
static const char expired[] = "$TIMESTAMP 2020:01:01 2020:01:02\n2.0.0.127.gone :127.0.0.2:test\n";

static pid_t rbldnsd = -1;
static int silent = -1;
static const char *no_room;

struct world {
	uv_loop_t loop;
	uv_timer_t guard;
	struct resolver *resolver;
	struct lists *lists;
	unsigned opened[LISTS_MAX], closed[LISTS_MAX];
	char why[LISTS_MAX][512];
	uint64_t longest; /* nanoseconds of work in one turn of the loop */
};

struct told {
	struct lists_query *query; /* NULL: over, or never begun */
	unsigned ends;
	size_t hits;
	struct list_hit hit[HITS];
};

/* The servers */

static void rewrite(const char *name, const char *text)
{
	static time_t later;
	struct timespec times[2];
	char path[256];

	assert_true(room_file(name, text));
	/* rbldnsd looks at whole seconds. */
	snprintf(path, sizeof(path), "%s/%s", room_dir, name);
	times[0] = times[1] = (struct timespec){.tv_sec = time(NULL) - 100 + ++later};
	assert_int_equal(utimensat(AT_FDCWD, path, times, 0), 0);
	kill(rbldnsd, SIGHUP);
}

static void write_lab(void)
{
	size_t n = (size_t)snprintf(lab, sizeof(lab), "%s", SOA);

	for (size_t i = 0; i < COUNT(lab_lines) && n < sizeof(lab); i++)
		n += (size_t)snprintf(lab + n, sizeof(lab) - n, "%s\n", lab_lines[i]);
}

static int start_servers(void **state)
{
	char *argv[] = {"/usr/sbin/rbldnsd",
			"-n",
			"-b",
			"127.0.0.1/5306",
			"lab.example:dnset:lab",
			"l.example:dnset:lasting",
			"expired.example:dnset:expired",
			NULL};
	struct sockaddr_in to = {.sin_family = AF_INET,
				 .sin_port = htons(SILENT_PORT),
				 .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};

	(void)state;
	log_setup(0, false);
	if (!room_enter(&no_room))
		return 0;
	no_room = NULL;
	write_lab();
	if (!room_file("lab", lab) || !room_file("lasting", lasting) ||
	    !room_file("expired", expired))
		return -1;
	silent = socket(AF_INET, SOCK_DGRAM, 0);
	if (silent < 0 || bind(silent, (struct sockaddr *)&to, sizeof(to)))
		return -1;
	rbldnsd = room_start(argv);
	return room_lives(PORT) ? 0 : -1;
}

static int stop_servers(void **state)
{
	(void)state;
	if (no_room)
		return 0;
	kill(rbldnsd, SIGCONT);
	room_stop(rbldnsd);
	close(silent);
	room_leave();
	return 0;
}

/* The world */

static void on_guard(uv_timer_t *timer)
{
	(void)timer;
}

static struct resolver *new_resolver(struct world *w, uint32_t timeout, unsigned under_way_max)
{
	struct addr home = addr_from_v4(htonl(INADDR_LOOPBACK));
	const struct dns_stub stubs[] = {
		{"lab.example", {home, PORT}},
		{"l.example", {home, PORT}},
		{"expired.example", {home, PORT}},
		{"refused.example", {home, PORT}},
		{"silent.example", {home, SILENT_PORT}},
		{"4.0.41.198.mute.lab.example", {home, SILENT_PORT}},
	};
	const struct resolver_settings settings = {.stubs_count = COUNT(stubs),
						   .stubs = stubs,
						   .timeout = timeout,
						   .ttl_max = 3600,
						   .negative_ttl_max = 1,
						   .cache_bytes = 4 << 20,
						   .under_way_max = under_way_max};
	char error[256];

	return resolver_new(&w->loop, &settings, error, sizeof(error));
}

static int begin(void **state)
{
	struct world *w;

	if (no_room)
		return 0;
	w = calloc(1, sizeof(*w));
	if (!w || uv_loop_init(&w->loop))
		return -1;
	uv_timer_init(&w->loop, &w->guard);
	uv_timer_start(&w->guard, on_guard, 10, 10);
	w->resolver = new_resolver(w, TIMEOUT, 4096);
	*state = w;
	return w->resolver ? 0 : -1;
}

static int end(void **state)
{
	struct world *w = *state;
	int err;

	if (no_room)
		return 0;
	lists_free(w->lists);
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
		print_message("skip - test_lists: %s\n", no_room);
		skip();
	}
	return *state;
}

static void turn(struct world *w)
{
	uint64_t begun;

	uv_update_time(&w->loop);
	begun = clock_ns(CLOCK_THREAD_CPUTIME_ID);
	uv_run(&w->loop, UV_RUN_ONCE);
	begun = clock_ns(CLOCK_THREAD_CPUTIME_ID) - begun;
	if (begun > w->longest)
		w->longest = begun;
}

/* Runs the loop until `condition` holds; it must before patience ends. */
#define until(w, condition)                                              \
	do {                                                             \
		uint64_t end_ = clock_ns(CLOCK_MONOTONIC) + PATIENCE_NS; \
		while (!(condition)) {                                   \
			if (clock_ns(CLOCK_MONOTONIC) > end_)            \
				fail_msg("not in time: %s", #condition); \
			turn(w);                                         \
		}                                                        \
	} while (0)

static void on_opened(unsigned list, const char *why, void *context)
{
	struct world *w = context;

	w->opened[list]++;
	snprintf(w->why[list], sizeof(w->why[list]), "%s", why);
}

static void on_closed(unsigned list, void *context)
{
	struct world *w = context;

	w->closed[list]++;
}

static struct list site(const char *text)
{
	struct list list;
	char why[256] = "";

	if (!list_site_parse(&list, text, why, sizeof(why)))
		fail_msg("%s: %s", text, why);
	list.probe = 1;
	return list;
}

static void open_lists(struct world *w, const struct list *settings, size_t count)
{
	const struct lists_handlers handlers = {on_opened, on_closed};

	w->lists = lists_new(&w->loop, w->resolver, settings, count, &handlers, w);
	assert_non_null(w->lists);
}

static void open_site(struct world *w, const char *text)
{
	struct list list = site(text);

	open_lists(w, &list, 1);
}

static void on_hit(const struct list_hit *hit, void *context)
{
	struct told *told = context;

	assert_int_equal(told->ends, 0);
	if (!hit) {
		told->ends++;
		told->query = NULL;
	} else {
		assert_true(told->hits < HITS);
		told->hit[told->hits++] = *hit;
	}
}

static struct addr addr(const char *text)
{
	struct addr out;

	assert_true(addr_parse(&out, text));
	return out;
}

static bool ask(struct world *w, struct told *told, const char *client)
{
	struct addr a = addr(client);

	*told = (struct told){0};
	told->query = lists_ask_addr(w->lists, &a, PORTS_MX, on_hit, told);
	assert_int_equal(told->hits + told->ends, 0);
	return told->query;
}

/* Asks and waits; how many hits there were. */
static size_t hits_of(struct world *w, struct told *told, const char *client)
{
	if (!ask(w, told, client))
		return 0;
	until(w, told->ends);
	return told->hits;
}

static void expect_hit(const struct told *told, size_t i, unsigned list, unsigned group,
		       const char *code)
{
	struct addr a = addr(code);

	assert_true(i < told->hits);
	assert_int_equal(told->hit[i].list, list);
	assert_int_equal(told->hit[i].group, group);
	assert_true(addr_equal(&told->hit[i].code, &a));
}

/* lists_json() of list `i`: a number, or what `path` leads to. */
static json_int_t number(struct world *w, size_t i, const char *outer, const char *inner)
{
	json_t *all = lists_json(w->lists);
	json_t *value = json_object_get(json_array_get(all, i), outer);
	json_int_t n;

	if (inner)
		value = json_object_get(value, inner);
	assert_non_null(value);
	n = json_integer_value(value);
	json_decref(all);
	return n;
}

static bool state_is(struct world *w, size_t i, const char *state)
{
	json_t *all = lists_json(w->lists);
	bool is =
		!strcmp(json_string_value(json_object_get(json_array_get(all, i), "state")), state);

	json_decref(all);
	return is;
}

/* What is told */

static void a_listed_client_is_told(void **state)
{
	struct world *w = enter(state);
	struct told told;

	open_site(w, "good.l.example=127.0.0.[2..11]*3");
	until(w, w->closed[0]);
	assert_true(state_is(w, 0, "healthy"));
	assert_int_equal(hits_of(w, &told, "198.51.100.7"), 1);
	expect_hit(&told, 0, 0, 0, "127.0.0.2");
	assert_in_range(told.hit[0].ttl, 230, 240);
	/* And one that is not. */
	assert_int_equal(hits_of(w, &told, "198.51.100.200"), 0);
	assert_int_equal(told.ends, 1);
	assert_int_equal(w->opened[0], 0);
	assert_int_equal(number(w, 0, "questions", NULL), 2);
	assert_int_equal(number(w, 0, "hits", NULL), 1);
	assert_int_equal(number(w, 0, "untold", NULL), 0);
}

static void groups_are_told_apart(void **state)
{
	struct world *w = enter(state);
	struct list list = site("good.lab.example=127.0.0.[2..9]*10");
	struct list policy = site("good.lab.example=127.0.0.[10;11]*6");
	struct told told;

	list.groups_count = 2;
	list.group[1] = policy.group[0];
	open_lists(w, &list, 1);
	until(w, w->closed[0]);
	assert_int_equal(hits_of(w, &told, "198.51.100.7"), 1);
	expect_hit(&told, 0, 0, 0, "127.0.0.4");
	assert_int_equal(hits_of(w, &told, "198.51.100.8"), 1);
	expect_hit(&told, 0, 0, 1, "127.0.0.10");
	/* A code of neither is counted, and no guilt. */
	assert_int_equal(hits_of(w, &told, "198.51.100.9"), 0);
	assert_int_equal(number(w, 0, "unknown_codes", NULL), 1);
	assert_true(state_is(w, 0, "healthy"));
}

/* Asked before the first probe has ended, told when it has. */
static void a_listing_waits_for_the_probe(void **state)
{
	struct world *w = enter(state);
	struct told told;

	open_site(w, "good.lab.example");
	assert_true(ask(w, &told, "198.51.100.7"));
	assert_true(state_is(w, 0, "untested"));
	until(w, told.ends);
	assert_int_equal(told.hits, 1);
	assert_int_equal(w->closed[0], 1);
}

static void several_lists_answer_one_query(void **state)
{
	struct world *w = enter(state);
	struct list settings[] = {site("good.lab.example"), site("other.lab.example"),
				  site("wl.lab.example=127.0.[0..255].[0..3]*-3")};
	struct told told;
	unsigned seen = 0;

	open_lists(w, settings, COUNT(settings));
	until(w, w->closed[0] && w->closed[1] && w->closed[2]);
	assert_int_equal(hits_of(w, &told, "198.51.100.7"), 3);
	for (size_t i = 0; i < told.hits; i++)
		seen |= 1U << told.hit[i].list;
	assert_int_equal(seen, 7);
	assert_int_equal(hits_of(w, &told, "198.51.100.8"), 1);
	assert_int_equal(number(w, 0, "overlap", "other.lab.example"), 1);
	assert_int_equal(number(w, 1, "overlap", "good.lab.example"), 1);
	assert_int_equal(number(w, 2, "overlap", "good.lab.example"), 1);
}

static void ipv6_has_its_own_questions(void **state)
{
	struct world *w = enter(state);
	struct list settings[] = {site("six.lab.example"), site("good.lab.example")};
	struct told told;

	settings[0].v4 = false;
	settings[0].v6 = true;
	open_lists(w, settings, COUNT(settings));
	until(w, w->closed[0] && w->closed[1]);
	assert_int_equal(hits_of(w, &told, "2001:db8:7::25"), 1);
	expect_hit(&told, 0, 0, 0, "127.0.0.2");
	assert_int_equal(hits_of(w, &told, "198.51.100.7"), 1);
	expect_hit(&told, 0, 1, 0, "127.0.0.4");
	assert_int_equal(number(w, 0, "questions", NULL), 1);
	assert_int_equal(number(w, 1, "questions", NULL), 1);
}

/* Its other half is as good as ever. */
static void a_list_without_ipv6_test_entry(void **state)
{
	struct world *w = enter(state);
	struct list list = site("v4only.lab.example");
	struct told told;

	list.v6 = true;
	open_lists(w, &list, 1);
	assert_true(ask(w, &told, "2001:db8:7::25"));
	until(w, told.ends && w->closed[0]);
	assert_int_equal(told.hits, 0);
	assert_int_equal(number(w, 0, "untold", NULL), 1);
	assert_false(ask(w, &told, "2001:db8:7::25"));
	assert_int_equal(hits_of(w, &told, "198.51.100.7"), 1);
}

static void domains_are_asked_of_their_lists(void **state)
{
	static const char *const never[] = {"spam", "192.0.2.1", "spam.1", "::1",
					    "",     ".",         "a..b.c"};
	struct world *w = enter(state);
	struct list list = site("names.lab.example=127.0.1.[2..99]*5");
	struct told told = {0};
	struct addr client = addr("198.51.100.7");

	list.kind = LIST_RHSBL_HELO;
	open_lists(w, &list, 1);
	until(w, w->closed[0]);
	told.query = lists_ask_domain(w->lists, "Spam.EXAMPLE", LIST_RHSBL_HELO, PORTS_MX, on_hit,
				      &told);
	assert_non_null(told.query);
	until(w, told.ends);
	assert_int_equal(told.hits, 1);
	expect_hit(&told, 0, 0, 0, "127.0.1.4");
	assert_null(lists_ask_domain(w->lists, "spam.example", LIST_RHSBL_SENDER, PORTS_MX, on_hit,
				     &told));
	assert_null(lists_ask_domain(w->lists, "spam.example", LIST_RHSBL_HELO, PORTS_SUBMISSION,
				     on_hit, &told));
	assert_null(
		lists_ask_domain(w->lists, "spam.example", LIST_DNSBL, PORTS_MX, on_hit, &told));
	assert_null(lists_ask_addr(w->lists, &client, PORTS_MX, on_hit, &told));
	for (size_t i = 0; i < COUNT(never); i++)
		assert_null(lists_ask_domain(w->lists, never[i], LIST_RHSBL_HELO, PORTS_MX, on_hit,
					     &told));
	assert_int_equal(number(w, 0, "questions", NULL), 1);
}

static void some_are_not_asked_about(void **state)
{
	static const char *const special[] = {"127.0.0.2", "10.1.2.3", "100.64.1.1", "::1",
					      "fe80::1",   "fd00::1",  "224.0.0.1"};
	struct world *w = enter(state);
	struct told told = {0};
	struct addr client = addr("198.51.100.7");

	open_site(w, "good.lab.example");
	for (size_t i = 0; i < COUNT(special); i++)
		assert_false(ask(w, &told, special[i]));
	assert_null(lists_ask_addr(w->lists, &client, PORTS_SUBMISSION, on_hit, &told));
	assert_null(lists_ask_addr(w->lists, &client, PORTS_NONE, on_hit, &told));
	assert_false(ask(w, &told, "2001:db8:7::25")); /* not asked about IPv6 */
	assert_int_equal(number(w, 0, "questions", NULL), 0);
}

/* What is not believed */

static const struct {
	const char *site, *words;
	bool v6;
} broken[] = {
	{"empty.lab.example", "127.0.0.2: not listed: it is empty", false},
	{"wild.lab.example", "127.0.0.1: listed", false},
	{"odd.lab.example", "127.0.0.1: listed", false},
	{"park.lab.example", "answers 203.0.113.9, which is outside", false},
	{"one.lab.example", "answers 127.0.0.1, which no list", false},
	{"r252.lab.example", "answers 127.255.255.252: there is no list", false},
	{"r254.lab.example", "answers 127.255.255.254: the operator refuses", false},
	{"r255.lab.example", "answers 127.255.255.255: too many", false},
	{"wl255.lab.example=127.0.[0..255].[0..255]*-2", "answers 127.0.0.255:", false},
	{"wl103.lab.example=127.0.[0..255].[0..255]*-2", "answers 127.0.10.3:", false},
	{"bait.lab.example", "the canary: listed", false},
	{"mapped.lab.example", "::ffff:7f00:1: listed", true},
	{"gone.expired.example", "the question failed (SERVFAIL or REFUSED)", false},
	{"bl.refused.example", "the question failed (SERVFAIL or REFUSED)", false},
	{"bl.silent.example", "no answer in time", false},
};

/* All at once: none keeps the others, or the one that is in order, from being judged. */
static void broken_lists_are_opened(void **state)
{
	struct world *w = enter(state);
	struct list settings[COUNT(broken) + 1];
	uint64_t before = clock_ns(CLOCK_MONOTONIC);
	struct told told;
	size_t opened = 0;

	for (size_t i = 0; i < COUNT(broken); i++) {
		settings[i] = site(broken[i].site);
		settings[i].v6 = broken[i].v6;
	}
	settings[COUNT(broken)] = site("good.lab.example");
	open_lists(w, settings, COUNT(settings));
	/* While they are not known, an innocent and a listed client come. */
	hits_of(w, &told, "198.51.100.201");
	assert_int_equal(told.hits, 0);
	hits_of(w, &told, "198.51.100.7");
	assert_int_equal(told.hits, 1);
	expect_hit(&told, 0, COUNT(broken), 0, "127.0.0.4");
	until(w, ({
		      opened = 0;
		      for (size_t i = 0; i < COUNT(broken); i++)
			      opened += w->opened[i] != 0;
		      opened == COUNT(broken);
	      }));
	/* Two probes' time-outs at most, and what lies between them. */
	assert_true(clock_ns(CLOCK_MONOTONIC) - before < 10000000000ULL);
	for (size_t i = 0; i < COUNT(broken); i++) {
		assert_true(state_is(w, i, "open"));
		assert_int_equal(w->closed[i], 0);
		assert_int_equal(w->opened[i], 1);
		if (!strstr(w->why[i], broken[i].words))
			fail_msg("%s: \"%s\" is not in \"%s\"", broken[i].site, broken[i].words,
				 w->why[i]);
	}
	/* Open: nobody's question goes there. */
	assert_int_equal(hits_of(w, &told, "198.51.100.202"), 0);
	assert_int_equal(hits_of(w, &told, "198.51.100.7"), 1);
	for (size_t i = 0; i < COUNT(broken); i++)
		assert_true(number(w, i, "questions", NULL) <= 2);
	assert_int_equal(number(w, COUNT(broken), "questions", NULL), 4);
	assert_int_equal(w->opened[COUNT(broken)], 0);
}

/* Its test entries are right, but the canary is never answered: no clean bill, no hit. */
static void a_listing_of_an_untested_list(void **state)
{
	struct world *w = enter(state);
	struct told told;

	open_site(w, "mute.lab.example");
	assert_true(ask(w, &told, "198.51.100.7"));
	until(w, told.ends);
	assert_true(state_is(w, 0, "untested"));
	assert_int_equal(told.hits, 0);
	assert_int_equal(number(w, 0, "hits", NULL), 1);
	assert_int_equal(number(w, 0, "untold", NULL), 1);
	until(w, w->opened[0]);
	assert_int_equal(w->closed[0], 0);
	assert_non_null(strstr(w->why[0], "the canary: no answer in time"));
}

static void an_open_list_alone_is_not_asked(void **state)
{
	struct world *w = enter(state);
	struct told told;

	open_site(w, "wild.lab.example");
	until(w, w->opened[0]);
	assert_false(ask(w, &told, "198.51.100.7"));
	assert_int_equal(number(w, 0, "questions", NULL), 0);
}

/* Without test entries, the canary and a name of the moment are all there is to ask about. */
static void a_list_without_test_entries(void **state)
{
	struct world *w = enter(state);
	struct list settings[] = {site("empty.lab.example"), site("sly.lab.example"),
				  site("bait.lab.example")};

	for (size_t i = 0; i < COUNT(settings); i++)
		settings[i].tested = false;
	open_lists(w, settings, COUNT(settings));
	until(w, w->closed[0] && w->opened[1] && w->opened[2]);
	assert_non_null(strstr(w->why[1], "made up on the spot"));
	assert_non_null(strstr(w->why[2], "the canary"));
	assert_int_equal(w->opened[0] + w->closed[1] + w->closed[2], 0);
}

static void the_canary_may_be_chosen(void **state)
{
	struct world *w = enter(state);
	struct list settings[] = {site("bait.lab.example"), site("mad.lab.example"),
				  site("names.lab.example=127.0.1.[2..99]*5")};

	strcpy(settings[0].canary, "198.51.100.203");
	strcpy(settings[1].canary, "198.51.100.203");
	settings[2].kind = LIST_RHSBL_SENDER;
	strcpy(settings[2].canary, "spam.example");
	open_lists(w, settings, COUNT(settings));
	until(w, w->closed[0] && w->opened[1] && w->opened[2]);
	assert_non_null(strstr(w->why[1], "the canary"));
	assert_non_null(strstr(w->why[2], "the canary"));
}

static void the_first_bad_answer_opens(void **state)
{
	struct world *w = enter(state);
	struct list list = site("changing.lab.example");
	struct told told;

	/* No probe in the meantime: what clients bring must do. */
	list.probe = 3600;
	open_lists(w, &list, 1);
	until(w, w->closed[0]);
	assert_int_equal(hits_of(w, &told, "198.51.100.7"), 1);
	rewrite("lab", SOA ".changing :127.255.255.254:x\n");
	until(w, (hits_of(w, &told, "198.51.100.204"), w->opened[0]));
	assert_int_equal(told.hits, 0);
	assert_non_null(strstr(w->why[0], "127.255.255.254"));
	assert_false(ask(w, &told, "198.51.100.7"));
	rewrite("lab", lab);
}

/* Without a probe in the meantime; nobody has been listed before. */
static void the_first_listing_of_all_the_world_opens(void **state)
{
	struct world *w = enter(state);
	struct list list = site("changing.lab.example");
	struct told told;
	size_t hits = 0;

	rewrite("lab", SOA "2.0.0.127.changing :127.0.0.2:x\n");
	list.probe = 3600;
	open_lists(w, &list, 1);
	until(w, w->closed[0]);
	rewrite("lab", SOA ".changing :127.0.0.2:x\n");
	until(w, (hits += hits_of(w, &told, "198.51.100.206"), w->opened[0]));
	assert_int_equal(hits, 0);
	assert_non_null(strstr(w->why[0], "a name made up on the spot: listed"));
	assert_int_equal(number(w, 0, "probes", NULL), 1);
	rewrite("lab", lab);
}

/* In order, parked, in order again: opened by a probe, believed again after two. */
static void answers_change_while_it_runs(void **state)
{
	struct world *w = enter(state);
	struct told told;

	rewrite("lab", lab);
	open_site(w, "changing.lab.example");
	until(w, w->closed[0] == 1);
	assert_int_equal(hits_of(w, &told, "198.51.100.7"), 1);
	rewrite("lab", SOA ".changing :203.0.113.9:x\n");
	until(w, w->opened[0] == 1);
	assert_false(ask(w, &told, "198.51.100.7"));
	rewrite("lab", lab);
	until(w, w->closed[0] == 2);
	assert_int_equal(hits_of(w, &told, "198.51.100.7"), 1);
	assert_int_equal(hits_of(w, &told, "198.51.100.205"), 0);
	assert_int_equal(w->opened[0], 1);
	assert_true(number(w, 0, "probes", NULL) >= 4);
}

static void listing_nearly_everybody_opens(void **state)
{
	struct world *w = enter(state);
	struct list list = site("mad.lab.example");
	struct told told;
	char client[ADDR_TEXT];

	list.probe = 3600;
	open_lists(w, &list, 1);
	until(w, w->closed[0]);
	for (unsigned i = 0; i < 49; i++) {
		snprintf(client, sizeof(client), "198.51.100.%u", i);
		assert_int_equal(hits_of(w, &told, client), 1);
	}
	assert_int_equal(w->opened[0], 0);
	assert_int_equal(hits_of(w, &told, "198.51.100.49"), 0);
	assert_int_equal(w->opened[0], 1);
	assert_non_null(strstr(w->why[0], "50 of the last 50"));
}

/* Its server stops in the middle of things, and comes back. */
static void a_list_dies_in_use(void **state)
{
	struct world *w = enter(state);
	struct told told[12], after;
	char client[ADDR_TEXT];

	open_site(w, "good.lab.example");
	until(w, w->closed[0]);
	assert_int_equal(hits_of(w, &after, "198.51.100.7"), 1);
	kill(rbldnsd, SIGSTOP);
	for (unsigned i = 0; i < COUNT(told); i++) {
		snprintf(client, sizeof(client), "198.51.100.%u", 100 + i);
		assert_true(ask(w, &told[i], client));
	}
	until(w, w->opened[0]);
	for (unsigned i = 0; i < COUNT(told); i++) {
		until(w, told[i].ends);
		assert_int_equal(told[i].hits, 0);
	}
	assert_false(ask(w, &after, "198.51.100.7"));
	kill(rbldnsd, SIGCONT);
	until(w, w->closed[0] == 2);
	assert_int_equal(hits_of(w, &after, "198.51.100.7"), 1);
}

/* How often */

static void the_days_budget(void **state)
{
	struct world *w = enter(state);
	struct list list = site("good.lab.example");
	struct told told;
	char client[ADDR_TEXT];
	unsigned asked = 0;

	list.probe = 3600;
	list.daily = 10;
	open_lists(w, &list, 1);
	until(w, w->closed[0]);
	for (unsigned i = 0; i < 20; i++) {
		snprintf(client, sizeof(client), "198.51.100.%u", 20 + i);
		asked += ask(w, &told, client);
		until(w, !told.query);
	}
	/* The first probe's four questions are of the ten. */
	assert_int_equal(asked, 6);
	assert_int_equal(number(w, 0, "budget", "skipped_daily"), 14);
	assert_int_equal(number(w, 0, "budget", "used"), 10);
	assert_int_equal(number(w, 0, "questions", NULL), 6);
}

static void the_rate(void **state)
{
	struct world *w = enter(state);
	struct list list = site("good.lab.example");
	struct told told[20];
	char client[ADDR_TEXT];
	unsigned asked = 0;
	uint64_t begun;

	list.rate = 5;
	open_lists(w, &list, 1);
	until(w, w->closed[0]);
	begun = clock_ns(CLOCK_MONOTONIC);
	for (unsigned i = 0; i < COUNT(told); i++) {
		snprintf(client, sizeof(client), "198.51.100.%u", 20 + i);
		asked += ask(w, &told[i], client);
	}
	/* Five at once, and one each fifth of a second. */
	assert_in_range(asked, 5, 6 + (clock_ns(CLOCK_MONOTONIC) - begun) / 200000000);
	assert_true(asked < COUNT(told));
	assert_int_equal(number(w, 0, "budget", "skipped_rate"), COUNT(told) - asked);
	/* A second later there are some again. */
	until(w, ask(w, &told[19], "198.51.100.7"));
	until(w, told[19].ends);
	assert_int_equal(told[19].hits, 1);
}

#define BURST 3000

/* A dead list among living ones: all clients are judged, and few questions go to the dead one. */
static void a_burst_with_a_dead_list(void **state)
{
	struct world *w = enter(state);
	struct list settings[] = {site("bl.silent.example"), site("good.lab.example"),
				  site("wl.lab.example=127.0.[0..255].[0..3]*-3")};
	struct told *told = calloc(BURST, sizeof(*told));
	size_t ended = 0;
	uint64_t begun, worked;

	/* So many at once may take a busy machine longer than one question. */
	resolver_free(w->resolver);
	w->resolver = new_resolver(w, 4000, 4096);
	assert_true(told && w->resolver);
	open_lists(w, settings, COUNT(settings));
	until(w, w->closed[1] && w->closed[2]);
	begun = clock_ns(CLOCK_THREAD_CPUTIME_ID);
	for (unsigned i = 0; i < BURST; i++) {
		char client[ADDR_TEXT];

		snprintf(client, sizeof(client), "198.51.%u.%u", 100 + i / 256, i % 256);
		assert_true(ask(w, &told[i], client));
	}
	assert_true(clock_ns(CLOCK_THREAD_CPUTIME_ID) - begun < 1000000000);
	until(w, ({
		      for (; ended < BURST && told[ended].ends; ended++)
			      ;
		      ended == BURST;
	      }));
	worked = clock_ns(CLOCK_THREAD_CPUTIME_ID) - begun;
	assert_int_equal(told[7].hits, 2);
	assert_int_equal(told[8].hits, 1);
	assert_int_equal(told[200].hits, 0);
	assert_int_equal(w->opened[1] + w->opened[2], 0);
	assert_int_equal(w->opened[0], 1);
	assert_true(number(w, 0, "questions", NULL) <= 512);
	/* On a machine that is too slow, the end of the queue is given up. */
	for (size_t i = 1; i <= 2; i++) {
		assert_true(number(w, i, "questions", NULL) >= 256);
		assert_int_equal(number(w, i, "questions", NULL) + number(w, i, "given_up", NULL),
				 BURST);
	}
	/* In many turns of the loop, whatever a machine makes of one. */
	assert_true(w->longest < worked / 4);
	free(told);
}

/* The resolver has no room: that is no fault of the list, which is in order. */
static void what_the_resolver_refuses(void **state)
{
	struct world *w = enter(state);
	struct told told[60];
	json_int_t given_up;

	resolver_free(w->resolver);
	w->resolver = new_resolver(w, TIMEOUT, 8);
	assert_non_null(w->resolver);
	open_site(w, "good.lab.example");
	until(w, w->closed[0]);
	for (unsigned i = 0; i < COUNT(told); i++) {
		char client[ADDR_TEXT];

		snprintf(client, sizeof(client), "198.51.100.%u", i);
		assert_true(ask(w, &told[i], client));
	}
	for (unsigned i = 0; i < COUNT(told); i++)
		until(w, told[i].ends);
	given_up = number(w, 0, "given_up", NULL);
	assert_in_range(given_up, 10, COUNT(told) - 1);
	assert_int_equal(number(w, 0, "failures", NULL), 0);
	assert_true(state_is(w, 0, "healthy"));
	assert_int_equal(w->opened[0], 0);
}

/* One /64 of a listed network makes no alarm, however many addresses it asks from. */
static void an_ipv6_client_is_its_network(void **state)
{
	struct world *w = enter(state);
	struct list list = site("six.lab.example");
	struct told told;

	list.v4 = false;
	list.v6 = true;
	list.probe = 3600;
	open_lists(w, &list, 1);
	until(w, w->closed[0]);
	for (unsigned i = 0; i < 60; i++) {
		char client[ADDR_TEXT];

		snprintf(client, sizeof(client), "2001:db8:8::%x", i + 1);
		assert_int_equal(hits_of(w, &told, client), 1);
	}
	assert_int_equal(w->opened[0], 0);
}

/* Owners' hands */

static void a_cancelled_query_is_silent(void **state)
{
	struct world *w = enter(state);
	struct told told, later;

	open_site(w, "good.lab.example");
	assert_true(ask(w, &told, "198.51.100.7"));
	lists_cancel(told.query);
	/* Held ones too. */
	until(w, w->closed[0]);
	assert_true(ask(w, &told, "198.51.100.7"));
	lists_cancel(told.query);
	assert_int_equal(hits_of(w, &later, "198.51.100.7"), 1);
	assert_int_equal(told.hits + told.ends, 0);
}

struct pair {
	struct told first, second;
};

/* Whichever is told first cancels both, in the middle of its hits. */
static void cancel_both(const struct list_hit *hit, void *context)
{
	struct pair *pair = context;

	assert_non_null(hit);
	pair->first.hits++;
	lists_cancel(pair->first.query);
	lists_cancel(pair->second.query);
}

static void cancelling_from_within_a_hit(void **state)
{
	struct world *w = enter(state);
	struct list settings[] = {site("good.lab.example"), site("other.lab.example")};
	struct addr client = addr("198.51.100.7");
	struct pair pair = {0};
	struct told later;

	/* The answer is in both groups: a second hit would follow at once. */
	settings[0].groups_count = 2;
	settings[0].group[1] = settings[0].group[0];
	open_lists(w, settings, 2);
	until(w, w->closed[0] && w->closed[1]);
	pair.first.query = lists_ask_addr(w->lists, &client, PORTS_MX, cancel_both, &pair);
	pair.second.query = lists_ask_addr(w->lists, &client, PORTS_MX, cancel_both, &pair);
	assert_true(pair.first.query && pair.second.query);
	until(w, pair.first.hits);
	assert_int_equal(hits_of(w, &later, "198.51.100.7"), 3);
	assert_int_equal(pair.first.hits, 1);
}

static void freed_in_the_middle(void **state)
{
	struct world *w = enter(state);
	struct told told[3];

	open_site(w, "good.lab.example");
	until(w, w->closed[0]);
	for (size_t i = 0; i < COUNT(told); i++)
		assert_true(ask(w, &told[i], "198.51.100.7"));
	lists_free(w->lists);
	w->lists = NULL;
	for (int i = 0; i < 20; i++)
		turn(w);
	for (size_t i = 0; i < COUNT(told); i++)
		assert_int_equal(told[i].hits + told[i].ends, 0);
}

static void a_reload_keeps_what_stays(void **state)
{
	struct world *w = enter(state);
	struct list settings[] = {site("good.lab.example"), site("other.lab.example"),
				  site("wild.lab.example")};
	struct list swapped[] = {settings[2], settings[1], site("changing.lab.example")};
	struct told told;

	open_lists(w, settings, 3);
	until(w, w->closed[0] && w->closed[1] && w->opened[2]);
	assert_int_equal(hits_of(w, &told, "198.51.100.7"), 2);
	/* A query is under way; the first list goes, the last becomes the first. */
	assert_true(ask(w, &told, "198.51.100.7"));
	assert_true(lists_reload(w->lists, swapped, 3));
	assert_true(state_is(w, 0, "open"));
	assert_true(state_is(w, 1, "healthy"));
	assert_true(state_is(w, 2, "untested"));
	assert_int_equal(number(w, 1, "hits", NULL), 1);
	until(w, told.ends);
	assert_int_equal(told.hits, 1);
	expect_hit(&told, 0, 1, 0, "127.0.0.3");
	until(w, w->closed[2]);
	assert_int_equal(hits_of(w, &told, "198.51.100.7"), 2);
	assert_int_equal(number(w, 1, "overlap", "changing.lab.example"), 1);
	/* Down to none. */
	assert_true(lists_reload(w->lists, swapped, 0));
	assert_false(ask(w, &told, "198.51.100.7"));
	assert_true(lists_reload(w->lists, settings, 1));
	until(w, w->closed[0]);
	assert_int_equal(hits_of(w, &told, "198.51.100.7"), 1);
}

/* Another kind of list of the same zone is another list. */
static void the_same_zone_twice(void **state)
{
	struct world *w = enter(state);
	struct list settings[] = {site("names.lab.example=127.0.1.[2..9]*5"),
				  site("names.lab.example=127.0.1.[2..9]*3")};
	struct told told = {0};

	settings[0].kind = LIST_RHSBL_HELO;
	settings[1].kind = LIST_RHSBL_SENDER;
	open_lists(w, settings, 2);
	until(w, w->closed[0] && w->closed[1]);
	told.query = lists_ask_domain(w->lists, "spam.example", LIST_RHSBL_SENDER, PORTS_MX, on_hit,
				      &told);
	assert_non_null(told.query);
	until(w, told.ends);
	assert_int_equal(told.hits, 1);
	expect_hit(&told, 0, 1, 0, "127.0.1.4");
}

/* For people */

static void on_explained(json_t *answers, void *context)
{
	*(json_t **)context = answers;
}

static const char *text_of(const json_t *array, size_t i, const char *key)
{
	const char *text = json_string_value(json_object_get(json_array_get(array, i), key));

	assert_non_null(text);
	return text;
}

static void explaining_asks_every_list(void **state)
{
	struct world *w = enter(state);
	struct list settings[] = {site("good.lab.example"), site("wild.lab.example"),
				  site("park.lab.example"), site("empty.lab.example"),
				  site("bl.silent.example")};
	json_t *answers = NULL;
	const json_t *group;

	settings[0].daily = 1;
	open_lists(w, settings, COUNT(settings));
	until(w, w->opened[1] && w->opened[2] && w->opened[3]);
	assert_true(lists_explain(w->lists, "198.51.100.7", on_explained, &answers));
	assert_null(answers);
	until(w, answers);
	assert_int_equal(json_array_size(answers), COUNT(settings));
	assert_string_equal(text_of(answers, 0, "list"), "good.lab.example");
	assert_string_equal(text_of(answers, 0, "meaning"), "listed");
	assert_string_equal(text_of(answers, 0, "reason"), "spam from 7.100.51.198.good");
	group = json_array_get(json_object_get(json_array_get(answers, 0), "groups"), 0);
	assert_int_equal(json_integer_value(json_object_get(group, "points")), 1);
	assert_string_equal(text_of(answers, 1, "meaning"), "listed");
	assert_string_equal(text_of(answers, 1, "state"), "open");
	assert_string_equal(text_of(answers, 2, "meaning"), "broken");
	assert_non_null(strstr(text_of(answers, 2, "words"), "203.0.113.9"));
	assert_string_equal(text_of(answers, 3, "meaning"), "not listed");
	assert_string_equal(text_of(answers, 4, "meaning"), "no answer");
	json_decref(answers);
	assert_false(lists_explain(w->lists, "example.com", on_explained, &answers));
	assert_false(lists_explain(w->lists, "2001:db8::1", on_explained, &answers));
}

static void keys_are_nowhere(void **state)
{
	struct world *w = enter(state);
	struct list settings[] = {site(KEY ".secret.lab.example"), site(KEY ".park.lab.example")};
	json_t *answers = NULL, *all;
	char *text;

	open_lists(w, settings, 2);
	until(w, w->closed[0] && w->opened[1]);
	assert_null(strstr(w->why[1], KEY));
	assert_true(lists_explain(w->lists, "198.51.100.7", on_explained, &answers));
	until(w, answers);
	assert_string_equal(text_of(answers, 0, "list"), "secret.lab.example");
	assert_string_equal(text_of(answers, 0, "reason"), "(not shown: it holds the key)");
	all = lists_json(w->lists);
	json_array_extend(all, answers);
	text = json_dumps(all, 0);
	assert_non_null(strstr(text, "secret.lab.example"));
	assert_null(strstr(text, KEY));
	free(text);
	json_decref(all);
	json_decref(answers);
}

static void latency_is_in_the_numbers(void **state)
{
	struct world *w = enter(state);
	struct list list = site("good.lab.example");
	struct told told;
	json_t *all, *latency;
	double median, p99;

	/* Nobody wants to hear of the lists' health. */
	w->lists = lists_new(&w->loop, w->resolver, &list, 1, NULL, NULL);
	assert_non_null(w->lists);
	until(w, state_is(w, 0, "healthy"));
	hits_of(w, &told, "198.51.100.7");
	hits_of(w, &told, "198.51.100.8");
	all = lists_json(w->lists);
	latency = json_object_get(json_array_get(all, 0), "latency");
	median = json_real_value(json_object_get(latency, "median"));
	p99 = json_real_value(json_object_get(latency, "p99"));
	assert_true(median > 0 && median <= p99 && p99 < TIMEOUT);
	json_decref(all);
}

#define world_test(f) cmocka_unit_test_setup_teardown(f, begin, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		world_test(a_listed_client_is_told),
		world_test(groups_are_told_apart),
		world_test(a_listing_waits_for_the_probe),
		world_test(several_lists_answer_one_query),
		world_test(ipv6_has_its_own_questions),
		world_test(a_list_without_ipv6_test_entry),
		world_test(domains_are_asked_of_their_lists),
		world_test(some_are_not_asked_about),
		world_test(broken_lists_are_opened),
		world_test(a_listing_of_an_untested_list),
		world_test(an_open_list_alone_is_not_asked),
		world_test(a_list_without_test_entries),
		world_test(the_canary_may_be_chosen),
		world_test(the_first_bad_answer_opens),
		world_test(the_first_listing_of_all_the_world_opens),
		world_test(answers_change_while_it_runs),
		world_test(listing_nearly_everybody_opens),
		world_test(a_list_dies_in_use),
		world_test(the_days_budget),
		world_test(the_rate),
		world_test(a_burst_with_a_dead_list),
		world_test(what_the_resolver_refuses),
		world_test(an_ipv6_client_is_its_network),
		world_test(a_cancelled_query_is_silent),
		world_test(cancelling_from_within_a_hit),
		world_test(freed_in_the_middle),
		world_test(a_reload_keeps_what_stays),
		world_test(the_same_zone_twice),
		world_test(explaining_asks_every_list),
		world_test(keys_are_nowhere),
		world_test(latency_is_in_the_numbers),
	};

	return cmocka_run_group_tests(tests, start_servers, stop_servers);
}
