/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The real programs in the real kernel, attached to nothing: loaded with private maps, fed through
 * BPF_PROG_TEST_RUN, and asked afterwards which fate they counted and what they told the ring.
 *
 * A run with more or less than one fate, or with a return code that does not belong to its fate, is
 * reported in `wrong`; every user treats that as a failure, whatever else it looks at.
 */
#ifndef MXDP_SELFTESTS_KERNEL_H
#define MXDP_SELFTESTS_KERNEL_H

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <linux/bpf.h>
#include <linux/pkt_cls.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "../../maps/fates.h"
#include "../../maps/flow.h"
#include "../../maps/live.h"
#include "../../maps/nets.h"
#include "../../maps/ports.h"
#include "../../maps/record.h"
#include "../../maps/verdict.h"
#include "mxdp.skel.h"
#include "frame.h"

#define KERNEL_RECORDS 64

enum fate_kind { KIND_PASS, KIND_DROP, KIND_TX, KIND_TAP };

static const enum fate_kind fate_kinds[FATE_COUNT] = {
#define X(name, text, kind) [FATE_##name] = KIND_##kind,
	FATES(X)
#undef X
};

static const char *const fate_names[FATE_COUNT] = {[FATE_PENDING] = "PENDING",
#define X(name, text, kind) [FATE_##name] = #name,
						   FATES(X)
#undef X
};

/* Zero stands for what the object brings along; the ring is small unless asked for. */
struct kernel_options {
	uint32_t ring_bytes;
	int32_t client_budget;
	int32_t server_budget;
	uint16_t second_mx_port;
};

/* One ring record. */
union told {
	struct record head; /* its data[] lies within bytes[] */
	uint8_t bytes[offsetof(struct record, data) + RECORD_BYTES];
};

struct kernel {
	struct mxdp_bpf *skel;
	struct ring_buffer *ring;
	struct live live; /* as last written by live_put() */
	uint64_t fates[FATE_COUNT];
	int cpus;
	uint64_t *per_cpu; /* room for one value of each CPU */
	union told told[KERNEL_RECORDS];
	size_t told_count;
	uint8_t out[FRAME_MAX]; /* the frame as the last ingress run left it */
	size_t out_len;
};

struct run {
	int err; /* the kernel refused the run */
	uint32_t retval;
	enum fate fate;
	const char *wrong; /* NULL where all is as it has to be */
};

static inline uint32_t boot_seconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_BOOTTIME, &now);
	return (uint32_t)now.tv_sec;
}

static inline int kernel_on_record(void *ctx, void *data, size_t size)
{
	struct kernel *k = ctx;
	union told *told = &k->told[k->told_count];

	if (k->told_count == KERNEL_RECORDS || size > sizeof(told->bytes))
		return -E2BIG;
	memcpy(told->bytes, data, size);
	if (size != offsetof(struct record, data) + told->head.cap)
		return -EBADMSG;
	k->told_count++;
	return 0;
}

/* Reads the ring into told[]; the number of records, or -errno. */
static inline int kernel_read_ring(struct kernel *k)
{
	int err;

	k->told_count = 0;
	err = ring_buffer__consume(k->ring);
	return err < 0 ? err : (int)k->told_count;
}

static inline int live_put(struct kernel *k)
{
	uint32_t zero = 0;

	return bpf_map_update_elem(bpf_map__fd(k->skel->maps.mxdp_live), &zero, &k->live, BPF_ANY);
}

static inline void kernel_stop(struct kernel *k)
{
	ring_buffer__free(k->ring);
	mxdp_bpf__destroy(k->skel);
	free(k->per_cpu);
	memset(k, 0, sizeof(*k));
}

static inline int kernel_configure(struct mxdp_bpf *skel, const struct kernel_options *options)
{
	int err;

	if (options->client_budget)
		skel->rodata->client_budget = options->client_budget;
	if (options->server_budget)
		skel->rodata->server_budget = options->server_budget;
	if (options->second_mx_port)
		skel->rodata->mx_ports[1] = htons(options->second_mx_port);
	err = bpf_map__set_max_entries(skel->maps.mxdp_ring,
				       options->ring_bytes ? options->ring_bytes : 1 << 20);
	if (!err)
		err = bpf_map__set_max_entries(skel->maps.mxdp_verdicts, 4096);
	if (!err)
		err = bpf_map__set_max_entries(skel->maps.mxdp_hits, 4096);
	return err;
}

