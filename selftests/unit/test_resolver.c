// SPDX-License-Identifier: GPL-2.0-or-later
/* The resolver against real servers: rbldnsd and NSD, some of them dead. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "../../user/dns/resolver.h"
#include "dns_room.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

#define RBLDNSD_PORT 5301
#define NSD_PORT     5302
#define LATE_PORT    5303 /* a rbldnsd that comes and goes */
#define HOLE_PORT    5304 /* takes questions and says nothing */
#define NOBODY_PORT  5305

#define TIMEOUT 1500  /* milliseconds */
#define PATIENT 20000 /* for bursts, on slow machines and under ASan */
#define SLACK   700
#define BURST   5000

#ifdef __SANITIZE_ADDRESS__
#define STALL_MAX 200 /* milliseconds */
#else
#define STALL_MAX 50
#endif

#define LABEL_60 "abcdefghijklmnopqrstuvwxyz0123456789-abcdefghijklmnopqrstuvwx"

static const char set_listed[] = "$SOA 3600 ns.bl.lab h.lab 1 3600 600 86400 120\n"
				 "$NS 3600 ns.bl.lab\n"
				 "$TTL 600\n"
				 ":127.0.0.2:listed $\n"
				 "127.0.0.2\n"
				 "10.0.0.0/9\n";
static const char set_bare[] = ":127.0.0.3:bare $\n127.0.0.2\n";
static const char zone_names[] =
	"$ORIGIN names.lab.\n"
	"$TTL 300\n"
	"@ SOA ns h 1 3600 600 86400 77\n"
	"@ NS ns\n"
	"ns A 127.0.0.1\n"
	"many A 192.0.2.1\nmany A 192.0.2.2\nmany A 192.0.2.3\n"
	"brief 1 A 192.0.2.4\n"
	"lasting 999999 A 192.0.2.5\n"
	"six AAAA 2001:db8::25\n"
	"six AAAA ::ffff:127.0.0.2\n"
	"mail MX 30 Third\nmail MX 10 first\nmail MX 20 second.example.net.\n"
	"nomail MX 0 .\n"
	"text TXT \"a\\027[2J\" \"\\000\\255\\\\b\"\n"
	"alias CNAME many\n"
	"lost CNAME nobody\n"
	"odd A 192.0.2.6\n" LABEL_60 "." LABEL_60 "." LABEL_60 " A 192.0.2.7\n";
static const char zone_slow_denial[] = "$ORIGIN denial.lab.\n"
				       "@ 86400 SOA ns h 1 3600 600 86400 86400\n"
				       "@ 86400 NS ns.names.lab.\n";
static const char zone_v4[] = "$ORIGIN 100.51.198.in-addr.arpa.\n"
			      "@ 300 SOA ns h 1 3600 600 86400 77\n"
			      "@ 300 NS ns.names.lab.\n"
			      "7 300 PTR Mail.Example.Net.\n"
			      "8 300 PTR odd\\.name.example.\n"
			      "9 300 PTR one.example.\n9 300 PTR odd\\ name.example.\n";
static const char zone_v6[] = "$ORIGIN 8.b.d.0.1.0.0.2.ip6.arpa.\n"
			      "@ 300 SOA ns h 1 3600 600 86400 77\n"
			      "@ 300 NS ns.names.lab.\n"
			      "*.0 300 PTR six.example.\n";
static const char zone_ten[] = "$ORIGIN 10.in-addr.arpa.\n"
			       "@ 300 SOA ns h 1 3600 600 86400 77\n"
			       "@ 300 NS ns.names.lab.\n"
			       "1.0.0 300 PTR inside.example.\n";

static pid_t rbldnsd, nsd;
static int hole = -1;
static const char *no_room;

/* One answer, and when it came. */
struct asked {
	struct dns_answer answer;
	unsigned calls;
	uint64_t at; /* uv_hrtime() */
};

struct world {
	uv_loop_t loop;
	uv_timer_t guard;
	struct resolver *resolver;
	bool gone; /* the test has freed it */
};

