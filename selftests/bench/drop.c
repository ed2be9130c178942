/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * drop: a flood of SYNs for selftests/bench/drop.sh.
 *
 *   drop attach IFACE PROGRAM
 *   drop flood IFACE COUNT LISTED DRAWN TO
 *   drop pace IFACE RATE LISTED DRAWN TO
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
 * `pace' sends RATE frames a second, or as many as go for a RATE of 0, until SIGTERM, and for a
 * minute at most; prints how many a second it were.
 *
 * `fill' puts the sources of such a flood into xdp-filter's pinned map and prints how many.
 *
 * The object is beside the program. Errors are words on stderr, exit code 1; 2: misuse.
 */
#include <arpa/inet.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <linux/if_link.h>
#include <net/if.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "../../user/base/clock.h"
#include "drop.h"

#define BATCH        64 /* a veth's ring holds 256 */
#define PACE_NS      4000000
#define PACE_FRAMES  16384
#define PACE_MOST_NS 60000000000ULL
#define FILTER_SRC   9 /* xdp-filter's flags of an entry: denied as source */

static int failed(const char *what)
{
	fprintf(stderr, "drop: %s: %s\n", what, strerror(errno));
	return 1;
}

/*
 * Loads the program of that name alone, told of `f` where there is one: the others' 256 MiB would
 * be made anew, and push everything out of the caches, with each flood. -1 and errno.
 */
static int load(const char *name, const struct drop_flood *f)
{
	struct bpf_object *object = bpf_object__open_file("build/selftests/bench/drop.bpf.o", NULL);
	struct bpf_program *program, *wanted = NULL;
	struct bpf_map *told;

	if (!object)
		return -1;
	bpf_object__for_each_program(program, object)
	{
		bool is = !strcmp(bpf_program__name(program), name);

		bpf_program__set_autoload(program, is);
		if (is)
			wanted = program;
	}
	if (strcmp(name, "one_read") != 0)
		bpf_map__set_autocreate(bpf_object__find_map_by_name(object, "array"), false);
	told = bpf_object__find_map_by_name(object, ".rodata.flood");
	if (!wanted || (f && bpf_map__set_initial_value(told, f, sizeof(*f))) ||
	    bpf_object__load(object))
		return -1;
	return bpf_program__fd(wanted);
}

static int attach(const char *iface, const char *name)
{
	int fd = load(name, NULL), err;

	if (fd < 0)
		return failed(name);
	err = bpf_xdp_attach((int)if_nametoindex(iface), fd, XDP_FLAGS_DRV_MODE, NULL);
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
		f.spare = drop_entry(i, f.step);
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

struct generator {
	int fd;
	struct syn syn;
	struct xdp_md ctx;
};

static int generator_open(struct generator *g, const char *iface, struct drop_flood *f,
			  const char *to)
{
	struct syn *syn = &g->syn;

	if (!build(syn, to)) {
		fprintf(stderr, "drop: `%s' is not MAC/IPV4\n", to);
		return 2;
	}
	f->sends = strcmp(iface, "-") != 0;
	g->ctx = (struct xdp_md){.data_end = sizeof(*syn)};
	g->ctx.ingress_ifindex = f->sends ? if_nametoindex(iface) : 0;
	if (f->sends && !g->ctx.ingress_ifindex)
		return failed(iface);
	f->ip_sum = add_words(0, &syn->ip, sizeof(syn->ip));
	f->tcp_sum = add_words(0, &syn->tcp, sizeof(syn->tcp));
	f->tcp_sum = add_words(f->tcp_sum, &syn->ip.daddr, sizeof(syn->ip.daddr));
	f->tcp_sum += (__u32)htons(sizeof(syn->tcp)) + htons(IPPROTO_TCP);
	g->fd = load("generate", f);
	return g->fd < 0 ? failed("the generator cannot be loaded") : 0;
}

static volatile sig_atomic_t ended;

static void end(int signal)
{
	(void)signal;
	ended = 1;
}

static int generator_run(struct generator *g, __u32 frames)
{
	LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = &g->syn, .data_size_in = sizeof(g->syn),
		    .ctx_in = &g->ctx, .ctx_size_in = sizeof(g->ctx), .repeat = (int)frames,
		    .flags = BPF_F_TEST_XDP_LIVE_FRAMES, .batch_size = BATCH);

	if (!bpf_prog_test_run_opts(g->fd, &opts) || (ended && errno == EINTR))
		return 0;
	return failed("no live frames");
}

static int flood(const char *iface, const char *count, struct drop_flood *f, const char *to)
{
	__u32 frames = (__u32)strtoul(count, NULL, 10);
	struct generator g;
	uint64_t began;
	int code = generator_open(&g, iface, f, to);

	if (!code && !frames) {
		fprintf(stderr, "drop: `%s' is no number of frames\n", count);
		code = 2;
	}
	if (code)
		return code;
	began = clock_ns(CLOCK_MONOTONIC);
	code = generator_run(&g, frames);
	if (!code)
		printf("%.2f\n", (double)(clock_ns(CLOCK_MONOTONIC) - began) / frames);
	return code;
}

static int pace(const char *iface, const char *rate_text, struct drop_flood *f, const char *to)
{
	const struct timespec step = {.tv_nsec = PACE_NS};
	uint64_t rate = strtoull(rate_text, NULL, 10), sent = 0, began, ns = 0;
	struct generator g;
	int code = generator_open(&g, iface, f, to);

	signal(SIGTERM, end);
	began = clock_ns(CLOCK_MONOTONIC);
	while (!code && !ended && ns < PACE_MOST_NS) {
		uint64_t due = rate ? rate * ns / 1000000000 - sent : PACE_FRAMES;

		if (due > PACE_FRAMES)
			due = PACE_FRAMES;
		if (due < BATCH)
			nanosleep(&step, NULL);
		else
			code = generator_run(&g, (__u32)due);
		sent += due < BATCH ? 0 : due;
		ns = clock_ns(CLOCK_MONOTONIC) - began;
	}
	if (!code)
		printf("%.0f\n", (double)sent * 1e9 / (double)(ns ? ns : 1));
	return code;
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
		__u32 v4 = drop_entry(i, f->step);
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
	if (argc == 7 && !strcmp(argv[1], "pace")) {
		f = flood_of(argv[4], argv[5]);
		return pace(argv[2], argv[3], &f, argv[6]);
	}
	if (argc == 5 && !strcmp(argv[1], "fill")) {
		f = flood_of(argv[3], argv[4]);
		return fill(argv[2], &f);
	}
	fputs("drop attach | flood | pace | fill: see drop.c\n", stderr);
	return 2;
}
