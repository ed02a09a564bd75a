#include "cache/freshness.h"

#include <algorithm>

#include "base/text.h"
#include "http/conditions.h"
#include "http/date.h"

namespace weir::cache {

namespace {

using http::Directives;
using http::Field;
using http::Name;

/// A response that names no lifetime is fresh for a tenth of the time since its last change (§4.2.2), a day at most.
constexpr int heuristic_share = 10;
constexpr Duration longest_heuristic = std::chrono::hours(24);
/// How long a stale response may stand in for an origin that cannot be reached, if it does not say itself.
constexpr Duration longest_disconnected = std::chrono::hours(24);

/// RFC 9110 §15.1, 206 apart: a part is never stored.
bool heuristically_cacheable(int status) {
  constexpr int statuses[] = {200, 203, 204, 300, 301, 308, 404, 405, 410, 414, 501};
  return std::ranges::find(statuses, status) != std::end(statuses);
}

/// Statuses whose caching requirements are known here, for must-understand (§5.2.2.3).
bool understood(int status) {
  constexpr int more[] = {302, 303, 307, 400, 401, 403, 406, 409, 411, 412,
                          413, 415, 421, 422, 429, 500, 502, 503, 504};
  return heuristically_cacheable(status) || std::ranges::find(more, status) != std::end(more);
}

std::optional<WallTime> date_in(const http::Fields& fields, Name name, WallTime now) {
  const Field* field = fields.find(name);
  return field == nullptr ? std::nullopt : http::parse_date(field->value, now);
}

/// The first value of the first line; nonsense counts as none (§5.1).
Duration age_value(const http::Fields& fields) {
  const Field* field = fields.find(Name::age);
  if (field == nullptr) return {};
  std::string_view list = field->value;
  return http::delta_seconds(http::next_element(list)).value_or(Duration::zero());
}

/// §4.2.1: the lifetime that the response names, if it does.
std::optional<Duration> explicit_lifetime(const http::Response& response, const Directives& control, WallTime date,
                                          WallTime now) {
  if (control.s_maxage) return control.s_maxage;
  if (control.max_age) return control.max_age;
  if (response.fields.find(Name::expires) == nullptr) return {};
  const auto expires = date_in(response.fields, Name::expires, now);
  if (!expires || *expires <= date) return Duration::zero();  // §5.3: an invalid date lies in the past
  constexpr Duration longest = std::chrono::hours(24 * 365 * 68);
  if (std::chrono::floor<std::chrono::seconds>(*expires) - std::chrono::floor<std::chrono::seconds>(date) > longest)
    return longest;
  return *expires - date;
}

Duration heuristic_lifetime(const http::Response& response, const Directives& control, WallTime date, WallTime now) {
  if (!heuristically_cacheable(response.status) && !control.is_public) return {};
  // What sets a cookie was made for one client, unless it says itself how long it is good for all.
  if (response.fields.find(Name::set_cookie) != nullptr) return {};
  const auto changed = date_in(response.fields, Name::last_modified, now);
  if (!changed || *changed >= date) return {};
  return std::min((date - *changed) / heuristic_share, longest_heuristic);
}

Facts facts_by(const http::Response& response, const Directives& control, const http::Fields& arrived, WallTime asked,
               WallTime now) {
  Facts facts{.date = date_in(response.fields, Name::date, now).value_or(now), .received = now};
  const Duration apparent = std::max<Duration>(Duration::zero(), now - facts.date);
  const Duration corrected = age_value(arrived) + std::max<Duration>(Duration::zero(), now - asked);
  facts.age = std::max(apparent, corrected);
  const auto named = explicit_lifetime(response, control, facts.date, now);
  facts.lifetime = named ? *named : heuristic_lifetime(response, control, facts.date, now);
  facts.always_validate = control.no_cache;
  facts.never_stale = control.must_revalidate || control.proxy_revalidate || control.s_maxage.has_value();
  facts.while_revalidate = control.stale_while_revalidate.value_or(Duration::zero());
  facts.if_error = control.stale_if_error;
  return facts;
}

/// §3: what forbids to store whatever the lifetime is.
bool forbidden(const http::Response& response, const Directives& control, const Wish& wish) {
  if (response.status == 206 || response.status == 304 || response.status < 200) return true;
  if (control.must_understand && !understood(response.status)) return true;
  if (control.no_store && !control.must_understand) return true;
  if (control.is_private || wish.control.no_store) return true;
  // §3.5
  return wish.authorized && !control.is_public && !control.must_revalidate && !control.s_maxage;
}

}  // namespace

Wish wish_of(const http::Fields& request) {
  Wish wish{.control = http::directives_of(request)};
  for (const Field& field : request) {
    if (field.known == Name::authorization) wish.authorized = true;
    if (field.known != Name::pragma || wish.control.present) continue;
    std::string_view list = field.value;
    for (std::string_view one = http::next_element(list); !one.empty(); one = http::next_element(list))
      wish.control.no_cache |= equal_fold(one, "no-cache");
  }
  return wish;
}

Duration Facts::age_at(WallTime now) const { return age + std::max<Duration>(Duration::zero(), now - received); }

std::optional<Facts> may_store(const http::Response& response, const Wish& wish, WallTime asked, WallTime now) {
  const Directives control = http::directives_of(response.fields);
  if (forbidden(response, control, wish)) return {};
  const bool named = control.s_maxage || control.max_age || response.fields.find(Name::expires) != nullptr;
  if (!named && !control.is_public && !heuristically_cacheable(response.status)) return {};
  if (!control.s_maxage && !control.max_age && !control.is_public &&
      response.fields.find(Name::set_cookie) != nullptr) {
    return {};
  }
  const Facts facts = facts_by(response, control, response.fields, asked, now);
  if (facts.lifetime == Duration::zero() && !http::validators_of(response.fields).any()) return {};
  return facts;
}

Facts facts_of(const http::Response& updated, const http::Fields& arrived, WallTime asked, WallTime now) {
  return facts_by(updated, http::directives_of(updated.fields), arrived, asked, now);
}

bool forbids_keeping(const http::Response& newer) {
  const Directives control = http::directives_of(newer.fields);
  return control.no_store || control.is_private;
}

Verdict judge(const Facts& facts, const Wish& wish, WallTime now) {
  const Directives& asked = wish.control;
  const Duration age = facts.age_at(now), left = facts.lifetime - age;
  if (facts.always_validate || asked.no_cache) return Verdict::validate;
  if (asked.max_age && age > *asked.max_age) return Verdict::validate;
  if (asked.min_fresh && left < *asked.min_fresh) return Verdict::validate;
  if (left > Duration::zero()) return Verdict::fresh;
  if (facts.never_stale) return Verdict::validate;
  if (asked.max_stale && -left <= *asked.max_stale) return Verdict::stale;
  return -left < facts.while_revalidate ? Verdict::behind : Verdict::validate;
}

bool usable_on_error(const Facts& facts, const Wish& wish, bool answered, WallTime now) {
  if (facts.always_validate || facts.never_stale || wish.control.no_cache) return false;
  const Duration age = facts.age_at(now), stale = age - facts.lifetime;
  if (wish.control.max_age && age > *wish.control.max_age) return false;
  if (facts.if_error) return stale <= *facts.if_error;
  return !answered && stale <= longest_disconnected;
}

bool is_error(int status) { return status == 500 || status == 502 || status == 503 || status == 504; }

}  // namespace weir::cache
