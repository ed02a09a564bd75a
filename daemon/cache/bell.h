// Wakes a task from any thread.
#pragma once

#include <atomic>
#include <memory>

#include "io/event.h"
#include "io/loop.h"

namespace weir::cache {

/// Belongs to the loop of the task that waits; whoever rings holds a share, so that it may ring after the task has
/// gone.
class Bell : public std::enable_shared_from_this<Bell> {
 public:
  explicit Bell(io::Loop& loop) : loop_(loop) {}

  /// Any thread; `here` is the caller's own loop.  A ring that nobody has heard yet is not repeated.
  void ring(const io::Loop& here) {
    if (&here == &loop_) return event_.set();
    if (ringing_.exchange(true)) return;
    loop_.post([self = shared_from_this()] {
      self->ringing_ = false;  // before the event: what comes after this look rings anew
      self->event_.set();
    });
  }

  // The waiting task's own thread.
  void hush() { event_.clear(); }
  /// Success once it rang since hush(), or Errc::stopped.  It may have rung for nothing: look again.
  io::Event::Waiting wait() { return event_.wait(); }
  io::Event& event() { return event_; }
  io::Loop& loop() const { return loop_; }

 private:
  io::Loop& loop_;
  io::Event event_;
  std::atomic<bool> ringing_{false};
};

}  // namespace weir::cache
