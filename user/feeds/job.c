// SPDX-License-Identifier: GPL-2.0-or-later
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <jansson.h>

#include "job.h"
#include "../base/escape.h"

#define HEADERS_MAX 64

static const char *const kind_names[] = {
	[FEED_PROGRESS] = "progress",
	[FEED_UNCHANGED] = "unchanged",
	[FEED_DONE] = "done",
	[FEED_FAILED] = "failed",
};

#define KINDS (sizeof(kind_names) / sizeof(kind_names[0]))

/* Control bytes are ASCII's, and U+0080 to U+009F, which some terminals obey too. */
static bool has_control(const char *text)
{
	const unsigned char *at = (const unsigned char *)text;

	for (; *at; at++)
		if (*at < 0x20 || *at == 0x7f || (*at == 0xc2 && at[1] >= 0x80 && at[1] < 0xa0))
			return true;
	return false;
}

/* Writing */

static bool is_clean(const char *text)
{
	json_t *json = has_control(text) ? NULL : json_string(text);
	bool clean = json != NULL;

	json_decref(json);
	return clean;
}

/* What is shown to people: made clean where it is not. */
static json_t *words(const char *text)
{
	char safe[FEED_WORDS];

	if (is_clean(text))
		utf8_copy(safe, sizeof(safe), text);
	else
		escape_bytes(safe, sizeof(safe), text, strlen(text));
	return json_string(safe);
}

/* What is given back to servers: as it is, or not at all. */
static const char *token(const char *text)
{
	return is_clean(text) ? text : "";
}

static bool write_out(char *out, size_t size, size_t *len, json_t *json)
{
	*len = json ? json_dumpb(json, out, size, JSON_COMPACT) : 0;
	json_decref(json);
	return *len && *len <= size;
}

static bool set_optional(json_t *json, const char *key, const char *text)
{
	return !text || !json_object_set_new(json, key, json_string(text));
}

static json_t *texts(char *const *list, size_t count)
{
	json_t *array = json_array();

	for (size_t i = 0; i < count; i++)
		if (json_array_append_new(array, json_string(list[i]))) {
			json_decref(array);
			return NULL;
		}
	return array;
}

bool feed_job_write(char *out, size_t size, size_t *len, const struct feed_job *job)
{
	const struct feed_settings *s = &job->settings;
	json_t *json;

	*len = 0;
	if (s->max_bytes > INT64_MAX || s->max_unpacked > INT64_MAX || !s->url ||
	    s->format >= FEED_FORMAT_COUNT)
		return false;
	json = json_pack("{s:I, s:s, s:s, s:s, s:I, s:I, s:I, s:s, s:s, s:b, s:o}", "id",
			 (json_int_t)job->id, "name", s->name, "url", s->url, "format",
			 feed_format_names[s->format], "max_bytes", (json_int_t)s->max_bytes,
			 "max_unpacked", (json_int_t)s->max_unpacked, "timeout",
			 (json_int_t)s->timeout, "etag", token(job->etag), "modified",
			 token(job->modified), "source", job->source >= 0, "headers",
			 texts(s->headers, s->headers_count));
	if (json && !(set_optional(json, "username", s->username) &&
		      set_optional(json, "password", s->password) &&
		      set_optional(json, "proxy", s->proxy))) {
		json_decref(json);
		return false;
	}
	return write_out(out, size, len, json);
}

static json_t *remarks(const struct feed_outcome *o)
{
	json_t *array = json_array();

	for (size_t i = 0; i < o->remarks_count && i < FEED_REMARKS; i++)
		json_array_append_new(array, words(o->remark[i]));
	return array;
}

bool feed_outcome_write(char *out, size_t size, size_t *len, const struct feed_outcome *o)
{
	*len = 0;
	if ((unsigned)o->kind >= KINDS || (unsigned)o->format >= FEED_FORMAT_COUNT)
		return false;
	return write_out(
		out, size, len,
		json_pack("{s:I, s:s, s:o, s:I, s:b, s:s, s:s, s:s, s:I, s:I, s:I, s:I, s:I, s:I, "
			  "s:o}",
			  "id", (json_int_t)o->id, "kind", kind_names[o->kind], "why",
			  words(o->why), "retry_after", (json_int_t)o->retry_after, "answered",
			  o->answered, "etag", token(o->etag), "modified", token(o->modified),
			  "format", feed_format_names[o->format], "bytes", (json_int_t)o->bytes,
			  "unpacked", (json_int_t)o->unpacked, "lines", (json_int_t)o->lines,
			  "used", (json_int_t)o->used, "unusable", (json_int_t)o->unusable,
			  "expires", (json_int_t)o->expires, "remarks", remarks(o)));
}

/* Reading: all must be there, of its type and within its bounds. */

static bool get_text(char *out, size_t size, const json_t *json, const char *key)
{
	const json_t *value = json_object_get(json, key);
	const char *text = json_string_value(value);

	if (!text || json_string_length(value) >= size || has_control(text))
		return false;
	strcpy(out, text);
	return true;
}

/* Without a zero byte inside: jansson refuses that already. */
static bool get_optional(char **out, const json_t *value)
{
	const char *text = json_string_value(value);

	if (!value)
		return true;
	if (!text || has_control(text))
		return false;
	*out = strdup(text);
	return *out;
}

static bool get_number(uint64_t *out, const json_t *json, const char *key, uint64_t max)
{
	const json_t *value = json_object_get(json, key);

	if (!json_is_integer(value) || json_integer_value(value) < 0)
		return false;
	*out = (uint64_t)json_integer_value(value);
	return *out <= max;
}

