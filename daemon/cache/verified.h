// Which host is known to own which address, and until when.
#pragma once

#include <array>
#include <mutex>
#include <string_view>

#include "base/clock.h"
#include "cache/key.h"

namespace weir::cache {

/// A table of fixed size; a newer pair may overwrite an older one, which then has to be found out again.  Pairs are
/// kept as hashes at a secret point of 64 bits.  Any thread.
class Verified {
 public:
  static constexpr std::size_t kept = 4096;

  explicit Verified(const KeyHasher& hasher) : hasher_(hasher) {}

  /// A host that is the very address owns it.
  bool owns(std::string_view host, const Address& address, WallTime now) const;
  void learn(std::string_view host, const Address& address, WallTime until);

 private:
  struct Pair {
    std::uint64_t hash = 0;
    WallTime until{};
  };
  const KeyHasher& hasher_;
  mutable std::mutex mutex_;
  std::array<Pair, kept> pairs_{};
};

}  // namespace weir::cache
