/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * setup: the first configuration of a mail host, made of what is found on it.
 *
 *   setup_look (this host) -> facts -> setup_propose -> text of a configuration, with its reasons
 *                                   -> setup_tell    -> what to know, and what to do next
 *
 * setup_links.c, _listen.c, _mail.c and _system.c look, each at a part: netlink and ethtool, the
 * tables of sockets below /proc/net, the mail server's own configuration, the kernel's words.
 * Looking changes nothing and sends nothing; what cannot be seen is left empty, and never guessed.
 * The rest is pure: facts in, text out.
 *
 * Names and paths come from the kernel and from files of others. Those that go into the
 * configuration were read by their option's own parser; those that are shown are escaped.
 */
#ifndef MXDP_CLI_SETUP_H
#define MXDP_CLI_SETUP_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include "import_postfix.h"
#include "../base/addr.h"

#define SETUP_LINKS     64
#define SETUP_ADDRS     16
#define SETUP_LISTENERS 32
#define SETUP_SERVERS   8
#define SETUP_TEXT      256

struct setup_link {
	char name[16];   /* IFNAMSIZ */
	char kind[16];   /* "bridge", "bond", "vlan", "veth", ... as the kernel says; "" a card */
	char driver[32]; /* "" unknown */
	int index, lower, master; /* the index of the link below, and of the bridge or bond above */
	bool up, loopback, gateway; /* the default route leads there */
	unsigned mtu;
	size_t addr_count;
	struct addr addr[SETUP_ADDRS];
	char refused[SETUP_TEXT]; /* why nothing can be attached there now, or "" */
};

struct setup_listener {
	unsigned port;
	bool any; /* on all addresses; else on this one: */
	struct addr addr;
	unsigned long inode;
	char process[16]; /* its name (TASK_COMM_LEN), or "" */
	int pid;
};

enum setup_resolver {
	SETUP_RESOLVER_PUBLIC, /* asks for everybody: the big lists refuse it */
	SETUP_RESOLVER_OWN,    /* on this host or on a private network */
	SETUP_RESOLVER_OTHER,
};

struct setup_server {
	struct addr addr;
	enum setup_resolver kind;
	const char *whose; /* of SETUP_RESOLVER_PUBLIC */
};

struct setup_facts {
	char host[SETUP_TEXT]; /* with a dot in it, or "" */
	size_t link_count;
	struct setup_link link[SETUP_LINKS];
	size_t listener_count;
	struct setup_listener listener[SETUP_LISTENERS];
	size_t server_count;
	struct setup_server server[SETUP_SERVERS]; /* of resolv.conf */

	/* The mail server's own words. */
	char mail_path[SETUP_TEXT]; /* Postfix's main.cf; "" where Postfix is not here */
	struct import import;       /* what was read there */
	char *mail_text;            /* which `import` points into */
	char *said;                 /* what could not be taken from it, a line each; may be NULL */
	char relayhost[SETUP_TEXT];
	char exim_name[SETUP_TEXT]; /* Exim's primary_hostname, or "" */

	unsigned kernel_major, kernel_minor;
	char kernel[SETUP_TEXT];
	char refused[SETUP_TEXT * 2]; /* why mxdpd would not start, or "" */
	bool lockdown;                /* the kernel keeps its memory from everybody */
	int jit;                      /* of BPF programs: 0, 1, -1 unknown */
	int unprivileged_bpf;         /* whether anybody may load programs: 0, 1, -1 unknown */
	bool systemd, unit;           /* it runs the host; it knows mxdpd */
};

/* The whole of it; false where memory ran out. setup_free() is due in either case. */
bool setup_look(struct setup_facts *facts);
void setup_free(struct setup_facts *facts);

/* Each fills its part. */
void setup_look_at_links(struct setup_facts *facts);
void setup_look_at_listeners(struct setup_facts *facts);
bool setup_look_at_mail(struct setup_facts *facts);
void setup_look_at_system(struct setup_facts *facts);
/* The servers of a resolv.conf(5); `text` is changed. */
void setup_read_resolvers(struct setup_facts *facts, char *text);
/* One of /proc/net/tcp (v6: tcp6): each line that is a listener on a mail port. */
void setup_read_listeners(struct setup_facts *facts, FILE *file, bool v6);

/* setup_drivers.c */
/*
 * What is known of XDP in a driver, as the drivers of 6.12 have it: the largest MTU that it takes
 * in one piece, and since which kernel in several. NULL: XDP runs behind it, in generic mode.
 */
struct setup_driver {
	const char *name;
	unsigned mtu;                        /* 0: whatever the card takes */
	unsigned pieces_major, pieces_minor; /* 0: never */
};
const struct setup_driver *setup_driver_find(const char *name);
/* Whether a link takes the gate in its driver; `why` holds the reason where it does not. */
bool setup_is_native(const struct setup_facts *facts, const struct setup_link *link,
		     char why[SETUP_TEXT]);

/*
 * The links to guard, in their order: count, and indexes into facts->link. Those that mail comes in
 * by: whose addresses are listened on; of a vlan the link below it.
 */
size_t setup_guarded(const struct setup_facts *facts, size_t index[SETUP_LINKS]);
/* The first listener on a port, or NULL. */
const struct setup_listener *setup_listener_on(const struct setup_facts *facts, unsigned port);

/* The text of the configuration. */
void setup_propose(FILE *out, const struct setup_facts *facts);
/* What to know of this host; what to do next, once the text stands in `written` (NULL: nowhere). */
void setup_tell(FILE *out, const struct setup_facts *facts);
void setup_tell_next(FILE *out, const struct setup_facts *facts, const char *written);
/* NULL where memory ran out. */
json_t *setup_json(const struct setup_facts *facts);

#endif
