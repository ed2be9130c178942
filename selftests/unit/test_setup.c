// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * setup: facts become a configuration that the parser takes, that names the interfaces which mail
 * comes in by, and nothing that the facts do not hold; names from elsewhere do no harm.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "../../user/cli/read_config.h"
#include "../../user/cli/setup.h"

static struct addr addr(const char *text)
{
	struct addr out;

	if (!addr_parse(&out, text))
		fail_msg("%s is no address", text);
	return out;
}

/* A link that is up, with one address, or none for "". */
static struct setup_link *add_link(struct setup_facts *facts, const char *name, const char *driver,
				   const char *at)
{
	struct setup_link *link = &facts->link[facts->link_count++];

	snprintf(link->name, sizeof(link->name), "%s", name);
	snprintf(link->driver, sizeof(link->driver), "%s", driver);
	link->index = (int)facts->link_count;
	link->up = true;
	link->mtu = 1500;
	if (*at)
		link->addr[link->addr_count++] = addr(at);
	return link;
}

static void add_listener(struct setup_facts *facts, unsigned port, const char *at)
{
	struct setup_listener *one = &facts->listener[facts->listener_count++];

	one->port = port;
	one->any = !*at;
	if (*at)
		one->addr = addr(at);
}

static struct setup_facts *facts_new(void)
{
	struct setup_facts *facts = calloc(1, sizeof(*facts));

	assert_non_null(facts);
	facts->kernel_major = 6;
	facts->kernel_minor = 1;
	strcpy(facts->kernel, "6.1.0");
	return facts;
}

static char *text_of(void (*fn)(FILE *, const struct setup_facts *),
		     const struct setup_facts *facts)
{
	size_t len;
	char *text;
	FILE *out = open_memstream(&text, &len);

	assert_non_null(out);
	fn(out, facts);
	assert_int_equal(fclose(out), 0);
	return text;
}

static char *proposal_of(const struct setup_facts *facts)
{
	char *text = text_of(setup_propose, facts), *error;

	if (!cli_config_is_good(text, strlen(text), &error))
		fail_msg("%s\n%s", error, text);
	return text;
}

#define HAS(text, words)                                      \
	do {                                                  \
		if (!strstr(text, words))                     \
			fail_msg("no %s in %s", words, text); \
	} while (0)
#define LACKS(text, words)                                 \
	do {                                               \
		if (strstr(text, words))                   \
			fail_msg("%s in %s", words, text); \
	} while (0)

static void what_is_listened_on_is_guarded(void **state)
{
	struct setup_facts *facts = facts_new();
	char *text;

	(void)state;
	add_link(facts, "lo", "", "127.0.0.1")->loopback = true;
	add_link(facts, "eth0", "virtio_net", "203.0.113.25")->gateway = true;
	add_link(facts, "eth1", "virtio_net", "198.51.100.1");
	add_link(facts, "eth2", "virtio_net", "198.51.100.2")->up = false;
	add_link(facts, "docker0", "bridge", "172.17.0.1");
	strcpy(facts->host, "mx.example.net");
	add_listener(facts, 25, "");
	text = proposal_of(facts);
	HAS(text, "\ninterfaces = {\"eth0\", \"eth1\"}\n");
	HAS(text, "\nour_names = {\"mx.example.net\"}\n");
	HAS(text, "\nmode = monitor\n");
	LACKS(text, "docker0");
	LACKS(text, "our_public_addresses");
	free(text);

	facts->listener_count = 0;
	add_listener(facts, 25, "198.51.100.1");
	add_listener(facts, 587, "127.0.0.1");
	text = proposal_of(facts);
	HAS(text, "\ninterfaces = {\"eth1\"}\n");
	free(text);

	facts->listener_count = 0;
	text = proposal_of(facts);
	HAS(text, "\ninterfaces = {\"eth0\", \"eth1\"}\n");
	HAS(text, "Nobody listens");
	free(text);
	free(facts);
}

static void a_vlan_is_guarded_at_the_card(void **state)
{
	struct setup_facts *facts = facts_new();
	struct setup_link *vlan;
	char *text;

	(void)state;
	add_link(facts, "eth0", "ice", "");
	vlan = add_link(facts, "eth0.7", "802.1Q VLAN Support", "203.0.113.25");
	strcpy(vlan->kind, "vlan");
	vlan->lower = 1;
	add_listener(facts, 25, "");
	text = proposal_of(facts);
	HAS(text, "\ninterfaces = {\"eth0\"}\n");
	free(text);

	/* The card may be in another namespace: then the vlan itself it is. */
	vlan->lower = 77;
	text = proposal_of(facts);
	HAS(text, "\ninterfaces = {\"eth0.7\"}\n");
	HAS(text, "generic mode, which is slower and otherwise the same: a vlan has no driver");
	free(text);
	free(facts);
}

