// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Drives the netlink watchers and sock_diag for test_kernel_room.sh. Run it inside a network
 * namespace of its own whose loopback is up.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../../user/base/addr.h"
#include "../../user/kernel/links.h"
#include "../../user/kernel/sockdiag.h"
#include "../../user/kernel/syncookies.h"

#define PATIENCE 5000 /* milliseconds until a condition counts as never to come */

static void show(const struct link_event *event, void *context)
{
	static const char *const kinds[] = {"up",         "gone",    "address",
					    "no-address", "gateway", "overrun"};
	char text[ADDR_TEXT] = "";

	(void)context;
	if (event->kind == LINK_ADDRESS || event->kind == LINK_NO_ADDRESS ||
	    event->kind == LINK_GATEWAY)
		addr_format(text, &event->addr);
	printf("%s %s%s\n", kinds[event->kind], event->name ? event->name : "", text);
	fflush(stdout);
}

/* Until the reader of standard output, or the caller, has seen enough. */
static int do_watch(void)
{
	struct links *links = links_open();
	struct pollfd wait = {.events = POLLIN};

	if (!links)
		return 1;
	wait.fd = links_fd(links);
	puts("ready");
	fflush(stdout);
	while (poll(&wait, 1, -1) > 0)
		if (links_read(links, show, NULL))
			return 1;
	return 1;
}

static int do_dump(void)
{
	struct links *links = links_open();
	int err = links ? links_dump(links, show, NULL) : -errno;

	links_close(links);
	return err != 0;
}

/* A connection over loopback: `listener` waits, `client` connected to it, `server` accepted it. */
struct pair {
	int listener, client, server;
	struct flow_key key;
};

static struct addr side(const struct sockaddr_storage *from, __be16 *port)
{
	const struct sockaddr_in *v4 = (const void *)from;
	const struct sockaddr_in6 *v6 = (const void *)from;
	struct addr addr;

	if (from->ss_family == AF_INET) {
		*port = v4->sin_port;
		return addr_from_v4(v4->sin_addr.s_addr);
	}
	*port = v6->sin6_port;
	memcpy(&addr, &v6->sin6_addr, sizeof(addr));
	return addr;
}

static int join(struct pair *p)
{
	struct sockaddr_storage at;
	socklen_t len = sizeof(at);

	p->server = accept(p->listener, NULL, NULL);
	if (p->server < 0 || getsockname(p->server, (struct sockaddr *)&at, &len))
		return -1;
	p->key.server = side(&at, &p->key.server_port);
	len = sizeof(at);
	if (getpeername(p->server, (struct sockaddr *)&at, &len))
		return -1;
	p->key.client = side(&at, &p->key.client_port);
	return 0;
}

static int connect_v4(struct pair *p)
{
	struct sockaddr_in to = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	struct sockaddr_storage at;
	socklen_t len = sizeof(at);

	if (getsockname(p->listener, (struct sockaddr *)&at, &len))
		return -1;
	side(&at, &to.sin_port);
	p->client = socket(AF_INET, SOCK_STREAM, 0);
	return connect(p->client, (struct sockaddr *)&to, sizeof(to)) ? -1 : join(p);
}

static int connect_v6(struct pair *p)
{
	struct sockaddr_in6 to;
	socklen_t len = sizeof(to);

	if (getsockname(p->listener, (struct sockaddr *)&to, &len))
		return -1;
	to.sin6_addr = in6addr_loopback;
	p->client = socket(AF_INET6, SOCK_STREAM, 0);
	return connect(p->client, (struct sockaddr *)&to, sizeof(to)) ? -1 : join(p);
}

static int listen_on(struct pair *p, int family)
{
	struct sockaddr_storage any = {.ss_family = (sa_family_t)family};
	socklen_t len =
		family == AF_INET ? sizeof(struct sockaddr_in) : sizeof(struct sockaddr_in6);

	p->listener = socket(family, SOCK_STREAM, 0);
	return p->listener < 0 || bind(p->listener, (struct sockaddr *)&any, len) ||
	       listen(p->listener, 8);
}

