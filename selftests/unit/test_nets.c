// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Networks with reasons, alone and with a real trie behind them (root): what the kernel would spare
 * must be what the list says, at every moment, whatever is added, removed or runs out.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include <bpf/bpf.h>
#include <errno.h>
#include <stdio.h>
#include <unistd.h>

#include "../../user/base/clock.h"
#include "../../user/policy/nets.h"

#define TRIE_ENTRIES 256

static struct prefix net(const char *text)
{
	struct prefix prefix;

	if (!prefix_parse(&prefix, text))
		fail_msg("'%s' is no network", text);
	return prefix;
}

static struct addr host(const char *text)
{
	return net(text).addr;
}

static int add(struct nets *nets, const char *text, enum net_kind kind, uint32_t expires)
{
	struct prefix prefix = net(text);

	return nets_add(nets, &prefix, kind, expires, text);
}

static int take(struct nets *nets, const char *text, enum net_kind kind)
{
	struct prefix prefix = net(text);

	return nets_remove(nets, &prefix, kind);
}

static const char *covering(const struct nets *nets, const char *text, uint32_t now)
{
	struct addr addr = host(text);
	const struct net_reason *r = nets_covering(nets, &addr, now);

	return r ? r->text : "none";
}

static const char *meeting(const struct nets *nets, const char *text, uint32_t now)
{
	struct prefix prefix = net(text);
	const struct net_reason *r = nets_meeting(nets, &prefix, now);

	return r ? r->text : "none";
}

/* Until when the trie spares an address: what the gate compares with its clock. 0: not at all. */
static uint32_t spared_until(const struct nets *nets, const struct addr *addr)
{
	struct net_key key = {.plen = ADDR_BITS, .addr = *addr};
	struct net_value value;

	return bpf_map_lookup_elem(nets->fd, &key, &value) ? 0 : value.expires;
}

static uint32_t spared(const struct nets *nets, const char *text)
{
	struct addr addr = host(text);

	return spared_until(nets, &addr);
}

static int count_one(const struct net_entry *entry, void *count)
{
	(void)entry;
	++*(size_t *)count;
	return 0;
}

static size_t trie_count(const struct nets *nets)
{
	size_t count = 0;

	assert_int_equal(net_walk(nets->fd, count_one, &count), 0);
	return count;
}

/* State: a list, with a trie of its own where the kernel lets us make one. */
static int open_trie(struct nets *nets, __u32 entries)
{
	LIBBPF_OPTS(bpf_map_create_opts, opts, .map_flags = BPF_F_NO_PREALLOC);

	nets_init(nets, bpf_map_create(BPF_MAP_TYPE_LPM_TRIE, "nets", sizeof(struct net_key),
				       sizeof(struct net_value), entries, &opts));
	return nets->fd;
}

static void close_trie(struct nets *nets)
{
	int fd = nets->fd;

	nets_free(nets);
	close(fd);
}

/* In user space only */

static void the_strongest_reason_answers(void **state)
{
	struct nets nets;

	(void)state;
	nets_init(&nets, -1);
	assert_string_equal(covering(&nets, "192.0.2.1", 0), "none");
	assert_int_equal(add(&nets, "192.0.2.0/24", NET_ADMIN, 100), 0);
	assert_int_equal(add(&nets, "192.0.2.1", NET_RELAY, 100), 0);
	assert_int_equal(add(&nets, "192.0.0.0/16", NET_CONFIG, NET_NEVER_EXPIRES), 0);
	assert_string_equal(covering(&nets, "192.0.2.1", 0), "192.0.0.0/16");
	assert_string_equal(covering(&nets, "192.0.3.1", 0), "192.0.0.0/16");
	assert_string_equal(covering(&nets, "192.1.0.0", 0), "none");
	assert_int_equal(take(&nets, "192.0.0.0/16", NET_CONFIG), 0);
	assert_string_equal(covering(&nets, "192.0.2.1", 99), "192.0.2.0/24");
	assert_string_equal(covering(&nets, "192.0.2.1", 100), "none");
	assert_int_equal(nets.count, 2);
	nets_free(&nets);
	assert_int_equal(nets.count, 0);
}

