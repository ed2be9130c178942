/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The floor of a verdict's latency: what no agent can do without.
 *
 *   ring_floor OBJECT IFACE
 *
 * Attaches the programs of ring_floor.bpf.c, then waits for the ring, takes each record and, for
 * those that prove, puts an entry into a hash; nothing else. "ready" on standard error says that it
 * is attached. SIGTERM ends it: it prints for each entry the microseconds from the record's time
 * (read in the program) to the return of the put, one a line, and takes itself off the interface.
 */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <net/if.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "../../user/base/clock.h"
#include "ring_floor.h"

#define SAMPLES_MAX 65536

struct bare_loop {
	struct bpf_object *object;
	struct bpf_link *ingress;
	struct bpf_tc_hook hook;
	bool hooked;
	struct ring_buffer *ring;
	int entries;
	int end; /* signalfd */
	size_t count;
	double us[SAMPLES_MAX];
};

static int take_record(void *context, void *data, size_t size)
{
	const struct floor_record *r = data;
	struct bare_loop *l = context;
	struct verdict v = {.expires = VERDICT_NEVER_EXPIRES, .plen = ADDR_BITS};

	if (size < sizeof(*r) || !r->proves)
		return 0;
	if (bpf_map_update_elem(l->entries, &r->client, &v, BPF_ANY))
		return -errno;
	if (l->count < SAMPLES_MAX)
		l->us[l->count++] = (double)(clock_ns(CLOCK_MONOTONIC) - r->time) / 1000;
	return 0;
}

/* clsact, which every kernel knows; the qdisc is ours, as the namespace is the bench's own. */
static int attach_egress(struct bare_loop *l, int ifindex, int program)
{
	LIBBPF_OPTS(bpf_tc_opts, opts, .prog_fd = program);
	int err;

	l->hook = (struct bpf_tc_hook){.sz = sizeof(l->hook),
				       .ifindex = ifindex,
				       .attach_point = BPF_TC_INGRESS | BPF_TC_EGRESS};
	err = bpf_tc_hook_create(&l->hook);
	if (err)
		return err;
	l->hooked = true;
	l->hook.attach_point = BPF_TC_EGRESS;
	err = bpf_tc_attach(&l->hook, &opts);
	l->hook.attach_point = BPF_TC_INGRESS | BPF_TC_EGRESS;
	return err;
}

static int attach(struct bare_loop *l, const char *path, const char *iface)
{
	int ifindex = (int)if_nametoindex(iface), err;

	if (!ifindex)
		return -errno;
	l->object = bpf_object__open_file(path, NULL);
	if (!l->object)
		return -errno;
	err = bpf_object__load(l->object);
	if (err)
		return err;
	l->entries = bpf_object__find_map_fd_by_name(l->object, "entries");
	l->ring = ring_buffer__new(bpf_object__find_map_fd_by_name(l->object, "ring"), take_record,
				   l, NULL);
	l->ingress = bpf_program__attach_xdp(
		bpf_object__find_program_by_name(l->object, "floor_ingress"), ifindex);
	if (!l->ring || !l->ingress)
		return -errno;
	return attach_egress(
		l, ifindex,
		bpf_program__fd(bpf_object__find_program_by_name(l->object, "floor_egress")));
}

/* The bare loop: wait, consume, put. */
static int run(struct bare_loop *l)
{
	struct epoll_event event = {.events = EPOLLIN};
	int epoll = epoll_create1(EPOLL_CLOEXEC), err = -errno;

	event.data.fd = ring_buffer__epoll_fd(l->ring);
	if (epoll < 0 || epoll_ctl(epoll, EPOLL_CTL_ADD, event.data.fd, &event))
		return -errno;
	event.data.fd = l->end;
	if (epoll_ctl(epoll, EPOLL_CTL_ADD, l->end, &event))
		return -errno;
	fputs("ready\n", stderr);
	do {
		if (epoll_wait(epoll, &event, 1, -1) < 0 && errno != EINTR)
			return -errno;
		err = ring_buffer__consume(l->ring);
	} while (err >= 0 && event.data.fd != l->end);
	close(epoll);
	return err < 0 ? err : 0;
}

int main(int argc, char **argv)
{
	static struct bare_loop loop;
	sigset_t signals;
	int err;

	if (argc != 3) {
		fputs("ring_floor OBJECT IFACE\n", stderr);
		return 2;
	}
	sigemptyset(&signals);
	sigaddset(&signals, SIGTERM);
	sigaddset(&signals, SIGINT);
	sigprocmask(SIG_BLOCK, &signals, NULL);
	loop.end = signalfd(-1, &signals, SFD_CLOEXEC);
	err = attach(&loop, argv[1], argv[2]);
	if (!err)
		err = run(&loop);
	for (size_t i = 0; i < loop.count; i++)
		printf("%.3f\n", loop.us[i]);
	if (loop.hooked)
		bpf_tc_hook_destroy(&loop.hook);
	bpf_link__destroy(loop.ingress);
	ring_buffer__free(loop.ring);
	bpf_object__close(loop.object);
	if (err)
		fprintf(stderr, "ring_floor: %s on %s: %s\n", argv[1], argv[2], strerror(-err));
	return err != 0;
}
