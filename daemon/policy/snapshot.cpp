#include "policy/policy.h"

#include <algorithm>
#include <set>
#include <unordered_map>

#include "clients/directory.h"
#include "config/check.h"
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

/// Exempt addresses are of the source behind all others.
AddressTable address_table(std::vector<PrefixIn> prefixes, const Conditions& conditions, const config::Config& config) {
  const auto exempt = static_cast<std::uint32_t>(conditions.sources());
  for (const Prefix& prefix : config.gateway.exempt) prefixes.push_back({prefix, exempt});
  return AddressTable(std::move(prefixes), exempt + 1);
}

/// Gathers who is meant by the elements of groups and rules.
struct Members {
  const clients::Devices& known;
  std::vector<PrefixIn> prefixes = {};
  std::vector<std::pair<Mac, std::uint32_t>> macs = {};

  /// A device by its name: whatever addresses it has now, and whatever addresses it may take.
  void add(const std::string& name, std::uint32_t source) {
    const auto device = known.find(name);
    if (device == known.end()) return;
    for (const Address& address : device->second.addresses) prefixes.push_back({{address, 128}, source});
    for (const Mac& mac : device->second.macs) macs.emplace_back(mac, source);
  }
  void add(const config::Group& group, std::uint32_t source) {
    for (const Prefix& prefix : group.clients) prefixes.push_back({prefix, source});
    for (const Mac& mac : group.macs) macs.emplace_back(mac, source);
    for (const config::NamedDevice& device : group.devices) add(device.name, source);
  }
  void add(const Match& match, std::uint32_t source) {
    if (match.kind == Match::Kind::prefix) prefixes.push_back({match.prefix, source});
    if (match.kind == Match::Kind::mac) macs.emplace_back(match.mac, source);
    if (match.kind == Match::Kind::device) add(match.text, source);
  }
};

/// The limits on clients stand behind the rules.
ClientAxis client_axis(const config::Config& config, const clients::Devices& devices) {
  const auto lists = config.clients_meant();
  Conditions conditions(lists.size(), config.groups.size());
  Members members{devices};
  for (std::uint32_t g = 0; g < config.groups.size(); ++g) members.add(config.groups[g], g);
  const auto groups = numbers(config.groups);
  for (std::size_t r = 0; r < lists.size(); ++r) {
    for (const Match& match : *lists[r]) {
      const bool group = match.kind == Match::Kind::reference;
      const std::uint32_t source = group ? groups.at(match.text) : conditions.spelled_out(r, match.negated);
      members.add(match, source);
      conditions.add(r, source, match.negated);
    }
  }
  AddressTable addresses = address_table(std::move(members.prefixes), conditions, config);
  MacTable macs(members.macs, conditions.sources() + 1);
  return {std::move(conditions), std::move(addresses), std::move(macs)};
}