static pid_t start_rbldnsd(const char *port, const char *zones[2])
{
	char where[32];
	char *argv[] = {"/usr/sbin/rbldnsd",
			"-n",
			"-q",
			"-b",
			where,
			"-r",
			room_dir,
			"-w",
			"/",
			(char *)zones[0],
			(char *)zones[1],
			NULL};

	snprintf(where, sizeof(where), "127.0.0.1/%s", port);
	return room_start(argv);
}

static pid_t start_nsd(void)
{
	/* broken.lab is configured and not there: SERVFAIL. */
	static const char *const zones[] = {"names.lab",
					    "denial.lab",
					    "100.51.198.in-addr.arpa",
					    "8.b.d.0.1.0.0.2.ip6.arpa",
					    "10.in-addr.arpa",
					    "broken.lab"};
	static const char *const texts[COUNT(zones)] = {zone_names, zone_slow_denial, zone_v4,
							zone_v6, zone_ten};

	for (size_t i = 0; i < COUNT(zones); i++)
		assert_true(!texts[i] || room_file(zones[i], texts[i]));
	return room_start_nsd(NSD_PORT, zones, COUNT(zones));
}

static int open_hole(void)
{
	struct sockaddr_in at = {.sin_family = AF_INET,
				 .sin_port = htons(HOLE_PORT),
				 .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	assert_true(fd >= 0 && !bind(fd, (struct sockaddr *)&at, sizeof(at)));
	return fd;
}

static int start_servers(void **state)
{
	static const char *zones[2] = {"bl.lab:ip4set:listed", "bare.lab:ip4set:bare"};

	(void)state;
	if (!room_enter(&no_room)) {
		print_message("# SKIP the resolver: %s\n", no_room);
		return 0;
	}
	no_room = NULL;
	assert_true(room_file("listed", set_listed) && room_file("bare", set_bare));
	rbldnsd = start_rbldnsd("5301", zones);
	nsd = start_nsd();
	hole = open_hole();
	assert_true(room_lives(RBLDNSD_PORT) && room_lives(NSD_PORT));
	return 0;
}

static int stop_servers(void **state)
{
	(void)state;
	if (no_room)
		return 0;
	room_stop(rbldnsd);
	room_stop(nsd);
	close(hole);
	room_leave();
	return 0;
}

/* The world of one test: a loop, a resolver that knows where each zone is served. */

static struct dns_server server(uint16_t port)
{
	struct dns_server out = {.port = port};

	assert_true(addr_parse(&out.addr, "127.0.0.1"));
	return out;
}

static struct resolver *make_resolver(uv_loop_t *loop, unsigned under_way_max, uint32_t timeout)
{
	struct dns_stub stubs[] = {
		{"bl.lab", server(RBLDNSD_PORT)},
		{"bare.lab", server(RBLDNSD_PORT)},
		{"names.lab", server(NSD_PORT)},
		{"denial.lab", server(NSD_PORT)},
		{"100.51.198.in-addr.arpa", server(NSD_PORT)},
		{"8.b.d.0.1.0.0.2.ip6.arpa", server(NSD_PORT)},
		{"10.in-addr.arpa", server(NSD_PORT)},
		{"broken.lab", server(NSD_PORT)},
		{"refused.lab", server(NSD_PORT)},
		{"late.lab", server(LATE_PORT)},
		{"hole.lab", server(HOLE_PORT)},
		{"nobody.lab", server(NOBODY_PORT)},
	};
	struct resolver_settings settings = {
		.stubs_count = COUNT(stubs),
		.stubs = stubs,
		.timeout = timeout,
		.ttl_min = 60,
		.ttl_max = 3600,
		.negative_ttl_max = 300,
		.cache_bytes = 32 << 20,
		.under_way_max = under_way_max,
	};
	char error[256] = "";
	struct resolver *r = resolver_new(loop, &settings, error, sizeof(error));

	if (!r)
		fail_msg("%s", error);
	return r;
}

/* Nothing here takes half a minute: what hangs fails. */
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
	w->resolver = make_resolver(&w->loop, 20000, TIMEOUT);
	*state = w;
	return 0;
}

static void remake_resolver(struct world *w, unsigned under_way_max, uint32_t timeout)
{
	resolver_free(w->resolver);
	w->resolver = make_resolver(&w->loop, under_way_max, timeout);
}

