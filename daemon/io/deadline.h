// Deadline: a time limit on what one stream, or a pair of streams, may wait for.
//
// A timeout is not a stop: only the pending operation ends, with Errc::timed_out, and so does every later one of the
// stream until the deadline is restarted or leaves its scope; then the stream can be used again, for instance to
// answer 408.
#pragma once

#include <array>

#include "io/source.h"
#include "io/wheel.h"

namespace weir::io {

class Tcp;

class Deadline : Timer {
 public:
  /// Over every operation of `stream` (of `a` and `b`) that is pending or begins while this object lives.  Deadlines
  /// over the same stream nest; the first to expire counts.  Zero means never.
  Deadline(Wheel& wheel, Tcp& stream, Duration after);
  Deadline(Wheel& wheel, Tcp& a, Tcp& b, Duration after);
  ~Deadline();

  bool expired() const { return links_[0].expired; }
  /// Counts `after` from now, also when it has expired already.  Postponing stores the new time and touches the
  /// wheel only when the old one comes up, so an idle timeout may be restarted with every byte.
  void restart(Duration after);

 private:
  void fire() override;

  Wheel& wheel_;
  Monotonic due_;
  Monotonic armed_for_;
  std::array<DeadlineLink, 2> links_;
};

}  // namespace weir::io
