// SPDX-License-Identifier: GPL-2.0-or-later
#include <linux/ethtool.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "netlink.h"
#include "offload.h"

/* The old flags word is a view of the feature bits in every kernel, and needs no string table. */
static bool rxvlan_is_on(const char *name)
{
	struct ethtool_value flags = {.cmd = ETHTOOL_GFLAGS};
	struct ifreq request = {.ifr_data = (void *)&flags};
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	bool on;

	if (fd < 0)
		return true; /* unknown: be careful */
	strncpy(request.ifr_name, name, sizeof(request.ifr_name) - 1);
	on = !ioctl(fd, SIOCETHTOOL, &request) && flags.data & ETH_FLAG_RXVLAN;
	close(fd);
	return on;
}

struct search {
	__u32 lower;
	bool found;
};

static int take_link(const struct nlmsghdr *header, void *context)
{
	const struct nlattr *at[IFLA_LINKINFO + 1], *info[IFLA_INFO_KIND + 1];
	struct search *search = context;
	const char *kind;
	__u32 lower;

	netlink_attrs(at, IFLA_LINKINFO, header, sizeof(struct ifinfomsg));
	netlink_nested(info, IFLA_INFO_KIND, at[IFLA_LINKINFO]);
	kind = netlink_text(info[IFLA_INFO_KIND]);
	if (netlink_u32(&lower, at[IFLA_LINK]) && lower == search->lower && kind &&
	    !strcmp(kind, "vlan"))
		search->found = true;
	return MNL_CB_OK;
}

static bool has_vlans(int ifindex)
{
	char buffer[MNL_NLMSG_HDRLEN + sizeof(struct ifinfomsg)]
		__attribute__((aligned(NLMSG_ALIGNTO))) = {0};
	struct nlmsghdr *header = mnl_nlmsg_put_header(buffer);
	struct search search = {.lower = (__u32)ifindex};

	header->nlmsg_type = RTM_GETLINK;
	header->nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
	mnl_nlmsg_put_extra_header(header, sizeof(struct ifinfomsg));
	netlink_ask(NETLINK_ROUTE, header, take_link, &search);
	return search.found;
}

bool vlan_is_stripped(const char *name, int ifindex)
{
	return rxvlan_is_on(name) && has_vlans(ifindex);
}
