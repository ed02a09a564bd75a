#include "base/addr.h"

#include <arpa/inet.h>

#include <algorithm>
#include <charconv>
#include <cstring>

namespace weir {

namespace {

constexpr std::array<std::uint8_t, 12> mapped = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
constexpr unsigned mapped_bits = 96;

/// Two multiplications spread every input bit over the upper half; the shift brings it down to where tables look.
std::uint64_t mix(std::uint64_t x) {
  x ^= x >> 32;
  x *= 0x9e3779b97f4a7c15ULL;
  x ^= x >> 29;
  x *= 0xbf58476d1ce4e5b9ULL;
  return x ^ (x >> 32);
}

}  // namespace

Address Address::v4(std::uint32_t host_order) {
  Address address;
  std::ranges::copy(mapped, address.octets.begin());
  const std::uint32_t wire = htonl(host_order);
  std::memcpy(&address.octets[12], &wire, 4);
  return address;
}

Address Address::v6(const in6_addr& from) {
  Address address;
  std::memcpy(address.octets.data(), &from, 16);
  return address;
}

std::optional<Address> Address::parse(std::string_view text) {
  char terminated[INET6_ADDRSTRLEN];
  if (text.size() >= sizeof terminated || text.contains('\0')) return {};
  *std::ranges::copy(text, terminated).out = '\0';
  in_addr four;
  if (inet_pton(AF_INET, terminated, &four) == 1) return v4(ntohl(four.s_addr));
  in6_addr six;
  if (inet_pton(AF_INET6, terminated, &six) == 1) return v6(six);
  return {};
}

bool Address::is_v4() const { return std::equal(mapped.begin(), mapped.end(), octets.begin()); }

bool Address::is_loopback() const {
  if (is_v4()) return octets[12] == 127;
  return std::all_of(octets.begin(), octets.end() - 1, [](auto octet) { return octet == 0; }) && octets[15] == 1;
}

std::uint32_t Address::v4_host_order() const {
  std::uint32_t wire;
  std::memcpy(&wire, &octets[12], 4);
  return ntohl(wire);
}

std::string Address::to_string() const {
  char text[INET6_ADDRSTRLEN];
  return is_v4() ? inet_ntop(AF_INET, &octets[12], text, sizeof text)
                 : inet_ntop(AF_INET6, octets.data(), text, sizeof text);
}

std::optional<Prefix> Prefix::parse(std::string_view text) {
  const auto slash = text.find('/');
  const std::string_view host = text.substr(0, slash);
  const auto address = Address::parse(host);
  if (!address) return {};
  Prefix prefix{*address};
  if (slash == text.npos) return prefix;

  // The written form decides what the length counts: "::ffff:192.0.2.0/120" is IPv6 notation.
  const unsigned base = host.contains(':') ? 0 : mapped_bits;
  const std::string_view digits = text.substr(slash + 1);
  unsigned length = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), length);
  if (error != std::errc() || end != digits.data() + digits.size() || length > 128 - base) return {};
  prefix.length = static_cast<std::uint8_t>(base + length);

  for (unsigned bit = prefix.length; bit < 128; ++bit) prefix.address.octets[bit / 8] &= ~(0x80 >> bit % 8);
  return prefix;
}

bool Prefix::contains(const Address& other) const {
  const unsigned whole = length / 8, rest = length % 8;
  if (!std::equal(address.octets.begin(), address.octets.begin() + whole, other.octets.begin())) return false;
  return rest == 0 || ((address.octets[whole] ^ other.octets[whole]) >> (8 - rest)) == 0;
}

std::string Prefix::to_string() const {
  if (length == 128) return address.to_string();
  const bool four = length >= mapped_bits && address.is_v4();
  return address.to_string() + '/' + std::to_string(four ? length - mapped_bits : length);
}

std::optional<Endpoint> Endpoint::from(const sockaddr_storage& from) {
  if (from.ss_family == AF_INET) {
    sockaddr_in four;
    std::memcpy(&four, &from, sizeof four);
    return Endpoint{Address::v4(ntohl(four.sin_addr.s_addr)), ntohs(four.sin_port)};
  }
  if (from.ss_family == AF_INET6) {
    sockaddr_in6 six;
    std::memcpy(&six, &from, sizeof six);
    return Endpoint{Address::v6(six.sin6_addr), ntohs(six.sin6_port)};
  }
  return {};
}

socklen_t Endpoint::to(sockaddr_storage& to) const {
  to = {};
  if (address.is_v4()) {
    sockaddr_in four = {};
    four.sin_family = AF_INET;
    four.sin_port = htons(port);
    four.sin_addr.s_addr = htonl(address.v4_host_order());
    std::memcpy(&to, &four, sizeof four);
    return sizeof four;
  }
  sockaddr_in6 six = {};
  six.sin6_family = AF_INET6;
  six.sin6_port = htons(port);
  std::memcpy(&six.sin6_addr, address.octets.data(), 16);
  std::memcpy(&to, &six, sizeof six);
  return sizeof six;
}

std::string Endpoint::to_string() const {
  const std::string host = address.to_string();
  return (address.is_v4() ? host : '[' + host + ']') + ':' + std::to_string(port);
}

std::size_t AddressHash::operator()(const Address& a) const noexcept {
  std::uint64_t halves[2];
  std::memcpy(halves, a.octets.data(), sizeof halves);
  return mix(mix(halves[0]) ^ halves[1]);
}

std::size_t EndpointHash::operator()(const Endpoint& e) const noexcept {
  return mix(AddressHash{}(e.address) ^ e.port);
}

}  // namespace weir
