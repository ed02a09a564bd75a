// The rules as an operator reads them: every element of every list compared with the fact itself, no table in between.
#pragma once

#include <algorithm>
#include <map>
#include <optional>
#include <string>

#include "policy/policy.h"

namespace weir::policy {

class Oracle {
 public:
  Oracle(const config::Config& config, const NameLists& lists, const Moment& moment, const clients::Devices& devices)
      : config_(config), lists_(lists), moment_(moment), devices_(devices) {}

  bool exempt(const Facts& facts) const {
    return std::ranges::any_of(config_.gateway.exempt,
                               [&](const Prefix& p) { return p.contains(facts.client) || p.contains(facts.dest); });
  }

  Allowance allowance(const Facts& facts) const {
    Allowance allowance;
    for (const config::Limit& limit : config_.client_limits) {
      if (config_.gateway.observe || !matches_at_syn({.client = limit.client}, facts)) continue;
      if (allowance.arrivals.count == 0) allowance.arrivals = limit.arrivals;
      if (allowance.connections == 0) allowance.connections = limit.connections;
    }
    return allowance;
  }

  /// What opens by hand takes the place of the rules that refuse, but not of locked ones.  At SYN nothing is decided
  /// that a name could change at other hours: then it would have to be known.
  Verdict evaluate(Stage stage, const Facts& facts) const {
    const Verdict now = decide(stage, facts, false);
    const bool passes = stage == Stage::syn && now.decided && now.action <= Action::pass;
    return passes && undecided_at_other_hours(facts) ? Verdict() : now;
  }

 private:
  Verdict decide(Stage stage, const Facts& facts, bool opened) const {
    const bool observe = config_.gateway.observe && !pretended_;
    std::optional<std::pair<Action, std::string>> agreed;
    Verdict verdict{.decided = true};
    for (std::size_t r = 0; r < config_.rules.size(); ++r) {
      const config::Rule& rule = config_.rules[r];
      if (!in_force(rule) || !matches_at_syn(rule, facts)) continue;
      if (rule.shadow && pretended_) continue;
      if (opened && (rule.change != 0 || gives_way(rule))) continue;
      if (rule.change != 0 && rule.action <= Action::pass && lock_reaches(facts)) {
        const bool open = stage == Stage::hello && host_matches(rule, facts, stage, verdict.unseen);
        if (stage == Stage::hello && !open) continue;
        if (stage == Stage::syn && (!rule.host.empty() || agreed || observe)) return {};
        const Verdict without = decide(stage, facts, true);
        if (!without.decided) return {};
        if (without.rule >= 0 && is_lock(config_.rules[without.rule])) return observed(without);
      }
      const bool unknown = stage == Stage::syn && !rule.host.empty();
      if (!unknown && !host_matches(rule, facts, stage, verdict.unseen)) continue;
      if (rule.shadow) {
        if (unknown || agreed) return {};  // whether it counts depends on the name
        if (verdict.shadow < 0) verdict.shadow = static_cast<int>(r);
        continue;
      }
      const std::pair outcome(rule.action, config_.gateway.observe ? "" : rule.dial);
      if (agreed && *agreed != outcome) return {};
      if (agreed && observe && rule.action >= Action::block) return {};  // which of them counts does
      agreed = outcome;
      if (unknown) continue;
      verdict.action = rule.action;
      verdict.rule = static_cast<int>(r);
      return opened ? verdict : observed(verdict);
    }
    if (agreed && *agreed != std::pair(Action::allow, std::string())) return {};
    return verdict;
  }

  /// With any three of the timed rules in force and no other.
  bool undecided_at_other_hours(const Facts& facts) const {
    std::vector<const config::Rule*> timed{nullptr};
    for (const config::Rule& rule : config_.rules) {
      if (!rule.time.empty() && matches_at_syn(rule, facts)) timed.push_back(&rule);
    }
    for (std::size_t a = 0; a < timed.size(); ++a) {
      for (std::size_t b = 0; b <= a; ++b) {
        for (std::size_t c = 0; c <= b; ++c) {
          Oracle other = *this;
          other.pretended_ = {timed[a], timed[b], timed[c]};
          if (!other.decide(Stage::syn, facts, false).decided) return true;
        }
      }
    }
    return false;
  }
  bool in_force(const config::Rule& rule) const {
    if (!pretended_) return in_time(rule);
    return rule.time.empty() || std::ranges::count(*pretended_, &rule) > 0;
  }

  static bool is_lock(const config::Rule& rule) { return rule.locked && !rule.shadow && rule.action >= Action::block; }
  static bool gives_way(const config::Rule& rule) {
    return !rule.locked && !rule.shadow && rule.action >= Action::block;
  }
  /// A lock could decide, as far as the SYN tells.
  bool lock_reaches(const Facts& facts) const {
    return std::ranges::any_of(config_.rules, [&](const config::Rule& rule) {
      return rule.change == 0 && is_lock(rule) && in_force(rule) && matches_at_syn(rule, facts);
    });
  }