static void families_are_apart(void **state)
{
	struct nets nets;

	(void)state;
	nets_init(&nets, -1);
	assert_int_equal(add(&nets, "0.0.0.0/0", NET_CONFIG, 10), 0);
	assert_string_equal(covering(&nets, "255.255.255.255", 0), "0.0.0.0/0");
	assert_string_equal(covering(&nets, "::1", 0), "none");
	assert_string_equal(covering(&nets, "2001:db8::1", 0), "none");
	assert_int_equal(add(&nets, "::/0", NET_ADMIN, 10), 0);
	assert_string_equal(covering(&nets, "2001:db8::1", 0), "::/0");
	assert_string_equal(covering(&nets, "192.0.2.1", 0), "0.0.0.0/0");
	nets_free(&nets);
}

static void meeting_looks_both_ways(void **state)
{
	struct nets nets;

	(void)state;
	nets_init(&nets, -1);
	assert_int_equal(add(&nets, "2001:db8::7", NET_ADMIN, 100), 0);
	assert_int_equal(add(&nets, "10.0.0.0/8", NET_SPECIAL, 100), 0);
	assert_string_equal(meeting(&nets, "2001:db8::/64", 0), "2001:db8::7");
	assert_string_equal(meeting(&nets, "2001:db8::/64", 100), "none");
	assert_string_equal(meeting(&nets, "2001:db8:0:1::/64", 0), "none");
	assert_string_equal(meeting(&nets, "2001:db8::7", 0), "2001:db8::7");
	assert_string_equal(meeting(&nets, "2001:db8::8", 0), "none");
	assert_string_equal(meeting(&nets, "10.1.0.0/16", 0), "10.0.0.0/8");
	assert_string_equal(meeting(&nets, "8.0.0.0/6", 0), "10.0.0.0/8");
	assert_string_equal(meeting(&nets, "0.0.0.0/5", 0), "none");
	nets_free(&nets);
}

static void adding_again_replaces(void **state)
{
	struct nets nets;
	struct prefix prefix = net("192.0.2.0/24");

	(void)state;
	nets_init(&nets, -1);
	assert_int_equal(nets_add(&nets, &prefix, NET_ADMIN, 100, "first"), 0);
	assert_int_equal(nets_add(&nets, &prefix, NET_ADMIN, 50, NULL), 0);
	assert_int_equal(nets.count, 1);
	assert_string_equal(covering(&nets, "192.0.2.9", 49), "");
	assert_string_equal(covering(&nets, "192.0.2.9", 50), "none");
	assert_int_equal(take(&nets, "192.0.2.0/24", NET_GRACE), -ENOENT);
	assert_int_equal(take(&nets, "192.0.2.0/25", NET_ADMIN), -ENOENT);
	assert_int_equal(take(&nets, "192.0.2.0/24", NET_ADMIN), 0);
	assert_int_equal(take(&nets, "192.0.2.0/24", NET_ADMIN), -ENOENT);
	nets_free(&nets);
}

/* A reason of the administrator's may be in any script; half a character would be no JSON. */
static void long_reasons_are_cut_between_characters(void **state)
{
	struct prefix prefix = net("192.0.2.0/24");
	char text[200] = "";
	struct nets nets;

	(void)state;
	nets_init(&nets, -1);
	for (size_t shift = 0; shift < 4; shift++) {
		memset(text, 'a', shift);
		for (size_t i = shift; i + 3 < sizeof(text); i += 3)
			memcpy(text + i, "\xe2\x82\xac", 4);
		assert_int_equal(nets_add(&nets, &prefix, NET_ADMIN, 10, text), 0);
		assert_int_equal((strlen(nets.list[0].text) - shift) % 3, 0);
		assert_in_range(strlen(nets.list[0].text), NET_REASON_TEXT - 4,
				NET_REASON_TEXT - 1);
	}
	nets_free(&nets);
}

