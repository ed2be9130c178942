/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * drop: a flood of SYNs for selftests/bench/drop.sh.
 *
 *   drop attach IFACE PROGRAM
 *   drop flood IFACE COUNT LISTED DRAWN TO
 *   drop fill MAP LISTED DRAWN
 *
 * `attach' puts bare_drop, bare_pass or one_read (drop.bpf.c) on IFACE, native, and leaves it
 * there.
 *
 * `flood' sends COUNT frames out of IFACE, from DRAWN of the first LISTED entries of the clustered
 * list, to the MAC and IPv4 address TO ("02:00:00:00:00:25/203.0.113.25"), and prints nanoseconds
 * of a frame, all that happens on this CPU included. With - for IFACE they are drawn and written,
 * and not sent.
 *
 * `fill' puts the sources of such a flood into xdp-filter's pinned map and prints how many.
 *
 * The object is beside the program. Errors are words on stderr, exit code 1; 2: misuse.
 */
#include <arpa/inet.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <linux/if_ether.h>
#include <linux/if_link.h>
#include <linux/ip.h>
#include <linux/tcp.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../user/base/clock.h"
#include "drop.h"
#include "gate_keys.h"

#define BATCH      64 /* a veth's ring holds 256 */
#define FILTER_SRC 9  /* xdp-filter's flags of an entry: denied as source */

struct syn {
	struct ethhdr eth;
	struct iphdr ip;
	struct tcphdr tcp;
} __attribute__((packed));

static int failed(const char *what)
{
	fprintf(stderr, "drop: %s: %s\n", what, strerror(errno));
	return 1;
}

static struct bpf_object *open_object(void)
{
	return bpf_object__open_file("build/selftests/bench/drop.bpf.o", NULL);
}

static int program_of(struct bpf_object *object, const char *name)
{
	const struct bpf_program *program = bpf_object__find_program_by_name(object, name);

	return program ? bpf_program__fd(program) : -1;
}

static int attach(const char *iface, const char *name)
{
	struct bpf_object *object = open_object();
	int err;

	if (!object || bpf_object__load(object))
		return failed("its programs cannot be loaded");
	err = bpf_xdp_attach((int)if_nametoindex(iface), program_of(object, name),
			     XDP_FLAGS_DRV_MODE, NULL);
	errno = -err;
	return err ? failed(iface) : 0;
}

static struct drop_flood flood_of(const char *listed, const char *drawn)
{
	__u32 all = (__u32)strtoul(listed, NULL, 10), some = (__u32)strtoul(drawn, NULL, 10);
	struct drop_flood f = {.count = some < all ? some : all, .step = 1};

	if (!f.count)
		f.count = 1;
	f.step = all > f.count ? all / f.count : 1;
	for (__u32 i = 0; i < f.count; i++) {
		f.spare = entry4(SHAPE_CLUSTERED, FIRST_ENTRY + i * f.step);
		if (!is_special(f.spare))
			break;
	}
	return f;
}

static __u32 add_words(__u32 sum, const void *data, size_t len)
{
	const unsigned char *bytes = data;
	__u16 word;

	for (size_t i = 0; i + 1 < len; i += 2) {
		memcpy(&word, bytes + i, sizeof(word));
		sum += word;
	}
	return (sum & 0xffff) + (sum >> 16);
}

/* Without source and sums, which the generator writes. */
static bool build(struct syn *syn, const char *to)
{
	unsigned char *mac = syn->eth.h_dest;
	char v4[INET_ADDRSTRLEN];

	*syn = (struct syn){
		.eth = {.h_source = {2, 0, 0, 0, 0, 1}, .h_proto = htons(ETH_P_IP)},
		.ip = {.version = 4,
		       .ihl = 5,
		       .tot_len = htons(sizeof(*syn) - sizeof(syn->eth)),
		       .ttl = 64,
		       .protocol = IPPROTO_TCP},
		.tcp = {.source = htons(12345),
			.dest = htons(25),
			.doff = 5,
			.syn = 1,
			.window = htons(65535)},
	};
	return sscanf(to, "%hhx:%hhx:%hhx:%hhx:%hhx:%hhx/%15s", &mac[0], &mac[1], &mac[2], &mac[3],
		      &mac[4], &mac[5], v4) == 7 &&
	       inet_pton(AF_INET, v4, &syn->ip.daddr) == 1;
}

static bool set_flood(struct bpf_object *object, const struct drop_flood *f)
{
	struct bpf_map *map = bpf_object__find_map_by_name(object, ".rodata.flood");

	return map && !bpf_map__set_initial_value(map, f, sizeof(*f));
}

static int flood(const char *iface, const char *count, struct drop_flood *f, const char *to)
{
	__u32 length = htons(sizeof(struct tcphdr)), repeat = (__u32)strtoul(count, NULL, 10);
	struct bpf_object *object = open_object();
	struct xdp_md ctx = {.data_end = sizeof(struct syn)};
	struct syn syn;
	uint64_t began;

	LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = &syn, .data_size_in = sizeof(syn),
		    .ctx_in = &ctx, .ctx_size_in = sizeof(ctx), .repeat = (int)repeat,
		    .flags = BPF_F_TEST_XDP_LIVE_FRAMES, .batch_size = BATCH);
	if (!repeat || !build(&syn, to)) {
		fprintf(stderr, "drop: `%s' is no number of frames, or `%s' not MAC/IPV4\n", count,
			to);
		return 2;
	}
	f->sends = strcmp(iface, "-") != 0;
	ctx.ingress_ifindex = f->sends ? if_nametoindex(iface) : 0;
	if (f->sends && !ctx.ingress_ifindex)
		return failed(iface);
	f->ip_sum = add_words(0, &syn.ip, sizeof(syn.ip));
	f->tcp_sum = add_words(0, &syn.tcp, sizeof(syn.tcp));
	f->tcp_sum = add_words(f->tcp_sum, &syn.ip.daddr, sizeof(syn.ip.daddr));
	f->tcp_sum += length + htons(IPPROTO_TCP);
	if (!object || !set_flood(object, f) || bpf_object__load(object))
		return failed("the generator cannot be loaded");
	began = clock_ns(CLOCK_MONOTONIC);
	if (bpf_prog_test_run_opts(program_of(object, "generate"), &opts))
		return failed("no live frames");
	printf("%.2f\n", (double)(clock_ns(CLOCK_MONOTONIC) - began) / repeat);
	return 0;
}

