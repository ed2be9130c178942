// SPDX-License-Identifier: GPL-2.0-or-later
#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include <microhttpd.h>

#include "../base/endpoint.h"
#include "../base/log.h"
#include "events.h"
#include "metrics.h"

#define PAGE_AGE     1000000000ULL /* nanoseconds that a page is served for */
#define REQUEST_ROOM 8192
#define CONTENT_TYPE "text/plain; version=0.0.4; charset=utf-8"

struct metrics {
	struct agent *agent;
	struct MHD_Daemon *daemon; /* NULL: nobody is served */
	int fd, next;              /* listening, until a daemon has it; -1 */
	bool announced;            /* `next' is to replace what there is */
	uv_async_t wanted;         /* the thread wants a page */
	bool begun;

	uv_mutex_t lock; /* from here on the thread's too */
	bool closing;
	struct MHD_Response *page;
	uint64_t made; /* nanoseconds of uv_hrtime() */
	size_t waiting_count;
	struct MHD_Connection *waiting[METRICS_CONNECTIONS];
	struct {
		struct MHD_Connection *connection; /* NULL: free */
		uint64_t since;
		int fd;
	} open[METRICS_CONNECTIONS];
};

/* In the thread */

static enum MHD_Result refuse(struct MHD_Connection *c, unsigned status, const char *words)
{
	/* The words are constants: nothing of theirs is copied or freed. */
	struct MHD_Response *r = MHD_create_response_from_buffer(strlen(words), (char *)words,
								 MHD_RESPMEM_PERSISTENT);
	enum MHD_Result result;

	if (!r)
		return MHD_NO;
	MHD_add_response_header(r, MHD_HTTP_HEADER_CONNECTION, "close");
	MHD_add_response_header(r, MHD_HTTP_HEADER_CONTENT_TYPE, "text/plain");
	if (status == MHD_HTTP_METHOD_NOT_ALLOWED)
		MHD_add_response_header(r, MHD_HTTP_HEADER_ALLOW, MHD_HTTP_METHOD_GET);
	result = MHD_queue_response(c, status, r);
	MHD_destroy_response(r);
	return result;
}

/* A page that is young enough, or the one that it has waited for; else it waits for one. */
static enum MHD_Result answer(struct metrics *m, struct MHD_Connection *c, bool waited)
{
	bool young = m->page && uv_hrtime() - m->made < PAGE_AGE;

	if (m->page && (young || waited))
		return MHD_queue_response(c, MHD_HTTP_OK, m->page);
	if (waited || m->closing || m->waiting_count == METRICS_CONNECTIONS)
		return refuse(c, MHD_HTTP_SERVICE_UNAVAILABLE,
			      "no page: mxdpd ends, or memory is short\n");
	m->waiting[m->waiting_count++] = c;
	MHD_suspend_connection(c);
	uv_async_send(&m->wanted);
	return MHD_YES;
}

static enum MHD_Result on_request(void *context, struct MHD_Connection *c, const char *url,
				  const char *method, const char *version, const char *upload,
				  size_t *upload_size, void **request)
{
	static char has_waited;
	struct metrics *m = context;
	enum MHD_Result result;
	bool waited = *request == &has_waited;

	(void)version;
	(void)upload;
	(void)upload_size;
	if (strcmp(method, MHD_HTTP_METHOD_GET) != 0)
		return refuse(c, MHD_HTTP_METHOD_NOT_ALLOWED, "only GET\n");
	if (strcmp(url, "/metrics") != 0)
		return refuse(c, MHD_HTTP_NOT_FOUND, "the figures are at /metrics\n");
	*request = &has_waited;
	uv_mutex_lock(&m->lock);
	result = answer(m, c, waited);
	uv_mutex_unlock(&m->lock);
	return result;
}

static void on_connection(void *context, struct MHD_Connection *c, void **socket_context,
			  enum MHD_ConnectionNotificationCode what)
{
	bool began = what == MHD_CONNECTION_NOTIFY_STARTED;
	struct metrics *m = context;

