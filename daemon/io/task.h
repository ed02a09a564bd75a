// Task<T>: what every coroutine of Weir returns.
//
// Lazy (nothing runs before it is awaited or spawned), move-only, without exceptions: outside failures are the value
// (Task<Result<...>>), and an exception that escapes ends the process.  A task inherits from whoever awaits it the
// TaskGroup below which it runs, so that stopping the group reaches the operation at the bottom of any stack of tasks.
//
// The frame belongs to the Task object.  `co_await f()` starts f on the spot: when f ends without having waited, its
// parent goes on without ever having been suspended, so that loops over operations that are ready at once need no
// stack, in unoptimised and sanitized builds too, where the compiler does not turn a symmetric transfer into a jump.
#pragma once

#include <coroutine>
#include <cstddef>
#include <exception>
#include <optional>
#include <utility>

namespace weir::io {

class TaskGroup;
template <class T>
class Task;

namespace detail {

/// Frames are taken from and given back to a free list of the thread, by size.
void* take_frame(std::size_t bytes);
void give_frame(void* frame, std::size_t bytes) noexcept;

struct Promise {
  TaskGroup* group = nullptr;            ///< below which the task runs; set when it starts
  std::coroutine_handle<> continuation;  ///< who awaits the end; empty while the parent is still starting this task

  struct Final {
    bool await_ready() const noexcept { return false; }
    template <class P>
    std::coroutine_handle<> await_suspend(std::coroutine_handle<P> ended) const noexcept {
      std::coroutine_handle<> next = ended.promise().continuation;
      return next ? next : std::noop_coroutine();
    }
    void await_resume() const noexcept {}
  };
  std::suspend_always initial_suspend() const noexcept { return {}; }
  Final final_suspend() const noexcept { return {}; }
  [[noreturn]] void unhandled_exception() const noexcept { std::terminate(); }

  static void* operator new(std::size_t bytes) { return take_frame(bytes); }
  static void operator delete(void* frame, std::size_t bytes) noexcept { give_frame(frame, bytes); }
};

template <class T>
struct ValuePromise : Promise {
  std::optional<T> value;
  Task<T> get_return_object() noexcept;
  template <class U = T>
  void return_value(U&& result) {
    value.emplace(std::forward<U>(result));
  }
  T take() { return std::move(*value); }
};

template <>
struct ValuePromise<void> : Promise {
  Task<void> get_return_object() noexcept;
  void return_void() const noexcept {}
  void take() const noexcept {}
};

}  // namespace detail

template <class T>
class [[nodiscard]] Task {
 public:
  using promise_type = detail::ValuePromise<T>;

  Task(Task&& other) noexcept : frame_(std::exchange(other.frame_, nullptr)) {}
  Task& operator=(Task&&) = delete;
  ~Task() {
    if (frame_) frame_.destroy();
  }

  struct Awaiter {
    std::coroutine_handle<promise_type> frame;

    bool await_ready() const noexcept { return false; }
    template <class P>
    bool await_suspend(std::coroutine_handle<P> parent) const {
      frame.promise().group = parent.promise().group;
      frame.resume();
      if (frame.done()) return false;
      frame.promise().continuation = parent;
      return true;
    }
    T await_resume() const { return frame.promise().take(); }
  };
  Awaiter operator co_await() && noexcept { return Awaiter{frame_}; }

 private:
  friend promise_type;
  explicit Task(std::coroutine_handle<promise_type> frame) noexcept : frame_(frame) {}

  std::coroutine_handle<promise_type> frame_;
};

template <class T>
Task<T> detail::ValuePromise<T>::get_return_object() noexcept {
  return Task<T>(std::coroutine_handle<ValuePromise<T>>::from_promise(*this));
}
inline Task<void> detail::ValuePromise<void>::get_return_object() noexcept {
  return Task<void>(std::coroutine_handle<ValuePromise<void>>::from_promise(*this));
}

}  // namespace weir::io
