// What a list is, by what stands in it: people rename files, and servers name types as they please.

#include <algorithm>
#include <array>

#include "base/addr.h"
#include "base/text.h"
#include "load/formats.h"

namespace weir::load {

namespace {

constexpr std::size_t lines_asked = 1000;

bool is_adblock(std::string_view line) {
  return line.starts_with("||") || line.starts_with("@@||") || line.starts_with("[Adblock");
}

bool is_dnsmasq(std::string_view line) {
  return line.starts_with("address=/") || line.starts_with("server=/") || line.starts_with("local=/");
}

bool is_zone(std::string_view line) {
  if (line.starts_with("$TTL") || line.starts_with("$ORIGIN")) return true;
  next_word(line);
  for (int words = 0; words < 3; ++words) {  // a time to live and a class may stand before the type
    const std::string_view word = next_word(line);
    if (equal_fold(word, "CNAME") || equal_fold(word, "SOA")) return true;
  }
  return false;
}

bool is_hosts(std::string_view line) {
  const std::string_view first = next_word(line);
  return !stripped(line).empty() && Address::parse(first.substr(0, first.find('%')));
}

}  // namespace

bool is_label(std::string_view word) {
  constexpr std::string_view legal = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.";
  return !word.empty() && word.size() <= 63 && word.front() != '.' && word.find_first_not_of(legal) == word.npos;
}

Packing packing_of(std::string_view bytes) {
  if (bytes.starts_with("\x1f\x8b")) return Packing::gzip;  // RFC 1952 §2.3.1
  constexpr std::size_t magic = 257;                        // POSIX.1-1988 and everything that came after
  return bytes.size() > magic && bytes.substr(magic).starts_with("ustar") ? Packing::archive : Packing::none;
}

Format recognise(std::string_view text) {
  if (stripped(text).starts_with('{')) return Format::cache_domains;
  std::size_t dnsmasq = 0, zone = 0, hosts = 0, lines = 0;
  while (!text.empty() && lines < lines_asked) {
    std::string_view line = stripped(next_line(text));
    if (line.empty() || line.front() == '#' || line.front() == ';') continue;
    ++lines;
    // Its reader knows plain names and hosts lines too, with which such rules are mixed.
    if (is_adblock(line)) return Format::adblock;
    dnsmasq += is_dnsmasq(line);
    zone += is_zone(line);
    hosts += is_hosts(line.substr(0, line.find('#')));
  }
  const std::size_t most = std::max({dnsmasq, zone, hosts});
  if (most == 0 || most * 2 < lines) return hosts > 0 ? Format::hosts : Format::plain;
  return most == dnsmasq ? Format::dnsmasq : most == zone ? Format::rpz : Format::hosts;
}

}  // namespace weir::load
