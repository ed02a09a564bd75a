#include "policy/policy.h"

#include <algorithm>
#include <set>
#include <unordered_map>

#include "policy/impl.h"
#include "policy/times.h"

namespace weir::policy {

namespace {

using config::Match;
using config::Rule;

/// The numbers of groups or lists, by name.
template <class Named>
std::unordered_map<std::string, std::uint32_t> numbers(const std::vector<Named>& all) {
  std::unordered_map<std::string, std::uint32_t> by_name;
  for (std::uint32_t n = 0; n < all.size(); ++n) by_name.emplace(all[n].name, n);
  return by_name;
}

Axis<AddressTable> address_axis(const config::Config& config, std::vector<Match> Rule::*list) {
  Conditions conditions(config.rules.size(), config.groups.size());
  std::vector<PrefixIn> prefixes;
  for (std::uint32_t g = 0; g < config.groups.size(); ++g) {
    for (const Prefix& prefix : config.groups[g].clients) prefixes.push_back({prefix, g});
  }
  const auto groups = numbers(config.groups);
  for (std::size_t r = 0; r < config.rules.size(); ++r) {
    for (const Match& match : config.rules[r].*list) {
      const bool group = match.kind == Match::Kind::reference;
      const std::uint32_t source = group ? groups.at(match.text) : conditions.spelled_out(r, match.negated);
      if (!group) prefixes.push_back({match.prefix, source});
      conditions.add(r, source, match.negated);
    }
  }
  const auto exempt = static_cast<std::uint32_t>(conditions.sources());
  for (const Prefix& prefix : config.gateway.exempt) prefixes.push_back({prefix, exempt});
  AddressTable table(std::move(prefixes), exempt + 1);
  return {std::move(conditions), std::move(table)};
}

Axis<PortTable> port_axis(const config::Config& config) {
  Conditions conditions(config.rules.size(), 0);
  std::vector<PortsIn> ports;
  for (std::size_t r = 0; r < config.rules.size(); ++r) {
    for (const Match& match : config.rules[r].port) {
      const std::uint32_t source = conditions.spelled_out(r, match.negated);
      ports.push_back({match.low, match.high, source});
      conditions.add(r, source, match.negated);
    }
  }
  PortTable table(ports, conditions.sources());
  return {std::move(conditions), std::move(table)};
}

/// Whatever @references of rules on host can mean, and what rules spell out.  Lists that no rule refers to take no
/// room.
Axis<NameTable> host_axis(const config::Config& config, const NamedSets& sets) {
  Conditions conditions(config.rules.size(), sets.size());
  std::set<std::uint32_t> used;
  std::size_t names = 0, bytes = 0;
  for (std::size_t r = 0; r < config.rules.size(); ++r) {
    for (const Match& match : config.rules[r].host) {
      if (match.kind != Match::Kind::reference) {
        ++names;
        conditions.add(r, conditions.spelled_out(r, match.negated), match.negated);
        continue;
      }
      for (const std::uint32_t source : sets.meant_by(match.text)) {
        conditions.add(r, source, match.negated);
        if (!used.insert(source).second) continue;
        names += sets[source].entries();
        if (sets[source].content) bytes += sets[source].content->bytes();
      }
    }
  }

  NameTable table(names, bytes, conditions.sources());
  for (const std::uint32_t source : used) {
    if (sets[source].content) table.add(*sets[source].content, source, conditions.excepted(source));
    for (const Match& match : sets[source].list->except) {
      table.add(match.text, match.kind == Match::Kind::subtree, conditions.excepted(source));
    }
  }
  for (std::size_t r = 0; r < config.rules.size(); ++r) {
    for (const Match& match : config.rules[r].host) {
      if (match.kind == Match::Kind::reference) continue;
      table.add(match.text, match.kind == Match::Kind::subtree, conditions.spelled_out(r, match.negated));
    }
  }
  table.fold();
  return {std::move(conditions), std::move(table)};
}

}  // namespace

NamedSets::NamedSets(const config::Config& config, const NameLists& lists) {
  for (const config::List& list : config.lists) {
    const auto add = [&](const std::string& name, const NameList* content) {
      const auto number = static_cast<std::uint32_t>(sets_.size());
      sets_.push_back({&list, content});
      by_reference_[list.name].push_back(number);
      if (name != list.name) by_reference_[name].push_back(number);
    };
    const std::string below = list.name + '/';
    const std::size_t before = sets_.size();
    if (const auto whole = lists.find(list.name); whole != lists.end()) add(list.name, whole->second.get());
    for (auto at = lists.lower_bound(below); at != lists.end() && at->first.starts_with(below); ++at) {
      add(at->first, at->second.get());
    }
    if (sets_.size() == before) add(list.name, nullptr);
  }
  // A category that no list has now: it holds nothing until an update brings it.
  for (const Rule& rule : config.rules) {
    for (const Match& match : rule.host) {
      if (match.kind != Match::Kind::reference || by_reference_.contains(match.text)) continue;
      const auto list =
          std::ranges::find(config.lists, match.text.substr(0, match.text.find('/')), &config::List::name);
      if (list == config.lists.end()) continue;
      by_reference_[match.text].push_back(static_cast<std::uint32_t>(sets_.size()));
      sets_.push_back({&*list, nullptr});
    }
  }
}

const std::vector<std::uint32_t>& NamedSets::meant_by(const std::string& reference) const {
  static const std::vector<std::uint32_t> none;
  const auto found = by_reference_.find(reference);
  return found == by_reference_.end() ? none : found->second;
}

Compiled::Compiled(config::Config checked, const NameLists& lists)
    : config(std::move(checked)),
      sets(config, lists),
      client(address_axis(config, &Rule::client)),
      dest(address_axis(config, &Rule::dest)),
      port(port_axis(config)),
      host(host_axis(config, sets)),
      hosted(config.rules.size()),
      shadows(config.rules.size()),
      unnamed(config.rules.size()),
      locks(config.rules.size()) {
  sets.forget_contents();
  for (Rule& rule : config.rules) {
    if (config.gateway.observe) rule.dial.clear();
  }
  for (std::size_t r = 0; r < config.rules.size(); ++r) {
    if (host.conditions.present(r)) hosted.set(r);
    if (config.rules[r].shadow) shadows.set(r);
    if (config.rules[r].change != 0) ++by_hand;
    if (config.rules[r].locked && refuses(config.rules[r].action)) locks.set(r);
    if (!host.conditions.wants(r) || config.rules[r].unseen_blocks) unnamed.set(r);
  }
}

namespace {

/// What becomes of a connection for which a rule decides.
struct Outcome {
  Action action = Action::allow;
  std::string_view dial;
  bool operator==(const Outcome&) const = default;
};
Outcome outcome_of(const config::Config& config, int rule) {
  return rule < 0 ? Outcome() : Outcome{config.rules[rule].action, config.rules[rule].dial};
}

}  // namespace

Verdict Compiled::decided(int rule, int shadow) const {
  const Action action = rule < 0 ? Action::allow : config.rules[rule].action;
  if (config.gateway.observe && refuses(action)) return {.decided = true, .shadow = shadow < 0 ? rule : shadow};
  return {.decided = true, .action = action, .rule = rule, .shadow = shadow};
}

bool Compiled::may_be_locked(const Candidates& candidates) const {
  for (int r = candidates.from(by_hand); r >= 0; r = candidates.from(r + 1)) {
    if (locks.test(r) && !shadows.test(r)) return true;
  }
  return false;
}

/// A verdict that depends on no name must be so complete: also which rule would have refused.
Verdict Compiled::at_syn(const Candidates& candidates, int first) const {
  std::optional<Outcome> agreed;  // of the rules that depend on the name
  int shadow = -1;
  for (int r = candidates.from(first);; r = candidates.from(r + 1)) {
    const bool by_name = r >= 0 && hosted.test(r);
    if (opens_by_hand(r) && may_be_locked(candidates)) {
      if (by_name || agreed || config.gateway.observe) return {};  // what is counted depends on more
      const Verdict without = at_syn(candidates, by_hand);
      if (!without.decided) return {};
      // Rules that agree on what is done may not agree on who may change it.
      bool locked = false, open = without.rule < 0;
      for (int f = candidates.from(by_hand); f >= 0 && f <= without.rule; f = candidates.from(f + 1)) {
        if (!shadows.test(f)) (locks.test(f) ? locked : open) = true;
      }
      if (locked && open) return {};
      return locked ? without : decided(r, shadow);
    }
    if (r >= 0 && shadows.test(r)) {
      if (by_name || agreed) return {};
      if (shadow < 0) shadow = r;
      continue;
    }
    const Outcome outcome = outcome_of(config, r);
    if (agreed && (*agreed != outcome || (config.gateway.observe && refuses(outcome.action)))) return {};
    if (!by_name) return decided(r, shadow);
    agreed = outcome;
  }
}

Compiled::Found Compiled::first_match(const Candidates& candidates, const Bits& matching, bool named, int first) const {
  Found found;
  for (int r = candidates.from(first); r >= 0; r = candidates.from(r + 1)) {
    if (!named && host.conditions.wants(r) && !shadows.test(r)) found.unseen = true;
    if (!matching.test(r)) continue;
    if (!shadows.test(r)) {
      found.rule = r;
      break;
    }
    if (found.shadow < 0) found.shadow = r;
  }
  return found;
}

/// What opens by hand does so unless a locked rule would decide without it.
Verdict Compiled::at_hello(const Candidates& candidates, const Bits& matching, bool named) const {
  Found found = first_match(candidates, matching, named, 0);
  if (opens_by_hand(found.rule)) {
    const Found without = first_match(candidates, matching, named, by_hand);
    if (without.rule >= 0 && locks.test(without.rule)) found = without;
  }
  Verdict verdict = decided(found.rule, found.shadow);
  verdict.unseen = found.unseen;
  return verdict;
}

Verdict Compiled::evaluate(const Bits& in_force, Stage stage, const Facts& facts) const {
  const Candidates all = candidates(in_force, facts);
  if (stage == Stage::syn) return at_syn(all);
  const bool named = !facts.name.empty();
  return at_hello(all, named ? host(facts.name) : unnamed, named);
}

std::shared_ptr<const Snapshot> Snapshot::build(config::Config config, const NameLists& lists, std::uint32_t id,
                                                const Moment& moment) {
  const auto compiled = std::make_shared<const Compiled>(std::move(config), lists);
  Impl impl{compiled, policy::in_force(compiled->config.rules, moment), id};
  return std::shared_ptr<const Snapshot>(new Snapshot(std::make_unique<Impl>(std::move(impl))));
}

std::shared_ptr<const Snapshot> Snapshot::at(const Moment& moment, std::uint32_t id) const {
  Impl impl{impl_->compiled, policy::in_force(config().rules, moment), id};
  return std::shared_ptr<const Snapshot>(new Snapshot(std::make_unique<Impl>(std::move(impl))));
}

Snapshot::Snapshot(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Snapshot::~Snapshot() = default;

bool Snapshot::changes_at(const Moment& moment) const {
  return policy::in_force(config().rules, moment) != impl_->in_force;
}

bool Snapshot::in_force(std::size_t rule) const { return impl_->in_force.test(rule); }

Verdict Snapshot::evaluate(Stage stage, const Facts& facts) const {
  return impl_->compiled->evaluate(impl_->in_force, stage, facts);
}

bool Snapshot::exempt(const Address& client, const Address& dest) const {
  const Compiled& all = *impl_->compiled;
  return all.is_exempt(all.client, all.client.table.find(client)) || all.is_exempt(all.dest, all.dest.table.find(dest));
}

const config::Config& Snapshot::config() const { return impl_->compiled->config; }
std::uint32_t Snapshot::id() const { return impl_->id; }

std::string_view Snapshot::dial(const Verdict& verdict) const {
  return verdict.rule < 0 ? std::string_view() : std::string_view(config().rules[verdict.rule].dial);
}

std::optional<Action> Snapshot::would(const Verdict& verdict) const {
  if (verdict.shadow < 0) return {};
  return config().rules[verdict.shadow].action;
}

std::string Snapshot::rule_name(int rule) const {
  if (rule < 0) return {};
  const std::string& name = config().rules[rule].name;
  return name.empty() ? "rule " + std::to_string(rule + 1) : name;
}

}  // namespace weir::policy
