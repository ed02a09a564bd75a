#include "base/name.h"

#include <sys/random.h>

#include <array>
#include <charconv>
#include <cstdlib>

#include "base/addr.h"
#include "weir/name_hash.h"

namespace weir {

namespace {

constexpr std::size_t max_name = 253;  // RFC 1035 §2.3.4: 255 on the wire, less the first length and the root
constexpr std::size_t max_label = 63;

/// The canonical form of each byte that may stand in a label; 0 = may not.
constexpr auto canonical = [] {
  std::array<char, 256> table{};
  for (char c = 'a'; c <= 'z'; ++c) table[c] = table[c - 'a' + 'A'] = c;
  for (char c = '0'; c <= '9'; ++c) table[c] = c;
  table['-'] = '-';
  table['_'] = '_';
  return table;
}();

/// RFC 3986 §3.2.3: a port may be empty.
bool is_port(std::string_view digits) {
  if (digits.empty()) return true;
  std::uint16_t port;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), port);
  return error == std::errc() && end == digits.data() + digits.size();
}

/// "[2001:db8::1]" with or without a port.
std::optional<std::string> bracketed(std::string_view text) {
  const auto close = text.find(']');
  if (close == text.npos) return {};
  const std::string_view inside = text.substr(1, close - 1), rest = text.substr(close + 1);
  if (!inside.contains(':')) return {};  // only IPv6 wears brackets
  if (!rest.empty() && (rest.front() != ':' || !is_port(rest.substr(1)))) return {};
  const auto address = Address::parse(inside);
  if (!address) return {};
  return address->to_string();
}

}  // namespace

std::optional<std::string> normalise_name(std::string_view text) {
  if (text.starts_with('[')) return bracketed(text);
  if (const auto colon = text.find(':'); colon != text.npos) {
    if (text.find(':', colon + 1) != text.npos) {  // more than one: IPv6 without brackets, as it stands in lists
      const auto address = Address::parse(text);
      return address ? std::optional(address->to_string()) : std::nullopt;
    }
    if (!is_port(text.substr(colon + 1))) return {};
    text = text.substr(0, colon);
  }
  if (text.ends_with('.')) text.remove_suffix(1);
  if (text.empty() || text.size() > max_name) return {};

  std::string name(text.size(), '\0');
  std::size_t label = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '.') {
      if (label == 0) return {};
      label = 0;
      name[i] = '.';
      continue;
    }
    name[i] = canonical[static_cast<unsigned char>(text[i])];
    if (name[i] == '\0' || ++label > max_label) return {};
  }
  if (label == 0) return {};
  return name;  // a dotted IPv4 literal has one spelling only, this one
}

bool within(std::string_view name, std::string_view ancestor) {
  if (!name.ends_with(ancestor)) return false;
  if (name.size() == ancestor.size()) return true;
  return !ancestor.empty() && name[name.size() - ancestor.size() - 1] == '.';
}

std::string_view parent(std::string_view name) {
  const auto dot = name.find('.');
  return dot == name.npos ? std::string_view() : name.substr(dot + 1);
}

NameHasher NameHasher::random() {
  // 61 random bits; the few values outside 256 .. p-1 are drawn again.
  for (;;) {
    std::uint64_t drawn;
    if (getrandom(&drawn, sizeof drawn, 0) != sizeof drawn) std::abort();  // cannot fail for 8 bytes
    drawn >>= 3;
    if (drawn >= 256 && drawn < WEIR_HASH_PRIME) return NameHasher(drawn);
  }
}

std::uint64_t NameHasher::operator()(std::string_view normalised) const {
  std::uint64_t hash = 0;
  for (auto c = normalised.rbegin(); c != normalised.rend(); ++c) {
    hash = weir_hash_step(hash, point_, static_cast<unsigned char>(*c));
  }
  return hash;
}

}  // namespace weir