static int end_world(void **state)
{
	struct world *w = *state;
	int err;

	if (no_room)
		return 0;
	if (!w->gone)
		resolver_free(w->resolver);
	uv_close((uv_handle_t *)&w->guard, NULL);
	uv_run(&w->loop, UV_RUN_DEFAULT);
	err = uv_loop_close(&w->loop);
	free(w);
	return err;
}

static struct world *enter(void **state)
{
	if (no_room)
		skip();
	return *state;
}

static void on_answer(const struct dns_answer *answer, void *context)
{
	struct asked *asked = context;

	asked->answer = *answer;
	asked->calls++;
	asked->at = uv_hrtime();
}

static void run_until(struct world *w, const unsigned *calls, unsigned wanted)
{
	while (*calls < wanted)
		uv_run(&w->loop, UV_RUN_ONCE);
	assert_int_equal(*calls, wanted);
}

static const struct dns_answer *ask(struct world *w, const char *name, enum dns_type type)
{
	static struct asked asked;

	asked = (struct asked){0};
	assert_non_null(dns_ask(w->resolver, name, type, on_answer, &asked));
	assert_int_equal(asked.calls, 0);
	run_until(w, &asked.calls, 1);
	return &asked.answer;
}

static void assert_addr(const struct dns_answer *answer, size_t i, const char *text)
{
	char shown[ADDR_TEXT];

	assert_true(i < answer->count);
	assert_string_equal(addr_format(shown, &answer->addr[i]), text);
}

/* What answers mean */

static void listed_and_not(void **state)
{
	struct world *w = enter(state);
	const struct dns_answer *answer = ask(w, "2.0.0.127.bl.lab", DNS_A);

	assert_int_equal(answer->status, DNS_ANSWER);
	assert_int_equal(answer->count, 1);
	assert_int_equal(answer->ttl, 600);
	assert_addr(answer, 0, "127.0.0.2");
	answer = ask(w, "1.0.0.127.BL.Lab", DNS_A);
	assert_int_equal(answer->status, DNS_NO_NAME);
	assert_int_equal(answer->count, 0);
	assert_int_equal(answer->ttl, 120);
	answer = ask(w, "2.0.0.127.bl.lab", DNS_AAAA);
	assert_int_equal(answer->status, DNS_NO_DATA);
	assert_int_equal(answer->ttl, 120);
	answer = ask(w, "2.0.0.127.bl.lab", DNS_TXT);
	assert_int_equal(answer->status, DNS_ANSWER);
	assert_string_equal(answer->text, "listed 127.0.0.2");
	assert_int_equal(resolver_counts(w->resolver)->answered, 4);
	assert_int_equal(resolver_counts(w->resolver)->under_way, 0);
}

static void several_addresses(void **state)
{
	struct world *w = enter(state);
	static const char *const names[] = {"many.names.lab", "alias.names.lab"};

	for (size_t n = 0; n < COUNT(names); n++) {
		const struct dns_answer *answer = ask(w, names[n], DNS_A);
		unsigned seen = 0;

		assert_int_equal(answer->status, DNS_ANSWER);
		assert_int_equal(answer->count, 3);
		for (size_t i = 0; i < 3; i++)
			seen |= 1U << answer->addr[i].b[15];
		assert_int_equal(seen, 1 << 1 | 1 << 2 | 1 << 3);
	}
	assert_int_equal(ask(w, "lost.names.lab", DNS_A)->status, DNS_NO_NAME);
}

static void ttls_are_clamped(void **state)
{
	struct world *w = enter(state);

	assert_int_equal(ask(w, "brief.names.lab", DNS_A)->ttl, 60);
	assert_int_equal(ask(w, "lasting.names.lab", DNS_A)->ttl, 3600);
	assert_int_equal(ask(w, "none.names.lab", DNS_A)->ttl, 77);
	assert_int_equal(ask(w, "none.denial.lab", DNS_A)->ttl, 300);
}

/* libunbound says 32768 where there is no SOA. */
static void denial_without_soa(void **state)
{
	struct world *w = enter(state);
	const struct dns_answer *answer = ask(w, "9.9.9.9.bare.lab", DNS_A);

	assert_int_equal(answer->status, DNS_NO_NAME);
	assert_int_equal(answer->ttl, 5);
	answer = ask(w, "2.0.0.127.bare.lab", DNS_AAAA);
	assert_int_equal(answer->status, DNS_NO_DATA);
	assert_int_equal(answer->ttl, 5);
}

