// Who is refused and who is let through while nobody can judge.
#include <algorithm>
#include <map>

#include "policy/policy.h"

namespace weir::policy {

OnFailure failure(const config::Config& config) {
  return config.gateway.observe ? OnFailure::open : config.gateway.on_failure;
}

/// Two names may come to mean one device, which no check of the file can see: the first group decides then.
Failures failures(const config::Config& config, const clients::Devices& devices) {
  std::map<Prefix, OnFailure> prefixes;
  std::map<Mac, OnFailure> macs;
  for (const config::Group& group : config.groups) {
    if (!group.on_failure || config.gateway.observe) continue;
    for (const Prefix& prefix : group.clients) prefixes.emplace(prefix, *group.on_failure);
    for (const Mac& mac : group.macs) macs.emplace(mac, *group.on_failure);
    for (const config::NamedDevice& named : group.devices) {
      const auto device = devices.find(named.name);
      if (device == devices.end()) continue;
      for (const Address& address : device->second.addresses) prefixes.emplace(Prefix{address, 128}, *group.on_failure);
      for (const Mac& mac : device->second.macs) macs.emplace(mac, *group.on_failure);
    }
  }
  return {{prefixes.begin(), prefixes.end()}, {macs.begin(), macs.end()}};
}

bool Failures::close_some() const {
  const auto closed = [](const auto& of) { return of.second == OnFailure::closed; };
  return std::ranges::any_of(prefixes, closed) || std::ranges::any_of(macs, closed);
}

bool guarded(const config::Config& config, const clients::Devices& devices) {
  return failure(config) == OnFailure::closed || failures(config, devices).close_some();
}

}  // namespace weir::policy
