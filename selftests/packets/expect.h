/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a packet test says: "this segment, on the way in, meets that fate".
 *
 *	ingress_is(k, FATE_SYN_DROPPED, .from = CLIENT, .flags = SYN);
 *	egress_is(k, FATE_REPLY_SEEN, REPLY, .seq = 1000, .text = "220 mx ready\r\n");
 *
 * Every run is checked for its one fate, its return code and an unchanged frame, too.
 */
#ifndef MXDP_SELFTESTS_EXPECT_H
#define MXDP_SELFTESTS_EXPECT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "entries.h"

/* The server's direction. */
#define REPLY  .from = SERVER, .to = CLIENT, .sport = 25, .dport = CLIENT_PORT
#define REPLY6 .from = SERVER6, .to = CLIENT6, .sport = 25, .dport = CLIENT_PORT

#define ingress_is(k, fate, ...) \
	run_spec(k, kernel_ingress, fate, &(struct spec){__VA_ARGS__}, __FILE__, __LINE__)
#define egress_is(k, fate, ...) \
	run_spec(k, kernel_egress, fate, &(struct spec){__VA_ARGS__}, __FILE__, __LINE__)
#define frame_in_is(k, fate, frame)  run_frame(k, kernel_ingress, fate, frame, __FILE__, __LINE__)
#define frame_out_is(k, fate, frame) run_frame(k, kernel_egress, fate, frame, __FILE__, __LINE__)

typedef struct run (*run_fn)(struct kernel *k, const void *frame, size_t len);

static inline void run_frame(struct kernel *k, run_fn direction, enum fate want,
			     const struct frame *f, const char *file, int line)
{
	struct run run = direction(k, f->data, f->len);

	if (run.err)
		print_error("%zu bytes: the kernel answers %s\n", f->len, strerror(-run.err));
	else if (run.wrong)
		print_error("%zu bytes: %s (fate %s, return code %d)\n", f->len, run.wrong,
			    fate_names[run.fate], (int)run.retval);
	else if (run.fate != want)
		print_error("%zu bytes: fate %s instead of %s\n", f->len, fate_names[run.fate],
			    fate_names[want]);
	if (run.err || run.wrong || run.fate != want)
		_fail(file, line);
}

static inline void run_spec(struct kernel *k, run_fn direction, enum fate want,
			    const struct spec *spec, const char *file, int line)
{
	struct frame f;

	frame_build(&f, spec);
	run_frame(k, direction, want, &f, file, line);
}

/* Nothing is known of the frame but that every rule of kernel.h holds for it. */
static inline enum fate any_fate(struct run run)
{
	if (run.err || run.wrong)
		fail_msg("%s (fate %s, return code %d)", run.err ? strerror(-run.err) : run.wrong,
			 fate_names[run.fate], (int)run.retval);
	return run.fate;
}

static inline struct verdict lasting(enum action action)
{
	return (struct verdict){
		.expires = VERDICT_NEVER_EXPIRES, .since = boot_seconds(), .action = action};
}

static inline void block(struct kernel *k, const char *net, enum port_class ports,
			 struct verdict verdict)
{
	assert_int_equal(verdict_put(k, net, ports, verdict), 0);
}

/* What nearly every test starts from: both test addresses of the server are ours. */
static inline int setup_with(void **state, const struct kernel_options *options)
{
	struct kernel *k = calloc(1, sizeof(*k));
	int err;

	if (!k)
		return -ENOMEM;
	err = kernel_start(k, options);
	if (err) {
		print_error("the programs do not load (root needed): %s\n", strerror(-err));
		free(k);
		return err;
	}
	*state = k;
	err = local_put(k, SERVER);
	return err ? err : local_put(k, SERVER6);
}

static inline int setup(void **state)
{
	return setup_with(state, &(struct kernel_options){0});
}

static inline int teardown(void **state)
{
	kernel_stop(*state);
	free(*state);
	return 0;
}

#define packet_test(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

#endif
