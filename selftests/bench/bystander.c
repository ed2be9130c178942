/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * bystander: what a packet pays that mxdp is not after, in the programs that a running mxdpd has
 * attached, beside programs that return at once; by BPF_PROG_TEST_RUN, one frame many times.
 *
 *   bystander IFACE PINDIR PID
 *
 * PID is mxdpd's.
 *
 * Among the cases are a client's mail data and the server's acknowledgements in the first session
 * that the agent follows; it must be in a message's body. Each case must end in the fate that it
 * says. All take turns; prints rows for scripts/bench: median and quartiles of the difference.
 */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <linux/bpf.h>
#include <linux/pkt_cls.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../maps/maps.h"
#include "../../user/base/addr.h"
#include "../packets/frame.h"
#include "measure.h"
#include "programs.h"

#define PASSES 15
#define REPEAT 300000
#define MTU    1400

struct kind {
	const char *what;
	struct spec spec;
	bool egress;
	enum fate fate;
	double limit; /* nanoseconds over the floor */
};

struct bystander {
	struct maps maps;
	int program[2], floor[2]; /* by egress */
	struct flow_key key;
	struct flow flow;
};

static int failed(const char *what, int err)
{
	fprintf(stderr, "bystander: %s: %s\n", what, strerror(-err));
	return 1;
}

static int find_flow(struct bystander *b)
{
	if (bpf_map_get_next_key(b->maps.flows, NULL, &b->key) ||
	    bpf_map_lookup_elem(b->maps.flows, &b->key, &b->flow))
		return -errno;
	return b->flow.phase == FLOW_BODY ? 0 : -EBADMSG;
}

static int run(const struct bystander *b, const struct frame *f, bool egress, bool floor,
	       int repeat, double *ns)
{
	LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = f->data, .data_size_in = (__u32)f->len,
		    .repeat = repeat);

	if (bpf_prog_test_run_opts(floor ? b->floor[egress] : b->program[egress], &opts))
		return -errno;
	*ns = opts.duration;
	return 0;
}

static int check_fate(const struct bystander *b, const struct kind *kind, const struct frame *f)
{
	unsigned long long before[FATE_COUNT], after[FATE_COUNT];
	double ns;
	int err = fates_read(&b->maps, before);

	err = err ? err : run(b, f, kind->egress, false, 1000, &ns);
	err = err ? err : fates_read(&b->maps, after);
	if (!err && after[kind->fate] - before[kind->fate] < 1000) {
		fprintf(stderr, "bystander: '%s' does not end as %s\n", kind->what,
			fate_name(kind->fate));
		err = -EBADMSG;
	}
	return err;
}

static void print(const struct kind *kind, double over[PASSES])
{
	struct quartiles q = quartiles_of(over, PASSES);

	printf("target: %s, over the floor\t%.0f\tns\t%.0f at most, %s\t%.0f\t%.0f\n", kind->what,
	       q.median, kind->limit, q.median <= kind->limit ? "met" : "not met", q.low, q.high);
}

static int measure(const struct bystander *b, const struct kind *kinds, size_t count)
{
	static double over[16][PASSES];
	double ns, floor;
	int err = 0;

	for (int pass = 0; pass < PASSES && !err; pass++)
		for (size_t i = 0; i < count && !err; i++) {
			struct frame f;

			frame_build(&f, &kinds[i].spec);
			err = pass ? 0 : check_fate(b, &kinds[i], &f);
			err = err ? err : run(b, &f, kinds[i].egress, true, REPEAT, &floor);
			err = err ? err : run(b, &f, kinds[i].egress, false, REPEAT, &ns);
			over[i][pass] = ns - floor;
		}
	for (size_t i = 0; i < count && !err; i++)
		print(&kinds[i], over[i]);
	return err;
}

static int open_all(struct bystander *b, const char *iface, const char *pins, const char *pid)
{
	static struct programs programs;
	int err = maps_from_pins(&b->maps, pins);

	if (err)
		return failed(pins, err);
	if (!programs_collect(&programs, pid, iface))
		return failed(iface, -errno);
	b->program[0] = programs_open(&programs, "mxdp_gate");
	b->program[1] = programs_open(&programs, "mxdp_tap");
	b->floor[0] = load_floor(BPF_PROG_TYPE_XDP, XDP_PASS);
	b->floor[1] = load_floor(BPF_PROG_TYPE_SCHED_CLS, TC_ACT_OK);
	for (int i = 0; i < 2; i++) {
		if (b->program[i] < 0)
			return failed(iface, b->program[i]);
		if (b->floor[i] < 0)
			return failed("no program can be loaded", b->floor[i]);
	}
	err = find_flow(b);
	return err ? failed("no session in a message's body", err) : 0;
}

int main(int argc, char **argv)
{
	struct bystander b = {0};
	char client[ADDR_TEXT], server[ADDR_TEXT];

	if (argc != 4) {
		fputs("bystander IFACE PINDIR PID\n", stderr);
		return 2;
	}
	if (open_all(&b, argv[1], argv[2], argv[3]))
		return 1;
	addr_format(client, &b.key.client);
	addr_format(server, &b.key.server);

	const struct spec data = {.from = client,
				  .to = server,
				  .sport = ntohs(b.key.client_port),
				  .flags = ACK,
				  .seq = b.flow.acked,
				  .ack = b.flow.next,
				  .len = MTU};
	const struct spec ack = {.from = server,
				 .to = client,
				 .sport = 25,
				 .dport = ntohs(b.key.client_port),
				 .flags = ACK,
				 .seq = b.flow.next,
				 .ack = b.flow.acked};
	const struct kind kinds[] = {
		{"TCP bulk to another port",
		 {.dport = 443, .flags = ACK, .len = MTU},
		 false,
		 FATE_NOT_MAIL,
		 10},
		{"TCP bulk to another port, IPv6",
		 {.from = CLIENT6, .to = SERVER6, .dport = 443, .flags = ACK, .len = MTU},
		 false,
		 FATE_NOT_MAIL,
		 10},
		{"UDP", {.protocol = 17, .len = MTU}, false, FATE_NOT_TCP, 10},
		{"TCP bulk sent, from another port",
		 {.from = SERVER,
		  .to = CLIENT,
		  .sport = 443,
		  .dport = 50000,
		  .flags = ACK,
		  .len = MTU},
		 true,
		 FATE_REPLY_OTHER,
		 10},
		{"established mail data", data, false, FATE_MAIL_QUIET, 60},
		{"acknowledgement of mail data, sent", ack, true, FATE_REPLY_BARE, 60},
	};
	int err = measure(&b, kinds, sizeof(kinds) / sizeof(kinds[0]));

	maps_close(&b.maps, 1);
	return err ? failed("cannot measure", err) : 0;
}
