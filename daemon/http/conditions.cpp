#include "http/conditions.h"

#include <algorithm>
#include <charconv>

#include "base/text.h"
#include "http/date.h"

namespace weir::http {

namespace {

std::string_view value_of(const Fields& fields, Name name) {
  const Field* field = fields.find(name);
  return field == nullptr ? std::string_view() : field->value;
}

std::string_view opaque(std::string_view tag) { return tag.starts_with("W/") ? tag.substr(2) : tag; }

/// Takes the next entity tag off the front.  A tag may hold commas between its quotes; what is not quoted, which
/// origins get wrong, ends at the next comma.
std::string_view next_tag(std::string_view& list) {
  list = trim(list, " \t,");
  const std::size_t quote = list.starts_with("W/") ? 2 : 0;
  std::size_t end = list.find(',');
  if (list.substr(std::min(quote, list.size())).starts_with('"')) {
    const std::size_t close = list.find('"', quote + 1);
    end = close == list.npos ? list.npos : close + 1;
  }
  const std::string_view tag = trim(list.substr(0, end));
  list = end == list.npos ? std::string_view() : list.substr(end);
  return tag;
}

bool names(std::string_view list, std::string_view etag) {
  for (std::string_view tag = next_tag(list); !tag.empty(); tag = next_tag(list)) {
    if (tag == "*" || (!etag.empty() && same_entity(tag, etag))) return true;
  }
  return false;
}

/// Strong comparison: a weak tag never holds, a date only when it is the very same (RFC 9110 §13.1.5).
bool if_range_holds(std::string_view condition, const Validators& stored, WallTime now) {
  if (condition.starts_with('"')) return condition == stored.etag;
  if (condition.starts_with("W/")) return false;
  const auto asked = parse_date(condition, now), have = parse_date(stored.last_modified, now);
  return asked && have && *asked == *have;
}

std::optional<std::uint64_t> position(std::string_view text) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error == std::errc::result_out_of_range) return ~std::uint64_t{0};
  if (text.empty() || error != std::errc() || end != text.data() + text.size()) return {};
  return value;
}

/// "0-499", "500-", "-500" (RFC 9110 §14.1.2).
Part one_range(std::string_view spec, std::uint64_t size) {
  const std::size_t dash = spec.find('-');
  if (dash == spec.npos) return {};
  const std::string_view before = trim(spec.substr(0, dash)), after = trim(spec.substr(dash + 1));
  const auto first = position(before), last = position(after);
  if (before.empty()) {
    if (!last) return {};
    const std::uint64_t length = std::min(*last, size);
    if (length == 0) return {Part::Kind::unsatisfiable};
    return {Part::Kind::slice, {size - length, length}};
  }
  if (!first || (!after.empty() && (!last || *last < *first))) return {};
  if (*first >= size) return {Part::Kind::unsatisfiable};
  const std::uint64_t end = after.empty() || *last >= size ? size : *last + 1;
  return {Part::Kind::slice, {*first, end - *first}};
}

}  // namespace

Validators validators_of(const Fields& fields) {
  return {.etag = value_of(fields, Name::etag), .last_modified = value_of(fields, Name::last_modified)};
}

bool same_entity(std::string_view a, std::string_view b) { return opaque(a) == opaque(b); }

bool not_modified(const Fields& request, const Validators& stored, WallTime date, WallTime now) {
  bool asked = false;
  for (const Field& field : request) {
    if (field.known != Name::if_none_match) continue;
    asked = true;
    if (names(field.value, stored.etag)) return true;
  }
  if (asked) return false;  // RFC 9110 §13.1.3: If-Modified-Since does not count beside it
  const auto since = parse_date(value_of(request, Name::if_modified_since), now);
  if (!since) return false;
  return parse_date(stored.last_modified, now).value_or(date) <= *since;
}

Part part_of(const Fields& request, const Validators& stored, std::uint64_t size, WallTime now) {
  const Field* range = request.find(Name::range);
  if (range == nullptr) return {};
  const Field* condition = request.find(Name::if_range);
  if (condition != nullptr && !if_range_holds(condition->value, stored, now)) return {};
  constexpr std::string_view unit = "bytes=";
  if (!equal_fold(range->value.substr(0, unit.size()), unit)) return {};
  std::string_view list = range->value.substr(unit.size());
  const std::string_view first = next_element(list);
  if (!next_element(list).empty()) return {Part::Kind::several};
  return one_range(first, size);
}

}  // namespace weir::http
