/* SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause */
/*
 * Fates: what became of each packet, named once for the kernel side, for status and for the tests.
 * Every exit of the XDP and TC programs counts exactly one fate (tap losses come on top).
 *
 * X(name, text, verdict) where verdict is what the packet met: pass, drop or tx; tap marks facts
 * about evidence, counted besides the packet's own fate.
 */
#ifndef MXDP_MAPS_FATES_H
#define MXDP_MAPS_FATES_H

#define FATES(X)                                                                                   \
	X(NOT_IP, "not IPv4 or IPv6", PASS)                                                        \
	X(NOT_TCP, "IP, but not TCP", PASS)                                                        \
	X(NOT_MAIL, "TCP, but not to a mail port", PASS)                                           \
	X(MALFORMED, "headers cut short or nonsense", PASS)                                        \
	X(EXT_DEEP, "IPv6 extension header chain longer than the parser follows", PASS)            \
	X(FRAGMENT, "later fragment: carries no ports", PASS)                                      \
	X(SYN_CLEAN, "SYN from a source without a verdict", PASS)                                  \
	X(SYN_EXPIRED, "SYN from a source whose verdict has run out", PASS)                        \
	X(SYN_WATCHED, "SYN from a source on watch", PASS)                                         \
	X(SYN_ALLOWED, "SYN under a verdict, but the source is allowed", PASS)                     \
	X(SYN_NOT_LOCAL, "SYN under a verdict, but not to an address that is protected", PASS)     \
	X(SYN_MONITORED, "SYN that enforce mode would have dropped", PASS)                         \
	X(SYN_STALE, "SYN under a verdict, but the agent is gone for too long", PASS)              \
	X(SYN_COURTESY, "SYN let through so that the MTA can say why", PASS)                       \
	X(SYN_DROPPED, "SYN dropped", DROP)                                                        \
	X(SYN_RESET, "SYN answered with a reset", TX)                                              \
	X(FRAGMENT_DROPPED, "first fragment that hides its flags, source under verdict", DROP)     \
	X(MAIL_BARE, "mail segment without payload", PASS)                                         \
	X(MAIL_UNPROVEN, "payload that no proven flow explains", PASS)                             \
	X(MAIL_HELD, "payload before the banner, held until acknowledged", PASS)                   \
	X(MAIL_STALE, "payload already acknowledged: a retransmission", PASS)                      \
	X(MAIL_OUTSIDE, "payload outside the proven window or acknowledgement", PASS)              \
	X(MAIL_QUIET, "payload of a phase that is not looked at: TLS, message body, budget", PASS) \
	X(MAIL_SEEN, "payload handed to the agent as evidence", PASS)                              \
	X(REPLY_OTHER, "outgoing packet that is no mail reply", PASS)                              \
	X(REPLY_BARE, "outgoing mail segment that adds nothing", PASS)                             \
	X(REPLY_QUIET, "outgoing payload of a phase that is not looked at", PASS)                  \
	X(REPLY_SEEN, "reply or acknowledgement handed to the agent", PASS)                        \
	X(FLOW_BORN, "flows proven", TAP)                                                          \
	X(RECORD_LOST, "records lost because the ring was full", TAP)                              \
	X(RECORD_CUT, "records that hold less than the segment carried", TAP)                      \
	X(RESET_LIMITED,                                                                           \
	  "resets that became drops: over the limit, or the frame did not allow it", TAP)          \
	X(SYN_FEED_OLD, "SYN from a source that only a list past its age names", PASS)             \
	X(SYN_LIMITED, "SYN dropped: more of them came than the limit for its source", DROP)

enum fate {
	FATE_PENDING, /* none yet: what a parser returns to say "go on"; never counted */
#define X(name, text, verdict) FATE_##name,
	FATES(X)
#undef X
		FATE_COUNT,
};

#endif
