#include "control/outage.h"

#include <chrono>

#include "base/units.h"

namespace weir::control {

Outage outage_of(const account::Reach& reach) {
  const Monotonic now = std::chrono::steady_clock::now();
  const auto silence = reach.silence(now);
  if (!silence) return {};
  const auto ago = std::chrono::duration_cast<std::chrono::seconds>(now - silence->since);
  return {.since = std::chrono::system_clock::to_time_t(std::chrono::system_clock::now() - ago),
          .families = silence->v4 && silence->v6 ? "IPv4 and IPv6"
                      : silence->v4              ? "IPv4"
                                                 : "IPv6",
          .total = silence->total,
          .asked = silence->asked};
}

std::string told(const Outage& outage) {
  return "none of " + plural(outage.asked, "address", "addresses") + " asked over " + outage.families;
}

}  // namespace weir::control
