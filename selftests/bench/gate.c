/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * gate: what a packet costs in mxdp_gate, by BPF_PROG_TEST_RUN, beside a program that only says
 * XDP_PASS. Nothing is attached. Two figures a packet:
 *
 *   repeated   one frame many times: everything is in the caches
 *   scattered  many sources once each, a system call between them: nothing is
 *
 * The scattered ones carry the kernel's reading of the clock twice; so does their floor. All cases
 * of a map size are measured in turn, PASSES times over; the medians and quartiles are printed as
 * rows for scripts/bench.
 */
#include <bpf/bpf.h>
#include <errno.h>
#include <linux/bpf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../maps/nets_user.h"
#include "../../maps/verdict_user.h"
#include "../../user/base/addr.h"
#include "../../user/base/clock.h"
#include "../../user/config/config.h"
#include "../../user/feeds/image.h"
#include "../../user/kernel/object.h"
#include "../packets/frame.h"
#include "measure.h"

#define PASSES    7
#define REPEAT    200000
#define SCATTERED 2000
#define SOURCES   (1U << 26) /* verdicts spread over 16.0.0.0/6: about four a /24 at a million */
#define NETWORK   0x10000000U
#define LISTED    100000

struct gate {
	struct programs programs;
	struct maps maps;
	int gate_fd, pass_fd;
	__u32 verdicts; /* put so far: numbers 0 to verdicts - 1 */
	__u32 listed;   /* sources of a feed set that is in force */
};

/* Source number i; neighbours in number lie far apart. SOURCES is a power of two, so all differ. */
static __u32 source(__u32 i)
{
	return NETWORK + (i * 2654435761U) % SOURCES;
}

static struct prefix source_prefix(__u32 i)
{
	struct addr addr = addr_from_v4(htonl(source(i)));

	return prefix_of(&addr, ADDR_BITS);
}

/* Cases */

struct packet_case {
	const char *what;
	struct spec spec;
	bool scatters; /* also from many sources */
	/* Which source stands in the frame as number i; NULL leaves the frame's own. */
	__u32 (*from)(const struct gate *g, __u32 i);
	enum fate fate;
};

static __u32 from_clean(const struct gate *g, __u32 i)
{
	(void)g;
	return 0xc6336400U + i % 256; /* 198.51.100.0/24 holds no verdict */
}

static __u32 from_listed(const struct gate *g, __u32 i)
{
	(void)g;
	return source(i * 7919U % LISTED);
}

static __u32 from_blocked(const struct gate *g, __u32 i)
{
	return source(i * 7919U % g->verdicts);
}

/* The next free address behind a blocked one, in its /24. */
static __u32 from_neighbour(const struct gate *g, __u32 i)
{
	__u32 blocked = from_blocked(g, i), host;
	struct verdict_entry entry;

	for (host = 1; host < 256; host++) {
		struct addr addr =
			addr_from_v4(htonl((blocked & ~255U) | ((blocked + host) & 255)));
		struct prefix prefix = prefix_of(&addr, ADDR_BITS);

		if (verdict_get(&g->maps, &prefix, PORTS_MX, &entry))
			break;
	}
	return (blocked & ~255U) | ((blocked + host) & 255);
}

static const struct packet_case without_verdicts[] = {
	{"TCP to another port", {.dport = 443, .flags = ACK}, false, NULL, FATE_NOT_MAIL},
	{"mail segment without payload", {.flags = ACK}, false, NULL, FATE_MAIL_BARE},
	{"SYN, IPv4, clean /24", {.flags = SYN}, true, from_clean, FATE_SYN_CLEAN},
	{"SYN, IPv6, clean", {.from = CLIENT6, .flags = SYN}, false, NULL, FATE_SYN_CLEAN},
};

static const struct packet_case with_feeds[] = {
	{"SYN, IPv4, clean", {.flags = SYN}, true, from_clean, FATE_SYN_CLEAN},
	{"SYN, IPv6, clean", {.from = "2001:db8::5", .flags = SYN}, false, NULL, FATE_SYN_CLEAN},
	{"SYN, IPv4, listed", {.flags = SYN}, true, from_listed, FATE_SYN_DROPPED},
	{"SYN, IPv6, listed", {.from = CLIENT6, .flags = SYN}, false, NULL, FATE_SYN_DROPPED},
};

