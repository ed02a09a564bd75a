/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * How long the handshake of a watched flow takes on either side of the gateway, and on which side of it something got
 * lost.  What is sent again belongs to the time: a client waits for it.
 */
#ifndef WEIR_TIMING_BPF_H
#define WEIR_TIMING_BPF_H

#include "maps.bpf.h"
#include "parse.bpf.h"

/* At least 1, since 0 says that nothing was seen; an hour at most. */
ALWAYS_INLINE __u32 microseconds(__u64 from_ns, __u64 to_ns)
{
	__u64 us = to_ns > from_ns ? (to_ns - from_ns) / 1000 : 0;

	if (us > 3600000000ULL)
		return 3600000000U;
	return us ? us : 1;
}

/* Before the SYN-ACK it was lost behind the gateway; after it, what was lost is the SYN-ACK on its way to the client.
 */
ALWAYS_INLINE void syn_again(struct weir_held *h)
{
	if (!h->client_us)
		h->again |= h->synack_ns ? WEIR_AGAIN_client : WEIR_AGAIN_origin;
}

/* Of two SYN-ACKs the first may have been lost before the client, or, once the client has answered, that answer behind
 * the gateway. */
ALWAYS_INLINE void synack_seen(struct weir_held *h)
{
	if (!h->synack_ns)
		h->synack_ns = bpf_ktime_get_ns();
	else
		h->again |= h->client_us ? WEIR_AGAIN_origin : WEIR_AGAIN_client;
}

/* Any segment of the client that acknowledges something, once there is a SYN-ACK. */
ALWAYS_INLINE void answer_seen(const struct packet *p, struct weir_held *h)
{
	if (h->synack_ns && !h->client_us && p->tcp.ack)
		h->client_us = microseconds(h->synack_ns, bpf_ktime_get_ns());
}

/* What an announcement says of it; `h` NULL: the flow was not watched. */
ALWAYS_INLINE void tell_timing(struct weir_event *e, const struct weir_held *h)
{
	e->origin_us = h && h->synack_ns ? microseconds(h->started_ns, h->synack_ns) : 0;
	e->client_us = h ? h->client_us : 0;
	e->again = h ? h->again : 0;
}

#endif