static void addresses_of_ipv6(void **state)
{
	const struct dns_answer *answer = ask(enter(state), "six.names.lab", DNS_AAAA);

	assert_int_equal(answer->status, DNS_ANSWER);
	assert_int_equal(answer->count, 1);
	assert_addr(answer, 0, "2001:db8::25");
}

/* libunbound denies the reverse zones of private and documentation networks by default. */
static void reverse_names(void **state)
{
	struct world *w = enter(state);
	const struct dns_answer *answer = ask(w, "7.100.51.198.in-addr.arpa", DNS_PTR);

	assert_int_equal(answer->status, DNS_ANSWER);
	assert_int_equal(answer->count, 1);
	assert_string_equal(answer->name[0], "mail.example.net");
	answer = ask(w, "1.0.0.10.in-addr.arpa", DNS_PTR);
	assert_string_equal(answer->name[0], "inside.example");
	answer = ask(w, "5.2.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa",
		     DNS_PTR);
	assert_int_equal(answer->status, DNS_ANSWER);
	assert_string_equal(answer->name[0], "six.example");
}

static void reverse_names_that_are_none(void **state)
{
	struct world *w = enter(state);
	const struct dns_answer *answer = ask(w, "8.100.51.198.in-addr.arpa", DNS_PTR);

	assert_int_equal(answer->status, DNS_FAILED);
	assert_int_equal(answer->count, 0);
	answer = ask(w, "9.100.51.198.in-addr.arpa", DNS_PTR);
	assert_int_equal(answer->status, DNS_ANSWER);
	assert_int_equal(answer->count, 1);
	assert_string_equal(answer->name[0], "one.example");
}

static void mail_servers(void **state)
{
	struct world *w = enter(state);
	const struct dns_answer *answer = ask(w, "mail.names.lab", DNS_MX);

	assert_int_equal(answer->status, DNS_ANSWER);
	assert_int_equal(answer->count, 3);
	assert_string_equal(answer->name[0], "first.names.lab");
	assert_string_equal(answer->name[1], "second.example.net");
	assert_string_equal(answer->name[2], "third.names.lab");
	answer = ask(w, "nomail.names.lab", DNS_MX);
	assert_int_equal(answer->count, 1);
	assert_string_equal(answer->name[0], "");
}

static void hostile_text(void **state)
{
	const struct dns_answer *answer = ask(enter(state), "text.names.lab", DNS_TXT);

	assert_int_equal(answer->status, DNS_ANSWER);
	assert_string_equal(answer->text, "a\\x1b[2J\\x00\\xff\\\\b");
}

static void long_name(void **state)
{
	const struct dns_answer *answer =
		ask(enter(state), LABEL_60 "." LABEL_60 "." LABEL_60 ".names.lab", DNS_A);

	assert_int_equal(answer->status, DNS_ANSWER);
	assert_addr(answer, 0, "192.0.2.7");
}

static void names_that_are_not_asked(void **state)
{
	struct world *w = enter(state);
	static const char *const bad[] = {"", ".", "a..lab", "lab.", "a b.lab", "a\\.b.lab"};
	struct asked asked = {0};

	for (size_t i = 0; i < COUNT(bad); i++)
		assert_null(dns_ask(w->resolver, bad[i], DNS_A, on_answer, &asked));
	assert_int_equal(resolver_counts(w->resolver)->asked, 0);
}

/* Servers that fail */

static void refusals_say_nothing(void **state)
{
	struct world *w = enter(state);
	const struct dns_answer *answer = ask(w, "2.0.0.127.refused.lab", DNS_A);

	assert_int_equal(answer->status, DNS_FAILED);
	assert_int_equal(answer->ttl, 0);
	assert_int_equal(ask(w, "2.0.0.127.broken.lab", DNS_A)->status, DNS_FAILED);
	assert_int_equal(resolver_counts(w->resolver)->failed, 2);
}

static void nobody_at_the_port(void **state)
{
	struct world *w = enter(state);
	uint64_t start = uv_hrtime();
	enum dns_status status = ask(w, "2.0.0.127.nobody.lab", DNS_A)->status;

	assert_true(status == DNS_FAILED || status == DNS_TIMED_OUT);
	assert_true((uv_hrtime() - start) / 1000000 < TIMEOUT + SLACK);
}

