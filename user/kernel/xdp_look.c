// SPDX-License-Identifier: GPL-2.0-or-later
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <linux/if_link.h>
#include <string.h>
#include <unistd.h>

#include "xdp.h"

#define MAPS_OF_PROGRAM 64 /* the kernel's own limit for one program */

static int program_info(struct bpf_prog_info *info, int fd)
{
	__u32 len = sizeof(*info);

	memset(info, 0, sizeof(*info));
	return bpf_obj_get_info_by_fd(fd, info, &len) ? -errno : 0;
}

int program_name(char *name, __u32 id)
{
	struct bpf_prog_info info;
	int fd = bpf_prog_get_fd_by_id(id), err;

	if (fd < 0)
		return -errno;
	err = program_info(&info, fd);
	close(fd);
	if (!err)
		memcpy(name, info.name, sizeof(info.name));
	return err;
}

__u32 program_id(int fd)
{
	struct bpf_prog_info info;

	return program_info(&info, fd) ? 0 : info.id;
}

bool program_uses_map(__u32 program, __u32 map)
{
	__u32 maps[MAPS_OF_PROGRAM] = {0}, len = sizeof(struct bpf_prog_info);
	struct bpf_prog_info info = {.nr_map_ids = MAPS_OF_PROGRAM, .map_ids = (uintptr_t)maps};
	int fd = bpf_prog_get_fd_by_id(program), err;

	if (fd < 0)
		return false;
	err = bpf_obj_get_info_by_fd(fd, &info, &len);
	close(fd);
	for (__u32 i = 0; !err && i < info.nr_map_ids && i < MAPS_OF_PROGRAM; i++)
		if (maps[i] == map)
			return true;
	return false;
}

/*
 * Our gate among the dispatcher's components; 0 where it is not. The kernel's own list of links is
 * asked, not libxdp: that needs its pins, and its release 1.3 leaves a descriptor open each time.
 */
static __u32 gate_in_dispatcher(__u32 dispatcher)
{
	char name[BPF_OBJ_NAME_LEN];
	__u32 id = 0;

	while (!bpf_link_get_next_id(id, &id)) {
		struct bpf_link_info info;
		__u32 len = sizeof(info);
		int fd = bpf_link_get_fd_by_id(id), err;

		if (fd < 0)
			continue;
		memset(&info, 0, sizeof(info));
		err = bpf_obj_get_info_by_fd(fd, &info, &len);
		close(fd);
		if (!err && info.type == BPF_LINK_TYPE_TRACING &&
		    info.tracing.target_obj_id == dispatcher && !program_name(name, info.prog_id) &&
		    !strcmp(name, GATE_NAME))
			return info.prog_id;
	}
	return 0;
}

int xdp_look(struct xdp_seen *out, int ifindex)
{
	struct bpf_xdp_query_opts query;
	int err;

	memset(&query, 0, sizeof(query));
	memset(out, 0, sizeof(*out));
	query.sz = sizeof(query);
	err = bpf_xdp_query(ifindex, 0, &query);
	if (err)
		return err;
	out->native = query.drv_prog_id;
	out->id = query.drv_prog_id ? query.drv_prog_id : query.skb_prog_id;
	if (!out->id)
		return 0;
	err = program_name(out->name, out->id);
	if (err)
		return err;
	out->holder = XDP_HOLDER_FOREIGN;
	if (!strcmp(out->name, GATE_NAME)) {
		out->holder = XDP_HOLDER_GATE;
		out->gate_id = out->id;
	} else if (!strcmp(out->name, "xdp_dispatcher")) {
		out->holder = XDP_HOLDER_DISPATCHER;
		out->gate_id = gate_in_dispatcher(out->id);
	}
	return 0;
}
