/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Flows on the wire: their one announcement, their accounting, their end.
 */
#ifndef WEIR_FLOW_BPF_H
#define WEIR_FLOW_BPF_H

#include "hello.bpf.h"
#include "maps.bpf.h"
#include "timing.bpf.h"
#include "verdict.bpf.h"

/* Unique while this kernel runs; the top bit is 0 (ids of the daemon have it set). */
ALWAYS_INLINE __u64 new_flow_id(__u64 now)
{
	return (now << 6 | (bpf_get_smp_processor_id() & 63)) & ~(1ULL << 63);
}

/* Old sockets stand in the way.  The one event that must wake the daemon at once. */
ALWAYS_INLINE void announce_destroy(const struct packet *p, enum weir_wire_reason reason, __u64 id)
{
	struct weir_event *e = bpf_ringbuf_reserve(&events, sizeof(*e), 0);

	if (!e) {
		count(WEIR_WIRE_ring_full, 0);
		return;
	}
	e->type = WEIR_EVENT_destroy;
	e->reason = reason;
	e->id = id;
	e->time_ns = bpf_ktime_get_ns();
	e->key = p->key;
	e->name_length = 0;
	bpf_ringbuf_submit(e, BPF_RB_FORCE_WAKEUP);
}

ALWAYS_INLINE void copy_name(struct weir_event *e, const struct hello_state *s)
{
	__u32 length = s->name_length;

	e->name_length = 0;
	if (length < 1 || length > WEIR_NAME_BYTES - 1)
		return;
	bpf_probe_read_kernel(e->name, WEIR_NAME_BYTES, s->bytes + (s->name & (WEIR_HELLO_BYTES - 1)));
	e->name_length = length;
}

/* A flow goes on the wire for good.  An entry of an older connection is overwritten.  `h`: as it was watched, or NULL.
 */
ALWAYS_INLINE void begin_passed(const struct packet *p, __u32 policy, __u16 row, enum weir_wire_reason reason, __u64 id,
				__u64 started_ns, __u8 state, const struct hello_state *named,
				const struct weir_mac *mac, const struct weir_held *h)
{
	struct weir_passed flow = {.policy = policy, .packets_up = 1, .bytes_up = p->payload_length, .state = state};
	struct weir_event *e;

	if (p->tcp.fin)
		flow.state |= WEIR_PASSED_fin_client;
	flow.seen_ns = bpf_ktime_get_ns();
	flow.started_ns = started_ns ? started_ns : flow.seen_ns;
	flow.id = id ? id : new_flow_id(flow.seen_ns);
	bpf_map_update_elem(&passed, &p->key, &flow, BPF_ANY);

	e = bpf_ringbuf_reserve(&events, sizeof(*e), 0);
	if (!e) {
		count(WEIR_WIRE_ring_full, 0);
		return;
	}
	e->type = WEIR_EVENT_passed;
	e->reason = reason;
	e->id = flow.id;
	e->time_ns = flow.seen_ns;
	e->started_ns = flow.started_ns;
	e->key = p->key;
	e->policy = policy;
	e->row = row;
	e->bytes_up = e->bytes_down = 0;
	e->state = 0;
	e->mac = *mac;
	tell_timing(e, h);
	e->name_length = 0;
	if (named)
		copy_name(e, named);
	bpf_ringbuf_submit(e, BPF_RB_NO_WAKEUP); /* the daemon looks at every beat */
}

/* A watched flow passes unjudged, for good. */
ALWAYS_INLINE void pass_held(const struct packet *p, struct weir_held *h, enum weir_wire_reason reason)
{
	begin_passed(p, h->policy, h->row, reason, h->id, h->started_ns, 0, NULL, &h->mac, h);
	bpf_map_delete_elem(&held, &p->key);
}

/* A watched flow passes by its hello of `length` bytes.  The origin may never get these bytes: with a short time to
 * live or a wrong checksum they are a decoy, and the real hello follows.  So what comes in their place is judged again,
 * until the origin acknowledges it. */
ALWAYS_INLINE void pass_hello(const struct packet *p, struct weir_held *h, __u32 length,
			      const struct hello_state *named)
{
	begin_passed(p, h->policy, h->row, WEIR_WIRE_passed_hello, h->id, h->started_ns, WEIR_PASSED_unconfirmed, named,
		     &h->mac, h);
	h->take_seq = h->client.isn + 1 + length;
	h->state = WEIR_HELD_passed;
}

/* Whether the origin acknowledges a hello that passed: then the flow is watched no more. */
ALWAYS_INLINE int confirm(const struct packet *p, const struct weir_held *h, struct weir_passed *on_wire)
{
	if (h->state != WEIR_HELD_passed || !p->tcp.ack || p->tcp.rst ||
	    (__s32)(bpf_ntohl(p->tcp.ack_seq) - (h->client.isn + 1)) <= 0)
		return 0;
	if (on_wire)
		__sync_fetch_and_and(&on_wire->state, ~WEIR_PASSED_unconfirmed);
	bpf_map_delete_elem(&held, &p->key);
	return 1;
}

