// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Any bytes as a message between the agent and its feed process. What is read can be written again,
 * and is read the same: nothing that was refused comes in by another way.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "../../user/feeds/job.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static char text[2 * FEED_MESSAGE];

static void try_outcome(const char *bytes, size_t size)
{
	static struct feed_outcome out, again;
	size_t len;

	if (!feed_outcome_read(&out, bytes, size))
		return;
	if (!feed_outcome_write(text, sizeof(text), &len, &out) ||
	    !feed_outcome_read(&again, text, len) || memcmp(&out, &again, sizeof(out)) != 0)
		abort();
}

static void try_job(const char *bytes, size_t size)
{
	struct feed_job job, again;
	size_t len;

	if (!feed_job_read(&job, bytes, size))
		return;
	if (!feed_job_write(text, sizeof(text), &len, &job) || !feed_job_read(&again, text, len) ||
	    strcmp(job.settings.url, again.settings.url) != 0 ||
	    job.settings.headers_count != again.settings.headers_count ||
	    (job.source >= 0) != (again.source >= 0))
		abort();
	feed_job_free(&again);
	feed_job_free(&job);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size > FEED_MESSAGE)
		return 0;
	try_outcome((const char *)data, size);
	try_job((const char *)data, size);
	return 0;
}
