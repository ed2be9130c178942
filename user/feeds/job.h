/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What crosses between the agent and its feed process: a job (fetch this, read it, so and so far)
 * one way, and an outcome the other, with the finished set as a descriptor. One JSON object of at
 * most FEED_MESSAGE bytes in a datagram of a socket pair. The agent believes no word of an outcome
 * that it cannot check: the process behind it may have been taken over by what it read.
 */
#ifndef MXDP_FEEDS_JOB_H
#define MXDP_FEEDS_JOB_H

#include "settings.h"

#define FEED_MESSAGE 65536
#define FEED_ETAG    256
#define FEED_DATE    64  /* an HTTP date */
#define FEED_REMARKS 20  /* lines that could not be used, told one by one */
#define FEED_GRACE   10  /* seconds behind its timeout, then the keeper ends it */
#define FEED_WORDS   384 /* bytes of a reason; UTF-8 without control bytes */

/*
 * Of the settings cross: name, url, format, max_bytes, max_unpacked, timeout, username, password,
 * headers and proxy. What an address costs its owner is the agent's matter.
 */
struct feed_job {
	uint32_t id;
	struct feed_settings settings; /* borrowed texts; on the other side owned by the job */
	char etag[FEED_ETAG];          /* of what we have; "" none */
	char modified[FEED_DATE];      /* Last-Modified of what we have; "" none */
	int source;                    /* -1, or read this descriptor: file:// and stdin */
};

enum feed_outcome_kind {
	FEED_PROGRESS,  /* more will come: `bytes' and `lines' so far, at most twice a second */
	FEED_UNCHANGED, /* the server says that ours is current: 304 */
	FEED_DONE,      /* a set */
	FEED_FAILED,    /* `why' */
};

struct feed_outcome {
	uint32_t id;
	enum feed_outcome_kind kind;
	char why[FEED_WORDS];
	uint32_t retry_after; /* seconds that the server asks for; 0: it does not */
	bool answered;        /* somebody was there: to its operator this was a fetch */
	char etag[FEED_ETAG], modified[FEED_DATE];
	enum feed_format format; /* what FEED_AUTO was found to be */
	uint64_t bytes, unpacked, lines, used, unusable;
	int64_t expires; /* time of day, by the list's own word; 0 none */
	size_t remarks_count;
	char remark[FEED_REMARKS][FEED_WORDS]; /* "LINE: why" */
	int set; /* of FEED_DONE: a sealed memory file as blob.h says, the receiver's; else -1 */
};

/*
 * Between the structs and the bytes of a message. False: too long, or not well-formed. Writing
 * makes words clean; reading wants them so. Descriptors come beside the message: where a job read
 * has one, its `source' is not negative until the receiver puts it in.
 */
bool feed_job_write(char *out, size_t size, size_t *len, const struct feed_job *job);
bool feed_job_read(struct feed_job *out, const char *text, size_t len);
void feed_job_free(struct feed_job *job); /* what feed_job_read() made, not the source */
bool feed_outcome_write(char *out, size_t size, size_t *len, const struct feed_outcome *outcome);
bool feed_outcome_read(struct feed_outcome *out, const char *text, size_t len);

#endif