static const struct packet_case with_verdicts[] = {
	{"SYN, IPv4, clean /24", {.flags = SYN}, true, from_clean, FATE_SYN_CLEAN},
	{"SYN, IPv4, neighbour blocked", {.flags = SYN}, true, from_neighbour, FATE_SYN_CLEAN},
	{"SYN, IPv4, dropped", {.flags = SYN}, true, from_blocked, FATE_SYN_DROPPED},
	{"SYN, IPv6, clean", {.from = CLIENT6, .flags = SYN}, false, NULL, FATE_SYN_CLEAN},
};

/* Measuring */

static int run_frame(int program, struct frame *f, __u32 repeat, double *ns, __u32 *retval)
{
	LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = f->data, .data_size_in = (__u32)f->len,
		    .repeat = (int)repeat);

	if (bpf_prog_test_run_opts(program, &opts))
		return -errno;
	*ns = opts.duration;
	*retval = opts.retval;
	return 0;
}

static void set_source(struct frame *f, __u32 v4)
{
	v4 = htonl(v4);
	memcpy(f->data + f->l3 + 12, &v4, sizeof(v4));
}

static int measure(const struct gate *g, const struct packet_case *c, int program, bool scattered,
		   double *ns)
{
	__u32 count = scattered ? SCATTERED : 1, retval;
	double sum = 0, one;
	struct frame f;
	int err = 0;

	frame_build(&f, &c->spec);
	for (__u32 i = 0; i < count && !err; i++) {
		if (c->from)
			set_source(&f, c->from(g, i));
		err = run_frame(program, &f, scattered ? 1 : REPEAT, &one, &retval);
		sum += one;
		if (!err && program == g->gate_fd &&
		    retval != (c->fate == FATE_SYN_DROPPED ? XDP_DROP : XDP_PASS))
			err = -EBADMSG;
	}
	*ns = sum / count;
	return err;
}

/* The bench must measure what it says: the gate counts this case's fate and no other. */
static int check_fate(const struct gate *g, const struct packet_case *c)
{
	unsigned long long before[FATE_COUNT], after[FATE_COUNT];
	struct frame f;
	__u32 retval;
	double ns;
	int err;

	frame_build(&f, &c->spec);
	if (c->from)
		set_source(&f, c->from(g, 0));
	err = fates_read(&g->maps, before);
	if (!err)
		err = run_frame(g->gate_fd, &f, 1, &ns, &retval);
	if (!err)
		err = fates_read(&g->maps, after);
	if (!err && after[c->fate] != before[c->fate] + 1)
		err = -EBADMSG;
	if (err)
		fprintf(stderr, "gate: '%s' does not end as %s\n", c->what, fate_name(c->fate));
	return err;
}

struct row {
	const struct packet_case *c;
	bool scattered, floor;
	double ns[PASSES];
};

static void print_row(const struct gate *g, struct row *row)
{
	struct quartiles q;
	char size[64] = "";

	if (g->verdicts)
		snprintf(size, sizeof(size), ", %u verdict%s", g->verdicts,
			 g->verdicts > 1 ? "s" : "");
	if (g->listed)
		snprintf(size, sizeof(size), ", %u on feeds", g->listed);
	q = quartiles_of(row->ns, PASSES);
	printf("%s%s\t%.0f\tns\t%s\t%.0f\t%.0f\n", row->floor ? "floor: XDP_PASS" : row->c->what,
	       size, q.median, row->scattered ? "scattered" : "repeated", q.low, q.high);
}

static int measure_all(const struct gate *g, const struct packet_case *cases, size_t count)
{
	struct row rows[12] = {{&cases[0], false, true, {0}}, {&cases[2], true, true, {0}}};
	size_t n = 2;
	int err = 0;

	for (size_t i = 0; i < count && !err; i++) {
		err = check_fate(g, &cases[i]);
		rows[n++] = (struct row){.c = &cases[i]};
		if (cases[i].scatters)
			rows[n++] = (struct row){.c = &cases[i], .scattered = true};
	}
	for (int pass = 0; pass < PASSES; pass++)
		for (size_t i = 0; i < n && !err; i++)
			err = measure(g, rows[i].c, rows[i].floor ? g->pass_fd : g->gate_fd,
				      rows[i].scattered, &rows[i].ns[pass]);
	for (size_t i = 0; i < n && !err; i++)
		print_row(g, &rows[i]);
	return err;
}

