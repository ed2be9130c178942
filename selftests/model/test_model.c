// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The gate against a model of it that was written from its rules: the same fate for every packet,
 * the same hits for every verdict and list, the same sums in every counter.
 *
 *	PACKETS=10000000 SEED=7 test_model
 *	WORLD=1234 test_model                 one world alone, as a difference names it
 *
 * Worlds are made anew every so many packets, and each depends on the seed and its number alone.
 * The clock is what a world does not own: packets run well inside a second, and one in whose run
 * the second turned all the same proves nothing and ends its world.
 */
#include <stdio.h>

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

#include "../packets/kernel.h"
#include "shapes.h"

#define PACKETS       200000 /* unless asked for more */
#define WORLD_PACKETS 20000
#define CHANGES       100 /* packets between two, about */
#define MARGIN_NS     1000000

struct test {
	struct kernel k;
	struct maps maps;
	struct world world;
	struct frame frame;
	uint64_t seed, packets, worlds, first, changes, cut_short;
	uint64_t fates[FATE_COUNT]; /* of all packets compared */
};

static uint64_t number_of(const char *name, uint64_t usual)
{
	const char *text = getenv(name);

	return text && *text ? strtoull(text, NULL, 0) : usual;
}

static uint64_t seed_of(const struct test *t, uint64_t number)
{
	return t->seed * 1000003 + number + 1;
}

/* The second, once it is neither fresh nor about to end. */
static uint32_t steady_second(void)
{
	struct timespec now;

	do
		clock_gettime(CLOCK_BOOTTIME, &now);
	while (now.tv_nsec < MARGIN_NS || now.tv_nsec > 1000000000 - MARGIN_NS);
	return (uint32_t)now.tv_sec;
}

static void show_frame(const struct frame *f)
{
	for (size_t i = 0; i < f->len; i++)
		fprintf(stderr, "%02x%s", f->data[i], i % 32 == 31 ? "\n" : "");
	fprintf(stderr, "\n");
}

static void show_net(const char *what, const struct prefix *net)
{
	char text[INET6_ADDRSTRLEN];

	fprintf(stderr, "  %s %s/%u", what, inet_ntop(AF_INET6, net->addr.b, text, sizeof(text)),
		net->plen);
}

/* All that is known of the source, and how the gate was set. */
static void show_state(const struct model *m, const struct facts *p, uint32_t now)
{
	fprintf(stderr,
		"  now %u: mode %d, heartbeat %u (limit %u), courtesy %u, reset %d (%u of %u "
		"sent), "
		"limit %d (burst %u)\n",
		now, m->mode, m->heartbeat, m->heartbeat_limit, m->courtesy, m->reset_ok, m->resets,
		m->reset_limit, m->limited, m->limit_burst);
	for (size_t i = 0; i < m->verdicts; i++) {
		const struct model_verdict *one = &m->verdict[i];

		if (!is_in(&p->source, &one->net))
			continue;
		show_net("verdict", &one->net);
		fprintf(stderr, " ports %d action %u flags %u since %u expires %u courtesy %u\n",
			one->ports, one->v.action, one->v.flags, one->v.since, one->v.expires,
			one->courtesy);
	}
	for (unsigned slot = 0; slot < FEEDS_SLOTS; slot++)
		for (size_t i = 0; i < m->feed[slot].count; i++)
			if (is_in(&p->source, &m->feed[slot].net[i])) {
				show_net("feed", &m->feed[slot].net[i]);
				fprintf(stderr, " slot %u expires %u\n", slot,
					m->feed[slot].expires);
			}
	for (size_t i = 0; i < m->allow.count; i++)
		if (is_in(&p->source, &m->allow.item[i].net)) {
			show_net("allowed", &m->allow.item[i].net);
			fprintf(stderr, " expires %u\n", m->allow.item[i].expires);
		}
	for (size_t i = 0; i < m->local.count; i++)
		if (is_in(&p->dest, &m->local.item[i].net)) {
			show_net("local", &m->local.item[i].net);
			fprintf(stderr, "\n");
		}
}

static void differs(const struct test *t, uint64_t number, uint64_t packet, const char *what)
{
	struct facts p;

	fprintf(stderr, "SEED=%llu WORLD=%llu, packet %llu: %s\n", (unsigned long long)t->seed,
		(unsigned long long)number, (unsigned long long)packet, what);
	show_frame(&t->frame);
	if (!facts_of(t->frame.data, t->frame.len, &p))
		show_state(&t->world.m, &p, boot_seconds());
	fail();
}

/* What the program does, as the fate demands it; NULL where it did. */
static const char *run_of(struct test *t, enum fate want)
{
	LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = t->frame.data,
		    .data_size_in = (uint32_t)t->frame.len, .data_out = t->k.out,
		    .data_size_out = sizeof(t->k.out));
	uint32_t code = fate_kinds[want] == KIND_DROP ? XDP_DROP
			: fate_kinds[want] == KIND_TX ? XDP_TX
						      : XDP_PASS;
	uint64_t sum;

	if (bpf_prog_test_run_opts(bpf_program__fd(t->k.skel->progs.mxdp_gate), &opts))
		return strerror(errno);
	sum = fate_sum(&t->k, want);
	if (sum != t->k.fates[want] + 1)
		return fate_names[fate_moved(&t->k)];
	t->k.fates[want] = sum;
	if (opts.retval != code)
		return "the return code is not that of the fate";
	if (opts.data_size_out != t->frame.len ||
	    (code != XDP_TX && memcmp(t->k.out, t->frame.data, t->frame.len)))
		return "a frame that is not answered was changed";
	return NULL;
}

