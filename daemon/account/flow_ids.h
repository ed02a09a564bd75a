// One number names a connection from the kernel's verdict to its log line, so two makers must never give the same one:
// the kernel's ids have the top bit clear (they come from its monotonic clock), those made here have it set.  Six bits
// name the worker.  The rest counts up from the microsecond at which the worker started: after a restart the ids go on
// above the old ones as long as a worker takes fewer than a million connections a second and the clock is not set back.
#pragma once

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

}  // namespace weir::account
