/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The companion that finds a listener where tc may not assign one: a SYN over a TIME_WAIT socket, and SYNs put together
 * from fragments.  It runs for every incoming TCP connection of the network namespace: what is for the gateway itself,
 * or does not come from an interface of ours (all of 127.0.0.0/8), goes its normal way.
 */
#include "maps.bpf.h"
#include "parse.bpf.h"
#include "verdict.bpf.h"

/* A word at a time, with the compiler kept from merging the reads: the verifier takes no computed context pointer. */
ALWAYS_INLINE void local_v6(__u8 out[16], struct bpf_sk_lookup *ctx)
{
	__u32 word = ctx->local_ip6[0];

	BARRIER(word);
	*(__u32 *)(out + 0) = word;
	word = ctx->local_ip6[1];
	BARRIER(word);
	*(__u32 *)(out + 4) = word;
	word = ctx->local_ip6[2];
	BARRIER(word);
	*(__u32 *)(out + 8) = word;
	word = ctx->local_ip6[3];
	BARRIER(word);
	*(__u32 *)(out + 12) = word;
}

SEC("sk_lookup")
int weir_lookup(struct bpf_sk_lookup *ctx)
{
	struct weir_config *c = configuration();
	struct weir_address address = {};
	__u16 port = ctx->local_port;
	__u32 ifindex = ctx->ingress_ifindex;
	struct bpf_sock *sk;
	__u8 v6 = ctx->family == 10;

	if (!c || ctx->protocol != IPPROTO_TCP || !bpf_map_lookup_elem(&links, &ifindex) ||
	    !bpf_map_lookup_elem(&ports, &port))
		return SK_PASS;
	if (v6)
		local_v6(address.octets, ctx);
	else
		map_v4(address.octets, ctx->local_ip4);
	if (is_local(address.octets))
		return SK_PASS;
	sk = listener(c, v6, ctx->remote_port);
	if (!sk)
		return SK_PASS;
	if (!bpf_sk_assign(ctx, sk, 0))
		count(WEIR_WIRE_lookup, 0);
	bpf_sk_release(sk);
	return SK_PASS;
}

char _license[] SEC("license") = "Dual BSD/GPL";
