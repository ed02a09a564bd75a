#include "cache/key.h"

#include <sys/random.h>

#include <cstdlib>
#include <cstring>

namespace weir::cache {

namespace {

/// Both halves of the full product: every input bit reaches every output bit.
std::uint64_t fold(std::uint64_t a, std::uint64_t b) {
  const unsigned __int128 product = static_cast<unsigned __int128>(a) * b;
  return static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64);
}

std::uint64_t mix(std::uint64_t state, std::string_view text, std::uint64_t point) {
  state = fold(state ^ text.size(), point);
  while (!text.empty()) {
    std::uint64_t word = 0;
    const std::size_t size = std::min(text.size(), sizeof word);
    std::memcpy(&word, text.data(), size);
    state = fold(state ^ word, point);
    text.remove_prefix(size);
  }
  return state;
}

std::string_view octets(const Address& address) {
  return {reinterpret_cast<const char*>(address.octets.data()), address.octets.size()};
}

}  // namespace

OwnedKey::OwnedKey(const Key& key)
    : host_(key.host.size()), port_(key.port), dialled_(key.dialled), address_(key.address) {
  text_.reserve(key.host.size() + key.target.size());
  text_.append(key.host).append(key.target);
}

Key OwnedKey::view() const {
  const std::string_view text = text_;
  return {.host = text.substr(0, host_),
          .port = port_,
          .target = text.substr(host_),
          .dialled = dialled_,
          .address = address_};
}

KeyHasher::KeyHasher() {
  if (getrandom(point_, sizeof point_, 0) != sizeof point_) std::abort();  // never fails for so few octets
  point_[0] |= 1;
  point_[1] |= 1;
}

std::uint64_t KeyHasher::operator()(const Key& key) const {
  std::uint64_t state = (*this)(key.host, key.address);
  state = fold(state ^ (std::uint64_t{key.port} << 16 | key.dialled), point_[1]);
  return fold(mix(state, key.target, point_[0]), point_[1]);
}

std::uint64_t KeyHasher::operator()(std::string_view host, const Address& address) const {
  return fold(mix(mix(point_[1], host, point_[0]), octets(address), point_[0]), point_[1]);
}

}  // namespace weir::cache
