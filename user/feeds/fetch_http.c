// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * https and http by libcurl. Its multi interface, with one transfer in it, lets the reader pull:
 * while the parser is busy nothing is received. Redirects are followed here and not there, so that
 * no secret goes to another host and https never becomes http.
 */
#include <curl/curl.h>
#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "fetch.h"
#include "../base/version.h"

#define ROOM       (256 * 1024) /* at least CURL_MAX_WRITE_SIZE */
#define REDIRECTS  5
#define STALL      60 /* seconds with less than STALL_RATE bytes a second */
#define STALL_RATE 16
#define CONNECT    20
#define RETRY_MAX  (7 * 86400)
#define PAGE_MAX   (1024 * 1024)

struct http {
	CURLM *multi;
	CURL *easy;
	struct curl_slist *headers;
	char *url;
	bool with_secrets;
	bool done, paused;
	bool answered; /* the list itself has begun */
	size_t dropped;
	CURLcode result;
	char error[CURL_ERROR_SIZE];
	char etag[FEED_ETAG], modified[FEED_DATE], encoding[32];
	size_t at, len; /* of buffer */
	char buffer[ROOM];
};

static long status_of(const struct http *h)
{
	long status = 0;

	curl_easy_getinfo(h->easy, CURLINFO_RESPONSE_CODE, &status);
	return status;
}

static size_t take_body(char *bytes, size_t one, size_t count, void *http)
{
	struct http *h = http;
	size_t len = one * count;

	/* What comes with an error or a redirect is a page for people. */
	if (status_of(h) != 200) {
		h->dropped += len;
		return h->dropped > PAGE_MAX ? 0 : len;
	}
	h->answered = true;
	if (h->at == h->len)
		h->at = h->len = 0;
	if (len > ROOM - h->len) {
		h->paused = true;
		return CURL_WRITEFUNC_PAUSE;
	}
	memcpy(h->buffer + h->len, bytes, len);
	h->len += len;
	return len;
}

/* "Name: value CRLF", not terminated; a value that does not fit is none. */
static void take_value(char *out, size_t size, const char *name, const char *line, size_t len)
{
	size_t skip = strlen(name);

	if (len <= skip || strncasecmp(line, name, skip) != 0 || line[skip] != ':')
		return;
	for (skip++; skip < len && (line[skip] == ' ' || line[skip] == '\t'); skip++)
		;
	while (len > skip && strchr(" \t\r\n", line[len - 1]))
		len--;
	if (len - skip >= size || memchr(line + skip, '\0', len - skip))
		return;
	memcpy(out, line + skip, len - skip);
	out[len - skip] = '\0';
}

static size_t take_header(char *bytes, size_t one, size_t count, void *http)
{
	struct http *h = http;
	size_t len = one * count;

	/* Each answer begins anew: a 100 Continue, or a redirect, may stand before. */
	if (len > 5 && !strncmp(bytes, "HTTP/", 5))
		*h->etag = *h->modified = *h->encoding = '\0';
	take_value(h->etag, sizeof(h->etag), "etag", bytes, len);
	take_value(h->modified, sizeof(h->modified), "last-modified", bytes, len);
	take_value(h->encoding, sizeof(h->encoding), "content-encoding", bytes, len);
	return len;
}

/* Whether what curl was told so far is in place; anything else is want of memory. */
static bool add_header(struct http *h, const char *name, const char *value)
{
	char line[FEED_ETAG + 64];
	struct curl_slist *longer;

	snprintf(line, sizeof(line), "%s%s", name, value);
	longer = curl_slist_append(h->headers, line);
	if (longer)
		h->headers = longer;
	return longer;
}

