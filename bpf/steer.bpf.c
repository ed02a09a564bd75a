/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The way of a packet through the gateway.
 *
 *   LAN ingress   client to origin: a new connection is passed, watched on the wire, or steered to the daemon; the
 *                 first bytes of a watched one are read, and it passes for ever or changes hands
 *   LAN egress    origin to client, after NAT: learns the SYN-ACK, accounts, holds the origin back while a
 *                 connection changes hands
 *   WAN ingress   origin to client, where no NAT hides the client: routes what belongs to the daemon's sockets
 *                 to them
 *
 * Fail-open is the resting state: whatever is not understood, not ours or cannot be asked goes on as if Weir were not
 * there, unless on_failure = "closed".  takeover.bpf.c is this source with the takeover kfunc; this object loads on
 * kernels without it and without BTF.
 */
#include "hello.bpf.h"
#include "maps.bpf.h"
#include "parse.bpf.h"
#include "verdict.bpf.h"
#include "flow.bpf.h"
#include "limit.bpf.h"
#include "assign.bpf.h"

#define MSS_least4 536
#define MSS_least6 1220

/* --- new connections ------------------------------------------------------------------------------------- */

/* Tells the daemon, for when it accepts, from which device a connection comes. */
ALWAYS_INLINE void remember_device(struct __sk_buff *skb, const struct packet *p)
{
	struct weir_mac mac = source_of(skb, p);

	bpf_map_update_elem(&arriving, &p->key, &mac, BPF_ANY);
}

/* Hands a SYN to a worker's listener.  Over a TIME_WAIT socket the listener must not be assigned (the request could not
 * be hashed, the SYN would vanish for a minute): the kernel's own TIME_WAIT code finds it through lookup.bpf.c. */
ALWAYS_INLINE int steer_syn(struct __sk_buff *skb, const struct weir_config *c, const struct packet *p,
			    enum weir_wire_reason reason)
{
	enum socket_state state = socket_of(skb, p, FROM_CLIENT);
	struct bpf_sock *sk;
	long error;

	if (state != SOCKET_live)
		remember_device(skb, p);
	if (state == SOCKET_time_wait)
		return steer(skb, c, WEIR_WIRE_steered_time_wait);
	if (state == SOCKET_live)
		return steer(skb, c, WEIR_WIRE_steered_packet);
	sk = listener(c, p->v6, bpf_get_hash_recalc(skb));
	if (!sk)
		return fail(skb, c, p, WEIR_WIRE_no_daemon);
	if (p->tcp.syn && is_crowded(sk)) { /* the ACK of a cookie comes again: it was promised a place */
		bpf_sk_release(sk);
		return fail(skb, c, p, WEIR_WIRE_listener_full);
	}
	error = bpf_sk_assign(skb, sk, 0);
	bpf_sk_release(sk);
	return error ? fail(skb, c, p, WEIR_WIRE_assign_failed) : steer(skb, c, reason);
}

/* A connection that begins on the wire, undecided until its first bytes. */
ALWAYS_INLINE int watch(struct __sk_buff *skb, const struct weir_config *c, const struct packet *p,
			const struct judged *j, const struct options *o)
{
	struct weir_held h = {.state = WEIR_HELD_syn, .row = j->row, .client = o->half, .mac = source_of(skb, p)};

	h.policy = policy_id(j->generation);
	h.started_ns = bpf_ktime_get_ns();
	h.id = new_flow_id(h.started_ns);
	/* What an earlier connection left on these addresses and ports would swallow packets of this one: there is a
	 * round trip to have it destroyed. */
	if (socket_of(skb, p, FROM_CLIENT) != SOCKET_none || socket_of(skb, p, FROM_ORIGIN) != SOCKET_none) {
		announce_destroy(p, WEIR_WIRE_reused, h.id);
		count(WEIR_WIRE_reused, 0);
	}
	if (bpf_map_update_elem(&held, &p->key, &h, BPF_ANY))
		return fail(skb, c, p, WEIR_WIRE_flow_map_full);
	return pass(skb, c, WEIR_WIRE_watched);
}

