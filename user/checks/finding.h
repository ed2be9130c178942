/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Findings: the one currency. Every check returns findings, policy adds them, a verdict carries
 * them, the log keeps them. The table here defines every id once: its class, its default points,
 * whether it convicts, how long its verdicts live, and one line of text. The configuration, the
 * `checks` verb and the man page come from it.
 */
#ifndef MXDP_CHECKS_FINDING_H
#define MXDP_CHECKS_FINDING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum finding_class {
	CLASS_PROTOCOL,
	CLASS_NAMES,
	CLASS_ENVELOPE,
	CLASS_LISTS,
	CLASS_COUNT,
};

enum ttl_class {
	TTL_CONVICTING, /* 30 min, doubling per repeat to 24 h */
	TTL_SCORED,     /* 10 min, doubling to 4 h */
	TTL_DAY,        /* 24 h */
	TTL_LISTS,      /* what the list's answer says, 60 s to 1 h; never doubled */
	TTL_NONE,       /* never makes a verdict */
	TTL_COUNT,
};

/*
 * X(NAME, id, class, points, convicts, mild points, ttl class, text)
 *
 * "mild" is the same finding in its weaker form, which never convicts: helo-illegal without control
 * bytes, helo-known-bot for a name that real machines bear too, helo-our-name in a session that
 * goes on to STARTTLS or AUTH. 0 where there is only one form.
 *
 * The order is part of the map layout (a verdict's cause is an index into it): append only, or
 * raise LAYOUT_VERSION.
 */
