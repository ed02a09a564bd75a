#include "cache/verified.h"

#include <algorithm>

namespace weir::cache {

Verified::Standing Verified::standing(std::string_view host, const Address& address, WallTime now) {
  const std::uint64_t hash = hasher_(host, address);
  {
    const std::lock_guard lock(mutex_);
    Pair& pair = pairs_[hash % kept];
    if (pair.hash == hash && now < pair.until) {
      if (now < pair.due) return Standing::owned;
      pair.due = now + pause;
      return Standing::due;
    }
  }
  // Names end in a letter; only what could be an address is read as one.
  const char last = host.empty() ? 'x' : host.back();
  const bool may_be_literal = (last >= '0' && last <= '9') || host.find(':') != host.npos;
  return may_be_literal && Address::parse(host) == address ? Standing::owned : Standing::unknown;
}

void Verified::learn(std::string_view host, std::span<const Address> addresses, Duration ttl, WallTime now) {
  const std::lock_guard lock(mutex_);
  for (const Address& address : addresses) {
    const std::uint64_t hash = hasher_(host, address);
    pairs_[hash % kept] = {.hash = hash, .due = now + std::max<Duration>(ttl, pause), .until = now + life};
  }
}

}  // namespace weir::cache
