/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the BPF programs of an agent cost:
 *
 *   sniff_bpf PID IFACE
 *
 * Lets the kernel count the run time of programs until SIGTERM; says "ready" on standard error when
 * it does. Then prints a line for each program that the process PID holds or that XDP runs on
 * IFACE: name, nanoseconds, runs. The kernel stops counting with this process, however it ends.
 */
#include <signal.h>

#include "programs.h"

static void print(const struct programs *p)
{
	for (size_t i = 0; i < p->count; i++) {
		const struct bpf_prog_info *before = &p->list[i].info;
		struct bpf_prog_info after;

		if (program_look(&after, p->list[i].id))
			printf("%s %llu %llu\n", after.name,
			       (unsigned long long)(after.run_time_ns - before->run_time_ns),
			       (unsigned long long)(after.run_cnt - before->run_cnt));
	}
}

int main(int argc, char **argv)
{
	static struct programs programs;
	sigset_t set;
	int stats, got;

	if (argc != 3) {
		fputs("sniff_bpf PID IFACE\n", stderr);
		return 2;
	}
	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigprocmask(SIG_BLOCK, &set, NULL);
	stats = bpf_enable_stats(BPF_STATS_RUN_TIME);
	if (stats < 0) {
		fprintf(stderr, "sniff_bpf: cannot have run times counted: %s\n", strerror(-stats));
		return 1;
	}
	if (!programs_collect(&programs, argv[1], argv[2])) {
		fprintf(stderr, "sniff_bpf: %s on %s: %s\n", argv[1], argv[2], strerror(errno));
		return 1;
	}
	fputs("ready\n", stderr);
	sigwait(&set, &got);
	print(&programs);
	close(stats);
	return 0;
}
