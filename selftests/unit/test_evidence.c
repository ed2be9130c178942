// SPDX-License-Identifier: GPL-2.0-or-later
/* What real lists and names say of a client, as findings. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "../../user/dns/evidence.h"
#include "dns_room.h"

#define PORT     5306
#define PATIENCE 20000 /* milliseconds */

static const char set[] = "$TTL 600\n:2:\n127.0.0.2\n198.51.100.7\n";
static const char domains[] = "$TTL 600\n:2:\ntest\nbad.hosts.lab.example\n";
static const char hosts[] = "$TTL 600\nmail A 198.51.100.26\nbad A 198.51.100.7\n";
static const char config_text[] =
	"dns { stubs = {\"lab.example=127.0.0.1@5306\", "
	"\"100.51.198.in-addr.arpa=127.0.0.1@5306\"}\n"
	"timeout = 10s }\n"
	"list \"bl.lab.example\" { convict = {\"127.0.0.2\"} families = {v4} }\n"
	"list \"rhs.lab.example\" { kind = rhsbl-helo score = {\"127.0.0.2*5\"} }\n"
	"list \"rhs.lab.example\" { kind = rhsbl-sender score = {\"127.0.0.2*3\"} }\n";

static const char *no_room;
static pid_t rbldnsd;

static struct asked {
	uv_loop_t loop;
	uv_timer_t patience;
	bool too_late;
	struct config config;
	struct evidence_sources sources;
	unsigned believed, changes, clients;
	bool innocent;
	struct findings findings;
} asked;

static int start_server(void **state)
{
	char *argv[] = {"/usr/sbin/rbldnsd",
			"-n",
			"-q",
			"-b",
			"127.0.0.1/5306",
			"-r",
			room_dir,
			"-w",
			"/",
			"bl.lab.example:ip4set:set",
			"rhs.lab.example:dnset:domains",
			"hosts.lab.example:generic:hosts",
			"100.51.198.in-addr.arpa:generic:none",
			NULL};

	(void)state;
	if (!room_enter(&no_room)) {
		print_message("# SKIP evidence: %s\n", no_room);
		return 0;
	}
	no_room = NULL;
	if (!room_file("set", set) || !room_file("domains", domains) ||
	    !room_file("hosts", hosts) || !room_file("none", "") ||
	    !room_file("mxdp.conf", config_text))
		return -1;
	rbldnsd = room_start(argv);
	return room_lives(PORT) ? 0 : -1;
}

static int stop_server(void **state)
{
	(void)state;
	if (!no_room)
		room_stop(rbldnsd);
	return 0;
}

static void on_closed(unsigned list, void *context)
{
	(void)list;
	(void)context;
	asked.believed++;
}

static void on_impatient(uv_timer_t *timer)
{
	(void)timer;
	asked.too_late = true;
}

static int open_sources(void **state)
{
	static const struct lists_handlers handlers = {.closed = on_closed};
	struct resolver_settings settings;
	char path[256], error[256], *errors = NULL;

	(void)state;
	if (no_room)
		return 0;
	memset(&asked, 0, sizeof(asked));
	snprintf(path, sizeof(path), "%s/mxdp.conf", room_dir);
	if (!config_load(&asked.config, &errors, path)) {
		print_error("%s\n", errors ? errors : "out of memory");
		free(errors);
		return -1;
	}
	settings = config_resolver_settings(&asked.config);
	uv_loop_init(&asked.loop);
	uv_timer_init(&asked.loop, &asked.patience);
	uv_timer_start(&asked.patience, on_impatient, PATIENCE, 0);
	asked.sources.config = &asked.config;
	asked.sources.resolver = resolver_new(&asked.loop, &settings, error, sizeof(error));
	asked.sources.lists = lists_new(&asked.loop, asked.sources.resolver, asked.config.lists,
					asked.config.lists_count, &handlers, NULL);
	while (asked.believed < asked.config.lists_count && !asked.too_late)
		uv_run(&asked.loop, UV_RUN_ONCE);
	return asked.too_late ? -1 : 0;
}

static int close_sources(void **state)
{
	(void)state;
	if (no_room)
		return 0;
	lists_free(asked.sources.lists);
	resolver_free(asked.sources.resolver);
	uv_close((uv_handle_t *)&asked.patience, NULL);
	uv_run(&asked.loop, UV_RUN_DEFAULT);
	config_free(&asked.config);
	return uv_loop_close(&asked.loop);
}

static void on_client(const struct client_facts *facts, void *context)
{
	(void)facts;
	(void)context;
	asked.clients++;
}

static bool on_counts(enum finding_id id, void *context)
{
	(void)id;
	(void)context;
	return !asked.innocent;
}

static void on_changed(void *context)
{
	(void)context;
	asked.changes++;
}

static const struct evidence_handlers handlers = {on_client, on_counts, on_changed};

static struct evidence *ask(const char *client, enum port_class ports)
{
	struct addr addr;

	if (no_room)
		skip();
	assert_true(addr_parse(&addr, client));
	findings_clear(&asked.findings);
	return evidence_new(&asked.sources, &addr, ports, &asked.findings, &handlers, NULL);
}

