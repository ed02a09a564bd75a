/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * From a packet to a flow: network and transport headers, IPv6 extension headers, fragments, TCP options.
 *
 * Headers are read with bpf_skb_load_bytes from the link header on: unlike direct access and unlike
 * bpf_skb_load_bytes_relative it also reads what lies in page fragments.
 */
#ifndef WEIR_PARSE_BPF_H
#define WEIR_PARSE_BPF_H

#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/in.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/tcp.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#include "weir/wire.h"

#define ALWAYS_INLINE static __attribute__((always_inline)) inline
#define BARRIER(x)    asm volatile("" : "+r"(x))

enum parsed { PARSED_other, PARSED_malformed, PARSED_tcp, PARSED_udp };
enum direction { FROM_CLIENT, FROM_ORIGIN };

struct packet {
	struct weir_flow_key key;
	struct tcphdr tcp; /* of a first fragment, 8 bytes (ports and sequence number) or all of it: then doff is set */
	__u32 network;	   /* offsets from the start of the frame */
	__u32 transport;
	__u32 payload;
	__u32 payload_length;
	__u32 client_tsval, client_tsecr;
	__u8 v6;
	__u8 fragment; /* is one, or hides its ports as well: nft judges it after reassembly */
	__u8 first;    /* has the ports: not a fragment, or the one at offset 0 */
	__u8 protocol;
};

ALWAYS_INLINE void map_v4(__u8 out[16], __be32 address)
{
	*(__u32 *)(out + 0) = 0;
	*(__u32 *)(out + 4) = 0;
	*(__u32 *)(out + 8) = bpf_htonl(0xffff);
	*(__u32 *)(out + 12) = address;
}

/* What the header says.  0 is the length of an aggregate beyond 64 KiB (BIG TCP), and of no other packet that the
 * kernel takes: then the frame's length counts. */
ALWAYS_INLINE __u32 length_of(struct __sk_buff *skb, const struct packet *p, __u32 said)
{
	return said || !skb->gso_size ? said : skb->len - p->network;
}

ALWAYS_INLINE int parse_v4(struct __sk_buff *skb, struct packet *p, enum direction from)
{
	struct iphdr ip;
	__u32 length;

	if (bpf_skb_load_bytes(skb, p->network, &ip, sizeof(ip)) || ip.version != 4 || ip.ihl < 5)
		return PARSED_malformed;
	length = length_of(skb, p, bpf_ntohs(ip.tot_len));
	if (length < ip.ihl * 4u)
		return PARSED_malformed;
	map_v4(from == FROM_CLIENT ? p->key.client : p->key.origin, ip.saddr);
	map_v4(from == FROM_CLIENT ? p->key.origin : p->key.client, ip.daddr);
	p->protocol = ip.protocol;
	p->transport = p->network + ip.ihl * 4;
	p->fragment = !!(ip.frag_off & bpf_htons(0x3fff));
	p->first = !(ip.frag_off & bpf_htons(0x1fff));
	p->payload_length = length - ip.ihl * 4;
	return PARSED_other;
}

ALWAYS_INLINE int is_extension(__u8 protocol)
{
	return protocol == IPPROTO_HOPOPTS || protocol == IPPROTO_ROUTING || protocol == IPPROTO_DSTOPTS ||
	       protocol == IPPROTO_FRAGMENT;
}

struct extension_header {
	__u8 next;
	__u8 length;
	__be16 offset; /* of a fragment header */
};

ALWAYS_INLINE int parse_v6(struct __sk_buff *skb, struct packet *p, enum direction from)
{
	struct ipv6hdr ip;
	struct extension_header ext;
	__u32 at = sizeof(ip), length;

	if (bpf_skb_load_bytes(skb, p->network, &ip, sizeof(ip)) || ip.version != 6)
		return PARSED_malformed;
	__builtin_memcpy(from == FROM_CLIENT ? p->key.client : p->key.origin, &ip.saddr, 16);
	__builtin_memcpy(from == FROM_CLIENT ? p->key.origin : p->key.client, &ip.daddr, 16);
	p->v6 = 1;
	p->first = 1;
	p->protocol = ip.nexthdr;
	for (int i = 0; i < 6; i++) {
		if (!is_extension(p->protocol))
			break;
		if (bpf_skb_load_bytes(skb, p->network + at, &ext, sizeof(ext)))
			return PARSED_malformed;
		if (p->protocol == IPPROTO_FRAGMENT) {
			p->fragment = 1;
			p->first = !(ext.offset & bpf_htons(0xfff8));
			at += 8;
		} else {
			at += (ext.length + 1) * 8;
		}
		p->protocol = ext.next;
		if (!p->first)
			break;
	}
	if (p->first && is_extension(p->protocol)) { /* a chain this long only hides a port; nft reads on */
		p->fragment = 1;
		p->first = 0;
		p->protocol = IPPROTO_TCP;
	}
	length = length_of(skb, p, ip.payload_len ? bpf_ntohs(ip.payload_len) + sizeof(ip) : 0);
	if (length < at)
		return PARSED_malformed;
	p->transport = p->network + at;
	p->payload_length = length - at;
	return PARSED_other;
}