/* Addresses and ports of a flow that an earlier connection used.  Returns true, and the verdict, when the SYN belongs
 * to that one still.  A SYN sent again changes nothing of what is known of its flow. */
ALWAYS_INLINE int still_in_use(struct __sk_buff *skb, const struct weir_config *c, const struct packet *p, int *verdict)
{
	struct weir_held *h = bpf_map_lookup_elem(&held, &p->key);
	struct weir_passed *on_wire;

	if (h && h->state != WEIR_HELD_taken && h->client.isn == bpf_ntohl(p->tcp.seq)) {
		syn_again(h);
		*verdict = pass(skb, c, WEIR_WIRE_watched);
		return 1;
	}
	on_wire = bpf_map_lookup_elem(&passed, &p->key);
	if (on_wire && !on_wire->state && !on_wire->bytes_up) {
		*verdict = pass(skb, c, WEIR_WIRE_passed_packet);
		return 1;
	}
	if (on_wire)
		bpf_map_delete_elem(&passed, &p->key);
	if (!h)
		return 0;
	if (h->state == WEIR_HELD_taken) {
		if (socket_of(skb, p, FROM_CLIENT) == SOCKET_live) {
			*verdict = steer(skb, c, WEIR_WIRE_steered_packet);
			return 1;
		}
		announce_destroy(p, WEIR_WIRE_reused, h->id);
		count(WEIR_WIRE_reused, 0);
	}
	bpf_map_delete_elem(&held, &p->key);
	return 0;
}

ALWAYS_INLINE int new_connection(struct __sk_buff *skb, const struct weir_config *c, const struct packet *p,
				 __u8 protocol)
{
	enum weir_wire_reason health;
	struct options *o;
	struct judged j;
	int verdict;

	judge_syn(skb, c, p, &j);
	if (j.exempt)
		return pass(skb, c, WEIR_WIRE_exempt);
	health = daemon_health(c);
	if (health != WEIR_WIRE_steered)
		return fail(skb, c, p, health);
	if (still_in_use(skb, c, p, &verdict) || !within_limits(skb, c, p, &j, &verdict))
		return verdict;
	if (j.values.at_syn == WEIR_CELL_pass && !c->floor_splice) {
		struct weir_mac mac = source_of(skb, p);

		begin_passed(p, policy_id(j.generation), j.row, WEIR_WIRE_passed_syn, 0, 0, 0, NULL, &mac, NULL);
		return pass(skb, c, WEIR_WIRE_passed_syn);
	}
	if (protocol == WEIR_PORT_http || c->floor_splice || !c->takeover || j.values.at_syn == WEIR_CELL_block)
		return steer_syn(skb, c, p, WEIR_WIRE_steered);
	o = parse_options(skb, p);
	if (!o)
		return fail(skb, c, p, WEIR_WIRE_malformed);
	/* RFC 8684, RFC 7413: what a taken-over half could not carry on is negotiated away by our listener instead; nor
	 * does the kernel take a half over whose segments are smaller than the least that its network carries */
	if ((o->half.options & WEIR_OPTION_mptcp) || p->payload_length ||
	    o->half.mss < (p->v6 ? MSS_least6 : MSS_least4))
		return steer_syn(skb, c, p, WEIR_WIRE_steered_option);
	if (p->tcp.ece && p->tcp.cwr)
		o->half.options |= WEIR_OPTION_ecn;
	if (socket_of(skb, p, FROM_CLIENT) ==
	    SOCKET_live) /* its first SYN went to the daemon, with an option since dropped */
		return steer(skb, c, WEIR_WIRE_steered_packet);
	return watch(skb, c, p, &j, o);
}

/* --- the first bytes of a watched connection ------------------------------------------------------------- */

/* Both halves go to the daemon at this segment; not a byte of it reaches the origin. */
ALWAYS_INLINE int take_over(struct __sk_buff *skb, const struct weir_config *c, const struct packet *p,
			    struct weir_held *h, struct weir_passed *on_wire, enum weir_wire_reason reason)
{
	enum weir_wire_reason health = daemon_health(c);

