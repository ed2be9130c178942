// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <string.h>

#include "../base/addr.h"
#include "netlink.h"
#include "sockdiag.h"

/* What is asked for, and the one answer. */
struct question {
	const struct flow_key *flow;
	int err; /* -ENOENT until a matching answer has come */
	unsigned cookie[2];
};

static void put_addr(__be32 out[4], const struct addr *addr, int family)
{
	if (family == AF_INET)
		out[0] = addr->w[3];
	else
		memcpy(out, addr, sizeof(*addr));
}

static struct addr get_addr(const __be32 from[4], int family)
{
	struct addr addr;

	if (family == AF_INET)
		return addr_from_v4(from[0]);
	memcpy(&addr, from, sizeof(addr));
	return addr;
}

/* The socket's own side is the server's: sock_diag calls it the source. */
static struct nlmsghdr *request(char *buffer, int type, int family, const struct flow_key *flow,
				const unsigned cookie[2])
{
	struct nlmsghdr *header = mnl_nlmsg_put_header(buffer);
	struct inet_diag_req_v2 *ask = mnl_nlmsg_put_extra_header(header, sizeof(*ask));

	header->nlmsg_type = (__u16)type;
	header->nlmsg_flags = NLM_F_REQUEST | (type == SOCK_DESTROY ? NLM_F_ACK : 0);
	ask->sdiag_family = (__u8)family;
	ask->sdiag_protocol = IPPROTO_TCP;
	ask->idiag_states = ~0U;
	put_addr(ask->id.idiag_src, &flow->server, family);
	put_addr(ask->id.idiag_dst, &flow->client, family);
	ask->id.idiag_sport = flow->server_port;
	ask->id.idiag_dport = flow->client_port;
	ask->id.idiag_cookie[0] = cookie[0];
	ask->id.idiag_cookie[1] = cookie[1];
	return header;
}

static bool same_connection(const struct inet_diag_msg *answer, const struct flow_key *flow)
{
	struct addr server = get_addr(answer->id.idiag_src, answer->idiag_family);
	struct addr client = get_addr(answer->id.idiag_dst, answer->idiag_family);

	return addr_equal(&server, &flow->server) && addr_equal(&client, &flow->client) &&
	       answer->id.idiag_sport == flow->server_port &&
	       answer->id.idiag_dport == flow->client_port;
}

/* The kernel answers with the listener where the connection is gone: that is not what was asked. */
static int take_answer(const struct nlmsghdr *header, void *context)
{
	struct question *question = context;
	const struct inet_diag_msg *answer = mnl_nlmsg_get_payload(header);

	if (header->nlmsg_type != SOCK_DIAG_BY_FAMILY ||
	    mnl_nlmsg_get_payload_len(header) < sizeof(*answer))
		return MNL_CB_STOP;
	if (answer->idiag_family != AF_INET && answer->idiag_family != AF_INET6)
		return MNL_CB_STOP;
	if (answer->idiag_state == TCP_LISTEN || answer->idiag_state == TCP_TIME_WAIT ||
	    answer->idiag_state == TCP_CLOSE || !same_connection(answer, question->flow))
		return MNL_CB_STOP;
	memcpy(question->cookie, answer->id.idiag_cookie, sizeof(question->cookie));
	question->err = 0;
	return MNL_CB_STOP;
}

static int find_in(int family, const struct flow_key *flow, unsigned cookie[2])
{
	/* Asking without a cookie is harmless; destroying without one is what must never be. */
	const unsigned any[2] = {INET_DIAG_NOCOOKIE, INET_DIAG_NOCOOKIE};
	struct question question = {.flow = flow, .err = -ENOENT};
	char buffer[MNL_NLMSG_HDRLEN + sizeof(struct inet_diag_req_v2)]
		__attribute__((aligned(NLMSG_ALIGNTO))) = {0};
	int err = netlink_ask(NETLINK_SOCK_DIAG,
			      request(buffer, SOCK_DIAG_BY_FAMILY, family, flow, any), take_answer,
			      &question);

	if (err)
		return err;
	if (!question.err)
		memcpy(cookie, question.cookie, sizeof(question.cookie));
	return question.err;
}

/*
 * An IPv4 client may sit on an AF_INET socket or, through a listener on [::], on an AF_INET6 one.
 * Today's kernels find both by either question; the second costs nothing where the first answers.
 */
int sockdiag_find(const struct flow_key *flow, unsigned cookie[2])
{
	int err;

	if (!addr_is_v4(&flow->server) || !addr_is_v4(&flow->client))
		return find_in(AF_INET6, flow, cookie);
	err = find_in(AF_INET, flow, cookie);
	return err == -ENOENT ? find_in(AF_INET6, flow, cookie) : err;
}

static int destroy_in(int family, const struct flow_key *flow, const unsigned cookie[2])
{
	char buffer[MNL_NLMSG_HDRLEN + sizeof(struct inet_diag_req_v2)]
		__attribute__((aligned(NLMSG_ALIGNTO))) = {0};
	int err = netlink_ask(NETLINK_SOCK_DIAG,
			      request(buffer, SOCK_DESTROY, family, flow, cookie), NULL, NULL);

	/* -ESTALE: the tuple now leads to another socket, mostly the listener. It stays. */
	return err == -ESTALE ? -ENOENT : err;
}

int sockdiag_destroy_cookie(const struct flow_key *flow, const unsigned cookie[2])
{
	int err;

	if (cookie[0] == (unsigned)INET_DIAG_NOCOOKIE && cookie[1] == (unsigned)INET_DIAG_NOCOOKIE)
		return -EINVAL;
	if (!addr_is_v4(&flow->server) || !addr_is_v4(&flow->client))
		return destroy_in(AF_INET6, flow, cookie);
	err = destroy_in(AF_INET, flow, cookie);
	return err == -ENOENT ? destroy_in(AF_INET6, flow, cookie) : err;
}

int sockdiag_destroy(const struct flow_key *flow)
{
	unsigned cookie[2];
	int err = sockdiag_find(flow, cookie);

	return err ? err : sockdiag_destroy_cookie(flow, cookie);
}