static void what_runs_out_goes(void **state)
{
	struct nets nets;
	char text[32];

	(void)state;
	nets_init(&nets, -1);
	for (int i = 0; i < 200; i++) {
		snprintf(text, sizeof(text), "192.0.2.%d", i);
		assert_int_equal(add(&nets, text, NET_GRACE, (uint32_t)(100 + i % 10)), 0);
	}
	assert_int_equal(add(&nets, "192.0.2.0", NET_ADMIN, NET_NEVER_EXPIRES), 0);
	assert_int_equal(nets_expire(&nets, 99), 0);
	assert_int_equal(nets_expire(&nets, 104), 100);
	assert_int_equal(nets.count, 101);
	assert_int_equal(nets_expire(&nets, NET_NEVER_EXPIRES - 1), 100);
	assert_string_equal(covering(&nets, "192.0.2.0", NET_NEVER_EXPIRES - 1), "192.0.2.0");
	nets_free(&nets);
}

/* A bulk unblock: the loop must not stand still for it, nor a verdict wait for the list. */
static void a_hundred_thousand_at_once(void **state)
{
	enum { MANY = 100000 };
	uint64_t start = clock_ns(CLOCK_MONOTONIC);
	struct nets nets;

	(void)state;
	nets_init(&nets, -1);
	for (uint32_t i = 0; i < MANY; i++) {
		struct addr addr = {.b = {0x20, 0x01, 0x0d, 0xb8, [12] = (uint8_t)(i >> 24),
					  (uint8_t)(i >> 16), (uint8_t)(i >> 8), (uint8_t)i}};
		struct prefix prefix = prefix_of(&addr, ADDR_BITS);

		assert_int_equal(nets_add(&nets, &prefix, NET_GRACE, 10, ""), 0);
		assert_non_null(nets_covering(&nets, &addr, 0));
	}
	assert_int_equal(nets.count, MANY);
	assert_int_equal(nets_expire(&nets, 10), MANY);
	assert_int_equal(nets.count, 0);
	nets_free(&nets);
	/* A walk over the list for each would take minutes. */
	assert_true(clock_ns(CLOCK_MONOTONIC) - start < 10000000000ULL);
}

/* With a trie */

static void a_narrow_end_does_not_hide_the_wide(void **state)
{
	struct nets nets;

	(void)state;
	if (open_trie(&nets, TRIE_ENTRIES) < 0)
		skip();
	/* The narrow one after the wide one, and before it. */
	assert_int_equal(add(&nets, "10.0.0.0/8", NET_CONFIG, 1000), 0);
	assert_int_equal(add(&nets, "10.1.2.3", NET_GRACE, 100), 0);
	assert_int_equal(add(&nets, "172.16.0.1", NET_GRACE, 100), 0);
	assert_int_equal(add(&nets, "172.16.0.0/12", NET_CONFIG, 1000), 0);
	assert_int_equal(spared(&nets, "10.1.2.3"), 1000);
	assert_int_equal(spared(&nets, "172.16.0.1"), 1000);

	/* Nor does the end of the wide one make the narrow one last. */
	assert_int_equal(take(&nets, "10.0.0.0/8", NET_CONFIG), 0);
	assert_int_equal(spared(&nets, "10.1.2.3"), 100);
	assert_int_equal(spared(&nets, "10.1.2.4"), 0);

	assert_int_equal(nets_expire(&nets, 100), 2);
	assert_int_equal(spared(&nets, "10.1.2.3"), 0);
	assert_int_equal(spared(&nets, "172.16.0.1"), 1000);
	assert_int_equal(trie_count(&nets), 1);

	/* A wide one that is renewed takes the narrow ones with it, three levels deep. */
	assert_int_equal(add(&nets, "172.16.1.0/24", NET_ADMIN, 300), 0);
	assert_int_equal(add(&nets, "172.16.1.1", NET_GRACE, 200), 0);
	assert_int_equal(add(&nets, "172.16.0.0/12", NET_CONFIG, 150), 0);
	assert_int_equal(spared(&nets, "172.16.0.1"), 150);
	assert_int_equal(spared(&nets, "172.16.1.2"), 300);
	assert_int_equal(spared(&nets, "172.16.1.1"), 300);
	close_trie(&nets);
}

