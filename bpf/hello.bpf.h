/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The ClientHello (RFC 8446 §4.1.2) on the wire, and the class of the name in it.
 *
 * Understood is only what leaves no doubt: one whole hello in one record, inside the first segment, at most one
 * server_name extension with exactly one well-formed host name.  Anything else is not understood, and the daemon looks
 * at it with the user-space parser.
 */
#ifndef WEIR_HELLO_BPF_H
#define WEIR_HELLO_BPF_H

#include "maps.bpf.h"
#include "parse.bpf.h"
#include "weir/name_hash.h"

enum hello { HELLO_named, HELLO_unnamed, HELLO_incomplete, HELLO_not_understood };

/* What changes from one iteration to the next lives in map values (see option_state). */
struct hello_state {
	__u8 bytes[WEIR_HELLO_BYTES * 2]; /* the mask keeps an index below the first half; a read past the end is 0 */
	__u32 at, end;
	__u32 name, name_length; /* of the server name; 0 = none */
	__u32 bad;
	__u32 label; /* bytes of the current label */
	__u64 hash, point;
	__u32 class;
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct hello_state);
} hello_scratch SEC(".maps");

struct hello_context {
	struct hello_state *state;
	void *names;
};

ALWAYS_INLINE __u32 u8_at(const struct hello_state *s, __u32 at)
{
	return s->bytes[at & (WEIR_HELLO_BYTES - 1)];
}

ALWAYS_INLINE __u32 u16_at(const struct hello_state *s, __u32 at)
{
	return u8_at(s, at) << 8 | u8_at(s, at + 1);
}

/* RFC 6066 §3: one ServerName, of type host_name, that fills its list and its extension. */
ALWAYS_INLINE void server_name(struct hello_state *s, __u32 at, __u32 length)
{
	__u32 name_length = u16_at(s, at + 3);

	if (s->name_length || length < 6 || u16_at(s, at) != length - 2 || u8_at(s, at + 2) != 0 ||
	    name_length != length - 5 || name_length > 254) {
		s->bad = 1;
		return;
	}
	s->name = at + 5;
	s->name_length = name_length;
}

static long next_extension(__u32 i, void *context)
{
	struct hello_state *s = ((struct hello_context *)context)->state;
	__u32 at = s->at, type, length;

	if (at == s->end)
		return 1;
	type = u16_at(s, at);
	length = u16_at(s, at + 2);
	if (at + 4 + length > s->end) {
		s->bad = 1;
		return 1;
	}
	if (type == 0)
		server_name(s, at + 4, length);
	s->at = at + 4 + length;
	return s->bad ? 1 : 0;
}

/* One byte of the name, from its end: the same normal form as daemon/base/name. */
static long next_name_byte(__u32 i, void *context)
{
	struct hello_state *s = ((struct hello_context *)context)->state;
	void *table = ((struct hello_context *)context)->names;
	struct weir_name_class *found;
	__u32 byte;
	__u64 hash;

	if (i >= s->name_length)
		return 1;
	byte = u8_at(s, s->name + s->name_length - 1 - i);
	if (byte >= 'A' && byte <= 'Z')
		byte |= 0x20;
	if (byte == '.') {
		hash = s->hash;
		found = bpf_map_lookup_elem(table, &hash);
		if (found)
			s->class = found->below;
		if (!s->label)
			s->bad = 1;
		s->label = 0;
	} else if ((byte >= 'a' && byte <= 'z') || (byte >= '0' && byte <= '9') || byte == '-' || byte == '_') {
		if (++s->label > 63)
			s->bad = 1;
	} else {
		s->bad = 1;
	}
	s->hash = weir_hash_step(s->hash, s->point, byte);
	return s->bad ? 1 : 0;
}

/* Where the extensions begin and end; checks every length on the way. */
ALWAYS_INLINE enum hello find_extensions(struct hello_state *s, __u32 length)
{
	__u32 hello, at;

	if (length < 1 || u8_at(s, 0) != 22)
		return HELLO_not_understood;
	if (length < 9)
		return HELLO_incomplete;
	hello = u8_at(s, 6) << 16 | u16_at(s, 7);
	if (u8_at(s, 1) != 3 || u8_at(s, 5) != 1 || hello + 4 != u16_at(s, 3) || hello + 9 > WEIR_HELLO_BYTES)
		return HELLO_not_understood;
	if (length < hello + 9)
		return HELLO_incomplete;
	s->end = hello + 9;
	at = 9 + 2 + 32;	/* legacy_version, random */
	at += 1 + u8_at(s, at); /* legacy_session_id */
	if (at + 2 > s->end)
		return HELLO_not_understood;
	at += 2 + u16_at(s, at); /* cipher_suites */
	if (at + 1 > s->end)
		return HELLO_not_understood;
	at += 1 + u8_at(s, at); /* legacy_compression_methods */
	if (at == s->end) {	/* no extensions at all: TLS 1.2 and older */
		s->at = at;
		return HELLO_unnamed;
	}
	if (at + 2 > s->end || at + 2 + u16_at(s, at) != s->end)
		return HELLO_not_understood;
	s->at = at + 2;
	return HELLO_named;
}

/* Reads the hello in `length` bytes of the packet's payload; the class of its name is left in the state. */
ALWAYS_INLINE enum hello read_hello(struct __sk_buff *skb, const struct packet *p, struct hello_state *s, void *table,
				    __u64 point)
{
	struct hello_context context = {.state = s, .names = table};
	__u64 length = p->payload_length > WEIR_HELLO_BYTES ? WEIR_HELLO_BYTES : p->payload_length;
	struct weir_name_class *found;
	enum hello hello;
	__u64 hash;

	length -= 1; /* 1..WEIR_HELLO_BYTES, see parse_options */
	BARRIER(length);
	length &= WEIR_HELLO_BYTES - 1;
	BARRIER(length);
	length += 1;
	if (bpf_skb_load_bytes(skb, p->payload, s->bytes, length))
		return HELLO_not_understood;
	s->bad = s->name_length = s->label = s->class = 0;
	s->hash = 0;
	s->point = point;

	hello = find_extensions(s, length);
	if (hello != HELLO_named)
		return hello;
	bpf_loop(128, next_extension, &context, 0);
	if (s->bad || s->at != s->end)
		return HELLO_not_understood;
	if (!s->name_length)
		return HELLO_unnamed;
	if (u8_at(s, s->name + s->name_length - 1) == '.')
		s->name_length -= 1;
	if (s->name_length < 1 || s->name_length > 253)
		return HELLO_not_understood;
	bpf_loop(256, next_name_byte, &context, 0);
	if (s->bad || !s->label)
		return HELLO_not_understood;
	hash = s->hash;
	found = bpf_map_lookup_elem(table, &hash);
	if (found)
		s->class = found->exact;
	return HELLO_named;
}

#endif
