/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The kernel contract: the key and value of every BPF map, as both sides see them.
 * Addresses are 16 bytes, IPv4 as ::ffff:a.b.c.d.  Ports in map keys of flows are in network order, everywhere else in
 * host order.  Sizes are asserted at the end; a change of any of them raises WEIR_WIRE_ABI.
 */
/* clang-format off: kernel style, like bpf/, with the comments in a column */
#ifndef WEIR_WIRE_H
#define WEIR_WIRE_H

#include <linux/types.h>

#define WEIR_WIRE_ABI 4

/* The four adjacent mark bits above `gateway.mark`. */
#define WEIR_MARK_STEERED(base)  ((base))      /* routed to the daemon */
#define WEIR_MARK_FRAGMENT(base) ((base) << 1) /* an IP fragment that crossed a Weir hook */
#define WEIR_MARK_PASSED(base)   ((base) << 2) /* let pass by a live program (the closed chain lets it through) */
#define WEIR_MARK_RESET(base)    ((base) << 3) /* nft rejects it */

#define WEIR_MAX_WORKERS      64
#define WEIR_MAX_LINKS        64
#define WEIR_MAX_PORTS        64
#define WEIR_MAX_CLASSES      4096
#define WEIR_MAX_NAME_CLASSES 65536
#define WEIR_MAX_ROWS         4096
#define WEIR_MAX_PAIRS        65536
#define WEIR_MAX_CELL_BYTES   (16U << 20)
#define WEIR_HELLO_BYTES      4096 /* the longest ClientHello read on the wire; longer ones are taken over */
#define WEIR_NAME_BYTES       256

