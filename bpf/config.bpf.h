/* SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause */
/*
 * Constants of one load: set by the agent before loading, then frozen, so that the verifier and the
 * JIT see plain numbers.
 */
#ifndef MXDP_BPF_CONFIG_BPF_H
#define MXDP_BPF_CONFIG_BPF_H

#include "../maps/ports.h"

const volatile __be16 mx_ports[PORTS_PER_CLASS] = {bpf_htons(25)};
const volatile __be16 submission_ports[PORTS_PER_CLASS] = {bpf_htons(587), bpf_htons(465)};

/* RFC 8314: TLS from the first byte, so there is nothing for the tap to read. */
#define PORT_IMPLICIT_TLS 465

/* Bytes of one flow and direction that may go to the ring. */
const volatile __s32 client_budget = 8192;
const volatile __s32 server_budget = 32768;

static __always_inline enum port_class port_class_of(__be16 port)
{
	for (int i = 0; i < PORTS_PER_CLASS; i++) {
		if (mx_ports[i] && mx_ports[i] == port)
			return PORTS_MX;
		if (submission_ports[i] && submission_ports[i] == port)
			return PORTS_SUBMISSION;
	}
	return PORTS_NONE;
}

static __always_inline bool port_is_tapped(__be16 port)
{
	return port != bpf_htons(PORT_IMPLICIT_TLS) && port_class_of(port) != PORTS_NONE;
}

#endif
