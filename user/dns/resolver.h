/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Questions to the DNS: libunbound, asynchronous on the agent's loop, recursing by itself unless
 * servers are named. Its cache is shared by all questions and lives as long as the resolver.
 *
 * libunbound gives a silent server's question up after many seconds: each question has a deadline
 * of its own. Identical questions under way at the same time are asked once. What comes back is
 * hostile: records that do not parse are left out (wire.h), and TTLs are clamped. There is no
 * DNSSEC validation.
 *
 * libunbound runs one thread of its own. Nothing here waits for it: a burst of questions goes to
 * it, and of answers comes from it, in turns of two milliseconds. It reads no file but
 * /dev/urandom where getrandom() is missing, and never /etc/resolv.conf. Up to 8192 questions are
 * on the wire at a time, each with a socket of its own: the soft limit of open files is raised
 * towards 16384 where the hard one allows it, else half of what there is goes to them.
 *
 * A server that was silent for some 2.5 seconds is given up: what is asked of it fails at once for
 * up to 15 seconds, then it is tried anew.
 *
 * Some of libunbound's settings (its TTL limits) belong to the process: one resolver at a time.
 */
#ifndef MXDP_DNS_RESOLVER_H
#define MXDP_DNS_RESOLVER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <uv.h>
#include "../base/addr.h"
#include "../base/histogram.h"

#define DNS_NAME    256 /* "mail.example.net", without a dot at the end; terminating zero included */
#define DNS_RECORDS 16  /* of an answer; more are left out */
#define DNS_TEXT    256
#define DNS_SPF     2048 /* of an SPF record; senders keep theirs below 512 (RFC 7208 3.4) */

/* RFC 1035 3.2.2, RFC 3596. */
enum dns_type {
	DNS_A = 1,
	DNS_PTR = 12,
	DNS_MX = 15,
	DNS_TXT = 16,
	DNS_AAAA = 28,
};

enum dns_status {
	DNS_ANSWER,    /* at least one record of the type that was asked for */
	DNS_NO_NAME,   /* NXDOMAIN */
	DNS_NO_DATA,   /* the name is there, a record of this type is not */
	DNS_FAILED,    /* SERVFAIL, REFUSED, lame, no record that parses: says nothing */
	DNS_TIMED_OUT, /* the same, by our own deadline */
};

/* Names are in lower case and can be asked about; one MX that is "" says: no mail (RFC 7505). */
struct dns_answer {
	enum dns_status status;
	uint32_t ttl; /* seconds, clamped; of a denial how long it holds; 0 where nothing is said */
	size_t count;
	struct addr addr[DNS_RECORDS];    /* DNS_A (mapped), DNS_AAAA */
	char name[DNS_RECORDS][DNS_NAME]; /* DNS_PTR, DNS_MX (by preference) */
	char text[DNS_TEXT];              /* DNS_TXT: the first, escaped */
	unsigned spf_count;               /* DNS_TXT: how many of them are SPF records */
	bool spf_unfit;                   /* one of these is too long, or holds a zero byte */
	char spf[DNS_SPF];                /* the last of these, any bytes but zero */
};

struct dns_server {
	struct addr addr;
	uint16_t port; /* host byte order */
};

/* A zone whose own servers are asked, past delegation: a local rbldnsd. */
struct dns_stub {
	char zone[DNS_NAME];
	struct dns_server server;
};

struct resolver_settings {
	size_t servers_count; /* forwarders; none: recursive from the root */
	const struct dns_server *servers;
	size_t stubs_count;
	const struct dns_stub *stubs;
	uint32_t timeout;          /* milliseconds */
	uint32_t ttl_min, ttl_max; /* seconds, of positive answers */
	uint32_t negative_ttl_max;
	size_t cache_bytes;
	/* Different questions at a time; beyond it DNS_TIMED_OUT at once. One counts until
	 * libunbound has done with it, which may be seconds after its deadline. Costs some 10 kB
	 * each while it is asked. */
	unsigned under_way_max;
};

struct resolver_counts {
	uint64_t asked;                                /* by callers */
	uint64_t coalesced;                            /* of these, joined to one under way */
	uint64_t sent;                                 /* given to libunbound */
	uint64_t answered, failed, timed_out, refused; /* refused: under_way_max was reached */
	unsigned under_way;
	struct histogram took; /* of those sent, until libunbound had done with them */
};

struct resolver;
struct dns_question;

/* Called from the loop, never from within dns_ask(); the answer is the resolver's. The question is
 * gone then. It may ask and cancel others. */
typedef void (*dns_fn)(const struct dns_answer *answer, void *context);

/* NULL with `error` filled in. Its thread starts with the first question, under the privileges of
 * that moment. */
struct resolver *resolver_new(uv_loop_t *loop, const struct resolver_settings *settings,
			      char *error, size_t error_size);

/* NULL where memory is short or `name` is none that can be asked about (wire.h; so is one with a
 * dot at its end): nobody is called then. */
struct dns_question *dns_ask(struct resolver *r, const char *name, enum dns_type type, dns_fn fn,
			     void *context);
/* `fn` is not called any more. */
void dns_cancel(struct dns_question *question);

const struct resolver_counts *resolver_counts(const struct resolver *r);
/* Nobody is called any more; handles on the loop close themselves in its next turns. */
void resolver_free(struct resolver *r);

#endif
