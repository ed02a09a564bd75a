#include "http/head.h"

#include <algorithm>

#include "base/text.h"

namespace weir::http {

Name name_of(std::string_view text) {
  const auto is = [text](std::string_view name, Name known) { return equal_fold(text, name) ? known : Name::other; };
  const char first = text.empty() ? '\0' : lower(text[0]);
  switch (text.size()) {
    case 2: return is("te", Name::te);
    case 3: return is("age", Name::age);
    case 4:
      switch (first) {
        case 'd': return is("date", Name::date);
        case 'e': return is("etag", Name::etag);
        case 'h': return is("host", Name::host);
        default: return is("vary", Name::vary);
      }
    case 5: return is("range", Name::range);
    case 6: return first == 'p' ? is("pragma", Name::pragma) : is("expect", Name::expect);
    case 7: return first == 'u' ? is("upgrade", Name::upgrade) : is("expires", Name::expires);
    case 8: return lower(text[3]) == 'm' ? is("if-match", Name::if_match) : is("if-range", Name::if_range);
    case 10:
      switch (first) {
        case 'c': return is("connection", Name::connection);
        case 'k': return is("keep-alive", Name::keep_alive);
        default: return is("set-cookie", Name::set_cookie);
      }
    case 12: return is("max-forwards", Name::max_forwards);
    case 13:
      switch (first) {
        case 'a': return is("authorization", Name::authorization);
        case 'c': return is("cache-control", Name::cache_control);
        case 'i': return is("if-none-match", Name::if_none_match);
        default: return is("last-modified", Name::last_modified);
      }
    case 14: return is("content-length", Name::content_length);
    case 16: return is("proxy-connection", Name::proxy_connection);
    case 17:
      return first == 'i' ? is("if-modified-since", Name::if_modified_since)
                          : is("transfer-encoding", Name::transfer_encoding);
    case 19: return is("if-unmodified-since", Name::if_unmodified_since);
    default: return Name::other;
  }
}

const Field* Fields::find(Name name) const {
  const auto found = std::ranges::find(fields_, name, &Field::known);
  return found == fields_.end() ? nullptr : &*found;
}

const Field* Fields::find(std::string_view name) const {
  const auto found = std::ranges::find_if(fields_, [&](const Field& f) { return equal_fold(f.name, name); });
  return found == fields_.end() ? nullptr : &*found;
}

std::string_view next_element(std::string_view& list) {
  while (!list.empty()) {
    const std::size_t comma = list.find(',');
    const std::string_view element = trim(list.substr(0, comma));
    list = comma == list.npos ? std::string_view() : list.substr(comma + 1);
    if (!element.empty()) return element;
  }
  return {};
}

bool Request::idempotent() const {
  static constexpr std::string_view methods[] = {"GET", "HEAD", "OPTIONS", "TRACE", "PUT", "DELETE"};
  return std::ranges::find(methods, method) != std::end(methods);
}

}  // namespace weir::http
