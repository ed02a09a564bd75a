// What the replies of DNS servers say.  Sans-I/O: bytes in, values out.
#pragma once

#include <cstddef>
#include <vector>

#include "base/addr.h"
#include "base/bytes.h"
#include "base/result.h"
#include "base/units.h"

namespace weir::resolve {

enum class Family : std::uint8_t { v4, v6 };

struct Reply {
  std::vector<Address> addresses;  ///< never empty
  Duration ttl;                    ///< the smallest of the records, those of the aliases on the way included
};

/// Addresses taken from one reply; further ones are left out.
inline constexpr std::size_t most_addresses = 64;
/// Bytes; room for 250 addresses.  Reading takes time with the square of the records, and a worker has other things to
/// do: a larger reply counts as a failure.
inline constexpr std::size_t longest_reply = 4096;

/// Reads a reply to the question for the addresses of one family.
/// Source:  RFC 1035 §4, RFC 3596 §2; a TTL above 2^31 - 1 is 0 (RFC 2181 §8).
/// Errors:  name_unknown (aliases that lead to no address included), resolver_failed (no reply that can be read).
Result<Reply> read_reply(Family family, Bytes bytes);

/// Both families of a name.
struct Replies {
  Result<Reply> v4;
  Result<Reply> v6;
};

struct Found {
  std::vector<Address> addresses;
  Duration ttl;
  bool complete;  ///< false: one family failed, and may have more
};

/// The two as one.  A family without addresses is no failure as long as the other one has some; one that failed is
/// unless `one_is_enough`.
/// Errors: name_unknown only when both families say so, else why the first of them failed.
Result<Found> combine(const Replies& replies, bool one_is_enough);

}  // namespace weir::resolve
