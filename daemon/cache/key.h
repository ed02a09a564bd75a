// What a stored response is found by.
//
// A client chooses the host that it names and the address that it dials, and nobody vouches for the two belonging
// together.  So the dialled address is part of the key until the host is known to own it (cache/verified.h): a client
// that has its own server speak for somebody else's name poisons only what is asked of that server.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/addr.h"

namespace weir::cache {

/// Scheme "http".  The views are the asker's.
struct Key {
  std::string_view host;       ///< normalised
  std::uint16_t port = 80;     ///< of the URI
  std::string_view target;     ///< path and query, as they stand in the request; begins with "/"
  std::uint16_t dialled = 80;  ///< port
  Address address;             ///< dialled; all zero: any address that the host owns

  friend bool operator==(const Key&, const Key&) = default;
};

/// A key that owns its text.
class OwnedKey {
 public:
  OwnedKey() = default;
  explicit OwnedKey(const Key& key);
  Key view() const;
  std::size_t memory() const { return text_.capacity(); }

 private:
  std::string text_;  ///< host, then target
  std::size_t host_ = 0;
  std::uint16_t port_ = 0, dialled_ = 0;
  Address address_;
};

/// At a secret point of this process: clients choose keys, and must not be able to choose those that collide.
class KeyHasher {
 public:
  KeyHasher();  ///< draws the point from the kernel
  std::uint64_t operator()(const Key& key) const;
  /// Of a host at an address, whatever is asked of it.
  std::uint64_t operator()(std::string_view host, const Address& address) const;

 private:
  std::uint64_t point_[2];
};

}  // namespace weir::cache
