/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Counting, failing, passing: how a packet leaves a program; and what the policy tables say of a flow.
 */
#ifndef WEIR_VERDICT_BPF_H
#define WEIR_VERDICT_BPF_H

#include <linux/if_packet.h>
#include <linux/pkt_cls.h>

#include "maps.bpf.h"
#include "parse.bpf.h"

#define NEXT TC_ACT_UNSPEC /* not ours, or passed: other programs (shapers, CNI) still run */
#define OURS TC_ACT_OK	   /* to the local stack */
#define DROP TC_ACT_SHOT

ALWAYS_INLINE int count(enum weir_wire_reason reason, int verdict)
{
	__u32 key = reason;
	__u64 *counter = bpf_map_lookup_elem(&counters, &key);

	if (counter)
		*counter += 1;
	return verdict;
}

ALWAYS_INLINE int steer(struct __sk_buff *skb, const struct weir_config *c, enum weir_wire_reason reason)
{
	skb->mark |= WEIR_MARK_STEERED(c->mark);
	return count(reason, OURS);
}

/* Refuses a connection that nobody can answer for: nft resets it by the mark. */
ALWAYS_INLINE int refuse(struct __sk_buff *skb, const struct weir_config *c)
{
	skb->mark |= WEIR_MARK_RESET(c->mark);
	return count(WEIR_WIRE_reset_by_policy, NEXT);
}

/* A frame that a port in promiscuous mode overheard, or one that a VLAN device above this interface will see again. */
ALWAYS_INLINE int not_for_us(const struct __sk_buff *skb)
{
	return skb->pkt_type == PACKET_OTHERHOST || (skb->vlan_present && (skb->vlan_tci & 0xfff));
}

ALWAYS_INLINE struct weir_config *configuration(void)
{
	__u32 zero = 0;

	return bpf_map_lookup_elem(&config, &zero);
}

/* WEIR_WIRE_steered when the daemon is well, else the reason why it cannot be asked. */
ALWAYS_INLINE enum weir_wire_reason daemon_health(const struct weir_config *c)
{
	__u32 zero = 0;
	struct weir_heartbeat *h = bpf_map_lookup_elem(&heartbeat, &zero);
	__u64 now = bpf_ktime_get_ns();

	if (!h || !h->beat_ns || (now > h->beat_ns && now - h->beat_ns > c->stale_after_ns))
		return WEIR_WIRE_no_daemon;
	return h->overloaded ? WEIR_WIRE_overloaded : WEIR_WIRE_steered;
}

/* Lets a packet pass.  The mark tells the closed chain that a live daemon's program saw it: a clsact filter outlives
 * its daemon. */
ALWAYS_INLINE int pass(struct __sk_buff *skb, const struct weir_config *c, enum weir_wire_reason reason)
{
	if (c->guarded && daemon_health(c) != WEIR_WIRE_no_daemon)
		skb->mark |= WEIR_MARK_PASSED(c->mark);
	return count(reason, NEXT);
}

ALWAYS_INLINE int is_local(const __u8 octets[16])
{
	struct weir_address address;

	__builtin_memcpy(address.octets, octets, 16);
	return bpf_map_lookup_elem(&local, &address) != NULL;
}

/* WEIR_PORT_* of a port in network order, 0 = not judged */
ALWAYS_INLINE __u8 port_protocol(__be16 port)
{
	__u16 key = bpf_ntohs(port);
	__u8 *protocol = bpf_map_lookup_elem(&ports, &key);

	return protocol ? *protocol : 0;
}

/* --- policy ---------------------------------------------------------------------------------------------- */

struct judged {
	__u32 generation;
	__u32 row;
	__u32 client_class;
	struct weir_row values;
	__u8 exempt;
};