static int kind_of(const struct net_entry *entry, void *kind)
{
	*(__u32 *)kind = entry->value.kind;
	return 0;
}

static void two_reasons_for_one_network(void **state)
{
	struct nets nets;
	__u32 kind = NET_KIND_COUNT;

	(void)state;
	if (open_trie(&nets, TRIE_ENTRIES) < 0)
		skip();
	assert_int_equal(add(&nets, "192.0.2.0/24", NET_GRACE, 500), 0);
	assert_int_equal(add(&nets, "192.0.2.0/24", NET_OWN, 200), 0);
	assert_int_equal(trie_count(&nets), 1);
	assert_int_equal(spared(&nets, "192.0.2.1"), 500);
	assert_int_equal(net_walk(nets.fd, kind_of, &kind), 0);
	assert_int_equal(kind, NET_OWN);

	assert_int_equal(take(&nets, "192.0.2.0/24", NET_GRACE), 0);
	assert_int_equal(spared(&nets, "192.0.2.1"), 200);
	assert_int_equal(add(&nets, "192.0.2.0/24", NET_RELAY, 300), 0);
	assert_int_equal(nets_expire(&nets, 200), 1);
	assert_int_equal(spared(&nets, "192.0.2.1"), 300);
	assert_int_equal(net_walk(nets.fd, kind_of, &kind), 0);
	assert_int_equal(kind, NET_RELAY);
	assert_int_equal(take(&nets, "192.0.2.0/24", NET_RELAY), 0);
	assert_int_equal(trie_count(&nets), 0);
	close_trie(&nets);
}

static void a_full_trie_changes_nothing(void **state)
{
	struct nets nets;

	(void)state;
	if (open_trie(&nets, 4) < 0)
		skip();
	assert_int_equal(add(&nets, "192.0.2.1", NET_ADMIN, 100), 0);
	assert_int_equal(add(&nets, "192.0.2.2", NET_ADMIN, 100), 0);
	assert_int_equal(add(&nets, "192.0.2.3", NET_ADMIN, 100), 0);
	assert_int_equal(add(&nets, "192.0.2.4", NET_ADMIN, 100), 0);
	assert_int_equal(add(&nets, "192.0.2.5", NET_ADMIN, 100), -ENOSPC);
	assert_int_equal(add(&nets, "192.0.2.0/24", NET_CONFIG, 900), -ENOSPC);
	assert_int_equal(nets.count, 4);
	assert_string_equal(covering(&nets, "192.0.2.5", 0), "none");
	assert_int_equal(spared(&nets, "192.0.2.5"), 0);
	assert_int_equal(spared(&nets, "192.0.2.1"), 100);
	assert_int_equal(spared(&nets, "192.0.2.4"), 100);

	/* Room again: the same goes in, and the old ones last as long. */
	assert_int_equal(take(&nets, "192.0.2.4", NET_ADMIN), 0);
	assert_int_equal(take(&nets, "192.0.2.3", NET_ADMIN), 0);
	assert_int_equal(add(&nets, "192.0.2.0/24", NET_CONFIG, 900), 0);
	assert_int_equal(spared(&nets, "192.0.2.1"), 900);
	assert_int_equal(spared(&nets, "192.0.2.5"), 900);
	close_trie(&nets);
}

