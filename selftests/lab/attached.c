/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How many BPF programs hang on an interface: XDP in any mode, and tcx egress, which the bpftool of
 * some distributions does not show yet. Prints the number; filters of tc are not among them.
 */
#include <errno.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#define TCX_EGRESS 47 /* enum bpf_attach_type from Linux 6.6 on */

static int count_xdp(int ifindex, unsigned *count)
{
	__u32 id = 0;
	int err = bpf_xdp_query_id(ifindex, 0, &id);

	if (!err && id)
		++*count;
	return err;
}

static int count_tcx(int ifindex, unsigned *count)
{
	__u32 ids[64], n = sizeof(ids) / sizeof(*ids), flags = 0;

	if (bpf_prog_query(ifindex, (enum bpf_attach_type)TCX_EGRESS, 0, &flags, ids, &n))
		return errno == EINVAL ? 0 : -errno; /* EINVAL: a kernel without tcx */
	*count += n;
	return 0;
}

int main(int argc, char **argv)
{
	unsigned count = 0;
	int ifindex, err;

	if (argc != 2) {
		fputs("attached IFACE\n", stderr);
		return 2;
	}
	ifindex = (int)if_nametoindex(argv[1]);
	err = ifindex ? count_xdp(ifindex, &count) : -errno;
	if (!err)
		err = count_tcx(ifindex, &count);
	if (err) {
		fprintf(stderr, "attached: %s: %s\n", argv[1], strerror(-err));
		return 1;
	}
	printf("%u\n", count);
	return 0;
}
