#include "policy/effect.h"

#include <algorithm>
#include <optional>

namespace weir::policy {

namespace {

using config::Match;
using config::Rule;

constexpr std::size_t most = 64;  ///< samples of a kind

struct Who {
  Address address;
  std::optional<Mac> mac;
};

class Samples {
 public:
  Samples(const Snapshot& policy, const NameLists& lists) : policy_(policy), lists_(lists) {}

  void add(const Rule& rule) {
    for (const Match& match : rule.client) {
      if (!match.negated) add_clients(match);
    }
    for (const Match& match : rule.host) {
      if (!match.negated) add_names(match);
    }
  }

  struct Name {
    std::string text;
    std::string shown;  ///< the name of which it is a sample
  };
  std::vector<Who> clients;
  std::vector<Name> names;

 private:
  void add_client(const Address& address, std::optional<Mac> mac = {}) {
    if (clients.size() < most) clients.push_back({address, mac});
  }
  void add_device(const std::string& name) {
    const auto device = policy_.devices()->find(name);
    if (device == policy_.devices()->end()) return;
    for (const Address& address : device->second.addresses) add_client(address);
    for (const Mac& mac : device->second.macs) add_client({}, mac);
  }
  void add_clients(const Match& match) {
    if (match.kind == Match::Kind::prefix) return add_client(match.prefix.address);
    if (match.kind == Match::Kind::mac) return add_client({}, match.mac);
    if (match.kind == Match::Kind::device) return add_device(match.text);
    const auto group = std::ranges::find(policy_.config().groups, match.text, &config::Group::name);
    if (group == policy_.config().groups.end()) return;
    for (const Prefix& prefix : group->clients) add_client(prefix.address);
    for (const Mac& mac : group->macs) add_client({}, mac);
    for (const auto& device : group->devices) add_device(device.name);
  }
  void add_names(const Match& match) {
    if (match.kind == Match::Kind::reference) {
      for (const auto& [list, content] : lists_) {
        if (list == match.text || list.starts_with(match.text + '/')) add_some(*content);
      }
      return;
    }
    add_name(match.text, match.text);
    if (match.kind == Match::Kind::subtree) add_name("below." + match.text, match.text);
  }
  void add_name(std::string text, std::string shown) {
    if (names.size() < most) names.push_back({std::move(text), std::move(shown)});
  }
  void add_some(const NameList& content) {
    content.for_each([&](std::string_view name, NameList::Kind kind) {
      if (!NameList::is_exception(kind) && names.size() < most) add_name(std::string(name), std::string(name));
    });
  }

  const Snapshot& policy_;
  const NameLists& lists_;
};

bool is_lock(const Rule& rule) { return rule.locked && !rule.shadow && refuses(rule.action); }

/// The change alone, to ask what it speaks of.
std::shared_ptr<const Snapshot> alone(const Rule& rule, const Snapshot& after, const NameLists& lists) {
  config::Config config = after.config();
  config.rules = {rule};
  config.gateway.observe = false;
  return Snapshot::build(std::move(config), lists, 0, {}, after.devices());
}

}  // namespace

Effect effect_of(const Rule& rule, const Snapshot& before, const Snapshot& after, const NameLists& lists) {
  Effect effect;
  const auto& rules = after.config().rules;
  Samples own(after, lists);
  own.add(rule);
  if (own.clients.empty()) own.clients.push_back({});
  const std::size_t named = own.names.size();
  Samples all = own;
  for (std::size_t r = 0; r < rules.size(); ++r) {
    if (is_lock(rules[r]) && after.in_force(r)) all.add(rules[r]);
  }
  if (named == 0) all.names.emplace_back();

  const auto change = alone(rule, after, lists);
  for (std::size_t n = 0; n < all.names.size(); ++n) {
    const Samples::Name& sample = all.names[n];
    for (const Who& who : all.clients) {
      const Facts facts{.client = who.address, .dest = {}, .port = 443, .name = sample.text, .mac = who.mac};
      if (change->evaluate(Stage::hello, facts).rule != 0) continue;
      const Verdict now = after.evaluate(Stage::hello, facts), then = before.evaluate(Stage::hello, facts);
      const int decides = now.rule >= 0 ? now.rule : now.shadow;
      const bool held = decides >= 0 && is_lock(rules[decides]);
      effect.opens |= !held && (n < named || named == 0);
      if (effect.overrides < 0 && n < named && !held && refuses(then.action)) effect.overrides = then.rule;
      const bool told = std::ranges::any_of(
          effect.held, [&](const Effect::Held& known) { return known.rule == decides && known.name == sample.shown; });
      if (held && !told) effect.held.push_back({sample.shown, decides});
    }
  }
  return effect;
}

}  // namespace weir::policy
