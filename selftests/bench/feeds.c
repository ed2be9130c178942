/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * feeds: a list of addresses from its file into the kernel, as a feed goes.
 *
 *   feeds write SHAPE COUNT FORMAT   a list to standard output; SHAPE scattered, clustered or v6
 *                                    (gate_keys.h), FORMAT plain, nft or ipset (of a set "bench")
 *   feeds load FILE                  reads, settles, subtracts what is never blocked, builds, puts
 *                                    in force, in a map of its own; prints seconds and memory
 *   feeds run COMMAND...             the same of another program: seconds, peak memory, and what
 *                                    the kernel's own memory grew by
 *
 * Rows are for selftests/bench/feeds.sh: what, value, unit.
 */
#include <arpa/inet.h>
#include <bpf/bpf.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "../../user/base/addr.h"
#include "../../user/base/clock.h"
#include "../../user/feeds/feed.h"
#include "../../user/feeds/image.h"
#include "gate_keys.h"

static double seconds(void)
{
	return (double)clock_ns(CLOCK_MONOTONIC) / 1e9;
}

static void print_cpu(const struct rusage *usage)
{
	double sum = (double)(usage->ru_utime.tv_sec + usage->ru_stime.tv_sec);

	sum += (double)(usage->ru_utime.tv_usec + usage->ru_stime.tv_usec) / 1e6;
	printf("  CPU time\t%.2f\ts\n", sum);
}

/* write */

static struct prefix entry(enum shape shape, uint32_t i)
{
	struct addr addr;

	if (shape != SHAPE_V6) {
		addr = addr_from_v4(htonl(entry4(shape, i)));
		return prefix_of(&addr, ADDR_BITS);
	}
	addr = addr_of_wide((struct wide){entry6(i), i % 3 == 2 ? i : 0});
	return prefix_of(&addr, i % 3 == 0 ? 48 : i % 3 == 1 ? 64 : 128);
}

static int write_list(enum shape shape, uint32_t count, const char *format)
{
	bool nft = !strcmp(format, "nft"), ipset = !strcmp(format, "ipset"), v6 = shape == SHAPE_V6;
	char text[ADDR_TEXT];

	if (nft)
		printf("table inet bench {\n\tset bench {\n\t\ttype %s\n%s\t\telements = {\n",
		       v6 ? "ipv6_addr" : "ipv4_addr", v6 ? "\t\tflags interval\n" : "");
	if (ipset)
		printf("create bench %s maxelem %u hashsize %u\n",
		       v6 ? "hash:net family inet6" : "hash:ip", count, count);
	for (uint32_t i = 0; i < count; i++) {
		struct prefix prefix = entry(shape, FIRST_ENTRY + i);

		printf("%s%s%s\n", ipset ? "add bench " : "", prefix_format(text, &prefix),
		       nft ? "," : "");
	}
	if (nft)
		puts("\t\t}\n\t}\n}");
	return ferror(stdout) ? 1 : 0;
}

/* load */

struct clocks {
	double read, cut, built, swapped;
};

static void ignore(void *context, size_t line, const char *why)
{
	(void)context;
	(void)line;
	(void)why;
}

static int read_file(struct feed_set *set, const char *path)
{
	static const struct feed_events events = {.tell = ignore};
	struct feed feed;
	int fd = open(path, O_RDONLY | O_CLOEXEC), err;

	if (fd < 0)
		return -errno;
	feed_init(&feed, FEED_AUTO, time(NULL), &events);
	err = feed_read(&feed, feed_read_fd, &fd, set);
	feed_free(&feed);
	close(fd);
	return err;
}

static int subtract_special(struct feed_set *set)
{
	struct feed_set special = {0};
	int err = 0;

	for (size_t i = 0; i < special_nets_count && !err; i++)
		err = feed_set_add_prefix(&special, &special_nets[i].prefix);
	if (!err)
		err = feed_set_settle(&special);
	if (!err)
		err = feed_set_subtract(set, &special);
	feed_set_free(&special);
	return err;
}

/* Slots of the gate's kind, and no gate: the swap costs what it costs there. */
static int open_slots(const struct feeds_image *template)
{
	LIBBPF_OPTS(bpf_map_create_opts, opts, .inner_map_fd = (uint32_t) template->fd);
	int fd = bpf_map_create(BPF_MAP_TYPE_ARRAY_OF_MAPS, "bench_slots", sizeof(uint32_t),
				sizeof(uint32_t), FEEDS_SLOTS, &opts);

	return fd < 0 ? -errno : fd;
}

