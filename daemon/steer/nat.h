// Whether the host translates what leaves through an interface: the answer to `source = "auto"`.
//
// Read from the rules, so it is a judgement: a condition that cannot be evaluated here (a mark, a named set) counts as
// met. To take NAT for granted where there is none costs the client's address at the origin; the other error would send
// packets with private addresses out.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/addr.h"
#include "steer/nft.h"

namespace weir::steer {

struct NatCover {
  bool v4 = false;
  bool v6 = false;
};

/// Whether TCP of `clients` that leaves through `link` is translated, by libnftables' JSON of a ruleset (rules made
/// with iptables-nft are part of it).  Sans-I/O.  `clients` empty: of anybody.  Text that is no ruleset covers nothing.
NatCover nat_in_ruleset(const std::string& json, std::string_view link, const std::vector<Prefix>& clients);

/// The same for the tables of legacy iptables.  Which chain a rule stands in is not followed: every translating rule of
/// the nat tables counts.  Nothing where the kernel has no such table loaded; never loads one.
NatCover nat_in_legacy_tables(std::string_view link, const std::vector<Prefix>& clients);

/// Both, for the current network namespace.
Outcome<NatCover> find_nat(std::string_view link, const std::vector<Prefix>& clients);

bool overlap(const Prefix& a, const Prefix& b);

}  // namespace weir::steer