static bool set_headers(struct http *h, const struct feed_job *job)
{
	bool ok = add_header(h, "Accept-Encoding: ", "gzip");

	if (*job->etag)
		ok = ok && add_header(h, "If-None-Match: ", job->etag);
	if (*job->modified)
		ok = ok && add_header(h, "If-Modified-Since: ", job->modified);
	for (size_t i = 0; ok && h->with_secrets && i < job->settings.headers_count; i++) {
		struct curl_slist *longer = curl_slist_append(h->headers, job->settings.headers[i]);

		ok = longer;
		if (longer)
			h->headers = longer;
	}
	return ok && !curl_easy_setopt(h->easy, CURLOPT_HTTPHEADER, h->headers);
}

static bool set_secrets(struct http *h, const struct feed_settings *s)
{
	if (!h->with_secrets || !s->username)
		return true;
	return !curl_easy_setopt(h->easy, CURLOPT_HTTPAUTH, CURLAUTH_BASIC) &&
	       !curl_easy_setopt(h->easy, CURLOPT_USERNAME, s->username) &&
	       !curl_easy_setopt(h->easy, CURLOPT_PASSWORD, s->password ? s->password : "");
}

/* Only these two, whatever else the library can do. */
static bool set_protocols(CURL *easy)
{
#if LIBCURL_VERSION_NUM >= 0x075500
	return !curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
#else
	return !curl_easy_setopt(easy, CURLOPT_PROTOCOLS, CURLPROTO_HTTP | CURLPROTO_HTTPS);
#endif
}

static bool set_options(struct fetch *f)
{
	const struct feed_settings *s = &f->job->settings;
	struct http *h = f->http;
	CURL *e = h->easy;

	/* An empty proxy is none, also against the environment. */
	return set_protocols(e) && !curl_easy_setopt(e, CURLOPT_URL, h->url) &&
	       !curl_easy_setopt(e, CURLOPT_PROXY, s->proxy ? s->proxy : "") &&
	       !curl_easy_setopt(e, CURLOPT_NOPROXY, "") &&
	       !curl_easy_setopt(e, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L) &&
	       !curl_easy_setopt(e, CURLOPT_USERAGENT, "mxdp/" MXDP_VERSION) &&
	       !curl_easy_setopt(e, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1) &&
	       !curl_easy_setopt(e, CURLOPT_FOLLOWLOCATION, 0L) &&
	       !curl_easy_setopt(e, CURLOPT_NOSIGNAL, 1L) &&
	       !curl_easy_setopt(e, CURLOPT_CONNECTTIMEOUT, (long)CONNECT) &&
	       !curl_easy_setopt(e, CURLOPT_TIMEOUT_MS, (long)fetch_left(f) + 1) &&
	       !curl_easy_setopt(e, CURLOPT_LOW_SPEED_LIMIT, (long)STALL_RATE) &&
	       !curl_easy_setopt(e, CURLOPT_LOW_SPEED_TIME, (long)STALL) &&
	       !curl_easy_setopt(e, CURLOPT_ERRORBUFFER, h->error) &&
	       !curl_easy_setopt(e, CURLOPT_WRITEFUNCTION, take_body) &&
	       !curl_easy_setopt(e, CURLOPT_WRITEDATA, h) &&
	       !curl_easy_setopt(e, CURLOPT_HEADERFUNCTION, take_header) &&
	       !curl_easy_setopt(e, CURLOPT_HEADERDATA, h) && set_secrets(h, s) &&
	       set_headers(h, f->job);
}

static void end_transfer(struct http *h)
{
	if (h->easy)
		curl_multi_remove_handle(h->multi, h->easy);
	curl_easy_cleanup(h->easy);
	curl_slist_free_all(h->headers);
	h->easy = NULL;
	h->headers = NULL;
}

static int begin_transfer(struct fetch *f)
{
	struct http *h = f->http;

	end_transfer(h);
	h->done = h->paused = h->answered = false;
	h->dropped = 0;
	h->at = h->len = 0;
	*h->error = *h->etag = *h->modified = *h->encoding = '\0';
	if (!fetch_left(f))
		return fetch_too_late(f);
	h->easy = curl_easy_init();
	if (!h->easy || !set_options(f) || curl_multi_add_handle(h->multi, h->easy))
		return fetch_fail(f, "its url, header or proxy is none that libcurl can use");
	return 0;
}