#define FINDING_TYPES(X)                                                                         \
	X(EARLY_TALKER, "early-talker", PROTOCOL, 10, true, 0, CONVICTING,                       \
	  "spoke before the banner, and the server acknowledged it")                             \
	X(NON_SMTP, "non-smtp", PROTOCOL, 10, true, 0, CONVICTING,                               \
	  "spoke HTTP, SSH, RDP or SOCKS to the mail port")                                      \
	X(TLS_ON_25, "tls-on-25", PROTOCOL, 3, false, 0, SCORED,                                 \
	  "opened TLS on a plaintext port: autoconfiguration probes do")                         \
	X(ILLEGAL_PIPELINING, "illegal-pipelining", PROTOCOL, 6, false, 0, SCORED,               \
	  "sent commands before the reply that allows them (RFC 2920)")                          \
	X(BARE_LF, "bare-lf", PROTOCOL, 2, false, 0, SCORED,                                     \
	  "ended a command line with LF alone (RFC 5321 2.3.8)")                                 \
	X(NO_HELO, "no-helo", PROTOCOL, 4, false, 0, SCORED,                                     \
	  "MAIL before HELO or EHLO (RFC 5321 4.1.4)")                                           \
	X(JUNK_COMMANDS, "junk-commands", PROTOCOL, 5, false, 0, SCORED,                         \
	  "five or more commands answered 500 or 502")                                           \
	X(HELO_OUR_ADDRESS, "helo-our-address", NAMES, 10, true, 0, CONVICTING,                  \
	  "HELO claims our own public address")                                                  \
	X(HELO_OUR_NAME, "helo-our-name", NAMES, 10, true, 8, CONVICTING,                        \
	  "HELO claims our own host name; mild once the session goes to STARTTLS or AUTH")       \
	X(HELO_ILLEGAL, "helo-illegal", NAMES, 10, true, 5, CONVICTING,                          \
	  "control bytes in the HELO; mild: other bytes that no host name has")                  \
	X(HELO_KNOWN_BOT, "helo-known-bot", NAMES, 10, true, 6, CONVICTING,                      \
	  "HELO of a known bot; mild: a bot's name that real machines bear too")                 \
	X(HELO_BARE_IP, "helo-bare-ip", NAMES, 6, false, 0, SCORED,                              \
	  "HELO is an address without brackets (RFC 5321 4.1.3)")                                \
	X(HELO_NUMERIC_TLD, "helo-numeric-tld", NAMES, 6, false, 0, SCORED,                      \
	  "HELO ends in a label of digits")                                                      \
	X(HELO_BAD_LITERAL, "helo-bad-literal", NAMES, 5, false, 0, SCORED,                      \
	  "HELO is a bracketed literal that is no address")                                      \
	X(HELO_LOCALHOST, "helo-localhost", NAMES, 5, false, 0, SCORED,                          \
	  "HELO says localhost or a loopback address")                                           \
	X(HELO_LITERAL_MISMATCH, "helo-literal-mismatch", NAMES, 3, false, 0, SCORED,            \
	  "HELO is a public address literal of somebody else")                                   \
	X(HELO_DYNAMIC, "helo-dynamic", NAMES, 3, false, 0, SCORED,                              \
	  "HELO carries the client's address: a dial-up name")                                   \
	X(HELO_PRIVATE_LITERAL, "helo-private-literal", NAMES, 2, false, 0, SCORED,              \
	  "HELO is the literal of a private address")                                            \
	X(HELO_SINGLE_LABEL, "helo-single-label", NAMES, 2, false, 0, SCORED, "HELO has no dot") \
	X(HELO_LOCAL_TLD, "helo-local-tld", NAMES, 2, false, 0, SCORED,                          \
	  "HELO ends in .local, .lan or another name that exists in no public DNS")              \
	X(HELO_UNDERSCORE, "helo-underscore", NAMES, 1, false, 0, SCORED,                        \
	  "HELO has an underscore")                                                              \
	X(AUTH_UNOFFERED, "auth-unoffered", PROTOCOL, 6, false, 0, SCORED,                       \
	  "AUTH where the reply to EHLO did not offer it (RFC 4954 4)")                          \
	X(AUTH_FAILURES, "auth-failures", PROTOCOL, 10, true, 5, CONVICTING,                     \
	  "ten or more failed AUTH within an hour and no success; mild on submission ports")     \
	X(HANGUPS, "hangups", PROTOCOL, 0, false, 0, NONE,                                       \
	  "five or more connections within an hour left without a command: counted only")        \
	X(RCPT_PROBING, "rcpt-probing", ENVELOPE, 6, false, 0, SCORED,                           \
	  "ten or more recipients refused as unknown, nine tenths of all")                       \
	X(RELAY_ATTEMPT, "relay-attempt", ENVELOPE, 4, false, 0, SCORED,                         \
	  "a recipient refused because we do not relay")                                         \
	X(RCPT_TRAP, "rcpt-trap", ENVELOPE, 10, true, 3, DAY,                                    \
	  "mail for a trap address; mild with the null sender")                                  \
	X(SENDER_ILLEGAL, "sender-illegal", ENVELOPE, 3, false, 0, SCORED,                       \
	  "a sender that is no address (RFC 5321 4.1.2)")                                        \
	X(SENDER_OUR_DOMAIN, "sender-our-domain", ENVELOPE, 1, false, 0, SCORED,                 \
	  "a sender of a domain of ours: forwarders and lists do that")                          \
	X(NULL_SENDER_MULTI_RCPT, "null-sender-multi-rcpt", ENVELOPE, 3, false, 0, SCORED,       \
	  "a bounce for several recipients (RFC 5321 6.1)")                                      \
	X(PATTERN, "pattern", PROTOCOL, 0, false, 0, SCORED,                                     \
	  "a pattern of the administrator's own; class, points and effect stand with each")      \
	X(RDNS_MISSING, "rdns-missing", NAMES, 3, false, 0, SCORED,                              \
	  "the client's address has no name in the DNS")                                         \
	X(RDNS_MISMATCH, "rdns-mismatch", NAMES, 1, false, 0, SCORED,                            \
	  "none of the client's names has the client's address (RFC 1912 2.1)")                  \
	X(HELO_UNRESOLVABLE, "helo-unresolvable", NAMES, 2, false, 0, SCORED,                    \
	  "HELO is a name that the DNS does not know")                                           \
	X(HELO_DNS_MISMATCH, "helo-dns-mismatch", NAMES, 1, false, 0, SCORED,                    \
	  "HELO is the name of other addresses than the client's")                               \
	X(HELO_BRAND_FORGERY, "helo-brand-forgery", NAMES, 8, false, 0, SCORED,                  \
	  "HELO is a big sender's name, and the client's own name is another")                   \
	X(SENDER_UNRESOLVABLE, "sender-unresolvable", ENVELOPE, 3, false, 0, SCORED,             \
	  "a sender whose domain cannot receive mail (RFC 5321 5.1, RFC 7505)")                  \
	X(DNSBL, "dnsbl", LISTS, 0, false, 0, LISTS,                                             \
	  "a DNS list holds the client; points and effect stand with each list")                 \
	X(DNSWL, "dnswl", LISTS, 0, false, 0, LISTS,                                             \
	  "a DNS list vouches for the client: points below zero")                                \
	X(RHSBL_HELO, "rhsbl-helo", LISTS, 0, false, 0, LISTS,                                   \
	  "a DNS list of domains holds the HELO")                                                \
	X(RHSBL_SENDER, "rhsbl-sender", ENVELOPE, 0, false, 0, LISTS,                            \
	  "a DNS list of domains holds the sender's: a forwarder would pay")                     \
	X(FEED, "feed", LISTS, 0, false, 0, LISTS,                                               \
	  "a feed that scores holds the client; points stand with each feed")

