// SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "maps.h"

static const char *const texts[FATE_COUNT] = {
#define X(name, text, verdict) [FATE_##name] = text,
	FATES(X)
#undef X
};

const char *fate_name(enum fate fate)
{
	/* SYN_DROPPED is "syn-dropped" to people. */
	static char names[FATE_COUNT][32] = {
#define X(name, text, verdict) [FATE_##name] = #name,
		FATES(X)
#undef X
	};

	for (char *c = names[fate]; *c; c++)
		*c = *c == '_' ? '-' : (char)tolower(*c);
	return names[fate];
}

const char *fate_text(enum fate fate)
{
	return texts[fate];
}

int fates_read(const struct maps *maps, unsigned long long sums[FATE_COUNT])
{
	int cpus = libbpf_num_possible_cpus();
	__u64 *values;
	int err = 0;

	if (cpus < 0)
		return cpus;
	values = calloc((size_t)cpus, sizeof(*values));
	if (!values)
		return -ENOMEM;
	for (__u32 fate = 0; fate < FATE_COUNT && !err; fate++) {
		sums[fate] = 0;
		if (bpf_map_lookup_elem(maps->fates, &fate, values))
			err = -errno;
		for (int i = 0; i < cpus && !err; i++)
			sums[fate] += values[i];
	}
	free(values);
	return err;
}
