// Time that something spends with us: the watch runs while we are at it and stands while somebody else is waited for.
#pragma once

#include <algorithm>

#include "base/clock.h"
#include "base/units.h"

namespace weir::account {

class Stopwatch {
 public:
  /// From nothing.
  void start(Monotonic now) {
    *this = {};
    go_on(now);
  }
  /// Runs again.  `now` may lie before the last stop(): a loop's clock shows when its turn began.
  void go_on(Monotonic now) {
    if (runs_) return;
    runs_ = true;
    since_ = std::max(now, since_);
  }
  void stop(Monotonic now) {
    if (!runs_) return;
    runs_ = false;
    total_ += std::max(now, since_) - since_;
    since_ = std::max(now, since_);
  }
  bool runs() const { return runs_; }
  /// Since the last stop; the watch must stand.
  Duration stood(Monotonic now) const { return std::max(now, since_) - since_; }
  /// Up to the last stop.
  Duration total() const { return total_; }

 private:
  Monotonic since_{};
  Duration total_{};
  bool runs_ = false;
};

}  // namespace weir::account
