/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Replay: a capture through the real programs, attached to nothing, and the real engine.
 *
 *   replay.c          the verb: words, configuration, one file after the other
 *   replay_run.c      frames through BPF_PROG_TEST_RUN, records out of the ring, into sessions
 *   replay_talks.c    who talks to whom, so that what no session covers is still told
 *   replay_dns.c      with --dns: what others say of a session, before its line
 *   replay_print.c    a session or an unproven conversation as a line
 *   replay_frame.c    one frame: found, mended, split
 *
 * Packets to a mail port go through the XDP program, packets from one through the TC program, and
 * the clock is the capture's. Each file begins afresh: no flow, no server is known from another.
 * Lists say what they say now, not what they said when the capture was taken.
 */
#ifndef MXDP_CLI_REPLAY_H
#define MXDP_CLI_REPLAY_H

#include <stdbool.h>
#include <uthash.h>
#include "../config/config.h"
#include "../kernel/object.h"
#include "../tap/sessions.h"
#include "offline_dns.h"
#include "table.h"

/* Conversations and servers of one file that are kept in mind. */
#define REPLAY_TALKS   262144
#define REPLAY_SERVERS 4096 /* as many as the trie of local addresses holds */

/* A connection to a mail port, by whatever was seen of it. */
struct talk {
	struct flow_key flow;
	bool payload; /* somebody said something */
	bool told;    /* a session was printed for it */
	UT_hash_handle hh;
};

struct talks {
	struct talk *table;
	size_t lost; /* beyond REPLAY_TALKS */
};

struct replay_server {
	struct addr addr;
	UT_hash_handle hh;
};

struct replay {
	struct config config;
	struct addr *our_addresses;
	struct dialogue_rules rules;
	bool ignore_never_block;
	bool asks; /* --dns */
	struct offline_dns *dns;

	struct programs programs;
	struct maps maps;
	struct ring_buffer *ring;

	/* of the file that is being read */
	struct sessions *sessions;
	struct talks talks;
	struct replay_server *servers;
	uint64_t now; /* milliseconds; never runs backwards */
	struct replay_frame *frame;
	size_t refused; /* frames that the kernel did not run */
	size_t cut;     /* frames cut off within their headers */
	struct table table;
	uint64_t rows;
	bool json;
	bool no_output; /* standard output takes nothing more */
};

/* Loads the programs. 0, or -errno with one line in `error`. */
int replay_begin(struct replay *r, char *error, size_t error_size);
void replay_end(struct replay *r);

/* Plays one file and prints its sessions. False with one line in `error` where it cannot. */
bool replay_file(struct replay *r, const char *path, char *error, size_t error_size);

/* The entry of `flow`, made where there is none; NULL where there is no room. */
struct talk *talks_get(struct talks *talks, const struct flow_key *flow);
struct talk *talks_find(const struct talks *talks, const struct flow_key *flow);
void talks_free(struct talks *talks);

void replay_print_session(struct replay *r, const struct flow_key *flow, const struct dialogue *d);
/* No session came of it: seen from one side only, or encrypted from the first byte. */
void replay_print_talk(struct replay *r, const struct talk *talk);

/* Where the agent would not block, whatever was found. */
bool replay_never_blocks(const struct replay *r, const struct addr *client);

/* Asked of those who might be blocked; the session's line comes with the answers, in its turn. */
bool replay_dns_open(struct replay *r);
void replay_dns_session(struct replay *r, const struct session *session);

enum port_class replay_ports(const struct replay *r, uint16_t port);

#endif