#ifdef __cplusplus
enum weir_wire_reason : __u32 {
#else
enum weir_wire_reason {
#endif
#define WEIR_WIRE(name, text) WEIR_WIRE_##name,
#include "weir/wire_reason.def"
#undef WEIR_WIRE
  WEIR_WIRE_REASONS
};

/* --- what the daemon tells the programs ------------------------------------------------------------------------- */

/* map `config`, one entry, written before attach and at reload */
struct weir_config {
  __u64 hash_point;     /* name_hash.h */
  __u64 stale_after_ns; /* age of the heartbeat beyond which on_failure decides */
  __u32 mark;           /* lowest of the four bits */
  __u32 workers;        /* listeners in use */
  __u8 closed;          /* on_failure = "closed": what cannot be judged is dropped */
  __u8 floor_splice;    /* every connection goes through the daemon */
  __u8 takeover;        /* live connections can be taken over; else TLS is steered at SYN */
  __u8 quic;            /* WEIR_QUIC_* */
  __u8 generation;      /* which of the two slots of every policy map is in force: 0 or 1 */
  __u8 guarded;         /* it is for some clients: what passes is marked */
  __u8 pad[2];
  __u8 client_mask[16]; /* the bits of an IPv6 address that tell one client from another */
};
#define WEIR_QUIC_pass   0
#define WEIR_QUIC_reject 1

/* map `heartbeat`, one entry, mapped into the daemon */
struct weir_heartbeat {
  __u64 beat_ns;    /* CLOCK_MONOTONIC of the last beat, 0 = never */
  __u32 overloaded; /* new flows follow on_failure */
  __u32 pad;
};

/* map `links`: ifindex -> how frames look there */
struct weir_link {
  __u32 header; /* bytes before the network header: 14, or 0 on ppp, tun and the like */
};

/* map `ports`: judged TCP port -> protocol */
#define WEIR_PORT_http 1
#define WEIR_PORT_tls  2

/* map `local`: the gateway's own addresses, never judged */
struct weir_address {
  __u8 octets[16];
};

/* --- policy: each of these is an inner map, in slot `generation` of an outer array ------------------------------- */

/* LPM tries `clients`, `dests`: prefix -> class; no entry = class 0 */
struct weir_prefix {
  __u32 length; /* bits of the 128-bit form */
  __u8 octets[16];
};
#define WEIR_CLASS_exempt 0xffff

/* The hardware address from which a client's frames come; all zero = its link has none */
struct weir_mac {
  __u8 octets[6];
  __u8 pad[2];
};
/* hash `macs`: hardware address -> what is said of the device; no entry = nothing, class 0 */
struct weir_device {
  __u16 mac_class;
  __u8 on_failure; /* WEIR_FAILURE_* */
  __u8 pad;
};
#define WEIR_FAILURE_unsaid 0 /* its prefix decides */
#define WEIR_FAILURE_open   1
#define WEIR_FAILURE_closed 2
/* hash `pairs`: a client's class is the one of its prefix, unless an entry here says what it is for its device */
struct weir_pair {
  __u16 prefix_class;
  __u16 mac_class;
};
#define WEIR_CLASS_beyond 0xfffe /* class of devices whose pairs do not fit: no row knows it, so they escalate */

/* array `limits`: class of a client -> how much each client of it may have; no entry = anything */
struct weir_limit {
  __u64 interval_ns; /* between two new connections, 0 = none */
  __u64 slack_ns;    /* by how much they may come earlier: a burst */
  __u32 connections; /* at once, 0 = any number.  The daemon counts, see `full` */
  __u32 pad;
};

/* LPM trie `failures`: prefix of clients -> whether their on_failure is "closed"; no entry = weir_config.closed */

/* hash `rows`: what is known at SYN -> index of a row; no entry = row 0, which escalates */
struct weir_row_key {
  __u16 client_class;
  __u16 dest_class;
  __u16 port;
  __u16 protocol; /* IPPROTO_TCP or IPPROTO_UDP */
};
/* array `row`: what the SYN stage decides for a row */
struct weir_row {
  __u8 at_syn;  /* WEIR_CELL_*; escalate = undecided */
  __u8 unnamed; /* the cell of a hello without a name */
  __u16 rule;   /* index of the deciding rule + 1, for the announcement; 0 = none */
};

/* hash `names`: hash of a name -> its classes.  The deepest entry that a name meets decides: at its full length by
 * `exact`, at one of its dots by `below`; each folds in whatever its ancestors say.  No entry = class 0. */
struct weir_name_class {
  __u16 exact;
  __u16 below;
};

/* array `cells`: blocks of bytes, cell = row * name_classes + class */
#define WEIR_CELL_BLOCK 64
struct weir_cells {
  __u8 cell[WEIR_CELL_BLOCK];
};
#define WEIR_CELL_escalate 0
#define WEIR_CELL_pass     1
#define WEIR_CELL_block    2

/* array `shape`, one entry: the width of `cells` */
struct weir_shape {
  __u32 name_classes;
  __u32 rows;
  __u32 id; /* number of this policy, in every announcement */
  __u32 pad;
};

/* --- clients ------------------------------------------------------------------------------------------------------ */

/* LPM trie `adjacent`: prefixes of the LAN itself.  Frames of their addresses come from the client, others from a
 * router */

/* What one client is: a device where frames tell it, else an address, of IPv6 what `client_mask` leaves of it */
struct weir_client {
  struct weir_mac mac; /* all zero: not known, or a router's */
  __u8 address[16];    /* all zero where `mac` is known */
};

/* LRU map `meters`: client and limit -> when the next connection is due.  Full: the one used longest ago begins anew.
 */
struct weir_metered {
  struct weir_client client;
  __u64 interval_ns; /* of the limit: another one begins anew */
};
struct weir_meter {
  __u64 due_ns; /* CLOCK_MONOTONIC */
};

/* hash `full`: client -> the limit that it has reached; written by the daemon.  A connection for which a higher one
 * holds goes on: the daemon then hears of it. */

/* --- flows -------------------------------------------------------------------------------------------------------- */

struct weir_flow_key {
  __u8 client[16];
  __u8 origin[16];
  __u16 client_port; /* network order */
  __u16 origin_port; /* network order */
};

/* One half of a TCP connection, from its SYN or SYN-ACK. */
struct weir_half {
  __u32 isn;
  __u32 tsval; /* newest timestamp of this half */
  __u16 mss;
  __u16 window; /* as on the wire of the SYN: never scaled */
  __u8 wscale;
  __u8 options; /* WEIR_OPTION_* */
  __u8 ended;   /* it sent a FIN or a reset, which ends nothing: the other side may never have seen it */
  __u8 pad;
};
#define WEIR_OPTION_wscale    1
#define WEIR_OPTION_sack      2
#define WEIR_OPTION_timestamp 4
#define WEIR_OPTION_ecn       8
#define WEIR_OPTION_mptcp     16

/* map `held`: flows not yet judged, and flows that the daemon took over.  Not LRU: passing flows cannot evict them. */
struct weir_held {
  __u64 id;
  __u64 started_ns;
  __u8 state; /* WEIR_HELD_* */
  __u8 cell;  /* of the verdict */
  __u16 row;
  __u32 reason; /* weir_wire_reason of the takeover */
  /* the segment at which the connection changed hands: never ISN + 1, the origin may have spoken */
  __u32 take_seq;
  __u32 take_ack;
  __u32 take_window; /* the client's window in bytes, scaled */
  __u32 policy;      /* weir_shape.id that judged the SYN; `row` belongs to it */
  struct weir_half client;
  struct weir_half origin;
  struct weir_mac mac;
  __u64 synack_ns; /* when the origin's SYN-ACK came first; 0 = not yet */
  __u32 client_us; /* from then to the client's first answer; 0 = none yet */
  __u8 again;      /* WEIR_AGAIN_* */
  __u8 pad[3];
};
#define WEIR_AGAIN_origin 1 /* a part of the handshake was sent again, for what got lost behind the gateway */
#define WEIR_AGAIN_client 2 /* the same before it */
#define WEIR_HELD_syn     1 /* SYN seen */
#define WEIR_HELD_synack  2 /* SYN-ACK seen: the first data segment decides */
#define WEIR_HELD_taken   3 /* the daemon owns both halves */
#define WEIR_HELD_passed  4 /* its hello passed, up to take_seq, but the origin has not acknowledged it yet */

/* LRU map `arriving`: flow -> weir_mac of a connection that was steered to a listener, until it is accepted */

/* LRU map `passed`: flows on the wire, for accounting */
struct weir_passed {
  __u64 id;
  __u64 started_ns;
  __u64 seen_ns;
  __u64 bytes_up; /* IP payload of TCP, client to origin */
  __u64 bytes_down;
  __u32 packets_up;
  __u32 packets_down;
  __u32 policy; /* weir_shape.id that let it pass */
  __u32 state;  /* WEIR_PASSED_* bits; 32 of them because both directions set some, on two CPUs at once */
};
#define WEIR_PASSED_fin_client  1
#define WEIR_PASSED_fin_origin  2
#define WEIR_PASSED_rst         4
#define WEIR_PASSED_reset       8  /* set by the daemon: a new policy refuses it */
#define WEIR_PASSED_unconfirmed 16 /* `held` watches the flow still, see WEIR_HELD_passed */

/* --- what the programs tell the daemon: ring `events` ------------------------------------------------------------- */

struct weir_event {
  __u32 type;   /* WEIR_EVENT_* */
  __u32 reason; /* weir_wire_reason */
  __u64 id;
  __u64 time_ns;
  __u64 started_ns;
  struct weir_flow_key key;
  __u32 policy;
  __u16 row;
  __u16 name_length;
  char name[WEIR_NAME_BYTES]; /* as in the hello, not normalised */
  __u64 bytes_up;             /* of an ended flow */
  __u64 bytes_down;
  __u8 state; /* WEIR_PASSED_* bits of an ended flow */
  __u8 again; /* WEIR_AGAIN_* of a passed or reset flow */
  __u8 pad[6];
  struct weir_mac mac; /* of a passed or reset flow */
  /* of one that was watched; 0 = was not seen */
  __u32 origin_us; /* from its first SYN to the origin's first SYN-ACK */
  __u32 client_us; /* from that to the client's first answer */
};
#define WEIR_EVENT_passed  1 /* a flow was let pass: its one announcement */
#define WEIR_EVENT_ended   2 /* a passed flow ended (both FINs or an RST) */
#define WEIR_EVENT_destroy 3 /* old sockets hold this flow's addresses and ports: destroy them */
#define WEIR_EVENT_reset   4 /* the origin reset a flow before its first bytes; origin_us 0: at its SYN */

#ifdef __cplusplus
#define WEIR_ASSERT_SIZE(type, size) static_assert(sizeof(type) == (size))
#else
#define WEIR_ASSERT_SIZE(type, size) _Static_assert(sizeof(type) == (size), #type)
#endif
WEIR_ASSERT_SIZE(struct weir_config, 48);
WEIR_ASSERT_SIZE(struct weir_heartbeat, 16);
WEIR_ASSERT_SIZE(struct weir_prefix, 20);
WEIR_ASSERT_SIZE(struct weir_mac, 8);
WEIR_ASSERT_SIZE(struct weir_device, 4);
WEIR_ASSERT_SIZE(struct weir_pair, 4);
WEIR_ASSERT_SIZE(struct weir_limit, 24);
WEIR_ASSERT_SIZE(struct weir_client, 24);
WEIR_ASSERT_SIZE(struct weir_metered, 32);
WEIR_ASSERT_SIZE(struct weir_meter, 8);
WEIR_ASSERT_SIZE(struct weir_row_key, 8);
WEIR_ASSERT_SIZE(struct weir_row, 4);
WEIR_ASSERT_SIZE(struct weir_name_class, 4);
WEIR_ASSERT_SIZE(struct weir_shape, 16);
WEIR_ASSERT_SIZE(struct weir_flow_key, 36);
WEIR_ASSERT_SIZE(struct weir_half, 16);
WEIR_ASSERT_SIZE(struct weir_held, 96);
WEIR_ASSERT_SIZE(struct weir_passed, 56);
WEIR_ASSERT_SIZE(struct weir_event, 376);

#endif