/* Setting up */

static int put_verdicts(struct gate *g, __u32 count)
{
	struct verdict v = {.expires = VERDICT_NEVER_EXPIRES,
			    .since = boot_seconds(),
			    .action = ACTION_DROP,
			    .cause = 0};
	int err = 0;

	for (; g->verdicts < count && !err; g->verdicts++) {
		struct prefix prefix = source_prefix(g->verdicts);

		err = verdict_put(&g->maps, &prefix, PORTS_MX, &v);
	}
	return err;
}

/* The slot is emptied again: the verdicts are measured without. */
static int measure_feeds(struct gate *g)
{
	const uint32_t slot = FEEDS_SLOT(PORTS_MX, ACTION_DROP), now = boot_seconds();
	struct feeds_image image = {.fd = -1};
	struct feed_set set = {0};
	struct prefix client6;
	int err = prefix_parse(&client6, CLIENT6) ? feed_set_add_prefix(&set, &client6) : -EINVAL;

	for (__u32 i = 0; i < LISTED && !err; i++)
		err = set4_add(&set.v4, source(i), source(i));
	if (!err)
		err = feed_set_settle(&set);
	if (!err)
		err = feed_set_build(&image, &set, now, now + 3600);
	if (!err)
		err = feeds_swap(&g->maps, slot, &image);
	if (err)
		goto out;
	g->listed = LISTED;
	err = measure_all(g, with_feeds, sizeof(with_feeds) / sizeof(with_feeds[0]));
	g->listed = 0;
	if (!err)
		err = feeds_swap(&g->maps, slot, NULL);
out:
	feeds_free(&image);
	feed_set_free(&set);
	return err;
}

static int put_local(const struct maps *maps, const char *text)
{
	struct net_value here = {.expires = NET_NEVER_EXPIRES, .kind = NET_OWN};
	struct prefix local;

	return prefix_parse(&local, text) ? net_put(maps->local, &local, &here) : -EINVAL;
}

static int open_gate(struct gate *g, const struct config *config, char *error, size_t size)
{
	int err = object_open(&g->programs, config, NULL, error, size);

	if (!err)
		err = object_load(&g->programs, error, size);
	if (!err)
		err = object_maps(&g->maps, &g->programs);
	if (!err)
		err = put_local(&g->maps, SERVER);
	if (!err)
		err = put_local(&g->maps, SERVER6);
	if (err)
		return err;
	g->maps.live_values->mode = MODE_ENFORCE;
	g->maps.live_values->heartbeat = boot_seconds();
	g->maps.live_values->heartbeat_limit = 3600;
	g->gate_fd = object_gate_fd(&g->programs);
	g->pass_fd = load_floor(BPF_PROG_TYPE_XDP, XDP_PASS);
	return g->pass_fd < 0 ? g->pass_fd : 0;
}

int main(void)
{
	static const __u32 sizes[] = {1, 100000, 1000000};
	char error[512] = "";
	struct gate g = {.pass_fd = -1};
	struct config config;
	int err;

	if (!config_defaults(&config)) {
		fputs("gate: out of memory\n", stderr);
		return 1;
	}
	config.verdicts_max = 1 << 21;
	err = open_gate(&g, &config, error, sizeof(error));
	if (!err)
		err = measure_all(&g, without_verdicts,
				  sizeof(without_verdicts) / sizeof(without_verdicts[0]));
	if (!err)
		err = measure_feeds(&g);
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]) && !err; i++) {
		err = put_verdicts(&g, sizes[i]);
		if (!err)
			err = measure_all(&g, with_verdicts,
					  sizeof(with_verdicts) / sizeof(with_verdicts[0]));
	}
	if (err)
		fprintf(stderr, "gate: %s\n", *error ? error : strerror(-err));
	maps_close(&g.maps, 0);
	object_close(&g.programs);
	config_free(&config);
	return err != 0;
}
