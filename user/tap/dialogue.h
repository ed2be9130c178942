/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The SMTP dialogue of one session: bytes that the server acknowledged in, findings out.
 *
 * Every command carries what its sender had acknowledged when it sent it. So "spoke before the
 * banner" and "did not wait for the reply that allows pipelining" are read off the wire exactly,
 * without making anybody wait. STARTTLS ends what can be seen; a message body is not looked at; the
 * answers to AUTH are never kept.
 *
 * Nothing is held against a client before the server's 220 has been seen (or what Exim says in its
 * place to those who did not wait for it), or the session is known to have been joined midway: a
 * connection found again in its middle looks like a client that speaks first. And what rests on the
 * order of commands and replies stands down where some of them were not seen.
 *
 * Pure but for what it holds: no clock, no map, no DNS.
 */
#ifndef MXDP_TAP_DIALOGUE_H
#define MXDP_TAP_DIALOGUE_H

#include "../base/addr.h"
#include "../base/outcome.h"
#include "../checks/finding.h"
#include "../checks/envelope.h"
#include "../checks/helo.h"
#include "../checks/pattern.h"
#include "../policy/policy.h"
#include "../../maps/ports.h"
#include "smtp.h"
#include "stream.h"

#define DIALOGUE_LINE       640 /* longest line that is kept; RFC 5321 4.5.3.1.4 allows 512 */
#define DIALOGUE_PENDING    64  /* runs of equal commands that may wait for their replies */
#define DIALOGUE_KEPT       8   /* HELOs, senders and recipients kept for the log, each */
#define DIALOGUE_TEXT       200 /* bytes of one, escaped */
#define DIALOGUE_KEPT_TEXT  520 /* bytes of all HELOs, all senders, all recipients */
#define DIALOGUE_RECIPIENTS 64  /* recipients told apart */

/*
 * What is known of a server on one class of ports across sessions; early talk stands down until
 * pipe_connect is NO. YES stays: Exim may invite some clients and not others.
 */
struct server_profile {
	enum { PIPE_CONNECT_UNKNOWN, PIPE_CONNECT_NO, PIPE_CONNECT_YES } pipe_connect;
};

/* What the checks compare with. Nothing is owned. */
struct dialogue_rules {
	const struct policy *policy; /* on which ports each finding counts */
	struct helo_names helo;
	struct envelope_names envelope;
	struct pattern *const *patterns;
	size_t patterns_count;
};

enum dialogue_state {
	DIALOGUE_BANNER, /* the last 220 line is still to come */
	DIALOGUE_COMMAND,
	DIALOGUE_AUTH, /* the client's next lines are credentials: skipped */
	DIALOGUE_BODY, /* after 354, until the final reply */
	DIALOGUE_TLS,
	DIALOGUE_FOREIGN, /* not SMTP, or LMTP: nothing more is judged */
};

struct line {
	uint8_t bytes[DIALOGUE_LINE];
	size_t len;   /* of the whole line; what is beyond the buffer is not kept */
	uint32_t ack; /* acknowledgement that came with its first byte */
	uint8_t last; /* byte so far, kept or not */
};

/* Commands in a row that wait for their replies, alike but for their arguments. */
struct pending {
	uint32_t count;
	uint8_t verb;    /* enum smtp_verb */
	bool data_last;  /* BDAT LAST */
	bool ends_group; /* the client must wait for the reply before it goes on */
};

/* The first few of a kind, escaped, one behind the other; where they are long each is cut. */
struct kept {
	size_t seen; /* all */
	uint16_t used;
	uint16_t at[DIALOGUE_KEPT];
	char text[DIALOGUE_KEPT_TEXT];
};

/* How many can be had by kept_text(), with i from 0. */
static inline size_t kept_count(const struct kept *kept)
{
	return kept->seen < DIALOGUE_KEPT ? kept->seen : DIALOGUE_KEPT;
}

static inline const char *kept_text(const struct kept *kept, size_t i)
{
	return kept->text + kept->at[i];
}

struct dialogue {
	/* set by the owner before the first byte */
	struct addr client;
	struct addr server;
	enum port_class ports;
	const struct dialogue_rules *rules;
	struct server_profile *profile;

