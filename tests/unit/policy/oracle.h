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
  Oracle(const config::Config& config, const std::map<std::string, NameList>& lists) : config_(config), lists_(lists) {}

  bool exempt(const Facts& facts) const {
    return std::ranges::any_of(config_.gateway.exempt,
                               [&](const Prefix& p) { return p.contains(facts.client) || p.contains(facts.dest); });
  }

  Verdict evaluate(Stage stage, const Facts& facts) const {
    std::optional<Action> agreed;
    Verdict verdict{.decided = true};
    for (std::size_t r = 0; r < config_.rules.size(); ++r) {
      const config::Rule& rule = config_.rules[r];
      if (!matches_at_syn(rule, facts)) continue;
      const bool unknown = stage == Stage::syn && !rule.host.empty();
      if (!unknown && !host_matches(rule, facts, stage, verdict.unseen)) continue;
      if (agreed && *agreed != rule.action) return {};
      agreed = rule.action;
      if (unknown) continue;
      verdict.action = rule.action;
      verdict.rule = static_cast<int>(r);
      return verdict;
    }
    if (agreed && *agreed != Action::allow) return {};
    return verdict;
  }

 private:
  template <class Holds>
  static bool list_matches(const std::vector<config::Match>& list, Holds holds) {
    bool any_wanted = false, found = false;
    for (const config::Match& match : list) {
      if (match.negated && holds(match)) return false;
      if (match.negated) continue;
      any_wanted = true;
      found |= holds(match);
    }
    return found || !any_wanted;
  }

  bool address_holds(const config::Match& match, const Address& address) const {
    if (match.kind == config::Match::Kind::prefix) return match.prefix.contains(address);
    const auto group = std::ranges::find(config_.groups, match.text, &config::Group::name);
    return std::ranges::any_of(group->clients, [&](const Prefix& p) { return p.contains(address); });
  }
  bool name_holds(const config::Match& match, std::string_view name) const {
    if (match.kind == config::Match::Kind::exact) return name == match.text;
    if (match.kind == config::Match::Kind::subtree) return within(name, match.text);
    const NameList& list = lists_.at(match.text);
    return std::ranges::find(list.exact, name) != list.exact.end() ||
           std::ranges::any_of(list.subtree, [&](const std::string& top) { return within(name, top); });
  }

  bool matches_at_syn(const config::Rule& rule, const Facts& facts) const {
    return list_matches(rule.client, [&](const auto& m) { return address_holds(m, facts.client); }) &&
           list_matches(rule.dest, [&](const auto& m) { return address_holds(m, facts.dest); }) &&
           list_matches(rule.port, [&](const auto& m) { return m.low <= facts.port && facts.port <= m.high; });
  }
  bool host_matches(const config::Rule& rule, const Facts& facts, Stage stage, bool& unseen) const {
    if (stage == Stage::syn || rule.host.empty()) return true;
    if (!facts.name.empty()) return list_matches(rule.host, [&](const auto& m) { return name_holds(m, facts.name); });
    const bool wanted = std::ranges::any_of(rule.host, [](const auto& m) { return !m.negated; });
    unseen |= wanted;
    return !wanted || rule.unseen_blocks;
  }

  const config::Config& config_;
  const std::map<std::string, NameList>& lists_;
};

}  // namespace weir::policy
