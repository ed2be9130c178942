// SPDX-License-Identifier: GPL-2.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "../../user/kernel/syncookies.h"

static void reads_both_counters(void **state)
{
	uint64_t sum = 0;

	(void)state;
	assert_true(syncookies_parse(&sum, "TcpExt: SyncookiesSent SyncookiesRecv SyncookiesFailed "
					   "EmbryonicRsts\n"
					   "TcpExt: 1000 20 3 4\n"
					   "IpExt: InNoRoutes\nIpExt: 9\n"));
	assert_int_equal(sum, 23);
}

static void order_and_other_sections_do_not_matter(void **state)
{
	uint64_t sum = 0;

	(void)state;
	assert_true(syncookies_parse(&sum, "IpExt: SyncookiesRecv SyncookiesFailed\n"
					   "IpExt: 500 600\n"
					   "TcpExt: A SyncookiesFailed B SyncookiesRecv\n"
					   "TcpExt: 1 7 -2 5\n"));
	assert_int_equal(sum, 12);
	/* Not the last line's newline, and a name that only begins alike. */
	assert_true(syncookies_parse(&sum,
				     "TcpExt: SyncookiesRecvX SyncookiesRecv SyncookiesFailed\n"
				     "TcpExt: 900 1 2"));
	assert_int_equal(sum, 3);
}

static void large_counters_are_exact(void **state)
{
	uint64_t sum = 0;

	(void)state;
	assert_true(syncookies_parse(&sum, "TcpExt: SyncookiesRecv SyncookiesFailed\n"
					   "TcpExt: 18446744073709551000 615\n"));
	assert_true(sum == UINT64_MAX);
}

static void nonsense_is_refused(void **state)
{
	static const char *const texts[] = {
		"",
		"\n\n",
		"TcpExt:",
		"TcpExt: SyncookiesRecv SyncookiesFailed",
		"TcpExt: SyncookiesRecv SyncookiesFailed\n",
		"TcpExt: SyncookiesRecv SyncookiesFailed\nTcpExt:\n",
		"TcpExt: SyncookiesRecv SyncookiesFailed\nTcpExt: 5\n", /* one value short */
		"TcpExt: SyncookiesRecv\nTcpExt: 5\n",
		"TcpExt: SyncookiesRecv SyncookiesFailed\nTcpExt: 5 x\n",
		"TcpExt: SyncookiesRecv SyncookiesFailed\nTcpExt: -5 6\n",
		"TcpExt: SyncookiesRecv SyncookiesFailed\nIpExt: 5 6\n",
		"tcpext: SyncookiesRecv SyncookiesFailed\ntcpext: 5 6\n",
	};
	uint64_t sum;

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++)
		if (syncookies_parse(&sum, texts[i]))
			fail_msg("taken for counters: \"%s\"", texts[i]);
}

/* The parser reads to the zero and never past it: every cut of a good text is tried. */
static void every_cut_is_safe(void **state)
{
	static const char whole[] = "IpExt: A B\nIpExt: 1 2\nTcpExt: SyncookiesSent SyncookiesRecv "
				    "SyncookiesFailed X\nTcpExt: 1 22 33 4\n";
	size_t good = 0;

	(void)state;
	for (size_t len = 0; len < sizeof(whole); len++) {
		char *cut =
			test_malloc(len + 1); /* of exactly its size: a checker sees an overrun */
		uint64_t sum;

		memcpy(cut, whole, len);
		cut[len] = '\0';
		good += syncookies_parse(&sum, cut);
		test_free(cut);
	}
	/* From the first digit of the second counter on. */
	assert_int_equal(good, strlen("33 4\n"));
}

/* Against the running kernel: this text must be the one that it writes. */
static void this_kernel_is_understood(void **state)
{
	struct syncookies s = {0};

	(void)state;
	assert_false(syncookies_active(&s, 1000));
	assert_true(s.primed);
}

static void use_lasts_a_minute_after_the_last_move(void **state)
{
	struct syncookies s = {0};

	(void)state;
	syncookies_active(&s, 100);
	s.seen--; /* as if the counters had moved since */
	assert_true(syncookies_active(&s, 200));
	assert_true(syncookies_active(&s, 259));
	assert_false(syncookies_active(&s, 260));
	s.seen--;
	assert_true(syncookies_active(&s, 300));
	assert_int_equal(s.moved_at, 300);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_both_counters),
		cmocka_unit_test(order_and_other_sections_do_not_matter),
		cmocka_unit_test(large_counters_are_exact),
		cmocka_unit_test(nonsense_is_refused),
		cmocka_unit_test(every_cut_is_safe),
		cmocka_unit_test(this_kernel_is_understood),
		cmocka_unit_test(use_lasts_a_minute_after_the_last_move),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