	(void)socket_context;
	uv_mutex_lock(&m->lock);
	for (unsigned i = 0; i < METRICS_CONNECTIONS; i++) {
		if (m->open[i].connection != (began ? NULL : c))
			continue;
		m->open[i].connection = began ? c : NULL;
		m->open[i].since = uv_hrtime();
		m->open[i].fd =
			MHD_get_connection_info(c, MHD_CONNECTION_INFO_CONNECTION_FD)->connect_fd;
		break;
	}
	uv_mutex_unlock(&m->lock);
}

/* On the loop */

static struct MHD_Response *make_page(struct metrics *m)
{
	struct page p = {0};
	struct MHD_Response *r = NULL;

	tables_count(m->agent);
	metrics_page(&p, m->agent);
	if (!p.failed)
		r = MHD_create_response_from_buffer(p.len, p.text, MHD_RESPMEM_MUST_FREE);
	if (!r) {
		free(p.text);
		return NULL;
	}
	MHD_add_response_header(r, MHD_HTTP_HEADER_CONNECTION, "close");
	MHD_add_response_header(r, MHD_HTTP_HEADER_CONTENT_TYPE, CONTENT_TYPE);
	return r;
}

static void resume_all(struct metrics *m)
{
	while (m->waiting_count)
		MHD_resume_connection(m->waiting[--m->waiting_count]);
}

static void replace_page(struct metrics *m, struct MHD_Response *page)
{
	if (m->page)
		MHD_destroy_response(m->page); /* those that are sending it keep it */
	m->page = page;
	m->made = uv_hrtime();
}

static void on_wanted(uv_async_t *async)
{
	struct metrics *m = async->data;
	struct MHD_Response *page = make_page(m);

	uv_mutex_lock(&m->lock);
	replace_page(m, page);
	resume_all(m);
	uv_mutex_unlock(&m->lock);
}

void metrics_tick(struct agent *a)
{
	struct metrics *m = a->metrics;
	uint64_t now = uv_hrtime();

	if (!m || !m->daemon)
		return;
	uv_mutex_lock(&m->lock);
	/* The thread tells of the end before it closes the socket, so this is still its own. */
	for (unsigned i = 0; i < METRICS_CONNECTIONS; i++)
		if (m->open[i].connection && m->open[i].since + METRICS_LIFE * 1000000000ULL < now)
			shutdown(m->open[i].fd, SHUT_RDWR);
	uv_mutex_unlock(&m->lock);
}