Axis<AddressTable> dest_axis(const config::Config& config) {
  Conditions conditions(config.rules.size(), 0);
  std::vector<PrefixIn> prefixes;
  for (std::size_t r = 0; r < config.rules.size(); ++r) {
    for (const Match& match : config.rules[r].dest) {
      const std::uint32_t source = conditions.spelled_out(r, match.negated);
      prefixes.push_back({match.prefix, source});
      conditions.add(r, source, match.negated);
    }
  }
  AddressTable table = address_table(std::move(prefixes), conditions, config);
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
    std::map<const NameList*, std::uint32_t> known;  // categories that are one are one source
    const auto add = [&](const std::string& name, const NameList* content) {
      const auto [at, added] = known.try_emplace(content, static_cast<std::uint32_t>(sets_.size()));
      if (added) {
        sets_.push_back({&list, content});
        by_reference_[list.name].push_back(at->second);
      }
      if (name != list.name) by_reference_[name].push_back(at->second);
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

std::shared_ptr<const clients::Devices> devices_in(const config::Config& config, const clients::Directory& directory) {
  const auto all = directory.devices();
  auto used = std::make_shared<clients::Devices>();
  for (const auto& [name, where] : config::devices_of(config)) {
    if (const auto device = all->find(name); device != all->end()) used->insert(*device);
  }
  return used;
}

ClientAxis::ClientAxis(Conditions made, AddressTable filled, MacTable known)
    : conditions(std::move(made)),
      addresses(std::move(filled)),
      devices(std::move(known)),
      matching(conditions.matching(addresses.sets())) {
  if (devices.empty()) return;
  const Bits content = conditions.content();
  for (std::uint32_t set = 0; set < addresses.sets().size(); ++set) {
    by_address.push_back(conditions.met(addresses.sets()[set]));
    by_address.back().wanted |= content;
  }
  for (std::uint32_t set = 0; set < devices.sets().size(); ++set) {
    by_device.push_back(conditions.met(devices.sets()[set]));
  }
}

Bits ClientAxis::together(std::uint32_t address, std::uint32_t device) const {
  if (device == 0) return matching[address];
  Bits rules = by_address[address].wanted;
  rules |= by_device[device].wanted;
  rules -= by_address[address].unwanted;
  rules -= by_device[device].unwanted;
  return rules;
}

HostSide::HostSide(const config::Config& config, const NameLists& lists)
    : sets(config, lists), axis(host_axis(config, sets)) {
  sets.forget();
}

Compiled::Compiled(config::Config checked, std::shared_ptr<const HostSide> hosts,
                   std::shared_ptr<const clients::Devices> known)
    : config(std::move(checked)),
      devices(std::move(known)),
      client(client_axis(config, *devices)),
      dest(dest_axis(config)),
      port(port_axis(config)),
      host(std::move(hosts)),
      hosted(config.rules.size()),
      shadows(config.rules.size()),
      unnamed(config.rules.size()),
      locks(config.rules.size()),
      yields(config.rules.size()),
      timed(config.rules.size()) {
  for (Rule& rule : config.rules) {
    if (config.gateway.observe) rule.dial.clear();
  }
  for (std::size_t r = 0; r < config.rules.size(); ++r) {
    if (host->axis.conditions.present(r)) hosted.set(r);
    if (config.rules[r].shadow) shadows.set(r);
    if (config.rules[r].change != 0) ++by_hand;
    const bool refusing = refuses(config.rules[r].action) && !config.rules[r].shadow;
    if (refusing && config.rules[r].change == 0) (config.rules[r].locked ? locks : yields).set(r);
    if (!config.rules[r].time.empty()) timed.set(r);
    if (!host->axis.conditions.wants(r) || config.rules[r].unseen_blocks) unnamed.set(r);
  }
  if (timed == Bits(config.rules.size())) return;
  any_time = Bits(config.rules.size());
  for (std::size_t r = 0; r < config.rules.size(); ++r) any_time.set(r);
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
  if (config.gateway.observe && refuses(action)) return {.decided = true, .shadow = rule};  // shadows would do nothing
  return {.decided = true, .action = action, .rule = rule, .shadow = shadow};
}

bool Compiled::may_be_locked(const Candidates& candidates, int first) const {
  for (int r = candidates.from(first); r >= 0; r = candidates.from(r + 1)) {
    if (locks.test(r)) return true;
  }
  return false;
}

/// A verdict that depends on no name must be so complete: also which rule would have refused.
Verdict Compiled::at_syn(const Candidates& now, bool opened) const {
  std::optional<Outcome> agreed;  // of the rules that depend on the name
  int shadow = -1;
  for (int r = now.from(opened ? by_hand : 0);; r = now.from(r + 1)) {
    if (r >= 0 && opened && yields.test(r)) continue;
    const bool by_name = r >= 0 && hosted.test(r);
    if (opens_by_hand(r) && may_be_locked(now, by_hand)) {
      if (by_name || agreed || config.gateway.observe) return {};  // what is counted depends on more
      const Verdict without = at_syn(now, true);
      if (!without.decided) return {};
      return without.rule >= 0 && locks.test(without.rule) ? without : decided(r, shadow);
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

/// Whether there are hours at which the name decides.
bool Compiled::may_need_name(const Candidates& ever, bool opened) const {
  std::optional<Outcome> agreed;
  for (int r = ever.from(opened ? by_hand : 0);; r = ever.from(r + 1)) {
    if (r >= 0 && (shadows.test(r) || (opened && yields.test(r)))) continue;
    const bool by_name = r >= 0 && hosted.test(r);
    if (opens_by_hand(r) && may_be_locked(ever, by_hand)) return by_name || agreed || may_need_name(ever, true);
    const Outcome outcome = outcome_of(config, r);
    if (agreed && *agreed != outcome) return true;
    if (by_name && opened && !agreed && !may_be_locked(ever, r)) return false;  // locks before it need no name
    if (by_name)
      agreed = outcome;
    else if (r < 0 || !timed.test(r))
      return false;
  }
}

Verdict Compiled::at_syn(const Candidates& now) const {
  const Verdict verdict = at_syn(now, false);
  const bool may_change = any_time.words() > 0 && verdict.decided && !refuses(verdict.action);
  return may_change && may_need_name(now.under(any_time), false) ? Verdict() : verdict;
}

Compiled::Found Compiled::first_match(const Candidates& candidates, const Bits& matching, bool named,
                                      bool opened) const {
  Found found;
  for (int r = candidates.from(opened ? by_hand : 0); r >= 0; r = candidates.from(r + 1)) {
    if (opened && yields.test(r)) continue;
    if (!named && host->axis.conditions.wants(r) && !shadows.test(r)) found.unseen = true;
    if (!matching.test(r)) continue;
    if (!shadows.test(r)) {
      found.rule = r;
      break;
    }
    if (found.shadow < 0) found.shadow = r;
  }
  return found;
}

/// What opens by hand takes the place of the rules that refuse, but not of locked ones.
Verdict Compiled::at_hello(const Candidates& candidates, const Bits& matching, bool named) const {
  Found found = first_match(candidates, matching, named, false);
  if (opens_by_hand(found.rule)) {
    const Found without = first_match(candidates, matching, named, true);
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
  return at_hello(all, named ? host->axis(facts.name) : unnamed, named);
}

Allowance Compiled::allowance(const Bits& matching) const {
  Allowance allowance;
  if (config.gateway.observe) return allowance;
  for (std::size_t l = 0; l < config.client_limits.size(); ++l) {
    if (!matching.test(config.rules.size() + l)) continue;
    const config::Limit& limit = config.client_limits[l];
    if (allowance.arrivals.count == 0) allowance.arrivals = limit.arrivals;
    if (allowance.connections == 0) allowance.connections = limit.connections;
  }
  return allowance;
}

std::shared_ptr<const Snapshot> Snapshot::build(config::Config config, const NameLists& lists, std::uint32_t id,
                                                const Moment& moment, std::shared_ptr<const clients::Devices> devices) {
  if (!devices) devices = std::make_shared<const clients::Devices>();
  auto hosts = std::make_shared<const HostSide>(config, lists);
  const auto compiled = std::make_shared<const Compiled>(std::move(config), std::move(hosts), std::move(devices));
  Impl impl{compiled, policy::in_force(compiled->config.rules, moment), id};
  return std::shared_ptr<const Snapshot>(new Snapshot(std::make_unique<Impl>(std::move(impl))));
}

std::shared_ptr<const Snapshot> Snapshot::with(std::shared_ptr<const clients::Devices> devices, const Moment& moment,
                                               std::uint32_t id) const {
  const Compiled& now = *impl_->compiled;
  const auto compiled = std::make_shared<const Compiled>(now.config, now.host, std::move(devices));
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

Allowance Snapshot::allowance(const Address& address, const std::optional<Mac>& mac) const {
  const Compiled& compiled = *impl_->compiled;
  if (compiled.config.client_limits.empty()) return {};
  const ClientAxis& axis = compiled.client;
  return compiled.allowance(axis.together(axis.addresses.find(address), axis.device(mac)));
}

bool Snapshot::exempt(const Address& client, const Address& dest) const {
  const Compiled& all = *impl_->compiled;
  return all.exempts_client(all.client.addresses.find(client)) || all.exempts_dest(all.dest.table.find(dest));
}

const config::Config& Snapshot::config() const { return impl_->compiled->config; }
const std::shared_ptr<const clients::Devices>& Snapshot::devices() const { return impl_->compiled->devices; }
std::uint32_t Snapshot::id() const { return impl_->id; }

std::string_view Snapshot::dial(const Verdict& verdict) const {
  return verdict.rule < 0 ? std::string_view() : std::string_view(config().rules[verdict.rule].dial);
}

std::vector<std::string> Snapshot::groups_of(const Address& client, const std::optional<Mac>& mac) const {
  const ClientAxis& axis = impl_->compiled->client;
  const Bits &by_address = axis.addresses.sets()[axis.addresses.find(client)],
             &by_device = axis.devices.sets()[axis.device(mac)];
  std::vector<std::string> groups;
  for (std::size_t g = 0; g < config().groups.size(); ++g) {
    if (by_address.test(g) || by_device.test(g)) groups.push_back(config().groups[g].name);
  }
  return groups;
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
