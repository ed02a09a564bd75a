#include "run/guard.h"

#include <algorithm>
#include <cmath>

#include "base/units.h"
#include "run/policies.h"

namespace weir::run {

std::vector<account::BusyName> newly_refused(const Update& update, std::span<const account::BusyName> busy) {
  std::vector<account::BusyName> refused;
  for (const account::BusyName& name : busy) {
    const auto judged = [&](const policy::Snapshot& policy) {
      return refuses(judge_passing(policy, name.flow, Depth::inspect, name.name));
    };
    if (!judged(update.before) && judged(update.after)) refused.push_back(name);
  }
  return refused;
}

std::string objection(const Update& update, std::span<const account::BusyName> busy, unsigned clients) {
  if (update.names_after == 0) return "it is empty";
  if (update.names_after * 2 < update.names_before) {
    return "it shrinks from " + count_text(update.names_before) + " names to " + count_text(update.names_after);
  }
  const auto refused = newly_refused(update, busy);
  if (refused.empty()) return "";
  const account::BusyName& first = refused.front();
  if (first.clients < many_clients || first.clients < many_share * clients) return "";
  const auto share = std::lround(100.0 * std::min(first.clients, clients) / std::max(1u, clients));
  return "would newly block " + first.name + ", used by " + std::to_string(share) + " % of the clients" +
         (refused.size() > 1 ? ", and " + count_text(refused.size() - 1) + " more that are in use" : "");
}

}  // namespace weir::run