static void wait_for(struct evidence *e)
{
	while (evidence_waiting(e) && !asked.too_late)
		uv_run(&asked.loop, UV_RUN_ONCE);
	assert_false(asked.too_late);
	evidence_free(e);
}

static const char *detail(enum finding_id id)
{
	const struct finding *finding = findings_get(&asked.findings, id);

	assert_non_null(finding);
	return finding->detail;
}

static void answers_become_findings(void **state)
{
	struct evidence *e = ask("198.51.100.7", PORTS_MX);

	(void)state;
	evidence_hello_line(e, "EHLO  bad.hosts.lab.example");
	evidence_sender(e, "someone@BAD.hosts.lab.example");
	wait_for(e);
	assert_string_equal(detail(FINDING_DNSBL), "bl.lab.example says 127.0.0.2");
	assert_int_equal(findings_get(&asked.findings, FINDING_DNSBL)->ttl, 600);
	assert_string_equal(detail(FINDING_RHSBL_HELO),
			    "rhs.lab.example says 127.0.0.2 of bad.hosts.lab.example");
	assert_string_equal(detail(FINDING_RHSBL_SENDER),
			    "rhs.lab.example says 127.0.0.2 of BAD.hosts.lab.example");
	assert_string_equal(detail(FINDING_RDNS_MISSING), "198.51.100.7 has no name");
	assert_int_equal(asked.findings.count, 4);
	assert_int_equal(asked.clients, 1);
	assert_in_range(asked.changes, 6, 9); /* questions, and findings told before their end */
}

static void nobody_is_listed(void **state)
{
	struct evidence *e = ask("198.51.100.26", PORTS_MX);

	(void)state;
	evidence_helo(e, "ghost.hosts.lab.example");
	evidence_helo(e, "mail.hosts.lab.example");
	evidence_helo(e, "[198.51.100.26]");
	evidence_sender(e, "someone@[198.51.100.26]");
	evidence_sender(e, "");
	wait_for(e);
	detail(FINDING_RDNS_MISSING);
	assert_string_equal(detail(FINDING_HELO_UNRESOLVABLE),
			    "ghost.hosts.lab.example has no address, no MX");
	assert_int_equal(asked.findings.count, 2);
}

/* A relay, or a resolver that is suspect. */
static void innocents_are_not_accused(void **state)
{
	struct evidence *e = ask("198.51.100.7", PORTS_MX);

	(void)state;
	asked.innocent = true;
	evidence_helo(e, "ghost.hosts.lab.example");
	wait_for(e);
	assert_int_equal(asked.findings.count, 0);
}

static void few_names_are_asked_about(void **state)
{
	struct evidence *e = ask("198.51.100.26", PORTS_MX);
	unsigned client = evidence_waiting(e);
	char name[64];

	(void)state;
	evidence_helo(e, "mail.hosts.lab.example");
	evidence_helo(e, "MAIL.hosts.lab.example");
	assert_int_equal(evidence_waiting(e), client + 2); /* a list and its addresses, once */
	for (int i = 0; i < 100; i++) {
		snprintf(name, sizeof(name), "h%d.hosts.lab.example", i);
		evidence_helo(e, name);
	}
	assert_int_equal(evidence_waiting(e), client + 2 * EVIDENCE_NAMES);
	wait_for(e);
}

/* Users' machines have no names; no list here is about their ports. */
static void users_are_not_asked_about(void **state)
{
	struct evidence *e = ask("198.51.100.7", PORTS_SUBMISSION);

	(void)state;
	assert_int_equal(evidence_waiting(e), 0);
	wait_for(e);
	assert_int_equal(asked.findings.count, 0);
}

static void who_is_freed_hears_nothing(void **state)
{
	struct evidence *e = ask("198.51.100.7", PORTS_MX);
	unsigned waiting = evidence_waiting(e);

	(void)state;
	evidence_free(e);
	assert_true(waiting > 0);
	e = ask("198.51.100.26", PORTS_MX);
	wait_for(e);
	assert_int_equal(asked.clients, 1);
	assert_null(findings_get(&asked.findings, FINDING_DNSBL));
}

static void a_list_is_told_apart(void **state)
{
	struct evidence *e = ask("198.51.100.7", PORTS_MX);
	struct evidence_of_list of = {&asked.config.policy, 1};

	(void)state;
	evidence_helo(e, "bad.hosts.lab.example");
	wait_for(e);
	findings_forget(&asked.findings, evidence_is_of_list, &of);
	assert_null(findings_get(&asked.findings, FINDING_RHSBL_HELO));
	detail(FINDING_DNSBL);
	detail(FINDING_RDNS_MISSING);
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, open_sources, close_sources)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(answers_become_findings),   TEST(nobody_is_listed),
		TEST(innocents_are_not_accused), TEST(few_names_are_asked_about),
		TEST(users_are_not_asked_about), TEST(who_is_freed_hears_nothing),
		TEST(a_list_is_told_apart),
	};

	return cmocka_run_group_tests(tests, start_server, stop_server);
}
