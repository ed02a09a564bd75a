// What one client is, for whoever counts them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

#include "base/flow.h"

namespace weir {

/// The device, where frames tell it: then all of its addresses are one client.  Else its IPv4 address, or that part of
/// its IPv6 address which tells clients apart.  Frames tell nothing of who is behind another router: all are its own.
struct ClientKey {
  Mac mac;          ///< all zero: not known
  Address address;  ///< all zero where `mac` is known

  std::optional<Mac> device() const { return mac == Mac{} ? std::nullopt : std::optional(mac); }
  bool operator==(const ClientKey&) const = default;
};

/// `adjacent`: the frame is the client's own.  `ipv6_bits`: clients.ipv6.
inline ClientKey client_of(const Flow& flow, bool adjacent, unsigned ipv6_bits) {
  if (flow.mac && adjacent) return {.mac = *flow.mac, .address = {}};
  ClientKey key{.mac = {}, .address = flow.client.address};
  if (key.address.is_v4()) return key;
  for (unsigned bit = ipv6_bits; bit < 128; ++bit) key.address.octets[bit / 8] &= ~(0x80 >> bit % 8);
  return key;
}

struct ClientKeyHash {
  std::size_t operator()(const ClientKey& key) const noexcept {
    return MacHash{}(key.mac) * 31 + AddressHash{}(key.address);
  }
};

}  // namespace weir