static void drivers_have_limits(void **state)
{
	static const struct {
		const char *driver;
		unsigned mtu, major, minor;
		bool native;
	} cases[] = {
		{"virtio_net", 1500, 6, 1, true}, {"virtio_net", 9000, 6, 1, false},
		{"virtio_net", 9000, 6, 3, true}, {"ena", 9001, 6, 12, false},
		{"ena", 3498, 6, 1, true},        {"ena", 3499, 6, 1, false},
		{"mlx5_core", 9000, 6, 1, true},  {"mlx5_core", 9000, 5, 17, false},
		{"i40e", 9000, 7, 0, true},       {"r8169", 1500, 6, 12, false},
		{"", 1500, 6, 12, false},
	};
	struct setup_facts *facts = facts_new();
	struct setup_link *link = add_link(facts, "eth0", "", "203.0.113.25");

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char why[SETUP_TEXT], *text;

		strcpy(link->driver, cases[i].driver);
		link->mtu = cases[i].mtu;
		facts->kernel_major = cases[i].major;
		facts->kernel_minor = cases[i].minor;
		if (setup_is_native(facts, link, why) != cases[i].native ||
		    !*why != cases[i].native)
			fail_msg("%s with an MTU of %u on %u.%u: `%s'", cases[i].driver,
				 cases[i].mtu, cases[i].major, cases[i].minor, why);
		text = proposal_of(facts);
		HAS(text, cases[i].native ? "in its driver" : "in generic mode");
		free(text);
	}
	free(facts);
}

static void the_mtu_to_set_is_told(void **state)
{
	struct setup_facts *facts = facts_new();
	char *text;

	(void)state;
	add_link(facts, "eth0", "ena", "203.0.113.25")->mtu = 9001;
	text = text_of(setup_tell, facts);
	HAS(text, "`ip link set eth0 mtu 3498'");
	free(text);
	facts->link[0].mtu = 1500;
	text = text_of(setup_tell, facts);
	LACKS(text, "ip link set");
	free(text);
	free(facts);
}

static void nobody_is_guessed(void **state)
{
	struct setup_facts *facts = facts_new();
	char *text = proposal_of(facts);

	(void)state;
	HAS(text, "\n#interfaces = {eth0}\n");
	HAS(text, "\n#our_names = {mx.example.net}\n");
	LACKS(text, "\nour_names");
	LACKS(text, "\ninterfaces");
	free(text);
	free(facts);
}

static void behind_nat(void **state)
{
	struct setup_facts *facts = facts_new();
	char *text;

	(void)state;
	add_link(facts, "eth0", "virtio_net", "10.0.0.5")->gateway = true;
	add_listener(facts, 25, "");
	text = proposal_of(facts);
	HAS(text, "\ninterfaces = {\"eth0\"}\n");
	HAS(text, "\n#our_public_addresses = ");
	free(text);
	free(facts);
}

static void relays(void **state)
{
	static const struct {
		const char *relayhost, *wanted;
	} cases[] = {
		{"[203.0.113.9]:587", "\ntrusted_relays = {\"203.0.113.9\"}\n"},
		{"[2001:db8::9]", "\ntrusted_relays = {\"2001:db8::9\"}\n"},
		{"[ipv6:2001:db8::9]:25", "\ntrusted_relays = {\"2001:db8::9\"}\n"},
		{"[10.0.0.9]", "\n#trusted_relays"},
		{"[smtp.example.org]", "\n#trusted_relays"},
		{"[203.0.113.9", "\n#trusted_relays"},
		{"]", "\n#trusted_relays"},
		{"", "\n#trusted_relays"},
	};
	struct setup_facts *facts = facts_new();

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char *text;

		strcpy(facts->relayhost, cases[i].relayhost);
		text = proposal_of(facts);
		HAS(text, cases[i].wanted);
		free(text);
	}
	free(facts);
}

