// The rules of browser ad blockers that speak of a whole name.  Most others cannot be answered by whoever sees names
// only: what they hide on a page, paths, the kind of a request.  They are counted, and are no mistake of the list.

#include <algorithm>
#include <span>

#include "base/name.h"
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

/// Kinds of requests.  A rule speaks of every kind that it lists; those of the second row are all there is of a site.
constexpr std::string_view parts[] = {"popup",  "popunder",    "script",         "image", "stylesheet", "css",
                                      "object", "subdocument", "frame",          "media", "font",       "websocket",
                                      "ping",   "beacon",      "xmlhttprequest", "xhr",   "other"};
constexpr std::string_view wholes[] = {"all", "document", "doc"};

bool is_one_of(std::string_view word, std::span<const std::string_view> words) {
  return std::ranges::find(words, word) != words.end();
}

/// Whether a rule with these options, "popup,document", is one about the whole name still.
bool leave_whole(std::string_view options) {
  bool part = false, whole = false;
  while (!options.empty()) {
    const std::string_view option = options.substr(0, options.find(','));
    options.remove_prefix(std::min(options.size(), option.size() + 1));
    if (option == "important") continue;
    if (is_one_of(option, wholes))
      whole = true;
    else if (is_one_of(option, parts))
      part = true;
    else
      return false;
  }
  return whole || !part;
}

/// Behind the name: "^", "^|", and no option that narrows the rule.
bool speaks_of_all(std::string_view tail) {
  if (tail.starts_with('^')) tail.remove_prefix(1);
  if (tail.starts_with('|')) tail.remove_prefix(1);
  return tail.empty() || (tail.starts_with('$') && leave_whole(tail.substr(1)));
}

/// Without "^" a rule is about whatever begins like this: "||ads".  A host's name is meant as one.
bool is_meant_whole(std::string_view name) {
  return name.find('.') != name.npos && !name.ends_with('.') && normalise_name(name);
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
  const std::string_view name = rule.substr(0, end), tail = rule.substr(end);
  if (!speaks_of_all(tail) || (!tail.starts_with('^') && !is_meant_whole(name))) return Line::other;
  return to.add(name, As::tree, exception) ? Line::read : Line::unreadable;
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
