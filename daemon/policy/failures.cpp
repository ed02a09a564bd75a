// Who is refused and who is let through while nobody can judge.
#include <algorithm>
#include <map>

#include "policy/policy.h"

namespace weir::policy {

OnFailure failure(const config::Config& config) {
  return config.gateway.observe ? OnFailure::open : config.gateway.on_failure;
}

Failures failures(const config::Config& config) {
  std::map<Prefix, OnFailure> all;
  for (const config::Group& group : config.groups) {
    if (!group.on_failure || config.gateway.observe) continue;
    for (const Prefix& prefix : group.clients) all.emplace(prefix, *group.on_failure);
  }
  return {all.begin(), all.end()};
}

bool guarded(const config::Config& config) {
  const Failures some = failures(config);
  const auto closed = [](const auto& of) { return of.second == OnFailure::closed; };
  return failure(config) == OnFailure::closed || std::ranges::any_of(some, closed);
}

}  // namespace weir::policy