/* Fills `p`; the key is seen from the client whichever way the packet goes. */
ALWAYS_INLINE int parse(struct __sk_buff *skb, __u32 link_header, struct packet *p, enum direction from)
{
	__be16 source, dest;
	int error;

	__builtin_memset(p, 0, sizeof(*p));
	p->network = link_header;
	if (skb->protocol == bpf_htons(ETH_P_IP))
		error = parse_v4(skb, p, from);
	else if (skb->protocol == bpf_htons(ETH_P_IPV6))
		error = parse_v6(skb, p, from);
	else
		return PARSED_other;
	if (error)
		return error;
	if (p->protocol != IPPROTO_TCP && p->protocol != IPPROTO_UDP)
		return PARSED_other;
	if (!p->first)
		return p->protocol == IPPROTO_TCP ? PARSED_tcp : PARSED_udp;

	/* UDP has its ports where TCP has them; a first fragment may hold 8 bytes of the transport header only, and
	 * what follows these in the frame is then padding */
	if (p->protocol == IPPROTO_UDP || (p->fragment && p->payload_length < sizeof(p->tcp))) {
		if (p->payload_length < 8 || bpf_skb_load_bytes(skb, p->transport, &p->tcp, 8))
			return PARSED_malformed;
	} else if (p->payload_length < sizeof(p->tcp) ||
		   bpf_skb_load_bytes(skb, p->transport, &p->tcp, sizeof(p->tcp))) {
		return PARSED_malformed;
	}
	source = p->tcp.source;
	dest = p->tcp.dest;
	p->key.client_port = from == FROM_CLIENT ? source : dest;
	p->key.origin_port = from == FROM_CLIENT ? dest : source;
	if (p->protocol == IPPROTO_UDP)
		return PARSED_udp;
	if (p->fragment)
		return PARSED_tcp;
	if (p->tcp.doff < 5 || p->payload_length < p->tcp.doff * 4u)
		return PARSED_malformed;
	p->payload = p->transport + p->tcp.doff * 4;
	p->payload_length -= p->tcp.doff * 4;
	return PARSED_tcp;
}

/* --- TCP options: at SYN, SYN-ACK and takeover only --------------------------------------------------------------- */

struct options {
	__u8 bytes[64];
	__u32 at, length;
	struct weir_half half;
	__u32 tsecr;
};

/* Parser state lives in a map value: on the stack every iteration would be a state of its own to the verifier. */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct options);
} option_state SEC(".maps");

ALWAYS_INLINE __u32 option_u32(const struct options *o, __u32 at)
{
	return (__u32)o->bytes[at & 63] << 24 | (__u32)o->bytes[(at + 1) & 63] << 16 |
	       (__u32)o->bytes[(at + 2) & 63] << 8 | o->bytes[(at + 3) & 63];
}

struct option_context {
	struct options *options;
};

static long next_option(__u32 i, void *context)
{
	struct options *o = ((struct option_context *)context)->options;
	__u32 at = o->at;
	__u8 kind = o->bytes[at & 63], length = o->bytes[(at + 1) & 63];

	if (at >= o->length || kind == 0)
		return 1;
	if (kind == 1) {
		o->at = at + 1;
		return 0;
	}
	if (length < 2 || at + length > o->length)
		return 1;
	if (kind == 2 && length == 4) {
		o->half.mss = o->bytes[(at + 2) & 63] << 8 | o->bytes[(at + 3) & 63];
	} else if (kind == 3 && length == 3) {
		o->half.wscale = o->bytes[(at + 2) & 63] > 14 ? 14 : o->bytes[(at + 2) & 63];
		o->half.options |= WEIR_OPTION_wscale;
	} else if (kind == 4 && length == 2) {
		o->half.options |= WEIR_OPTION_sack;
	} else if (kind == 8 && length == 10) {
		o->half.options |= WEIR_OPTION_timestamp;
		o->half.tsval = option_u32(o, at + 2);
		o->tsecr = option_u32(o, at + 6);
	} else if (kind == 30 || kind == 34) { /* RFC 8684 MPTCP, RFC 7413 Fast Open: rule out a takeover */
		o->half.options |= WEIR_OPTION_mptcp;
	}
	o->at = at + length;
	return 0;
}

/* The options of a whole (unfragmented) TCP packet, or NULL when they cannot be read. */
ALWAYS_INLINE struct options *parse_options(struct __sk_buff *skb, const struct packet *p)
{
	__u32 zero = 0;
	struct options *o = bpf_map_lookup_elem(&option_state, &zero);
	struct option_context context = {.options = o};
	__u64 length = p->tcp.doff * 4 - sizeof(struct tcphdr);

	if (!o)
		return NULL;
	__builtin_memset(&o->half, 0, sizeof(o->half));
	o->tsecr = 0;
	o->half.mss = 536; /* RFC 9293 §3.7.1, where the option is absent; IPv6 hosts send it */
	o->half.isn = bpf_ntohl(p->tcp.seq);
	o->half.window = bpf_ntohs(p->tcp.window);
	if (!length)
		return o;
	length -= 1; /* 1..40, said in the form that every verifier follows */
	BARRIER(length);
	length &= 63;
	BARRIER(length);
	length += 1;
	if (length > 40 || bpf_skb_load_bytes(skb, p->transport + sizeof(struct tcphdr), o->bytes, length))
		return NULL;
	o->at = 0;
	o->length = length;
	bpf_loop(40, next_option, &context, 0);
	return o;
}

#endif