/* Also where others are answered meanwhile, and for who joins later, from when he joined. */
static void silent_server(void **state)
{
	struct world *w = enter(state);
	struct asked first = {0}, second = {0};
	uint64_t start = uv_hrtime(), joined;

	assert_non_null(dns_ask(w->resolver, "a.hole.lab", DNS_A, on_answer, &first));
	while (uv_hrtime() - start < 300000000)
		assert_int_equal(ask(w, "many.names.lab", DNS_A)->status, DNS_ANSWER);
	joined = uv_hrtime();
	assert_non_null(dns_ask(w->resolver, "a.hole.lab", DNS_A, on_answer, &second));
	run_until(w, &second.calls, 1);
	assert_int_equal(first.calls, 1);
	assert_int_equal(first.answer.status, DNS_TIMED_OUT);
	assert_in_range((first.at - start) / 1000000, TIMEOUT - 1, TIMEOUT + SLACK);
	assert_int_equal(second.answer.status, DNS_TIMED_OUT);
	assert_in_range((second.at - joined) / 1000000, TIMEOUT - 1, TIMEOUT + SLACK);
	assert_int_equal(resolver_counts(w->resolver)->coalesced, 1);
	assert_int_equal(resolver_counts(w->resolver)->timed_out, 2);
}

/* Many at once. */
struct burst {
	unsigned calls, listed, absent;
	uint64_t turn_began, stall; /* nanoseconds; the longest turn */
	uint64_t denied;            /* as turn_began: nanoseconds for which we had no CPU */
	uv_prepare_t before_poll;
	uv_check_t after_poll;
};

static void burst_answer(const struct dns_answer *answer, void *context)
{
	struct burst *b = context;

	b->calls++;
	b->listed += answer->status == DNS_ANSWER;
	b->absent += answer->status == DNS_NO_NAME;
}

static void ask_many(struct world *w, struct burst *b, const char *zone, unsigned count)
{
	char name[64];

	for (unsigned i = 0; i < count; i++) {
		/* Half of them in 10.0.0.0/9. */
		snprintf(name, sizeof(name), "%u.%u.%u.10.%s", i / 2 % 250, i / 500 % 250,
			 i % 2 ? 200 : 7, zone);
		assert_non_null(dns_ask(w->resolver, name, DNS_A, burst_answer, b));
	}
}

static void late_server(void **state)
{
	static const char *zones[2] = {"late.lab:ip4set:listed", NULL};
	struct world *w = enter(state);
	uint64_t start;
	char name[64];
	struct burst b = {0};
	pid_t pid;

	/* Until it is given up, and nothing more is sent to it for a while. */
	ask_many(w, &b, "late.lab", 400);
	run_until(w, &b.calls, 400);
	assert_int_equal(b.listed + b.absent, 0);
	while (resolver_counts(w->resolver)->under_way)
		uv_run(&w->loop, UV_RUN_ONCE);
	pid = start_rbldnsd("5303", zones);
	assert_true(room_lives(LATE_PORT));
	start = uv_hrtime();
	for (unsigned i = 0;; i++) {
		snprintf(name, sizeof(name), "%u.%u.0.10.late.lab", i % 250, i / 250 % 250);
		if (ask(w, name, DNS_A)->status == DNS_ANSWER)
			break;
		assert_true((uv_hrtime() - start) / 1000000 < 30000);
		poll(NULL, 0, 50);
	}
	print_message("a server that has come back is asked after %u ms\n",
		      (unsigned)((uv_hrtime() - start) / 1000000));
	assert_int_equal(ask(w, "2.0.0.127.late.lab", DNS_A)->status, DNS_ANSWER);
	room_stop(pid);
	/* Out of the cache. */
	assert_int_equal(ask(w, "2.0.0.127.late.lab", DNS_A)->status, DNS_ANSWER);
	assert_int_not_equal(ask(w, "3.0.0.127.late.lab", DNS_A)->status, DNS_ANSWER);
	assert_int_not_equal(ask(w, "3.0.0.127.late.lab", DNS_A)->status, DNS_NO_NAME);
}

