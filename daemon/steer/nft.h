// nft rulesets as text, committed by libnftables: one call, one kernel transaction.
#pragma once

#include <expected>
#include <string>
#include <string_view>

#include "base/result.h"

namespace weir::steer {

/// What the host refused, in the words of the one log line or doctor finding that tells of it.
struct Refusal {
  std::string what;  ///< "nft table weir"
  std::string why;   ///< the kernel's or the library's own words, one line
};
template <class T>
using Outcome = std::expected<T, Refusal>;

/// Names a failed Result for people.
Refusal refusal(std::string what, const Error& error);

/// Runs nft commands as one transaction in the current network namespace: all of them hold, or none.
/// Returns what they print.  The error is the library's text, made one line.
std::expected<std::string, std::string> run_nft(const std::string& commands);

/// The whole ruleset of the current network namespace as libnftables' JSON, without the elements of sets.
std::expected<std::string, std::string> read_nft();

}  // namespace weir::steer
