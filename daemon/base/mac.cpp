#include "base/mac.h"

#include <charconv>
#include <cstring>

namespace weir {

std::optional<Mac> Mac::parse(std::string_view text) {
  constexpr std::size_t length = 17;
  if (text.size() != length || (text[2] != ':' && text[2] != '-')) return {};
  Mac mac;
  for (std::size_t i = 0; i < mac.octets.size(); ++i) {
    const char* digits = text.data() + 3 * i;
    const auto [end, error] = std::from_chars(digits, digits + 2, mac.octets[i], 16);
    if (error != std::errc() || end != digits + 2) return {};
    if (i + 1 < mac.octets.size() && digits[2] != text[2]) return {};
  }
  return mac;
}

bool Mac::is_device() const { return (octets[0] & 1) == 0 && *this != Mac{}; }

std::string Mac::to_string() const {
  constexpr char digits[] = "0123456789abcdef";
  std::string text;
  for (const std::uint8_t octet : octets) {
    if (!text.empty()) text += ':';
    text += digits[octet >> 4];
    text += digits[octet & 15];
  }
  return text;
}

std::size_t MacHash::operator()(const Mac& mac) const noexcept {
  std::uint64_t bits = 0;
  std::memcpy(&bits, mac.octets.data(), mac.octets.size());
  // Of devices of one maker only the last octets differ, and tables look at the lowest bits.
  bits ^= bits >> 32;
  bits *= 0x9e3779b97f4a7c15ULL;
  bits ^= bits >> 29;
  bits *= 0xbf58476d1ce4e5b9ULL;
  return bits ^ bits >> 32;
}

}  // namespace weir
