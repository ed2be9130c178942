/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Figures for Prometheus: http://ADDRESS:PORT/metrics, where the configuration names one.
 *
 *   request -> libmicrohttpd's thread -> (a page of the last second? else) the loop writes one
 *   -> the thread sends it
 *
 * Bytes of clients are read and answered in a thread of their own, so that no number of requests
 * and no slow reader takes time from the loop: it writes at most one page a second, and only when
 * somebody asks. The thread touches nothing of the agent but what stands under the lock of struct
 * metrics.
 *
 * A connection brings one request and ends with its answer. METRICS_CONNECTIONS at a time, others
 * wait in the kernel; one that is silent for METRICS_SILENCE seconds or older than METRICS_LIFE is
 * cut off, whatever it does meanwhile. Only GET /metrics; a request has 8 KiB.
 *
 * Files: metrics.c serves; metrics_page.c and metrics_lists.c say what stands on the page, in the
 * words of metrics_write.h. Errors are words in `error', as those of agent.h.
 */
#ifndef MXDP_AGENT_METRICS_H
#define MXDP_AGENT_METRICS_H

#include "agent.h"
#include "metrics_write.h"

#define METRICS_CONNECTIONS 16
#define METRICS_SILENCE     5
#define METRICS_LIFE        15

/* Takes the address, before anything is changed; answers nobody yet. */
int metrics_open(struct agent *a, char *error, size_t size);
/* Once privileges are dropped: the thread keeps no more of them than the loop. */
int metrics_begin(struct agent *a, char *error, size_t size);
void metrics_close(struct agent *a);
/* The second hand: cuts off who takes too long. */
void metrics_tick(struct agent *a);

/*
 * Before and after the configuration is replaced by `new': its address is taken, or nothing is
 * changed; from then on it is served, and the one before no more.
 */
int metrics_announce(struct agent *a, const struct config *new, char *error, size_t size);
void metrics_replaced(struct agent *a);

/* metrics_page.c */
void metrics_page(struct page *p, struct agent *a);

/* metrics_lists.c */
void metrics_lists(struct page *p, const struct agent *a);
void metrics_feeds(struct page *p, const struct agent *a);

#endif