static int put_file(const char *path, struct maps *maps, struct feeds_image *image,
		    struct clocks *clocks, size_t *entries)
{
	struct feed_set set = {0};
	int err = read_file(&set, path);

	clocks->read = seconds();
	if (!err)
		err = subtract_special(&set);
	clocks->cut = seconds();
	*entries = set.v4.count + set.v6.count;
	if (!err)
		err = feed_set_build(image, &set, boot_seconds(), boot_seconds() + 3600);
	clocks->built = seconds();
	if (!err)
		err = feeds_swap(maps, 0, image);
	clocks->swapped = seconds();
	feed_set_free(&set);
	return err;
}

static int load(const char *path)
{
	const struct feeds_ranges none = {0};
	struct feeds_image template, image = {0};
	struct live live = {0};
	struct maps maps = {.live_values = &live};
	struct clocks clocks;
	struct rusage usage;
	size_t entries = 0;
	double begun;
	int err = feeds_build(&template, &none, 0, 0);

	if (!err) {
		maps.feeds = open_slots(&template);
		err = maps.feeds < 0 ? maps.feeds : 0;
	}
	begun = seconds();
	if (!err)
		err = put_file(path, &maps, &image, &clocks, &entries);
	if (err) {
		fprintf(stderr, "feeds: `%s': %s\n", path, strerror(-err));
		return 1;
	}
	getrusage(RUSAGE_SELF, &usage);
	printf("file to in force\t%.3f\ts\n", clocks.swapped - begun);
	printf("  reading and sorting\t%.2f\ts\n", clocks.read - begun);
	printf("  minus special networks\t%.2f\ts\n", clocks.cut - clocks.read);
	printf("  building\t%.2f\ts\n", clocks.built - clocks.cut);
	printf("  swapping\t%.2f\ts\n", clocks.swapped - clocks.built);
	print_cpu(&usage);
	printf("peak memory of the process\t%.0f\tMiB\n", usage.ru_maxrss / 1024.0);
	printf("memory of the kernel\t%.1f\tMiB\n", image.lines * 64.0 / 1048576);
	printf("kernel, an entry\t%.1f\tB\n", image.lines * 64.0 / (double)entries);
	return 0;
}

/* run */

/* KiB that the kernel holds for itself. */
static double kernel_kib(void)
{
	FILE *f = fopen("/proc/meminfo", "r");
	char line[128];
	double sum = 0, kib;

	while (f && fgets(line, sizeof(line), f))
		if (sscanf(line, "SUnreclaim: %lf", &kib) == 1 ||
		    sscanf(line, "VmallocUsed: %lf", &kib) == 1)
			sum += kib;
	if (f)
		fclose(f);
	return sum;
}

static int run(char **argv)
{
	double begun = seconds(), before = kernel_kib();
	struct rusage usage;
	pid_t child = fork();
	int status;

	if (!child) {
		execvp(argv[0], argv);
		_exit(127);
	}
	if (child < 0 || wait4(child, &status, 0, &usage) < 0 || status) {
		fprintf(stderr, "feeds: `%s' failed\n", argv[0]);
		return 1;
	}
	printf("file to in force\t%.2f\ts\n", seconds() - begun);
	print_cpu(&usage);
	printf("peak memory of the process\t%.0f\tMiB\n", usage.ru_maxrss / 1024.0);
	printf("memory of the kernel\t%.0f\tMiB\n", (kernel_kib() - before) / 1024);
	return 0;
}

static bool parse_shape(enum shape *out, const char *text)
{
	if (!strcmp(text, "scattered"))
		*out = SHAPE_SCATTERED;
	else if (!strcmp(text, "clustered"))
		*out = SHAPE_CLUSTERED;
	else if (!strcmp(text, "v6"))
		*out = SHAPE_V6;
	else
		return false;
	return true;
}

int main(int argc, char **argv)
{
	enum shape shape;

	if (argc == 5 && !strcmp(argv[1], "write") && parse_shape(&shape, argv[2]))
		return write_list(shape, (uint32_t)strtoul(argv[3], NULL, 10), argv[4]);
	if (argc == 3 && !strcmp(argv[1], "load"))
		return load(argv[2]);
	if (argc > 2 && !strcmp(argv[1], "run"))
		return run(argv + 2);
	fputs("usage: feeds write scattered|clustered|v6 COUNT plain|nft|ipset\n"
	      "       feeds load FILE\n"
	      "       feeds run COMMAND...\n",
	      stderr);
	return 2;
}
