// The rules of browser ad blockers that speak of a whole name.  Most others cannot be answered by whoever sees names
// only: what they hide on a page, paths, the kind of a request.  They are counted, and are no mistake of the list.

#include <algorithm>

#include "base/text.h"
#include "load/formats.h"

namespace weir::load {

namespace {

/// "##.banner", "x.example#@#.banner" and their relatives: what is hidden on a page.
bool is_cosmetic(std::string_view line) {
  for (auto at = line.find('#'); at != line.npos; at = line.find('#', at + 1)) {
    const std::string_view rest = line.substr(at + 1);
    const auto end = rest.find_first_not_of("@?$%");
    if (end != rest.npos && end <= 3 && rest[end] == '#') return true;
  }
  return false;
}

/// Behind the name: "^", "^|", and no option that narrows the rule.
bool speaks_of_all(std::string_view tail) {
  if (!tail.starts_with('^')) return false;
  tail.remove_prefix(1);
  if (tail.starts_with('|')) tail.remove_prefix(1);
  return tail.empty() || tail == "$important";
}

/// A line that is no rule in this syntax may be a plain name or a hosts line, or a piece of a URL to look for:
/// "-banner-".
bool is_plain(std::string_view line) {
  const auto is_letter = [](char c) { return lower(c) >= 'a' && lower(c) <= 'z'; };
  const auto is_alnum = [&](char c) { return is_letter(c) || (c >= '0' && c <= '9'); };
  return (is_alnum(line.front()) || line.front() == ':') && is_alnum(line.back()) &&
         line.find_first_of(".:") != line.npos;
}

/// What stands behind "||".
Line read_anchored(std::string_view rule, bool exception, Taker& to) {
  if (rule.starts_with("*.")) rule.remove_prefix(2);
  const auto end = std::min(rule.find_first_of("^/*$|?:"), rule.size());
  if (!speaks_of_all(rule.substr(end))) return Line::other;
  return to.add(rule.substr(0, end), As::tree, exception) ? Line::read : Line::unreadable;
}

}  // namespace

Line AdblockReader::read(std::string_view line, Taker& to) {
  line = stripped(line);
  if (line.empty() || line.front() == '!' || line.front() == '[' || line.starts_with("# ")) return Line::read;
  if (is_cosmetic(line)) return Line::other;
  const bool exception = line.starts_with("@@");
  if (exception) line.remove_prefix(2);
  if (line.starts_with("||")) return read_anchored(line.substr(2), exception, to);
  line = stripped(line.substr(0, line.find('#')));
  if (line.empty()) return Line::read;
  return !exception && is_plain(line) && plain_.read(line, to) == Line::read ? Line::read : Line::other;
}

}  // namespace weir::load
