/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One netlink request and its answers, through libmnl, and the attributes of a message as a table.
 * For requests only; events are links.h.
 */
#ifndef MXDP_KERNEL_NETLINK_H
#define MXDP_KERNEL_NETLINK_H

#include <libmnl/libmnl.h>
#include <stdbool.h>

/*
 * Opens a socket on `bus` (NETLINK_ROUTE, ...), sends `request`, hands every answer to `fn` until
 * the last one or the acknowledgement has come, closes the socket. `fn` returns MNL_CB_OK or
 * MNL_CB_STOP. Returns 0 or -errno; -EINTR where a dump changed under way and may be incomplete.
 */
int netlink_ask(int bus, struct nlmsghdr *request, mnl_cb_t fn, void *context);

/*
 * at[type] for every type up to `max`, NULL where it is not there: of what follows the fixed header
 * of `head` bytes in a message, of an attribute's payload (NULL: none), or of plain bytes.
 */
void netlink_attrs(const struct nlattr **at, unsigned max, const struct nlmsghdr *header,
		   size_t head);
void netlink_nested(const struct nlattr **at, unsigned max, const struct nlattr *nest);
void netlink_payload(const struct nlattr **at, unsigned max, const void *bytes, size_t len);

/* A number of 32 bits in host byte order; false where there is none. */
bool netlink_u32(__u32 *out, const struct nlattr *attr);
/* A string that ends within the attribute, else NULL. */
const char *netlink_text(const struct nlattr *attr);

#endif