/* 0 or -errno. Afterwards: enforcing, alive, resets possible, no courtesy, nothing local. */
static inline int kernel_start(struct kernel *k, const struct kernel_options *options)
{
	int err;

	memset(k, 0, sizeof(*k));
	k->cpus = libbpf_num_possible_cpus();
	if (k->cpus < 0)
		return k->cpus;
	k->per_cpu = calloc((size_t)k->cpus, sizeof(*k->per_cpu));
	k->skel = mxdp_bpf__open();
	err = k->per_cpu && k->skel ? kernel_configure(k->skel, options) : -errno;
	if (!err)
		err = mxdp_bpf__load(k->skel);
	if (err)
		goto out;
	k->ring = ring_buffer__new(bpf_map__fd(k->skel->maps.mxdp_ring), kernel_on_record, k, NULL);
	if (!k->ring) {
		err = -errno;
		goto out;
	}
	k->live = (struct live){
		.layout = LAYOUT_VERSION,
		.mode = MODE_ENFORCE,
		.heartbeat = boot_seconds(),
		.heartbeat_limit = 600,
		.reset_ok = 1,
		.reset_limit = 1000,
	};
	err = live_put(k);
out:
	if (err)
		kernel_stop(k);
	return err;
}

static inline uint64_t fate_sum(const struct kernel *k, uint32_t fate)
{
	uint64_t sum = 0;

	if (bpf_map_lookup_elem(bpf_map__fd(k->skel->maps.mxdp_fates), &fate, k->per_cpu))
		abort();
	for (int i = 0; i < k->cpus; i++)
		sum += k->per_cpu[i];
	return sum;
}

/* Reads the counters; the one fate that moved, or FATE_PENDING where none or several did. */
static inline enum fate fate_moved(struct kernel *k)
{
	enum fate moved = FATE_PENDING;
	uint64_t total = 0;

	for (uint32_t fate = 0; fate < FATE_COUNT; fate++) {
		uint64_t sum = fate_sum(k, fate), before = k->fates[fate];

		k->fates[fate] = sum;
		if (sum == before || fate_kinds[fate] == KIND_TAP)
			continue;
		total += sum - before;
		moved = (enum fate)fate;
	}
	return total == 1 ? moved : FATE_PENDING;
}

static inline bool fate_is_of_egress(enum fate fate)
{
	return fate >= FATE_REPLY_OTHER && fate <= FATE_REPLY_SEEN;
}

static inline struct run kernel_ingress(struct kernel *k, const void *frame, size_t len)
{
	LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = frame, .data_size_in = (uint32_t)len,
		    .data_out = k->out, .data_size_out = sizeof(k->out));
	struct run run = {0};
	uint32_t want;

	run.err = bpf_prog_test_run_opts(bpf_program__fd(k->skel->progs.mxdp_gate), &opts);
	if (run.err)
		return run;
	run.retval = opts.retval;
	run.fate = fate_moved(k);
	k->out_len = opts.data_size_out;

	want = fate_kinds[run.fate] == KIND_DROP ? XDP_DROP
	       : fate_kinds[run.fate] == KIND_TX ? XDP_TX
						 : XDP_PASS;
	if (!run.fate)
		run.wrong = "not exactly one fate was counted";
	else if (fate_is_of_egress(run.fate))
		run.wrong = "ingress counted a fate of egress";
	else if (run.retval != want)
		run.wrong = "the return code is not that of the fate";
	else if (k->out_len != len || (want != XDP_TX && memcmp(k->out, frame, len)))
		run.wrong = "a frame that is not answered was changed";
	return run;
}

static inline struct run kernel_egress(struct kernel *k, const void *frame, size_t len)
{
	LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = frame, .data_size_in = (uint32_t)len);
	struct run run = {0};

	run.err = bpf_prog_test_run_opts(bpf_program__fd(k->skel->progs.mxdp_tap), &opts);
	if (run.err)
		return run;
	run.retval = opts.retval;
	run.fate = fate_moved(k);
	if (!run.fate)
		run.wrong = "not exactly one fate was counted";
	else if (!fate_is_of_egress(run.fate))
		run.wrong = "egress counted a fate of ingress";
	else if (run.retval != (uint32_t)TC_ACT_UNSPEC)
		run.wrong = "egress decided over a packet";
	return run;
}

#endif