static void strangers_in_the_trie_are_pruned(void **state)
{
	struct net_value value = {.expires = 100, .kind = NET_GRACE};
	struct nets nets;
	char text[32];

	(void)state;
	if (open_trie(&nets, TRIE_ENTRIES) < 0)
		skip();
	for (int i = 0; i < 50; i++) {
		struct prefix prefix;

		snprintf(text, sizeof(text), i % 3 ? "192.0.2.%d" : "10.%d.0.0/16", i);
		prefix = net(text);
		assert_int_equal(net_put(nets.fd, &prefix, &value), 0);
	}
	assert_int_equal(add(&nets, "192.0.2.1", NET_ADMIN, 500), 0);
	assert_int_equal(add(&nets, "2001:db8::/32", NET_ADMIN, 500), 0);
	assert_int_equal(trie_count(&nets), 51);
	nets_prune(&nets);
	assert_int_equal(trie_count(&nets), 2);
	assert_int_equal(spared(&nets, "192.0.2.1"), 500);
	close_trie(&nets);
}

/* Anything at random */

static const char *const universe[] = {
	"0.0.0.0/0",     "10.0.0.0/8",  "10.0.0.0/9",    "10.1.0.0/16",   "10.1.2.0/24",
	"10.1.2.3",      "10.1.2.4/30", "10.128.0.0/9",  "10.1.2.128/25", "::/0",
	"2001:db8::/32", "2001:db8::1", "2001:db8::/64",
};
static const char *const hosts[] = {
	"10.1.2.3", "10.1.2.5", "10.1.2.200", "10.1.3.3",    "10.129.0.1",
	"11.0.0.1", "10.0.0.1", "::1",        "2001:db8::1", "2001:db8:0:1::1",
};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* The same questions, answered by looking at every reason. */
static bool covered_slowly(const struct nets *nets, const struct addr *addr, uint32_t now)
{
	for (size_t i = 0; i < nets->count; i++)
		if (nets->list[i].expires > now && prefix_contains(&nets->list[i].prefix, addr))
			return true;
	return false;
}

static bool met_slowly(const struct nets *nets, const struct prefix *prefix, uint32_t now)
{
	for (size_t i = 0; i < nets->count; i++)
		if (nets->list[i].expires > now && prefix_overlaps(&nets->list[i].prefix, prefix))
			return true;
	return false;
}

static void compare_all(const struct nets *nets, uint32_t now)
{
	for (size_t i = 0; i < COUNT(hosts); i++) {
		struct addr addr = host(hosts[i]);
		const struct net_reason *r = nets_covering(nets, &addr, now);
		bool covered = covered_slowly(nets, &addr, now);

		assert_int_equal(r != NULL, covered);
		for (size_t k = 0; r && k < nets->count; k++)
			if (nets->list[k].expires > now &&
			    prefix_contains(&nets->list[k].prefix, &addr))
				assert_true(r->kind <= nets->list[k].kind);
		if (nets->fd >= 0)
			assert_int_equal(spared_until(nets, &addr) > now, covered);
	}
	for (size_t i = 0; i < COUNT(universe); i++) {
		struct prefix prefix = net(universe[i]);

		assert_int_equal(nets_meeting(nets, &prefix, now) != NULL,
				 met_slowly(nets, &prefix, now));
	}
}

static void change_at_random(struct nets *nets, unsigned *seed, uint32_t now)
{
	const char *text = universe[(unsigned)rand_r(seed) % COUNT(universe)];
	enum net_kind kind = (enum net_kind)(rand_r(seed) % NET_KIND_COUNT);
	uint32_t expires =
		rand_r(seed) % 8 ? now + 1 + (uint32_t)rand_r(seed) % 20 : NET_NEVER_EXPIRES;
	int err;

	if (rand_r(seed) % 3) {
		err = add(nets, text, kind, expires);
		assert_true(!err || (err == -ENOSPC && nets->fd >= 0));
	} else {
		err = take(nets, text, kind);
		assert_true(!err || err == -ENOENT);
	}
}

static void at_random(struct nets *nets, unsigned seed)
{
	uint32_t now = 0;

	for (int i = 0; i < 3000; i++) {
		change_at_random(nets, &seed, now);
		compare_all(nets, now);
		if (rand_r(&seed) % 10)
			continue;
		/* First the clock alone, which is all that the kernel sees; then the tidying. */
		now += (uint32_t)rand_r(&seed) % 5;
		compare_all(nets, now);
		nets_expire(nets, now);
		compare_all(nets, now);
	}
}

