/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The data sets of rbldnsd(8), read as version 1.0 of it reads them; the manual differs.
 *
 *   "#" or ";" first: a comment, but with "$" behind it, like "$" itself or ":$", a special entry.
 *   ENTRY [VALUE], "!ENTRY" excepts; ":A:TEXT" alone is the default value. ENTRY ends at a blank,
 *   "#", ";" or ":"; a value that rbldnsd cannot use spoils its line. Numbers are decimal, whatever
 *   their leading zeros.
 *
 *   ip4set   a.b.c.d, fewer octets, a network, a range of two alike (127.16-31 counts the last
 *            octet on). "10" alone and /0 are mistakes, host bits too. What is decided for single
 *            addresses beats what is for /24s, that beats /16s, that /8s; within a level an
 *            exception beats a listing. 192.0.2.0/30 with !192.0.2.0/29 lists nothing.
 *   ip4trie  no ranges; /0 is good (to except: it is refused as a listing here); the longest
 *            prefix decides, and of two alike the first.
 *   ip4tset  single addresses; values count for nothing, and nothing is excepted.
 *   ip6trie  networks, where groups left out at the end are zero and no length means those given:
 *            2001:db8 is a /32. No dotted tail. Decided as in ip4trie.
 *   ip6tset  four groups, a /64; only single addresses are excepted, and wherever they stand.
 *
 * $MAXRANGE4 limits ip4set and ip4trie, and can only shrink. A $TIMESTAMP of tomorrow spoils the
 * whole list; one that has expired is told, for rbldnsd would load it and not serve it. Other
 * special entries change nothing about which addresses are listed. Kinder than rbldnsd: CR LF and a
 * byte order mark are no mistake. Stricter: see feed.h.
 */
#ifndef MXDP_FEEDS_RBLDNSD_H
#define MXDP_FEEDS_RBLDNSD_H

#include "parser.h"

/*
 * Comments, special entries and default values, which all types share. True where the line was one
 * of them; *err is what the parser returns then.
 */
bool rbldnsd_common(struct feed *feed, const struct feed_line *line, int *err);

/* A special entry; `text' is behind its dollar sign. */
int rbldnsd_special(struct feed *feed, const char *text);

/* "!" and the blanks behind it. */
bool rbldnsd_excepts(const char **text);

/* Whether an entry may end here. */
bool rbldnsd_ends(const char *text);

/* The value behind an entry, or a line of its own; false where it was told what is wrong. */
bool rbldnsd_value(struct feed *feed, const char *value, const char *line);

/* `why` the entry of the line is wrong. */
int rbldnsd_bad(struct feed *feed, const char *line, const char *why);

#define RBLDNSD_NO_ADDRESS "is nothing that rbldnsd takes for an address here"
#define RBLDNSD_HOST_BITS  "has bits set behind its length"

/* One to four octets, from the left; how many, or 0. */
unsigned rbldnsd_octets(uint32_t *out, const char **text);

#endif
