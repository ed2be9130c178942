/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Puts an XDP program that passes everything on an interface, and leaves it there. A veth delivers
 * what the other end sends by XDP_TX only where it has a native XDP program itself; a real network
 * card's wire needs no such thing.
 */
#include <errno.h>
#include <linux/if_link.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>

int main(int argc, char **argv)
{
	/* r0 = XDP_PASS; exit */
	const struct bpf_insn program[] = {
		{.code = BPF_ALU64 | BPF_MOV | BPF_K, .imm = XDP_PASS},
		{.code = BPF_JMP | BPF_EXIT},
	};
	LIBBPF_OPTS(bpf_prog_load_opts, options);
	int ifindex, fd, err;

	if (argc != 2) {
		fputs("pass IFACE\n", stderr);
		return 2;
	}
	ifindex = (int)if_nametoindex(argv[1]);
	if (!ifindex) {
		fprintf(stderr, "pass: there is no interface `%s'\n", argv[1]);
		return 1;
	}
	fd = bpf_prog_load(BPF_PROG_TYPE_XDP, "lab_pass", "GPL", program,
			   sizeof(program) / sizeof(*program), &options);
	err = fd < 0 ? fd : bpf_xdp_attach(ifindex, fd, XDP_FLAGS_DRV_MODE, NULL);
	if (err) {
		fprintf(stderr, "pass: %s: %s\n", argv[1], strerror(-err));
		return 1;
	}
	return 0;
}
