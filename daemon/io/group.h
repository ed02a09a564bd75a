// TaskGroup: the only way to run tasks beside each other.
//
// The frame that makes a group joins it before it leaves, so no task outlives what it refers to.  stop() is terminal:
// every operation that is pending below the group ends with Errc::stopped, and every later one at once.  A stop comes
// down from group to group through join(): the owner of an inner group either waits in join() or gets there next.
#pragma once

#include <cstddef>

#include "io/task.h"
#include "io/wait.h"

namespace weir::io {

class TaskGroup {
 public:
  explicit TaskGroup(Loop& loop) : loop_(loop) {}
  TaskGroup(const TaskGroup&) = delete;
  TaskGroup& operator=(const TaskGroup&) = delete;
  ~TaskGroup();  ///< aborts when tasks are still running: the owner forgot to join

  /// Starts `task` at once, up to its first wait.  Its frame is freed when it ends.  In a stopped group it runs too,
  /// and its first operation ends with Errc::stopped.
  void spawn(Task<void> task);

  /// Terminal.  Safe from any task of the loop, those of this group included.  A no-op when stopped already.
  void stop();
  bool stopped() const { return stopped_; }
  std::size_t size() const { return running_; }  ///< tasks that have not ended
  Loop& loop() const { return loop_; }

  class [[nodiscard]] Join : Wait {
   public:
    explicit Join(TaskGroup& group) : inner_(group) {}
    bool await_ready() const noexcept { return inner_.running_ == 0; }
    template <class P>
    void await_suspend(std::coroutine_handle<P> waiting) {
      wait_below(*waiting.promise().group, waiting);
    }
    void await_resume() const noexcept {}

   private:
    friend class TaskGroup;
    void wait_below(TaskGroup& outer, std::coroutine_handle<> waiting);
    bool begin() override { return false; }
    void withdraw() override {}
    void on_stop() override { inner_.stop(); }

    TaskGroup& inner_;
  };
  /// `co_await group.join()`: until every task has ended.  When the awaiting task's own group is stopped, this group is
  /// stopped as well, and join() still waits for its tasks.  One joiner at a time.
  Join join() { return Join(*this); }

 private:
  friend class Wait;
  struct Root;
  static Root run(TaskGroup& group, Task<void> task);
  void leave();

  Loop& loop_;
  Wait* pending_ = nullptr;  // operations waiting directly below this group
  Join* joiner_ = nullptr;
  std::size_t running_ = 0;
  bool stopped_ = false;
};

}  // namespace weir::io
