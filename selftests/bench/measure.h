/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the benches in C share: a floor to measure against, and what is told of many figures. */
#ifndef MXDP_BENCH_MEASURE_H
#define MXDP_BENCH_MEASURE_H

#include <bpf/bpf.h>
#include <errno.h>
#include <linux/bpf.h>
#include <stdlib.h>

struct quartiles {
	double median, low, high;
};

static inline int measure_by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static inline void sort_values(double *values, size_t count)
{
	qsort(values, count, sizeof(*values), measure_by_value);
}

/* Sorts them. `count` is not 0. */
static inline struct quartiles quartiles_of(double *values, size_t count)
{
	sort_values(values, count);
	return (struct quartiles){values[count / 2], values[count / 4],
				  values[count - 1 - count / 4]};
}

/* A program that returns `verdict' at once. A descriptor or -errno. */
static inline int load_floor(enum bpf_prog_type type, int verdict)
{
	const struct bpf_insn insns[] = {
		{.code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0, .imm = verdict},
		{.code = BPF_JMP | BPF_EXIT},
	};
	int fd = bpf_prog_load(type, "floor", "GPL", insns, 2, NULL);

	return fd < 0 ? -errno : fd;
}

#endif
