#include "http/directives.h"

#include <algorithm>

#include "base/text.h"
#include "http/octets.h"

namespace weir::http {

namespace {

struct Directive {
  std::string_view name;
  std::optional<std::string_view> value;  ///< without its quotes
};

/// Takes the next directive off the front; commas inside a quoted string do not end it.  Empty name: none is left.
Directive next_directive(std::string_view& list) {
  for (;;) {
    bool quoted = false;
    std::size_t end = 0;
    for (; end < list.size() && (quoted || list[end] != ','); ++end) {
      if (quoted && list[end] == '\\' && end + 1 < list.size())
        ++end;
      else if (list[end] == '"')
        quoted = !quoted;
    }
    const std::string_view one = trim(list.substr(0, end));
    const bool last = end >= list.size();
    list = last ? std::string_view() : list.substr(end + 1);
    if (one.empty() && last) return {};
    if (one.empty()) continue;

    const std::size_t equals = one.find('=');
    Directive directive{one.substr(0, equals), {}};
    if (!is_token(directive.name)) continue;  // "max-age =1": nothing that RFC 9111 knows
    if (equals == one.npos) return directive;
    std::string_view value = one.substr(equals + 1);
    if (value.size() >= 2 && value.front() == '"' && value.back() == '"') value = value.substr(1, value.size() - 2);
    directive.value = value;
    return directive;
  }
}

void set_time(std::optional<Duration>& to, const Directive& directive) {
  if (!to) to = directive.value ? delta_seconds(*directive.value).value_or(Duration::zero()) : Duration::zero();
}

/// A flag, unless it comes with the names of the fields that alone it speaks of.
void set_limited(bool& whole, const Directive& directive, std::vector<std::string_view>& limited) {
  if (directive.value && !directive.value->empty())
    limited.push_back(*directive.value);
  else
    whole = true;
}

void apply(const Directive& directive, Directives& out) {
  const auto is = [&](std::string_view name) { return equal_fold(directive.name, name); };
  if (is("max-age")) return set_time(out.max_age, directive);
  if (is("s-maxage")) return set_time(out.s_maxage, directive);
  if (is("no-cache")) return set_limited(out.no_cache, directive, out.limited);
  if (is("private")) return set_limited(out.is_private, directive, out.limited);
  if (is("stale-while-revalidate")) return set_time(out.stale_while_revalidate, directive);
  if (is("stale-if-error")) return set_time(out.stale_if_error, directive);
  if (is("min-fresh")) return set_time(out.min_fresh, directive);
  if (is("max-stale")) {
    if (!directive.value && !out.max_stale) out.max_stale = Duration::max();
    return set_time(out.max_stale, directive);
  }
  out.no_store |= is("no-store");
  out.is_public |= is("public");
  out.must_revalidate |= is("must-revalidate");
  out.proxy_revalidate |= is("proxy-revalidate");
  out.must_understand |= is("must-understand");
  out.only_if_cached |= is("only-if-cached");
}

}  // namespace

bool Directives::limits(std::string_view field) const {
  return std::ranges::any_of(limited, [&](std::string_view list) {
    for (std::string_view name = next_element(list); !name.empty(); name = next_element(list)) {
      if (equal_fold(name, field)) return true;
    }
    return false;
  });
}

Directives directives_of(const Fields& fields) {
  Directives out;
  for (const Field& field : fields) {
    if (field.known != Name::cache_control) continue;
    out.present = true;
    std::string_view list = field.value;
    for (Directive one = next_directive(list); !one.name.empty(); one = next_directive(list)) apply(one, out);
  }
  return out;
}

std::optional<Duration> delta_seconds(std::string_view text) {
  constexpr std::uint64_t most = std::uint64_t{1} << 31;
  if (text.empty()) return {};
  std::uint64_t value = 0;
  for (const char c : text) {
    if (c < '0' || c > '9') return {};
    value = std::min(value * 10 + static_cast<unsigned>(c - '0'), most);
  }
  return std::chrono::seconds(value);
}

}  // namespace weir::http
