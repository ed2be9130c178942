// SPDX-License-Identifier: GPL-2.0-or-later
/* Jobs and outcomes as messages: there and back, and what nobody honest would send. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "../../user/feeds/job.h"

static char text[FEED_MESSAGE];

static void jobs_there_and_back(void **state)
{
	char *headers[] = {(char *)"X-Key: geheim", (char *)"X-Two: ü"};
	const struct feed_job job = {
		.id = UINT32_MAX,
		.settings = {.name = "drop",
			     .url = (char *)"https://lists.example/drop?a=\"b\"",
			     .format = FEED_SPAMD,
			     .max_bytes = 1,
			     .max_unpacked = INT64_MAX,
			     .timeout = 60,
			     .username = (char *)"me",
			     .password = (char *)"p\"w",
			     .proxy = (char *)"http://proxy.example:3128",
			     .headers = headers,
			     .headers_count = 2},
		.etag = "W/\"1\"",
		.modified = "Mon, 23 Nov 2026 10:00:00 GMT",
		.source = 0,
	};
	struct feed_job back;
	size_t len;

	(void)state;
	assert_true(feed_job_write(text, sizeof(text), &len, &job));
	assert_true(feed_job_read(&back, text, len));
	assert_int_equal(back.id, job.id);
	assert_string_equal(back.settings.name, "drop");
	assert_string_equal(back.settings.url, job.settings.url);
	assert_int_equal(back.settings.format, FEED_SPAMD);
	assert_int_equal(back.settings.max_bytes, 1);
	assert_int_equal(back.settings.max_unpacked, INT64_MAX);
	assert_int_equal(back.settings.timeout, 60);
	assert_string_equal(back.settings.username, "me");
	assert_string_equal(back.settings.password, "p\"w");
	assert_string_equal(back.settings.proxy, job.settings.proxy);
	assert_int_equal(back.settings.headers_count, 2);
	assert_string_equal(back.settings.headers[1], headers[1]);
	assert_string_equal(back.etag, job.etag);
	assert_string_equal(back.modified, job.modified);
	assert_true(back.source >= 0);
	feed_job_free(&back);
	/* Not one byte less. */
	for (size_t n = 0; n < len; n++)
		assert_false(feed_job_read(&back, text, n));
	assert_false(feed_job_write(text, len - 1, &len, &job));
}

static void outcomes_there_and_back(void **state)
{
	static struct feed_outcome out, back;
	size_t len;

	(void)state;
	out = (struct feed_outcome){.id = 7,
				    .kind = FEED_DONE,
				    .retry_after = 120,
				    .answered = true,
				    .etag = "\"e\"",
				    .format = FEED_CIDR,
				    .bytes = 1,
				    .unpacked = 2,
				    .lines = 3,
				    .used = 4,
				    .unusable = 5,
				    .expires = -6,
				    .remarks_count = FEED_REMARKS,
				    .set = -1};
	for (size_t i = 0; i < FEED_REMARKS; i++)
		memset(out.remark[i], '"', FEED_WORDS - 1);
	assert_true(feed_outcome_write(text, sizeof(text), &len, &out));
	assert_true(feed_outcome_read(&back, text, len));
	assert_memory_equal(&back, &out, sizeof(out));
	for (size_t n = 0; n < len; n++)
		assert_false(feed_outcome_read(&back, text, n));
}

/* Whatever a server put into a reason, it arrives as clean text of a bounded length. */
static void words_are_made_clean(void **state)
{
	static struct feed_outcome out, back;
	size_t len;

	(void)state;
	out = (struct feed_outcome){.kind = FEED_FAILED, .remarks_count = 1, .set = -1};
	strcpy(out.why, "a\x1b[2J\xff");
	memset(out.remark[0], 1, FEED_WORDS - 1);
	strcpy(out.etag, "a\rb");
	strcpy(out.modified, "\xc2\x9b");
	assert_true(feed_outcome_write(text, sizeof(text), &len, &out));
	assert_true(feed_outcome_read(&back, text, len));
	assert_string_equal(back.why, "a\\x1b[2J\\xff");
	assert_true(strlen(back.remark[0]) > FEED_WORDS / 2);
	assert_string_equal(back.etag, "");
	assert_string_equal(back.modified, "");
}

/* One member of a good outcome, changed. */
static void refuse_with(const char *from, const char *to)
{
	static const struct feed_outcome out = {.kind = FEED_FAILED, .why = "w", .set = -1};
	static char changed[2 * FEED_MESSAGE];
	static struct feed_outcome back;
	size_t len;
	char *at;

	assert_true(feed_outcome_write(text, sizeof(text) - 1, &len, &out));
	text[len] = '\0';
	at = strstr(text, from);
	assert_non_null(at);
	snprintf(changed, sizeof(changed), "%.*s%s%s", (int)(at - text), text, to,
		 at + strlen(from));
	assert_false(feed_outcome_read(&back, changed, strlen(changed)));
	assert_int_equal(back.set, -1);
}

static void hostile_outcomes(void **state)
{
	char remarks[FEED_REMARKS * 4 + 16] = "\"remarks\":[\"\"";
	char lengthy[FEED_WORDS + 16] = "\"why\":\"";

	(void)state;
	for (int i = 0; i < FEED_REMARKS; i++)
		strcat(remarks, ",\"\"");
	memset(lengthy + 7, 'x', FEED_WORDS);
	strcpy(lengthy + 7 + FEED_WORDS, "\"");
	refuse_with("\"remarks\":[", remarks);
	refuse_with("\"why\":\"w\"", lengthy);
	refuse_with("\"why\":\"w\"", "\"why\":\"\\u001b\"");
	refuse_with("\"why\":\"w\"", "\"why\":\"\\u0085\"");
	refuse_with("\"why\":\"w\"", "\"why\":\"\\u0000\"");
	refuse_with("\"why\":\"w\"", "\"why\":1");
	refuse_with("\"why\":\"w\"", "\"why\":\"w\",\"why\":\"w\"");
	refuse_with("\"kind\":\"failed\"", "\"kind\":\"fine\"");
	refuse_with("\"kind\":\"failed\"", "\"kind\":null");
	refuse_with("\"id\":0", "\"id\":4294967296");
	refuse_with("\"id\":0", "\"id\":-1");
	refuse_with("\"id\":0", "\"id\":0.5");
	refuse_with("\"lines\":0", "\"lines\":-1");
	refuse_with("\"format\":\"auto\"", "\"format\":\"html\"");
	refuse_with("\"remarks\":[]", "\"remarks\":{}");
	refuse_with("\"expires\":0", "\"expires\":\"0\"");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(jobs_there_and_back),
		cmocka_unit_test(outcomes_there_and_back),
		cmocka_unit_test(words_are_made_clean),
		cmocka_unit_test(hostile_outcomes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
