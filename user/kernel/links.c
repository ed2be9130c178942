// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/if_addr.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "links.h"
#include "netlink.h"

#define READ_BYTES  32768
#define READ_ROUNDS 64      /* datagrams at a time, so that a storm does not hold the loop */
#define ROOM_BYTES  1048576 /* of the socket: a full routing table moving is a long burst */
#define DUMP_TRIES  4

struct links {
	struct mnl_socket *socket;
	bool lost; /* messages were; to be told when the socket is empty */
	bool lost_route;
};

struct listener {
	link_event_fn fn;
	void *context;
	bool lost_route;
};

static void tell(const struct listener *to, const struct link_event *event)
{
	to->fn(event, to->context);
}

static bool addr_of(struct addr *out, int family, const void *bytes, size_t len)
{
	__be32 v4;

	if (family == AF_INET && len == sizeof(v4)) {
		memcpy(&v4, bytes, sizeof(v4));
		*out = addr_from_v4(v4);
		return true;
	}
	if (family == AF_INET6 && len == sizeof(*out)) {
		memcpy(out, bytes, sizeof(*out));
		return true;
	}
	return false;
}

/* Messages of family AF_BRIDGE tell of bridge ports: the interface itself neither comes nor goes.
 */
static void link_message(const struct nlmsghdr *header, const struct listener *to)
{
	const struct ifinfomsg *info = mnl_nlmsg_get_payload(header);
	struct link_event event = {.kind = LINK_UP};
	const struct nlattr *at[IFLA_IFNAME + 1];

	if (mnl_nlmsg_get_payload_len(header) < sizeof(*info) || info->ifi_family != AF_UNSPEC)
		return;
	netlink_attrs(at, IFLA_IFNAME, header, sizeof(*info));
	event.name = netlink_text(at[IFLA_IFNAME]);
	if (!event.name)
		return;
	if (header->nlmsg_type == RTM_DELLINK)
		event.kind = LINK_GONE;
	event.ifindex = info->ifi_index;
	event.running = info->ifi_flags & IFF_UP;
	tell(to, &event);
}

/*
 * On point-to-point links IFA_ADDRESS is the peer's and IFA_LOCAL ours. Tentative addresses count:
 * the interval until they are confirmed is no time to be somebody else.
 */
static void address_message(const struct nlmsghdr *header, const struct listener *to)
{
	const struct ifaddrmsg *info = mnl_nlmsg_get_payload(header);
	struct link_event event = {.kind = LINK_ADDRESS};
	const struct nlattr *at[IFA_LOCAL + 1], *ours;

	if (mnl_nlmsg_get_payload_len(header) < sizeof(*info))
		return;
	netlink_attrs(at, IFA_LOCAL, header, sizeof(*info));
	ours = at[IFA_LOCAL] ? at[IFA_LOCAL] : at[IFA_ADDRESS];
	if (!ours || !addr_of(&event.addr, info->ifa_family, mnl_attr_get_payload(ours),
			      mnl_attr_get_payload_len(ours)))
		return;
	if (header->nlmsg_type == RTM_DELADDR)
		event.kind = LINK_NO_ADDRESS;
	event.ifindex = (int)info->ifa_index;
	event.plen = info->ifa_prefixlen;
	if (at[IFA_ADDRESS])
		addr_of(&event.peer, info->ifa_family, mnl_attr_get_payload(at[IFA_ADDRESS]),
			mnl_attr_get_payload_len(at[IFA_ADDRESS]));
	tell(to, &event);
}

/* RTA_GATEWAY is of the route's own family; RTA_VIA names its own (IPv4 over an IPv6 next hop). */
static void gateway(const struct nlattr *const *at, int family, int ifindex,
		    const struct listener *to)
{
	struct link_event event = {.kind = LINK_GATEWAY, .ifindex = ifindex};
	const struct rtvia *via;

	if (at[RTA_GATEWAY] && addr_of(&event.addr, family, mnl_attr_get_payload(at[RTA_GATEWAY]),
				       mnl_attr_get_payload_len(at[RTA_GATEWAY])))
		tell(to, &event);
	if (!at[RTA_VIA] || mnl_attr_get_payload_len(at[RTA_VIA]) < sizeof(*via))
		return;
	via = mnl_attr_get_payload(at[RTA_VIA]);
	if (addr_of(&event.addr, via->rtvia_family, via->rtvia_addr,
		    mnl_attr_get_payload_len(at[RTA_VIA]) - sizeof(*via)))
		tell(to, &event);
}

static void multipath(const struct nlattr *paths, int family, const struct listener *to)
{
	const char *start = mnl_attr_get_payload(paths);
	size_t left = mnl_attr_get_payload_len(paths);

	while (left >= sizeof(struct rtnexthop)) {
		const struct rtnexthop *hop = (const void *)start;
		const struct nlattr *at[RTA_VIA + 1];
		size_t step;

		if (hop->rtnh_len < sizeof(*hop) || hop->rtnh_len > left)
			return;
		netlink_payload(at, RTA_VIA, RTNH_DATA(hop), hop->rtnh_len - sizeof(*hop));
		gateway(at, family, hop->rtnh_ifindex, to);
		step = RTNH_ALIGN(hop->rtnh_len);
		if (step >= left)
			return;
		start += step;
		left -= step;
	}
}