  Verdict observed(Verdict verdict) const {
    if (!config_.gateway.observe || pretended_ || verdict.action < Action::block) return verdict;
    verdict.shadow = verdict.rule;
    verdict.action = Action::allow;
    verdict.rule = -1;
    return verdict;
  }

  /// Each element as two moments: on any day that it names, from when to when.
  static bool shows(const Hours& hours, Wall wall) {
    using namespace std::chrono;
    const local_days today = floor<days>(wall);
    for (const local_days day : {today - days(1), today}) {
      const bool named =
          hours.date ? day == local_days(*hours.date) : (hours.days & 1 << weekday(day).c_encoding()) != 0;
      const local_seconds begin = day + hours.from;
      const local_seconds end = day + hours.to + (hours.to < hours.from ? days(1) : days(0));
      if (named && begin <= wall && wall < end) return true;
    }
    return false;
  }
  bool in_time(const config::Rule& rule) const {
    if (rule.time.empty()) return true;
    if (!moment_) return rule.action >= Action::block;
    return list_matches(rule.time, [&](const config::TimeMatch& m) { return shows(m.hours, *moment_); });
  }

  template <class Element, class Holds>
  static bool list_matches(const std::vector<Element>& list, Holds holds) {
    bool any_wanted = false, found = false;
    for (const Element& match : list) {
      if (match.negated && holds(match)) return false;
      if (match.negated) continue;
      any_wanted = true;
      found |= holds(match);
    }
    return found || !any_wanted;
  }

  bool client_holds(const config::Match& match, const Facts& facts) const {
    if (match.kind == config::Match::Kind::prefix) return match.prefix.contains(facts.client);
    if (match.kind == config::Match::Kind::mac) return facts.mac == match.mac;
    if (match.kind == config::Match::Kind::device) return is_device(match.text, facts);
    const auto group = std::ranges::find(config_.groups, match.text, &config::Group::name);
    return std::ranges::any_of(group->clients, [&](const Prefix& p) { return p.contains(facts.client); }) ||
           std::ranges::any_of(group->macs, [&](const Mac& mac) { return facts.mac == mac; }) ||
           std::ranges::any_of(group->devices, [&](const auto& device) { return is_device(device.name, facts); });
  }
  bool is_device(const std::string& name, const Facts& facts) const {
    const auto device = devices_.find(name);
    if (device == devices_.end()) return false;
    return std::ranges::count(device->second.addresses, facts.client) > 0 ||
           (facts.mac && std::ranges::count(device->second.macs, *facts.mac) > 0);
  }
  bool name_holds(const config::Match& match, std::string_view name) const {
    if (match.kind == config::Match::Kind::exact) return name == match.text;
    if (match.kind == config::Match::Kind::subtree) return within(name, match.text);
    return std::ranges::any_of(lists_, [&](const auto& list) {
      const bool meant = list.first == match.text || list.first.starts_with(match.text + '/');
      return meant && list_holds(list.first, *list.second, name);
    });
  }
  /// An exception wins over whatever else the list says, however deep either stands.
  bool list_holds(const std::string& list, const NameList& content, std::string_view name) const {
    bool listed = false, excepted = false;
    content.for_each([&](std::string_view entry, NameList::Kind kind) {
      const bool hit = NameList::is_subtree(kind) ? within(name, entry) : name == entry;
      (NameList::is_exception(kind) ? excepted : listed) |= hit;
    });
    const auto by_name = std::ranges::find(config_.lists, list.substr(0, list.find('/')), &config::List::name);
    excepted |= std::ranges::any_of(by_name->except, [&](const auto& m) { return name_holds(m, name); });
    return listed && !excepted;
  }

  bool matches_at_syn(const config::Rule& rule, const Facts& facts) const {
    return list_matches(rule.client, [&](const auto& m) { return client_holds(m, facts); }) &&
           list_matches(rule.dest, [&](const auto& m) { return m.prefix.contains(facts.dest); }) &&
           list_matches(rule.port, [&](const auto& m) { return m.low <= facts.port && facts.port <= m.high; });
  }
  bool host_matches(const config::Rule& rule, const Facts& facts, Stage stage, bool& unseen) const {
    if (stage == Stage::syn || rule.host.empty()) return true;
    if (!facts.name.empty()) return list_matches(rule.host, [&](const auto& m) { return name_holds(m, facts.name); });
    const bool wanted = std::ranges::any_of(rule.host, [](const auto& m) { return !m.negated; });
    unseen |= wanted && !rule.shadow;
    return !wanted || rule.unseen_blocks;
  }

  const config::Config& config_;
  const NameLists& lists_;
  Moment moment_;
  const clients::Devices& devices_;
  std::optional<std::vector<const config::Rule*>> pretended_;  ///< timed rules in force, whatever the moment
};

}  // namespace weir::policy
