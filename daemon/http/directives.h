// Cache-Control (RFC 9111 §5.2 and RFC 5861) of a request or a response.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "base/units.h"
#include "http/head.h"

namespace weir::http {

/// What the Cache-Control lines of one head say together.  Of a directive given twice the first counts (RFC 9111
/// §4.2.1).  A duration that is no number counts as zero: what cannot be understood is taken for stale.
/// Lifetime: the views point into the head.
struct Directives {
  bool present = false;  ///< there is a Cache-Control line
  bool no_store = false;
  bool no_cache = false;    ///< of the whole response
  bool is_private = false;  ///< of the whole response
  bool is_public = false;
  bool must_revalidate = false;
  bool proxy_revalidate = false;
  bool must_understand = false;
  bool only_if_cached = false;
  std::optional<Duration> max_age, s_maxage, stale_while_revalidate, stale_if_error, min_fresh;
  std::optional<Duration> max_stale;  ///< without a value: Duration::max()
  /// Field names, comma-separated, that `no-cache="..."` and `private="..."` limit themselves to.
  std::vector<std::string_view> limited;

  /// Whether `field` is one of `limited`.
  bool limits(std::string_view field) const;
};

Directives directives_of(const Fields& fields);

/// Seconds, at most 2^31 (RFC 9111 §1.2.2); empty when it is no number.
std::optional<Duration> delta_seconds(std::string_view text);

}  // namespace weir::http