static void route_message(const struct nlmsghdr *header, struct listener *to)
{
	const struct rtmsg *info = mnl_nlmsg_get_payload(header);
	const struct nlattr *at[RTA_VIA + 1];
	__u32 ifindex = 0;

	if (mnl_nlmsg_get_payload_len(header) < sizeof(*info) || info->rtm_type != RTN_UNICAST ||
	    info->rtm_flags & RTM_F_CLONED)
		return;
	if (header->nlmsg_type == RTM_DELROUTE || header->nlmsg_flags & NLM_F_REPLACE)
		to->lost_route = true;
	if (header->nlmsg_type == RTM_DELROUTE)
		return;
	netlink_attrs(at, RTA_VIA, header, sizeof(*info));
	netlink_u32(&ifindex, at[RTA_OIF]);
	gateway(at, info->rtm_family, (int)ifindex, to);
	if (at[RTA_MULTIPATH])
		multipath(at[RTA_MULTIPATH], info->rtm_family, to);
}

static int take(const struct nlmsghdr *header, void *context)
{
	switch (header->nlmsg_type) {
	case RTM_NEWLINK:
	case RTM_DELLINK:
		link_message(header, context);
		break;
	case RTM_NEWADDR:
	case RTM_DELADDR:
		address_message(header, context);
		break;
	case RTM_NEWROUTE:
	case RTM_DELROUTE:
		route_message(header, context);
		break;
	}
	return MNL_CB_OK;
}

struct links *links_open(void)
{
	static const int groups[] = {RTNLGRP_LINK, RTNLGRP_IPV4_IFADDR, RTNLGRP_IPV6_IFADDR,
				     RTNLGRP_IPV4_ROUTE, RTNLGRP_IPV6_ROUTE};
	struct links *links = calloc(1, sizeof(*links));
	int room = ROOM_BYTES, err;

	if (!links)
		return NULL;
	links->socket = mnl_socket_open2(NETLINK_ROUTE, SOCK_NONBLOCK | SOCK_CLOEXEC);
	if (!links->socket || mnl_socket_bind(links->socket, 0, MNL_SOCKET_AUTOPID) < 0)
		goto out;
	/* Wanted, not needed: an overrun is noticed and mended by a dump. */
	setsockopt(links_fd(links), SOL_SOCKET, SO_RCVBUFFORCE, &room, sizeof(room));
	for (size_t i = 0; i < sizeof(groups) / sizeof(*groups); i++) {
		int group = groups[i];

		if (mnl_socket_setsockopt(links->socket, NETLINK_ADD_MEMBERSHIP, &group,
					  sizeof(group)) < 0)
			goto out;
	}
	return links;
out:
	err = errno;
	links_close(links);
	errno = err;
	return NULL;
}

int links_fd(const struct links *links)
{
	return mnl_socket_get_fd(links->socket);
}

/* `head` is the fixed header of the message; all of them begin with the family, zero for any. */
static int dump_once(int type, size_t head, struct listener *to)
{
	char buffer[MNL_NLMSG_HDRLEN + sizeof(struct ifinfomsg)]
		__attribute__((aligned(NLMSG_ALIGNTO))) = {0};
	struct nlmsghdr *header = mnl_nlmsg_put_header(buffer);

	header->nlmsg_type = (__u16)type;
	header->nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
	mnl_nlmsg_put_extra_header(header, head);
	return netlink_ask(NETLINK_ROUTE, header, take, to);
}

/* A table that changes while it is dumped says so; events are idempotent, so it is read again. */
static int dump(int type, size_t head, struct listener *to)
{
	int err = -EINTR;

	for (int i = 0; i < DUMP_TRIES && err == -EINTR; i++)
		err = dump_once(type, head, to);
	return err;
}

int links_dump(struct links *links, link_event_fn fn, void *context)
{
	struct listener to = {.fn = fn, .context = context};
	int err;

	(void)links; /* asked on a socket of its own, so that no event is taken for an answer */
	err = dump(RTM_GETLINK, sizeof(struct ifinfomsg), &to);
	if (!err)
		err = dump(RTM_GETADDR, sizeof(struct ifaddrmsg), &to);
	return err ? err : links_dump_gateways(links, fn, context);
}

int links_dump_gateways(struct links *links, link_event_fn fn, void *context)
{
	struct listener to = {.fn = fn, .context = context};

	(void)links;
	return dump(RTM_GETROUTE, sizeof(struct rtmsg), &to);
}

/* 1 where a message was read or lost, 0 where none waits, -errno. */
static int read_one(struct links *links, struct listener *to)
{
	char buffer[READ_BYTES] __attribute__((aligned(NLMSG_ALIGNTO)));
	struct sockaddr_nl from = {0};
	socklen_t from_len = sizeof(from);
	ssize_t got = recvfrom(links_fd(links), buffer, sizeof(buffer), MSG_TRUNC,
			       (struct sockaddr *)&from, &from_len);

	if (got < 0 && (errno == EAGAIN || errno == EINTR))
		return 0;
	if (got < 0 && errno != ENOBUFS)
		return -errno;
	if (got < 0 || got > (ssize_t)sizeof(buffer))
		links->lost = true;
	else if (from.nl_pid == 0) /* the kernel; other processes may not speak for it */
		mnl_cb_run(buffer, (size_t)got, 0, 0, take, to);
	return 1;
}

/*
 * After an overrun the kernel goes on dropping, without another word, until the socket has been
 * read empty: only then is a dump worth its while.
 */
int links_read(struct links *links, link_event_fn fn, void *context)
{
	static const struct link_event overrun = {.kind = LINK_OVERRUN};
	struct listener to = {.fn = fn, .context = context};
	int more = 1;

	for (int i = 0; i < READ_ROUNDS && more > 0; i++)
		more = read_one(links, &to);
	links->lost_route |= to.lost_route;
	if (!more && links->lost) {
		links->lost = false;
		fn(&overrun, context);
	}
	return more < 0 ? more : 0;
}

bool links_lost_route(struct links *links)
{
	bool lost = links->lost_route;

	links->lost_route = false;
	return lost;
}

void links_close(struct links *links)
{
	if (!links)
		return;
	if (links->socket)
		mnl_socket_close(links->socket);
	free(links);
}
