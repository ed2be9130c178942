// SPDX-License-Identifier: GPL-2.0-or-later
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <linux/if_link.h>
#include <string.h>
#include <unistd.h>
#include <xdp/libxdp.h>

#include "xdp.h"

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

/* Our gate among the dispatcher's components; 0 where it is not, or cannot be seen. */
static __u32 gate_in_dispatcher(int ifindex)
{
	struct xdp_multiprog *all = xdp_multiprog__get_from_ifindex(ifindex);
	struct xdp_program *one = NULL;
	__u32 id = 0;

	if (libxdp_get_error(all) || !all)
		return 0;
	while ((one = xdp_multiprog__next_prog(one, all)))
		if (!strcmp(xdp_program__name(one), GATE_NAME))
			id = xdp_program__id(one);
	xdp_multiprog__close(all);
	return id;
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
		out->gate_id = gate_in_dispatcher(ifindex);
	}
	return 0;
}
