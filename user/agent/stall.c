// SPDX-License-Identifier: GPL-2.0-or-later
#include "../base/clock.h"
#include "stall.h"

static void longer(struct stall_longest *known, struct stall_longest turn)
{
	if (turn.wall_ms > known->wall_ms)
		known->wall_ms = turn.wall_ms;
	if (turn.cpu_us > known->cpu_us)
		known->cpu_us = turn.cpu_us;
}

/* Spans that have begun since then hold nothing yet, and what they held is too old. */
static void go_on(struct stall *s, uint32_t now)
{
	uint32_t span = now / STALL_SPAN;

	if (span - s->span >= STALL_SPANS)
		s->span = span - STALL_SPANS;
	while (s->span != span)
		s->lately[++s->span % STALL_SPANS] = (struct stall_longest){0};
}

void stall_note(struct stall *s, struct stall_longest turn, uint32_t now)
{
	s->turns++;
	longer(&s->ever, turn);
	go_on(s, now);
	longer(&s->lately[s->span % STALL_SPANS], turn);
}

struct stall_longest stall_last_minute(struct stall *s, uint32_t now)
{
	struct stall_longest all = {0};

	go_on(s, now);
	for (unsigned i = 0; i < STALL_SPANS; i++)
		longer(&all, s->lately[i]);
	return all;
}

/* libuv sets the loop's clock when the waiting has ended, and once more before timers run. */
static uint32_t since_clock_was_set(const uv_loop_t *loop)
{
	uint64_t now = uv_hrtime() / 1000000, set = uv_now(loop);

	return now > set ? (uint32_t)(now - set) : 0;
}

static void on_served(uv_check_t *after)
{
	struct stall *s = after->data;

	s->wall_ms = since_clock_was_set(after->loop);
}

static void on_end(uv_prepare_t *before)
{
	struct stall *s = before->data;
	uint64_t cpu_ns = clock_ns(CLOCK_THREAD_CPUTIME_ID);
	const struct stall_longest turn = {
		.wall_ms = s->wall_ms + since_clock_was_set(before->loop),
		.cpu_us = (uint32_t)((cpu_ns - s->cpu_ns) / 1000),
	};

	s->cpu_ns = cpu_ns;
	stall_note(s, turn, (uint32_t)(uv_now(before->loop) / 1000));
}

void stall_open(struct stall *s, uv_loop_t *loop)
{
	uv_prepare_init(loop, &s->before);
	uv_check_init(loop, &s->after);
	s->before.data = s->after.data = s;
	uv_prepare_start(&s->before, on_end);
	uv_check_start(&s->after, on_served);
	uv_unref((uv_handle_t *)&s->before);
	uv_unref((uv_handle_t *)&s->after);
	s->cpu_ns = clock_ns(CLOCK_THREAD_CPUTIME_ID);
	s->span = (uint32_t)(uv_now(loop) / 1000) / STALL_SPAN;
}