	enum dialogue_state state;
	bool partial;  /* something in between was not seen, or it was joined midway */
	bool crowded;  /* more contradicting bytes came than are kept: it ends as partial, but what
			* others did not see is no excuse before that */
	bool midway;   /* joined after the banner, or where a refusal leaves that open */
	bool relay;    /* PROXY header or XCLIENT, and the server took it: a relay of ours */
	bool starttls; /* the session went to TLS */
	bool quit;
	bool dropped; /* the client left without QUIT; the owner says so before dialogue_end() */
	unsigned accepted; /* messages */
	int refused;       /* code of the last refusal of MAIL, RCPT or a message; 0 none */
	unsigned commands; /* of the client, known or not */
	unsigned auth_failures, auth_successes; /* replies 535 and 235 */

	char banner_name[256];
	uint32_t banner_end; /* server sequence number behind the last 220 line */

	/* private from here on to `helo' */
	uint8_t opening[16]; /* the client's first bytes */
	size_t opening_len;
	bool opening_done;
	enum smtp_opening opened;
	bool contested;    /* some bytes came in two readings: nothing they claim is granted */
	bool claims_proxy; /* a PROXY header came; the server has not shown yet what it makes of it
			    */
	uint64_t proxy_left; /* bytes of the header still to skip */
	bool banner_begun;   /* a 220 line was seen, or Exim's complaint in its place */
	bool banner_done;    /* the last one was, or a refusal in its place */
	bool greeted;        /* HELO or EHLO seen */
	bool ehlo_reply;     /* inside the reply to EHLO */
	bool pipelining, pipe_connect, auth_offered, chunking;
	bool offers_known;                   /* a whole reply to HELO or EHLO was seen */
	uint32_t offers_end;                 /* server sequence number behind the first one */
	bool invited;                        /* PIPE_CONNECT: went on without that reply */
	unsigned reply_topics;               /* of the lines of a reply so far */
	char relay_text[FINDING_DETAIL / 2]; /* the line of it that speaks of relaying */
	bool spoke_early;
	bool our_name_held;   /* helo-our-name, until it is known whether TLS or AUTH follows */
	bool asked_for_trust; /* STARTTLS or AUTH: helo-our-name is mild from then on */
	char our_name_detail[FINDING_DETAIL];
	unsigned junk;
	uint64_t bdat_left; /* bytes of a BDAT chunk still to skip */
	size_t pending_count;
	uint32_t sync_end; /* server sequence number behind the last reply that had to be awaited */
	bool sync_known;
	bool holds; /* `held' has some */
	struct {
		bool null_sender;
		unsigned recipients;        /* of this transaction */
		unsigned answered, unknown; /* RCPTs of the session: all, and refused as unknown */
		size_t distinct;
		size_t asked; /* RCPTs that wait for their reply, oldest first */
		uint32_t unknown_hash[DIALOGUE_RECIPIENTS];
		uint32_t asked_hash[DIALOGUE_RECIPIENTS];
	} rcpt;
	struct pending pending[DIALOGUE_PENDING];
	struct line from_client, from_server;

	/*
	 * Long, and filled no further than their counts say. They stand behind all else, so that
	 * the pages of what a session does not need are never touched; see dialogue_clear().
	 */
	struct kept helo, mail_from, rcpt_to;
	struct findings findings;
	struct findings held; /* until the banner proves that this is the beginning */
};

/* Like all zero, but leaves alone what is beyond the counts: most of it is never written. */
void dialogue_clear(struct dialogue *d);

/* Chunks of one direction, in the order in which stream_deliver() gives them. */
void dialogue_client(struct dialogue *d, const struct chunk *chunk);
void dialogue_server(struct dialogue *d, const struct chunk *chunk);

/* No more bytes will come: what waited for more is decided now. */
void dialogue_end(struct dialogue *d);

/*
 * What the owner found across sessions: so many failures to authenticate or more (on submission
 * ports too), so many connections left without a word.
 */
void dialogue_accuse_auth(struct dialogue *d, unsigned failures);
void dialogue_accuse_hangups(struct dialogue *d, unsigned hangups);

enum outcome dialogue_result(const struct dialogue *d);
/* "accepted 1 message", "refused with 550", "dropped by peer", "unknown: encrypted", ... */
const char *dialogue_outcome(char *text, size_t size, const struct dialogue *d);

#endif