/* Many at once */

/* How long this thread was ready to run and others ran: the machine's stall, not ours. */
static uint64_t cpu_denied(void)
{
	FILE *file = fopen("/proc/thread-self/schedstat", "r");
	unsigned long long ran, denied = 0;

	if (file && fscanf(file, "%llu %llu", &ran, &denied) != 2)
		denied = 0;
	if (file)
		fclose(file);
	return denied;
}

static void turn_begins(uv_check_t *check)
{
	struct burst *b = check->data;

	b->denied = cpu_denied();
	b->turn_began = uv_hrtime();
}

static void turn_ends(uv_prepare_t *prepare)
{
	struct burst *b = prepare->data;
	uint64_t took = uv_hrtime() - b->turn_began;
	uint64_t denied = cpu_denied() - b->denied;

	if (b->turn_began && took > denied && took - denied > b->stall)
		b->stall = took - denied;
}

static void watch_turns(struct world *w, struct burst *b)
{
	uv_prepare_init(&w->loop, &b->before_poll);
	uv_check_init(&w->loop, &b->after_poll);
	b->before_poll.data = b->after_poll.data = b;
	uv_prepare_start(&b->before_poll, turn_ends);
	uv_check_start(&b->after_poll, turn_begins);
	turn_begins(&b->after_poll);
}

static void unwatch_turns(struct world *w, struct burst *b)
{
	uv_close((uv_handle_t *)&b->before_poll, NULL);
	uv_close((uv_handle_t *)&b->after_poll, NULL);
	uv_run(&w->loop, UV_RUN_NOWAIT);
}

static void all_are_answered(struct world *w, const char *what)
{
	struct burst b = {0};
	uint64_t start = uv_hrtime();

	watch_turns(w, &b);
	ask_many(w, &b, "bl.lab", BURST);
	run_until(w, &b.calls, BURST);
	unwatch_turns(w, &b);
	print_message("%d questions %s: %u ms, longest turn %.1f ms\n", BURST, what,
		      (unsigned)((uv_hrtime() - start) / 1000000), (double)b.stall / 1e6);
	assert_int_equal(b.listed, BURST / 2);
	assert_int_equal(b.absent, BURST / 2);
	assert_true(b.stall < STALL_MAX * 1000000ULL);
	assert_int_equal(resolver_counts(w->resolver)->under_way, 0);
}

static void burst_of_questions(void **state)
{
	struct world *w = enter(state);

	remake_resolver(w, BURST, PATIENT);
	all_are_answered(w, "at once");
	assert_int_equal(resolver_counts(w->resolver)->sent, BURST);
	all_are_answered(w, "from the cache");
}

static void silent_list_does_not_hold_up_others(void **state)
{
	struct world *w = enter(state);
	struct burst silent = {0}, b = {0};
	uint64_t start = uv_hrtime();

	remake_resolver(w, 2 * BURST, PATIENT);
	watch_turns(w, &b);
	ask_many(w, &silent, "hole.lab", BURST);
	ask_many(w, &b, "bl.lab", BURST);
	run_until(w, &b.calls, BURST);
	print_message("%d questions behind as many to a silent server: %u ms\n", BURST,
		      (unsigned)((uv_hrtime() - start) / 1000000));
	assert_int_equal(b.listed + b.absent, BURST);
	unwatch_turns(w, &b);
	assert_int_equal(silent.listed + silent.absent, 0);
	assert_true(b.stall < STALL_MAX * 1000000ULL);
}

static void identical_questions_are_one(void **state)
{
	struct world *w = enter(state);
	struct burst b = {0};

	for (unsigned i = 0; i < 100; i++)
		assert_non_null(dns_ask(w->resolver, i % 2 ? "1.0.0.10.bl.lab" : "1.0.0.10.BL.LAB",
					DNS_A, burst_answer, &b));
	assert_non_null(dns_ask(w->resolver, "1.0.0.10.bl.lab", DNS_AAAA, burst_answer, &b));
	assert_int_equal(resolver_counts(w->resolver)->under_way, 2);
	run_until(w, &b.calls, 101);
	assert_int_equal(b.listed, 100);
	assert_int_equal(resolver_counts(w->resolver)->asked, 101);
	assert_int_equal(resolver_counts(w->resolver)->coalesced, 99);
	assert_int_equal(resolver_counts(w->resolver)->sent, 2);
}

