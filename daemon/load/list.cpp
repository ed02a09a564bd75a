#include "load/list.h"

#include <algorithm>
#include <optional>
#include <string>

#include "base/addr.h"
#include "base/name.h"
#include "base/text.h"

namespace weir::load {

namespace {

constexpr std::size_t lines_shown = 5;
constexpr std::string_view blank = " \t\r";

/// What every hosts file says of the machine itself; a rule on a list must not reach it.
constexpr std::string_view own_names[] = {
    "localhost",     "localhost.localdomain", "localhost4",   "localhost6",   "local",
    "broadcasthost", "ip6-localhost",         "ip6-loopback", "ip6-localnet", "ip6-mcastprefix",
    "ip6-allnodes",  "ip6-allrouters",        "ip6-allhosts", "0.0.0.0",
};

/// The next word of `line`, which is taken off it; empty at the end.
std::string_view next_word(std::string_view& line) {
  line = trim(line, blank);
  const std::string_view word = line.substr(0, line.find_first_of(blank));
  line.remove_prefix(word.size());
  return word;
}

/// A name without port or brackets: a list is no Host field.
std::optional<std::string> bare_name(std::string_view word) {
  auto name = normalise_name(word);
  if (name && word.contains(':') && (word.starts_with('[') || !name->contains(':'))) return {};
  return name;
}

/// One name of a plain list.  False if it is none.
bool add_plain(std::string_view word, policy::NameList& to) {
  const bool star = word.starts_with("*.");
  const bool subtree = star || word.starts_with('.');
  auto name = bare_name(word.substr(star ? 2 : subtree ? 1 : 0));
  if (!name) return false;
  (subtree ? to.subtree : to.exact).push_back(std::move(*name));
  return true;
}

/// The names behind the address of a hosts line.  False if one of them is none; the others are kept.
bool add_hosts(std::string_view rest, policy::NameList& to) {
  bool readable = true;
  for (std::string_view word = next_word(rest); !word.empty(); word = next_word(rest)) {
    auto name = bare_name(word);
    if (!name) {
      readable = false;
    } else if (std::ranges::find(own_names, *name) == std::end(own_names)) {
      to.exact.push_back(std::move(*name));
    }
  }
  return readable;
}

bool add_line(std::string_view line, policy::NameList& to) {
  line = line.substr(0, line.find('#'));
  const std::string_view first = next_word(line);
  if (first.empty()) return true;
  if (trim(line, blank).empty()) return add_plain(first, to);
  const std::string_view address = first.substr(0, first.find('%'));  // "fe80::1%lo0": a zone may follow
  return Address::parse(address) && add_hosts(line, to);
}

}  // namespace

ListContent read_list(std::string_view text) {
  ListContent content;
  if (text.starts_with("\xef\xbb\xbf")) text.remove_prefix(3);  // a byte order mark, from editors that add one
  content.names.exact.reserve(std::ranges::count(text, '\n') + 1);
  for (std::uint32_t number = 1; !text.empty(); ++number) {
    const auto end = text.find('\n');
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(end == text.npos ? text.size() : end + 1);
    if (add_line(line, content.names)) continue;
    ++content.unreadable;
    if (content.first_lines.size() < lines_shown) content.first_lines.push_back(number);
  }
  return content;
}

}  // namespace weir::load