static bool get_number32(uint32_t *out, const json_t *json, const char *key)
{
	uint64_t number;

	if (!get_number(&number, json, key, UINT32_MAX))
		return false;
	*out = (uint32_t)number;
	return true;
}

static bool get_format(enum feed_format *out, const json_t *json)
{
	const char *text = json_string_value(json_object_get(json, "format"));

	return text && feed_format_parse(out, text);
}

static bool get_headers(struct feed_settings *s, const json_t *array)
{
	size_t count = json_array_size(array);

	if (!json_is_array(array) || count > HEADERS_MAX)
		return false;
	s->headers = calloc(count + 1, sizeof(*s->headers));
	if (!s->headers)
		return false;
	for (size_t i = 0; i < count; i++) {
		s->headers_count++;
		if (!get_optional(&s->headers[i], json_array_get(array, i)))
			return false;
	}
	return true;
}

static bool read_job(struct feed_job *out, const json_t *json)
{
	struct feed_settings *s = &out->settings;
	const json_t *url = json_object_get(json, "url");
	const json_t *source = json_object_get(json, "source");

	if (!json_is_boolean(source) || !json_is_string(url))
		return false;
	/* The descriptor itself comes beside the text. */
	out->source = json_is_true(source) ? INT_MAX : -1;
	return get_number32(&out->id, json, "id") && get_text(s->name, FEED_NAME, json, "name") &&
	       get_optional(&s->url, url) && get_format(&s->format, json) &&
	       get_number(&s->max_bytes, json, "max_bytes", INT64_MAX) &&
	       get_number(&s->max_unpacked, json, "max_unpacked", INT64_MAX) &&
	       get_number32(&s->timeout, json, "timeout") &&
	       get_text(out->etag, FEED_ETAG, json, "etag") &&
	       get_text(out->modified, FEED_DATE, json, "modified") &&
	       get_optional(&s->username, json_object_get(json, "username")) &&
	       get_optional(&s->password, json_object_get(json, "password")) &&
	       get_optional(&s->proxy, json_object_get(json, "proxy")) &&
	       get_headers(s, json_object_get(json, "headers"));
}

bool feed_job_read(struct feed_job *out, const char *text, size_t len)
{
	json_t *json = json_loadb(text, len, JSON_REJECT_DUPLICATES, NULL);
	bool ok;

	*out = (struct feed_job){.source = -1};
	ok = json_is_object(json) && read_job(out, json);
	json_decref(json);
	if (!ok) {
		out->source = -1;
		feed_job_free(out);
	}
	return ok;
}

/* A process forked later shall not find it in memory. */
static void wipe(char *text)
{
	if (text)
		explicit_bzero(text, strlen(text));
	free(text);
}

void feed_job_free(struct feed_job *job)
{
	struct feed_settings *s = &job->settings;

	wipe(s->url);
	wipe(s->username);
	wipe(s->password);
	wipe(s->proxy);
	for (size_t i = 0; i < s->headers_count; i++)
		wipe(s->headers[i]);
	free(s->headers);
	*job = (struct feed_job){.source = -1};
}

static bool get_kind(enum feed_outcome_kind *out, const json_t *json)
{
	const char *text = json_string_value(json_object_get(json, "kind"));

	for (size_t i = 0; text && i < KINDS; i++)
		if (!strcmp(text, kind_names[i])) {
			*out = (enum feed_outcome_kind)i;
			return true;
		}
	return false;
}

static bool get_remarks(struct feed_outcome *out, const json_t *array)
{
	size_t count = json_array_size(array);

	if (!json_is_array(array) || count > FEED_REMARKS)
		return false;
	for (size_t i = 0; i < count; i++) {
		const json_t *value = json_array_get(array, i);
		const char *text = json_string_value(value);

		if (!text || json_string_length(value) >= FEED_WORDS || has_control(text))
			return false;
		strcpy(out->remark[i], text);
	}
	out->remarks_count = count;
	return true;
}

static bool read_outcome(struct feed_outcome *out, const json_t *json)
{
	const json_t *expires = json_object_get(json, "expires");
	const json_t *answered = json_object_get(json, "answered");

	out->expires = json_integer_value(expires);
	out->answered = json_is_true(answered);
	return json_is_integer(expires) && json_is_boolean(answered) &&
	       get_number32(&out->id, json, "id") && get_kind(&out->kind, json) &&
	       get_text(out->why, FEED_WORDS, json, "why") &&
	       get_number32(&out->retry_after, json, "retry_after") &&
	       get_text(out->etag, FEED_ETAG, json, "etag") &&
	       get_text(out->modified, FEED_DATE, json, "modified") &&
	       get_format(&out->format, json) &&
	       get_number(&out->bytes, json, "bytes", INT64_MAX) &&
	       get_number(&out->unpacked, json, "unpacked", INT64_MAX) &&
	       get_number(&out->lines, json, "lines", INT64_MAX) &&
	       get_number(&out->used, json, "used", INT64_MAX) &&
	       get_number(&out->unusable, json, "unusable", INT64_MAX) &&
	       get_remarks(out, json_object_get(json, "remarks"));
}

bool feed_outcome_read(struct feed_outcome *out, const char *text, size_t len)
{
	json_t *json = json_loadb(text, len, JSON_REJECT_DUPLICATES, NULL);
	bool ok;

	*out = (struct feed_outcome){.set = -1};
	ok = json_is_object(json) && read_outcome(out, json);
	json_decref(json);
	if (!ok)
		*out = (struct feed_outcome){.set = -1};
	return ok;
}
