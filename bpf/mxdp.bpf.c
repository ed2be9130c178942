// SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause
/*
 * What runs in the kernel: two thin hooks.
 *
 *   mxdp_gate  XDP ingress: drops the SYNs of sources under verdict, taps the clients' bytes
 *   mxdp_tap   TC egress:   taps the server's replies, which XDP never sees; drops nothing
 *
 * Every packet leaves with exactly one fate, counted (maps/fates.h).
 */
#include <stdbool.h>
#include <stddef.h>
#include <linux/bpf.h>
#include <linux/pkt_cls.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_endian.h>

#include "config.bpf.h"
#include "gate.bpf.h"
#include "parse.bpf.h"
#include "tap.bpf.h"

char _license[] SEC("license") = "Dual BSD/GPL";

static __always_inline long load_xdp(void *ctx, __u32 off, void *to, __u32 len)
{
	return bpf_xdp_load_bytes(ctx, off, to, len);
}

static __always_inline long load_tc(void *ctx, __u32 off, void *to, __u32 len)
{
	return bpf_skb_load_bytes(ctx, off, to, len);
}

static __always_inline __u32 length_xdp(void *ctx)
{
	return bpf_xdp_get_buff_len(ctx);
}

static __always_inline __u32 length_tc(void *ctx)
{
	return ((struct __sk_buff *)ctx)->len;
}

/*
 * Global functions on purpose: the verifier looks at each once for itself and forgets its paths,
 * instead of following every path through the headers into everything behind them.
 */
__noinline int walk_ingress(struct xdp_md *ctx, __u32 off, __u32 next)
{
	return walk_ext_headers(ctx, load_xdp, off, next);
}

__noinline int walk_egress(struct __sk_buff *skb, __u32 off, __u32 next)
{
	return walk_ext_headers(skb, load_tc, off, next);
}

static __always_inline int walk_xdp(void *ctx, __u32 off, __u32 next)
{
	return walk_ingress(ctx, off, next);
}

static __always_inline int walk_tc(void *ctx, __u32 off, __u32 next)
{
	return walk_egress(ctx, off, next);
}

static __always_inline enum fate answer(struct xdp_md *ctx, const struct packet *p)
{
	void *data = (void *)(long)ctx->data, *end = (void *)(long)ctx->data_end;

	if (reset_fits(data, end, p) && reset_allowed() && reset_build(data, end, p))
		return FATE_SYN_RESET;
	fate_count(FATE_RESET_LIMITED);
	return FATE_SYN_DROPPED;
}

static __always_inline enum fate ingress(struct xdp_md *ctx)
{
	void *data = (void *)(long)ctx->data, *end = (void *)(long)ctx->data_end;
	struct packet p = {};
	enum port_class ports;
	struct syn syn;
	enum fate fate;

	fate = parse_frame(ctx, walk_xdp, length_xdp, data, end, &p);
	if (fate)
		return fate;
	ports = port_class_of(p.dport);
	if (ports == PORTS_NONE)
		return FATE_NOT_MAIL;
	if (!parse_addresses(data, end, &p))
		return FATE_MALFORMED;
	if (!p.hidden && !is_pure_syn(&p))
		return port_is_tapped(p.dport) ? tap_client(ctx, load_xdp, &p) : FATE_MAIL_QUIET;

	syn = (struct syn){.source = p.source, .dest = p.dest, .hidden = p.hidden};
	fate = gate_syn(&syn, ports);
	return fate == FATE_SYN_RESET ? answer(ctx, &p) : fate;
}

SEC("xdp.frags")
int mxdp_gate(struct xdp_md *ctx)
{
	enum fate fate = ingress(ctx);

	fate_count(fate);
	if (fate == FATE_SYN_DROPPED || fate == FATE_FRAGMENT_DROPPED || fate == FATE_SYN_LIMITED)
		return XDP_DROP;
	if (fate == FATE_SYN_RESET)
		return XDP_TX;
	return XDP_PASS;
}

static __always_inline enum fate egress(struct __sk_buff *skb)
{
	void *data = (void *)(long)skb->data, *end = (void *)(long)skb->data_end;
	struct packet p = {};
	enum fate fate;

	fate = parse_frame(skb, walk_tc, length_tc, data, end, &p);
	if (fate || p.hidden || !port_is_tapped(p.sport) || !parse_addresses(data, end, &p))
		return FATE_REPLY_OTHER;
	return tap_server(skb, load_tc, &p);
}

SEC("tc")
int mxdp_tap(struct __sk_buff *skb)
{
	fate_count(egress(skb));
	return TC_ACT_UNSPEC; /* whatever comes after us decides */
}