enum finding_id {
#define X(name, id, class, points, convicts, mild, ttl, text) FINDING_##name,
	FINDING_TYPES(X)
#undef X
		FINDING_COUNT,
};

/* What stands in a verdict's cause field besides a finding. */
enum cause {
	CAUSE_MANUAL = 1024, /* mxdpctl block; out of the way of findings that are added */
	CAUSE_SCORE,         /* points of several findings, none of which convicts */
	CAUSE_COUNT,
};

struct finding_type {
	const char *id;
	enum finding_class class;
	int points;
	bool convicts;
	int mild_points;
	enum ttl_class ttl;
	const char *text;
};

extern const struct finding_type finding_types[FINDING_COUNT];

#define FINDING_DETAIL 160 /* at most, terminating zero included */

struct finding {
	uint16_t id;    /* enum finding_id */
	uint16_t which; /* of patterns and lists: index of what stands in the policy; else 0 */
	bool mild;
	uint32_t ttl;       /* of lists: seconds that the answer holds; else 0 */
	const char *detail; /* the bytes that prove it, escaped; in the same struct's text */
};

/* Different patterns that one session may match and have counted, groups of lists, and feeds: with
 * a point each, nine are all that lists may bring. */
#define FINDINGS_PATTERNS 7
#define FINDINGS_LISTS    16
#define FINDINGS_FEEDS    9
#define FINDINGS_TEXT     3072

/*
 * A session's findings, each once: the strong form replaces the mild one. Not to be copied: details
 * point into it. Where their room is used up a detail is cut, and the finding stands all the same.
 */
struct findings {
	size_t count;
	size_t text_used;
	struct finding list[FINDING_COUNT + FINDINGS_PATTERNS + FINDINGS_LISTS + FINDINGS_FEEDS];
	char text[FINDINGS_TEXT];
};

/* The rest of it needs no clearing. */
static inline void findings_clear(struct findings *f)
{
	f->count = f->text_used = 0;
}

/* Adds or strengthens; true where that changed anything. `format` makes the detail. */
bool findings_add(struct findings *f, enum finding_id id, bool mild, const char *format, ...)
	__attribute__((format(printf, 4, 5)));

/* The same with a detail that is ready: no printf on the way to most verdicts. */
bool findings_put(struct findings *f, enum finding_id id, bool mild, const char *detail);

/*
 * The same for a pattern of the administrator's (FINDING_PATTERN), a list (FINDING_DNSBL and its
 * kin) or a feed (FINDING_FEED): each `which` counts once.
 */
bool findings_put_pattern(struct findings *f, unsigned which, const char *detail);
bool findings_put_list(struct findings *f, enum finding_id id, unsigned which, uint32_t ttl,
		       const char *detail);
/* Adds what `from` has, as its own kind asks for. */
bool findings_put_copy(struct findings *f, const struct finding *from);

/* Takes out those that `gone' says yes to. */
void findings_forget(struct findings *f, bool (*gone)(const struct finding *f, const void *context),
		     const void *context);

/* Of a finding's id, or of a verdict's cause. A feed is a list, too. */
static inline bool cause_is_of_list(unsigned cause)
{
	return cause >= FINDING_DNSBL && cause <= FINDING_FEED;
}

static inline bool finding_is_of_list(const struct finding *f)
{
	return cause_is_of_list(f->id);
}

/* A findings_forget() of what has a number, which means something else in a new configuration. */
bool finding_is_numbered(const struct finding *f, const void *unused);

const struct finding *findings_get(const struct findings *f, enum finding_id id);

/* "early-talker" -> FINDING_EARLY_TALKER; false where no finding is called so. */
bool finding_parse(enum finding_id *out, const char *id);

/* "early-talker", "manual", "score": a verdict's cause in words. */
const char *cause_name(unsigned cause);
/* The reverse, for `unblock --by`. */
bool cause_parse(unsigned *out, const char *name);

const char *finding_class_name(enum finding_class class);

#endif
