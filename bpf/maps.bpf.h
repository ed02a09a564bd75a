/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The maps of the kernel contract (include/weir/wire.h), each with what happens when it is full.
 */
#ifndef WEIR_MAPS_BPF_H
#define WEIR_MAPS_BPF_H

#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

#include "weir/wire.h"

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct weir_config);
} config SEC(".maps");

/* Mapped into the daemon: a beat is a store, not a system call. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct weir_heartbeat);
} heartbeat SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, WEIR_MAX_LINKS);
	__type(key, __u32);
	__type(value, struct weir_link);
} links SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, WEIR_MAX_PORTS);
	__type(key, __u16);
	__type(value, __u8);
} ports SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 4096);
	__type(key, struct weir_address);
	__type(value, __u8);
} local SEC(".maps");

/* One listener a worker and family.  A dead daemon's sockets leave by themselves: an empty slot forwards. */
struct listeners {
	__uint(type, BPF_MAP_TYPE_SOCKMAP);
	__uint(max_entries, WEIR_MAX_WORKERS);
	__type(key, __u32);
	__type(value, __u64);
};
struct listeners listeners4 SEC(".maps");
struct listeners listeners6 SEC(".maps");

/* --- policy: two generations of each table; config.generation says which is in force ------------------------------ */
/* (sizes, not types: clang leaves out the types that only an inner map names) */

struct prefixes {
	__uint(type, BPF_MAP_TYPE_LPM_TRIE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, 1);
	__uint(key_size, sizeof(struct weir_prefix));
	__uint(value_size, sizeof(__u16));
};
struct device_table {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1);
	__uint(key_size, sizeof(struct weir_mac));
	__uint(value_size, sizeof(struct weir_device));
};
struct pair_table {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1);
	__uint(key_size, sizeof(struct weir_pair));
	__uint(value_size, sizeof(__u16));
};
struct limit_values {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_INNER_MAP);
	__uint(max_entries, 1);
	__uint(key_size, sizeof(__u32));
	__uint(value_size, sizeof(struct weir_limit));
};
struct row_table {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1);
	__uint(key_size, sizeof(struct weir_row_key));
	__uint(value_size, sizeof(__u32));
};
struct row_values {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_INNER_MAP);
	__uint(max_entries, 1);
	__uint(key_size, sizeof(__u32));
	__uint(value_size, sizeof(struct weir_row));
};
struct name_table {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, 1);
	__uint(key_size, sizeof(__u64));
	__uint(value_size, sizeof(struct weir_name_class));
};
struct cell_blocks {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_INNER_MAP);
	__uint(max_entries, 1);
	__uint(key_size, sizeof(__u32));
	__uint(value_size, sizeof(struct weir_cells));
};
struct shape_value {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__uint(key_size, sizeof(__u32));
	__uint(value_size, sizeof(struct weir_shape));
};
#define GENERATIONS(name, inner)                                                                                       \
	struct {                                                                                                       \
		__uint(type, BPF_MAP_TYPE_ARRAY_OF_MAPS);                                                              \
		__uint(max_entries, 2);                                                                                \
		__type(key, __u32);                                                                                    \
		__array(values, struct inner);                                                                         \
	} name SEC(".maps")
GENERATIONS(clients, prefixes);
GENERATIONS(dests, prefixes);
GENERATIONS(failures, prefixes);
GENERATIONS(macs, device_table);
GENERATIONS(pairs, pair_table);
GENERATIONS(limits, limit_values);
GENERATIONS(row_index, row_table);
GENERATIONS(rows, row_values);
GENERATIONS(names, name_table);
GENERATIONS(cells, cell_blocks);
GENERATIONS(shape, shape_value);

/* --- clients ------------------------------------------------------------------------------------------------------ */

/* One slot: the daemon replaces the whole. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY_OF_MAPS);
	__uint(max_entries, 1);
	__type(key, __u32);
	__array(values, struct prefixes);
} adjacent SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 16384);
	__type(key, struct weir_metered);
	__type(value, struct weir_meter);
} meters SEC(".maps");

/* As many as the daemon counts; full: a client more has its connections refused by the daemon alone. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 4096);
	__type(key, struct weir_client);
	__type(value, __u32);
} full SEC(".maps");

/* --- flows -------------------------------------------------------------------------------------------------------- */

/* Full: on_failure decides (flow_map_full).  The daemon removes undecided entries that went silent, and taken ones when
 * it closes them; passing flows live elsewhere and cannot evict them.  The daemon sets the size. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 65536);
	__type(key, struct weir_flow_key);
	__type(value, struct weir_held);
} held SEC(".maps");

/* Full: the oldest is forgotten; the daemon then asks the neighbour table instead.  It takes 16,384 SYNs within one
 * round trip between client and gateway. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 16384);
	__type(key, struct weir_flow_key);
	__type(value, struct weir_mac);
} arriving SEC(".maps");

/* Full: the least recently used flow loses its accounting and passes on (mid-stream packets do). */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 65536);
	__type(key, struct weir_flow_key);
	__type(value, struct weir_passed);
} passed SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, WEIR_WIRE_REASONS);
	__type(key, __u32);
	__type(value, __u64);
} counters SEC(".maps");

/* Full: the announcement is lost and counted (ring_full), the verdict stands. */
struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 4 << 20);
} events SEC(".maps");

#endif
