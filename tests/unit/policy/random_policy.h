// Policies and flows drawn at random from so small a world that everything meets everything: nested prefixes, names
// within names, negations, rules that say the same.  A seed is a policy: print it, and a failure comes back.
#pragma once

#include <map>
#include <random>
#include <string>
#include <vector>

#include "policy/policy.h"

namespace weir::policy::random {

struct Policy {
  config::Config config;
  NameLists lists;  ///< whole ones, and some in the categories "a" and "b"
  Moment moment;    ///< for which it is judged
  clients::Devices devices;
};

struct Flow {
  Address client, dest;
  std::uint16_t port = 0;
  std::string name;        ///< normalised; empty = a hello without a name
  std::optional<Mac> mac;  ///< of the client's frames
};

class Source {
 public:
  explicit Source(std::uint64_t seed) : engine_(seed) {}

  /// At most `rules` rules.  With `narrow`, each asks for so much that most flows get far down the list.
  Policy policy(unsigned rules = 8, bool narrow = false);
  /// A flow on one of the judged ports of every policy() here.
  Flow flow();

 private:
  unsigned below(unsigned n) { return static_cast<unsigned>(engine_() % n); }
  bool chance(unsigned percent) { return below(100) < percent; }
  template <class T>
  T one_of(std::initializer_list<T> choices) {
    return choices.begin()[below(static_cast<unsigned>(choices.size()))];
  }

  Address address();
  Prefix prefix();
  Mac mac();
  std::string device();
  clients::Devices devices();
  config::Group group(unsigned number);
  std::string name();
  config::Match address_element(const config::Config& config);
  config::Match port_element();
  config::TimeMatch time_element();
  Moment moment();
  config::Match host_element(const config::Config& config);
  std::shared_ptr<const NameList> content();
  config::Rule rule(const config::Config& config);
  void make_changes(std::vector<config::Rule>& rules);
  config::Limit limit(const config::Config& config);
  config::Rule narrow_rule();