/* Whether the socket has been torn down by force. */
static bool is_aborted(int fd)
{
	struct pollfd wait = {.fd = fd, .events = POLLIN};
	char byte;

	return poll(&wait, 1, PATIENCE) > 0 && recv(fd, &byte, 1, 0) < 0 &&
	       (errno == ECONNABORTED || errno == ECONNRESET);
}

static int (*const connect_by[])(struct pair *) = {connect_v4, connect_v6, connect_v4};
static const int listen_by[] = {AF_INET, AF_INET6, AF_INET6};

enum how {
	BY_V4,
	BY_V6,
	BY_MAPPED, /* an IPv4 client of a listener on [::] */
};

/* The server's side dies by our hand, the client's by its reset, and the listener serves on. */
static int destroy_live(enum how how)
{
	struct pair p = {0};

	if (listen_on(&p, listen_by[how]) || connect_by[how](&p)) {
		perror("pair");
		return 1;
	}
	if (sockdiag_destroy(&p.key) || !is_aborted(p.server) || !is_aborted(p.client))
		return 1;
	return connect_by[how](&p);
}

/*
 * The connection goes between the question and the destruction: its tuple now leads to the
 * listener, which must live.
 */
static int destroy_gone(enum how how)
{
	struct linger now = {.l_onoff = 1};
	struct pair p = {0};
	unsigned cookie[2];

	if (listen_on(&p, listen_by[how]) || connect_by[how](&p) || sockdiag_find(&p.key, cookie))
		return 1;
	setsockopt(p.client, SOL_SOCKET, SO_LINGER, &now, sizeof(now));
	close(p.client); /* sends a reset: no side stays in TIME_WAIT */
	if (!is_aborted(p.server))
		return 1;
	close(p.server);
	if (sockdiag_destroy_cookie(&p.key, cookie) != -ENOENT)
		return 1;
	if (sockdiag_destroy(&p.key) != -ENOENT || sockdiag_find(&p.key, cookie) != -ENOENT)
		return 1;
	cookie[0] = cookie[1] = ~0U; /* "any socket": never */
	if (sockdiag_destroy_cookie(&p.key, cookie) != -EINVAL)
		return 1;
	return connect_by[how](&p);
}

/* cookies: how many of one connection's looks say that SYN cookies are in use. */
static int do_cookies(void)
{
	struct syncookies s = {0};
	struct pair p = {0};
	bool before = syncookies_active(&s, 1000), during, after;

	if (listen_on(&p, AF_INET) || connect_v4(&p))
		return 1;
	during = syncookies_active(&s, 1010);
	after = syncookies_active(&s, 1010 + 60);
	printf("before %d during %d after %d\n", before, during, after);
	return 0;
}

int main(int argc, char **argv)
{
	const char *name = argc == 2 ? argv[1] : "";

	signal(SIGPIPE, SIG_DFL);
	if (!strcmp(name, "watch"))
		return do_watch();
	if (!strcmp(name, "dump"))
		return do_dump();
	if (!strcmp(name, "cookies"))
		return do_cookies();
	if (!strcmp(name, "destroy-v4"))
		return destroy_live(BY_V4);
	if (!strcmp(name, "destroy-v6"))
		return destroy_live(BY_V6);
	if (!strcmp(name, "destroy-mapped"))
		return destroy_live(BY_MAPPED);
	if (!strcmp(name, "gone-v4"))
		return destroy_gone(BY_V4);
	if (!strcmp(name, "gone-v6"))
		return destroy_gone(BY_V6);
	if (!strcmp(name, "gone-mapped"))
		return destroy_gone(BY_MAPPED);
	fprintf(stderr, "usage: kernel_sockets COMMAND; see the source\n");
	return 2;
}
