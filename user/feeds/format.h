/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The formats that lists of addresses come in.
 *
 *   cidr             an address, network or range (a-b) a line; "#" and ";" begin a comment. Also
 *                    `ipset save': "add NAME ENTRY". Host bits are cut off, as ipset does it.
 *   spamhaus-json    one JSON object a line, with "cidr"; the last says how many there are
 *   spamhaus-drop    "192.0.2.0/24 ; SBL123". Host bits are a mistake.
 *   rbldnsd-*        the data sets of rbldnsd(8), see rbldnsd.h
 *   spamd            what spamd-setup(8) of OpenBSD reads: addresses, networks, "a - b"
 *   auto             looks at the beginning and takes one of the above
 */
#ifndef MXDP_FEEDS_FORMAT_H
#define MXDP_FEEDS_FORMAT_H

#include <stdbool.h>
#include <stddef.h>

enum feed_format {
	FEED_AUTO,
	FEED_CIDR,
	FEED_SPAMHAUS_JSON,
	FEED_SPAMHAUS_DROP,
	FEED_RBLDNSD_IP4SET,
	FEED_RBLDNSD_IP4TRIE,
	FEED_RBLDNSD_IP4TSET,
	FEED_RBLDNSD_IP6TRIE,
	FEED_RBLDNSD_IP6TSET,
	FEED_SPAMD,
	FEED_FORMAT_COUNT,
};

extern const char *const feed_format_names[FEED_FORMAT_COUNT];
bool feed_format_parse(enum feed_format *out, const char *name);

/*
 * What a list is that begins with these bytes (as many as are at hand, up to some ten thousand).
 * Never FEED_AUTO: where nothing tells, it is cidr.
 */
enum feed_format feed_recognise(const char *bytes, size_t len);

/* Why bytes that begin so are no list in any format, and what to do; NULL where they may be. */
const char *feed_no_list(const char *bytes, size_t len);

#endif
