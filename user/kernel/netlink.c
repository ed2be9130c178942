// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#include "netlink.h"

/* The kernel answers dumps with datagrams of up to 32 KiB where the reader offers the room. */
#define ANSWER_BYTES 32768

static int read_answers(struct mnl_socket *socket, unsigned seq, mnl_cb_t fn, void *context)
{
	char buffer[ANSWER_BYTES] __attribute__((aligned(NLMSG_ALIGNTO)));
	unsigned port = mnl_socket_get_portid(socket);
	int more = MNL_CB_OK;

	while (more > MNL_CB_STOP) {
		ssize_t got = mnl_socket_recvfrom(socket, buffer, sizeof(buffer));

		if (got < 0)
			return -errno;
		more = mnl_cb_run(buffer, (size_t)got, seq, port, fn, context);
	}
	return more < 0 ? -errno : 0;
}

int netlink_ask(int bus, struct nlmsghdr *request, mnl_cb_t fn, void *context)
{
	/* The kernel answers at once; the limit is for the day when it does not. */
	const struct timeval limit = {.tv_sec = 5};
	struct mnl_socket *socket = mnl_socket_open2(bus, SOCK_CLOEXEC);
	int err;

	if (!socket)
		return -errno;
	request->nlmsg_seq = 1;
	if (mnl_socket_bind(socket, 0, MNL_SOCKET_AUTOPID) < 0 ||
	    setsockopt(mnl_socket_get_fd(socket), SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit)) ||
	    mnl_socket_sendto(socket, request, request->nlmsg_len) < 0)
		err = -errno;
	else
		err = read_answers(socket, request->nlmsg_seq, fn, context);
	mnl_socket_close(socket);
	return err;
}

struct table {
	const struct nlattr **at;
	unsigned max;
};

static int keep(const struct nlattr *attr, void *context)
{
	struct table *table = context;

	if (mnl_attr_get_type(attr) <= table->max)
		table->at[mnl_attr_get_type(attr)] = attr;
	return MNL_CB_OK;
}

void netlink_payload(const struct nlattr **at, unsigned max, const void *bytes, size_t len)
{
	struct table table = {.at = at, .max = max};

	memset(at, 0, (max + 1) * sizeof(*at));
	mnl_attr_parse_payload(bytes, len, keep, &table);
}

void netlink_attrs(const struct nlattr **at, unsigned max, const struct nlmsghdr *header,
		   size_t head)
{
	size_t len = mnl_nlmsg_get_payload_len(header);

	head = MNL_ALIGN(head);
	netlink_payload(at, max, mnl_nlmsg_get_payload_offset(header, head),
			len > head ? len - head : 0);
}

void netlink_nested(const struct nlattr **at, unsigned max, const struct nlattr *nest)
{
	netlink_payload(at, max, nest ? mnl_attr_get_payload(nest) : NULL,
			nest ? mnl_attr_get_payload_len(nest) : 0);
}

bool netlink_u32(__u32 *out, const struct nlattr *attr)
{
	if (!attr || mnl_attr_get_payload_len(attr) != sizeof(*out))
		return false;
	*out = mnl_attr_get_u32(attr);
	return true;
}

const char *netlink_text(const struct nlattr *attr)
{
	return attr && mnl_attr_validate(attr, MNL_TYPE_NUL_STRING) >= 0 ? mnl_attr_get_str(attr)
									 : NULL;
}