ALWAYS_INLINE void announce_end(const struct packet *p, const struct weir_passed *flow)
{
	struct weir_event *e = bpf_ringbuf_reserve(&events, sizeof(*e), 0);

	if (!e) {
		count(WEIR_WIRE_ring_full, 0);
		return;
	}
	e->type = WEIR_EVENT_ended;
	e->reason = 0;
	e->id = flow->id;
	e->time_ns = flow->seen_ns;
	e->started_ns = flow->started_ns;
	e->key = p->key;
	e->policy = flow->policy;
	e->row = 0;
	e->bytes_up = flow->bytes_up;
	e->bytes_down = flow->bytes_down;
	e->state = flow->state;
	e->name_length = 0;
	bpf_ringbuf_submit(e, BPF_RB_NO_WAKEUP);
}

/* The origin's reset ends a watched flow, once on however many CPUs it comes.  What passed has its own record, and a
 * reset that no interface brought is the gateway's: it says nothing of the origin. */
ALWAYS_INLINE void end_watched(const struct __sk_buff *skb, const struct packet *p, const struct weir_held *h)
{
	int told = h->state != WEIR_HELD_passed && skb->ingress_ifindex;
	struct weir_event *e = told ? bpf_ringbuf_reserve(&events, sizeof(*e), 0) : NULL;

	if (!e) {
		if (told)
			count(WEIR_WIRE_ring_full, 0);
		bpf_map_delete_elem(&held, &p->key);
		return;
	}
	e->type = WEIR_EVENT_reset;
	e->reason = 0;
	e->id = h->id;
	e->time_ns = bpf_ktime_get_ns();
	e->started_ns = h->started_ns;
	e->key = p->key;
	e->policy = h->policy;
	e->row = h->row;
	e->bytes_up = e->bytes_down = 0;
	e->state = 0;
	e->mac = h->mac;
	tell_timing(e, h);
	e->name_length = 0;
	if (bpf_map_delete_elem(&held, &p->key))
		bpf_ringbuf_discard(e, BPF_RB_NO_WAKEUP);
	else
		bpf_ringbuf_submit(e, BPF_RB_NO_WAKEUP);
}

ALWAYS_INLINE int has_ended(__u32 state)
{
	return (state & WEIR_PASSED_rst) || (state & (WEIR_PASSED_fin_client | WEIR_PASSED_fin_origin)) ==
						(WEIR_PASSED_fin_client | WEIR_PASSED_fin_origin);
}

/* Counts a packet of a passing flow.  False: a new policy refuses the flow and the packet is to be reset. */
ALWAYS_INLINE int account_passed(const struct packet *p, struct weir_passed *flow, enum direction from)
{
	__u32 news = 0, before;

	flow->seen_ns = bpf_ktime_get_ns();
	if (from == FROM_CLIENT) {
		__sync_fetch_and_add(&flow->packets_up, 1);
		__sync_fetch_and_add(&flow->bytes_up, p->payload_length);
	} else {
		__sync_fetch_and_add(&flow->packets_down, 1);
		__sync_fetch_and_add(&flow->bytes_down, p->payload_length);
	}
	if ((flow->state & WEIR_PASSED_reset) && !p->tcp.rst)
		return 0;
	if (p->tcp.rst)
		news |= WEIR_PASSED_rst;
	if (p->tcp.fin)
		news |= from == FROM_CLIENT ? WEIR_PASSED_fin_client : WEIR_PASSED_fin_origin;
	if (!news)
		return 1;
	before =
	    __sync_fetch_and_or(&flow->state, news); /* both directions at once: exactly one of them ends the flow */
	if (!has_ended(before) && has_ended(before | news))
		announce_end(p, flow);
	return 1;
}

/* Whether this ACK ends a SYN-cookie handshake with the listener (it has no socket of its own). */
ALWAYS_INLINE int is_cookie(struct __sk_buff *skb, const struct packet *p, struct bpf_sock *sk)
{
	struct tcphdr tcp = p->tcp;
	struct ipv6hdr v6;
	struct iphdr v4;

	if (p->v6)
		return !bpf_skb_load_bytes(skb, p->network, &v6, sizeof(v6)) &&
		       !bpf_tcp_check_syncookie(sk, &v6, sizeof(v6), &tcp, sizeof(tcp));
	return !bpf_skb_load_bytes(skb, p->network, &v4, sizeof(v4)) &&
	       !bpf_tcp_check_syncookie(sk, &v4, sizeof(v4), &tcp, sizeof(tcp));
}

#endif
