// Classes: what the rules can tell apart, numbered, for the kernel's tables.
#pragma once

#include <algorithm>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <tuple>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/units.h"
#include "policy/impl.h"
#include "weir/wire.h"

namespace weir::policy {

/// Classes of destinations or names: sets of matching rules, numbered; those beyond a limit share one number.
class Classes {
 public:
  Classes(const std::vector<Bits>& matching, std::size_t limit) : limit_(limit) {
    for (const Bits& rules : matching) of_set_.push_back(wanted_.number(rules));
  }

  std::uint32_t of_set(std::uint32_t set) const { return std::min<std::uint32_t>(of_set_[set], limit_ - 1); }
  /// How many classes have a meaning of their own.
  std::uint32_t judged() const { return fits() ? wanted_.size() : limit_ - 1; }
  std::uint32_t count() const { return fits() ? wanted_.size() : limit_; }
  const Bits& operator[](std::uint32_t number) const { return wanted_[number]; }
  bool fits() const { return wanted_.size() <= limit_; }

  void report(std::string_view what, std::vector<std::string>& over_limit) const {
    if (fits()) return;
    over_limit.push_back(count_text(wanted_.size()) + " kinds of " + std::string(what) + ", the kernel keeps " +
                         count_text(judged()) + " apart");
  }

 private:
  Interner wanted_;
  std::vector<std::uint32_t> of_set_;
  std::uint32_t limit_;
};

/// Classes of clients.  Address and device are looked up apart and matched together, so there are three tables: classes
/// of addresses, classes of devices, and for a pair of them the class of the client where it is not the one of its
/// address alone.  Two addresses share a class if no device makes a difference between them, so classes of addresses
/// come first and several of them may match the same rules.
class ClientClasses {
 public:
  explicit ClientClasses(const ClientAxis& axis);

  std::uint16_t of_address(std::uint32_t set) const { return within_limit(of_address_[set]); }
  std::uint16_t of_device(std::uint32_t set) const { return of_device_[set]; }  ///< 0: no rule knows it
  const std::vector<std::pair<weir_pair, std::uint16_t>>& pairs() const { return pairs_; }

  /// How many classes have a meaning of their own, and the rules that match one of them.
  std::uint32_t judged() const { return fits() ? rules_.size() : WEIR_MAX_CLASSES - 1; }
  const Bits& operator[](std::uint32_t number) const { return rules_[number]; }

  void report(std::vector<std::string>& over_limit) const;

 private:
  bool fits() const { return rules_.size() <= WEIR_MAX_CLASSES; }
  static std::uint16_t within_limit(std::uint32_t number) {
    return static_cast<std::uint16_t>(std::min<std::uint32_t>(number, WEIR_MAX_CLASSES - 1));
  }
  void classify_addresses(const ClientAxis& axis);
  void classify_devices(const ClientAxis& axis);
  bool pair_up(const ClientAxis& axis, std::uint32_t device, std::uint16_t device_class);
  std::uint32_t number(const Bits& rules);

  std::vector<Bits> rules_;  ///< by class
  std::unordered_map<Bits, std::uint32_t, Bits::Hash> known_;
  std::vector<std::uint32_t> of_address_;    ///< by set
  std::vector<std::uint32_t> one_of_class_;  ///< a set of each class of addresses
  std::vector<std::uint16_t> of_device_;     ///< by set
  std::vector<std::pair<weir_pair, std::uint16_t>> pairs_;
  std::size_t looked_at_ = 0;       ///< pairs
  std::size_t devices_beyond_ = 0;  ///< kinds of them
};

}  // namespace weir::policy
