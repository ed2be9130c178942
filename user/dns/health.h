/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Whether a list may be believed. Lists die, are parked, refuse a resolver, list the world: sites
 * have lost all their mail to answers that were no listings. Two things are held against a list:
 *
 *   probes   what it must list and must not (RFC 5782 5), a name that is never listed, and a name
 *            made up on the spot, asked at the start and again and again
 *   answers  what clients' questions bring: one that refuses or is out of bounds opens the list at
 *            once; failures degrade it, then open it; and so does listing nearly everybody
 *
 *   untested --good probe--> healthy --failures--> degraded --more, or a bad probe--> open
 *                               ^-------good probe----'                                |
 *                               '-----------------two good probes in a row-------------'
 *
 * Open, as of a fuse: nothing passes. Pure: times are milliseconds of any clock that does not run
 * back, given by the caller; the words are for people and hold no key.
 */
#ifndef MXDP_DNS_HEALTH_H
#define MXDP_DNS_HEALTH_H

#include "list.h"

#define HEALTH_WORDS    256
#define HEALTH_SUBJECTS 8192 /* bits by which different clients are told apart */

enum health_state {
	HEALTH_UNTESTED,
	HEALTH_HEALTHY,
	HEALTH_DEGRADED,
	HEALTH_OPEN,
	HEALTH_STATE_COUNT,
};

enum health_change {
	HEALTH_NO_CHANGE,
	HEALTH_OPENED, /* what rests on it is to be withdrawn */
	HEALTH_CLOSED, /* it may be believed, for the first time or again */
};

/* The points of a probe; a list is asked about some of them. */
enum probe_point {
	PROBE_LISTED,        /* 127.0.0.2, or the domain TEST */
	PROBE_NOT_LISTED,    /* 127.0.0.1, or INVALID */
	PROBE_LISTED_V6,     /* ::FFFF:7F00:2 */
	PROBE_NOT_LISTED_V6, /* ::FFFF:7F00:1 */
	PROBE_CANARY,        /* never listed */
	PROBE_RANDOM,        /* a name of the moment, that no cache knows */
	PROBE_POINTS,
};

struct health_answer {
	enum list_meaning meaning;
	enum dns_status status;
	struct addr code; /* where there is one */
};

struct health {
	enum health_state state;
	uint64_t since;           /* of this state */
	char words[HEALTH_WORDS]; /* of the last thing that went wrong: what, and what to do */
	uint64_t words_at;        /* when; of no meaning while there are no words */
	bool domains;             /* it lists domains, not addresses */
	uint64_t due;             /* the next probe */
	uint32_t period;          /* milliseconds between probes */
	uint64_t random;
	bool probed_well;     /* the last probe */
	bool without_v6;      /* it was, but for the IPv6 test entry: not asked about IPv6 */
	unsigned good_probes; /* in a row */
	unsigned bad_probes;
	unsigned silent_probes;
	uint32_t failed; /* the last 32 answers, the newest in bit 0: which failed */
	uint64_t failures, unknown_codes; /* ever */
	struct {
		unsigned asked, listed, enough;
		uint64_t seen[HEALTH_SUBJECTS / 64];
	} ratio; /* of different clients */
};

/* `random` moves probes apart, so that not all agents ask at the same time. Due at once. */
void health_init(struct health *h, const struct list *list, uint64_t random, uint64_t now);
/* Other settings: it is probed soon, and what is known stays. */
void health_renew(struct health *h, const struct list *list, uint64_t now);

/* Whether its listings count: healthy, or degraded with a good last probe. */
bool health_believed(const struct health *h);
/* Whether clients' questions go to it: unless open. */
bool health_asked(const struct health *h);

/* A client's answer; `subject` is a hash of the client or the domain. */
enum health_change health_answered(struct health *h, const struct health_answer *answer,
				   uint64_t subject, uint64_t now);

/*
 * The end of a probe: the answers to the points in the mask `asked` (bit p: enum probe_point p).
 * Sets when the next one is due.
 */
enum health_change health_probed(struct health *h, unsigned asked,
				 const struct health_answer answer[PROBE_POINTS], uint64_t now);

/* The probe could not be asked: says nothing of the list, and is tried again soon. */
void health_put_off(struct health *h, uint64_t now);

const char *health_state_name(enum health_state state);
/* What an answer says, and what to do about it: "answers 127.255.255.254: the operator ...". */
void health_describe(char *words, size_t size, const struct health_answer *answer);

#endif
