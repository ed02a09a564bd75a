// Addresses, prefixes and endpoints.  An IPv4 address is kept as its IPv4-mapped IPv6 form (RFC 4291 §2.5.5.2), so that
// one table serves both families; it prints as IPv4.
#pragma once

#include <netinet/in.h>

#include <array>
#include <compare>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace weir {

struct Address {
  std::array<std::uint8_t, 16> octets{};

  static Address v4(std::uint32_t host_order);
  static Address v6(const in6_addr& address);
  /// "192.0.2.1", "2001:db8::1", "::ffff:192.0.2.1".  No brackets, no zone, no port.
  static std::optional<Address> parse(std::string_view text);

  bool is_v4() const;
  bool is_loopback() const;
  std::uint32_t v4_host_order() const;  ///< only when is_v4()
  std::string to_string() const;

  auto operator<=>(const Address&) const = default;
};

/// A CIDR prefix; `length` counts in the 128-bit form (an IPv4 /24 is 120).  An IPv6 prefix that covers ::ffff:0:0/96,
/// such as ::/0, contains every IPv4 address.
struct Prefix {
  Address address;  ///< host bits are zero
  std::uint8_t length = 128;

  /// "192.0.2.0/24", "2001:db8::/32", or a bare address.  Empty when malformed; host bits that are set are cleared.
  static std::optional<Prefix> parse(std::string_view text);
  bool contains(const Address& address) const;
  bool contains(const Prefix& inner) const { return inner.length >= length && contains(inner.address); }
  std::string to_string() const;

  auto operator<=>(const Prefix&) const = default;
};

struct Endpoint {
  Address address;
  std::uint16_t port = 0;  ///< host order

  static std::optional<Endpoint> from(const sockaddr_storage& from);  ///< AF_INET or AF_INET6
  /// The socket address, in the family that the address prints as.  Returns its length.
  socklen_t to(sockaddr_storage& to) const;
  std::string to_string() const;  ///< "192.0.2.1:80", "[2001:db8::1]:80"

  auto operator<=>(const Endpoint&) const = default;
};

struct EndpointHash {
  std::size_t operator()(const Endpoint& e) const noexcept;
};
struct AddressHash {
  std::size_t operator()(const Address& a) const noexcept;
};

}  // namespace weir