	/* Bytes before the origin's SYN-ACK: no client sends them, and without it there is no half to take over.  They
	 * must not fall open, or the real hello would follow on a passing flow. */
	if (!h->origin.mss)
		return count(WEIR_WIRE_out_of_order, DROP);
	if (health == WEIR_WIRE_steered && socket_of(skb, p, FROM_CLIENT) != SOCKET_none) {
		/* an old socket would swallow the half: have it destroyed; the client sends the hello again */
		announce_destroy(p, WEIR_WIRE_takeover_leftover, h->id);
		return count(WEIR_WIRE_takeover_leftover, DROP);
	}
	if (health == WEIR_WIRE_steered)
		health = assign_half(skb, c, p, h);
	if (health != WEIR_WIRE_steered) {
		/* on_failure is for what nobody could judge; this is judged, and somebody lives to stand by it */
		if (reason == WEIR_WIRE_taken_block && health != WEIR_WIRE_no_daemon && !is_closed(skb, c, p))
			return refuse(skb, c);
		if (!is_closed(skb, c, p))
			pass_held(p, h, WEIR_WIRE_passed_syn);
		return fail(skb, c, p, health);
	}
	if (on_wire) { /* a decoy had passed: that record ends, another begins */
		announce_end(p, on_wire);
		bpf_map_delete_elem(&passed, &p->key);
		h->id = new_flow_id(bpf_ktime_get_ns());
	}
	h->reason = reason;
	h->state = WEIR_HELD_taken;
	return steer(skb, c, reason);
}

ALWAYS_INLINE int passed_packet(struct __sk_buff *skb, const struct weir_config *c, const struct packet *p,
				struct weir_passed *on_wire)
{
	if (!on_wire || account_passed(p, on_wire, FROM_CLIENT))
		return pass(skb, c, WEIR_WIRE_passed_packet);
	return refuse(skb, c);
}

ALWAYS_INLINE int first_bytes(struct __sk_buff *skb, const struct weir_config *c, const struct packet *p,
			      struct weir_held *h, struct weir_passed *on_wire, __u32 ahead)
{
	__u32 zero = 0;
	struct judged j = {.generation = c->generation & 1, .row = h->row};
	struct hello_state *s = bpf_map_lookup_elem(&hello_scratch, &zero);
	void *table = bpf_map_lookup_elem(&names, &j.generation);
	enum hello hello;

	if (!s || !table)
		return take_over(skb, c, p, h, on_wire, WEIR_WIRE_taken_escalate);
	if ((__s32)ahead > 0) /* the client sends it again once the hole is filled */
		return count(WEIR_WIRE_out_of_order, DROP);
	if (ahead) /* a keep-alive probe passes, of a SYN that the origin took; what also brings new bytes must come
		    * again on its own */
		return h->origin.mss && (__s32)(ahead + p->payload_length) <= 0 ? pass(skb, c, WEIR_WIRE_watched)
										: count(WEIR_WIRE_out_of_order, DROP);

	/* an urgent byte is no part of the stream that the origin reads (RFC 6093 §3.1) */
	hello = p->tcp.urg ? HELLO_not_understood : read_hello(skb, p, s, table, c->hash_point);
	if (hello == HELLO_incomplete)
		return take_over(skb, c, p, h, on_wire, WEIR_WIRE_taken_incomplete);
	if (hello == HELLO_not_understood)
		return take_over(skb, c, p, h, on_wire, WEIR_WIRE_taken_not_understood);
	if (h->policy == policy_id(j.generation)) {
		read_row(&j);
	} else { /* a reload came between SYN and hello */
		judge_syn(skb, c, p, &j);
		h->row = j.row;
		h->policy = policy_id(j.generation);
	}
	if (j.exempt)
		j.values.at_syn = WEIR_CELL_pass;
	if (j.values.at_syn != WEIR_CELL_escalate)
		h->cell = j.values.at_syn;
	else
		h->cell = hello == HELLO_named ? cell_of(j.generation, j.row, s->class) : j.values.unnamed;
	if (h->cell == WEIR_CELL_pass && on_wire) /* sent again; another hello must not have other bytes follow it */
		return h->take_seq == h->client.isn + 1 + s->end ? passed_packet(skb, c, p, on_wire)
								 : count(WEIR_WIRE_out_of_order, DROP);
	if (h->cell == WEIR_CELL_pass) {
		pass_hello(p, h, s->end, hello == HELLO_named ? s : NULL);
		return pass(skb, c, WEIR_WIRE_passed_hello);
	}
	return take_over(skb, c, p, h, on_wire,
			 h->cell == WEIR_CELL_block ? WEIR_WIRE_taken_block : WEIR_WIRE_taken_escalate);
}