static int listen_at(const struct endpoint *at)
{
	struct sockaddr_in6 v6 = {.sin6_family = AF_INET6, .sin6_port = htons(at->port)};
	struct sockaddr_in v4 = {.sin_family = AF_INET, .sin_port = htons(at->port)};
	bool is_v4 = addr_is_v4(&at->addr);
	int fd, err, on = 1;

	memcpy(&v6.sin6_addr, &at->addr, sizeof(v6.sin6_addr));
	v4.sin_addr.s_addr = at->addr.w[3];
	fd = socket(is_v4 ? AF_INET : AF_INET6, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (bind(fd, is_v4 ? (struct sockaddr *)&v4 : (struct sockaddr *)&v6,
		 is_v4 ? sizeof(v4) : sizeof(v6)) ||
	    listen(fd, METRICS_CONNECTIONS)) {
		err = -errno;
		close(fd);
		return err;
	}
	return fd;
}

static const char *advice(int err)
{
	switch (err) {
	case -EADDRINUSE:
		return "another program listens there; choose another port";
	case -EADDRNOTAVAIL:
		return "it is no address of this host";
	case -EACCES:
		return "a port below 1024 can be taken by a start only, not by a reload";
	default:
		return strerror(-err);
	}
}

/* *fd is -1 where nobody is to be served. */
static int take_address(int *fd, const char *text, char *error, size_t size)
{
	struct endpoint at;

	*fd = -1;
	if (!*text)
		return 0;
	*fd = endpoint_parse(&at, text) ? listen_at(&at) : -EINVAL;
	if (*fd >= 0)
		return 0;
	snprintf(error, size, "cannot listen on metrics.listen = `%s': %s", text, advice(*fd));
	return *fd;
}

int metrics_open(struct agent *a, char *error, size_t size)
{
	struct metrics *m = calloc(1, sizeof(*m));

	if (!m) {
		snprintf(error, size, "start: %s", strerror(ENOMEM));
		return -ENOMEM;
	}
	m->agent = a;
	m->next = -1;
	a->metrics = m;
	return take_address(&m->fd, a->config.metrics_listen, error, size);
}

static int start_daemon(struct metrics *m)
{
	if (m->fd < 0)
		return 0;
	m->daemon = MHD_start_daemon(
		MHD_USE_EPOLL | MHD_USE_INTERNAL_POLLING_THREAD | MHD_ALLOW_SUSPEND_RESUME, 0, NULL,
		NULL, on_request, m, MHD_OPTION_LISTEN_SOCKET, m->fd, MHD_OPTION_CONNECTION_LIMIT,
		(unsigned)METRICS_CONNECTIONS, MHD_OPTION_CONNECTION_TIMEOUT,
		(unsigned)METRICS_SILENCE, MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)REQUEST_ROOM,
		MHD_OPTION_NOTIFY_CONNECTION, on_connection, m, MHD_OPTION_END);
	if (!m->daemon)
		return -EAGAIN;
	m->fd = -1;
	tables_count(m->agent);
	log_info("figures at http://%s/metrics", m->agent->config.metrics_listen);
	return 0;
}

/* Whoever waits is sent away: a daemon does not end with connections that are suspended. */
static void stop_daemon(struct metrics *m)
{
	if (!m->daemon)
		return;
	uv_mutex_lock(&m->lock);
	m->closing = true;
	resume_all(m);
	uv_mutex_unlock(&m->lock);
	MHD_stop_daemon(m->daemon);
	m->daemon = NULL;
	m->closing = false;
	memset(m->open, 0, sizeof(m->open));
}

int metrics_begin(struct agent *a, char *error, size_t size)
{
	struct metrics *m = a->metrics;

	uv_mutex_init(&m->lock);
	uv_async_init(&a->loop, &m->wanted, on_wanted);
	m->wanted.data = m;
	m->begun = true;
	if (!start_daemon(m))
		return 0;
	snprintf(error, size, "cannot start the thread that serves metrics.listen");
	return -EAGAIN;
}

int metrics_announce(struct agent *a, const struct config *new, char *error, size_t size)
{
	struct metrics *m = a->metrics;

	/* Left by a reload that was refused after this. */
	if (m->next >= 0)
		close(m->next);
	m->next = -1;
	m->announced = strcmp(new->metrics_listen, a->config.metrics_listen) != 0;
	if (!m->announced)
		return 0;
	return take_address(&m->next, new->metrics_listen, error, size) < 0 ? -EINVAL : 0;
}

void metrics_replaced(struct agent *a)
{
	struct metrics *m = a->metrics;

	if (!m->announced)
		return;
	stop_daemon(m);
	m->fd = m->next;
	m->next = -1;
	m->announced = false;
	if (start_daemon(m))
		events_note(a, "note",
			    "no figures: the thread that serves metrics.listen cannot "
			    "be started");
}

static void free_it(uv_handle_t *handle)
{
	struct metrics *m = handle->data;

	if (m->page)
		MHD_destroy_response(m->page);
	uv_mutex_destroy(&m->lock);
	free(m);
}

void metrics_close(struct agent *a)
{
	struct metrics *m = a->metrics;

	if (!m)
		return;
	a->metrics = NULL;
	if (m->begun)
		stop_daemon(m);
	if (m->fd >= 0)
		close(m->fd);
	if (m->next >= 0)
		close(m->next);
	if (m->begun)
		uv_close((uv_handle_t *)&m->wanted, free_it);
	else
		free(m);
}
