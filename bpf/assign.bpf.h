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
/* Of a listener's struct only its accept queue; libbpf finds where the running kernel keeps these fields. */
struct sock {
	__u32 sk_ack_backlog;
	__u32 sk_max_ack_backlog;
} __attribute__((preserve_access_index));
extern int bpf_sk_assign_tcp_reqsk(struct __sk_buff *skb, struct sock *sk, struct bpf_tcp_req_attrs *attrs,
				   int attrs__sz) __ksym;

/* A full accept queue drops what it is given, and the client would wait.  A quarter stays free for the handshakes that
 * are under way. */
ALWAYS_INLINE int queue_full(const struct sock *sk)
{
	return sk->sk_ack_backlog + sk->sk_max_ack_backlog / 4 >= sk->sk_max_ack_backlog;
}

ALWAYS_INLINE int is_crowded(struct bpf_sock *listener)
{
	struct sock *full = (struct sock *)bpf_skc_to_tcp_sock(listener);

	return full && queue_full(full);
}

/* Gives the client's half to the listener: the kernel believes that this segment is the ACK of a valid SYN cookie, and
 * the hello becomes the first data of the accepted socket.  WEIR_WIRE_steered, or the reason why not. */
ALWAYS_INLINE enum weir_wire_reason assign_half(struct __sk_buff *skb, const struct weir_config *c,
						const struct packet *p, struct weir_held *h)
{
	struct options *o = parse_options(skb, p);
	__u8 both = h->client.options & h->origin.options;
	struct bpf_tcp_req_attrs attrs = {};
	enum weir_wire_reason outcome = WEIR_WIRE_takeover_failed;
	struct bpf_sock *sk;
	struct sock *full;

	if (!o)
		return outcome;
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
		return WEIR_WIRE_no_daemon;
	full = (struct sock *)bpf_skc_to_tcp_sock(sk);
	if (full && queue_full(full))
		outcome = WEIR_WIRE_listener_full;
	else if (full && !bpf_sk_assign_tcp_reqsk(skb, full, &attrs, sizeof(attrs)))
		outcome = WEIR_WIRE_steered;
	bpf_sk_release(sk);
	if (outcome == WEIR_WIRE_steered) {
		h->client.tsval = o->half.tsval;
		h->origin.tsval = o->tsecr;
		h->take_seq = bpf_ntohl(p->tcp.seq);
		h->take_ack = bpf_ntohl(p->tcp.ack_seq);
		h->take_window = (__u32)bpf_ntohs(p->tcp.window) << attrs.snd_wscale;
	}
	return outcome;
}
#else
/* Without BTF the queue cannot be read here: the daemon looks at it before each beat, and says "overloaded". */
ALWAYS_INLINE int is_crowded(struct bpf_sock *listener)
{
	return 0;
}

ALWAYS_INLINE enum weir_wire_reason assign_half(struct __sk_buff *skb, const struct weir_config *c,
						const struct packet *p, struct weir_held *h)
{
	return WEIR_WIRE_takeover_failed;
}
#endif

#endif
