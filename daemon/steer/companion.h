// The nft tables beside the BPF programs, for what a program at tc cannot do: judge a packet after its fragments are
// joined, refuse one with a reset or an ICMP error, see a reply after NAT was undone, and stand guard when the program
// is gone.
//
//   inet weir           while Weir runs.  Acts on packets that bear one of Weir's marks, and on no others.
//   inet weir-closed    with on_failure = "closed": from before the first attach until a clean stop, also after a
//   crash.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/addr.h"
#include "policy/policy.h"
#include "steer/nft.h"

namespace weir::steer {

struct CompanionPlan {
  std::uint32_t mark;  ///< the lowest of the four bits of include/weir/wire.h
  std::vector<std::string> lan;
  std::vector<std::string> wan;
  std::vector<std::uint16_t> ports;  ///< judged TCP ports
  std::vector<Prefix> exempt;        ///< as client or as destination
  std::uint16_t listener_v4 = 0;     ///< port on 127.0.0.1 that takes fragmented SYNs; 0: IPv4 is not served
  std::uint16_t listener_v6 = 0;     ///< the same on [::1]
  bool nat = false;                  ///< a postrouting NAT rule covers a WAN interface (nat.h)
};

/// The table as nft text that replaces it in one transaction.
std::string companion_ruleset(const CompanionPlan& plan);
/// Idempotent; a leftover of a crashed run is replaced.
Outcome<void> add_companion(const CompanionPlan& plan);
Outcome<void> remove_companion();
/// Text that makes a table of that shape under another name and removes it again, in one transaction: tells whether
/// this kernel would take it, and leaves nothing.
std::string probe_ruleset(const CompanionPlan& plan);

struct ClosedPlan {
  std::uint32_t mark;
  std::vector<std::string> lan;
  std::vector<std::uint16_t> tcp;
  std::vector<std::uint16_t> udp;  ///< QUIC; empty where it is left alone
  std::vector<Prefix> exempt;
  bool closed = true;              ///< all clients, but for
  policy::Failures failures = {};  ///< those: by device, else of nested prefixes by the longest
};

/// From closed clients to the judged ports nothing is forwarded that a live program has not marked as passed.  Replies
/// to clients are not dropped, nor is what the daemon itself holds: that is not forwarded.
std::string closed_ruleset(const ClosedPlan& plan);
Outcome<void> add_closed(const ClosedPlan& plan);
Outcome<void> remove_closed();

/// The tables of ours that exist: "inet weir", "inet weir-closed".
Outcome<std::vector<std::string>> list_companions();

}  // namespace weir::steer
