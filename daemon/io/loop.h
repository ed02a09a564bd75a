// Loop: one thread's event loop, and the only place where coroutines are resumed.
//
// One Loop a worker; everything that belongs to it (sockets, timers, groups, events) is used by its thread alone, and
// only post() and stop() may be called from another one.
#pragma once

#include <functional>
#include <memory>

#include "base/clock.h"
#include "base/fd.h"
#include "base/result.h"
#include "io/group.h"
#include "io/task.h"
#include "io/wheel.h"

namespace weir::io {

class Source;
class PipeCache;

class Loop : Wheel::Host {
 public:
  Loop();
  ~Loop();
  Loop(const Loop&) = delete;
  Loop& operator=(const Loop&) = delete;

  /// Runs until stop() was called and every task of root() has ended.
  void run();
  /// Stops root().  From any thread.
  void stop();
  /// Has `job` run by the loop's thread, in the order of the calls.  From any thread.  Jobs that were posted after the
  /// loop has ended are destroyed with it, unrun.
  void post(std::move_only_function<void()> job);

  /// The group of the loop's outermost tasks.
  TaskGroup& root() { return root_; }
  void spawn(Task<void> task) { root_.spawn(std::move(task)); }

  Wheel& wheel() { return wheel_; }
  PipeCache& pipes() { return *pipes_; }
  /// The steady clock as of this wake-up of the loop: read once, then kept until the next event.
  Monotonic now() override;

 private:
  friend class Wait;
  friend class Source;
  struct Impl;  // everything of Asio
  class Turn;

  void arm(Monotonic when) override;
  void hear();
  void make_ready(Wait& wait);
  bool may_go_on();  ///< whether the running task may take another result without letting others run
  void drain();
  void schedule();

  std::unique_ptr<Impl> impl_;
  Wheel wheel_;
  TaskGroup root_;
  std::unique_ptr<PipeCache> pipes_;
  Wait* first_ready_ = nullptr;
  Wait** last_ready_ = &first_ready_;
  int budget_ = 0;
};

/// `co_await yield()`: lets everything else that is ready run first.  Errors: stopped.
class [[nodiscard]] Yield : public Wait {
 public:
  template <class P>
  bool await_suspend(std::coroutine_handle<P> waiting) {
    return give_way(waiting, *waiting.promise().group);
  }
  Result<void> await_resume() const;

 private:
  bool give_way(std::coroutine_handle<> waiting, TaskGroup& group);
  bool begin() override { return false; }
  void withdraw() override {}
};
inline Yield yield() { return {}; }

}  // namespace weir::io
