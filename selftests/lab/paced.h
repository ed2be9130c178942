/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * SYNs in batches, each sent when the one before has arrived: the queues of a veth are short, and
 * what they have no room for is lost. The gate's own counters tell how many have arrived; who
 * passed is for others to count. For feed_swap.c and syns.c.
 *
 * Functions return 0 or -errno, and then `error` holds words.
 */
#ifndef MXDP_SELFTESTS_PACED_H
#define MXDP_SELFTESTS_PACED_H

#include <fcntl.h>
#include <sched.h>
#include <unistd.h>

#include "../../maps/maps.h"
#include "../../user/base/addr.h"
#include "wire.h"

#define PACED_BATCH 64 /* a veth holds 256 */
#define PATIENCE    20 /* seconds without an arrival, before it is a loss */

struct paced {
	const struct maps *maps;
	int fd[2];           /* raw sockets, IPv4 and IPv6 */
	struct ends ends[2]; /* the same; where to */
	char error[256];
};

static int paced_failed(struct paced *p, int err, const char *what)
{
	snprintf(p->error, sizeof(p->error), "%s: %s", what, strerror(-err));
	return err;
}

/* Sockets that send from the network namespace `netns` (a path). */
static int paced_open(struct paced *p, const char *netns, const char *dest4, const char *dest6)
{
	int here = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
	int there = open(netns, O_RDONLY | O_CLOEXEC), err = 0;

	if (here < 0 || there < 0 || setns(there, CLONE_NEWNET))
		return paced_failed(p, -errno, netns);
	p->fd[0] = socket(AF_INET, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_RAW);
	p->fd[1] = socket(AF_INET6, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_RAW);
	if (p->fd[0] < 0 || p->fd[1] < 0 || setns(here, CLONE_NEWNET))
		err = paced_failed(p, -errno, "raw sockets");
	close(here);
	close(there);
	p->ends[0].family = AF_INET;
	p->ends[1].family = AF_INET6;
	if (!err && (inet_pton(AF_INET, dest4, p->ends[0].dest) != 1 ||
		     inet_pton(AF_INET6, dest6, p->ends[1].dest) != 1))
		err = paced_failed(p, -EINVAL, "an IPv4 and an IPv6 address to send to");
	return err;
}

/* Every fate that a SYN can have. */
static int paced_arrived(struct paced *p, uint64_t *sum)
{
	unsigned long long sums[FATE_COUNT];
	int err = fates_read(p->maps, sums);

	if (err)
		return paced_failed(p, err, "the gate's counters");
	*sum = sums[FATE_SYN_FEED_OLD] + sums[FATE_SYN_LIMITED];
	for (int fate = FATE_SYN_CLEAN; fate <= FATE_SYN_RESET; fate++)
		*sum += sums[fate];
	return 0;
}

/* Others may send, too: a few SYNs of theirs stand for ours, and ours are then still under way. */
static int paced_wait(struct paced *p, uint64_t wanted)
{
	double limit = wire_now() + PATIENCE;
	uint64_t have, had = 0;
	int err;

	while (!(err = paced_arrived(p, &have)) && have < wanted) {
		if (have != had)
			limit = wire_now() + PATIENCE;
		had = have;
		if (wire_now() > limit) {
			snprintf(p->error, sizeof(p->error), "the gate met %llu SYNs, not %llu",
				 (unsigned long long)have, (unsigned long long)wanted);
			return -ETIMEDOUT;
		}
		sched_yield();
	}
	return err;
}

/* A SYN from `source` to the other end of its family, into WIRE_PACKET bytes; its length. */
static size_t paced_syn(struct paced *p, unsigned char *packet, const struct addr *source,
			uint16_t sport, uint16_t dport, uint32_t seq)
{
	struct segment syn = {.flags = TH_SYN, .seq = seq};
	bool v6 = !addr_is_v4(source);
	struct ends *ends = &p->ends[v6];

	memcpy(ends->source, source->b + (v6 ? 0 : 12), v6 ? 16 : 4);
	ends->sport = sport;
	ends->dport = dport;
	return wire_packet(packet, ends, &syn);
}

/* PACED_BATCH packets of one family, by make(context, packet, number, v6); back when all are there.
 */
static int paced_batch(struct paced *p, bool v6,
		       size_t (*make)(void *context, unsigned char *packet, unsigned i, bool v6),
		       void *context)
{
	static unsigned char packets[PACED_BATCH][WIRE_PACKET];
	struct mmsghdr messages[PACED_BATCH] = {0};
	struct iovec vectors[PACED_BATCH];
	struct sockaddr_storage to;
	socklen_t to_len = wire_to(&to, &p->ends[v6]);
	uint64_t before;
	int err = paced_arrived(p, &before);

	for (unsigned i = 0; i < PACED_BATCH; i++) {
		vectors[i] = (struct iovec){packets[i], make(context, packets[i], i, v6)};
		messages[i].msg_hdr = (struct msghdr){.msg_name = &to,
						      .msg_namelen = to_len,
						      .msg_iov = &vectors[i],
						      .msg_iovlen = 1};
	}
	if (err)
		return err;
	err = wire_send_batch(p->fd[v6], messages, PACED_BATCH);
	return err ? paced_failed(p, err, "sending") : paced_wait(p, before + PACED_BATCH);
}

#endif
