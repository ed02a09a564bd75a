// ClientHellos put together field by field, so that a test can lie in any one of them.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace weir::inspect::build {

using Octets = std::string;

inline Octets number(std::size_t value, int octets) {
  Octets out;
  for (int shift = (octets - 1) * 8; shift >= 0; shift -= 8) out += static_cast<char>(value >> shift);
  return out;
}
/// A vector with its length in front (RFC 8446 §3.4).
inline Octets vector(std::string_view content, int octets) { return number(content.size(), octets) + Octets(content); }

inline Octets extension(unsigned type, std::string_view data) { return number(type, 2) + vector(data, 2); }
inline Octets host(std::string_view name) { return Octets(1, '\0') + vector(name, 2); }
inline Octets server_name(std::string_view names) { return extension(0, vector(names, 2)); }

/// The body of a hello that offers `extensions`, already encoded.
inline Octets body(std::string_view extensions) {
  using namespace std::string_view_literals;
  return Octets("\x03\x03") + Octets(32, 'r') + vector(Octets(32, 's'), 1) + vector("\x13\x01\x13\x02"sv, 2) +
         vector("\0"sv, 1) + vector(extensions, 2);
}
inline Octets message(std::string_view content, unsigned type = 1) { return number(type, 1) + vector(content, 3); }
inline Octets record(std::string_view content, unsigned type = 22) {
  return number(type, 1) + "\x03\x01" + vector(content, 2);
}
/// A hello in one record that names `name`.
inline Octets hello(std::string_view name) { return record(message(body(server_name(host(name))))); }

}  // namespace weir::inspect::build
