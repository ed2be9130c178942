/* SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause */
/*
 * Port classes. A verdict is keyed by address and port class, because what is known of a client on
 * port 25 (its HELO, a policy block list) says nothing about it on the submission ports: people who
 * submit mail live in the very ranges that policy lists hold.
 */
#ifndef MXDP_MAPS_PORTS_H
#define MXDP_MAPS_PORTS_H

enum port_class {
	PORTS_MX,         /* 25: mail between servers (RFC 5321) */
	PORTS_SUBMISSION, /* 587 and 465: mail from users (RFC 6409, RFC 8314) */
	PORTS_COUNT,
	PORTS_NONE = PORTS_COUNT, /* not a mail port */
};

/* How many ports of each class a configuration can name. */
#define PORTS_PER_CLASS 4

#endif
