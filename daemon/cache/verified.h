// Which host is known to own which address, and until when.
#pragma once

#include <array>
#include <mutex>
#include <span>
#include <string_view>

#include "base/clock.h"
#include "base/units.h"
#include "cache/key.h"

namespace weir::cache {

/// A table of fixed size; a newer pair may overwrite an older one, which then has to be found out again.  Pairs are
/// kept as hashes at a secret point of 64 bits.  Any thread.
class Verified {
 public:
  static constexpr std::size_t kept = 4096;
  /// For which an address is the host's after an answer named it.  Longer than a TTL: of the many addresses of a great
  /// host each answer names a few, and clients dial those of their own resolver's answers.
  static constexpr std::chrono::hours life{1};
  /// Between two questions about a pair, however short its TTL is.
  static constexpr std::chrono::seconds pause{30};

  enum class Standing : std::uint8_t {
    unknown,
    owned,
    due,  ///< owned, but the answer that said so is older than its TTL; told to one asker in each `pause`
  };

  explicit Verified(const KeyHasher& hasher) : hasher_(hasher) {}

  /// A host that is the very address owns it.
  Standing standing(std::string_view host, const Address& address, WallTime now);
  void learn(std::string_view host, std::span<const Address> addresses, Duration ttl, WallTime now);

 private:
  struct Pair {
    std::uint64_t hash = 0;
    WallTime due{};
    WallTime until{};
  };
  const KeyHasher& hasher_;
  std::mutex mutex_;
  std::array<Pair, kept> pairs_{};
};

}  // namespace weir::cache
