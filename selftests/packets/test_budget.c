// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What the verifier has to walk through. The kernel's own limit is a million instructions, but each
 * kernel counts differently and libxdp's dispatcher adds its share: a program that stays far below
 * loads everywhere, and quickly. Who goes over the budget has made the paths too many.
 */
#include "expect.h"

#define BUDGET 24000

static void within_budget(const struct bpf_program *program)
{
	struct bpf_prog_info info = {0};
	__u32 size = sizeof(info);

	assert_int_equal(bpf_obj_get_info_by_fd(bpf_program__fd(program), &info, &size), 0);
	print_message("%s: %u instructions verified, %u bytes of machine code\n",
		      bpf_program__name(program), info.verified_insns, info.jited_prog_len);
	assert_in_range(info.verified_insns, 100, BUDGET);
}

static void test_gate(void **state)
{
	struct kernel *k = *state;

	within_budget(k->skel->progs.mxdp_gate);
}

static void test_tap(void **state)
{
	struct kernel *k = *state;

	within_budget(k->skel->progs.mxdp_tap);
}

/* A program without a test would be a program without a budget. */
static void test_no_other_programs(void **state)
{
	struct kernel *k = *state;
	struct bpf_program *program;
	int count = 0;

	bpf_object__for_each_program(program, k->skel->obj) count++;
	assert_int_equal(count, 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		packet_test(test_gate),
		packet_test(test_tap),
		packet_test(test_no_other_programs),
	};

	return cmocka_run_group_tests_name("budget", tests, NULL, NULL);
}
