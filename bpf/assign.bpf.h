/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The hand-over of the client's half of a live connection, where the kernel has the function for it.
 */
#ifndef WEIR_ASSIGN_BPF_H
#define WEIR_ASSIGN_BPF_H

#include "flow.bpf.h"

#ifdef WEIR_TAKEOVER
/* Layout of the kernel's (net/tcp.h, since 6.9); declared by hand, so that no kernel header is needed. */
struct bpf_tcp_req_attrs {
	__u32 rcv_tsval;
	__u32 rcv_tsecr;
	__u16 mss;
	__u8 rcv_wscale;
	__u8 snd_wscale;
	__u8 ecn_ok;
	__u8 wscale_ok;
	__u8 sack_ok;
	__u8 tstamp_ok;
	__u8 usec_ts_ok;
	__u8 reserved[3];
};
struct sock {
}; /* opaque here; a mere declaration would not match the kernel's BTF */
extern int bpf_sk_assign_tcp_reqsk(struct __sk_buff *skb, struct sock *sk, struct bpf_tcp_req_attrs *attrs,
				   int attrs__sz) __ksym;

/* Gives the client's half to the listener: the kernel believes that this segment is the ACK of a valid SYN cookie, and
 * the hello becomes the first data of the accepted socket.  0 or an error. */
ALWAYS_INLINE int assign_half(struct __sk_buff *skb, const struct weir_config *c, const struct packet *p,
			      struct weir_held *h)
{
	struct options *o = parse_options(skb, p);
	__u8 both = h->client.options & h->origin.options;
	struct bpf_tcp_req_attrs attrs = {};
	struct bpf_sock *sk;
	struct sock *full;
	int error = -1;

	if (!o)
		return -1;
	attrs.mss = h->client.mss;
	attrs.wscale_ok = !!(both & WEIR_OPTION_wscale);
	attrs.snd_wscale = attrs.wscale_ok ? h->client.wscale : 0;
	attrs.rcv_wscale = attrs.wscale_ok ? h->origin.wscale : 0;
	attrs.sack_ok = !!(both & WEIR_OPTION_sack);
	attrs.tstamp_ok = !!(both & WEIR_OPTION_timestamp);
	attrs.ecn_ok = !!(both & WEIR_OPTION_ecn);
	attrs.rcv_tsval = o->half.tsval;
	attrs.rcv_tsecr = o->tsecr;
	sk = listener(c, p->v6, bpf_get_hash_recalc(skb));
	if (!sk)
		return -1;
	full = (struct sock *)bpf_skc_to_tcp_sock(sk);
	if (full)
		error = bpf_sk_assign_tcp_reqsk(skb, full, &attrs, sizeof(attrs));
	bpf_sk_release(sk);
	if (!error) {
		h->client.tsval = o->half.tsval;
		h->origin.tsval = o->tsecr;
		h->take_seq = bpf_ntohl(p->tcp.seq);
		h->take_ack = bpf_ntohl(p->tcp.ack_seq);
		h->take_window = (__u32)bpf_ntohs(p->tcp.window) << attrs.snd_wscale;
	}
	return error;
}
#else
ALWAYS_INLINE int assign_half(struct __sk_buff *skb, const struct weir_config *c, const struct packet *p,
			      struct weir_held *h)
{
	return -1;
}
#endif

#endif