static void list_at_random(void **state)
{
	struct nets nets;

	(void)state;
	nets_init(&nets, -1);
	at_random(&nets, 1);
	nets_free(&nets);
}

/* Among so many others that they are found by the index. */
static void crowd_at_random(void **state)
{
	struct nets nets;
	char text[32];

	(void)state;
	nets_init(&nets, -1);
	for (int i = 0; i < 200; i++) {
		snprintf(text, sizeof(text), "203.0.113.%d", i);
		assert_int_equal(add(&nets, text, NET_CONFIG, NET_NEVER_EXPIRES), 0);
	}
	at_random(&nets, 4);
	nets_free(&nets);
}

static void trie_at_random(void **state)
{
	struct nets nets;

	(void)state;
	if (open_trie(&nets, TRIE_ENTRIES) < 0)
		skip();
	at_random(&nets, 2);
	close_trie(&nets);
}

static void full_trie_at_random(void **state)
{
	struct nets nets;

	(void)state;
	if (open_trie(&nets, 5) < 0)
		skip();
	at_random(&nets, 3);
	close_trie(&nets);
}

static struct prefix numbered(uint32_t i)
{
	const struct addr addr = {.b = {0x20, 0x01, 0x0d, 0xb8, [12] = (uint8_t)(i >> 24),
					(uint8_t)(i >> 16), (uint8_t)(i >> 8), (uint8_t)i}};

	return prefix_of(&addr, ADDR_BITS);
}

/* Whatever is allowed by hand or graced in bulk, our own addresses find room after it. */
static void room_is_left_for_our_own(void **state)
{
	struct nets nets;
	uint32_t i;
	struct prefix prefix;

	(void)state;
	if (open_trie(&nets, 65536) < 0)
		skip();
	for (i = 0; i < NETS_GRACES; i++) {
		prefix = numbered(i);
		assert_int_equal(nets_add(&nets, &prefix, NET_GRACE, 10, ""), 0);
	}
	prefix = numbered(i);
	assert_int_equal(nets_add(&nets, &prefix, NET_GRACE, 10, ""), -ENOSPC);
	assert_null(nets_find(&nets, &prefix, NET_GRACE));
	assert_false(nets_full(&nets));
	for (; i < NETS_BY_HAND; i++) {
		prefix = numbered(i);
		assert_int_equal(nets_add(&nets, &prefix, NET_ADMIN, 10, ""), 0);
	}
	assert_true(nets_full(&nets));
	prefix = numbered(i);
	assert_int_equal(nets_add(&nets, &prefix, NET_ADMIN, 10, ""), -ENOSPC);
	assert_int_equal(nets_add(&nets, &prefix, NET_OWN, 10, ""), 0);
	/* What is there already may be said again. */
	prefix = numbered(0);
	assert_int_equal(nets_add(&nets, &prefix, NET_GRACE, 20, ""), 0);
	assert_int_equal(nets_find(&nets, &prefix, NET_GRACE)->expires, 20);
	assert_int_equal(nets_expire(&nets, 10), NETS_BY_HAND);
	assert_int_equal(nets.of_kind[NET_GRACE], 1);
	close_trie(&nets);
}

static bool is_near(const struct live *live, unsigned first, unsigned second)
{
	unsigned number = first << 8 | second;

	return live->allow[number / 64] >> number % 64 & 1;
}

