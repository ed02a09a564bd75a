// Whether an update of a list may come into force unasked.  A list is somebody else's text: it can be cut short on the
// way, be emptied by mistake, or take up a name on which half of the network depends.
#pragma once

#include <span>
#include <string>

#include "account/busy.h"
#include "policy/policy.h"

namespace weir::run {

/// A name counts as used by many from so many clients on, and from this share of all of them.
inline constexpr unsigned many_clients = 3;
inline constexpr double many_share = 0.05;

/// What the policy would be without the update and with it.
struct Update {
  std::size_t names_before, names_after;  ///< in the list
  const policy::Snapshot &before, &after;
};

/// Names that some clients use and that would be refused from now on.
std::vector<account::BusyName> newly_refused(const Update& update, std::span<const account::BusyName> busy);

/// Why the update should be held, in words; "" = it may come.  `busy`: the busiest first; `clients`: how many there
/// are.
std::string objection(const Update& update, std::span<const account::BusyName> busy, unsigned clients);

}  // namespace weir::run
