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
#include <dirent.h>
#include <errno.h>
#include <net/if.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#define PROGRAMS_MAX 64

struct program {
	__u32 id;
	struct bpf_prog_info before;
};

struct programs {
	size_t count;
	struct program list[PROGRAMS_MAX];
};

static bool look(struct bpf_prog_info *info, __u32 id)
{
	__u32 size = sizeof(*info);
	int fd = bpf_prog_get_fd_by_id(id), err;

	if (fd < 0)
		return false;
	memset(info, 0, sizeof(*info));
	err = bpf_obj_get_info_by_fd(fd, info, &size);
	close(fd);
	return !err;
}

static void add(struct programs *p, __u32 id)
{
	for (size_t i = 0; i < p->count; i++)
		if (p->list[i].id == id)
			return;
	if (p->count < PROGRAMS_MAX && look(&p->list[p->count].before, id))
		p->list[p->count++].id = id;
}

/* /proc/PID/fdinfo/N of a program has a line "prog_id:\t7". */
static __u32 program_of(const char *dir, const char *fd)
{
	char path[512], line[256];
	unsigned id = 0;
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", dir, fd);
	f = fopen(path, "re");
	while (f && !id && fgets(line, sizeof(line), f))
		if (sscanf(line, "prog_id: %u", &id) != 1)
			id = 0;
	if (f)
		fclose(f);
	return id;
}

static bool collect(struct programs *p, const char *pid, const char *interface)
{
	int ifindex = (int)if_nametoindex(interface);
	struct dirent *entry;
	char dir[64];
	__u32 id = 0;
	DIR *d;

	snprintf(dir, sizeof(dir), "/proc/%s/fdinfo", pid);
	d = opendir(dir);
	if (!d || !ifindex || bpf_xdp_query_id(ifindex, 0, &id)) {
		fprintf(stderr, "sniff_bpf: %s on %s: %s\n", pid, interface, strerror(errno));
		if (d)
			closedir(d);
		return false;
	}
	if (id)
		add(p, id);
	while ((entry = readdir(d))) {
		id = entry->d_name[0] == '.' ? 0 : program_of(dir, entry->d_name);
		if (id)
			add(p, id);
	}
	closedir(d);
	return true;
}

static void print(const struct programs *p)
{
	for (size_t i = 0; i < p->count; i++) {
		const struct bpf_prog_info *before = &p->list[i].before;
		struct bpf_prog_info after;

		if (look(&after, p->list[i].id))
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
	if (!collect(&programs, argv[1], argv[2]))
		return 1;
	fputs("ready\n", stderr);
	sigwait(&set, &got);
	print(&programs);
	close(stats);
	return 0;
}
