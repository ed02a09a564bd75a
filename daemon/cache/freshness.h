// RFC 9111 as pure functions of heads and time: what may be stored, how long it is fresh, and what may be done with it
// for a given request.  A shared cache's rules throughout.
#pragma once

#include <cstdint>
#include <optional>

#include "base/clock.h"
#include "http/directives.h"
#include "http/head.h"

namespace weir::cache {

/// What a request asks of caches on its way.
struct Wish {
  http::Directives control;
  bool authorized = false;  ///< bears Authorization (RFC 9111 §3.5)
};
/// Pragma: no-cache counts where Cache-Control is missing (RFC 9111 §5.4).
Wish wish_of(const http::Fields& request);

/// How old a response is and how long it is good, worked out once when it arrives.
struct Facts {
  WallTime date{};                        ///< its Date, else when it arrived
  WallTime received{};                    ///< when its head arrived
  Duration age{};                         ///< at `received`: corrected_initial_age of §4.2.3
  Duration lifetime{};                    ///< §4.2.1, heuristic included
  bool always_validate = false;           ///< no-cache
  bool never_stale = false;               ///< must-revalidate, proxy-revalidate, s-maxage
  Duration while_revalidate{};            ///< stale-while-revalidate (RFC 5861 §3)
  std::optional<Duration> if_error = {};  ///< stale-if-error (RFC 5861 §4)

  Duration age_at(WallTime now) const;
  /// Fresh at its arrival: others who wait for the same may have it.
  bool shareable() const { return !always_validate && (lifetime > age || while_revalidate > Duration::zero()); }
};

/// What a final response to a GET with `wish`, asked at `asked`, received at `now`, is to a cache; empty: it must not
/// be stored (§3), or there would never be a use for it.
std::optional<Facts> may_store(const http::Response& response, const Wish& wish, WallTime asked, WallTime now);

/// The same for a stored response whose head has been updated by the fields that `arrived`: it was allowed once.
Facts facts_of(const http::Response& updated, const http::Fields& arrived, WallTime asked, WallTime now);
/// Whether the head that updates a stored response forbids to keep it.
bool forbids_keeping(const http::Response& newer);

enum class Verdict : std::uint8_t {
  fresh,
  stale,     ///< usable although stale: the client said so
  behind,    ///< usable, and to be validated behind the answer (stale-while-revalidate)
  validate,  ///< only after the origin was asked
};
Verdict judge(const Facts& facts, const Wish& wish, WallTime now);

/// Whether it may still be used when the origin failed to say something newer (§4.2.4, §4.3.3): `answered` with an
/// error, or not at all.
bool usable_on_error(const Facts& facts, const Wish& wish, bool answered, WallTime now);

/// 500, 502, 503 and 504 (RFC 5861 §4).
bool is_error(int status);

}  // namespace weir::cache
