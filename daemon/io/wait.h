// Wait: one suspended coroutine, and the base of everything that can be awaited below a Task.
//
// A Wait lives in the frame of the coroutine that waits, so waiting allocates nothing.  While it is pending it stands
// in the list of its TaskGroup, which is how stop() finds it.  It ends exactly once, by wake(): by its event, a
// Deadline or stop().  Ending never resumes anything on the spot; it queues the coroutine in the Loop, which is the
// only place that resumes.  So no call into io/ ever runs foreign code underneath the caller.
#pragma once

#include <coroutine>
#include <optional>

#include "base/result.h"

namespace weir::io {

class Loop;
class TaskGroup;

class Wait {
 public:
  Wait(const Wait&) = delete;
  Wait& operator=(const Wait&) = delete;

  bool await_ready() const noexcept { return false; }
  template <class P>
  bool await_suspend(std::coroutine_handle<P> waiting) {
    return suspend(waiting, *waiting.promise().group);
  }

 protected:
  Wait() = default;
  virtual ~Wait();

  /// Tries the operation and, unless it ended at once (true), registers with whatever will wake it (false).
  virtual bool begin() = 0;
  /// Undoes the registration of begin().
  virtual void withdraw() = 0;
  /// The group was stopped while this was pending.
  virtual void on_stop() { cancel(Errc::stopped); }

  /// The operation has ended: leaves the group's list and has the coroutine resumed soon.
  void wake();
  /// Ends a pending operation from outside: withdraws it and wakes it with `why`.
  void cancel(Errc why);
  void fail_with(Error error) { error_ = error; }
  const std::optional<Error>& error() const { return error_; }

  Loop& loop() const;
  void link(TaskGroup& group, std::coroutine_handle<> waiting);  ///< pending from now on

 private:
  friend class Loop;
  friend class TaskGroup;
  bool suspend(std::coroutine_handle<> waiting, TaskGroup& group);

  std::coroutine_handle<> waiting_;
  TaskGroup* group_ = nullptr;
  Wait* next_ = nullptr;  // in the group's list while pending, in the loop's queue while ready
  Wait* prev_ = nullptr;
  bool pending_ = false;
  std::optional<Error> error_;
};

}  // namespace weir::io
