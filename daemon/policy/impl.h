// What a Snapshot is made of: look-ups, each of which ends in the set of rules whose condition matches, and the walk
// over the rules in which all of them agree.
#pragma once

#include <bit>

#include "policy/addresses.h"
#include "policy/conditions.h"
#include "policy/names.h"
#include "policy/policy.h"

namespace weir::policy {

/// One kind of condition: a table that finds the sources of a fact, and which rules match by them.
template <class Table>
struct Axis {
  Conditions conditions;
  Table table;
  std::vector<Bits> matching;  ///< rules, by number of the set of sources

  Axis(Conditions made, Table filled)
      : conditions(std::move(made)), table(std::move(filled)), matching(conditions.matching(table.sets())) {}
  const Bits& operator()(const auto& fact) const { return matching[table.find(fact)]; }
};

/// The condition on clients: an element may be met by the address or by the device, and both are looked up.
struct ClientAxis {
  Conditions conditions;
  AddressTable addresses;  ///< its last source is gateway.exempt
  MacTable devices;
  std::vector<Bits> matching;                          ///< rules, and behind them limits, by set of the address, of
                                                       ///< whoever is no known device
  std::vector<Conditions::Met> by_address, by_device;  ///< by set; without devices there are none

  ClientAxis(Conditions made, AddressTable filled, MacTable known);
  /// The rules that match an address and a device together.
  Bits together(std::uint32_t address, std::uint32_t device) const;
  std::uint32_t device(const std::optional<Mac>& mac) const { return mac ? devices.find(*mac) : 0; }
};

/// The rules in force that match by all that is known at SYN.
class Candidates {
 public:
  Candidates(const Bits& in_force, const Bits& client, const Bits& dest, const Bits& port)
      : in_force_(in_force), client_(client), dest_(dest), port_(port) {}
  /// `address` and `device`: sets that meet elements together.
  Candidates(const Bits& in_force, const ClientAxis& axis, std::uint32_t address, std::uint32_t device,
             const Bits& dest, const Bits& port)
      : in_force_(in_force), client_(axis.matching[address]), dest_(dest), port_(port) {
    if (device == 0) return;
    address_ = &axis.by_address[address];
    device_ = &axis.by_device[device];
  }

  /// The same while other rules are in force.
  Candidates under(const Bits& in_force) const {
    Candidates other(in_force, client_, dest_, port_);
    other.address_ = address_;
    other.device_ = device_;
    return other;
  }

  /// The first at or behind `rule`; -1 = none.
  int from(int rule) const {
    std::uint64_t mask = ~std::uint64_t{0} << rule % 64;
    for (std::size_t i = rule / 64; i < in_force_.words(); ++i, mask = ~std::uint64_t{0}) {
      const std::uint64_t word = in_force_.word(i) & client(i) & dest_.word(i) & port_.word(i) & mask;
      if (word != 0) return static_cast<int>(i * 64) + std::countr_zero(word);
    }
    return -1;
  }

 private:
  std::uint64_t client(std::size_t i) const {
    if (!device_) return client_.word(i);
    return (address_->wanted.word(i) | device_->wanted.word(i)) &
           ~(address_->unwanted.word(i) | device_->unwanted.word(i));
  }

  const Bits &in_force_, &client_, &dest_, &port_;
  const Conditions::Met *address_ = nullptr, *device_ = nullptr;
};

/// The sets of names that "@list" and "@list/category" can mean, numbered as sources.
class NamedSets {
 public:
  struct Set {
    const config::List* list = nullptr;
    const NameList* content = nullptr;  ///< null: not there yet
    std::size_t entries() const { return (content ? content->entries() : 0) + list->except.size(); }
  };

  /// Points into `config` and `lists` until forget().
  NamedSets(const config::Config& config, const NameLists& lists);
  void forget() {
    for (Set& set : sets_) set = {};
  }

  std::size_t size() const { return sets_.size(); }
  const Set& operator[](std::uint32_t source) const { return sets_[source]; }
  /// All categories of a list are meant by its name.
  const std::vector<std::uint32_t>& meant_by(const std::string& reference) const;

 private:
  std::vector<Set> sets_;
  std::map<std::string, std::vector<std::uint32_t>> by_reference_;
};

/// The condition on hosts: what takes long to make.  Generations that differ in their clients only share it.
struct HostSide {
  NamedSets sets;
  Axis<NameTable> axis;

  HostSide(const config::Config& config, const NameLists& lists);
};

/// What does not depend on the moment; generations that differ in nothing else share it.
struct Compiled {
  config::Config config;
  std::shared_ptr<const clients::Devices> devices;  ///< what names of devices meant when it was made
  ClientAxis client;
  Axis<AddressTable> dest;  ///< its last source is gateway.exempt
  Axis<PortTable> port;
  std::shared_ptr<const HostSide> host;
  Bits hosted;      ///< rules with a host condition
  Bits shadows;     ///< rules that only count
  Bits unnamed;     ///< rules whose host condition matches a connection without a name
  Bits locks;       ///< rules that refuse, whatever a change by hand opens
  Bits yields;      ///< rules of the file that refuse and give way to it
  Bits timed;       ///< rules that are in force at some times only
  Bits any_time;    ///< all rules; of no size where none is timed
  int by_hand = 0;  ///< how many rules are changes by hand: they stand first

  Compiled(config::Config checked, std::shared_ptr<const HostSide> hosts,
           std::shared_ptr<const clients::Devices> known);

  Candidates candidates(const Bits& in_force, const Facts& facts) const {
    return {in_force,         client,          client.addresses.find(facts.client), client.device(facts.mac),
            dest(facts.dest), port(facts.port)};
  }
  Verdict evaluate(const Bits& in_force, Stage stage, const Facts& facts) const;
  /// What holds for a client that matches these rules and limits.
  Allowance allowance(const Bits& matching) const;
  /// The verdict of the rule that decides; -1: none matches.
  Verdict decided(int rule, int shadow) const;
  /// A verdict that depends on no name, now and at any other time: when the hours of a rule begin or end, who passed
  /// is judged anew, and a name that was not read before is never known.
  Verdict at_syn(const Candidates& now) const;
  /// `matching`: the rules whose host condition matches; of a connection without a name: `unnamed`.
  Verdict at_hello(const Candidates& candidates, const Bits& matching, bool named) const;

  /// A change by hand that lets through what the file may refuse.
  bool opens_by_hand(int rule) const { return rule >= 0 && rule < by_hand && !refuses(config.rules[rule].action); }

 private:
  /// `opened`: as it would be where a change by hand opens, by the rules that do not give way to it.
  Verdict at_syn(const Candidates& now, bool opened) const;
  bool may_need_name(const Candidates& ever, bool opened) const;
  /// Whether a locked rule is among those that could win, at `first` or behind it.
  bool may_be_locked(const Candidates& candidates, int first) const;
  struct Found {
    int rule = -1, shadow = -1;
    bool unseen = false;
  };
  Found first_match(const Candidates& candidates, const Bits& matching, bool named, bool opened) const;

 public:
  bool exempts_client(std::uint32_t set) const {
    return client.addresses.sets()[set].test(client.conditions.sources());
  }
  bool exempts_dest(std::uint32_t set) const { return dest.table.sets()[set].test(dest.conditions.sources()); }
};

struct Snapshot::Impl {
  std::shared_ptr<const Compiled> compiled;
  Bits in_force;
  std::uint32_t id;
};

}  // namespace weir::policy
