/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The BPF programs of a running agent: those that its process holds, and the one that XDP runs on
 * an interface of its own namespace. Others of the same name, of other agents, are not among them.
 */
#ifndef MXDP_BENCH_PROGRAMS_H
#define MXDP_BENCH_PROGRAMS_H

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <dirent.h>
#include <errno.h>
#include <net/if.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define PROGRAMS_MAX 64

struct program {
	__u32 id;
	struct bpf_prog_info info; /* as it was when it was found */
};

struct programs {
	size_t count;
	struct program list[PROGRAMS_MAX];
};

static inline bool program_look(struct bpf_prog_info *info, __u32 id)
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

static inline void programs_add(struct programs *p, __u32 id)
{
	for (size_t i = 0; i < p->count; i++)
		if (p->list[i].id == id)
			return;
	if (p->count < PROGRAMS_MAX && program_look(&p->list[p->count].info, id))
		p->list[p->count++].id = id;
}

/* /proc/PID/fdinfo/N of a program has a line "prog_id:\t7"; 0 where it is none. */
static inline __u32 program_of_descriptor(const char *dir, const char *fd)
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

/* Into an empty list. False and errno in trouble. */
static inline bool programs_collect(struct programs *p, const char *pid, const char *interface)
{
	int ifindex = (int)if_nametoindex(interface);
	struct dirent *entry;
	char dir[64];
	__u32 id = 0;
	DIR *d;

	if (!ifindex || bpf_xdp_query_id(ifindex, 0, &id))
		return false;
	snprintf(dir, sizeof(dir), "/proc/%s/fdinfo", pid);
	d = opendir(dir);
	if (!d)
		return false;
	if (id)
		programs_add(p, id);
	while ((entry = readdir(d))) {
		id = entry->d_name[0] == '.' ? 0 : program_of_descriptor(dir, entry->d_name);
		if (id)
			programs_add(p, id);
	}
	closedir(d);
	return true;
}

/* A descriptor of the one of that name, or -errno. */
static inline int programs_open(const struct programs *p, const char *name)
{
	for (size_t i = 0; i < p->count; i++)
		if (!strcmp(p->list[i].info.name, name)) {
			int fd = bpf_prog_get_fd_by_id(p->list[i].id);

			return fd < 0 ? -errno : fd;
		}
	return -ENOENT;
}

#endif