static void resolvers(void **state)
{
	char file[] = "# nameserver 9.9.9.9\nsearch example.net\nnameserver 8.8.8.8\n"
		      "nameserver\t127.0.0.1\r\nnameserver fe80::1%eth0\nnameserver bogus\n"
		      "nameserver\nnameserver 203.0.113.53\n";
	struct setup_facts *facts = facts_new();
	char *text;

	(void)state;
	setup_read_resolvers(facts, file);
	assert_int_equal(facts->server_count, 4);
	assert_int_equal(facts->server[0].kind, SETUP_RESOLVER_PUBLIC);
	assert_string_equal(facts->server[0].whose, "Google");
	assert_int_equal(facts->server[1].kind, SETUP_RESOLVER_OWN);
	assert_int_equal(facts->server[2].kind, SETUP_RESOLVER_OWN);
	assert_int_equal(facts->server[3].kind, SETUP_RESOLVER_OTHER);
	text = proposal_of(facts);
	HAS(text, "8.8.8.8 in /etc/resolv.conf is Google's, whom the big lists refuse");
	LACKS(text, "servers =");
	free(text);
	text = text_of(setup_tell, facts);
	HAS(text, "the resolver 8.8.8.8 is Google's");
	free(text);

	facts->server[0] = facts->server[1];
	text = proposal_of(facts);
	HAS(text, "\n#dns { servers = {\"127.0.0.1\"} }\n");
	free(text);
	free(facts);
}

static void too_many_resolvers(void **state)
{
	struct setup_facts *facts = facts_new();
	char file[SETUP_SERVERS * 3 * 24] = "";

	(void)state;
	for (unsigned i = 0; i < SETUP_SERVERS * 3; i++)
		strcat(file, "nameserver 192.0.2.1\n");
	setup_read_resolvers(facts, file);
	assert_int_equal(facts->server_count, SETUP_SERVERS);
	free(facts);
}

static void read_table(struct setup_facts *facts, const char *table, bool v6)
{
	FILE *file = fmemopen((void *)(uintptr_t)table, strlen(table), "r");

	assert_non_null(file);
	setup_read_listeners(facts, file, v6);
	fclose(file);
}

/* Addresses as an x86 shows them: the table has the host's own byte order. */
static void listeners(void **state)
{
	static const char v4[] =
		"  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   "
		"uid\n"
		"   0: 00000000:0019 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0"
		"        0 4242 1 0000000000000000 100 0 0 10 0\n"
		"   1: 197100CB:024B 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0"
		"        0 4243 1 0000000000000000 100 0 0 10 0\n"
		"   2: 197100CB:0019 076433C6:8000 01 00000000:00000000 00:00000000 00000000     0"
		"        0 4244 1 0000000000000000 100 0 0 10 0\n"
		"   3: 00000000:0016 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0"
		"        0 4245 1 0000000000000000 100 0 0 10 0\n"
		"   4: zz:0019 :0A\n\n   5: 00000000:0019\n";
	static const char v6[] =
		"  sl  local_address\n"
		"   0: B80D0120250000000000000025000000:01D1 00000000000000000000000000000000:0000 "
		"0A "
		"00000000:00000000 00:00000000 00000000     0        0 99 1 0 100 0 0 10 0\n"
		"   1: 00000000000000000000000000000000:0019 00000000000000000000000000000000:0000 "
		"0A "
		"00000000:00000000 00:00000000 00000000     0        0 98 1 0 100 0 0 10 0\n"
		"   2: 0000:0019 00000000000000000000000000000000:0000 0A "
		"00000000:00000000 00:00000000 00000000     0        0 98 1 0 100 0 0 10 0\n";
	struct setup_facts *facts = facts_new();
	char text[ADDR_TEXT];

	(void)state;
	read_table(facts, v4, false);
	assert_int_equal(facts->listener_count, 2);
	assert_true(facts->listener[0].any);
	assert_int_equal(facts->listener[0].port, 25);
	assert_int_equal(facts->listener[0].inode, 4242);
	assert_false(facts->listener[1].any);
	assert_int_equal(facts->listener[1].port, 587);
	read_table(facts, v6, true);
	assert_int_equal(facts->listener_count, 4);
	assert_int_equal(facts->listener[2].port, 465);
	assert_true(facts->listener[3].any);
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
	assert_string_equal(addr_format(text, &facts->listener[1].addr), "203.0.113.25");
	assert_string_equal(addr_format(text, &facts->listener[2].addr), "2001:db8:0:25::25");
#endif
	for (unsigned i = 0; i < SETUP_LISTENERS; i++)
		read_table(facts, v4, false);
	assert_int_equal(facts->listener_count, SETUP_LISTENERS);
	free(facts);
}

