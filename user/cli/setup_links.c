// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Interfaces, by netlink and ethtool: /sys shows those of the namespace that it was mounted in,
 * which need not be ours.
 */
#include <ifaddrs.h>
#include <linux/ethtool.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "setup.h"
#include "../kernel/attach.h"
#include "../kernel/netlink.h"

/* From netlink: cut to fit, and zero-terminated, as `out` is zero already. */
static void copy_text(char *out, size_t size, const struct nlattr *attr)
{
	const char *text = netlink_text(attr);

	if (text)
		strncpy(out, text, size - 1);
}

static int take_link(const struct nlmsghdr *header, void *context)
{
	const struct nlattr *at[IFLA_LINKINFO + 1], *info[IFLA_INFO_KIND + 1];
	const struct ifinfomsg *link = mnl_nlmsg_get_payload(header);
	struct setup_facts *facts = context;
	struct setup_link *out;
	__u32 number;

	if (header->nlmsg_type != RTM_NEWLINK || facts->link_count == SETUP_LINKS)
		return MNL_CB_OK;
	netlink_attrs(at, IFLA_LINKINFO, header, sizeof(*link));
	netlink_nested(info, IFLA_INFO_KIND, at[IFLA_LINKINFO]);
	out = &facts->link[facts->link_count++];
	memset(out, 0, sizeof(*out));
	copy_text(out->name, sizeof(out->name), at[IFLA_IFNAME]);
	copy_text(out->kind, sizeof(out->kind), info[IFLA_INFO_KIND]);
	out->index = link->ifi_index;
	out->up = link->ifi_flags & IFF_UP;
	out->loopback = link->ifi_flags & IFF_LOOPBACK;
	if (netlink_u32(&number, at[IFLA_MTU]))
		out->mtu = number;
	if (netlink_u32(&number, at[IFLA_LINK]))
		out->lower = (int)number;
	if (netlink_u32(&number, at[IFLA_MASTER]))
		out->master = (int)number;
	return MNL_CB_OK;
}

/* The default routes of the main tables: those of others are somebody's own design. */
static int take_route(const struct nlmsghdr *header, void *context)
{
	const struct rtmsg *route = mnl_nlmsg_get_payload(header);
	const struct nlattr *at[RTA_OIF + 1];
	struct setup_facts *facts = context;
	__u32 oif;

	if (header->nlmsg_type != RTM_NEWROUTE || route->rtm_dst_len ||
	    route->rtm_table != RT_TABLE_MAIN)
		return MNL_CB_OK;
	netlink_attrs(at, RTA_OIF, header, sizeof(*route));
	for (size_t i = 0; netlink_u32(&oif, at[RTA_OIF]) && i < facts->link_count; i++)
		if (facts->link[i].index == (int)oif)
			facts->link[i].gateway = true;
	return MNL_CB_OK;
}

/* What cannot be listed is missing from the proposal, which then says so. */
static void list(unsigned short type, size_t head, mnl_cb_t fn, struct setup_facts *facts)
{
	char buffer[MNL_NLMSG_HDRLEN + 32] __attribute__((aligned(NLMSG_ALIGNTO))) = {0};
	struct nlmsghdr *header = mnl_nlmsg_put_header(buffer);

	header->nlmsg_type = type;
	header->nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
	mnl_nlmsg_put_extra_header(header, head);
	netlink_ask(NETLINK_ROUTE, header, fn, facts);
}

static void take_addr(struct setup_facts *facts, const struct ifaddrs *one)
{
	struct addr addr;

	if (one->ifa_addr->sa_family == AF_INET) {
		const struct sockaddr_in *in = (const void *)one->ifa_addr;

		addr = addr_from_v4(in->sin_addr.s_addr);
	} else if (one->ifa_addr->sa_family == AF_INET6) {
		const struct sockaddr_in6 *in6 = (const void *)one->ifa_addr;

		if (IN6_IS_ADDR_LINKLOCAL(&in6->sin6_addr))
			return;
		memcpy(&addr, &in6->sin6_addr, sizeof(addr));
	} else {
		return;
	}
	for (size_t i = 0; i < facts->link_count; i++) {
		struct setup_link *link = &facts->link[i];

		if (!strcmp(link->name, one->ifa_name) && link->addr_count < SETUP_ADDRS)
			link->addr[link->addr_count++] = addr;
	}
}

static void take_addrs(struct setup_facts *facts)
{
	struct ifaddrs *all;

	if (getifaddrs(&all))
		return;
	for (const struct ifaddrs *one = all; one; one = one->ifa_next)
		if (one->ifa_addr)
			take_addr(facts, one);
	freeifaddrs(all);
}

static void ask_driver(struct setup_link *link, int fd)
{
	struct ethtool_drvinfo info = {.cmd = ETHTOOL_GDRVINFO};
	struct ifreq request = {.ifr_data = (void *)&info};

	memcpy(request.ifr_name, link->name, sizeof(request.ifr_name));
	if (ioctl(fd, SIOCETHTOOL, &request))
		return;
	memcpy(link->driver, info.driver, sizeof(link->driver) - 1);
}

void setup_look_at_links(struct setup_facts *facts)
{
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	list(RTM_GETLINK, sizeof(struct ifinfomsg), take_link, facts);
	list(RTM_GETROUTE, sizeof(struct rtmsg), take_route, facts);
	take_addrs(facts);
	for (size_t i = 0; i < facts->link_count; i++) {
		struct setup_link *link = &facts->link[i];

		if (fd >= 0)
			ask_driver(link, fd);
		if (link->up && !link->loopback)
			attach_check(link->name, link->refused, sizeof(link->refused));
	}
	if (fd >= 0)
		close(fd);
}
