// One name a line, and hosts files.

#include <algorithm>

#include "base/addr.h"
#include "load/formats.h"

namespace weir::load {

namespace {

/// What every hosts file says of the machine itself; a rule on a list must not reach it.
constexpr std::string_view own_names[] = {
    "localhost",     "localhost.localdomain", "localhost4",   "localhost6",   "local",
    "broadcasthost", "ip6-localhost",         "ip6-loopback", "ip6-localnet", "ip6-mcastprefix",
    "ip6-allnodes",  "ip6-allrouters",        "ip6-allhosts", "0.0.0.0",
};

/// One name of a plain list.  False if it is none.
bool add_plain(std::string_view word, Taker& to) {
  if (word.starts_with("*.")) return to.add(word.substr(2), As::tree);
  if (word.starts_with('.')) return to.add(word.substr(1), As::tree);
  return to.add(word, As::bare);
}

/// The names behind the address of a hosts line.  False if one of them is none; the others are kept.
bool add_hosts(std::string_view rest, Taker& to) {
  bool readable = true;
  for (std::string_view word = next_word(rest); !word.empty(); word = next_word(rest)) {
    if (std::ranges::find(own_names, word) != std::end(own_names)) continue;
    if (!to.add(word, As::exact)) readable = false;
  }
  return readable;
}

bool is_address(std::string_view word) {
  return Address::parse(word.substr(0, word.find('%'))).has_value();  // "fe80::1%lo0": a zone may follow
}

}  // namespace

Line PlainReader::read(std::string_view line, Taker& to) {
  line = line.substr(0, line.find('#'));
  const std::string_view first = next_word(line);
  if (first.empty()) return Line::read;
  line = stripped(line);
  if (line.empty()) return add_plain(first, to) ? Line::read : Line::unreadable;
  if (first != address_) {
    if (!is_address(first)) return Line::unreadable;
    address_ = first;
  }
  return add_hosts(line, to) ? Line::read : Line::unreadable;
}

}  // namespace weir::load