static int tell_error(struct fetch *f)
{
	const struct http *h = f->http;
	const char *words = *h->error ? h->error : curl_easy_strerror(h->result);

	switch (h->result) {
	case CURLE_OPERATION_TIMEDOUT:
		if (!fetch_left(f))
			return fetch_too_late(f);
		return fetch_fail(f, "the server is silent or too slow: %s", words);
	case CURLE_PEER_FAILED_VERIFICATION:
		return fetch_fail(f, "the server's certificate is not to be trusted: %s", words);
	case CURLE_PARTIAL_FILE:
		return fetch_fail(f, "the connection ended before the list did: %s", words);
	default:
		return fetch_fail(f, "%s", words);
	}
}

/* Goes on until there are bytes, or the end. 0 or -errno. */
static int step(struct fetch *f)
{
	struct http *h = f->http;
	int running = 1, left;
	CURLMsg *message;

	if (h->paused) {
		h->paused = false;
		curl_easy_pause(h->easy, CURLPAUSE_CONT);
	}
	curl_multi_perform(h->multi, &running);
	f->out->answered |= status_of(h) != 0;
	while ((message = curl_multi_info_read(h->multi, &left))) {
		h->done = message->msg == CURLMSG_DONE;
		h->result = message->data.result;
	}
	if (h->done || h->at < h->len)
		return 0;
	if (!fetch_left(f))
		return fetch_too_late(f);
	curl_multi_poll(h->multi, NULL, 0, 1000, NULL);
	return 0;
}

/* Until the list begins, or there is none. */
static int await_answer(struct fetch *f)
{
	struct http *h = f->http;
	int err = 0;

	while (!err && !h->done && !h->answered)
		err = step(f);
	return err || !h->done || h->result == CURLE_OK ? err : tell_error(f);
}

/* Where a redirect leads to. */
struct place {
	char *scheme, *host, *port;
};

static bool parse_place(struct place *out, const char *url)
{
	CURLU *parts = curl_url();
	bool ok = parts && !curl_url_set(parts, CURLUPART_URL, url, CURLU_DISALLOW_USER) &&
		  !curl_url_get(parts, CURLUPART_SCHEME, &out->scheme, 0) &&
		  !curl_url_get(parts, CURLUPART_HOST, &out->host, 0) &&
		  !curl_url_get(parts, CURLUPART_PORT, &out->port, CURLU_DEFAULT_PORT);

	curl_url_cleanup(parts);
	return ok;
}

static void free_place(struct place *place)
{
	curl_free(place->scheme);
	curl_free(place->host);
	curl_free(place->port);
}

/* The same server: also where http becomes https on the usual ports. */
static bool is_same(const struct place *a, const struct place *b)
{
	return !strcasecmp(a->host, b->host) &&
	       (!strcmp(a->port, b->port) || (!strcmp(a->port, "80") && !strcmp(b->port, "443"))) &&
	       (!strcmp(a->scheme, b->scheme) || !strcmp(b->scheme, "https"));
}

static int follow(struct fetch *f, const char *to)
{
	struct http *h = f->http;
	struct place from = {0}, next = {0};
	char *url = strdup(to);
	int err = 0;

	if (!url || !parse_place(&from, h->url) || !parse_place(&next, url))
		err = fetch_fail(f, "the server redirects to an address that cannot be used");
	else if (strcmp(next.scheme, "https") != 0 && strcmp(next.scheme, "http") != 0)
		err = fetch_fail(f, "the server redirects to %.20s://, which is refused",
				 next.scheme);
	else if (!strcmp(from.scheme, "https") && strcmp(next.scheme, "https") != 0)
		err = fetch_fail(f, "the server redirects from https to http, which is refused: "
				    "nobody could tell who answers there");
	if (err) {
		free(url);
	} else {
		h->with_secrets = h->with_secrets && is_same(&from, &next);
		free(h->url);
		h->url = url;
		err = begin_transfer(f);
	}
	free_place(&from);
	free_place(&next);
	return err;
}