  std::mt19937_64 engine_;
};

inline Address Source::address() {
  Address address;
  if (chance(60)) {
    return Address::v4(10u << 24 | below(2) << 16 | below(3) << 8 | one_of({0u, 1u, 2u, 127u, 128u, 255u}));
  }
  address.octets = {0x20, 0x01, 0x0d, 0xb8};
  address.octets[5] = static_cast<std::uint8_t>(below(3));
  address.octets[15] = one_of<std::uint8_t>({0, 1, 128, 255});
  return address;
}

inline Prefix Source::prefix() {
  const Address inside = address();
  const unsigned length = inside.is_v4() ? 96 + one_of({0u, 8u, 15u, 16u, 22u, 23u, 24u, 25u, 31u, 32u, 32u})
                                         : one_of({0u, 3u, 32u, 47u, 48u, 120u, 127u, 128u, 128u});
  Prefix prefix{inside, static_cast<std::uint8_t>(length)};
  for (unsigned bit = length; bit < 128; ++bit) {
    prefix.address.octets[bit / 8] &= static_cast<std::uint8_t>(~(0x80 >> bit % 8));
  }
  return prefix;
}

inline std::string Source::name() {
  std::string name = one_of<const char*>({"example", "test"});
  for (unsigned depth = below(4); depth > 0; --depth) name = one_of<const char*>({"a.", "b.", "ab."}) + name;
  return name;
}

inline Mac Source::mac() { return {{0x02, 0x00, 0x5e, 0x10, 0x00, static_cast<std::uint8_t>(below(6))}}; }

inline std::string Source::device() { return one_of<const char*>({"tv", "tablet", "phone", "gone"}); }

inline clients::Devices Source::devices() {
  clients::Devices devices;
  for (const char* name : {"tv", "tablet", "phone"}) {
    clients::Device& device = devices[name];
    for (unsigned n = below(3); n > 0; --n) device.addresses.push_back(address());
    for (unsigned n = below(3); n > 0; --n) device.macs.push_back(mac());
  }
  return devices;
}

inline config::Group Source::group(unsigned number) {
  config::Group group{.name = "group" + std::to_string(number)};
  for (unsigned n = below(5); n > 0; --n) group.clients.push_back(prefix());
  if (chance(40)) {
    for (unsigned n = 1 + below(3); n > 0; --n) group.macs.push_back(mac());
  }
  if (chance(30)) group.devices.push_back({.name = device(), .where = {}});
  return group;
}

inline config::Match Source::address_element(const config::Config& config) {
  config::Match match{.kind = config::Match::Kind::prefix, .negated = chance(25)};
  if (!config.groups.empty() && chance(50)) {
    match.kind = config::Match::Kind::reference;
    match.text = config.groups[below(static_cast<unsigned>(config.groups.size()))].name;
  } else if (chance(25)) {
    match.kind = config::Match::Kind::mac;
    match.mac = mac();
  } else if (chance(20)) {
    match.kind = config::Match::Kind::device;
    match.text = device();
  } else {
    match.prefix = prefix();
  }
  return match;
}

inline config::Match Source::port_element() {
  config::Match match{.kind = config::Match::Kind::port, .negated = chance(30)};
  match.low = one_of<std::uint16_t>({0, 80, 81, 443, 8080});
  match.high = one_of<std::uint16_t>({80, 443, 8080, 65535});
  if (match.high < match.low) std::swap(match.low, match.high);
  return match;
}

inline config::Match Source::host_element(const config::Config& config) {
  config::Match match{.kind = config::Match::Kind::exact, .negated = chance(25)};
  if (!config.lists.empty() && chance(50)) {
    match.kind = config::Match::Kind::reference;
    match.text = config.lists[below(static_cast<unsigned>(config.lists.size()))].name;
    if (chance(30)) match.text += one_of<const char*>({"/a", "/b", "/gone"});
    return match;
  }
  if (chance(50)) match.kind = config::Match::Kind::subtree;
  match.text = name();
  return match;
}

/// Of a week in which everything can happen; hours of every kind, seven of them a day.
inline config::TimeMatch Source::time_element() {
  using namespace std::chrono;
  config::TimeMatch match{.negated = chance(25)};
  if (chance(25)) {
    match.hours.date = year_month_day(local_days(2026y / January / 5) + days(below(7)));
  } else {
    match.hours.days = static_cast<std::uint8_t>(1 + below(127));
  }
  if (chance(30)) return match;
  match.hours.from = hours(below(24));
  match.hours.to = hours(1 + below(24));
  if (match.hours.to == match.hours.from) match.hours.to += minutes(30);
  return match;
}

inline Moment Source::moment() {
  using namespace std::chrono;
  if (chance(5)) return {};
  return local_days(2026y / January / 5) + days(below(7)) + minutes(30 * below(48));
}

inline std::shared_ptr<const NameList> Source::content() {
  NameList names;
  const auto add = [&](NameList::Kind kind, unsigned most) {
    for (unsigned n = below(most + 1); n > 0; --n) names.add(name(), kind);
  };
  add(NameList::Kind::exact, 4);
  add(NameList::Kind::subtree, 2);
  if (chance(40)) add(NameList::Kind::not_exact, 2);
  if (chance(40)) add(NameList::Kind::not_subtree, 1);
  return std::make_shared<NameList>(std::move(names));
}

inline config::Rule Source::rule(const config::Config& config) {
  config::Rule rule;
  rule.action = static_cast<Action>(below(5));
  rule.shadow = chance(15);
  rule.unseen_blocks = chance(20);
  if (rule.action == Action::allow && chance(30)) rule.dial = one_of<const char*>({"safe.example", "192.0.2.9"});
  rule.locked = rule.action >= Action::block && chance(30);
  if (chance(50)) {
    for (unsigned n = 1 + below(3); n > 0; --n) rule.client.push_back(address_element(config));
  }
  if (chance(30)) {
    for (unsigned n = 1 + below(3); n > 0; --n) {
      rule.dest.push_back({.kind = config::Match::Kind::prefix, .negated = chance(25), .prefix = prefix()});
    }
  }
  if (chance(25)) {
    for (unsigned n = 1 + below(2); n > 0; --n) rule.port.push_back(port_element());
  }
  if (chance(20)) {
    for (unsigned n = 1 + below(3); n > 0; --n) rule.time.push_back(time_element());
  }
  if (chance(70)) {
    for (unsigned n = 1 + below(3); n > 0; --n) rule.host.push_back(host_element(config));
  }
  return rule;
}

/// Some that stand first become changes by hand.
inline void Source::make_changes(std::vector<config::Rule>& rules) {
  for (unsigned n = 0, some = below(4); n < some && n < rules.size(); ++n) {
    rules[n].change = n + 1;
    rules[n].action = one_of({Action::allow, Action::pass, Action::block});
    rules[n].shadow = rules[n].locked = rules[n].unseen_blocks = false;
    rules[n].dial.clear();
    rules[n].time.clear();
  }
}

inline config::Rule Source::narrow_rule() {
  config::Rule rule{.action = static_cast<Action>(below(5)), .shadow = chance(10)};
  rule.client.push_back({.kind = config::Match::Kind::prefix, .prefix = {address(), 128}});
  rule.dest.push_back({.kind = config::Match::Kind::prefix, .prefix = prefix()});
  if (chance(70)) rule.host.push_back({.kind = config::Match::Kind::exact, .text = name()});
  return rule;
}

/// Of rates that no test reaches.
inline config::Limit Source::limit(const config::Config& config) {
  config::Limit made{.name = "limit"};
  for (unsigned n = below(4); n > 0; --n) made.client.push_back(address_element(config));
  if (chance(70)) made.arrivals.count = 100'000 + below(900'000);
  if (chance(70)) made.connections = 1 + below(1000);
  return made;
}