/* What the longest prefix of an address says. */
ALWAYS_INLINE __u16 prefix_value(void *outer, __u32 generation, const __u8 octets[16], __u16 otherwise)
{
	struct weir_prefix key = {.length = 128};
	void *trie = bpf_map_lookup_elem(outer, &generation);
	__u16 *value;

	if (!trie)
		return otherwise;
	__builtin_memcpy(key.octets, octets, 16);
	value = bpf_map_lookup_elem(trie, &key);
	return value ? *value : otherwise;
}

/* From which device a frame of a client comes; zero where frames bear no address. */
ALWAYS_INLINE struct weir_mac source_of(struct __sk_buff *skb, const struct packet *p)
{
	struct weir_mac mac = {};

	if (p->network >= ETH_HLEN)
		bpf_skb_load_bytes(skb, ETH_ALEN, mac.octets, ETH_ALEN);
	return mac;
}

/* What the policy says of that device, or NULL. */
ALWAYS_INLINE struct weir_device *device_of(struct __sk_buff *skb, __u32 generation, const struct packet *p)
{
	struct weir_mac mac = source_of(skb, p);
	void *table = bpf_map_lookup_elem(&macs, &generation);

	return table ? bpf_map_lookup_elem(table, &mac) : NULL;
}

/* A device is one client: what is said of it goes before what is said of any prefix. */
ALWAYS_INLINE int is_closed(struct __sk_buff *skb, const struct weir_config *c, const struct packet *p)
{
	struct weir_device *device;

	if (!c->guarded)
		return 0;
	device = device_of(skb, c->generation & 1, p);
	if (device && device->on_failure != WEIR_FAILURE_unsaid)
		return device->on_failure == WEIR_FAILURE_closed;
	return prefix_value(&failures, c->generation & 1, p->key.client, c->closed);
}

/* Where a flow cannot be judged, its client's on_failure decides: routed on, or dropped. */
ALWAYS_INLINE int fail(struct __sk_buff *skb, const struct weir_config *c, const struct packet *p,
		       enum weir_wire_reason reason)
{
	count(reason, 0);
	return is_closed(skb, c, p) ? count(WEIR_WIRE_refused_closed, DROP) : NEXT;
}

ALWAYS_INLINE void read_row(struct judged *j)
{
	void *table = bpf_map_lookup_elem(&rows, &j->generation);
	struct weir_row *row = table ? bpf_map_lookup_elem(table, &j->row) : NULL;

	if (row)
		j->values = *row;
}

/* The class of a client: all that matches its prefix and its device together. */
ALWAYS_INLINE __u16 client_class(struct __sk_buff *skb, __u32 generation, const struct packet *p)
{
	struct weir_pair pair = {.prefix_class = prefix_value(&clients, generation, p->key.client, 0)};
	struct weir_device *device;
	void *table;
	__u16 *class;

	if (pair.prefix_class == WEIR_CLASS_exempt)
		return WEIR_CLASS_exempt;
	device = device_of(skb, generation, p);
	if (!device || !device->mac_class)
		return pair.prefix_class;
	if (device->mac_class == WEIR_CLASS_beyond)
		return WEIR_CLASS_beyond;
	pair.mac_class = device->mac_class;
	table = bpf_map_lookup_elem(&pairs, &generation);
	class = table ? bpf_map_lookup_elem(table, &pair) : NULL;
	return class ? *class : pair.prefix_class;
}

/* The SYN stage: look-ups of both prefixes and the device, paid once a flow. */
ALWAYS_INLINE void judge_syn(struct __sk_buff *skb, const struct weir_config *c, const struct packet *p,
			     struct judged *j)
{
	struct weir_row_key key = {.port = bpf_ntohs(p->key.origin_port), .protocol = p->protocol};
	void *table;
	__u32 *row;

	__builtin_memset(j, 0, sizeof(*j));
	j->generation = c->generation & 1;
	key.client_class = client_class(skb, j->generation, p);
	j->client_class = key.client_class;
	key.dest_class = prefix_value(&dests, j->generation, p->key.origin, 0);
	if (key.client_class == WEIR_CLASS_exempt || key.dest_class == WEIR_CLASS_exempt) {
		j->exempt = 1;
		return;
	}
	table = bpf_map_lookup_elem(&row_index, &j->generation);
	row = table ? bpf_map_lookup_elem(table, &key) : NULL;
	j->row = row ? *row : 0;
	read_row(j);
}

