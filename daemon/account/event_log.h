// The daemon's own messages on their way to a target besides standard error: started, reloaded, refused, held.  There
// are few of them, so a lock and a queue are enough; but they too have a writer of their own, since targets block.
#pragma once

#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>

#include "account/outlet.h"

namespace weir::account {

class EventLog {
 public:
  /// Waiting to be written; a further one is dropped and counted.
  static constexpr std::size_t capacity = 1024;

  EventLog();
  ~EventLog();  ///< writes what was said before, then ends the writer
  EventLog(const EventLog&) = delete;
  EventLog& operator=(const EventLog&) = delete;

  /// Any thread; never blocks for a target.
  void say(Severity severity, std::string_view text);
  /// Where to from now on, opened anew; of `settings` the place and what is kept.
  void reopen(LogSettings settings);

  std::string where() const;
  std::error_code error() const { return outlet_.error(); }
  std::uint64_t lost() const { return outlet_.lost() + dropped_.load(std::memory_order_relaxed); }

 private:
  void run();

  mutable std::mutex mutex_;  // guards what stands before the outlet
  std::condition_variable work_;
  std::deque<Message> queue_;
  LogSettings settings_;
  bool reopen_ = false, stop_ = false;
  std::atomic<std::uint64_t> dropped_{0};
  Outlet outlet_{"events"};  // the writer's
  std::thread writer_;
};

}  // namespace weir::account
