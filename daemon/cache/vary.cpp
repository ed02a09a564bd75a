#include "cache/vary.h"

#include <algorithm>

#include "base/text.h"

namespace weir::cache {

namespace {

/// Values that are no lists, or whose octets a secret depends on: compared as they are.
bool is_opaque(std::string_view name) { return name == "cookie" || name == "authorization" || name == "user-agent"; }
/// RFC 9110 §8.4.1 and RFC 5646 §2.1.1.
bool ignores_case(std::string_view name) { return name == "accept-encoding" || name == "accept-language"; }

void append_elements(std::string_view list, bool fold, std::string& out) {
  for (std::string_view one = http::next_element(list); !one.empty(); one = http::next_element(list)) {
    if (!out.empty() && out.back() != '\n') out += ',';
    for (const char c : one) out += fold ? lower(c) : c;
  }
}

}  // namespace

std::optional<std::string> nominated(const http::Fields& response) {
  std::string names;
  for (const http::Field& field : response) {
    if (field.known != http::Name::vary) continue;
    std::string_view list = field.value;
    for (std::string_view one = http::next_element(list); !one.empty(); one = http::next_element(list)) {
      if (one == "*") return {};
      if (!names.empty()) names += ',';
      names += lower(one);
    }
  }
  return names;
}

std::string selected(std::string_view nominated, const http::Fields& request) {
  std::string out;
  for (std::string_view name = http::next_element(nominated); !name.empty(); name = http::next_element(nominated)) {
    for (const http::Field& field : request) {
      if (!equal_fold(field.name, name)) continue;
      if (is_opaque(name))
        out.append(field.value) += ';';
      else
        append_elements(field.value, ignores_case(name), out);
    }
    out += '\n';  // stands in no field value
  }
  return out;
}

}  // namespace weir::cache
