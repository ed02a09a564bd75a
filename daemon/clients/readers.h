// The readers of single formats, for this room, and pieces of lines.
#pragma once

#include <charconv>
#include <string_view>

#include "base/name.h"
#include "base/text.h"
#include "clients/read.h"

namespace weir::clients {

void read_hosts(std::string_view text, NameFile& to);
void read_dnsmasq(std::string_view text, NameFile& to);
void read_odhcpd(std::string_view text, NameFile& to);
void read_kea(std::string_view text, NameFile& to);
void read_isc(std::string_view text, NameFile& to);

/// The claim, unless it says nothing or the file is full.
inline void add_claim(std::string_view name, Claim claim, NameFile& to) {
  auto normal = device_name(name);
  if (!normal && !claim.mac) return;
  if (to.claims.size() == most_claims) {
    to.cut = true;
    return;
  }
  claim.name = std::move(normal).value_or("");
  to.claims.push_back(std::move(claim));
}

/// The next line of `text`, which is taken off it with its end.
inline std::string_view next_line(std::string_view& text) {
  const auto end = text.find('\n');
  const std::string_view line = text.substr(0, end);
  text.remove_prefix(end == text.npos ? text.size() : end + 1);
  return trim(line, " \t\r");
}

/// The next word of `line`, which is taken off it; empty at the end.
inline std::string_view next_word(std::string_view& line) {
  line = trim(line);
  const std::string_view word = line.substr(0, line.find_first_of(" \t"));
  line.remove_prefix(word.size());
  return word;
}

template <class Number = std::int64_t>
std::optional<Number> whole_number(std::string_view digits, int base = 10) {
  Number number{};
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number, base);
  if (error != std::errc() || end != digits.data() + digits.size()) return {};
  return number;
}

/// The end of a lease.  Servers without a clock count from the start of the machine: such a number says nothing.
inline std::int64_t end_of_lease(std::int64_t seconds) {
  constexpr std::int64_t year_2001 = 1'000'000'000;
  return seconds < year_2001 ? 0 : seconds;
}

/// Of a device: not the gateway talking to itself, nor many devices at once, nor none.
inline bool is_of_device(const Address& address) {
  const bool many = address.is_v4() ? address.octets[12] >= 224 : address.octets[0] == 0xff;
  const bool none = address == Address{} || address == Address::v4(0);
  return !address.is_loopback() && !many && !none;
}

}  // namespace weir::clients
