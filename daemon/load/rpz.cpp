// Response policy zones: a DNS zone whose owners, without the zone's name at their end, are the names to act on.  What
// is to be done with them is the business of Weir's rules; only rpz-passthru means something here.

#include <algorithm>
#include <utility>

#include "base/name.h"
#include "base/text.h"
#include "load/formats.h"

namespace weir::load {

struct ZoneReader::Record {
  std::string owner;  // absolute, without the dot at the end
  std::string_view type, data;
};

namespace {

/// A time to live, "3600" or "1h30m".
bool is_ttl(std::string_view word) {
  return !word.empty() && word.front() >= '0' && word.front() <= '9' &&
         word.find_first_not_of("0123456789smhdwSMHDW") == word.npos;
}

bool is_class(std::string_view word) { return equal_fold(word, "IN") || equal_fold(word, "CH"); }

/// Triggers on addresses and name servers.
bool is_no_name(std::string_view owner) {
  const std::string_view last = owner.substr(owner.rfind('.') + 1);  // the whole if there is no dot
  return last == "rpz-ip" || last == "rpz-client-ip" || last == "rpz-nsip" || last == "rpz-nsdname";
}

std::string_view without_dot(std::string_view name) {
  return name.substr(0, name.size() - (name.ends_with('.') ? 1 : 0));
}

/// "www.example" of "www.example.rpz.zone" in "rpz.zone"; empty when it is not below.
std::string_view below(std::string_view owner, std::string_view zone) {
  if (zone.empty()) return owner;
  if (owner.size() <= zone.size() || !within(owner, zone)) return {};
  return owner.substr(0, owner.size() - zone.size() - 1);
}

}  // namespace

Line ZoneReader::read(std::string_view line, Taker& to) {
  line = line.substr(0, line.find(';'));
  const bool continues = parentheses_ > 0;
  parentheses_ = std::max<int>(0, parentheses_ + std::ranges::count(line, '(') - std::ranges::count(line, ')'));
  if (continues || stripped(line).empty()) return Line::read;

  if (!is_blank(line.front())) owner_ = lower(next_word(line));
  if (owner_.starts_with('$')) return directive(std::exchange(owner_, {}), next_word(line));
  std::string_view word = next_word(line);
  while (is_ttl(word) || is_class(word)) word = next_word(line);
  if (word.empty() || owner_.empty()) return Line::unreadable;
  const Record record{.owner = absolute(owner_), .type = word, .data = next_word(line)};
  if (equal_fold(record.type, "SOA")) {
    zone_ = record.owner;
    if (origin_.empty()) origin_ = zone_;
  }
  return record.owner == zone_ ? Line::read : trigger(record, to);
}

Line ZoneReader::directive(std::string_view name, std::string_view value) {
  if (name == "$ttl") return Line::read;
  if (name != "$origin" || value.empty()) return Line::unreadable;
  origin_ = lower(without_dot(value));
  if (zone_.empty()) zone_ = origin_;
  return Line::read;
}

std::string ZoneReader::absolute(std::string_view owner) const {
  if (owner == "@") return origin_;
  if (owner.ends_with('.')) return std::string(without_dot(owner));
  return origin_.empty() ? std::string(owner) : std::string(owner) + '.' + origin_;
}

Line ZoneReader::trigger(const Record& record, Taker& to) const {
  const std::string_view name = below(record.owner, zone_);
  if (name.empty()) return Line::unreadable;
  if (is_no_name(name)) return Line::other;
  const bool alias = equal_fold(record.type, "CNAME");
  if (!alias && !equal_fold(record.type, "A") && !equal_fold(record.type, "AAAA")) return Line::other;
  if (alias && equal_fold(record.data, "rpz-tcp-only.")) return Line::other;
  // A name that stands for itself is how passing through was written first.
  const bool exception =
      alias && (equal_fold(record.data, "rpz-passthru.") || equal_fold(record.data, std::string(name) + '.'));
  const bool tree = name.starts_with("*.");
  const bool added = to.add(name.substr(tree ? 2 : 0), tree ? As::tree : As::exact, exception);
  return added ? Line::read : Line::unreadable;
}

}  // namespace weir::load