ALWAYS_INLINE __u8 cell_of(__u32 generation, __u32 row, __u32 class)
{
	__u32 zero = 0, index, block;
	void *table = bpf_map_lookup_elem(&shape, &generation);
	struct weir_shape *width = table ? bpf_map_lookup_elem(table, &zero) : NULL;
	struct weir_cells *found;

	if (!width || class >= width->name_classes || row >= width->rows)
		return WEIR_CELL_escalate;
	index = row * width->name_classes + class;
	block = index / WEIR_CELL_BLOCK;
	table = bpf_map_lookup_elem(&cells, &generation);
	found = table ? bpf_map_lookup_elem(table, &block) : NULL;
	return found ? found->cell[index & (WEIR_CELL_BLOCK - 1)] : WEIR_CELL_escalate;
}

ALWAYS_INLINE __u32 policy_id(__u32 generation)
{
	__u32 zero = 0;
	void *table = bpf_map_lookup_elem(&shape, &generation);
	struct weir_shape *found = table ? bpf_map_lookup_elem(table, &zero) : NULL;

	return found ? found->id : 0;
}

/* --- sockets --------------------------------------------------------------------------------------------- */

/* The socket that holds the client's (or, reversed, the origin's) half of a flow, or NULL.  Must be released. */
ALWAYS_INLINE struct bpf_sock *find_socket(struct __sk_buff *skb, const struct packet *p, enum direction from)
{
	struct bpf_sock_tuple t = {};
	const __u8 *source = from == FROM_CLIENT ? p->key.client : p->key.origin;
	const __u8 *dest = from == FROM_CLIENT ? p->key.origin : p->key.client;
	__be16 sport = from == FROM_CLIENT ? p->key.client_port : p->key.origin_port;
	__be16 dport = from == FROM_CLIENT ? p->key.origin_port : p->key.client_port;

	if (p->v6) {
		__builtin_memcpy(t.ipv6.saddr, source, 16);
		__builtin_memcpy(t.ipv6.daddr, dest, 16);
		t.ipv6.sport = sport;
		t.ipv6.dport = dport;
		return bpf_skc_lookup_tcp(skb, &t, sizeof(t.ipv6), BPF_F_CURRENT_NETNS, 0);
	}
	t.ipv4.saddr = *(const __u32 *)(source + 12);
	t.ipv4.daddr = *(const __u32 *)(dest + 12);
	t.ipv4.sport = sport;
	t.ipv4.dport = dport;
	return bpf_skc_lookup_tcp(skb, &t, sizeof(t.ipv4), BPF_F_CURRENT_NETNS, 0);
}

enum socket_state { SOCKET_none, SOCKET_time_wait, SOCKET_live };

/* bpf_skc_lookup_tcp also runs the netns' sk_lookup programs and may return a listener: no socket of the flow. */
ALWAYS_INLINE enum socket_state socket_of(struct __sk_buff *skb, const struct packet *p, enum direction from)
{
	struct bpf_sock *sk = find_socket(skb, p, from);
	__u32 state;

	if (!sk)
		return SOCKET_none;
	state = sk->state;
	bpf_sk_release(sk);
	if (state == BPF_TCP_LISTEN)
		return SOCKET_none;
	return state == BPF_TCP_TIME_WAIT ? SOCKET_time_wait : SOCKET_live;
}

/* A worker's listener, or NULL.  Must be released. */
ALWAYS_INLINE struct bpf_sock *listener(const struct weir_config *c, __u8 v6, __u32 hash)
{
	__u32 worker = c->workers > 1 ? hash % c->workers : 0;

	if (v6)
		return bpf_map_lookup_elem(&listeners6, &worker);
	return bpf_map_lookup_elem(&listeners4, &worker);
}

#endif