/* False where the second turned meanwhile. */
static bool compare(struct test *t, uint64_t number, uint64_t packet)
{
	uint32_t now = steady_second();
	char text[128];
	const char *wrong;
	enum fate want = model_ingress(&t->world.m, t->frame.data, t->frame.len, now);

	wrong = run_of(t, want);
	if (boot_seconds() != now)
		return false;
	t->fates[want]++;
	t->packets++;
	if (wrong) {
		snprintf(text, sizeof(text), "%s instead of %s", wrong, fate_names[want]);
		differs(t, number, packet, text);
	}
	return true;
}

/* Every counter has moved by what the model says: no packet had a second fate. */
static void sums_agree(struct test *t, uint64_t number, const uint64_t *before)
{
	for (uint32_t fate = 1; fate < FATE_COUNT; fate++) {
		uint64_t moved = fate_sum(&t->k, fate) - before[fate];

		if (moved == t->world.m.fates[fate])
			continue;
		fail_msg("SEED=%llu WORLD=%llu: %s counted %llu times instead of %llu",
			 (unsigned long long)t->seed, (unsigned long long)number, fate_names[fate],
			 (unsigned long long)moved, (unsigned long long)t->world.m.fates[fate]);
	}
}

/* The tables of the programs alone, for which user space has no verb: tokens and resets. */
static void forget_moments(struct test *t)
{
	struct bpf_map *limits = t->k.skel->maps.mxdp_limits, *resets = t->k.skel->maps.mxdp_resets;
	uint8_t key[64], value[64] = {0};
	uint32_t zero = 0;

	assert_true(bpf_map__key_size(limits) <= sizeof(key));
	while (!bpf_map_get_next_key(bpf_map__fd(limits), NULL, key))
		bpf_map_delete_elem(bpf_map__fd(limits), key);
	assert_true(bpf_map__value_size(resets) <= sizeof(value));
	assert_int_equal(bpf_map_update_elem(bpf_map__fd(resets), &zero, value, BPF_ANY), 0);
}

static void run_world(struct test *t, uint64_t number, uint64_t packets)
{
	uint64_t before[FATE_COUNT];
	struct world *w = &t->world;

	forget_moments(t);
	for (uint32_t fate = 0; fate < FATE_COUNT; fate++)
		before[fate] = t->k.fates[fate] = fate_sum(&t->k, fate);
	world_begin(w, &t->maps, seed_of(t, number));
	for (uint64_t i = 0; i < packets; i++) {
		if (one_in(&w->dice, CHANGES)) {
			world_change(w);
			t->changes++;
		}
		shape(w, &t->frame);
		if (!compare(t, number, i)) {
			t->cut_short++;
			goto out;
		}
	}
	sums_agree(t, number, before);
	hits_agree(w);
out:
	t->fates[FATE_RESET_LIMITED] += w->m.fates[FATE_RESET_LIMITED];
	world_end(w);
}

static void tell(const struct test *t)
{
	print_message("# figure: model_packets %llu packets\n", (unsigned long long)t->packets);
	print_message("# figure: model_worlds %llu worlds\n", (unsigned long long)t->worlds);
	print_message("# figure: model_changes %llu changes\n", (unsigned long long)t->changes);
	print_message("seed %llu; %llu worlds cut short by the clock\n",
		      (unsigned long long)t->seed, (unsigned long long)t->cut_short);
	for (uint32_t fate = 1; fate < FATE_COUNT; fate++)
		if (t->fates[fate])
			print_message("  %-17s %llu\n", fate_names[fate],
				      (unsigned long long)t->fates[fate]);
}

/* None is so rare that the test would tell nothing of it, but those of proven flows. */
static void every_fate_was_met(const struct test *t)
{
	for (uint32_t fate = 1; fate < FATE_COUNT; fate++) {
		bool of_flows = fate >= FATE_MAIL_STALE && fate <= FATE_RECORD_CUT &&
				fate != FATE_MAIL_QUIET;

		if (!of_flows && t->fates[fate] * 20000 < t->packets)
			fail_msg("%s was met %llu times only", fate_names[fate],
				 (unsigned long long)t->fates[fate]);
	}
}

static void test_same_fate_for_every_packet(void **state)
{
	struct test *t = *state;
	uint64_t packets = number_of("PACKETS", PACKETS), only = number_of("WORLD", UINT64_MAX);

	if (only != UINT64_MAX) {
		run_world(t, only, WORLD_PACKETS);
		tell(t);
		return;
	}
	while (t->packets < packets) {
		uint64_t left = packets - t->packets;

		run_world(t, t->worlds++, left < WORLD_PACKETS ? left : WORLD_PACKETS);
	}
	tell(t);
	every_fate_was_met(t);
}

static int test_open(void **state)
{
	struct test *t = calloc(1, sizeof(*t));
	int err =
		t ? kernel_start(&t->k, &(struct kernel_options){.second_mx_port = MODEL_SECOND_MX})
		  : -ENOMEM;

	if (!err)
		err = maps_from_object(&t->maps, t->k.skel->obj);
	if (err) {
		print_error("the programs do not load (root needed): %s\n", strerror(-err));
		free(t);
		return err;
	}
	t->seed = number_of("SEED", 1);
	*state = t;
	return 0;
}

static int test_close(void **state)
{
	struct test *t = *state;

	maps_close(&t->maps, 0);
	kernel_stop(&t->k);
	free(t);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_same_fate_for_every_packet, test_open,
						test_close),
	};

	return cmocka_run_group_tests_name("model", tests, NULL, NULL);
}
