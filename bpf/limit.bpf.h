/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * How much one client may have.
 */
#ifndef WEIR_LIMIT_BPF_H
#define WEIR_LIMIT_BPF_H

#include "maps.bpf.h"
#include "parse.bpf.h"
#include "verdict.bpf.h"

/* What the limits of a class of clients are, or NULL. */
ALWAYS_INLINE struct weir_limit *limit_of(const struct judged *j)
{
	void *table = bpf_map_lookup_elem(&limits, &j->generation);

	return table ? bpf_map_lookup_elem(table, &j->client_class) : NULL;
}

ALWAYS_INLINE void client_of(struct __sk_buff *skb, const struct weir_config *c, const struct packet *p,
			     struct weir_client *client)
{
	const __u32 *address = (const __u32 *)p->key.client, *mask = (const __u32 *)c->client_mask;
	__u32 *to = (__u32 *)client->address;
	struct weir_mac none = {};

	__builtin_memset(client, 0, sizeof(*client));
	if (prefix_value(&adjacent, 0, p->key.client, 0)) {
		client->mac = source_of(skb, p);
		if (__builtin_memcmp(&client->mac, &none, sizeof(none)))
			return;
	}
	for (int i = 0; i < 4; i++)
		to[i] = p->v6 ? address[i] & mask[i] : address[i];
}

/* Whether another connection is due.  Each moves the time at which the next one is by an interval; a client that was
 * quiet may be a burst ahead.  Whoever loses the race for the meter twice passes. */
ALWAYS_INLINE int is_due(const struct weir_client *client, const struct weir_limit *l)
{
	struct weir_metered key = {.client = *client, .interval_ns = l->interval_ns};
	__u64 now = bpf_ktime_get_ns(), due, from;
	struct weir_meter *meter = bpf_map_lookup_elem(&meters, &key);
	struct weir_meter first = {.due_ns = now + l->interval_ns};

	if (!meter) {
		bpf_map_update_elem(&meters, &key, &first, BPF_ANY);
		return 1;
	}
	for (int i = 0; i < 2; i++) {
		due = *(volatile __u64 *)&meter->due_ns;
		from = due > now ? due : now;
		if (from - now > l->slack_ns)
			return 0;
		if (__sync_val_compare_and_swap(&meter->due_ns, due, from + l->interval_ns) == due)
			return 1;
	}
	return 1;
}

/* Whether the client may open a connection; else the verdict.  What comes too soon is dropped: its client sends it
 * again, and a flood becomes a queue.  What is too much is refused at once. */
ALWAYS_INLINE int within_limits(struct __sk_buff *skb, const struct weir_config *c, const struct packet *p,
				const struct judged *j, int *verdict)
{
	struct weir_limit *l = limit_of(j);
	struct weir_client client;
	__u32 *reached;

	if (!l || (!l->interval_ns && !l->connections))
		return 1;
	if (socket_of(skb, p, FROM_CLIENT) == SOCKET_live) /* a SYN sent again, to the daemon */
		return 1;
	client_of(skb, c, p, &client);
	reached = l->connections ? bpf_map_lookup_elem(&full, &client) : NULL;
	if (reached && *reached >= l->connections) {
		skb->mark |= WEIR_MARK_RESET(c->mark);
		*verdict = count(WEIR_WIRE_limited_connections, NEXT);
		return 0;
	}
	if (l->interval_ns && !is_due(&client, l)) {
		*verdict = count(WEIR_WIRE_limited_new, DROP);
		return 0;
	}
	return 1;
}

#endif