/* What the gate may rely on: near before the trie has it, and no longer once it is made anew. */
static void what_is_near_is_told(void **state)
{
	static struct live live;
	struct prefix one = net("192.0.2.1"), wide = net("100.64.0.0/10"),
		      six = net("2001:db8::/32"), all = net("::/0");
	struct nets nets;
	unsigned count = 0;

	(void)state;
	if (open_trie(&nets, 16) < 0)
		skip();
	nets.live = &live;
	assert_int_equal(nets_add(&nets, &one, NET_ADMIN, 100, ""), 0);
	assert_true(is_near(&live, 192, 0));
	assert_int_equal(live.allow_known, 0);
	nets_tell_near(&nets);
	assert_int_equal(live.allow_known, 1);
	assert_true(is_near(&live, 192, 0));
	assert_int_equal(nets_add(&nets, &wide, NET_SPECIAL, NET_NEVER_EXPIRES, ""), 0);
	assert_int_equal(nets_add(&nets, &six, NET_CONFIG, NET_NEVER_EXPIRES, ""), 0);
	assert_true(is_near(&live, 100, 64) && is_near(&live, 100, 127));
	assert_false(is_near(&live, 100, 63) || is_near(&live, 100, 128));
	for (unsigned i = 0; i < LIVE_ALLOW_WORDS; i++)
		count += (unsigned)__builtin_popcountll(live.allow[i]);
	assert_int_equal(count, 65);

	assert_int_equal(nets_expire(&nets, 100), 1);
	assert_true(is_near(&live, 192, 0)); /* until then it only costs a question */
	nets_tell_near(&nets);
	assert_false(is_near(&live, 192, 0));
	assert_true(is_near(&live, 100, 64));
	assert_int_equal(nets_add(&nets, &all, NET_ADMIN, 100, ""), 0);
	assert_true(is_near(&live, 0, 0) && is_near(&live, 255, 255));
	close_trie(&nets);
}

static void own_addresses_are_told(void **state)
{
	const char *const texts[] = {"203.0.113.25", "203.0.113.0/24", "2001:db8::1",
				     "203.0.113.26", "203.0.113.27",   "203.0.113.28"};
	static struct live live;
	struct prefix first = net(texts[0]);
	struct nets nets;
	struct addr none = {0};

	(void)state;
	nets_init(&nets, -1);
	for (size_t i = 0; i < 3; i++) {
		struct prefix prefix = net(texts[i]);

		assert_int_equal(nets_add(&nets, &prefix, NET_OWN, NET_NEVER_EXPIRES, ""), 0);
	}
	nets_tell_own(&nets, &live);
	assert_true(addr_equal(&live.own[0], &first.addr));
	assert_false(addr_equal(&live.own[1], &none));
	assert_true(addr_equal(&live.own[2], &none)); /* a network is for the trie */
	for (size_t i = 3; i < 6; i++) {
		struct prefix prefix = net(texts[i]);

		assert_int_equal(nets_add(&nets, &prefix, NET_OWN, NET_NEVER_EXPIRES, ""), 0);
	}
	nets_tell_own(&nets, &live);
	assert_false(addr_equal(&live.own[LIVE_OWN - 1], &none));
	assert_int_equal(nets_remove(&nets, &first, NET_OWN), 0);
	nets_tell_own(&nets, &live);
	for (size_t i = 0; i < LIVE_OWN; i++)
		assert_false(addr_equal(&live.own[i], &first.addr));
	nets_free(&nets);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_strongest_reason_answers),
		cmocka_unit_test(what_is_near_is_told),
		cmocka_unit_test(own_addresses_are_told),
		cmocka_unit_test(families_are_apart),
		cmocka_unit_test(meeting_looks_both_ways),
		cmocka_unit_test(adding_again_replaces),
		cmocka_unit_test(long_reasons_are_cut_between_characters),
		cmocka_unit_test(what_runs_out_goes),
		cmocka_unit_test(a_hundred_thousand_at_once),
		cmocka_unit_test(a_narrow_end_does_not_hide_the_wide),
		cmocka_unit_test(two_reasons_for_one_network),
		cmocka_unit_test(a_full_trie_changes_nothing),
		cmocka_unit_test(strangers_in_the_trie_are_pruned),
		cmocka_unit_test(list_at_random),
		cmocka_unit_test(crowd_at_random),
		cmocka_unit_test(trie_at_random),
		cmocka_unit_test(full_trie_at_random),
		cmocka_unit_test(room_is_left_for_our_own),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
