#include "io/group.h"

#include <cstdlib>

#include "io/loop.h"

namespace weir::io {

// --- Wait -----------------------------------------------------------------------------------------------------------

Wait::~Wait() {
  if (pending_) std::abort();  // its frame dies while the kernel, a timer or a task still refers to it
}

bool Wait::suspend(std::coroutine_handle<> waiting, TaskGroup& group) {
  if (group.stopped()) {
    error_ = Error{Errc::stopped};
    return false;
  }
  group_ = &group;
  if (!begin()) {
    link(group, waiting);
    return true;
  }
  if (group.loop().may_go_on()) return false;
  waiting_ = waiting;
  group.loop().make_ready(*this);
  return true;
}

void Wait::link(TaskGroup& group, std::coroutine_handle<> waiting) {
  waiting_ = waiting;
  group_ = &group;
  pending_ = true;
  prev_ = nullptr;
  next_ = group.pending_;
  if (next_) next_->prev_ = this;
  group.pending_ = this;
}

void Wait::wake() {
  pending_ = false;
  (prev_ ? prev_->next_ : group_->pending_) = next_;
  if (next_) next_->prev_ = prev_;
  group_->loop().make_ready(*this);
}

void Wait::cancel(Errc why) {
  withdraw();
  error_ = Error{why};
  wake();
}

Loop& Wait::loop() const { return group_->loop(); }

bool Yield::give_way(std::coroutine_handle<> waiting, TaskGroup& group) {
  if (group.stopped()) {
    fail_with(Error{Errc::stopped});
    return false;
  }
  link(group, waiting);
  wake();
  return true;
}

Result<void> Yield::await_resume() const {
  if (error()) return std::unexpected(*error());
  return {};
}

// --- TaskGroup ------------------------------------------------------------------------------------------------------

// The outermost frame of a task: starts at once and frees itself at the end.
struct TaskGroup::Root {
  struct promise_type {
    TaskGroup* group;

    promise_type(TaskGroup& owner, Task<void>&) : group(&owner) { ++owner.running_; }
    ~promise_type() { group->leave(); }
    Root get_return_object() const noexcept { return {}; }
    std::suspend_never initial_suspend() const noexcept { return {}; }
    std::suspend_never final_suspend() const noexcept { return {}; }
    void return_void() const noexcept {}
    [[noreturn]] void unhandled_exception() const noexcept { std::terminate(); }
    static void* operator new(std::size_t bytes) { return detail::take_frame(bytes); }
    static void operator delete(void* frame, std::size_t bytes) noexcept { detail::give_frame(frame, bytes); }
  };
};

TaskGroup::Root TaskGroup::run(TaskGroup&, Task<void> task) { co_await std::move(task); }

TaskGroup::~TaskGroup() {
  if (running_ != 0) std::abort();
}

void TaskGroup::spawn(Task<void> task) { run(*this, std::move(task)); }

void TaskGroup::stop() {
  if (stopped_) return;
  stopped_ = true;
  for (Wait* wait = pending_; wait != nullptr;) {
    Wait* next = wait->next_;  // on_stop() takes out at most `wait` itself
    wait->on_stop();
    wait = next;
  }
}

void TaskGroup::leave() {
  if (--running_ != 0 || joiner_ == nullptr) return;
  joiner_->wake();
  joiner_ = nullptr;
}

void TaskGroup::Join::wait_below(TaskGroup& outer, std::coroutine_handle<> waiting) {
  inner_.joiner_ = this;
  link(outer, waiting);
  if (outer.stopped()) inner_.stop();
}

}  // namespace weir::io