static int fill(const char *path, const struct drop_flood *f)
{
	int fd = bpf_obj_get(path), cpus = libbpf_num_possible_cpus();
	unsigned filled = 0;
	__u64 *values = calloc(cpus > 0 ? (size_t)cpus : 1, sizeof(*values));

	if (fd < 0 || !values)
		return failed(path);
	for (int i = 0; i < cpus; i++)
		values[i] = FILTER_SRC;
	for (__u32 i = 0; i < f->count; i++) {
		__u32 v4 = entry4(SHAPE_CLUSTERED, FIRST_ENTRY + i * f->step);
		__be32 key = htonl(v4);

		if (is_special(v4))
			continue;
		if (bpf_map_update_elem(fd, &key, values, BPF_ANY))
			return failed(path);
		filled++;
	}
	printf("%u\n", filled);
	free(values);
	return 0;
}

int main(int argc, char **argv)
{
	struct drop_flood f;

	if (argc == 4 && !strcmp(argv[1], "attach"))
		return attach(argv[2], argv[3]);
	if (argc == 7 && !strcmp(argv[1], "flood")) {
		f = flood_of(argv[4], argv[5]);
		return flood(argv[2], argv[3], &f, argv[6]);
	}
	if (argc == 5 && !strcmp(argv[1], "fill")) {
		f = flood_of(argv[3], argv[4]);
		return fill(argv[2], &f);
	}
	fputs("drop attach | flood | fill: see drop.c\n", stderr);
	return 2;
}
