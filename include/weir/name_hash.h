/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The hash of a host name: the one piece of code that the kernel and the daemon share.
 *
 * A polynomial over the bytes of the name, last byte first, modulo the Mersenne prime 2^61 - 1, at a secret point that
 * the daemon draws at every start.  Read backwards, the hash of every ancestor ("example", "www.example" below it) is a
 * prefix of the work: one step a byte, one table lookup at every dot.  Two different names of at most 255 bytes collide
 * with probability below 255 / 2^61 for whoever does not know the point, so nobody can build a name that collides.
 *
 * clang's BPF target has no 128-bit multiply: the product is put together from 32-bit limbs.
 */
/* clang-format off: kernel style, like bpf/, with the comments in a column */
#ifndef WEIR_NAME_HASH_H
#define WEIR_NAME_HASH_H

#ifdef __cplusplus
#include <cstdint>
typedef std::uint64_t weir_u64;
#define WEIR_INLINE inline
#else
typedef unsigned long long weir_u64;
#define WEIR_INLINE static inline __attribute__((always_inline))
#endif

#define WEIR_HASH_PRIME ((1ULL << 61) - 1)

/* a * b mod 2^61 - 1, for a, b < 2^61. */
WEIR_INLINE weir_u64 weir_hash_multiply(weir_u64 a, weir_u64 b) {
  weir_u64 a0 = a & 0xffffffffULL, a1 = a >> 32; /* a1, b1 < 2^29 */
  weir_u64 b0 = b & 0xffffffffULL, b1 = b >> 32;
  weir_u64 low = a0 * b0;           /* < 2^64 */
  weir_u64 mid = a0 * b1 + a1 * b0; /* < 2^62 */
  weir_u64 high = a1 * b1;          /* < 2^58, worth 2^64 = 8 (mod p) */
  /* mid is worth 2^32: its upper 33 bits (from 2^29) are worth 2^61 = 1, its lower 29 bits stay at 2^32. */
  weir_u64 sum = (low & WEIR_HASH_PRIME) + (low >> 61) + ((mid & 0x1fffffffULL) << 32) + (mid >> 29) + (high << 3);
  sum = (sum & WEIR_HASH_PRIME) + (sum >> 61);
  return sum >= WEIR_HASH_PRIME ? sum - WEIR_HASH_PRIME : sum;
}

/* One more byte (towards the front of the name).  `point` is in 256 .. p-1.  A byte counts as byte + 1, so that a name
 * of NULs is not the empty one. */
WEIR_INLINE weir_u64 weir_hash_step(weir_u64 hash, weir_u64 point, unsigned char byte) {
  weir_u64 sum = weir_hash_multiply(hash, point) + byte + 1;
  return sum >= WEIR_HASH_PRIME ? sum - WEIR_HASH_PRIME : sum;
}

#endif