static void more_than_may_be_under_way(void **state)
{
	struct world *w = enter(state);
	struct asked asked[5] = {0};
	static const char *const names[] = {"a.hole.lab", "b.hole.lab", "c.names.lab", "a.hole.lab",
					    "d.names.lab"};

	remake_resolver(w, 2, TIMEOUT);
	for (size_t i = 0; i < COUNT(names); i++)
		assert_non_null(dns_ask(w->resolver, names[i], DNS_A, on_answer, &asked[i]));
	assert_int_equal(asked[2].calls + asked[4].calls, 0);
	run_until(w, &asked[4].calls, 1);
	assert_int_equal(asked[2].calls, 1);
	assert_int_equal(asked[2].answer.status, DNS_TIMED_OUT);
	assert_int_equal(asked[4].answer.status, DNS_TIMED_OUT);
	assert_int_equal(asked[0].calls + asked[1].calls + asked[3].calls, 0);
	assert_int_equal(resolver_counts(w->resolver)->refused, 2);
	assert_int_equal(resolver_counts(w->resolver)->under_way, 2);
}

/* Taking back */

static void cancelled_are_not_called(void **state)
{
	struct world *w = enter(state);
	struct asked one = {0}, other = {0}, last = {0}, sent = {0};
	struct dns_question *question;

	question = dns_ask(w->resolver, "1.0.0.10.bl.lab", DNS_A, on_answer, &one);
	assert_non_null(dns_ask(w->resolver, "1.0.0.10.bl.lab", DNS_A, on_answer, &other));
	dns_cancel(question);
	dns_cancel(dns_ask(w->resolver, "2.0.0.10.bl.lab", DNS_A, on_answer, &last));
	assert_int_equal(resolver_counts(w->resolver)->under_way, 1);
	question = dns_ask(w->resolver, "3.hole.lab", DNS_A, on_answer, &sent);
	run_until(w, &other.calls, 1);
	assert_int_equal(other.answer.status, DNS_ANSWER);
	assert_int_equal(resolver_counts(w->resolver)->sent, 2);
	dns_cancel(question);
	/* Still libunbound's; who asks again joins it. */
	assert_int_equal(resolver_counts(w->resolver)->under_way, 1);
	assert_int_equal(ask(w, "3.hole.lab", DNS_A)->status, DNS_TIMED_OUT);
	assert_int_equal(resolver_counts(w->resolver)->sent, 2);
	assert_int_equal(one.calls + last.calls + sent.calls, 0);
}

static void freed_with_questions_under_way(void **state)
{
	struct world *w = enter(state);
	struct burst b = {0};

	ask_many(w, &b, "hole.lab", 500);
	ask_many(w, &b, "bl.lab", 1000);
	while (b.calls < 10)
		uv_run(&w->loop, UV_RUN_ONCE);
	resolver_free(w->resolver);
	w->gone = true;
	b.calls = 0;
	while (uv_run(&w->loop, UV_RUN_ONCE))
		;
	assert_int_equal(b.calls, 0);
}

static void freed_with_refused_ones(void **state)
{
	struct world *w = enter(state);
	struct asked asked = {0};

	remake_resolver(w, 1, TIMEOUT);
	assert_non_null(dns_ask(w->resolver, "1.0.0.10.bl.lab", DNS_A, on_answer, &asked));
	assert_non_null(dns_ask(w->resolver, "2.0.0.10.bl.lab", DNS_A, on_answer, &asked));
	resolver_free(w->resolver);
	w->gone = true;
	while (uv_run(&w->loop, UV_RUN_ONCE))
		;
	assert_int_equal(asked.calls, 0);
}

/* From within an answer: cancels its neighbour, asks the same again, and the second time frees. */
struct meddler {
	struct world *world;
	struct dns_question *neighbour;
	struct asked neighbours;
	unsigned calls;
};

