/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the files of the feeds (feeds.h) share: feeds.c holds them and keeps the time, feeds_fetch.c
 * asks the feed process, feeds_take.c has the threads that read, believe and write a set,
 * feeds_slots.c builds what the kernel holds, feeds_ask.c answers about addresses, feeds_tell.c
 * has the words, feeds_hits.c tells whose a drop was.
 */
#ifndef MXDP_AGENT_FEEDS_INNER_H
#define MXDP_AGENT_FEEDS_INNER_H

#include "../feeds/child.h"
#include "../feeds/guard.h"
#include "../feeds/schedule.h"
#include "../../maps/feeds_user.h"
#include "chore.h"
#include "feeds.h"
#include "feeds_stock.h"

enum feed_phase {
	PHASE_IDLE,     /* waits for its time */
	PHASE_LOADING,  /* its last good is being read */
	PHASE_OPENING,  /* its file is being opened */
	PHASE_FETCHING, /* the feed process is at it */
	PHASE_TAKING,   /* what came is looked through and written down */
};

struct feed_one {
	const struct feed_settings *settings; /* of a->config */
	uint32_t serial;                      /* never used again: chores know it by this */
	enum feed_phase phase;
	struct stock *stock;      /* NULL: never fetched */
	int64_t changed, checked; /* of the stock */
	bool fresh;               /* young enough to count, as of the last look */

	uint32_t job;  /* that the feed process knows it by */
	bool forced;   /* what comes passes the guard */
	bool wanted;   /* somebody waits for the next fetch: it comes at once */
	bool answered; /* its source has, this time */
	int source;    /* -1, or what mxdpctl brought: fetched next */
	struct {
		int fd; /* -1: none */
		uint64_t id, bytes;
		int64_t at;        /* when the last piece came */
	} brought;                 /* as far as it has been: feeds_bring.c */
	char file[FEED_ETAG];      /* which file was opened */
	struct feed_schedule plan; /* when it is fetched next, and failures in a row */
	int64_t asked;             /* when it last was */
	int64_t refused_until;     /* the server's Retry-After */
	uint64_t bytes, lines;     /* of the one under way */
	uint64_t fetches, failed;  /* that have ended; of these */
	uint64_t news;             /* counts what a watcher may want to hear of */

	int64_t failing_since, told;
	char error[FEED_WORDS]; /* of the last failure, while it lasts */
	struct feed_held held;  /* what the guard holds back */
	char held_why[FEED_WORDS];
	char unkept[FEED_WORDS]; /* why it is not on disk; "" it is */
	size_t remarks_count;
	char (*remark)[FEED_WORDS];
	uint64_t added, removed; /* by the last change */

	uint64_t hits, stopped; /* SYNs, as far as they are its own */
	bool sampled;
};

struct feed_slot {
	struct feeds_image image; /* in force */
	bool dirty, building;
	uint32_t member[FEEDS_MAX]; /* serials of the feeds that it was built of */
	size_t members;
	int error;     /* of the last build */
	int64_t retry; /* after that */
};

struct feed_trace; /* feeds_hits.c */
struct feed_watch; /* verbs_feeds.c */

struct feeds {
	struct agent *agent;
	struct feed_child *child; /* NULL: it has gone, and why */
	char no_child[AGENT_ERROR];
	int64_t heard; /* when it last said a word, or got one while it had nothing to say */
	uv_poll_t poll;
	bool polling, begun;
	struct feed_one *one[FEEDS_MAX]; /* as a->config.feeds */
	size_t count;
	unsigned loading;
	uint32_t serials, jobs;
	uint64_t uploads;
	struct feed_slot slot[FEEDS_SLOTS];
	bool building;
	uint64_t build_ms;      /* what the last build took */
	uint64_t allow_changes; /* of a->allow, as of the last build */
	uint64_t allow_again;   /* milliseconds of the loop: when they may count again */
	struct feed_trace *trace[FEEDS_SLOTS];
	struct feed_watch *watches;
	char directory[512];
	uv_mutex_t disk; /* what stands there is touched by one thread at a time */
};

/* feeds.c */
struct feed_one *feeds_by_serial(const struct feeds *f, uint32_t serial);
struct feed_one *feeds_by_name(const struct feeds *f, const char *name);
int64_t feed_end(const struct feed_one *one); /* boot seconds; from then on it blocks nothing */
bool feed_is_in_kernel(const struct feed_one *one);
/* Whether it belongs to a slot of the kernel's; and what it says of an address there. */
bool feed_fills(const struct feed_one *one, unsigned slot);
bool feed_backs(const struct feed_one *one, unsigned slot, const struct addr *addr);
/* Something happened that watchers may want to hear of. */
void feed_has_news(struct feeds *f, struct feed_one *one);
/* Its entries, or whether they count, have changed. */
void feed_changed(struct feeds *f, struct feed_one *one);
void feed_look_at_age(struct feeds *f, struct feed_one *one, int64_t now);

/* feeds_fetch.c */
void fetch_poll(struct feeds *f);
void fetch_stop(struct feeds *f);
void fetch_due(struct feeds *f, int64_t now);
/* As soon as it can be; `force': past Retry-After and the guard. */
void fetch_now(struct feeds *f, struct feed_one *one, bool force);
void fetch_cancel(struct feeds *f, struct feed_one *one);
void fetch_failed(struct feeds *f, struct feed_one *one, const char *why, uint32_t retry_after);
/* It has what its source has. */
void fetch_is_current(struct feeds *f, struct feed_one *one);

void fetch_is_held(struct feeds *f, struct feed_one *one);

/* feeds_bring.c: both return a closing object; bring_end() NULL where the list is to be read. */
json_t *bring_piece(struct feeds *f, const json_t *request);
json_t *bring_end(struct feeds *f, const json_t *request);
void bring_forget(struct feed_one *one);
void bring_tick(struct feeds *f, int64_t now);

/* feeds_take.c */
void take_load(struct feeds *f, struct feed_one *one);
void take_set(struct feeds *f, struct feed_one *one, const struct feed_outcome *outcome);
void take_checked(struct feeds *f, struct feed_one *one);
void take_sweep(struct feeds *f);

/* feeds_slots.c */
void slots_touch(struct feeds *f, const struct feed_one *one); /* its slots are built anew */
void slots_touch_all(struct feeds *f);
void slots_renew(struct feeds *f, const struct feed_one *one); /* it is as fresh as ever */
void slots_tick(struct feeds *f, int64_t now);
void slots_work(struct feeds *f); /* begins the next build */
/* Whether the kernel holds what its stock says, in all its slots. */
bool slots_hold(const struct feeds *f, const struct feed_one *one);
void slots_close(struct feeds *f);

/* feeds_tell.c */
#define FEED_STATE_WORDS 1024
const char *feed_state(const struct feeds *f, const struct feed_one *one);
const char *feed_words(const struct feeds *f, const struct feed_one *one,
		       char words[FEED_STATE_WORDS]);
json_t *feed_json(const struct feeds *f, const struct feed_one *one, bool whole);

/* feeds_hits.c */
void hits_open(struct feeds *f);
void hits_tick(struct feeds *f);
void hits_close(struct feeds *f);

/* verbs_feeds.c */
json_t *no_such_feed(const struct feeds *f, const char *name); /* a closing object */
void watches_wake(struct feeds *f);

#endif
