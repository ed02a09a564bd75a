#include "http/head.h"

#include <algorithm>

#include "base/text.h"

namespace weir::http {

Name name_of(std::string_view text) {
  const auto is = [text](std::string_view name, Name known) { return equal_fold(text, name) ? known : Name::other; };
  switch (text.size()) {
    case 2: return is("te", Name::te);
    case 4: return is("host", Name::host);
    case 6: return is("expect", Name::expect);
    case 7: return is("upgrade", Name::upgrade);
    case 10: return lower(text[0]) == 'c' ? is("connection", Name::connection) : is("keep-alive", Name::keep_alive);
    case 12: return is("max-forwards", Name::max_forwards);
    case 14: return is("content-length", Name::content_length);
    case 16: return is("proxy-connection", Name::proxy_connection);
    case 17: return is("transfer-encoding", Name::transfer_encoding);
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
