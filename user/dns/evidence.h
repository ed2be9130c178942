/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What others say about a client, made into findings: DNS lists about its address, its HELOs and
 * its senders (lists.h), the DNS about their names (names.h, checks/dns.h). The agent asks so while
 * a session goes on, `mxdpctl judge --dns' and `replay --dns' afterwards.
 *
 *   client, HELOs, senders -> questions -> hits and facts -> findings
 *
 * Findings are put where the caller wants them as answers come, each told at once: who is listed
 * for certain need not wait for the slowest list. Names of the same kind are asked about once, and
 * only the first few of them: a bot may say hundreds. Bare and bracketed addresses are no domains
 * to ask lists about.
 */
#ifndef MXDP_DNS_EVIDENCE_H
#define MXDP_DNS_EVIDENCE_H

#include "../config/config.h"
#include "lists.h"
#include "names.h"

#define EVIDENCE_NAMES 4 /* different HELOs, and as many senders */

/* As whose finding a hit of each kind of list counts. */
#define LIST_FINDINGS                                                       \
	{                                                                   \
		[LIST_DNSBL] = FINDING_DNSBL, [LIST_DNSWL] = FINDING_DNSWL, \
		[LIST_RHSBL_HELO] = FINDING_RHSBL_HELO,                     \
		[LIST_RHSBL_SENDER] = FINDING_RHSBL_SENDER,                 \
	}

/* Who is asked, and what the answers are held against; `config` is the one that `lists` work by. */
struct evidence_sources {
	struct resolver *resolver;
	struct lists *lists;
	const struct config *config;
};

/* Called from the loop, never from within a call of these. What is NULL is not called. */
struct evidence_handlers {
	/* the client's names are known: before anything is made of them */
	void (*client)(const struct client_facts *facts, void *context);
	/* whether it may be held against the client, now; NULL: all may */
	bool (*counts)(enum finding_id id, void *context);
	/* findings have changed, or a question less is waited for */
	void (*changed)(void *context);
};

struct evidence;

/*
 * Asks about the client. `handlers` and `findings` must outlive it. Names are asked about where a
 * finding that comes of them counts on these ports - by default not on the submission ports, for
 * users' machines have none - and a client's where one may allow it. NULL: out of memory.
 */
struct evidence *evidence_new(const struct evidence_sources *sources, const struct addr *client,
			      enum port_class ports, struct findings *findings,
			      const struct evidence_handlers *handlers, void *context);
/* As said, or as kept for the log: "EHLO mail.example.net", "user@example.net". */
void evidence_helo(struct evidence *e, const char *name);
void evidence_hello_line(struct evidence *e, const char *line);
void evidence_sender(struct evidence *e, const char *address);
/* Questions without an answer yet; bounded by the resolver's deadlines. */
unsigned evidence_waiting(const struct evidence *e);
/* Whether that about the client's own names is among them. */
bool evidence_awaits_client(const struct evidence *e);
/* What is still asked is of no interest any more: nobody is called. Not from within a handler. */
void evidence_free(struct evidence *e);

/* What one list said: for findings_forget(), once it is not believed any more. */
struct evidence_of_list {
	const struct policy *policy;
	unsigned list;
};

bool evidence_is_of_list(const struct finding *finding, const void *of_list);

#endif