/* The words behind a status that is no success. */
static int refuse_status(struct fetch *f, long status)
{
	const char *meaning = "";
	curl_off_t retry = 0;

	curl_easy_getinfo(f->http->easy, CURLINFO_RETRY_AFTER, &retry);
	if ((status == 429 || status == 503) && retry > 0)
		f->out->retry_after = (uint32_t)(retry < RETRY_MAX ? retry : RETRY_MAX);
	if (status == 401)
		meaning = f->job->settings.username
				  ? ": it does not accept the user name and password"
				  : ": it wants a user name and password, or a key";
	else if (status == 403)
		meaning = ": it does not let us read it";
	else if (status == 404 || status == 410)
		meaning = ": there is no list at this address";
	else if (status == 407)
		meaning = ": the proxy wants a user name and password";
	else if (status == 429)
		meaning = ": we ask too often";
	else if (status >= 500)
		meaning = ": it has trouble of its own";
	return fetch_fail(f, "the server answered %ld%s", status, meaning);
}

/* 0: read on; 1: unchanged; -errno. */
static int judge_answer(struct fetch *f)
{
	struct http *h = f->http;
	long status = status_of(h);

	if (status == 304 && (*f->job->etag || *f->job->modified)) {
		strcpy(f->out->etag, *h->etag ? h->etag : f->job->etag);
		strcpy(f->out->modified, *h->modified ? h->modified : f->job->modified);
		return 1;
	}
	if (status != 200)
		return refuse_status(f, status);
	if (*h->encoding && strcasecmp(h->encoding, "gzip") != 0 &&
	    strcasecmp(h->encoding, "x-gzip") != 0 && strcasecmp(h->encoding, "identity") != 0)
		return fetch_fail(f,
				  "the server sends it in the encoding `%s', though we asked "
				  "for gzip or none",
				  h->encoding);
	strcpy(f->out->etag, h->etag);
	strcpy(f->out->modified, h->modified);
	return 0;
}

static int open_transfer(struct fetch *f)
{
	int err = begin_transfer(f);

	for (int hops = 0; !err; hops++) {
		char *to = NULL;

		err = await_answer(f);
		if (err)
			return err;
		curl_easy_getinfo(f->http->easy, CURLINFO_REDIRECT_URL, &to);
		if (!to)
			return judge_answer(f);
		if (hops == REDIRECTS)
			return fetch_fail(f, "the server redirects more than %d times", REDIRECTS);
		err = follow(f, to);
	}
	return err;
}

int fetch_http_open(struct fetch *f)
{
	/* Cleared as far as it must be: the buffer is not. */
	struct http *h = malloc(sizeof(*h));

	if (!h)
		return fetch_fail(f, "out of memory");
	memset(h, 0, offsetof(struct http, buffer));
	f->http = h;
	h->with_secrets = true;
	h->url = strdup(f->job->settings.url);
	if (!h->url || curl_global_init(CURL_GLOBAL_DEFAULT) || !(h->multi = curl_multi_init()))
		return fetch_fail(f, "libcurl cannot be started: out of memory");
	return open_transfer(f);
}

ssize_t fetch_http_read(struct fetch *f, void *buffer, size_t size)
{
	struct http *h = f->http;
	size_t n;

	while (h->at == h->len) {
		int err;

		if (h->done)
			return h->result ? tell_error(f) : 0;
		err = step(f);
		if (err)
			return err;
	}
	n = h->len - h->at;
	if (n > size)
		n = size;
	memcpy(buffer, h->buffer + h->at, n);
	h->at += n;
	return (ssize_t)n;
}

void fetch_http_close(struct fetch *f)
{
	struct http *h = f->http;

	if (!h)
		return;
	end_transfer(h);
	curl_multi_cleanup(h->multi);
	free(h->url);
	free(h);
	f->http = NULL;
}