inline Policy Source::policy(unsigned rules, bool narrow) {
  Policy made;
  config::Config& config = made.config;
  config.gateway.http = {80, 8080};
  config.gateway.tls = {443, 8443};
  config.gateway.observe = chance(15);
  made.moment = moment();
  made.devices = devices();
  for (unsigned n = below(4); n > 0; --n) config.groups.push_back(group(n));
  for (unsigned n = below(4); n > 0; --n) {
    config::List& list = config.lists.emplace_back(config::List{.name = "list" + std::to_string(n)});
    if (chance(30)) {
      made.lists[list.name + "/a"] = content();
      made.lists[list.name + "/b"] = chance(30) ? made.lists[list.name + "/a"] : content();  // one is a link
    } else {
      made.lists[list.name] = content();
    }
    if (chance(20)) list.except.push_back({.kind = config::Match::Kind::exact, .text = name()});
    if (chance(20)) list.except.push_back({.kind = config::Match::Kind::subtree, .text = name()});
  }
  if (chance(30)) {
    for (unsigned n = 1 + below(2); n > 0; --n) config.gateway.exempt.push_back(prefix());
  }
  for (unsigned n = below(rules + 1); n > 0; --n) config.rules.push_back(narrow ? narrow_rule() : rule(config));
  if (chance(60)) make_changes(config.rules);
  if (chance(50)) {
    for (unsigned n = 1 + below(4); n > 0; --n) config.client_limits.push_back(limit(config));
  }
  return made;
}

inline Flow Source::flow() {
  Flow flow{.client = address(), .dest = address(), .port = one_of<std::uint16_t>({80, 8080, 443, 8443})};
  if (chance(85)) flow.name = name();
  if (chance(10)) flow.name = "elsewhere.invalid";
  if (chance(80)) flow.mac = mac();
  return flow;
}

}  // namespace weir::policy::random
