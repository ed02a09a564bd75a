// The octet classes of RFC 9110 §5.6.2 and §5.5, shared by heads and trailers.
#pragma once

#include <algorithm>
#include <array>
#include <string_view>

namespace weir::http {

/// May stand in a method or a field name.
inline constexpr auto token_octet = [] {
  std::array<bool, 256> table{};
  for (unsigned char c : std::string_view("!#$%&'*+-.^_`|~")) table[c] = true;
  for (unsigned c = '0'; c <= '9'; ++c) table[c] = true;
  for (unsigned c = 'a'; c <= 'z'; ++c) table[c] = table[c - 'a' + 'A'] = true;
  return table;
}();

/// May stand in a field value or a reason phrase: visible, space, tab, and the obs-text of older days.
inline constexpr auto value_octet = [] {
  std::array<bool, 256> table{};
  for (unsigned c = 0x20; c < 256; ++c) table[c] = c != 0x7f;
  table['\t'] = true;
  return table;
}();

inline bool is_token(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](unsigned char c) { return token_octet[c]; });
}
inline bool is_value(std::string_view text) {
  return std::ranges::all_of(text, [](unsigned char c) { return value_octet[c]; });
}

}  // namespace weir::http
