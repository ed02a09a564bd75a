#include "clients/directory.h"

#include <algorithm>
#include <iterator>

namespace weir::clients {

namespace {

template <class T>
void add_once(std::vector<T>& all, const T& one) {
  const auto at = std::ranges::lower_bound(all, one);
  if (at == all.end() || *at != one) all.insert(at, one);
}

/// What tells the device of a lease from others.
std::string identity(const Claim& claim) {
  if (claim.mac) return claim.mac->to_string();
  if (!claim.duid.empty()) return claim.duid;
  return claim.address ? claim.address->to_string() : "";
}

}  // namespace

Directory::Directory(const std::vector<NameFile>& files, std::int64_t now, const Directory& before) {
  std::map<std::string, Named> names;
  std::vector<const std::string*> order;
  for (const NameFile& file : files) {
    for (const Claim& claim : file.claims) {
      if (claim.until != 0 && claim.until <= now) continue;
      if (claim.until != 0 && (next_end_ == 0 || claim.until < next_end_)) next_end_ = claim.until;
      if (claim.mac) note(claim);
      if (claim.name.empty()) continue;
      const auto [at, fresh] = names.try_emplace(claim.name);
      if (fresh) order.push_back(&at->first);
      (is_trusted(file.format) ? at->second.trusted : at->second.leased).push_back(&claim);
    }
  }
  for (const bool trusted : {true, false}) {
    for (const std::string* one : order) {
      if (names[*one].trusted.empty() != trusted) settle(*one, names[*one], before);
    }
  }
  // A name that nobody claims any more may have been taken from a device that is still there.
  for (const auto& [one, device] : *before.devices_) {
    if (!names.contains(one)) settle(one, {}, before);
  }
  devices_ = std::make_shared<const Devices>(std::move(building_));
  building_.clear();
}

void Directory::note(const Claim& claim) {
  Leased& leased = leased_[*claim.mac];
  if (!claim.name.empty()) leased.name = claim.name;
  if (!claim.address) return;
  leased.addresses.push_back(*claim.address);
  holders_[*claim.address] = *claim.mac;
}

void Directory::settle(const std::string& name, const Named& claims, const Directory& before) {
  if (claims.trusted.empty()) {
    by_leases(name, claims, before);
  } else {
    by_hosts(name, claims);
  }
}

void Directory::by_hosts(const std::string& name, const Named& claims) {
  Device& device = building_[name];
  for (const Claim* claim : claims.trusted) {
    add_once(device.addresses, *claim->address);
    by_address_.try_emplace(*claim->address, name);
    const auto holder = holders_.find(*claim->address);
    if (holder == holders_.end()) continue;
    add_once(device.macs, holder->second);
    by_mac_.try_emplace(holder->second, name);
  }
  for (const Claim* claim : claims.leased) {
    if (!claim->address || std::ranges::binary_search(device.addresses, *claim->address)) continue;
    troubles_[name] = identity(*claim) + " calls itself so too, but the hosts file gives the name to another";
  }
}

/// Who had the name before and may keep it.
std::optional<Mac> Directory::keeper(const std::string& name, const Directory& before) const {
  const auto known = before.devices_->find(name);
  if (known == before.devices_->end() || !before.by_lease_only(name)) return {};
  for (const Mac& mac : known->second.macs) {
    const auto leased = leased_.find(mac);
    if (leased != leased_.end() && (leased->second.name.empty() || leased->second.name == name)) return mac;
  }
  return {};
}

void Directory::by_leases(const std::string& name, const Named& claims, const Directory& before) {
  std::vector<const Claim*> with_mac;
  std::ranges::copy_if(claims.leased, std::back_inserter(with_mac), [](const Claim* c) { return c->mac.has_value(); });
  const std::vector<const Claim*>& counted = with_mac.empty() ? claims.leased : with_mac;
  std::optional<Mac> owner = keeper(name, before);
  if (!owner && counted.empty()) return;
  if (!owner) owner = counted.front()->mac;
  const std::string who = owner ? owner->to_string() : identity(*counted.front());

  Device& device = building_[name];
  leased_only_.insert(name);
  if (owner) {
    add_once(device.macs, *owner);
    by_mac_.try_emplace(*owner, name);
    for (const Address& address : leased_[*owner].addresses) add_once(device.addresses, address);
  }
  for (const Claim* claim : counted) {
    const std::string claimant = identity(*claim);
    if (claimant == who) {
      if (claim->address) add_once(device.addresses, *claim->address);
    } else {
      troubles_[name] = claimant + " calls itself so too; the name stays with " + who;
    }
  }
  for (const Address& address : device.addresses) by_address_.try_emplace(address, name);
}

std::string_view Directory::name_of(const Address& address, const std::optional<Mac>& mac) const {
  if (mac) {
    if (const auto found = by_mac_.find(*mac); found != by_mac_.end()) return found->second;
  }
  const auto found = by_address_.find(address);
  return found == by_address_.end() ? std::string_view() : found->second;
}

std::optional<Mac> Directory::mac_of(const Address& address) const {
  const auto found = holders_.find(address);
  return found == holders_.end() ? std::nullopt : std::optional(found->second);
}

std::string Directory::trouble(std::string_view name) const {
  const auto found = troubles_.find(name);
  return found == troubles_.end() ? "" : found->second;
}

bool Directory::by_lease_only(std::string_view name) const { return leased_only_.contains(name); }

}  // namespace weir::clients
