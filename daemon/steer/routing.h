// The way to the daemon: a packet that bears the steered mark is delivered locally, whatever its destination.
// One `ip rule` for each interface and family, and a table whose only route is "everything is local".
//
// The rule names the interface for a reason.  A source check looks the reverse path up with the packet's own mark when
// net.ipv4.conf.*.src_valid_mark is set (wg-quick sets it) or a firewall asks for `fib saddr . mark . iif` (firewalld's
// IPv6_rpfilter does): without `iif` that look-up would meet our rule, find "local" and drop every steered packet.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/result.h"

namespace weir::steer {

/// Priority of the rules: behind `local` (0), before whatever chooses among uplinks and tunnels (mwan3 begins at 1001
/// with rules that name the WAN interface and would take the replies to spoofed sockets).
inline constexpr std::uint32_t kRulePriority = 77;
/// Everything that bears this rtnetlink protocol number is ours, and nothing else is: unused in iproute2's rt_protos.
inline constexpr std::uint8_t kRouteProtocol = 77;

struct RoutingPlan {
  std::uint32_t mark;  ///< the steered bit, also its mask
  std::uint32_t table;
  std::vector<std::string> links;  ///< names; one that does not exist yet gets its rule now and works when it appears
};

/// Makes the host's rules and routes equal to `plan`.  Idempotent; what a crashed run left is reclaimed or removed, and
/// the ones that are right are never missing in between.  A family that the kernel lacks is left out.
/// Errors: system (EPERM without CAP_NET_ADMIN).
Result<void> add_routing(const RoutingPlan& plan);

/// Removes all that is ours, of whatever run.  Errors: system.
Result<void> remove_routing();

/// An `ip rule`, ours or not.
struct RoutingRule {
  int family = 0;  ///< AF_INET or AF_INET6
  std::uint32_t priority = 0;
  std::uint32_t mark = 0;
  std::uint32_t mask = 0;
  std::uint32_t table = 0;  ///< 0: the rule does not look a table up
  std::string link;         ///< incoming interface; empty: any
  bool inverted = false;    ///< "not": holds where the conditions do not
  bool narrow = false;      ///< has further conditions, or leaves default routes out (suppress_prefixlength)
  bool ours = false;
};
Result<std::vector<RoutingRule>> routing_rules();

/// Families (AF_INET, AF_INET6) in which somebody else keeps routes in `table`.
Result<std::vector<int>> foreign_routes(std::uint32_t table);

/// What is ours on this host, as `ip rule` and `ip route` would say it.
Result<std::vector<std::string>> list_routing();

}  // namespace weir::steer
