#include "cache/verified.h"

namespace weir::cache {

bool Verified::owns(std::string_view host, const Address& address, WallTime now) const {
  const std::uint64_t hash = hasher_(host, address);
  {
    const std::lock_guard lock(mutex_);
    const Pair& pair = pairs_[hash % kept];
    if (pair.hash == hash && now < pair.until) return true;
  }
  // Names end in a letter; only what could be an address is read as one.
  const char last = host.empty() ? 'x' : host.back();
  const bool may_be_literal = (last >= '0' && last <= '9') || host.find(':') != host.npos;
  return may_be_literal && Address::parse(host) == address;
}

void Verified::learn(std::string_view host, const Address& address, WallTime until) {
  const std::uint64_t hash = hasher_(host, address);
  const std::lock_guard lock(mutex_);
  pairs_[hash % kept] = {hash, until};
}

}  // namespace weir::cache
