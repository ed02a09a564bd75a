// The access log must never slow a connection: a disk can stall for seconds, be full, or be gone.  So workers hand
// records to a writer thread through a bounded ring each, and what does not fit is dropped and counted.  The writer is
// a plain thread with blocking calls; it sleeps while there is nothing to write and gathers lines for 10 ms once woken,
// so a busy worker wakes it at most a hundred times a second.
#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "account/outlet.h"
#include "account/record.h"

namespace weir::account {

/// Records on their way from one thread to one other.  Full: push says no.
class Ring {
 public:
  /// At one worker's 40,000 requests a second: a tenth of a second of a stalled disk.
  static constexpr std::size_t capacity = 4096;

  bool push(const Record& record);  ///< producer only
  std::optional<Record> pop();      ///< consumer only
  bool empty() const { return head_.load() == tail_.load(); }

 private:
  std::vector<Record> slots_ = std::vector<Record>(capacity);
  alignas(64) std::atomic<std::size_t> head_{0};  ///< next to read; written by the consumer
  alignas(64) std::atomic<std::size_t> tail_{0};  ///< next to fill; written by the producer
};

class AccessLog {
 public:
  /// Nowhere: push() takes everything and nothing is written.  Else the writer starts now; a target that cannot be
  /// opened is no failure here, see error().  `producers` threads push, each under its own number below that.
  AccessLog(LogSettings settings, unsigned producers);
  ~AccessLog();  ///< writes what was pushed before, then ends the writer
  AccessLog(const AccessLog&) = delete;
  AccessLog& operator=(const AccessLog&) = delete;

  /// Never blocks.  False: the ring was full and the record is dropped.
  bool push(unsigned producer, const Record& record);
  /// Whether Record::heads is written, and whether URLs are with their queries.
  bool wants_heads() const { return heads_.load(std::memory_order_relaxed); }
  bool wants_query() const { return query_.load(std::memory_order_relaxed); }

  /// Opens the target anew, as after a rotation.  If that fails the old one stays in use and error() says why.
  void reopen();
  /// The same with other settings.  Both: any thread.
  void reopen(LogSettings settings);
  /// Now and then, so that files grow old also while nothing is written.
  void tend();

  std::string where() const;
  /// Why lines cannot be written at present; empty when they can.  The caller logs when it changes.
  std::error_code error() const { return outlet_.error(); }
  /// Lines that reached the writer and could not be written.
  std::uint64_t lost() const { return outlet_.lost(); }

 private:
  void run();
  void drain(LogFormat format, bool query);
  LogSettings settings() const;
  void take_over(const LogSettings& settings);
  void wake();
  bool idle() const;

  std::vector<std::unique_ptr<Ring>> rings_;
  mutable std::mutex mutex_;  // guards settings_
  LogSettings settings_;
  std::atomic<bool> on_{false}, only_blocked_{false}, heads_{false}, query_{false};
  std::atomic<bool> reopen_{true};
  std::atomic<bool> tend_{false};
  std::atomic<bool> stop_{false};
  std::atomic<std::uint32_t> asleep_{0};
  Outlet outlet_{"access"};  // the writer's
  std::thread writer_;
};

}  // namespace weir::account
