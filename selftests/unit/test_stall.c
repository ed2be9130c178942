// SPDX-License-Identifier: GPL-2.0-or-later
/* The longest turns of an event loop, over time and of a real loop. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <time.h>
#include <cmocka.h>

#include "../../user/agent/stall.h"
#include "../../user/base/clock.h"

static void turn(struct stall *s, uint32_t wall_ms, uint32_t cpu_us, uint32_t now)
{
	stall_note(s, (struct stall_longest){wall_ms, cpu_us}, now);
}

static void longest_of_each_kind(void **state)
{
	struct stall s = {0};

	(void)state;
	turn(&s, 9, 100, 5);
	turn(&s, 3, 2000, 5);
	turn(&s, 4, 4, 6);
	assert_int_equal(s.turns, 3);
	assert_int_equal(s.ever.wall_ms, 9);
	assert_int_equal(s.ever.cpu_us, 2000);
	assert_int_equal(stall_last_minute(&s, 6).wall_ms, 9);
	assert_int_equal(stall_last_minute(&s, 6).cpu_us, 2000);
}

static void a_minute_and_no_more(void **state)
{
	struct stall s = {0};

	(void)state;
	turn(&s, 50, 50, 109);
	turn(&s, 7, 7, 130);
	assert_int_equal(stall_last_minute(&s, 169).wall_ms, 50);
	assert_int_equal(stall_last_minute(&s, 170).wall_ms, 7);
	assert_int_equal(stall_last_minute(&s, 199).wall_ms, 7);
	assert_int_equal(stall_last_minute(&s, 200).wall_ms, 0);
	assert_int_equal(s.ever.wall_ms, 50);
}

static void after_a_long_rest(void **state)
{
	struct stall s = {0};

	(void)state;
	turn(&s, 50, 50, 10);
	turn(&s, 2, 2, 4000000000U);
	assert_int_equal(stall_last_minute(&s, 4000000000U).wall_ms, 2);
}

static void work_for(unsigned ms)
{
	uint64_t until = clock_ns(CLOCK_THREAD_CPUTIME_ID) + ms * 1000000ULL;

	while (clock_ns(CLOCK_THREAD_CPUTIME_ID) < until)
		;
}

/* A turn is counted when the loop waits again; without anything to wait for it would just end. */
static uv_timer_t last;

static void nothing(uv_timer_t *timer)
{
	(void)timer;
}

static void wait_once_more(void)
{
	uv_timer_start(&last, nothing, 1, 0);
}

static void works(uv_timer_t *timer)
{
	(void)timer;
	work_for(30);
	wait_once_more();
}

static void works_longer(uv_async_t *async)
{
	work_for(40);
	uv_close((uv_handle_t *)async, NULL);
	wait_once_more();
}

static void sleeps(uv_timer_t *timer)
{
	(void)timer;
	nanosleep(&(struct timespec){.tv_nsec = 90000000}, NULL);
	wait_once_more();
}

static void close_it(uv_handle_t *handle, void *context)
{
	(void)context;
	if (!uv_is_closing(handle))
		uv_close(handle, NULL);
}

static void of_a_loop(void **state)
{
	struct stall s = {0};
	uv_timer_t timer;
	uv_async_t async;
	uv_loop_t loop;

	(void)state;
	uv_loop_init(&loop);
	stall_open(&s, &loop);
	uv_timer_init(&loop, &timer);
	uv_timer_init(&loop, &last);
	/* Waiting is no work: the loop does so for a tenth of a second. */
	uv_timer_start(&timer, works, 100, 0);
	assert_int_equal(uv_run(&loop, UV_RUN_DEFAULT), 0);
	assert_in_range(s.ever.cpu_us, 30000, 39999);
	assert_true(s.ever.wall_ms >= 29);
	/* Served by the poll, not by a timer. */
	uv_async_init(&loop, &async, works_longer);
	uv_async_send(&async);
	assert_int_equal(uv_run(&loop, UV_RUN_DEFAULT), 0);
	assert_in_range(s.ever.cpu_us, 40000, 59999);
	assert_true(s.ever.wall_ms >= 39);
	/* Who sleeps in a turn stalls the others without any work. */
	uv_timer_start(&timer, sleeps, 1, 0);
	assert_int_equal(uv_run(&loop, UV_RUN_DEFAULT), 0);
	assert_true(s.ever.wall_ms >= 89);
	assert_in_range(s.ever.cpu_us, 40000, 59999);
	uv_walk(&loop, close_it, NULL);
	assert_int_equal(uv_run(&loop, UV_RUN_DEFAULT), 0);
	assert_int_equal(uv_loop_close(&loop), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(longest_of_each_kind),
		cmocka_unit_test(a_minute_and_no_more),
		cmocka_unit_test(after_a_long_rest),
		cmocka_unit_test(of_a_loop),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
