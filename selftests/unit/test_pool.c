/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Things that do not overlap, and what is given back comes first. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "../../user/tap/pool.h"

#define THINGS 1200 /* more than two chunks */

static void each_has_its_own_room(void **state)
{
	static const size_t sizes[] = {16, 4095, 4096, 4097, 8000};
	static unsigned char *thing[THINGS];

	(void)state;
	for (size_t s = 0; s < sizeof(sizes) / sizeof(sizes[0]); s++) {
		struct pool p;

		pool_init(&p, sizes[s]);
		for (int i = 0; i < THINGS; i++) {
			thing[i] = pool_take(&p);
			assert_non_null(thing[i]);
			for (size_t k = 0; k < sizes[s]; k++)
				assert_int_equal(thing[i][k], 0);
			memset(thing[i], i % 255 + 1, sizes[s]);
		}
		for (int i = 0; i < THINGS; i++)
			for (size_t k = 0; k < sizes[s]; k++)
				assert_int_equal(thing[i][k], i % 255 + 1);
		pool_free(&p);
	}
}

static void what_came_back_goes_first(void **state)
{
	struct pool p;
	void *a, *b, *c;

	(void)state;
	pool_init(&p, 5000);
	a = pool_take(&p);
	b = pool_take(&p);
	pool_give(&p, a);
	pool_give(&p, b);
	assert_ptr_equal(pool_take(&p), b);
	assert_ptr_equal(pool_take(&p), a);
	c = pool_take(&p);
	assert_ptr_not_equal(c, a);
	assert_ptr_not_equal(c, b);
	pool_free(&p);
	/* And it may be used again. */
	assert_non_null(pool_take(&p));
	pool_free(&p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_has_its_own_room),
		cmocka_unit_test(what_came_back_goes_first),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