/* --- LAN ingress ----------------------------------------------------------------------------------------- */

/* A packet of a flow that the daemon took over. */
ALWAYS_INLINE int taken_packet(struct __sk_buff *skb, const struct weir_config *c, const struct packet *p,
			       struct weir_held *h)
{
	/* the kernel could not keep the half (accept queue full): the segment comes again and tries again */
	if (p->payload_length && bpf_ntohl(p->tcp.seq) == h->take_seq && socket_of(skb, p, FROM_CLIENT) == SOCKET_none)
		assign_half(skb, c, p, h);
	return steer(skb, c, WEIR_WIRE_steered_packet);
}

ALWAYS_INLINE int held_packet(struct __sk_buff *skb, const struct weir_config *c, const struct packet *p,
			      struct weir_held *h, struct weir_passed *on_wire)
{
	__u32 ahead = bpf_ntohl(p->tcp.seq) - (h->client.isn + 1);

	if (h->state == WEIR_HELD_taken)
		return taken_packet(skb, c, p, h);
	if (p->tcp.fin || p->tcp.rst)
		h->client.ended = 1;
	answer_seen(p, h);
	if (h->state == WEIR_HELD_passed && (!p->payload_length || (__s32)(bpf_ntohl(p->tcp.seq) - h->take_seq) >= 0))
		return passed_packet(skb, c, p, on_wire); /* behind the hello */
	/* A reset ends nothing here: the origin may never accept it.  The daemon's sweep removes the entry. */
	if (p->payload_length && !p->tcp.rst)
		return first_bytes(skb, c, p, h, on_wire, ahead);
	return pass(skb, c, WEIR_WIRE_watched);
}

/* Whether a segment of no known flow is a hello that the policy refuses: its SYN came while nobody could judge it. */
ALWAYS_INLINE int late_refusal(struct __sk_buff *skb, const struct weir_config *c, const struct packet *p)
{
	__u32 zero = 0, generation = c->generation & 1;
	struct hello_state *s = bpf_map_lookup_elem(&hello_scratch, &zero);
	void *table = bpf_map_lookup_elem(&names, &generation);
	struct judged j;

	if (!p->payload_length || !s || !table || read_hello(skb, p, s, table, c->hash_point) != HELLO_named)
		return 0;
	judge_syn(skb, c, p, &j);
	if (j.exempt || j.values.at_syn == WEIR_CELL_pass)
		return 0;
	return j.values.at_syn == WEIR_CELL_block || cell_of(j.generation, j.row, s->class) == WEIR_CELL_block;
}

/* Mid-stream of no flow in our maps: of a socket of the daemon, the last ACK of a SYN-cookie handshake with it, or of a
 * connection that is older than Weir. */
ALWAYS_INLINE int unknown_packet(struct __sk_buff *skb, const struct weir_config *c, const struct packet *p,
				 __u8 protocol)
{
	struct bpf_sock *sk;

	if (socket_of(skb, p, FROM_CLIENT) != SOCKET_none)
		return steer(skb, c, WEIR_WIRE_steered_packet);
	if (p->tcp.ack && !p->tcp.rst && !p->tcp.fin && (sk = listener(c, p->v6, bpf_get_hash_recalc(skb)))) {
		int cookie = is_cookie(skb, p, sk);

		bpf_sk_release(sk);
		if (cookie)
			return steer_syn(skb, c, p, WEIR_WIRE_steered);
	}
	if (protocol == WEIR_PORT_tls && daemon_health(c) == WEIR_WIRE_steered && late_refusal(skb, c, p)) {
		return refuse(skb, c);
	}
	return pass(skb, c, WEIR_WIRE_not_ours);
}