static void meddle(const struct dns_answer *answer, void *context)
{
	struct meddler *m = context;

	assert_int_equal(answer->status, DNS_ANSWER);
	if (m->calls++) {
		resolver_free(m->world->resolver);
		m->world->gone = true;
		return;
	}
	dns_cancel(m->neighbour);
	assert_non_null(dns_ask(m->world->resolver, "1.0.0.10.bl.lab", DNS_A, meddle, m));
	assert_non_null(
		dns_ask(m->world->resolver, "1.0.0.10.bl.lab", DNS_A, on_answer, &m->neighbours));
}

static void anything_from_within_an_answer(void **state)
{
	struct world *w = enter(state);
	struct meddler m = {.world = w};

	assert_non_null(dns_ask(w->resolver, "1.0.0.10.bl.lab", DNS_A, meddle, &m));
	m.neighbour = dns_ask(w->resolver, "1.0.0.10.bl.lab", DNS_A, on_answer, &m.neighbours);
	run_until(w, &m.calls, 2);
	while (uv_run(&w->loop, UV_RUN_ONCE))
		;
	assert_int_equal(m.calls, 2);
	assert_int_equal(m.neighbours.calls, 0);
}

/* The same from within a time-out. */
static void free_it(const struct dns_answer *answer, void *context)
{
	struct meddler *m = context;

	assert_int_equal(answer->status, DNS_TIMED_OUT);
	dns_cancel(m->neighbour);
	resolver_free(m->world->resolver);
	m->world->gone = true;
	m->calls++;
}

static void freed_from_within_a_time_out(void **state)
{
	struct world *w = enter(state);
	struct meddler m = {.world = w};

	assert_non_null(dns_ask(w->resolver, "a.hole.lab", DNS_A, free_it, &m));
	m.neighbour = dns_ask(w->resolver, "b.hole.lab", DNS_A, on_answer, &m.neighbours);
	assert_non_null(dns_ask(w->resolver, "c.hole.lab", DNS_A, on_answer, &m.neighbours));
	run_until(w, &m.calls, 1);
	while (uv_run(&w->loop, UV_RUN_ONCE))
		;
	assert_int_equal(m.neighbours.calls, 0);
}

/* All zones through one named server. */
static void forwarded(void **state)
{
	struct world *w = enter(state);
	struct dns_server servers[] = {server(NSD_PORT)};
	struct dns_stub stubs[] = {{"bl.lab", server(RBLDNSD_PORT)}};
	struct resolver_settings settings = {
		.servers_count = 1,
		.servers = servers,
		.stubs_count = 1,
		.stubs = stubs,
		.timeout = TIMEOUT,
		.ttl_min = 60,
		.ttl_max = 3600,
		.negative_ttl_max = 300,
		.cache_bytes = 1 << 20,
		.under_way_max = 100,
	};
	char error[256];

	resolver_free(w->resolver);
	w->resolver = resolver_new(&w->loop, &settings, error, sizeof(error));
	assert_non_null(w->resolver);
	assert_int_equal(ask(w, "many.names.lab", DNS_A)->count, 3);
	assert_int_equal(ask(w, "7.100.51.198.in-addr.arpa", DNS_PTR)->count, 1);
	assert_int_equal(ask(w, "2.0.0.127.bl.lab", DNS_A)->count, 1);
	assert_int_equal(ask(w, "elsewhere.example", DNS_A)->status, DNS_FAILED);
}

#define test(function) cmocka_unit_test_setup_teardown(function, make_world, end_world)

int main(void)
{
	const struct CMUnitTest tests[] = {
		test(listed_and_not),
		test(several_addresses),
		test(ttls_are_clamped),
		test(denial_without_soa),
		test(addresses_of_ipv6),
		test(reverse_names),
		test(reverse_names_that_are_none),
		test(mail_servers),
		test(hostile_text),
		test(long_name),
		test(names_that_are_not_asked),
		test(refusals_say_nothing),
		test(nobody_at_the_port),
		test(silent_server),
		test(late_server),
		test(burst_of_questions),
		test(silent_list_does_not_hold_up_others),
		test(identical_questions_are_one),
		test(more_than_may_be_under_way),
		test(cancelled_are_not_called),
		test(freed_with_questions_under_way),
		test(freed_with_refused_ones),
		test(anything_from_within_an_answer),
		test(freed_from_within_a_time_out),
		test(forwarded),
	};

	return cmocka_run_group_tests(tests, start_servers, stop_servers);
}
