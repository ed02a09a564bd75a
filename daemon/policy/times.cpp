#include "policy/times.h"

#include <algorithm>

namespace weir::policy {

namespace {

using config::Rule;
using config::TimeMatch;

/// The element that decides about a rule's hours; null: none holds.
const TimeMatch* deciding(const std::vector<TimeMatch>& time, Wall wall) {
  const auto holds = [&](bool negated) {
    return std::ranges::find_if(time, [=](const TimeMatch& m) { return m.negated == negated && m.hours.hold(wall); });
  };
  auto found = holds(true);
  if (found == time.end()) found = holds(false);
  return found == time.end() ? nullptr : &*found;
}

bool wants(const std::vector<TimeMatch>& time) { return std::ranges::any_of(time, std::not_fn(&TimeMatch::negated)); }

/// A clock that nobody set must not open what is closed for the night.
bool holds_without_clock(const Rule& rule) { return refuses(rule.action); }

bool holds(const Rule& rule, const Moment& moment) {
  if (rule.time.empty()) return true;
  if (!moment) return holds_without_clock(rule);
  const TimeMatch* element = deciding(rule.time, *moment);
  return element ? !element->negated : !wants(rule.time);
}

/// Longest wait for which a change is looked for: a date further away is found when it is nearer.
constexpr std::chrono::days horizon{400};

}  // namespace

Bits in_force(const std::vector<Rule>& rules, const Moment& moment) {
  Bits set(rules.size());
  for (std::size_t r = 0; r < rules.size(); ++r) {
    if (holds(rules[r], moment)) set.set(r);
  }
  return set;
}

std::string hours_because(const Rule& rule, const Moment& moment) {
  if (!moment) {
    return std::string("the clock is not set: a timed rule that ") +
           (holds_without_clock(rule) ? "refuses holds" : "does not refuse does not hold");
  }
  const std::string now = "it is " + wall_text(*moment) + ", ";
  if (const TimeMatch* element = deciding(rule.time, *moment)) {
    return now + (element->negated ? "excepted by !" : "in ") + hours_text(element->hours);
  }
  std::string all;
  for (const TimeMatch& element : rule.time) {
    if (element.negated == !wants(rule.time)) all += (all.empty() ? "" : " or ") + hours_text(element.hours);
  }
  return now + "not in " + all;
}

std::optional<std::chrono::sys_seconds> next_change(const std::vector<Rule>& rules, std::chrono::sys_seconds now,
                                                    Zone zone) {
  std::vector<Hours> all;
  for (const Rule& rule : rules) {
    for (const TimeMatch& element : rule.time) all.push_back(element.hours);
  }
  if (all.empty()) return {};
  const Bits before = in_force(rules, zone(now));
  for (auto at = next_turn(all, now, zone); at < now + horizon; at = next_turn(all, at, zone)) {
    if (in_force(rules, zone(at)) != before) return at;
  }
  return {};
}

}  // namespace weir::policy