static void postfix_is_asked(void **state)
{
	char main_cf[] = "myhostname = mail.example.org\nmydestination = example.org\n"
			 "mynetworks = 198.51.100.0/24\nrelayhost = [203.0.113.9]\n"
			 "postscreen_dnsbl_sites = zen.spamhaus.org*2\n";
	struct setup_facts *facts = facts_new();
	char *text;
	size_t len;

	(void)state;
	FILE *said = open_memstream(&facts->said, &len);
	assert_non_null(said);
	strcpy(facts->host, "vm7.provider.example");
	strcpy(facts->mail_path, "/etc/postfix/main.cf");
	assert_true(import_read(&facts->import, said, facts->mail_path, main_cf, strlen(main_cf),
				false));
	fclose(said);
	text = proposal_of(facts);
	HAS(text, "says Postfix in /etc/postfix/main.cf");
	HAS(text, "\"mail.example.org\"");
	HAS(text, "\"example.org\"");
	HAS(text, "\"198.51.100.0/24\"");
	HAS(text, "zen.spamhaus.org");
	LACKS(text, "vm7.provider.example");
	LACKS(text, "#list");
	free(text);
	import_free(&facts->import);
	free(facts->said);
	free(facts);
}

/* Nothing of it may leave its line in the configuration, or reach a terminal as it is. */
static void hostile_names(void **state)
{
	static const char evil[] = "a\"}\nmode=x";
	struct setup_facts *facts = facts_new();
	json_t *object;
	char *text;

	(void)state;
	add_link(facts, evil, "b\ninterfaces = {x}", "203.0.113.25")->gateway = true;
	add_link(facts, "eth0", "\x1b[31m\nmode = z\n", "203.0.113.26");
	add_listener(facts, 25, "");
	strcpy(facts->listener[0].process, "\x1b]0;x\a\nNext:");
	strcpy(facts->relayhost, "x\x1b[0m\ny");
	strcpy(facts->kernel, "\x1b\xff");
	strcpy(facts->mail_path, "/etc/\n#/main.cf");
	text = proposal_of(facts);
	HAS(text, "\ninterfaces = {\"eth0\"}\n");
	LACKS(text, "mode=x");
	LACKS(text, "\nmode = z");
	LACKS(text, "\x1b");
	free(text);
	text = text_of(setup_tell, facts);
	LACKS(text, "\x1b");
	LACKS(text, "\nNext:");
	free(text);
	object = setup_json(facts);
	assert_non_null(object);
	assert_int_equal(json_array_size(json_object_get(object, "interfaces")), 2);
	json_decref(object);
	free(facts);
}

static void what_is_wrong_is_told(void **state)
{
	struct setup_facts *facts = facts_new();
	char *text;

	(void)state;
	facts->kernel_major = 5;
	facts->kernel_minor = 15;
	strcpy(facts->refused, "no BTF");
	facts->lockdown = true;
	facts->unprivileged_bpf = 1;
	text = text_of(setup_tell, facts);
	HAS(text, "too old");
	HAS(text, "mxdpd would not start: no BTF");
	HAS(text, "lockdown=integrity");
	HAS(text, "bpf_jit_enable=1");
	HAS(text, "unprivileged_bpf_disabled=1");
	HAS(text, "nobody listens");
	free(text);
	*facts = (struct setup_facts){
		.kernel_major = 6, .kernel_minor = 1, .jit = -1, .unprivileged_bpf = -1};
	add_listener(facts, 25, "");
	text = text_of(setup_tell, facts);
	assert_int_equal(strspn(text, "\nFound:"), strlen("\nFound:\n"));
	LACKS(text, "too old");
	LACKS(text, "sysctl");
	free(text);
	free(facts);
}

static void next_steps(void **state)
{
	struct setup_facts *facts = facts_new();
	size_t len;
	char *text;
	FILE *out = open_memstream(&text, &len);

	(void)state;
	facts->systemd = facts->unit = true;
	setup_tell_next(out, facts, "/etc/mxdp/mxdp.conf");
	setup_tell_next(out, facts, "/tmp/a");
	fclose(out);
	HAS(text, "systemctl enable --now mxdpd");
	HAS(text, "mxdpd --config /tmp/a");
	HAS(text, "mxdpctl check-config /tmp/a");
	free(text);
	free(facts);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_listened_on_is_guarded),
		cmocka_unit_test(a_vlan_is_guarded_at_the_card),
		cmocka_unit_test(drivers_have_limits),
		cmocka_unit_test(the_mtu_to_set_is_told),
		cmocka_unit_test(nobody_is_guessed),
		cmocka_unit_test(behind_nat),
		cmocka_unit_test(relays),
		cmocka_unit_test(resolvers),
		cmocka_unit_test(too_many_resolvers),
		cmocka_unit_test(listeners),
		cmocka_unit_test(postfix_is_asked),
		cmocka_unit_test(hostile_names),
		cmocka_unit_test(what_is_wrong_is_told),
		cmocka_unit_test(next_steps),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
