#include "policy/classes.h"

namespace weir::policy {

namespace {

/// Pairs of an address class and a device class that are looked at: a second of work at most.
constexpr std::size_t most_looked_at = 1 << 22;

}  // namespace

ClientClasses::ClientClasses(const ClientAxis& axis) {
  classify_addresses(axis);
  classify_devices(axis);
}

/// Of rules that no device can meet only the outcome matters.
void ClientClasses::classify_addresses(const ClientAxis& axis) {
  Bits by_device(axis.conditions.rules());
  for (const Conditions::Met& met : axis.by_device) {
    by_device |= met.wanted;
    by_device |= met.unwanted;
  }
  Interner matching, wanted, unwanted;
  std::map<std::tuple<std::uint32_t, std::uint32_t, std::uint32_t>, std::uint32_t> kinds;
  for (std::uint32_t set = 0; set < axis.matching.size(); ++set) {
    Conditions::Met met = axis.by_address.empty() ? Conditions::Met() : axis.by_address[set];
    met.wanted &= by_device;
    met.unwanted &= by_device;
    const auto kind =
        std::tuple(matching.number(axis.matching[set]), wanted.number(met.wanted), unwanted.number(met.unwanted));
    const auto [at, added] = kinds.try_emplace(kind, static_cast<std::uint32_t>(rules_.size()));
    of_address_.push_back(at->second);
    if (!added) continue;
    known_.try_emplace(axis.matching[set], at->second);
    rules_.push_back(axis.matching[set]);
    one_of_class_.push_back(set);
  }
}

void ClientClasses::classify_devices(const ClientAxis& axis) {
  Interner wanted, unwanted;
  std::map<std::pair<std::uint32_t, std::uint32_t>, std::uint16_t> kinds;
  of_device_.push_back(0);
  for (std::uint32_t set = 1; set < axis.by_device.size(); ++set) {
    const auto kind =
        std::pair(wanted.number(axis.by_device[set].wanted), unwanted.number(axis.by_device[set].unwanted));
    if (const auto known = kinds.find(kind); known != kinds.end()) {
      of_device_.push_back(known->second);
      continue;
    }
    const std::size_t next = kinds.size() - devices_beyond_ + 1;
    const bool fits = next < WEIR_MAX_CLASSES && pair_up(axis, set, static_cast<std::uint16_t>(next));
    if (!fits) ++devices_beyond_;
    kinds[kind] = fits ? static_cast<std::uint16_t>(next) : WEIR_CLASS_beyond;
    of_device_.push_back(kinds[kind]);
  }
}

/// Enters what a device changes about each class of addresses; all of it, or nothing and false.  The addresses beyond
/// the limit escalate with any device.
bool ClientClasses::pair_up(const ClientAxis& axis, std::uint32_t device, std::uint16_t device_class) {
  const std::size_t before = pairs_.size();
  const std::size_t addresses = std::min<std::size_t>(one_of_class_.size(), WEIR_MAX_CLASSES - 1);
  looked_at_ += addresses;
  if (looked_at_ > most_looked_at) return false;
  for (std::uint32_t address = 0; address < addresses; ++address) {
    const Bits rules = axis.together(one_of_class_[address], device);
    if (rules == rules_[address]) continue;
    if (pairs_.size() == WEIR_MAX_PAIRS) {
      pairs_.resize(before);
      return false;
    }
    const weir_pair pair{.prefix_class = static_cast<std::uint16_t>(address), .mac_class = device_class};
    pairs_.emplace_back(pair, within_limit(number(rules)));
  }
  return true;
}

std::uint32_t ClientClasses::number(const Bits& rules) {
  const auto [at, added] = known_.try_emplace(rules, static_cast<std::uint32_t>(rules_.size()));
  if (added) rules_.push_back(rules);
  return at->second;
}

void ClientClasses::report(std::vector<std::string>& over_limit) const {
  if (!fits()) {
    over_limit.push_back(count_text(rules_.size()) + " kinds of clients, the kernel keeps " + count_text(judged()) +
                         " apart");
  }
  if (devices_beyond_ > 0) {
    over_limit.push_back(count_text(devices_beyond_) + " kinds of devices beyond the " + count_text(pairs_.size()) +
                         " pairs of address and device that the kernel keeps");
  }
}

}  // namespace weir::policy