/* Ports stand in the first fragment only.  Every fragment is marked, so that nft can judge the whole after
 * reassembly: steer it, or reject it where the flow is not yet judged.  On a passing flow only what is seen to be no
 * SYN passes: that might begin another connection. */
ALWAYS_INLINE int fragment(struct __sk_buff *skb, const struct weir_config *c, const struct packet *p)
{
	struct weir_held *h;

	skb->mark |= WEIR_MARK_FRAGMENT(c->mark);
	if (p->first && p->tcp.doff && !p->tcp.syn && bpf_map_lookup_elem(&passed, &p->key)) {
		skb->mark |= WEIR_MARK_PASSED(c->mark);
		return count(WEIR_WIRE_fragment, NEXT);
	}
	if (p->first && port_protocol(p->key.origin_port))
		remember_device(skb, p); /* it may be a SYN that nft hands to the listener */
	h = p->first ? bpf_map_lookup_elem(&held, &p->key) : NULL;
	return count(h && h->state != WEIR_HELD_taken ? WEIR_WIRE_fragment_refused : WEIR_WIRE_fragment, NEXT);
}

ALWAYS_INLINE int quic(struct __sk_buff *skb, const struct weir_config *c, const struct packet *p)
{
	struct judged j;

	if (p->fragment || port_protocol(p->key.origin_port) != WEIR_PORT_tls)
		return count(WEIR_WIRE_not_ours, NEXT);
	if (is_local(p->key.origin))
		return count(WEIR_WIRE_local, NEXT);
	judge_syn(skb, c, p, &j);
	if (j.exempt)
		return pass(skb, c, WEIR_WIRE_exempt);
	if (daemon_health(c) != WEIR_WIRE_steered)
		return fail(skb, c, p, WEIR_WIRE_no_daemon);
	/* names inside QUIC are not read: what depends on one follows gateway.quic */
	if (j.values.at_syn == WEIR_CELL_pass || (j.values.at_syn == WEIR_CELL_escalate && c->quic == WEIR_QUIC_pass))
		return pass(skb, c, WEIR_WIRE_quic_passed);
	skb->mark |= WEIR_MARK_RESET(c->mark);
	return count(WEIR_WIRE_quic_rejected, NEXT);
}

SEC("tc")
int weir_lan_in(struct __sk_buff *skb)
{
	__u32 ifindex = skb->ifindex;
	struct weir_config *c = configuration();
	struct weir_link *link = bpf_map_lookup_elem(&links, &ifindex);
	struct weir_passed *on_wire;
	struct weir_held *h;
	struct packet p;
	__u8 protocol;
	int parsed;

	if (!c || !link || not_for_us(skb))
		return NEXT;
	parsed = parse(skb, link->header, &p, FROM_CLIENT);
	if (parsed == PARSED_malformed && p.fragment) /* the ports stand in a later fragment: nft judges the whole */
		skb->mark |= WEIR_MARK_FRAGMENT(c->mark);
	if (parsed == PARSED_malformed)
		return count(WEIR_WIRE_malformed, NEXT);
	if (parsed == PARSED_udp)
		return quic(skb, c, &p);
	if (parsed != PARSED_tcp)
		return count(WEIR_WIRE_not_ours, NEXT);
	if (p.fragment && daemon_health(c) == WEIR_WIRE_steered)
		return fragment(skb, c, &p);
	protocol = port_protocol(p.key.origin_port);
	if (!protocol || p.fragment)
		return count(WEIR_WIRE_not_ours, NEXT);

	on_wire = bpf_map_lookup_elem(&passed, &p.key);
	if (on_wire && !p.tcp.syn && !(on_wire->state & WEIR_PASSED_unconfirmed))
		return passed_packet(skb, c, &p, on_wire);
	if (is_local(p.key.origin))
		return count(WEIR_WIRE_local, NEXT);
	if (p.tcp.syn)
		return p.tcp.ack ? count(WEIR_WIRE_not_ours, NEXT) : new_connection(skb, c, &p, protocol);
	h = bpf_map_lookup_elem(&held, &p.key);
	if (h)
		return held_packet(skb, c, &p, h, on_wire);
	return on_wire ? passed_packet(skb, c, &p, on_wire) : unknown_packet(skb, c, &p, protocol);
}

