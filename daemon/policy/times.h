// Which rules are in force at a moment, and when that changes.  The kernel's tables know no clock: each change is a new
// generation of them.
#pragma once

#include <vector>

#include "policy/bits.h"
#include "policy/policy.h"

namespace weir::policy {

/// The rules that are in force at the moment.
Bits in_force(const std::vector<config::Rule>& rules, const Moment& moment);

/// The hours of one rule at a moment, in words: "it is Fri 2026-01-02 15:30, in Mon-Fri 15:00-18:00".
std::string hours_because(const config::Rule& rule, const Moment& moment);

}  // namespace weir::policy
