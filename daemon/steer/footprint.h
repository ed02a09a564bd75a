// All that Weir adds to the host beside its BPF programs, as one thing: added at start, made equal to the plan again at
// reload, listed by `proxyctl doctor`, removed by a clean stop.  What a crash leaves behind is harmless (rules for
// marks that nobody sets, a table that looks at them) and is taken over by the next start.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/addr.h"
#include "policy/policy.h"
#include "steer/nat.h"
#include "steer/nft.h"

namespace weir::steer {

struct FootprintPlan {
  std::uint32_t mark = 0;  ///< the lowest of four adjacent bits
  std::uint32_t table = 0;
  std::vector<std::string> lan, wan;  ///< names; an interface that does not exist yet is served when it appears
  std::vector<std::uint16_t> ports;   ///< judged TCP ports
  std::vector<std::uint16_t> quic;    ///< judged UDP ports; only the closed table looks at them
  std::vector<Prefix> exempt;         ///< as client or as destination
  std::uint16_t listener_v4 = 0;      ///< of one worker, on 127.0.0.1: takes SYNs that came in fragments
  std::uint16_t listener_v6 = 0;      ///< on [::1]
  bool nat = false;                   ///< see wan_nat()
  bool closed = false;                ///< on_failure = "closed"
  policy::Failures failures = {};     ///< of some clients
  std::string sysctl_state = "/run/weir/sysctl";
};

/// With any client closed: from now on its traffic to the judged ports is dropped unless a live program marks it.  At
/// boot, and first of all at start.  Without: removes that table.
Outcome<void> guard(const FootprintPlan& plan);

/// guard(), settings, routes, rules and companion table.  Idempotent, and complete or undone: after a failure only the
/// guard stands.
Outcome<void> install(const FootprintPlan& plan);

/// A clean stop: removes all of it, the guard last, and restores the settings that are still ours.  Goes on past a
/// failure and returns the first.  `guard_stays`: whatever guard there is goes on.
Outcome<void> remove_footprint(const std::string& sysctl_state, bool guard_stays = false);

/// Whether the guard of a closed gateway stands.
bool is_guarded();

/// What is on this host now, of whatever run, one line a thing.
Outcome<std::vector<std::string>> list_footprint(const std::string& sysctl_state);

/// The prefixes that are directly attached to `lan`: who the clients are, as far as the host itself knows.
Result<std::vector<Prefix>> attached_prefixes(const std::vector<std::string>& lan);

/// Whether what those clients send is translated on some interface of `wan`.
Outcome<NatCover> wan_nat(const std::vector<std::string>& lan, const std::vector<std::string>& wan);

}  // namespace weir::steer