/* --- LAN egress ------------------------------------------------------------------------------------------ */

ALWAYS_INLINE void learn_synack(struct __sk_buff *skb, const struct packet *p, struct weir_held *h)
{
	struct options *o = parse_options(skb, p);

	if (!o || bpf_ntohl(p->tcp.ack_seq) != h->client.isn + 1)
		return;
	synack_seen(h);
	h->origin = o->half;
	if (p->tcp.ece)
		h->origin.options |= WEIR_OPTION_ecn;
	if (h->state == WEIR_HELD_syn)
		h->state = WEIR_HELD_synack;
}

/* Whether a reset of the origin ends the flow: it refuses our SYN, or comes where its SYN-ACK stood.  Others answer a
 * client's bad segment and leave the connection as it is (RFC 9293 §3.10.7.4). */
ALWAYS_INLINE int ends(const struct packet *p, const struct weir_held *h)
{
	if (h->origin.mss)
		return bpf_ntohl(p->tcp.seq) == h->origin.isn + 1;
	return p->tcp.ack && bpf_ntohl(p->tcp.ack_seq) == h->client.isn + 1;
}

SEC("tc")
int weir_lan_out(struct __sk_buff *skb)
{
	__u32 ifindex = skb->ifindex;
	struct weir_link *link = bpf_map_lookup_elem(&links, &ifindex);
	struct weir_passed *on_wire;
	struct weir_held *h;
	struct packet p;

	/* a packet of a local socket: the daemon speaks for the origin itself */
	if (!link || skb->sk || parse(skb, link->header, &p, FROM_ORIGIN) != PARSED_tcp || !p.first || p.fragment)
		return NEXT;
	if (!port_protocol(p.key.origin_port))
		return NEXT;
	on_wire = bpf_map_lookup_elem(&passed, &p.key);
	if (on_wire)
		account_passed(&p, on_wire, FROM_ORIGIN);
	if (on_wire && !(on_wire->state & WEIR_PASSED_unconfirmed))
		return NEXT;
	h = bpf_map_lookup_elem(&held, &p.key);
	if (!h)
		return NEXT;
	if (h->state == WEIR_HELD_taken)
		return count(WEIR_WIRE_origin_held, DROP);
	if (p.tcp.fin || p.tcp.rst)
		h->origin.ended = 1;
	if (confirm(&p, h, on_wire))
		return NEXT;
	if (p.tcp.rst && ends(&p, h))
		end_watched(skb, &p, h);
	else if (!p.tcp.rst && p.tcp.syn && p.tcp.ack)
		learn_synack(skb, &p, h);
	return NEXT;
}

/* --- WAN ingress ----------------------------------------------------------------------------------------- */

SEC("tc")
int weir_wan_in(struct __sk_buff *skb)
{
	__u32 ifindex = skb->ifindex;
	struct weir_config *c = configuration();
	struct weir_link *link = bpf_map_lookup_elem(&links, &ifindex);
	struct weir_held *h;
	struct packet p;

	if (!c || !link || parse(skb, link->header, &p, FROM_ORIGIN) != PARSED_tcp)
		return NEXT;
	if (p.fragment) {
		skb->mark |= WEIR_MARK_FRAGMENT(c->mark);
		return NEXT;
	}
	if (!port_protocol(p.key.origin_port) || bpf_map_lookup_elem(&passed, &p.key) || is_local(p.key.client))
		return NEXT;
	h = bpf_map_lookup_elem(&held, &p.key);
	if (h && h->state != WEIR_HELD_taken)
		return NEXT;
	if (socket_of(skb, &p, FROM_ORIGIN) != SOCKET_none)
		return steer(skb, c, WEIR_WIRE_steered_packet);
	return h ? count(WEIR_WIRE_origin_held, DROP) : NEXT;
}

char _license[] SEC("license") = "Dual BSD/GPL";
