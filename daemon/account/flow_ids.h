// One number names a connection from the kernel's verdict to its log line, so two makers must never give the same one:
// the kernel's ids have the top bit clear (they come from its monotonic clock), those made here have it set.  Six bits
// name the worker.  The rest counts up from the microsecond at which the worker started: after a restart the ids go on
// above the old ones as long as a worker takes fewer than a million connections a second and the clock is not set back.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/flow.h"

namespace weir::account {

inline constexpr FlowId made_by_daemon = FlowId{1} << 63;

class FlowIds {
 public:
  /// `worker` is below WEIR_MAX_WORKERS (64); `start` is the time of day.
  FlowIds(unsigned worker, WallTime start);
  FlowId next() { return next_++; }

 private:
  FlowId next_;
};

/// The id in eight letters and digits that can be read out on the telephone, "K7QM-2XRA": the maker's bits and the last
/// 33.  Among the refusals that are remembered two of a kind are as good as never.
std::string flow_code(FlowId id);
/// Codes as people type them, also ids as the log has them; as a number to compare with number_of_code().
std::optional<std::uint64_t> parse_flow_code(std::string_view text);
std::uint64_t number_of_code(FlowId id);

}  // namespace weir::account
