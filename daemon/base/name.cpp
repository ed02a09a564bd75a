#include "base/name.h"

#include <sys/random.h>

#include <algorithm>
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

/// "2001:DB8::1" as it prints; what else is no name is no address either.
bool append_address(std::string_view text, std::string& to) {
  if (!text.contains(':')) return false;
  const auto address = Address::parse(text);
  if (address) to += address->to_string();
  return address.has_value();
}

}  // namespace

std::optional<std::string> normalise_name(std::string_view text) {
  if (text.starts_with('[')) return bracketed(text);
  if (const auto colon = text.find(':'); colon != text.npos) {
    const bool address = text.find(':', colon + 1) != text.npos;  // IPv6 without brackets, as it stands in lists
    if (!address && !is_port(text.substr(colon + 1))) return {};
    if (!address) text = text.substr(0, colon);
  }
  std::string name;
  name.reserve(text.size());
  if (!append_name(text, name)) return {};
  return name;
}

std::optional<std::string> device_name(std::string_view text) {
  std::string name;
  if (text.size() > max_label || text.contains(':') || !append_name(text, name)) return {};
  const std::string_view last = std::string_view(name).substr(name.rfind('.') + 1);
  if (last.find_first_not_of("0123456789") == last.npos) return {};
  return name;
}

bool append_name(std::string_view written, std::string& to) {
  const std::string_view text = written.substr(0, written.size() - (written.ends_with('.') ? 1 : 0));
  if (text.empty() || text.size() > max_name) return false;

  const std::size_t start = to.size();
  to.resize(start + text.size());
  char* name = to.data() + start;
  std::size_t label = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i] == '.' ? '.' : canonical[static_cast<unsigned char>(text[i])];
    if (c == '.' ? label == 0 : c == '\0' || label == max_label) {
      to.resize(start);
      return append_address(written, to);
    }
    label = c == '.' ? 0 : label + 1;
    name[i] = c;
  }
  if (label == 0) to.resize(start);
  return label > 0;  // a dotted IPv4 literal has one spelling only, this one
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

std::uint64_t NameHasher::operator()(std::string_view normalised) const { return go_on(0, normalised); }

std::array<std::uint64_t, 4> NameHasher::operator()(const std::array<std::string_view, 4>& normalised) const {
  std::size_t shortest = normalised[0].size();
  for (const std::string_view name : normalised) shortest = std::min(shortest, name.size());
  std::array<std::uint64_t, 4> hashes{};
  for (std::size_t back = 1; back <= shortest; ++back) {
    for (std::size_t n = 0; n < hashes.size(); ++n) {
      const char byte = normalised[n][normalised[n].size() - back];
      hashes[n] = weir_hash_step(hashes[n], point_, static_cast<unsigned char>(byte));
    }
  }
  for (std::size_t n = 0; n < hashes.size(); ++n) {
    hashes[n] = go_on(hashes[n], normalised[n].substr(0, normalised[n].size() - shortest));
  }
  return hashes;
}

/// With what stands before all that is in `hash` already.
std::uint64_t NameHasher::go_on(std::uint64_t hash, std::string_view before) const {
  for (auto c = before.rbegin(); c != before.rend(); ++c) {
    hash = weir_hash_step(hash, point_, static_cast<unsigned char>(*c));
  }
  return hash;
}

}  // namespace weir
