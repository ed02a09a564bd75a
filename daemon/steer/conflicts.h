// What on this host stands in Weir's way, or in whose way Weir stands: the findings of `proxyctl doctor`.
// Reads, and changes nothing.  What cannot be known is left out, never guessed.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "steer/nft.h"

namespace weir::steer {

enum class Level : std::uint8_t {
  ok,         ///< worth knowing
  attention,  ///< works, but less well than the operator may think
  act,        ///< does not work
};

struct Finding {
  Level level;
  std::string what;    ///< a label of a few words: "flow offload"
  std::string why;     ///< one line
  std::string remedy;  ///< a command, or what to do in a few words; empty: nothing to do
};

/// What Weir is, or is about to be, on this host.
struct Site {
  std::vector<std::string> lan, wan;
  std::vector<std::uint16_t> ports = {80, 443};
  std::uint32_t mark = 0x00100000;
  std::uint32_t table = 7745;
  bool running = false;  ///< a daemon answers: what bears Weir's name is in use, else it is a leftover
  std::string sysctl_state = "/run/weir/sysctl";
};

/// All findings, those to act upon first.  A part of the host that cannot be read is itself a finding.
std::vector<Finding> find_conflicts(const Site& site);

/// The part of it that stands in the nft ruleset: offload, foreign marks, firewalls that drop what is steered.
/// Sans-I/O; `json` as read_nft() gives it.
std::vector<Finding> conflicts_in_ruleset(const std::string& json, const Site& site);

/// Whether this kernel takes every expression that Weir's tables are written with.  Tried in one transaction that ends
/// as it began.
Outcome<void> try_companion();

}  // namespace weir::steer
